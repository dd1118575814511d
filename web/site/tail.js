/**
 * The newest entries of a ledger, proven, from the last bytes of its bundle: pages that only want to know how fresh the ledger
 * is need not fetch the 255 entries before them.
 */

import { equal } from "../verify/bytes.js";
import { Missing } from "../verify/fault.js";
import { LEAF_HEADER_BYTES } from "../verify/leaf.js";
import { leafHash } from "../verify/merkle.js";
import { readLeaf } from "../verify/record.js";
import { HASH_BYTES } from "../verify/sha256.js";
import { BUNDLE_BYTES_MAX, TILE_WIDTH, tileOf, tilePath } from "../verify/tile.js";

/** Nearly every entry is shorter. */
const LAST_BYTES = 1_024;
const LENGTH_BYTES = 2;
const WIDTH = BigInt(TILE_WIDTH);

/**
 * @param {import("../verify/source.js").Source} source
 * @param {import("../verify/reader.js").LedgerReader} reader of a ledger that is not empty
 * @returns {Promise<{index: bigint, recordedAt: bigint, body: import("../verify/record.js").Body}[]>} newest first: at least
 *   one, and those before it that end in the last kilobyte of the same bundle
 * @throws {import("../verify/fault.js").Failed} one does not lead to the root, or is malformed
 * @throws {import("../verify/fault.js").CannotTell} something could not be had
 */
export async function readTail(source, reader) {
  const { size } = reader.checkpoint;
  const tile = tileOf("entries", (size - 1n) / WIDTH, size);
  const hashes = await reader.hashTile(0, tile.index);
  const bytes = await lastBytes(source, tilePath(tile));
  const entries = [];
  let end = bytes.length;
  for (let position = tile.width - 1; position >= 0; position -= 1) {
    const leaf = leafBefore(bytes, end, hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES));
    if (leaf === null) break;
    const index = tile.index * WIDTH + BigInt(position);
    entries.push({ index, ...readLeaf(leaf, index) });
    end -= leaf.length + LENGTH_BYTES;
  }
  return entries.length > 0 ? entries : [await reader.entry(size - 1n)];
}

/** None where only full bundles of a larger log are left. */
async function lastBytes(source, path) {
  try {
    return (await source.get(path, { max: BUNDLE_BYTES_MAX, last: LAST_BYTES })).subarray(-LAST_BYTES);
  } catch (error) {
    if (error instanceof Missing) return new Uint8Array(0);
    throw error;
  }
}

/** Where a leaf begins, bytes do not say from behind: it is the one with its own length in front, and the hash of the tree. */
function leafBefore(bytes, end, expected) {
  for (let length = LEAF_HEADER_BYTES; length + LENGTH_BYTES <= end; length += 1) {
    const start = end - length;
    if (bytes[start - 2] !== length >> 8 || bytes[start - 1] !== (length & 255)) continue;
    const leaf = bytes.subarray(start, end);
    if (equal(leafHash(leaf), expected)) return leaf;
  }
  return null;
}
