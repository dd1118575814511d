/**
 * A Merkle tree that grows entry by entry, in the memory of its right edge: the roots of its perfect subtrees.
 */

import { NODE_PREFIX } from "./merkle.js";
import { HASH_BYTES, hashInto, hashPrefixedInto } from "./sha256.js";

/** As many perfect subtrees as a tree below 2^53 can have. */
const LEVELS = 53;

/** The right edge of a tree. */
export class Frontier {
  #size = 0;
  /** Level `L`: at most one root of 2^L leaves, and the place beside it. */
  #levels = new Uint8Array(LEVELS * 2 * HASH_BYTES);

  /** How many leaves it has; below 2^53. */
  get size() {
    return this.#size;
  }

  /**
   * Adds a leaf hash.
   *
   * @param {Uint8Array} hashes
   * @param {number} [at] where it begins in `hashes`
   */
  push(hashes, at = 0) {
    const levels = this.#levels;
    let level = 0;
    // Behind the one that waits, if one does; then both are merged one level up, and so on.
    let waits = this.#size % 2;
    for (let byte = 0; byte < HASH_BYTES; byte += 1) levels[waits * HASH_BYTES + byte] = hashes[at + byte];
    let left = Math.floor(this.#size / 2);
    while (waits === 1) {
      const from = level * 2 * HASH_BYTES;
      level += 1;
      waits = left % 2;
      left = Math.floor(left / 2);
      hashPrefixedInto(NODE_PREFIX, levels, from, from + 2 * HASH_BYTES, levels, (2 * level + waits) * HASH_BYTES);
    }
    this.#size += 1;
  }

  /**
   * @returns {Uint8Array} the root; of the empty tree `H("")`
   */
  root() {
    const root = new Uint8Array(HASH_BYTES);
    if (this.#size === 0) {
      hashInto(root, 0, 0, root, 0);
      return root;
    }
    const pair = new Uint8Array(2 * HASH_BYTES);
    let found = false;
    for (let level = 0, left = this.#size; left > 0; level += 1, left = Math.floor(left / 2)) {
      if (left % 2 === 0) continue;
      const waiting = this.#levels.subarray(level * 2 * HASH_BYTES, (level * 2 + 1) * HASH_BYTES);
      if (found) {
        pair.set(waiting);
        pair.set(root, HASH_BYTES);
        hashPrefixedInto(NODE_PREFIX, pair, 0, pair.length, root, 0);
      } else {
        root.set(waiting);
        found = true;
      }
    }
    return root;
  }
}
