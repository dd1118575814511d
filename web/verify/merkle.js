/**
 * The Merkle tree of RFC 6962, section 2.1: hashes and roots (docs/format.md, Tree).
 */

import { HASH_BYTES, hashInto, hashPrefixedInto } from "./sha256.js";

/** The byte before a leaf that is hashed. */
export const LEAF_PREFIX = 0x00;
/** The byte before two hashes that are hashed. */
export const NODE_PREFIX = 0x01;

/**
 * @param {Uint8Array} leaf
 * @returns {Uint8Array} H(0x00 ‖ leaf)
 */
export function leafHash(leaf) {
  const hash = new Uint8Array(HASH_BYTES);
  hashPrefixedInto(LEAF_PREFIX, leaf, 0, leaf.length, hash, 0);
  return hash;
}

const pair = new Uint8Array(2 * HASH_BYTES);

/**
 * @param {Uint8Array} left 32 bytes
 * @param {Uint8Array} right 32 bytes
 * @returns {Uint8Array} H(0x01 ‖ left ‖ right)
 */
export function nodeHash(left, right) {
  const hash = new Uint8Array(HASH_BYTES);
  pair.set(left);
  pair.set(right, HASH_BYTES);
  hashPrefixedInto(NODE_PREFIX, pair, 0, pair.length, hash, 0);
  return hash;
}

/**
 * The root over hashes that stand one after the other: leaf hashes, or roots of subtrees of one size, of which the
 * last may be smaller. `hashes` is used as working space.
 *
 * @param {Uint8Array} hashes 32 bytes each; overwritten
 * @returns {Uint8Array} 32 bytes; of none `H("")`
 */
export function rootOf(hashes) {
  const root = new Uint8Array(HASH_BYTES);
  let count = hashes.length / HASH_BYTES;
  if (count === 0) {
    hashInto(hashes, 0, 0, root, 0);
    return root;
  }
  for (; count > 1; count = Math.ceil(count / 2)) {
    for (let at = 0; at + 1 < count; at += 2) {
      const from = at * HASH_BYTES;
      hashPrefixedInto(NODE_PREFIX, hashes, from, from + 2 * HASH_BYTES, hashes, (at / 2) * HASH_BYTES);
    }
    if (count % 2 === 1) {
      // Without a neighbour: it goes up as it is.
      const last = (count - 1) * HASH_BYTES;
      hashes.copyWithin(((count - 1) / 2) * HASH_BYTES, last, last + HASH_BYTES);
    }
  }
  root.set(hashes.subarray(0, HASH_BYTES));
  return root;
}
