// Files that people are handed, over the vectors of the project: key files, disclosures, receipts, manifests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { checkDisclosure } from "../verify/check-disclosure.js";
import { checkManifest } from "../verify/check-manifest.js";
import { checkReceipt } from "../verify/check-receipt.js";
import { DISCLOSURE_BYTES_MAX } from "../verify/disclosure.js";
import { parseVerifierKey } from "../verify/key.js";
import { parseReceipt, verifyReceipt } from "../verify/receipt.js";
import { readValue } from "../verify/seal.js";
import { VIEW_KEYS_BYTES_MAX, VIEW_KEYS_MAX, monthsOf, parseViewKeys } from "../verify/view-keys.js";
import { cannotTell } from "./support/refused.js";
import { vectorsOf } from "./support/vectors.js";

const OUTCOMES = ["ok", "failed", "could-not-tell"];
const bytesOf = (text) => (text === null ? undefined : fromHex(text));
const firstBad = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");

const viewKeys = vectorsOf("view-keys");

test("the limits of key files", () => {
  assert.deepEqual([VIEW_KEYS_BYTES_MAX, VIEW_KEYS_MAX], [viewKeys.bytes_max, viewKeys.keys_max]);
});
for (const { name, file, origin, keys, months } of viewKeys.valid) {
  test(`view keys, valid: ${name}`, () => {
    const read = parseViewKeys(file);
    const found = read.keys.map(({ scheme, month, key }) => ({ scheme, month: month.name, key: toHex(key) }));
    assert.deepEqual([read.origin, found, monthsOf(read).map((month) => month.name)], [origin, keys, months]);
  });
}
for (const { name, file } of viewKeys.invalid) {
  test(`view keys, refused: ${name}`, () => cannotTell(() => parseViewKeys(file), name));
}

const disclosures = vectorsOf("disclosure");

test("the limit of disclosure files", () => assert.equal(DISCLOSURE_BYTES_MAX, disclosures.bytes_max));
for (const { name, file, index, trail, size, opened, erased } of disclosures.valid) {
  test(`disclosure, valid: ${name}`, async () => {
    const result = await checkDisclosure(toUtf8(file), { key: disclosures.verifier_key });
    assert.equal(result.outcome, "ok", firstBad(result)?.detail);
    assert.deepEqual([String(result.entry.index), String(result.trail.index), String(result.entry.checkpoint.size)], [index, trail, size]);
    assert.deepEqual(result.values, opened.map(({ field, name: of, value }) => ({ field, name: of, value: readValue(field, fromHex(value)) })));
    assert.deepEqual(result.erasedSaid.map(({ field, by }) => ({ field, by: String(by) })), erased);
  });
}
for (const { name, file, outcome } of disclosures.invalid) {
  test(`disclosure, refused: ${name}`, async () => {
    const result = await checkDisclosure(toUtf8(file), { key: disclosures.verifier_key });
    assert.deepEqual([result.outcome, result.values, result.entry], [OUTCOMES[outcome], [], null], firstBad(result).detail);
  });
}

const receipts = vectorsOf("entry-receipt");

for (const { name, receipt, given_leaf, index, size, recorded_at, kind } of receipts.valid) {
  test(`receipt of an entry, valid: ${name}`, async () => {
    const result = await checkReceipt(toUtf8(receipt), { key: receipts.verifier_key, leaf: bytesOf(given_leaf) });
    assert.equal(result.outcome, "ok", firstBad(result)?.detail);
    const { entry } = result;
    assert.deepEqual([entry.index, entry.checkpoint.size, entry.recordedAt].map(String), [index, size, recorded_at]);
    assert.equal(entry.body.kind, kind);
  });
}
for (const { name, receipt, given_leaf, outcome } of receipts.invalid) {
  test(`receipt of an entry, refused: ${name}`, async () => {
    const result = await checkReceipt(toUtf8(receipt), { key: receipts.verifier_key, leaf: bytesOf(given_leaf) });
    assert.deepEqual([result.outcome, result.entry], [OUTCOMES[outcome], null], firstBad(result).detail);
  });
}

const manifests = vectorsOf("report-manifest");

function checked({ manifest, files, receipt }) {
  const known = { origin: manifests.origin, keys: [parseVerifierKey(manifests.verifier_key)] };
  const findEntry = receipt === null ? undefined : () => verifyReceipt(parseReceipt(toUtf8(receipt)), known);
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, toUtf8(text)]));
  return checkManifest(toUtf8(manifest), { key: manifests.verifier_key, files: bytes, findEntry });
}

for (const vector of manifests.valid) {
  test(`manifest, valid: ${vector.name}`, async () => {
    const result = await checked(vector);
    assert.equal(result.outcome, "ok", firstBad(result)?.detail);
    const { sha256, period, size, root, corrects } = result.manifest;
    assert.deepEqual([toHex(sha256), period, String(size), toHex(root)], [vector.sha256, vector.period, vector.tree_size, vector.root]);
    assert.equal(corrects === null ? null : String(corrects), vector.corrects);
    assert.equal(result.steps.find(({ step }) => step === "named").detail, `entry ${vector.entry}`);
  });
}
for (const vector of manifests.invalid) {
  test(`manifest, refused: ${vector.name}`, async () => {
    const result = await checked(vector);
    assert.deepEqual([result.outcome, firstBad(result).step], [OUTCOMES[vector.outcome], vector.shows], firstBad(result).detail);
  });
}
