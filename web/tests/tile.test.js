import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, toHex } from "../verify/bytes.js";
import { rootOf } from "../verify/merkle.js";
import { sha256 } from "../verify/sha256.js";
import { bundleLeaves, countAt, tileOf, tilePath, tilesAt } from "../verify/tile.js";
import { isPublished, parseTilePath } from "../verify/tile-path.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";
import { numbered } from "./support/trees.js";
import { vectorsOf } from "./support/vectors.js";

const paths = vectorsOf("tile-path");
const tiles = vectorsOf("tile");
const bundles = vectorsOf("bundle");

test("the paths of tile-path.json are read and written", () => {
  for (const { path, kind, level, index, width } of paths.valid) {
    const tile = parseTilePath(path);
    assert.deepEqual(tile, { level: kind === "entries" ? "entries" : level, index: BigInt(index), width });
    assert.equal(tilePath(tile), path);
  }
});

for (const { path, reason } of paths.invalid) test(`tile path, refused: ${path} (${reason})`, () => refuses(() => parseTilePath(path), path));

test("the last tile of a level of tile-path.json, and which levels have none", () => {
  const listed = new Set();
  for (const { size, level, tiles: count, last } of paths.last_of_log) {
    const at = level ?? "entries";
    listed.add(`${size} ${at}`);
    assert.equal(tilesAt(at, BigInt(size)), BigInt(count));
    assert.equal(tilePath(tileOf(at, BigInt(count) - 1n, BigInt(size))), last);
    assert.equal(tileOf(at, BigInt(count), BigInt(size)), null);
  }
  for (const size of new Set(paths.last_of_log.map((vector) => vector.size))) {
    for (const level of ["entries", 0, 1, 2, 3, 4, 5, 6, 7]) {
      if (!listed.has(`${size} ${level}`)) assert.equal(countAt(level, BigInt(size)), 0n, `${size}, level ${level}`);
    }
  }
});

for (const { size, path } of paths.not_published) {
  test(`tile path, not published with ${size} entries: ${path}`, () => assert.equal(isPublished(parseTilePath(path), BigInt(size)), false));
}

test("every tile that a log has is published, and none that is wider", async () => {
  await always(200, (random) => {
    const size = random.next() >> BigInt(random.below(64));
    const level = random.of(["entries", 0, 1, 2, 7]);
    const count = tilesAt(level, size);
    if (count === 0n) return;
    const tile = tileOf(level, count - 1n, size);
    assert.ok(isPublished(tile, size));
    assert.ok(tile.width === 256 || !isPublished({ ...tile, width: tile.width + 1 }, size));
    if (tile.index <= 2n ** 56n - 2n) assert.deepEqual(parseTilePath(tilePath(tile)), tile);
  });
});

test("the hash tiles of tile.json are those of the numbered tree", () => {
  for (const { size, path, bytes, sha256: hash } of tiles.tiles) {
    const row = tileOfNumbered(path, Number(size));
    assert.equal(toHex(sha256(row)), hash, path);
    if (bytes !== null) assert.equal(toHex(row), bytes);
  }
  for (const { height, index, root, path, first, count } of tiles.subtrees) {
    const row = tileOfNumbered(path, 1000).slice(Number(first) * 32, (Number(first) + count) * 32);
    assert.equal(toHex(rootOf(row)), root);
    const span = 2 ** height;
    assert.equal(toHex(rootOf(concat(...numbered(1000).slice(Number(index) * span, (Number(index) + 1) * span)))), root);
  }
});

for (const { name, leaves, bundle } of bundles.valid) {
  test(`bundle, valid: ${name}`, () => assert.deepEqual(bundleLeaves(fromHex(bundle), leaves.length).map(toHex), leaves));
}
for (const { name, bundle, width } of bundles.invalid) {
  test(`bundle, refused: ${name}`, () => refuses(() => bundleLeaves(fromHex(bundle), width), name));
}

test("a bundle that is cut anywhere is refused", async () => {
  const { leaves, bundle } = bundles.valid[0];
  const bytes = fromHex(bundle);
  for (let end = 0; end < bytes.length; end += 1) await refuses(() => bundleLeaves(bytes.subarray(0, end), leaves.length), `${end} bytes`);
});

function tileOfNumbered(path, size) {
  const { level, index, width } = parseTilePath(path);
  let row = numbered(size);
  for (let up = 0; up < level; up += 1) {
    row = Array.from({ length: Math.floor(row.length / 256) }, (_, at) => rootOf(concat(...row.slice(256 * at, 256 * at + 256))));
  }
  const first = 256 * Number(index);
  assert.ok(first + width <= row.length, "the tree has no such tile");
  return concat(...row.slice(first, first + width));
}
