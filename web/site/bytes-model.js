/**
 * A leaf as bytes: rows of sixteen, parted where its fields are (docs/format.md, Leaf), so that a person can compare them
 * with what any other tool shows.
 */

import { LEAF_HEADER_BYTES } from "../verify/leaf.js";

const ROW_BYTES = 16;
const PARTS = [
  ["version", 0, 1],
  ["previous", 1, 33],
  ["recorded_at", 33, LEAF_HEADER_BYTES],
];

/**
 * @typedef {object} BytesRow
 * @property {number} offset
 * @property {string} hex pairs of digits with a space between
 * @property {string} text printable ASCII; a dot for anything else
 */

/**
 * @param {Uint8Array} leaf at least 41 bytes
 * @returns {{part: string, length: number, rows: BytesRow[]}[]} version, previous, recorded_at, body
 */
export function bytesModel(leaf) {
  return [...PARTS, ["body", LEAF_HEADER_BYTES, leaf.length]].map(([part, start, end]) => ({ part, length: end - start, rows: rowsOf(leaf, start, end) }));
}

function rowsOf(leaf, start, end) {
  const rows = [];
  for (let offset = start; offset < end; offset += ROW_BYTES) {
    const bytes = [...leaf.subarray(offset, Math.min(end, offset + ROW_BYTES))];
    rows.push({
      offset,
      hex: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
      text: bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
    });
  }
  return rows;
}
