// A city's ledger whose entries are not public: `einsichtd serve` on this machine, with a recorder and a steward.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, run } from './programs.mjs';

/** The service runs; `url` is what the public sees. `receipt` was given to a recorder for entry `recorded`. */
export async function makeClosed() {
  const folder = await mkdtemp(join(tmpdir(), 'einsicht-closed-'));
  const path = (name) => join(folder, name);
  const token = randomBytes(32).toString('base64url');
  await writeFile(path('token'), token, { mode: 0o600 });
  await writeFile(path('wrapping.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  await mkdir(path('keys'), { mode: 0o700 });
  await writeFile(path('einsichtd.toml'), configuration(createHash('sha256').update(token).digest('hex')));
  await run('einsichtd', ['init', '--config', path('einsichtd.toml')]);
  const service = await Service.start(['serve', '--config', path('einsichtd.toml')], ['public', 'internal']);
  const env = { EINSICHT_URL: service.urls.internal, EINSICHT_VKEY: path('data/ledger.vkey'), EINSICHT_TOKEN_FILE: path('token'), EINSICHT_STATE_DIR: path('state') };
  const event = JSON.stringify({ dataset: 'parkhaeuser', operation: 'query', purpose: 'verkehrsplanung' });
  const said = await run('einsicht', ['record', '--from', '-', '--json', '--with-receipt', path('mine.tlog-proof')], { env, input: event });
  return {
    url: service.url,
    recorded: JSON.parse(said).index,
    receipt: await readFile(path('mine.tlog-proof')),
    leave: () => service.stop().finally(() => rm(folder, { recursive: true, force: true })),
  };
}

function configuration(tokenHash) {
  return `
[ledger]
origin = "city.example/closed"
data = "data"
[keys]
dir = "keys"
[vault]
wrapping_key_file = "wrapping.key"
[listen]
internal = "127.0.0.1:0"
public = "127.0.0.1:0"
[public]
entries = false
[[caller]]
name = "visitor-counter"
role = "recorder"
datasets = ["*"]
token_sha256 = ["${tokenHash}"]
`;
}
