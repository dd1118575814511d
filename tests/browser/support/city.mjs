// A ledger with a past: three months that are over, with accesses to the data of two people, and a few things that were
// done since. What was recorded is known here, and nothing of that comes from the ledger.

import { readFile, writeFile } from 'node:fs/promises';
import { HOSTILE_CHARTER, HOSTILE_EVENT, hostile } from './hostile.mjs';
import { Place } from './place.mjs';
import { run } from './programs.mjs';

/** Months that are over, the latest last: `2026-10`. */
export const MONTHS = [3, 2, 1].map((before) => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - before)).toISOString().slice(0, 7);
});
/** Accesses of each of these months. */
export const PER_MONTH = 3_000;
export const [ANNA, BEN] = ['4711', '12'];

/** Whose data the access with this number within its month was about: three in a hundred, now and then both. */
function peopleOf(month, number) {
  const people = [];
  if (number % 83 === month + 5) people.push(ANNA);
  if (number % 61 === month || number % (83 * 7) === month + 5) people.push(BEN);
  return people;
}

const PAST = MONTHS.flatMap((month, at) => Array.from({ length: PER_MONTH }, (_, number) => ({ month, people: peopleOf(at, number) })));

/** Indexes of a person's accesses in a month; entry 0 is the beginning of the ledger. */
export function accessesOf(person, month) {
  return PAST.flatMap((access, at) => (access.month === month && access.people.includes(person) ? [at + 1] : []));
}

/** First and last entry of a month. */
export function entriesOf(month) {
  const at = MONTHS.indexOf(month);
  return { first: 1 + at * PER_MONTH, last: (at + 1) * PER_MONTH };
}

/**
 * The ledger, running, with files that people were given: `receipt`, `disclosure`, `keys` by month, and `report`, the
 * folder of a report that the ledger names.
 */
export async function makeCity() {
  const city = await Place.make();
  const lines = PAST.map(({ month, people }) => `${month} ${people.join(',')}\n`);
  await run('einsicht-past', ['--data', city.path('data')], { input: lines.join('') });
  await city.start();
  await writeFile(city.path('charter.toml'), HOSTILE_CHARTER);
  await city.einsicht(['charter', 'publish', 'charter.toml']);
  // Behind the past stands that the service started; then the charter.
  city.charter = PAST.length + 2;
  [city.hostile] = await city.record(HOSTILE_EVENT);
  await city.einsicht(['correct', String(city.hostile), '--correction', hostile('correction'), '--ground', hostile('ground')]);
  const [confidential] = await city.record({ ...HOSTILE_EVENT, confidential_until: '2099-12-31' });
  city.confidential = confidential;
  city.disclosure = await city.disclosure(city.hostile);
  city.keys = { anna: await city.viewKeys(ANNA, [MONTHS[1]]), annaTwo: await city.viewKeys(ANNA, [MONTHS[0], MONTHS[2]]), ben: await city.viewKeys(BEN, [MONTHS[1]]) };
  await city.publishReport(MONTHS[1]);
  city.reportName = MONTHS[1];
  city.report = city.path(`data/reports/${city.reportName}`);
  city.manifest = await readFile(`${city.report}/manifest.json`);
  city.receipt = await city.receipt(city.hostile);
  return city;
}
