/**
 * The hash tiles that entries make, to be compared with those that a ledger serves (docs/format.md, Verifying a ledger,
 * step 6). Memory: 32 bytes for each entry.
 */

import { equal } from "./bytes.js";
import { require } from "./fault.js";
import { rootOf } from "./merkle.js";
import { HASH_BYTES } from "./sha256.js";
import { LEVELS, TILE_WIDTH, tileOf, tilePath, tilesAt } from "./tile.js";

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** Collects the leaf hashes of a ledger that is followed. An inspector of `Audit`. */
export class HashRows {
  #hashes = new Uint8Array(TILE_BYTES);
  #count = 0;

  /** @param {import("./audit.js").Passing} entry */
  look({ hash }) {
    const at = this.#count * HASH_BYTES;
    if (at === this.#hashes.length) {
      const more = new Uint8Array(2 * at);
      more.set(this.#hashes);
      this.#hashes = more;
    }
    this.#hashes.set(hash, at);
    this.#count += 1;
  }

  /**
   * Fetches every hash tile, full and partial, and compares it.
   *
   * @param {import("./source.js").Source} source
   * @param {AbortSignal} [signal]
   * @returns {Promise<number>} how many tiles there were
   * @throws {import("./fault.js").Failed} one of them has other hashes than the entries make
   * @throws {import("./fault.js").CannotTell} one could not be had
   */
  async compare(source, signal) {
    const size = BigInt(this.#count);
    let row = this.#hashes.subarray(0, this.#count * HASH_BYTES);
    let tiles = 0;
    for (let level = 0; level < LEVELS && row.length > 0; level += 1) {
      for (let index = 0n; index < tilesAt(level, size); index += 1n) {
        const tile = tileOf(level, index, size);
        const path = tilePath(tile);
        const from = Number(index) * TILE_BYTES;
        const expected = row.subarray(from, from + tile.width * HASH_BYTES);
        const found = await source.get(path, { max: expected.length, signal });
        require(equal(found, expected), "the tile has other hashes than the entries make", { where: path });
        tiles += 1;
      }
      row = rowAbove(row);
    }
    return tiles;
  }
}

/** The roots of the full tiles of a row. */
function rowAbove(row) {
  const count = Math.floor(row.length / TILE_BYTES);
  const above = new Uint8Array(count * HASH_BYTES);
  for (let tile = 0; tile < count; tile += 1) above.set(rootOf(row.slice(tile * TILE_BYTES, (tile + 1) * TILE_BYTES)), tile * HASH_BYTES);
  return above;
}
