// Whole ledgers of the project, from the files that its service wrote, and the worked example of docs/format.md.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { concat, equal, fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { Chain } from "../verify/chain.js";
import { LedgerCheck } from "../verify/check-ledger.js";
import { checkReceipt } from "../verify/check-receipt.js";
import { Frontier } from "../verify/frontier.js";
import { parseVerifierKey } from "../verify/key.js";
import { leafHash, nodeHash } from "../verify/merkle.js";
import { readBody } from "../verify/record.js";
import { sha256 } from "../verify/sha256.js";
import { MemorySource } from "./support/maker.js";
import { refuses } from "./support/refused.js";
import { crc32c, readFrame, readHeader, readSegment } from "./support/segment.js";
import { PROJECT, TESTDATA, vectorFiles, vectorsOf } from "./support/vectors.js";

const segments = vectorsOf("segment");

test("the checksums, headers and frames of segment.json", async () => {
  for (const { bytes, crc32c: sum } of segments.crc32c) assert.equal(crc32c(fromHex(bytes)).toString(16).padStart(8, "0"), sum);
  for (const { bytes, origin_hash, first_index } of segments.headers.valid) {
    const header = readHeader(fromHex(bytes));
    assert.deepEqual([toHex(header.originHash), String(header.first)], [origin_hash, first_index]);
  }
  for (const { name, bytes } of segments.headers.invalid) await refuses(() => readHeader(fromHex(bytes)), name);
  for (const { bytes, first_index, root, leaves, payload_bytes } of segments.frames.valid) {
    const frame = readFrame(fromHex(bytes));
    assert.deepEqual([String(frame.first), toHex(frame.root), frame.leaves.map(toHex), frame.payloadBytes, frame.length], [first_index, root, leaves, payload_bytes, bytes.length / 2]);
  }
  for (const { name, bytes } of segments.frames.invalid) await refuses(() => readFrame(fromHex(bytes)), name);
});

function followSegment(bytes) {
  const chain = new Chain(segments.origin);
  const frontier = new Frontier();
  for (const frame of readSegment(bytes, sha256(toUtf8(segments.origin)), 0)) {
    for (const leaf of frame.leaves) {
      chain.follow(leaf);
      frontier.push(chain.hash);
    }
    if (!equal(frontier.root(), frame.root)) throw new assert.AssertionError({ message: "another root" });
  }
  return frontier;
}

for (const { name, bytes, size, root } of segments.segments.valid) {
  test(`segment, valid: ${name}`, () => {
    const frontier = followSegment(fromHex(bytes));
    assert.deepEqual([String(frontier.size), toHex(frontier.root())], [size, root]);
  });
}
for (const { name, bytes } of segments.segments.invalid) {
  test(`segment, refused: ${name}`, async () => {
    await assert.rejects(async () => followSegment(fromHex(bytes)), (error) => error.name === "Failed" || error.message === "another root");
  });
}

for (const version of readdirSync(new URL("golden/", TESTDATA)).filter((name) => /^\d+$/.test(name))) {
  test(`the ledger that version ${version} of the format left is verified, entry by entry`, async () => {
    const folder = new URL(`golden/${version}/`, TESTDATA);
    const read = (path) => new Uint8Array(readFileSync(new URL(path, folder)));
    const key = readFileSync(new URL("ledger.vkey", folder), "utf8");
    const leaves = [];
    for (const name of readdirSync(new URL("log/entries/", folder)).sort()) {
      const frames = readSegment(read(`log/entries/${name}`), sha256(toUtf8(parseVerifierKey(key).name)), leaves.length);
      leaves.push(...frames.flatMap((frame) => frame.leaves));
    }
    const source = new MemorySource(leaves);
    source.note = read("log/checkpoint");
    const checked = new LedgerCheck(source, { key });
    const result = await checked.run();
    assert.equal(result.outcome, "ok", JSON.stringify(result.steps));
    assert.equal(result.head.size, BigInt(leaves.length));
    assert.deepEqual(concat(...leaves.map(leafHash)), read("log/hashes/0").slice(0, 32 * leaves.length));
    // The last entry with one changed bit is found.
    leaves[leaves.length - 1] = leaves.at(-1).map((byte, at) => (at === leaves.at(-1).length - 1 ? byte ^ 1 : byte));
    const forged = new MemorySource(leaves);
    forged.note = source.note;
    assert.equal((await new LedgerCheck(forged, { key }).run()).outcome, "failed");
  });
}

const page = readFileSync(new URL("docs/format.md", PROJECT), "utf8");
const example = /\n## Worked example\n([\s\S]*?)\n### Test vectors\n/.exec(page)[1];
const blocks = [...example.matchAll(/```\n([\s\S]*?)```/g)].map(([, block]) => block);

test("the worked example of the format: entries, hashes, checkpoint and receipt", async () => {
  const entries = blocks.filter((block) => /^01\n/.test(block));
  const leaves = entries.map((block) => fromHex(block.split("\n\n")[0].replace(/\s/g, "")));
  const stated = entries.map((block) => /leaf hash\s+([0-9a-f]{64})/.exec(block)[1]);
  assert.deepEqual(leaves.map((leaf) => toHex(leafHash(leaf))), stated);
  assert.ok(example.includes(toHex(nodeHash(leafHash(leaves[0]), leafHash(leaves[1])))));
  assert.deepEqual(leaves.map((leaf) => readBody(leaf.subarray(41)).kind), ["genesis", "service_start", "access"]);
  const key = /^verifier key\s+(\S+)$/m.exec(example)[1];
  const note = blocks.find((block) => block.startsWith("example.org/ledger\n3\n"));
  const source = new MemorySource(leaves);
  source.note = toUtf8(note);
  assert.equal((await new LedgerCheck(source, { key }).run()).outcome, "ok");
  const receipt = toUtf8(`${blocks.find((block) => block.startsWith("c2sp.org/"))}\n${note}`);
  const result = await checkReceipt(receipt, { key });
  assert.deepEqual([result.outcome, result.entry.index, result.entry.body.content.software], ["ok", 1n, "example 1"]);
});

test("every file of vectors is tested, or it is said why not", () => {
  const tests = readdirSync(new URL("./", import.meta.url)).filter((name) => name.endsWith(".test.js"));
  const source = tests.map((name) => readFileSync(new URL(name, import.meta.url), "utf8")).join("\n");
  const left = vectorFiles().map((name) => name.replace(".json", "")).filter((name) => !source.includes(`vectorsOf("${name}")`));
  // The vault is the operator's: no page and no citizen ever has its keys, and no proof needs it.
  assert.deepEqual(left, ["vault"]);
});
