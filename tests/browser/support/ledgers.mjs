// Ledgers that are made quickly: the simulated week, one that has just begun, one with a single entry, one with none.

import { createHash, createPrivateKey, sign } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Place } from './place.mjs';
import { servePlainly } from './plain-server.mjs';
import { run } from './programs.mjs';

/** The simulated week of a city, with its charter and its report: `reportName` in the data folder. */
export async function makeSample() {
  const sample = await Place.make();
  await sample.start(['--sample']);
  [sample.reportName] = await readdir(sample.path('data/reports'));
  return sample;
}

/** A ledger in which nothing was recorded yet: its beginning, and that the service started. */
export async function makeYoung() {
  const young = await Place.make();
  await young.start();
  return young;
}

/** Another ledger with another key; `receipt` is of its entry 0. */
export async function makeOther() {
  const other = await makeYoung();
  other.receipt = await other.receipt(0);
  return other;
}

/** What `einsichtd export` wrote of a ledger with its one first entry, behind a server of plain files. */
export async function makeSingle() {
  const { folder, out } = await exported();
  return served(folder, out);
}

/** A ledger without any entry: a state of size 0, signed with its key, behind a server of plain files. */
export async function makeEmpty() {
  const { folder, out, data, keys } = await exported();
  const [, name, id] = /^([^+]+)\+([0-9a-f]{8})\+/.exec(await readFile(join(data, 'ledger.vkey'), 'utf8'));
  const text = `${name}\n0\n${createHash('sha256').digest('base64')}\n`;
  const signature = sign(null, Buffer.from(text), await signingKey(join(keys, 'ledger.key')));
  await writeFile(join(out, 'checkpoint'), `${text}\n\u2014 ${name} ${Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')}\n`);
  await rm(join(out, 'tile'), { recursive: true });
  return served(folder, out);
}

async function exported() {
  const folder = await mkdtemp(join(tmpdir(), 'einsicht-plain-'));
  const [config, out, data, keys] = ['einsichtd.toml', 'out', 'data', 'keys'].map((name) => join(folder, name));
  await mkdir(keys, { mode: 0o700 });
  await writeFile(config, '[ledger]\norigin = "city.example/plain"\ndata = "data"\n[keys]\ndir = "keys"\n[listen]\ninternal = "127.0.0.1:0"\n[public]\nentries = true\n');
  await run('einsichtd', ['init', '--config', config]);
  await run('einsichtd', ['export', '--config', config, out]);
  return { folder, out, data, keys };
}

async function served(folder, out) {
  const { url, close } = await servePlainly(out);
  return { url, leave: () => close().finally(() => rm(folder, { recursive: true, force: true })) };
}

/** From the file that holds a seed and the public key (RFC 8410, version 2); Node reads version 1, the seed alone. */
async function signingKey(file) {
  const der = Buffer.from((await readFile(file, 'utf8')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = der.indexOf(Buffer.from('04220420', 'hex')) + 4;
  const version1 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), der.subarray(at, at + 32)]);
  return createPrivateKey({ key: version1, format: 'der', type: 'pkcs8' });
}
