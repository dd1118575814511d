/**
 * Reads those months of a ledger that somebody has keys for, and no others. Each bundle is proven against the signed
 * checkpoint before anything in it is looked at.
 *
 * Where a month begins is found by halving, as entries stand in the order of time. That they do is checked in what is
 * read; in the rest of the ledger only a whole audit checks it. What is asked of the server shows which months are
 * looked at, and nothing else.
 */

import { Chain } from "./chain.js";
import { EntryVisitor } from "./entry-visitor.js";
import { CannotTell, Failed, placed, within } from "./fault.js";
import { LEAF_HEADER_BYTES } from "./leaf.js";
import { HASH_BYTES } from "./sha256.js";
import { TILE_WIDTH, bundlePlaces } from "./tile.js";

const WIDTH = BigInt(TILE_WIDTH);

/**
 * Bundles from `first` up to, but not including, `end`.
 *
 * @typedef {{first: number, end: number}} Range
 */

/**
 * Which bundles hold the entries of some months.
 *
 * @param {import("./reader.js").LedgerReader} reader
 * @param {import("./month.js").Month[]} months in order
 * @param {{toTheEnd?: boolean}} [options] `toTheEnd`: also all that comes behind the first of them, where confidential
 *   records are opened and records are corrected
 * @returns {Promise<Range[]>} in order, apart from each other
 * @throws {import("./fault.js").Failed} an entry that was looked at does not lead to the root
 * @throws {CannotTell} something could not be had
 */
export async function rangesOf(reader, months, { toTheEnd = false } = {}) {
  const { size } = reader.checkpoint;
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new CannotTell("the ledger is larger than can be read here", { found: `${size} entries` });
  const bundles = Number((size + WIDTH - 1n) / WIDTH);
  const ranges = [];
  for (const { first: firstSecond, end: endSecond } of months) {
    const behind = await firstBundleFrom(reader, firstSecond, bundles);
    // The month can begin within the bundle before.
    const first = Math.max(0, behind - 1);
    const end = toTheEnd ? bundles : await firstBundleFrom(reader, endSecond, bundles);
    const last = ranges.at(-1);
    if (last && first <= last.end) last.end = Math.max(last.end, end);
    else if (first < end) ranges.push({ first, end });
    if (toTheEnd) break;
  }
  return ranges;
}

/** Reads ranges of a ledger, and shows each entry to inspectors. */
export class RangeReading {
  #reader;
  #ranges;
  #inspectors;
  #range = 0;
  #bundle;
  #chain = null;
  #visitor = new EntryVisitor();
  #failed = null;
  #done = 0;

  /**
   * @param {import("./reader.js").LedgerReader} reader
   * @param {Range[]} ranges as `rangesOf` gives them
   * @param {import("./audit.js").Inspector[]} inspectors
   */
  constructor(reader, ranges, inspectors) {
    this.#reader = reader;
    this.#ranges = ranges;
    this.#inspectors = inspectors;
    this.#bundle = ranges[0]?.first ?? 0;
  }

  /**
   * Reads on, some bundles ahead.
   *
   * @param {{ahead?: number}} [options]
   * @yields {{bundles: number, of: number}} behind each bundle
   * @throws {CannotTell} something could not be had: call it again, and it goes on
   * @throws {import("./fault.js").Failed} something is not as it must be
   */
  async *run({ ahead = 8 } = {}) {
    const of = this.#ranges.reduce((sum, { first, end }) => sum + end - first, 0);
    const asked = new Map();
    for (; this.#range < this.#ranges.length; this.#nextRange()) {
      const { end } = this.#ranges[this.#range];
      while (this.#bundle < end) {
        this.#ask(asked, Math.min(end, this.#bundle + ahead));
        const [bytes, width] = await asked.get(this.#bundle);
        await this.#take(bytes, width);
        asked.delete(this.#bundle);
        this.#bundle += 1;
        this.#done += 1;
        yield { bundles: this.#done, of };
      }
    }
  }

  #ask(asked, end) {
    for (let number = this.#bundle; number < end; number += 1) {
      if (asked.has(number)) continue;
      const answer = this.#reader.bundle(BigInt(number));
      answer.catch(() => {});
      asked.set(number, answer);
    }
  }

  #nextRange() {
    this.#range += 1;
    this.#bundle = this.#ranges[this.#range]?.first ?? 0;
    this.#chain = null;
  }

  /** First the hashes, proven; then what the entries say. */
  async #take(bytes, width) {
    if (this.#failed) throw this.#failed;
    const first = this.#bundle * TILE_WIDTH;
    const places = this.#endsAt(() => within(`bundle from entry ${first} on`, () => bundlePlaces(bytes, width)));
    const chain = this.#endsAt(() => this.#chain?.copy() ?? Chain.before(first, bytes, places[0]));
    const hashes = this.#endsAt(() => this.#hashesOf(bytes, places, width, chain));
    // What could not be had can be asked for again: nothing was taken yet.
    await this.#reader.verifyBundle(BigInt(this.#bundle), hashes.slice()).catch((error) => {
      if (error instanceof Failed) this.#failed = error;
      throw error;
    });
    this.#chain = chain;
    this.#endsAt(() => this.#look(bytes, places, width, hashes, first));
  }

  #hashesOf(bytes, places, width, chain) {
    const hashes = new Uint8Array(width * HASH_BYTES);
    for (let entry = 0; entry < width; entry += 1) {
      within(`entry ${chain.next}`, () => chain.follow(bytes, places[2 * entry], places[2 * entry + 1]));
      hashes.set(chain.hash, entry * HASH_BYTES);
    }
    return hashes;
  }

  #look(bytes, places, width, hashes, first) {
    for (let entry = 0; entry < width; entry += 1) {
      const [start, end] = [places[2 * entry], places[2 * entry + 1]];
      try {
        this.#visitor.read(bytes, start + LEAF_HEADER_BYTES, end);
        const hash = hashes.subarray(entry * HASH_BYTES, (entry + 1) * HASH_BYTES);
        const passing = { index: first + entry, recordedAt: Chain.secondsOf(bytes, start), bytes, start, end, hash, visitor: this.#visitor };
        for (const inspector of this.#inspectors) inspector.look(passing);
      } catch (error) {
        throw placed(`entry ${first + entry}`, error);
      }
    }
  }

  /** What is false stays false: nothing is looked at a second time. */
  #endsAt(action) {
    try {
      return action();
    } catch (error) {
      this.#failed = error;
      throw error;
    }
  }
}

/** Number of the first bundle whose first entry was recorded in that second or later; all of them if there is none. */
async function firstBundleFrom(reader, second, bundles) {
  let low = 0;
  let high = bundles;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { recordedAt } = await reader.entry(BigInt(middle) * WIDTH);
    if (recordedAt >= BigInt(second)) high = middle;
    else low = middle + 1;
  }
  return low;
}
