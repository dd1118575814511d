/** Records accesses in an Einsicht ledger. The rules that it keeps, and why: docs/clients.md. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

// Refused: nothing is recorded, the numbers are free. Again: it passes, or nobody knows what became of it.
const REFUSED = ['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'PERMISSION_DENIED', 'UNAUTHENTICATED'];
const AGAIN = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'CANCELLED', 'INTERNAL', 'UNKNOWN'];
const OPTIONS = { 'grpc.max_reconnect_backoff_ms': 10_000, 'grpc.keepalive_time_ms': 20_000 };

/** One producer; sends one request at a time. `protos` is the folder that holds einsicht/v1. */
export class Recorder {
  #ledger; #metadata = new Metadata(); #turn: Promise<any> = Promise.resolve();
  #session = Buffer.alloc(0); #next = 0; #began = 0;
  constructor(protos: string, url: string, token: string, caFile?: string) {
    const place = new URL(url), secure = place.protocol === 'https:', here = ['127.0.0.1', '[::1]', 'localhost'];
    if (!secure && !here.includes(place.hostname)) throw new Error(`${url}: only https:// may leave this machine`);
    const definition = loadSync('einsicht/v1/recorder.proto', { includeDirs: [protos], longs: Number });
    const { v1 } = (loadPackageDefinition(definition) as any).einsicht;
    const tls = credentials.createSsl(caFile ? readFileSync(caFile) : null);
    this.#ledger = new v1.Recorder(place.host, secure ? tls : credentials.createInsecure(), OPTIONS);
    this.#metadata.set('authorization', `Bearer ${token}`);
  }

  /** Resolves to where the events stand, once they are durable. If it rejects, hold the access back. */
  record = (...events: any[]) => this.#inTurn(async () => {
    if (performance.now() - this.#began > 23 * 3_600_000) await this.#end();
    if (this.#next === 0) [this.#session, this.#began] = [randomBytes(16), performance.now()];
    for (const event of events) event.eventId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
    const request = { session: this.#session, firstSequence: this.#next, events };
    return (await this.#send('record', request, this.#next + events.length)).recorded;
  });

  /** Ends the session. Without it auditors can not tell an end from a loss. */
  close = () => this.#inTurn(() => this.#end());

  #inTurn = (step: () => Promise<any>) => (this.#turn = this.#turn.then(step, step));
  async #end() {
    if (this.#next > 0) await this.#send('endSession', { session: this.#session, lastSequence: this.#next - 1 }, 0);
  }
  async #send(method: string, request: object, next: number) {
    const call = promisify(this.#ledger[method]).bind(this.#ledger);
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await call(request, this.#metadata, { deadline: Date.now() + 10_000 });
        this.#next = next;
        return answer;
      } catch (error: any) {
        const code = status[error.code], isOver = attempt === 12 || !AGAIN.includes(code);
        if (isOver && !REFUSED.includes(code)) this.#next = 0; // nobody knows: given up without an end
        if (isOver) throw error;
      }
      await sleep(Math.random() * Math.min(10_000, 100 * 2 ** attempt));
    }
  }
}
