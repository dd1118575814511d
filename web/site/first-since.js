/**
 * Where a day begins in a ledger. Each step of the search asks for one entry; only the bundle in which the day begins is
 * read as a whole, and only that is believed.
 */

import { readBundle } from "./newest.js";
import { Chain } from "../verify/chain.js";
import { Missing, require } from "../verify/fault.js";
import { LEAF_HEADER_BYTES } from "../verify/leaf.js";
import { TILE_WIDTH, bundlePlaces, tilePath } from "../verify/tile.js";

const WIDTH = BigInt(TILE_WIDTH);
const ONE_ENTRY_MAX = 2 + 65_535;

/**
 * Index of the first entry that was recorded in a second or later; the size of the ledger if there is none. Looks near the
 * end first: pages ask for days that have just begun. That entries stand in the order of time is checked in what is read.
 *
 * @param {import("../verify/source.js").Source} source
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @param {bigint} second
 * @returns {Promise<bigint>}
 * @throws {import("../verify/fault.js").Failed} what was read does not lead to the root, or a step of the search was told
 *   another entry than the tree has
 * @throws {import("../verify/fault.js").CannotTell} something could not be had
 */
export async function firstSince(source, reader, second) {
  const { size } = reader.checkpoint;
  if (size === 0n) return 0n;
  const bundles = (size + WIDTH - 1n) / WIDTH;
  const low = await lastThatBeginsBefore(bundles, async (number) => (await firstSecond(source, reader, number)) < second);
  const entries = await readBundle(reader, low);
  require(low === 0n || entries[0].recordedAt < second, MISLED, { where: `entry ${low * WIDTH}` });
  const found = entries.find(({ recordedAt }) => recordedAt >= second);
  if (found) return found.index;
  const behind = (low + 1n) * WIDTH;
  if (behind >= size) return size;
  const [next] = await readBundle(reader, low + 1n);
  require(next.recordedAt >= second, MISLED, { where: `entry ${behind}` });
  return behind;
}

const MISLED = "the entry that was given alone is another one than the tree has there";

async function lastThatBeginsBefore(bundles, beginsBefore) {
  // In steps that double, back to a bundle that begins before that second …
  let high = bundles;
  let low = bundles - 1n;
  for (let step = 1n; low > 0n && !(await beginsBefore(low)); step *= 2n) {
    high = low;
    low = low > step ? low - step : 0n;
  }
  // … and then by halving between it and the one that does not.
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await beginsBefore(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** When a bundle begins, as the server says; from the whole one where one entry alone is not to be had. */
async function firstSecond(source, reader, number) {
  let bytes;
  try {
    bytes = await source.get(tilePath({ level: "entries", index: number, width: 1 }), { max: ONE_ENTRY_MAX });
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    return (await readBundle(reader, number))[0].recordedAt;
  }
  const [start, end] = bundlePlaces(bytes, 1);
  require(end - start >= LEAF_HEADER_BYTES, "the entry is shorter than any", { where: `entry ${number * WIDTH}` });
  return BigInt(Chain.secondsOf(bytes, start));
}
