// Trees and proofs from their definitions (RFC 6962, section 2.1): slow, and of another shape than what is tested.

import { concat, toUtf8 } from "../../verify/bytes.js";
import { leafHash, nodeHash } from "../../verify/merkle.js";
import { sha256 } from "../../verify/sha256.js";

/** Leaf hashes of the numbered tree of testdata/README.md. */
export function numbered(size) {
  return Array.from({ length: size }, (_, index) => leafHash(toUtf8(String(index))));
}

export function split(size) {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

export function rootByDefinition(hashes) {
  if (hashes.length === 0) return sha256(concat());
  if (hashes.length === 1) return hashes[0];
  const k = split(hashes.length);
  return nodeHash(rootByDefinition(hashes.slice(0, k)), rootByDefinition(hashes.slice(k)));
}

export function inclusionProof(index, hashes) {
  if (hashes.length === 1) return [];
  const k = split(hashes.length);
  return index < k
    ? [...inclusionProof(index, hashes.slice(0, k)), rootByDefinition(hashes.slice(k))]
    : [...inclusionProof(index - k, hashes.slice(k)), rootByDefinition(hashes.slice(0, k))];
}

export function consistencyProof(old, hashes, isOnEdge = true) {
  if (old === hashes.length) return isOnEdge ? [] : [rootByDefinition(hashes)];
  const k = split(hashes.length);
  return old <= k
    ? [...consistencyProof(old, hashes.slice(0, k), isOnEdge), rootByDefinition(hashes.slice(k))]
    : [...consistencyProof(old - k, hashes.slice(k), false), rootByDefinition(hashes.slice(0, k))];
}
