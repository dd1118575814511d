import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64, toHex, toUtf8 } from "../verify/bytes.js";
import { checkDisclosure } from "../verify/check-disclosure.js";
import { checkManifest } from "../verify/check-manifest.js";
import { checkReceipt } from "../verify/check-receipt.js";
import { CannotTell, Failed } from "../verify/fault.js";
import { sealOf } from "../verify/seal.js";
import { sha256 } from "../verify/sha256.js";
import { Steps, overall } from "../verify/steps.js";
import { wordsOf } from "../verify/head-words.js";
import { WORDS } from "../verify/words.js";
import { KEY_TEXT, ORIGIN, access, body, chained, checkpoint, encode, genesis, receipt, signingKey } from "./support/maker.js";
import { always } from "./support/random.js";
import { verifierKey, verifierKeyText } from "../verify/key.js";
import { parseReceipt, verifyReceipt } from "../verify/receipt.js";
import { parseVerifierKey } from "../verify/key.js";

const key = KEY_TEXT;
const OTHER_KEY = verifierKeyText(verifierKey(ORIGIN, signingKey(1).publicKey));
const outcomes = ({ outcome, steps }) => [outcome, Object.fromEntries(steps.map((step) => [step.step, step.outcome]))];
const firstBad = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");

test("failed outweighs could not tell, and nothing checked is nothing told", () => {
  assert.deepEqual([overall([]), overall(["ok"]), overall(["ok", "could-not-tell"]), overall(["could-not-tell", "failed", "ok"])], ["could-not-tell", "ok", "could-not-tell", "failed"]);
});

test("a step that was never begun is could not tell, and an error of the code is no outcome", async () => {
  const steps = new Steps(["key", "file", "values"], WORDS);
  assert.equal(await steps.run("key", () => 5), 5);
  assert.equal(outcomes(steps.result())[0], "could-not-tell");
  await assert.rejects(() => new Steps(["key"]).run("key", () => assert.fail("mistake")), /mistake/);
  await assert.rejects(() => new Steps(["key", "file"], WORDS).run("file", () => 1), RangeError);
  const failing = new Steps(["key", "file"], WORDS);
  await failing.run("key", () => {
    throw new CannotTell("no key");
  });
  await failing.run("file", () => assert.fail("it was begun"));
  assert.deepEqual(outcomes(failing.result()), ["could-not-tell", { key: "could-not-tell", file: "could-not-tell" }]);
  // What could not be told and what was never begun do not read alike.
  assert.deepEqual(failing.result().steps.map(({ says }) => says.en), ["Nothing can be checked without a key.", "Not checked, because a step before it did not succeed."]);
  assert.equal(failing.result().steps[0].detail, "no key");
});

test("every step has words in German and English for each outcome, and no two outcomes read alike", () => {
  for (const step of Object.keys(WORDS)) {
    const says = ["ok", "failed", "could-not-tell"].map((outcome) => wordsOf(WORDS, step, outcome, true));
    for (const language of ["de", "en"]) {
      assert.equal(new Set(says.map((one) => one.says[language])).size, 3, `${step}, ${language}`);
      assert.ok(says.every((one) => one.title[language].length > 5 && /[.]$/.test(one.says[language])), `${step}, ${language}`);
    }
  }
  assert.throws(() => wordsOf(WORDS, "constructor", "ok", true), RangeError);
});

test("no text accuses anybody", () => {
  const text = Object.keys(WORDS).flatMap((step) => ["ok", "failed", "could-not-tell"].flatMap((outcome) => Object.values(wordsOf(WORDS, step, outcome, true).says)));
  assert.doesNotMatch(text.join(" "), /breach|violat|manipul|tamper|fraud|verstoß|betrug|fälsch/i);
});

const LEAVES = chained([genesis(), ...Array.from({ length: 9 }, (_, at) => access(at))]);

test("a true receipt is verified, each step in words", async () => {
  const result = await checkReceipt(receipt(4, LEAVES), { key });
  assert.deepEqual(outcomes(result), ["ok", { key: "ok", file: "ok", signature: "ok", inclusion: "ok", entry: "ok" }]);
  assert.deepEqual([result.entry.index, result.entry.body.content.sequence], [4n, 3n]);
  assert.equal(result.steps[3].says.de, "Der Eintrag steht an seiner Stelle in diesem Stand des Protokolls.");
});

test("a receipt with one changed byte is not verified, whichever it is", async () => {
  const bytes = receipt(4, LEAVES);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = bytes.slice();
    changed[at] ^= 1 << at % 7;
    const result = await checkReceipt(changed, { key });
    assert.deepEqual([result.outcome, result.entry], ["failed", null], `byte ${at}`);
  }
});

test("a receipt of another ledger, under another key, or of an entry that is none", async () => {
  const foreign = receipt(1, chained([genesis(), access(0)], { origin: "other.example" }), { origin: "other.example" });
  assert.equal(firstBad(await checkReceipt(foreign, { key })).step, "signature");
  assert.equal(firstBad(await checkReceipt(receipt(4, LEAVES), { key: OTHER_KEY })).step, "signature");
  assert.equal(firstBad(await checkReceipt(receipt(4, LEAVES), { key: "mistyped" })).step, "key");
  const unreadable = chained([genesis(), Uint8Array.of(0x1a)]);
  const result = await checkReceipt(receipt(1, unreadable), { key });
  assert.deepEqual([result.outcome, firstBad(result).step, result.entry], ["failed", "entry", null]);
});

test("a receipt without its entry can't be told, and is verified with it", async () => {
  const bare = toUtf8(new TextDecoder().decode(receipt(4, LEAVES)).replace(/^extra .*\n/m, ""));
  assert.deepEqual(outcomes(await checkReceipt(bare, { key }))[0], "could-not-tell");
  assert.equal((await checkReceipt(bare, { key, leaf: LEAVES[4] })).outcome, "ok");
  assert.equal((await checkReceipt(bare, { key, leaf: LEAVES[5] })).outcome, "failed");
});

test("in a browser without Ed25519 a receipt can't be told: never verified", async () => {
  const subtle = { importKey: () => Promise.reject(new Error("NotSupported")) };
  const result = await checkReceipt(receipt(4, LEAVES), { key, subtle });
  assert.deepEqual(outcomes(result), ["could-not-tell", { key: "ok", file: "ok", signature: "could-not-tell", inclusion: "could-not-tell", entry: "could-not-tell" }]);
});

test("a file of 50 MB is refused at once, whatever it is taken for", async () => {
  const file = new Uint8Array(50_000_000).fill(0x20);
  for (const check of [checkReceipt, checkDisclosure, checkManifest]) {
    const before = performance.now();
    assert.notEqual((await check(file, { key })).outcome, "ok");
    assert.ok(performance.now() - before < 5_000);
  }
});

// Disclosures

const SALT = new Uint8Array(32).fill(4);
const ACTOR = toUtf8("e.mustermann");
const nonce = new Uint8Array(16).fill(6);
const sealed = access(0, { actor_seal: sealOf(33, SALT, ACTOR), occurred_at_us_seal: sealOf(42, SALT, toUtf8("17")), nonce });
const trail = body("disclosure", { role: "auditor", seal: SALT, nonce });
const DISCLOSING = chained([genesis(), sealed, access(1), trail]);
const text = (bytes) => new TextDecoder().decode(bytes);
const opened = (field = "actor", value = ACTOR) => ({ field, salt: toBase64(SALT), value: toBase64(value) });

function disclosure(changes = {}) {
  const file = { format: "einsicht-disclosure/v1", origin: ORIGIN, receipt: text(receipt(1, DISCLOSING)), opened: [opened()], trail: text(receipt(3, DISCLOSING)), ...changes };
  return toUtf8(JSON.stringify(file));
}

test("disclosed values are verified and shown", async () => {
  const result = await checkDisclosure(disclosure({ erased: [{ field: "occurred_at", by: 2 }] }), { key });
  assert.equal(result.outcome, "ok", JSON.stringify(firstBad(result)));
  assert.deepEqual(result.values, [{ field: 33, name: "actor", value: "e.mustermann" }]);
  assert.deepEqual([result.entry.index, result.trail.index, result.erasedSaid], [1n, 3n, [{ field: 42, by: 2n }]]);
});

const longer = [...DISCLOSING, ...chained([genesis(), access(7)])];
const disclosures = {
  "another value": ["failed", "values", { opened: [opened("actor", toUtf8("jemand"))] }],
  "another field": ["failed", "values", { opened: [opened("on_behalf_of")] }],
  "a field twice": ["failed", "file", { opened: [opened(), opened()] }],
  "a field that is also erased": ["failed", "file", { erased: [{ field: "actor", by: 2 }] }],
  "a field erased that has no seal": ["failed", "values", { erased: [{ field: "query", by: 2 }] }],
  "erased by the entry itself": ["failed", "values", { erased: [{ field: "occurred_at", by: 1 }] }],
  "erased behind the trail": ["failed", "values", { erased: [{ field: "occurred_at", by: 3 }] }],
  "a trail that is none": ["failed", "trail", { trail: text(receipt(2, DISCLOSING)) }],
  "a trail that is the entry itself": ["failed", "trail", { receipt: text(receipt(3, DISCLOSING)), opened: [opened("statement", toUtf8(""))] }],
  "a trail under another checkpoint": ["could-not-tell", "same-state", { trail: text(receipt(3, longer)) }],
  "a trail under another root of the same size": ["failed", "same-state", { trail: text(receipt(3, [genesis(), access(5), access(6), DISCLOSING[3]])) }],
  "another ledger": ["could-not-tell", "file", { origin: "other.example" }],
  "another format": ["could-not-tell", "file", { format: "einsicht-disclosure/v2" }],
  "no value": ["could-not-tell", "file", { opened: [] }],
  "a name of Object": ["could-not-tell", "file", { opened: [opened("constructor")] }],
  "a further member": ["could-not-tell", "file", { note: "x" }],
  "a number that loses digits": ["failed", "values", { erased: [{ field: "occurred_at", by: 9007199254740993 }] }],
  "a receipt that is none": ["failed", "file", { receipt: "c2sp.org/tlog-proof@v2\n" }],
};
for (const [name, [outcome, step, changes]] of Object.entries(disclosures)) {
  test(`disclosure: ${name}`, async () => {
    const result = await checkDisclosure(disclosure(changes), { key });
    assert.deepEqual([result.outcome, firstBad(result).step, result.values, result.entry], [outcome, step, [], null], firstBad(result).detail);
    assert.ok(!JSON.stringify(result.steps).includes("mustermann"));
  });
}

test("a disclosure with one changed byte shows nothing", async () => {
  const bytes = disclosure();
  await always(150, async (random) => {
    const changed = bytes.slice();
    changed[random.below(bytes.length)] ^= 1 << random.below(7);
    const result = await checkDisclosure(changed, { key });
    assert.deepEqual([result.outcome === "ok", result.values], [false, []]);
  });
});

test("values of a confidential record are verified against the seals within it", async () => {
  const within = encode("AccessRecord", { dataset: "geheim", confidential_until_day: 21_000, actor_seal: sealOf(33, SALT, ACTOR), nonce });
  const hidden = body("access", { confidential_until_day: 21_000, confidential_seal: sealOf(44, SALT, within), nonce });
  const leaves = chained([genesis(), hidden, access(1), trail]);
  const receipts = { receipt: text(receipt(1, leaves)), trail: text(receipt(3, leaves)) };
  const result = await checkDisclosure(disclosure({ ...receipts, opened: [opened(), opened("confidential", within)] }), { key });
  assert.deepEqual([result.outcome, result.values[0].value, result.values[1].value.dataset], ["ok", "e.mustermann", "geheim"]);
  assert.equal((await checkDisclosure(disclosure({ ...receipts, opened: [opened()] }), { key })).outcome, "failed");
});

// Reports

const FILES = new Map([
  ["checkpoint", checkpoint(LEAVES)],
  ["report.json", toUtf8("{}\n")],
  ["csv/months.csv", toUtf8("month,records\r\n")],
]);
const ROOT = /\n10\n(.*)\n/.exec(text(FILES.get("checkpoint")))[1];

function manifest(changes = {}) {
  const files = Object.fromEntries([...FILES].map(([path, bytes]) => [path, toHex(sha256(bytes))]));
  const head = { format: "einsicht/report-manifest/v1", origin: ORIGIN, period: "2026-11", time_zone: "Europe/Berlin", time_zones: "2026a", first_instant: "2026-10-31T23:00:00Z", end_instant: "2026-11-30T23:00:00Z", provisional: true, tree_size: 10, root: ROOT, charter: null, software: "einsicht 0.1.0", entries: "public", fewer_than: null, corrects: null, files };
  return toUtf8(`${JSON.stringify({ ...head, ...changes }, null, 2)}\n`);
}

async function named(bytes, changes = {}) {
  const report = body("report", { period: "2026-11", manifest_sha256: sha256(bytes), ...changes });
  const leaves = [...LEAVES, ...chained([genesis(), report]).slice(1)];
  return verifyReceipt(parseReceipt(receipt(10, leaves)), { origin: ORIGIN, keys: [parseVerifierKey(key)] });
}

test("a report that the ledger names is verified with all its files", async () => {
  const bytes = manifest();
  const result = await checkManifest(bytes, { key, files: FILES, findEntry: () => named(bytes) });
  assert.deepEqual(outcomes(result), ["ok", { key: "ok", file: "ok", named: "ok", state: "ok", files: "ok" }]);
  assert.deepEqual([result.manifest.period, result.manifest.size], ["2026-11", 10n]);
});

test("a manifest alone: what could not be looked at is could not tell", async () => {
  const result = await checkManifest(manifest(), { key });
  assert.deepEqual(outcomes(result), ["could-not-tell", { key: "ok", file: "ok", named: "could-not-tell", state: "could-not-tell", files: "could-not-tell" }]);
});

test("a file that was changed, is missing, or that the manifest does not name", async () => {
  const bytes = manifest();
  const findEntry = () => named(bytes);
  const changed = new Map(FILES).set("report.json", toUtf8("{ }\n"));
  const result = await checkManifest(bytes, { key, files: changed, findEntry });
  assert.deepEqual([result.outcome, firstBad(result).step], ["failed", "files"]);
  assert.match(firstBad(result).detail, /report\.json/);
  const fewer = new Map([...FILES].slice(0, 2));
  assert.equal((await checkManifest(bytes, { key, files: fewer, findEntry })).outcome, "could-not-tell");
  const more = new Map(FILES).set("constructor", toUtf8("x"));
  assert.equal((await checkManifest(bytes, { key, files: more, findEntry })).outcome, "could-not-tell");
});

const manifests = {
  "another size": ["failed", "state", { tree_size: 9 }],
  "another root": ["failed", "state", { root: toBase64(SALT) }],
  "another ledger": ["could-not-tell", "file", { origin: "other.example" }],
  "entries that are neither public nor closed": ["could-not-tell", "file", { entries: "secret" }],
  "a root of 31 bytes": ["could-not-tell", "file", { root: toBase64(SALT.slice(1)) }],
  "a hash of 31 bytes": ["could-not-tell", "file", { files: { "report.json": "ab".repeat(31) } }],
  "another format": ["could-not-tell", "file", { format: "einsicht/report-manifest/v2" }],
  "no period": ["could-not-tell", "file", { period: "2026-13" }],
  "hidden counts without a threshold": ["could-not-tell", "file", { entries: "closed" }],
  "a threshold where all is public": ["could-not-tell", "file", { fewer_than: 5 }],
  "a hash in capitals": ["could-not-tell", "file", { files: { "report.json": "AB".repeat(32) } }],
  "itself among its files": ["could-not-tell", "file", { files: { "manifest.json": "ab".repeat(32) } }],
  "no entry at all": ["could-not-tell", "file", { tree_size: 0 }],
  "a further member": ["could-not-tell", "file", { note: 1 }],
};
for (const [name, [outcome, step, changes]] of Object.entries(manifests)) {
  test(`manifest: ${name}`, async () => {
    const bytes = manifest(changes);
    const result = await checkManifest(bytes, { key, files: FILES, findEntry: () => named(bytes) });
    assert.deepEqual([result.outcome, firstBad(result).step], [outcome, step], firstBad(result).detail);
  });
}

test("a report is about a year, a quarter, a month or an ISO week that there is", async () => {
  const files = { files: Object.fromEntries([...FILES].map(([path, bytes]) => [path, toHex(sha256(bytes))])) };
  const isRead = async (period) => (await checkManifest(manifest({ ...files, period }), { key })).steps[1].outcome === "ok";
  for (const period of ["2026", "1970", "9998-12", "2026-Q1", "2026-Q4", "2026-01", "2026-W01", "2026-W53", "2020-W53", "2015-W53", "2032-W53"]) assert.ok(await isRead(period), period);
  for (const period of ["", "26", "1969", "9999", "0000", "2026-Q0", "2026-Q5", "2026-00", "2026-13", "2026-1", "2026-W00", "2026-W54", "2025-W53", "2024-W53", "2027-W53", "2026-w46", "2026-11 ", "2026-11-01"]) assert.ok(!(await isRead(period)), period);
});

const names = {
  "another report": { manifest_sha256: SALT },
  "another period": { period: "2026-10" },
  "a report that it replaces, and the manifest does not": { replaces: 4 },
};
for (const [name, changes] of Object.entries(names)) {
  test(`the entry names ${name}`, async () => {
    const bytes = manifest();
    const result = await checkManifest(bytes, { key, files: FILES, findEntry: () => named(bytes, changes) });
    assert.deepEqual([result.outcome, firstBad(result).step], ["failed", "named"]);
  });
}

test("the entry is another one, or can't be had", async () => {
  const bytes = manifest();
  const access4 = () => verifyReceipt(parseReceipt(receipt(4, LEAVES)), { origin: ORIGIN, keys: [parseVerifierKey(key)] });
  assert.equal((await checkManifest(bytes, { key, files: FILES, findEntry: access4 })).outcome, "failed");
  const foreign = async () => ({ ...(await named(bytes)), checkpoint: { origin: "other.example" } });
  assert.equal((await checkManifest(bytes, { key, files: FILES, findEntry: foreign })).outcome, "failed");
  const away = () => Promise.reject(new CannotTell("away"));
  const result = await checkManifest(bytes, { key, files: FILES, findEntry: away });
  assert.deepEqual(outcomes(result), ["could-not-tell", { key: "ok", file: "ok", named: "could-not-tell", state: "ok", files: "ok" }]);
});

test("a message says what, where, expected and found, and shows foreign text as plain text", () => {
  const error = new Failed("it differs", { where: "entry 5", expected: 1, found: "<b>\u202e\u0007x" });
  assert.equal(error.message, "entry 5: it differs (expected 1, found <b>\ufffd\ufffdx)");
  assert.equal(new Failed("it differs").message, "it differs");
  assert.equal(new Failed("it differs", { cause: error }).cause, error);
  assert.ok(new Failed("x", { found: "y".repeat(5_000) }).message.length < 300);
});
