/** Records COUNT accesses, four at a time, and ends its session: node build/example.js PROTOS [COUNT] */
import { readFileSync } from 'node:fs';
import { Recorder } from './recorder.js';

const [protos = '../../proto', count = '4'] = process.argv.slice(2);
const { EINSICHT_URL, EINSICHT_TOKEN_FILE, EINSICHT_CA_FILE } = process.env;
const token = readFileSync(EINSICHT_TOKEN_FILE!, 'utf8').trim();
const recorder = new Recorder(protos, EINSICHT_URL!, token, EINSICHT_CA_FILE);

let next = 0;
async function work() {
  while (next < Number(count)) {
    const number = next++;
    const [place] = await recorder.record({
      dataset: 'besuchertrend', operation: 'OPERATION_QUERY', purpose: 'verkehrsplanung',
      unit: 'typescript', actorKind: 'ACTOR_KIND_SYSTEM', recordCount: number, occurredAtUs: Date.now() * 1000,
    });
    console.log(`access ${number} is entry ${place.index}${place.alreadyRecorded ? ', and was before' : ''}`);
  }
}
await Promise.all([work(), work(), work(), work()]);
await recorder.close();
console.log('ended');
