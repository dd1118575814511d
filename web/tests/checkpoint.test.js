import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, toBase64, toHex, toUtf8 } from "../verify/bytes.js";
import { openCheckpoint, parseCheckpointText } from "../verify/checkpoint.js";
import { parseVerifierKey, verifierKeyText } from "../verify/key.js";
import { rootOf } from "../verify/merkle.js";
import { NOTE_BYTES_MAX, openNote, parseNote } from "../verify/note.js";
import { parseReceipt, proveLeaf } from "../verify/receipt.js";
import { always } from "./support/random.js";
import { cannotTell, refuses } from "./support/refused.js";
import { missing, shared, vectorsOf } from "./support/vectors.js";

const checkpoints = vectorsOf("checkpoint");
const receipts = vectorsOf("receipt");
const open = ({ note }, { origin, verifier_keys }) => openCheckpoint(toUtf8(note), origin, verifier_keys.map(parseVerifierKey));

for (const vector of checkpoints.valid) {
  test(`checkpoint, valid: ${vector.name}`, async () => {
    const { size, root, extensions, signers } = await open(vector, vector);
    assert.deepEqual([String(size), toHex(root), extensions, signers.map(verifierKeyText)], [vector.size, vector.root, vector.extensions, vector.signers]);
  });
}
for (const vector of checkpoints.invalid) {
  test(`checkpoint, refused: ${vector.name}`, () => refuses(() => open(vector, checkpoints.invalid_under), vector.name));
}

test("a checkpoint with one changed byte is refused, whichever it is", async () => {
  const vector = checkpoints.valid[0];
  const note = toUtf8(vector.note);
  for (let at = 0; at < note.length; at += 1) {
    const changed = note.slice();
    changed[at] ^= 1 << at % 8;
    await refuses(() => openCheckpoint(changed, vector.origin, vector.verifier_keys.map(parseVerifierKey)), `byte ${at}`);
  }
});

test("a note without a signature is none, before anybody asks for keys", () => refuses(() => parseNote(toUtf8("text\n\n")), "no signature"));

test("a note that is too long is refused before it is looked at", () => refuses(() => parseNote(new Uint8Array(NOTE_BYTES_MAX + 1)), "too long"));

async function prove(vector) {
  const receipt = parseReceipt(toUtf8(vector.receipt));
  const checkpoint = await openCheckpoint(receipt.checkpoint, receipts.origin, receipts.verifier_keys.map(parseVerifierKey));
  return { receipt, checkpoint, ...proveLeaf(receipt, checkpoint, vector.given_leaf ? fromHex(vector.given_leaf) : undefined) };
}

// The bodies of these entries are no protobuf (testdata/README.md); reading them is tested in steps.test.js.
for (const vector of receipts.valid) {
  test(`receipt, valid: ${vector.name}`, async () => {
    const { leaf, receipt, checkpoint } = await prove(vector);
    assert.deepEqual([toHex(leaf), String(receipt.index), String(checkpoint.size)], [vector.leaf, vector.index, vector.size]);
  });
}
for (const vector of receipts.invalid) {
  // Where nobody gives the leaf, nothing is false.
  const ends = vector.name === "no leaf" ? cannotTell : refuses;
  test(`receipt, refused: ${vector.name}`, () => ends(() => prove(vector), vector.name));
}

test("a receipt with one changed byte proves nothing", async () => {
  const vector = receipts.valid[1];
  await always(150, async (random) => {
    const bytes = toUtf8(vector.receipt);
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    const receipt = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    // “extra” mistyped is no line of its own any more; without it, the leaf is nowhere.
    await assert.rejects(() => prove({ ...vector, receipt }), { name: "Failed" });
  });
});

test("the text of a checkpoint ends with a line feed, and has no line too few", async () => {
  const text = "a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  assert.equal(parseCheckpointText(text).size, 1n);
  for (const wrong of [text.slice(0, -1), "a\n1\n", "", `${text}\n`]) await refuses(() => parseCheckpointText(wrong), wrong);
});

test("a receipt has a leaf of 65,535 bytes at most", async () => {
  const withLeaf = (bytes) => toUtf8(`c2sp.org/tlog-proof@v1\nextra ${toBase64(new Uint8Array(bytes))}\nindex 0\n\nx`);
  assert.equal(parseReceipt(withLeaf(65_535)).leaf.length, 65_535);
  await refuses(() => parseReceipt(withLeaf(65_536)), "65,536");
});

test("a receipt of 50 MB is refused by its length", () => assert.rejects(async () => parseReceipt(new Uint8Array(50_000_000)), /longer than any receipt/));

test("the example of C2SP signed-note is verified", { skip: missing("c2sp-samples/signed-note_example-foo.txt") }, async () => {
  const key = parseVerifierKey(String(shared("c2sp-samples/signed-note_example-foo.vkey.txt")));
  const { text } = await openNote(shared("c2sp-samples/signed-note_example-foo.txt"), [key]);
  assert.equal(text, "This is an example message.\n");
});

test("samples of C2SP and of the Go checksum database are read, and not believed under a key that is not theirs", { skip: missing("c2sp-samples/signed-note_quasimodo.txt") }, async () => {
  const key = parseVerifierKey(checkpoints.valid[0].verifier_keys[0]);
  for (const file of ["signed-note_quasimodo.txt", "checkpoint_behind-the-sofa.txt", "cosigned-checkpoint_behind-the-sofa.txt"]) {
    const bytes = shared(`c2sp-samples/${file}`);
    assert.ok(parseNote(bytes).signatures.length >= 1);
    await refuses(() => openNote(bytes, [key]), file);
  }
});

test("a log of other software: every checkpoint, bundle and root of it", { skip: missing("tessera-testlog/vkey.txt") }, async () => {
  const { bundleLeaves } = await import("../verify/tile.js");
  const { leafHash } = await import("../verify/merkle.js");
  const key = parseVerifierKey(String(shared("tessera-testlog/vkey.txt")));
  for (let size = 1; size <= 15; size += 1) {
    const { root } = await openCheckpoint(shared(`tessera-testlog/log/checkpoint.${size}`), key.name, [key]);
    const leaves = bundleLeaves(shared(`tessera-testlog/log/tile/entries/000.p/${size}`), size);
    const hashes = concat(...leaves.map(leafHash));
    assert.deepEqual(hashes, new Uint8Array(shared(`tessera-testlog/log/tile/0/000.p/${size}`)));
    assert.equal(toHex(rootOf(hashes)), toHex(root));
  }
});

