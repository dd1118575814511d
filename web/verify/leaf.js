/**
 * The leaf: frame, chain and time of an entry (docs/format.md, Leaf).
 *
 * ```
 * offset  bytes  field
 * 0       1      version       0x01
 * 1       32     previous      leaf hash of the entry before; for entry 0: H(origin as UTF-8)
 * 33      8      recorded_at   uint64, seconds since 1970-01-01T00:00:00Z
 * 41      …      body          one protobuf message EntryBody
 * ```
 */

import { uint64At } from "./bytes.js";
import { Failed } from "./fault.js";

/** Bytes of a leaf before its body. */
export const LEAF_HEADER_BYTES = 41;
/** Most bytes of a leaf. */
export const LEAF_BYTES_MAX = 65_535;
const VERSION = 0x01;
/** Where the hash of the entry before begins. */
export const PREVIOUS_AT = 1;
/** Where the time begins. */
export const RECORDED_AT = 33;

/**
 * @typedef {object} Leaf
 * @property {Uint8Array} previous 32 bytes
 * @property {bigint} recordedAt seconds since 1970-01-01T00:00:00Z
 * @property {Uint8Array} body a view into the leaf, not read yet
 */

/**
 * Takes a leaf apart. Not checked: chain, time and what the body says.
 *
 * @param {Uint8Array} leaf
 * @returns {Leaf}
 * @throws {Failed} wrong length, unknown version
 */
export function parseLeaf(leaf) {
  checkFrame(leaf, 0, leaf.length);
  return {
    previous: leaf.subarray(PREVIOUS_AT, RECORDED_AT),
    recordedAt: uint64At(leaf, RECORDED_AT),
    body: leaf.subarray(LEAF_HEADER_BYTES),
  };
}

/**
 * Refuses what can't be a leaf.
 *
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @throws {Failed} wrong length, unknown version
 */
export function checkFrame(bytes, start, end) {
  const length = end - start;
  if (length < LEAF_HEADER_BYTES || length > LEAF_BYTES_MAX) {
    throw new Failed("a leaf has another length", { expected: `${LEAF_HEADER_BYTES} to ${LEAF_BYTES_MAX} bytes`, found: `${length} bytes` });
  }
  if (bytes[start] !== VERSION) throw new Failed("the version of the leaf is not known", { expected: VERSION, found: bytes[start] });
}
