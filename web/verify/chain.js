/**
 * The chain: each leaf names the hash of the one before it, and no time runs back (docs/format.md, Leaf).
 */

import { toHex, toUtf8, uint32At, uint64At } from "./bytes.js";
import { Failed } from "./fault.js";
import { PREVIOUS_AT, RECORDED_AT, checkFrame } from "./leaf.js";
import { LEAF_PREFIX } from "./merkle.js";
import { HASH_BYTES, hashPrefixedInto, sha256 } from "./sha256.js";

/** Follows a ledger from entry 0: length, version, chain and time of each leaf. */
export class Chain {
  #next = 0;
  #previous;
  #high = 0;
  #low = 0;

  /** @param {string} origin name of the ledger */
  constructor(origin) {
    this.#previous = sha256(toUtf8(origin));
  }

  /**
   * Begins in the middle of a ledger, before a leaf that is proven otherwise: its own `previous` is believed.
   *
   * @param {number} index of that leaf
   * @param {Uint8Array} bytes
   * @param {number} start where it begins
   * @returns {Chain}
   */
  static before(index, bytes, start) {
    const chain = new Chain("");
    chain.#next = index;
    chain.#previous = bytes.slice(start + PREVIOUS_AT, start + RECORDED_AT);
    return chain;
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} start where a leaf begins that was followed before
   * @returns {number} its `recorded_at`; exact below 2^53
   */
  static secondsOf(bytes, start) {
    return uint32At(bytes, start + RECORDED_AT) * 0x1_0000_0000 + uint32At(bytes, start + RECORDED_AT + 4);
  }

  /** @returns {Chain} one that goes on from the same entry */
  copy() {
    const chain = new Chain("");
    chain.#next = this.#next;
    chain.#previous = this.#previous.slice();
    chain.#high = this.#high;
    chain.#low = this.#low;
    return chain;
  }

  /** Index of the entry that comes next, from 0. */
  get next() {
    return this.#next;
  }

  /** Seconds of the last entry; 0 before the first. */
  get recordedAt() {
    return this.#high * 0x1_0000_0000 + this.#low;
  }

  /** Leaf hash of the last entry; before the first, the hash of the origin. Overwritten by the next. */
  get hash() {
    return this.#previous;
  }

  /**
   * Takes the next leaf, `bytes[start … end)`. Nothing is taken if it is refused.
   *
   * @param {Uint8Array} bytes
   * @param {number} [start]
   * @param {number} [end]
   * @throws {Failed} wrong length, unknown version, another entry before it, a time before that of the entry before
   */
  follow(bytes, start = 0, end = bytes.length) {
    checkFrame(bytes, start, end);
    for (let byte = 0; byte < HASH_BYTES; byte += 1) {
      if (bytes[start + PREVIOUS_AT + byte] !== this.#previous[byte]) this.#refuse(bytes, start);
    }
    const high = uint32At(bytes, start + RECORDED_AT);
    const low = uint32At(bytes, start + RECORDED_AT + 4);
    if (high < this.#high || (high === this.#high && low < this.#low)) {
      throw new Failed("the entry was recorded before the one that it follows", {
        expected: `at least second ${this.recordedAt}`,
        found: uint64At(bytes, start + RECORDED_AT),
      });
    }
    this.#high = high;
    this.#low = low;
    hashPrefixedInto(LEAF_PREFIX, bytes, start, end, this.#previous, 0);
    this.#next += 1;
  }

  #refuse(bytes, start) {
    const found = bytes.subarray(start + PREVIOUS_AT, start + RECORDED_AT);
    const what =
      this.#next === 0
        ? "the first entry does not name the hash of the origin"
        : "the chain is broken: the entry does not name the hash of the one before it";
    throw new Failed(what, { expected: toHex(this.#previous), found: toHex(found) });
  }
}
