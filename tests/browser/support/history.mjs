// A ledger and its double: the same key and the same beginning, and another history since.

import { Place } from './place.mjs';

const event = (purpose) => ({ dataset: 'parkhaeuser', operation: 'query', purpose });

/** Entries of the beginning that both have in common, and of what came after. */
const COMMON = 5;

/**
 * The true ledger runs, at an address that stays. `double`: data folder of the other one, which is longer; `shorter`:
 * of one that has less; `rewrittenReceipt`: a receipt of an entry of the double.
 */
export async function makeHistory() {
  const place = await Place.make();
  await place.start();
  await place.record(...Array.from({ length: COMMON }, () => event('verkehrsplanung')));
  await place.stop();
  await place.copy('data', 'double');
  await place.copy('data', 'shorter');
  await place.start([], { data: 'double' });
  const indexes = await place.record(...Array.from({ length: 9 }, () => event('stadtplanung')));
  place.rewrittenReceipt = await place.receipt(indexes[0]);
  await place.stop();
  await place.start();
  await place.record(...Array.from({ length: 30 }, () => event('verkehrsplanung')));
  place.grow = (count) => place.record(...Array.from({ length: count }, () => event('verkehrsplanung')));
  return place;
}
