import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromBase64, fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { Frontier } from "../verify/frontier.js";
import { NODE_PREFIX, leafHash, nodeHash, rootOf } from "../verify/merkle.js";
import { verifyConsistency, verifyInclusion } from "../verify/proof.js";
import { hashPrefixedInto } from "../verify/sha256.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";
import { consistencyProof, inclusionProof, numbered } from "./support/trees.js";
import { missing, shared, sharedFiles, vectorsOf } from "./support/vectors.js";

const tree = vectorsOf("tree");
const inclusion = vectorsOf("inclusion");
const consistency = vectorsOf("consistency");

const includes = (vector) => verifyInclusion(fromHex(vector.leaf_hash), BigInt(vector.index), BigInt(vector.size), vector.proof.map(fromHex), fromHex(vector.root));
const extends_ = (vector) =>
  verifyConsistency(BigInt(vector.old_size), fromHex(vector.old_root), BigInt(vector.new_size), fromHex(vector.new_root), vector.proof.map(fromHex));

test("the hashes and roots of tree.json", () => {
  assert.equal(toHex(rootOf(new Uint8Array(0))), tree.empty_root);
  assert.equal(toHex(new Frontier().root()), tree.empty_root);
  assert.equal(toHex(nodeHash(fromHex(tree.node.left), fromHex(tree.node.right))), tree.node.hash);
  for (const { leaf, leaf_hash } of tree.leaves) assert.equal(toHex(leafHash(fromHex(leaf))), leaf_hash);
  for (const { size, root, frontier } of tree.trees) {
    const hashes = numbered(Number(size));
    assert.equal(toHex(rootOf(concat(...hashes))), root, `root of ${size}`);
    const grown = new Frontier();
    for (const hash of hashes) grown.push(hash);
    assert.deepEqual([toHex(grown.root()), grown.size], [root, Number(size)], `frontier of ${size}`);
    const perfect = [];
    for (let rest = hashes; rest.length > 0; ) {
      const count = 2 ** Math.floor(Math.log2(rest.length));
      perfect.push(toHex(rootOf(concat(...rest.slice(0, count)))));
      rest = rest.slice(count);
    }
    assert.deepEqual(perfect, frontier);
  }
});

for (const [position, vector] of inclusion.valid.entries()) {
  test(`inclusion.json, valid ${position}: ${vector.index} of ${vector.size}`, () => includes(vector));
}
for (const vector of inclusion.invalid) {
  test(`inclusion.json, refused: ${vector.name}`, () => refuses(() => includes(vector), vector.name));
}
for (const [position, vector] of consistency.valid.entries()) {
  test(`consistency.json, valid ${position}: ${vector.old_size} to ${vector.new_size}`, () => extends_(vector));
}
for (const vector of consistency.invalid) {
  test(`consistency.json, refused: ${vector.name}`, () => refuses(() => extends_(vector), vector.name));
}

test("proofs hold for every entry and every pair of small trees, and for nothing beside them", async () => {
  const hashes = numbered(17);
  for (let size = 1; size <= hashes.length; size += 1) {
    const root = rootOf(concat(...hashes.slice(0, size)));
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionProof(index, hashes.slice(0, size));
      verifyInclusion(hashes[index], BigInt(index), BigInt(size), proof, root);
      await refuses(() => verifyInclusion(hashes[index], BigInt(index), BigInt(size), [...proof, root], root), "a hash too many");
      if (proof.length > 0) await refuses(() => verifyInclusion(hashes[index], BigInt(index), BigInt(size), proof.slice(1), root), "a hash too few");
    }
    for (let old = 1; old <= size; old += 1) {
      const oldRoot = rootOf(concat(...hashes.slice(0, old)));
      const proof = consistencyProof(old, hashes.slice(0, size));
      verifyConsistency(BigInt(old), oldRoot, BigInt(size), root, proof);
      await refuses(() => verifyConsistency(BigInt(old), oldRoot, BigInt(size), root, [...proof, root]), "a hash too many");
      if (proof.length > 0) await refuses(() => verifyConsistency(BigInt(old), oldRoot, BigInt(size), root, proof.slice(0, -1)), "a hash too few");
    }
  }
});

test("a proof with one changed bit leads nowhere", async () => {
  const hashes = numbered(200);
  await always(150, async (random) => {
    const size = 2 + random.below(199);
    const root = rootOf(concat(...hashes.slice(0, size)));
    const index = random.below(size);
    const proof = inclusionProof(index, hashes.slice(0, size)).map((hash) => hash.slice());
    random.of(proof)[random.below(32)] ^= 1 << random.below(8);
    await refuses(() => verifyInclusion(hashes[index], BigInt(index), BigInt(size), proof, root), `inclusion of ${index} in ${size}`);
    const old = 1 + random.below(size - 1);
    const oldRoot = rootOf(concat(...hashes.slice(0, old)));
    const growth = consistencyProof(old, hashes.slice(0, size)).map((hash) => hash.slice());
    random.of(growth)[random.below(32)] ^= 1 << random.below(8);
    await refuses(() => verifyConsistency(BigInt(old), oldRoot, BigInt(size), root, growth), `from ${old} to ${size}`);
  });
});

test("an endless proof is refused after as many hashes as there can be", () => {
  const hash = leafHash(Uint8Array.of(1));
  return refuses(() => verifyInclusion(hash, 0n, 2n ** 64n - 1n, Array.from({ length: 100_000 }, () => hash), hash), "100,000 hashes");
});

test("numbers from 2^64 on are refused", async () => {
  const hash = leafHash(Uint8Array.of(1));
  await refuses(() => verifyInclusion(hash, 0n, 2n ** 64n, [], hash), "a size of 2^64");
  await refuses(() => verifyInclusion(hash, -1n, 1n, [], hash), "an index of −1");
});

test("RFC 6962: the vectors of Certificate Transparency", { skip: missing("rfc6962-vectors/rfc6962.json") }, () => {
  const vectors = JSON.parse(shared("rfc6962-vectors/rfc6962.json"));
  const hashes = vectors.leaf_inputs_hex.map((input) => leafHash(fromHex(input)));
  for (const [at, root] of vectors.roots_hex_size_1_to_8.entries()) {
    assert.equal(toHex(rootOf(concat(...hashes.slice(0, at + 1)))), root);
  }
  for (const { leaf_ascii, hash } of vectors.leaf_hash_examples) assert.equal(toHex(leafHash(toUtf8(leaf_ascii))), hash);
  for (const { left_ascii, right_ascii, hash } of vectors.node_hash_examples) {
    // Not 32 bytes each: only the prefix is of interest.
    const found = new Uint8Array(32);
    const both = toUtf8(left_ascii + right_ascii);
    hashPrefixedInto(NODE_PREFIX, both, 0, both.length, found, 0);
    assert.equal(toHex(found), hash);
  }
  const root = (size) => rootOf(concat(...hashes.slice(0, size)));
  for (const { leaf_1based, tree_size, hashes: proof } of vectors.inclusion_paths.filter((path) => path.leaf_1based > 0)) {
    verifyInclusion(hashes[leaf_1based - 1], BigInt(leaf_1based - 1), BigInt(tree_size), proof.map(fromHex), root(tree_size));
  }
  for (const { size1, size2, hashes: proof } of vectors.consistency_proofs) {
    verifyConsistency(BigInt(size1), root(size1), BigInt(size2), root(size2), proof.map(fromHex));
  }
});

// Their authors accept these; a root has 32 bytes here, and a proof from nothing says nothing (data/README.md).
const isStricterHere = ({ root1, root2, root, size1 }) => size1 === 0 || [root1, root2, root].some((one) => one && fromBase64(one).length !== 32);

for (const [folder, check] of [
  ["inclusion", (v) => verifyInclusion(fromBase64(v.leafHash), v.leafIdx, v.treeSize, hashesOf(v.proof), fromBase64(v.root))],
  ["consistency", (v) => verifyConsistency(v.size1, fromBase64(v.root1), v.size2, fromBase64(v.root2), hashesOf(v.proof))],
]) {
  const path = `merkle-vectors/testdata/${folder}/`;
  test(`the public Merkle vectors: ${folder}`, { skip: missing(path) }, async () => {
    let stricter = 0;
    const files = sharedFiles(path);
    assert.ok(files.length > 90, `${files.length} files`);
    for (const file of files) {
      const vector = exact(String(shared(file)));
      const isWanted = vector.wantErr === false;
      if (isWanted && isStricterHere({ ...vector, size1: Number(vector.size1 ?? 1) })) {
        stricter += 1;
        await refuses(() => check(vector), file);
      } else if (isWanted) {
        check(vector);
      } else {
        await refuses(() => check(vector), file);
      }
    }
    assert.ok(stricter <= 4, `${stricter} vectors are refused although their authors accept them`);
  });
}

function hashesOf(proof) {
  return (proof ?? []).map(fromBase64);
}

/** JSON whose numbers reach 2^64 − 1. */
function exact(text) {
  const vector = JSON.parse(text);
  for (const [, name, digits] of text.matchAll(/"(leafIdx|treeSize|size1|size2)": ?([0-9]+)/g)) vector[name] = BigInt(digits);
  return vector;
}
