// A folder with a development ledger, and the command line beside it. Goes away when it is left.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, run } from './programs.mjs';

export class Place {
  service = null;

  /** A new folder; nothing runs yet. */
  static async make() {
    const place = new Place();
    place.folder = await mkdtemp(join(tmpdir(), 'einsicht-browser-'));
    return place;
  }

  /** Path of a file or folder of it. */
  path(name) {
    return join(this.folder, name);
  }

  get url() {
    return this.service.url;
  }

  /** Starts the service on a data folder of this place, at the address where it was before, if it was. */
  async start(args = [], { data = 'data' } = {}) {
    this.data = data;
    this.address ??= '127.0.0.1:0';
    const all = ['dev', '--data', this.path(data), '--listen', this.address, '--accept-clock', ...args];
    this.service = await Service.start(all, ['open']);
    this.address = new URL(this.service.url).host;
  }

  async stop() {
    await this.service?.stop();
    this.service = null;
  }

  /** Stops what runs, and removes the folder. */
  async leave() {
    await this.stop().finally(() => rm(this.folder, { recursive: true, force: true }));
  }

  /** A copy of a data folder whose service does not run. */
  async copy(from, to) {
    await cp(this.path(from), this.path(to), { recursive: true });
  }

  /** Runs `einsicht`, as the one who may do everything; returns what it printed. */
  einsicht(args, options) {
    const data = this.path(this.data);
    const env = {
      EINSICHT_VKEY: join(data, 'ledger.vkey'),
      EINSICHT_STATE_DIR: this.path(`state-${this.data}`),
      EINSICHT_TOKEN_FILE: join(data, 'keys/dev.token'),
      ...(this.service && { EINSICHT_URL: this.service.url }),
    };
    return run('einsicht', args, { cwd: this.folder, ...options, env });
  }

  /** Records events, and returns their indexes. */
  async record(...events) {
    const input = events.map((event) => JSON.stringify(event)).join('\n');
    const said = await this.einsicht(['record', '--from', '-', '--json'], { input });
    return said.trim().split('\n').map((line) => JSON.parse(line).index);
  }

  /** The receipt of an entry, as a file. */
  async receipt(index) {
    const name = `${this.data}-${index}.tlog-proof`;
    await rm(this.path(name), { force: true });
    await this.einsicht(['receipt', String(index), '--out', name]);
    return readFile(this.path(name));
  }

  /** What somebody is given who asks for the sealed values of an entry, as a file. */
  async disclosure(index) {
    const name = `disclosure-${index}.json`;
    await this.einsicht(['disclose', String(index), '--reason', 'asked by the person', '--out', name]);
    return readFile(this.path(name));
  }

  /** A key file for one person and these months, as a file. */
  async viewKeys(person, months) {
    const name = `${person}-${months.join('-')}.keys`;
    await writeFile(this.path(`${name}.txt`), `person:${person}\n`);
    const args = ['--subject-file', `${name}.txt`, '--month', months.join(','), '--reason', 'asked by the person', '--out', name];
    await this.einsicht(['citizen', 'key', ...args]);
    return readFile(this.path(name));
  }

  /** Makes the report of a period, where the service looks for reports, and names it in the ledger. */
  async publishReport(period) {
    const folder = join('data', 'reports', period);
    await this.einsicht(['report', 'make', '--period', period, '--entries', 'public', '--out', folder]);
    await this.einsicht(['report', 'publish', folder]);
  }
}
