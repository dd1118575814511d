// Files that people drop: what they are, how much of them is read, what is told of them; and the citizen's scan.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FILE_BYTES_MAX, kindOfFile, readFiles } from "../../site/dropped-file.js";
import { parseReportList } from "../../site/report-list.js";
import { Scan } from "../../site/scan.js";
import { verifyFiles } from "../../site/verify-file.js";
import { toBase64, toHex, toUtf8 } from "../../verify/bytes.js";
import { openCheckpoint } from "../../verify/checkpoint.js";
import { CannotTell, Missing } from "../../verify/fault.js";
import { MarkerFinder, viewKeyOf } from "../../verify/marker.js";
import { parseMonth } from "../../verify/month.js";
import { LedgerReader } from "../../verify/reader.js";
import { sha256 } from "../../verify/sha256.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, chained, checkpoint, genesis, receipt } from "../support/maker.js";
import { cannotTell } from "../support/refused.js";

const PERSON = { scheme: "person", id: "4711" };
const PERIOD_KEY = new Uint8Array(32).fill(5);

async function readerOf(source, origin = ORIGIN) {
  return new LedgerReader(source, await openCheckpoint(await source.get("checkpoint", { max: 1_000_000 }), origin, [KEY]));
}

const leavesOf = (count, changes = () => ({})) => chained([genesis(), ...Array.from({ length: count - 1 }, (_, at) => access(at, changes(at + 1)))]);

async function ledgerOf(leaves, files = {}) {
  const memory = new MemorySource(leaves);
  const source = {
    async get(path, options) {
      if (path in files) return files[path];
      if (path.startsWith("reports/")) throw new Missing("not there", { where: path });
      return memory.get(path, options);
    },
  };
  return { source, reader: await readerOf(memory), key: KEY_TEXT, memory };
}

const file = (name, bytes) => new File([bytes], name);

test("a file is recognised by what it says of itself, not by its name", () => {
  const json = (format) => toUtf8(` {\n "format": "${format}", "origin": "x"}`);
  assert.deepEqual(
    [receipt(0, leavesOf(2)), json("einsicht-disclosure/v1"), json("einsicht/report-manifest/v1"), json("einsicht-view-keys/v1"), json("einsicht-disclosure/v2"), toUtf8("<html>"), new Uint8Array(0)].map(kindOfFile),
    ["receipt", "disclosure", "manifest", "keys", "unknown", "unknown", "unknown"],
  );
});

test("a file of 50 MB is not read", async () => {
  let wasRead = false;
  const arrayBuffer = async () => {
    wasRead = true;
    return new ArrayBuffer(8);
  };
  const large = { name: "film.mp4", size: 50 * 1024 * 1024, arrayBuffer };
  await assert.rejects(readFiles([large]), CannotTell);
  const [verified] = await verifyFiles([large], await ledgerOf(leavesOf(2)));
  assert.deepEqual([verified.name, verified.kind, verified.outcome], ["film.mp4", "large", "could-not-tell"]);
  assert.equal(wasRead, false);
  assert.equal((await readFiles([file("small", new Uint8Array(FILE_BYTES_MAX))])).files.size, 1);
});

test("a folder of more files than any report has is not read", async () => {
  let read = 0;
  const arrayBuffer = async () => new ArrayBuffer(((read += 1), 1));
  const many = Array.from({ length: 501 }, (_, at) => ({ name: `${at}`, size: 1, arrayBuffer }));
  assert.equal((await verifyFiles(many, await ledgerOf(leavesOf(2))))[0].kind, "large");
  assert.equal(read, 0);
});

test("a true receipt verifies, and the ledger of today still has it", async () => {
  const leaves = leavesOf(300);
  const [verified] = await verifyFiles([file("a.tlog-proof", receipt(7, leaves.slice(0, 100)))], await ledgerOf(leaves));
  assert.deepEqual([verified.kind, verified.outcome, verified.today.outcome, verified.entry.index], ["receipt", "ok", "ok", 7n]);
});

test("a receipt that was changed does not verify", async () => {
  const leaves = leavesOf(10);
  const text = new TextDecoder().decode(receipt(7, leaves)).replace("index 7", "index 6");
  const [verified] = await verifyFiles([file("a", toUtf8(text))], await ledgerOf(leaves));
  assert.deepEqual([verified.outcome, verified.entry, verified.isOfOther], ["failed", null, false]);
});

test("a true receipt of a history that the ledger of today does not have is told as not fitting", async () => {
  const forked = leavesOf(10, (at) => (at === 3 ? { purpose: "statistik" } : {}));
  const [verified] = await verifyFiles([file("a", receipt(7, forked))], await ledgerOf(leavesOf(300)));
  assert.deepEqual([verified.outcome, verified.steps.every(({ outcome }) => outcome === "ok"), verified.today.outcome], ["failed", true, "failed"]);
});

test("a true receipt whose entry is there, but under a state that the ledger never had, does not fit either", async () => {
  const forked = leavesOf(10, (at) => (at === 8 ? { purpose: "statistik" } : {}));
  const [verified] = await verifyFiles([file("a", receipt(2, forked))], await ledgerOf(leavesOf(300)));
  assert.deepEqual([verified.outcome, verified.today.steps.map(({ outcome }) => outcome)], ["failed", ["failed", "could-not-tell"]]);
});

test("where entries are kept from the public a receipt verifies all the same", async () => {
  const leaves = leavesOf(300);
  const ledger = await ledgerOf(leaves);
  ledger.memory.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("the server does not show this to the public", { where: path, found: "status 403" });
    return bytes;
  };
  const [verified] = await verifyFiles([file("a", receipt(7, leaves.slice(0, 100)))], ledger);
  assert.deepEqual([verified.outcome, verified.today.outcome, verified.today.steps.map(({ outcome }) => outcome)], ["ok", "could-not-tell", ["ok", "could-not-tell"]]);
});

test("a receipt of another ledger is told as one", async () => {
  const leaves = leavesOf(10);
  const [verified] = await verifyFiles([file("a", receipt(7, leaves, { origin: "other.example" }))], await ledgerOf(leaves));
  assert.deepEqual([verified.outcome, verified.isOfOther], ["failed", true]);
});

test("a key file is named as one, and nothing is verified with it", async () => {
  const [verified] = await verifyFiles([file("k.json", toUtf8('{"format": "einsicht-view-keys/v1"}'))], await ledgerOf(leavesOf(2)));
  assert.deepEqual([verified.kind, verified.outcome, verified.steps], ["keys", null, []]);
});

/** A report of the first ten entries, in a ledger that names it; `change` of its manifest. */
async function report(change = (text) => text) {
  const leaves = leavesOf(10);
  const note = checkpoint(leaves);
  const page = toUtf8("<p>Bericht</p>");
  const root = new TextDecoder().decode(note).split("\n")[2];
  const manifest = toUtf8(
    JSON.stringify({ format: "einsicht/report-manifest/v1", origin: ORIGIN, period: "2026-W44", time_zone: "Europe/Berlin", time_zones: "2026f", first_instant: "2026-10-25T23:00:00Z", end_instant: "2026-11-01T23:00:00Z", provisional: false, tree_size: 10, root, charter: null, software: "einsicht 0.1.0", entries: "public", fewer_than: null, corrects: null, files: { checkpoint: toHex(sha256(note)), "index.html": toHex(sha256(page)) } }),
  );
  const bodies = [genesis(), ...Array.from({ length: 9 }, (_, at) => access(at)), body("report", { period: "2026-W44", manifest_sha256: sha256(manifest) }), access(99)];
  const changed = toUtf8(change(new TextDecoder().decode(manifest)));
  return { ledger: await ledgerOf(chained(bodies)), manifest: changed, files: [file("manifest.json", changed), file("checkpoint", note), file("index.html", page)], entry: 10n };
}

test("a whole report verifies against the entry that names it, found without being told which", async () => {
  const { ledger, files } = await report();
  const [verified, ...more] = await verifyFiles(files, ledger);
  assert.deepEqual([verified.kind, verified.outcome, verified.manifest.period, more.length], ["manifest", "ok", "2026-W44", 0]);
});

test("the manifest alone can't tell of the files, and says what it can", async () => {
  const { ledger, files } = await report();
  const [verified] = await verifyFiles([files[0]], ledger);
  assert.deepEqual([verified.outcome, verified.steps.map(({ step, outcome }) => [step, outcome])], ["could-not-tell", [["key", "ok"], ["file", "ok"], ["named", "ok"], ["state", "could-not-tell"], ["contained", "ok"], ["files", "could-not-tell"]]]);
});

test("a manifest that was changed is not the one that the ledger names of its period", async () => {
  const { ledger, files } = await report((text) => text.replace("einsicht 0.1.0", "einsicht 0.1.1"));
  const [verified] = await verifyFiles(files, ledger);
  assert.deepEqual([verified.outcome, verified.steps.find(({ step }) => step === "named").outcome], ["failed", "failed"]);
});

test("of a draft that is named nowhere nobody can tell, whatever else the ledger or a list names of its period", async () => {
  const drafts = [(text) => text.replace('"provisional":false', '"provisional":true'), (text) => text.replace('"corrects":null', '"corrects":10')];
  const list = toUtf8('{"format": "einsicht-reports/v1", "reports": [{"path": "2026-W44", "entry": 10}]}');
  for (const change of drafts) {
    const { ledger, files } = await report(change);
    const source = { get: (path, options) => (path === "reports/index.json" ? Promise.resolve(list) : ledger.source.get(path, options)) };
    for (const one of [ledger, { ...ledger, source }]) assert.equal((await verifyFiles(files, one))[0].outcome, "could-not-tell");
  }
});

test("a list of reports names folders and entries, and nothing that leads elsewhere", () => {
  const list = (reports) => toUtf8(JSON.stringify({ format: "einsicht-reports/v1", reports }));
  assert.deepEqual(parseReportList(list([{ path: "2026-W44", entry: 7 }, { path: "2026-11.2" }])), [{ path: "2026-W44", entry: 7n }, { path: "2026-11.2", entry: null }]);
  for (const path of ["../x", "a/b", "", ".hidden", "http:x", "x".repeat(65)]) cannotTell(() => parseReportList(list([{ path, entry: 1 }])));
  cannotTell(() => parseReportList(toUtf8('{"format": "einsicht-reports/v2", "reports": []}')));
  cannotTell(() => parseReportList(Uint8Array.of(0xff)));
});

const keysFor = (month, changes = {}) => new Blob([JSON.stringify({ format: "einsicht-view-keys/v1", origin: ORIGIN, keys: [{ scheme: PERSON.scheme, month, key: toBase64(viewKeyOf(PERIOD_KEY, PERSON)) }], ...changes })]);

/** Two months of 600 entries each; every hundredth of the second is about the person. */
function personal() {
  const november = parseMonth("2026-11").first;
  const make = (at) => {
    const nonce = new Uint8Array(16).fill(at & 255);
    return at > 600 && at % 100 === 0 ? { nonce, markers: [new MarkerFinder(viewKeyOf(PERIOD_KEY, PERSON)).markerAt(nonce, 0)] } : {};
  };
  const bodies = [genesis(), ...Array.from({ length: 1_199 }, (_, at) => access(at, make(at + 1)))];
  return new MemorySource(chained(bodies, { at: (index) => (index < 600 ? november - 10_000 + index : november + index) }));
}

const known = { key: KEY_TEXT, kept: null, toTheEnd: false };

test("a scan finds exactly the person's accesses, and says how far it is", async () => {
  const told = [];
  const outcome = await new Scan(personal(), known).run(keysFor("2026-11"), (progress) => told.push(progress));
  assert.deepEqual([outcome.says, outcome.found.map(({ index }) => index), outcome.counts], ["done", [700, 800, 900, 1000, 1100], [{ month: "2026-11", records: 600, marked: 5, unknown: 0, hidden: 0, unchecked: 0, found: 5, isOver: false }]]);
  assert.deepEqual(told.at(-1), { done: 3, of: 3 });
});

test("a scan that is stopped, or whose server is away, goes on where it was and finds the same", async () => {
  const source = personal();
  const scan = new Scan(source, known);
  const stopped = await scan.run(keysFor("2026-11"), ({ done }) => done === 1 && scan.stop());
  assert.deepEqual(stopped, { says: "stopped", wasAsked: true });
  source.change = (path) => {
    throw new CannotTell("the server could not be reached, or its answer broke off", { where: path });
  };
  assert.deepEqual(await scan.run(null, () => {}), { says: "stopped", wasAsked: false });
  source.change = (_path, bytes) => bytes;
  const done = await scan.run(null, () => {});
  assert.deepEqual([done.says, done.found.length, done.counts[0].records], ["done", 5, 600]);
});

test("a server that is away from the beginning is waited for", async () => {
  const source = personal();
  source.change = (path) => {
    throw new CannotTell("the server could not be reached, or its answer broke off", { where: path });
  };
  const scan = new Scan(source, known);
  assert.deepEqual(await scan.run(keysFor("2026-11"), () => {}), { says: "stopped", wasAsked: false });
  source.change = (_path, bytes) => bytes;
  assert.equal((await scan.run(null, () => {})).found.length, 5);
});

test("a key file for a month that the ledger does not have finds nothing, and counts none", async () => {
  const outcome = await new Scan(personal(), known).run(keysFor("2027-05"), () => {});
  assert.deepEqual([outcome.found, outcome.counts], [[], [{ month: "2027-05", records: 0, marked: 0, unknown: 0, hidden: 0, unchecked: 0, found: 0, isOver: false }]]);
});

test("what is no key file, is too long, or is for another ledger is told, without a word of what stands in it", async () => {
  const secret = "geheim-4711";
  const cases = [
    [new Blob([`{"format": "einsicht-view-keys/v1", "${secret}": 1`]), "file"],
    [new Blob([Uint8Array.of(0xff, 0xfe)]), "file"],
    [{ size: 50 << 20, arrayBuffer: () => assert.fail("it was read") }, "file"],
    [keysFor("2026-11", { origin: "other.example" }), "other-log"],
  ];
  for (const [blob, reason] of cases) {
    const { says, fault } = await new Scan(personal(), known).run(blob, () => {});
    assert.deepEqual([says, fault.outcome, fault.reason], ["done", "could-not-tell", reason]);
    assert.ok(!fault.detail.includes(secret));
  }
});

test("where entries are kept from the public a scan says so, and does not wait", async () => {
  const source = personal();
  source.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("the server does not show this to the public", { where: path, found: "status 403" });
    return bytes;
  };
  assert.equal((await new Scan(source, known).run(keysFor("2026-11"), () => {})).fault.reason, "closed");
});

test("an entry that was changed ends a scan as failed, and nothing that was found is given", async () => {
  const source = personal();
  source.change = (path, bytes) => {
    if (!path.startsWith("tile/entries/003")) return bytes;
    const forged = bytes.slice();
    forged[forged.length - 1] ^= 1;
    return forged;
  };
  const outcome = await new Scan(source, known).run(keysFor("2026-11"), () => {});
  assert.deepEqual([outcome.fault.outcome, outcome.found], ["failed", undefined]);
});
