/**
 * The newest entries of a ledger, backwards, each proven before it is given. A bundle is read as a whole: its hashes lead
 * to the signed root, and its entries follow each other.
 */

import { Chain } from "../verify/chain.js";
import { readLeaf } from "../verify/record.js";
import { HASH_BYTES } from "../verify/sha256.js";
import { TILE_WIDTH, bundlePlaces } from "../verify/tile.js";

const WIDTH = BigInt(TILE_WIDTH);

/**
 * @typedef {Omit<import("../verify/record.js").ProvenEntry, "checkpoint">} Entry
 */

/**
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @param {bigint} number of the bundle
 * @returns {Promise<Entry[]>} by index
 * @throws {import("../verify/fault.js").Failed} it does not lead to the root, or an entry is malformed
 * @throws {import("../verify/fault.js").CannotTell} it could not be had
 */
export function readBundle(reader, number) {
  return reader.twice(() => readOnce(reader, number));
}

async function readOnce(reader, number) {
  const [bytes, width] = await reader.bundle(number);
  const places = bundlePlaces(bytes, width);
  const hashes = new Uint8Array(width * HASH_BYTES);
  const first = number * WIDTH;
  const chain = Chain.before(Number(first), bytes, places[0]);
  for (let entry = 0; entry < width; entry += 1) {
    chain.follow(bytes, places[2 * entry], places[2 * entry + 1]);
    hashes.set(chain.hash, entry * HASH_BYTES);
  }
  await reader.verifyBundle(number, hashes.slice());
  return Array.from({ length: width }, (_, entry) => {
    const leaf = bytes.subarray(places[2 * entry], places[2 * entry + 1]);
    const index = first + BigInt(entry);
    return { index, leaf, hash: hashes.slice(entry * HASH_BYTES, (entry + 1) * HASH_BYTES), ...readLeaf(leaf, index) };
  });
}

/** Goes back through a ledger, bundle by bundle. What could not be had can be asked for again. */
export class Backwards {
  #reader;
  #next;

  /** @param {import("../verify/reader.js").LedgerReader} reader */
  constructor(reader) {
    this.#reader = reader;
    this.#next = reader.checkpoint.size;
  }

  /** How many entries were not read yet: those before the last that was given. */
  get left() {
    return this.#next;
  }

  /** @returns {Promise<Entry[]>} the bundle before, newest first; empty at the beginning of the ledger */
  async more() {
    if (this.#next === 0n) return [];
    const number = (this.#next - 1n) / WIDTH;
    const entries = await readBundle(this.#reader, number);
    this.#next = number * WIDTH;
    return entries.reverse();
  }
}
