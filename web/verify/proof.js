/**
 * Proofs in the Merkle tree of RFC 6962, section 2.1 (docs/format.md, Tree).
 *
 * Indexes and sizes are `bigint`, below 2^64. The loops are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2; they end
 * after 64 turns. No proof binds a size: a checkpoint does that.
 */

import { UINT64_MAX, equal, toHex } from "./bytes.js";
import { require } from "./fault.js";
import { nodeHash } from "./merkle.js";
import { HASH_BYTES } from "./sha256.js";

/**
 * Verifies that the entry with `hash` is number `index` of the tree of `size` entries with `root`. Does not check
 * the checkpoint that states size and root.
 *
 * @param {Uint8Array} hash leaf hash
 * @param {bigint} index from 0
 * @param {bigint} size
 * @param {Uint8Array[]} proof hashes beside the way, from the leaf to the root
 * @param {Uint8Array} root
 * @throws {import("./fault.js").Failed} if it is not
 */
export function verifyInclusion(hash, index, size, proof, root) {
  checkNumbers(index, size);
  require(index < size, "the index is not below the size of the tree", { expected: `below ${size}`, found: index });
  checkHashes([hash, root, ...proof]);
  let at = index;
  let last = size - 1n;
  let found = hash;
  for (const sibling of proof) {
    require(last > 0n, "the proof has a hash too many");
    if ((at & 1n) === 1n || at === last) {
      found = nodeHash(sibling, found);
      while ((at & 1n) === 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      found = nodeHash(found, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  require(last === 0n, "the proof has a hash too few");
  requireRoot(found, root, "the proof leads to another root");
}

/**
 * Verifies that the tree of `oldSize` entries with `oldRoot` is how the tree of `newSize` with `newRoot` began. A
 * proof from size 0 says nothing and is refused.
 *
 * @param {bigint} oldSize
 * @param {Uint8Array} oldRoot
 * @param {bigint} newSize
 * @param {Uint8Array} newRoot
 * @param {Uint8Array[]} proof
 * @throws {import("./fault.js").Failed} if it is not
 */
export function verifyConsistency(oldSize, oldRoot, newSize, newRoot, proof) {
  checkNumbers(oldSize, newSize);
  require(oldSize > 0n, "a proof from an empty tree says nothing");
  require(oldSize <= newSize, "the newer tree is smaller", { expected: `at least ${oldSize}`, found: newSize });
  checkHashes([oldRoot, newRoot, ...proof]);
  if (oldSize === newSize) {
    require(proof.length === 0, "the proof has a hash too many");
    requireRoot(newRoot, oldRoot, "one size has two roots");
    return;
  }
  let at = oldSize - 1n;
  let last = newSize - 1n;
  while ((at & 1n) === 1n) {
    at >>= 1n;
    last >>= 1n;
  }
  // Of a perfect old tree the root itself is where the way begins.
  const path = at === 0n ? proof : proof.slice(1);
  require(at === 0n || proof.length > 0, "the proof has a hash too few");
  let oldFound = at === 0n ? oldRoot : proof[0];
  let newFound = oldFound;
  for (const sibling of path) {
    require(last > 0n, "the proof has a hash too many");
    if ((at & 1n) === 1n || at === last) {
      oldFound = nodeHash(sibling, oldFound);
      newFound = nodeHash(sibling, newFound);
      while ((at & 1n) === 0n && at > 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      newFound = nodeHash(newFound, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  require(last === 0n, "the proof has a hash too few");
  requireRoot(oldFound, oldRoot, "the proof leads to another old root");
  requireRoot(newFound, newRoot, "the proof leads to another new root");
}

function checkNumbers(...numbers) {
  for (const number of numbers) {
    require(number >= 0n && number <= UINT64_MAX, "an index or size is not below 2^64", { found: number });
  }
}

function checkHashes(hashes) {
  for (const hash of hashes) {
    require(hash.length === HASH_BYTES, "a hash has another length", { expected: "32 bytes", found: `${hash.length} bytes` });
  }
}

function requireRoot(found, expected, what) {
  if (!equal(found, expected)) require(false, what, { expected: toHex(expected), found: toHex(found) });
}
