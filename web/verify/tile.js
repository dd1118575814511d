/**
 * Tiles and entry bundles: their paths and their bytes (docs/format.md, Public HTTP; C2SP tlog-tiles).
 *
 * Indexes and sizes are `bigint`. A level is a number from 0 to 7, or `"entries"`.
 */

import { Failed, require, within } from "./fault.js";
import { HASH_BYTES } from "./sha256.js";

/** Hashes, or entries, of a full tile. */
export const TILE_WIDTH = 256;
/** Levels that tiles have paths for. */
export const LEVELS = 8;
/** Each entry of a bundle has its length in front. */
const LENGTH_BYTES = 2;
const ENTRY_BYTES_MAX = 65_535;
/** Bytes of the largest entry bundle. */
export const BUNDLE_BYTES_MAX = TILE_WIDTH * (LENGTH_BYTES + ENTRY_BYTES_MAX);

/**
 * @typedef {object} Tile
 * @property {number | "entries"} level
 * @property {bigint} index number of the tile in its level
 * @property {number} width 1 to 256
 */

/**
 * @param {Tile} tile
 * @returns {string} its path below the prefix, without a slash before it
 */
export function tilePath({ level, index, width }) {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.{3}/g);
  const last = groups.pop();
  const folders = groups.map((group) => `x${group}/`).join("");
  return `tile/${level}/${folders}${last}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/**
 * How many hashes (or entries) a log of `size` entries has at a level.
 *
 * @param {number | "entries"} level
 * @param {bigint} size
 * @returns {bigint}
 */
export function countAt(level, size) {
  return level === "entries" ? size : size >> BigInt(8 * level);
}

/**
 * The tile number `index` of a level, as wide as a log of `size` entries has it; `null` if it has none.
 *
 * @param {number | "entries"} level
 * @param {bigint} index
 * @param {bigint} size
 * @returns {Tile | null}
 */
export function tileOf(level, index, size) {
  const left = countAt(level, size) - index * BigInt(TILE_WIDTH);
  if (left <= 0n) return null;
  return { level, index, width: left < BigInt(TILE_WIDTH) ? Number(left) : TILE_WIDTH };
}

/**
 * @param {number | "entries"} level
 * @param {bigint} size
 * @returns {bigint} how many tiles the level has
 */
export function tilesAt(level, size) {
  return (countAt(level, size) + BigInt(TILE_WIDTH) - 1n) / BigInt(TILE_WIDTH);
}

/**
 * Checks the length of a hash tile.
 *
 * @param {Uint8Array} bytes
 * @param {number} width
 * @throws {Failed} it has another
 */
export function checkHashTile(bytes, width) {
  require(bytes.length === width * HASH_BYTES, "the tile has another length", { expected: `${width * HASH_BYTES} bytes`, found: `${bytes.length} bytes` });
}

/**
 * Where the leaves of a bundle stand in it. Leaf `i` is `bytes[ends[2 i] … ends[2 i + 1])`. Not checked: the leaves.
 *
 * @param {Uint8Array} bytes
 * @param {number} width how many it must have
 * @returns {Uint32Array} start and end of each
 * @throws {Failed} it has not exactly that many
 */
export function bundlePlaces(bytes, width) {
  const places = new Uint32Array(2 * width);
  let at = 0;
  for (let entry = 0; entry < width; entry += 1) {
    const start = at + LENGTH_BYTES;
    const end = start + ((bytes[at] << 8) | bytes[at + 1]);
    if (start > bytes.length || end > bytes.length) throw new Failed("the bundle ends within an entry", { where: `entry ${entry} of the bundle`, expected: `${width} entries` });
    places[2 * entry] = start;
    places[2 * entry + 1] = end;
    at = end;
  }
  require(at === bytes.length, "the bundle goes on behind its last entry", { expected: `${at} bytes`, found: `${bytes.length} bytes` });
  return places;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} width how many leaves it must have
 * @returns {Uint8Array[]} views into the bundle
 * @throws {Failed} it has not exactly that many
 */
export function bundleLeaves(bytes, width) {
  const places = within("entry bundle", () => bundlePlaces(bytes, width));
  return Array.from({ length: width }, (_, entry) => bytes.subarray(places[2 * entry], places[2 * entry + 1]));
}
