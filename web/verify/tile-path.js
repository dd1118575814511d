/**
 * Paths of tiles, read: what a server does, and whoever checks which files of a log are tiles (docs/format.md, Public HTTP).
 */

import { Failed, require } from "./fault.js";
import { TILE_WIDTH, countAt, tilePath } from "./tile.js";

const INDEX_MAX = 2n ** 56n - 2n;

/**
 * Reads a path. Not checked: whether a log is that large.
 *
 * @param {string} path without a slash before it
 * @returns {import("./tile.js").Tile}
 * @throws {Failed} it is not spelled as the one path of a tile
 */
export function parseTilePath(path) {
  const parts = /^tile\/([0-7]|entries)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (!parts) throw new Failed("this is no path of a tile", { found: path });
  const [, level, groups, width] = parts;
  const tile = {
    level: level === "entries" ? level : Number(level),
    index: BigInt(groups.replace(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isCanonical = tile.index <= INDEX_MAX && (width === undefined || tile.width < TILE_WIDTH) && tilePath(tile) === path;
  require(isCanonical, "this is no path of a tile", { found: path });
  return tile;
}

/**
 * Whether a log of `size` entries has published a tile.
 *
 * @param {import("./tile.js").Tile} tile
 * @param {bigint} size
 * @returns {boolean}
 */
export function isPublished({ level, index, width }, size) {
  return index * BigInt(TILE_WIDTH) + BigInt(width) <= countAt(level, size);
}
