/**
 * Reads single entries and hashes of a ledger, each verified against a signed checkpoint before it is used.
 *
 * The tiles on the right edge of the tree make its root; every other tile makes a hash of the tile above it. So a tile
 * is believed only if the root follows from it.
 */

import { concat, equal, toHex } from "./bytes.js";
import { CannotTell, Failed, Missing, require, withinAsync } from "./fault.js";
import { leafHash, rootOf } from "./merkle.js";
import { readLeaf } from "./record.js";
import { HASH_BYTES } from "./sha256.js";
import { BUNDLE_BYTES_MAX, LEVELS, TILE_WIDTH, bundleLeaves, bundlePlaces, checkHashTile, countAt, tileOf, tilePath } from "./tile.js";

const WIDTH = BigInt(TILE_WIDTH);
/** Verified tiles that are kept: half a megabyte. */
const KEPT_TILES = 64;

/** A ledger at the size of one checkpoint. */
export class LedgerReader {
  #source;
  #checkpoint;
  #signal;
  /** @type {Map<string, Uint8Array>} */
  #kept = new Map();
  #edge = null;
  #isAnew = false;

  /**
   * @param {import("./source.js").Source} source
   * @param {import("./checkpoint.js").SignedCheckpoint} checkpoint verified by the caller
   * @param {AbortSignal} [signal]
   */
  constructor(source, checkpoint, signal) {
    this.#source = source;
    this.#checkpoint = checkpoint;
    this.#signal = signal;
  }

  /** The checkpoint that everything is verified against. */
  get checkpoint() {
    return this.#checkpoint;
  }

  /**
   * Runs what fetches and verifies; where it fails, once more with files from the server itself. A browser keeps tiles for
   * good: what it kept of another ledger at this place must not look like a history that was rewritten.
   *
   * @template T
   * @param {(options: {anew: boolean}) => Promise<T>} action with options for a source
   * @returns {Promise<T>}
   */
  async twice(action) {
    const anew = this.#isAnew;
    try {
      return await action({ anew });
    } catch (error) {
      if (anew || !(error instanceof Failed)) throw error;
      this.#isAnew = true;
      return action({ anew: true });
    }
  }

  /**
   * A hash tile, verified.
   *
   * @param {number} level 0 to 7
   * @param {bigint} index number of the tile in its level
   * @returns {Promise<Uint8Array>} 32 bytes for each hash; as wide as the tree has it
   * @throws {Failed} it does not lead to the root
   * @throws {CannotTell} it could not be had, or there is none
   */
  async hashTile(level, index) {
    const way = this.#wayUp(level, index);
    await this.#verifyEdge();
    let below = null;
    for (const tile of way) {
      const path = tilePath(tile);
      const above = below;
      below = this.#kept.get(path) ?? (await this.twice(() => this.#verified(tile, path, above)));
    }
    return below;
  }

  /**
   * An entry, proven and read.
   *
   * @param {bigint} index
   * @returns {Promise<import("./record.js").ProvenEntry>}
   * @throws {Failed} it does not lead to the root, or is malformed
   * @throws {CannotTell} it could not be had, or there is none
   */
  async entry(index) {
    const found = await this.leaf(index);
    return { ...found, checkpoint: this.#checkpoint, ...readLeaf(found.leaf, index) };
  }

  /**
   * The leaf of an entry, proven, and not read.
   *
   * @param {bigint} index
   * @returns {Promise<{index: bigint, leaf: Uint8Array, hash: Uint8Array}>}
   * @throws {Failed} it does not lead to the root
   * @throws {CannotTell} it could not be had, or there is none
   */
  leaf(index) {
    return this.twice(() => this.#leaf(index));
  }

  async #leaf(index) {
    const number = index / WIDTH;
    const leaves = bundleLeaves(...(await this.bundle(number)));
    const position = Number(index % WIDTH);
    if (position >= leaves.length) throw this.#noEntry(index);
    const hashes = await this.hashTile(0, number);
    const leaf = leaves[position];
    const hash = leafHash(leaf);
    const expected = hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
    require(equal(hash, expected), "the entry is another one than the tree has there", { where: `entry ${index}`, expected: toHex(expected), found: toHex(hash) });
    return { index, leaf, hash };
  }

  /**
   * An entry bundle, as it comes: nothing in it is verified yet.
   *
   * @param {bigint} number of the bundle
   * @returns {Promise<[Uint8Array, number]>} its bytes, and how many entries they hold
   * @throws {CannotTell} it could not be had, or there is none
   */
  async bundle(number) {
    const tile = tileOf("entries", number, this.#checkpoint.size);
    if (!tile) throw this.#noEntry(number * WIDTH);
    return [await this.#fetch(tile), tile.width];
  }

  /**
   * Verifies that hashes are those of the leaves of a bundle.
   *
   * @param {bigint} number of the bundle
   * @param {Uint8Array} hashes leaf hashes, 32 bytes each; used as working space
   * @throws {Failed} they do not lead to the root
   * @throws {CannotTell} a hash tile could not be had
   */
  async verifyBundle(number, hashes) {
    const isFull = hashes.length === TILE_WIDTH * HASH_BYTES;
    // Of a full one, the root is a hash of level 1: that level is 256 times smaller.
    const row = isFull ? await this.hashTile(1, number / WIDTH) : await this.hashTile(0, number);
    const position = Number(number % WIDTH);
    const expected = isFull ? row.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES) : row;
    const found = isFull ? rootOf(hashes) : hashes;
    require(equal(found, expected), "these entries are others than the tree has there", { where: `entries from ${number * WIDTH} on` });
  }

  /**
   * The root that the tree had at a smaller size, from verified hashes: so nothing but this tree has to be believed.
   *
   * @param {bigint} size from 1 up to that of the checkpoint
   * @returns {Promise<Uint8Array>}
   * @throws {Failed} tiles do not lead to the root
   * @throws {CannotTell} tiles could not be had
   */
  async rootAt(size) {
    const rows = [];
    for (let level = 0; level < LEVELS; level += 1) {
      const count = countAt(level, size);
      const width = Number(count % WIDTH);
      rows.push(width === 0 ? new Uint8Array(0) : (await this.hashTile(level, count / WIDTH)).subarray(0, width * HASH_BYTES));
    }
    return foldRows(rows);
  }

  /** The way to a tile from the one on the edge above it, that one first. */
  #wayUp(level, index) {
    const way = [];
    for (let up = level, at = index; up < LEVELS; up += 1, at /= WIDTH) {
      const tile = tileOf(up, at, this.#checkpoint.size);
      if (!tile) throw new CannotTell("the tree has no such tile", { where: `level ${level}, tile ${index}` });
      way.unshift(tile);
      if (tile.width < TILE_WIDTH) return way;
    }
    throw new CannotTell("the tree is too large for tiles");
  }

  async #verified(tile, path, above) {
    const bytes = await this.#fetch(tile);
    const position = Number(tile.index % WIDTH) * HASH_BYTES;
    const expected = above.subarray(position, position + HASH_BYTES);
    const found = rootOf(bytes.slice());
    require(equal(found, expected), "the tile does not lead to the signed root", { where: path, expected: toHex(expected), found: toHex(found) });
    this.#keep(path, bytes);
    return bytes;
  }

  /** The partial tiles of all levels make the root. They are kept for good. */
  #verifyEdge() {
    this.#edge ??= this.twice(() => this.#fetchEdge()).catch((error) => {
      this.#edge = null;
      throw error;
    });
    return this.#edge;
  }

  async #fetchEdge() {
    const { size, root } = this.#checkpoint;
    const tiles = [];
    for (let level = 0; level < LEVELS; level += 1) {
      const count = countAt(level, size);
      tiles.push(count % WIDTH === 0n ? null : tileOf(level, count / WIDTH, size));
    }
    const rows = await Promise.all(tiles.map((tile) => (tile ? this.#fetch(tile) : new Uint8Array(0))));
    const found = foldRows(rows);
    require(equal(found, root), "the tiles do not lead to the signed root", { where: "right edge of the tree", expected: toHex(root), found: toHex(found) });
    for (const [level, tile] of tiles.entries()) {
      if (tile) this.#kept.set(tilePath(tile), rows[level]);
    }
  }

  /** A tile or bundle; where a partial one is gone, the beginning of the full one (C2SP tlog-tiles). */
  async #fetch(tile) {
    try {
      return await this.#fetchAs(tile, tilePath(tile));
    } catch (error) {
      if (!(error instanceof Missing) || tile.width === TILE_WIDTH) throw error;
      const full = { ...tile, width: TILE_WIDTH };
      const path = tilePath(full);
      const bytes = await this.#fetchAs(full, path);
      if (tile.level !== "entries") return bytes.slice(0, tile.width * HASH_BYTES);
      return withinAsync(path, async () => bytes.slice(0, bundlePlaces(bytes, TILE_WIDTH)[2 * tile.width - 1]));
    }
  }

  async #fetchAs(tile, path) {
    const isBundle = tile.level === "entries";
    const bytes = await this.#source.get(path, { max: isBundle ? BUNDLE_BYTES_MAX : tile.width * HASH_BYTES, anew: this.#isAnew, signal: this.#signal });
    if (!isBundle) await withinAsync(path, async () => checkHashTile(bytes, tile.width));
    return bytes;
  }

  #keep(path, bytes) {
    if (this.#kept.size >= KEPT_TILES + LEVELS) {
      // The edge was kept first, and stays: what came behind it goes, the oldest first.
      const oldest = [...this.#kept.keys()].find((key) => !key.includes(".p/"));
      this.#kept.delete(oldest);
    }
    this.#kept.set(path, bytes);
  }

  #noEntry(index) {
    return new CannotTell("the ledger has no such entry yet", { where: `entry ${index}`, found: `${this.#checkpoint.size} entries` });
  }
}

/**
 * Verifies that a ledger still has what was verified before: the root that was kept is the one that its tree had at
 * that size.
 *
 * @param {{size: bigint, root: Uint8Array}} kept
 * @param {LedgerReader} reader of the newer checkpoint
 * @throws {Failed} the ledger was changed behind the back of whoever kept it
 * @throws {CannotTell} tiles could not be had, or nothing was kept
 */
export async function verifyGrowth(kept, reader) {
  const { size, root } = reader.checkpoint;
  if (kept.size === 0n) throw new CannotTell("an empty ledger was kept: nothing follows from it");
  require(kept.size <= size, "the ledger is smaller than when it was last verified", { expected: `at least ${kept.size} entries`, found: size });
  const found = kept.size === size ? root : await reader.rootAt(kept.size);
  if (!equal(found, kept.root)) {
    throw new Failed("the ledger is not a continuation of what was last verified: it had another root at that size", { where: `${kept.size} entries`, expected: toHex(kept.root), found: toHex(found) });
  }
}

/** The root over the last, partial tiles of all levels: what is right of a row is the last, smaller subtree of it. */
function foldRows(rows) {
  let rest = new Uint8Array(0);
  for (const row of rows) {
    if (row.length > 0) rest = rootOf(concat(row, rest));
  }
  return rest.length > 0 ? rest : rootOf(rest);
}
