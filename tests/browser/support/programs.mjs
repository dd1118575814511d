// The real programs, from the folder EINSICHT_BIN: commands that end, and services that run until they are stopped.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const BIN = process.env.EINSICHT_BIN ?? '';
const PATIENCE_MS = 60_000;

/** Runs a program to its end; fails unless it ends with `code`. Returns what it printed. */
export async function run(name, args, { env, input = '', code = 0, cwd } = {}) {
  const child = spawn(join(BIN, name), args, { cwd, env: { ...process.env, ...env }, timeout: PATIENCE_MS });
  const [stdout, stderr] = [kept(child.stdout), kept(child.stderr)];
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [ended] = await once(child, 'close');
  assert.equal(ended, code, `${name} ${args.join(' ')}\n${stdout()}${stderr()}`);
  return stdout();
}

/** `einsichtd` on ports of this machine. */
export class Service {
  #child;
  #stdout;
  #stderr;

  /** Starts it, and waits until it has printed the addresses: `names` are the words before them. */
  static async start(args, names) {
    const service = new Service();
    service.#child = spawn(join(BIN, 'einsichtd'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    service.#stdout = kept(service.#child.stdout);
    service.#stderr = kept(service.#child.stderr);
    const begun = Date.now();
    for (;;) {
      const urls = names.map((name) => new RegExp(`^ *${name} +(http://[0-9.]+:[0-9]+)/?\n`, 'm').exec(`${service.#stdout()}\n`)?.[1]);
      if (urls.every(Boolean)) {
        [service.url] = urls;
        service.urls = Object.fromEntries(names.map((name, at) => [name, urls[at]]));
        return service;
      }
      if (service.#child.exitCode !== null || Date.now() - begun > PATIENCE_MS) {
        // What is left running keeps the tests from ending.
        service.#child.kill();
        assert.fail(`einsichtd ${args.join(' ')} did not start\n${service.#stdout()}${service.#stderr()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stops it as an operator does, and fails unless it ends well. */
  async stop() {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const [code] = this.#child.exitCode === null ? await ended : [this.#child.exitCode];
    assert.equal(code, 0, this.#stderr());
  }
}

function kept(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (part) => (text += part));
  return () => text;
}
