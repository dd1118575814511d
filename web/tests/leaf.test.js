import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, toHex } from "../verify/bytes.js";
import { Chain } from "../verify/chain.js";
import { LEAF_BYTES_MAX, LEAF_HEADER_BYTES, parseLeaf } from "../verify/leaf.js";
import { leafHash } from "../verify/merkle.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";
import { vectorsOf } from "./support/vectors.js";

const leaves = vectorsOf("leaf");
const chain = vectorsOf("chain");

function isAsStated(vector) {
  const leaf = fromHex(vector.leaf);
  const { previous, recordedAt, body } = parseLeaf(leaf);
  assert.deepEqual([toHex(previous), String(recordedAt), toHex(body)], [vector.previous, vector.recorded_at, vector.body]);
  assert.equal(toHex(leafHash(leaf)), vector.leaf_hash);
}

function followed(entries) {
  const follower = new Chain(chain.origin);
  for (const { leaf } of entries) follower.follow(fromHex(leaf));
  return follower;
}

for (const vector of leaves.valid) test(`leaf, valid: ${vector.name}`, () => isAsStated(vector));
for (const { name, leaf } of leaves.invalid) test(`leaf, refused: ${name}`, () => refuses(() => parseLeaf(fromHex(leaf)), name));
for (const vector of leaves.limits) {
  test(`leaf, limit: ${vector.name}`, async () => {
    const time = fromHex(BigInt(vector.recorded_at).toString(16).padStart(16, "0"));
    const leaf = concat(Uint8Array.of(1), fromHex(vector.previous), time, new Uint8Array(vector.body_bytes).fill(parseInt(vector.body_byte, 16)));
    assert.equal(leaf.length, vector.leaf_bytes);
    if (vector.leaf_hash === null) {
      await refuses(() => parseLeaf(leaf), vector.name);
    } else {
      parseLeaf(leaf);
      assert.equal(toHex(leafHash(leaf)), vector.leaf_hash);
    }
  });
}

test("the limits are those of leaf.json", () => {
  assert.deepEqual([LEAF_HEADER_BYTES, LEAF_BYTES_MAX, LEAF_BYTES_MAX - LEAF_HEADER_BYTES], [leaves.header_bytes, leaves.leaf_bytes_max, leaves.body_bytes_max]);
});

test("the ledger of chain.json is followed from the hash of its origin on", () => {
  assert.equal(toHex(new Chain(chain.origin).hash), chain.origin_hash);
  for (const [index, vector] of chain.entries.entries()) {
    isAsStated(vector);
    assert.equal(vector.index, String(index));
  }
  const follower = followed(chain.entries);
  assert.deepEqual([follower.next, toHex(follower.hash)], [chain.entries.length, chain.entries.at(-1).leaf_hash]);
  assert.equal(String(follower.recordedAt), chain.entries.at(-1).recorded_at);
});

for (const { name, after, leaf } of chain.invalid) {
  test(`chain, refused: ${name}`, async () => {
    const follower = followed(chain.entries.slice(0, Number(after)));
    await refuses(() => follower.follow(fromHex(leaf)), name);
    // What was refused is not taken: the true entry still follows.
    if (chain.entries[Number(after)]) follower.follow(fromHex(chain.entries[Number(after)].leaf));
  });
}

test("times from 2^53 on are still compared exactly", async () => {
  const leafAt = (previous, seconds) => concat(Uint8Array.of(1), previous, fromHex(seconds.toString(16).padStart(16, "0")));
  const late = 2n ** 63n + 1n;
  const follower = new Chain(chain.origin);
  follower.follow(leafAt(follower.hash, late));
  await refuses(() => follower.follow(leafAt(follower.hash, late - 1n)), "a second earlier");
  follower.follow(leafAt(follower.hash, late));
});

test("a changed byte breaks the chain, in the entry or at the one behind it", async () => {
  await always(100, async (random) => {
    const entries = chain.entries.map(({ leaf }) => fromHex(leaf));
    const at = random.below(entries.length - 1);
    entries[at][random.below(entries[at].length)] ^= 1 << random.below(8);
    await refuses(() => {
      const follower = new Chain(chain.origin);
      for (const leaf of entries) follower.follow(leaf);
    }, `entry ${at}`);
  });
});
