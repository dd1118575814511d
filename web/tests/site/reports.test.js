// Reports and disclosures, held against the ledger of today: other histories, later reports, wrong lists, several folders.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkPublished } from "../../site/report-check.js";
import { ReportEntries } from "../../site/report-find.js";
import { parseReportList, periodOfPath } from "../../site/report-list.js";
import { verifyFiles } from "../../site/verify-file.js";
import { toBase64, toHex, toUtf8 } from "../../verify/bytes.js";
import { openCheckpoint } from "../../verify/checkpoint.js";
import { CannotTell, Missing } from "../../verify/fault.js";
import { leafHash } from "../../verify/merkle.js";
import { LedgerReader } from "../../verify/reader.js";
import { SEALED_FIELDS, sealOf } from "../../verify/seal.js";
import { sha256 } from "../../verify/sha256.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, chained, checkpoint, genesis, receipt } from "../support/maker.js";
import { rootByDefinition } from "../support/trees.js";

const PAGE = toUtf8("<p>Bericht</p>");
const PERIOD = "2026-10";
/** What a ledger begins with; of another history of it, the second access is another one. */
const BEGINNING = [genesis(), access(0), access(1)];
const FORK = [genesis(), access(0), access(1, { purpose: "statistik" })];

/** A report of the first entries of a history; its three files by path. */
function report(changes = {}, bodies = BEGINNING) {
  const leaves = chained(bodies);
  const note = checkpoint(leaves);
  const head = { format: "einsicht/report-manifest/v1", origin: ORIGIN, period: PERIOD, time_zone: "Europe/Berlin", time_zones: "2026f", first_instant: "2026-09-30T22:00:00Z", end_instant: "2026-10-31T23:00:00Z", provisional: false, tree_size: leaves.length, root: toBase64(rootByDefinition(leaves.map(leafHash))), charter: null, software: "einsicht 0.1.0", entries: "public", fewer_than: null, corrects: null };
  const manifest = toUtf8(JSON.stringify({ ...head, files: { checkpoint: toHex(sha256(note)), "index.html": toHex(sha256(PAGE)) }, ...changes }));
  return { "manifest.json": manifest, checkpoint: note, "index.html": PAGE };
}

const names = (files, changes = {}) => body("report", { period: PERIOD, manifest_sha256: sha256(files["manifest.json"]), ...changes });

/** A ledger of these entries, beside which lie files, and a list of reports. */
async function ledgerOf(bodies, { listed = null, files = {} } = {}) {
  const memory = new MemorySource(chained(bodies));
  const all = new Map(Object.entries(files));
  if (listed) all.set("reports/index.json", toUtf8(JSON.stringify({ format: "einsicht-reports/v1", reports: listed })));
  const source = {
    async get(path, options) {
      if (all.has(path)) return all.get(path);
      if (path.startsWith("reports/")) throw new Missing("not there", { where: path });
      return memory.get(path, options);
    },
  };
  const reader = new LedgerReader(source, await openCheckpoint(memory.note, ORIGIN, [KEY]));
  return { source, reader, key: KEY_TEXT, memory };
}

/** Files as a drop gives them: those of folders have a path. */
function dropped(files, folder = "") {
  return Object.entries(files).map(([path, bytes]) => Object.assign(new File([bytes], path), folder && { relativePath: `${folder}/${path}` }));
}

/** What the page Reports says of a report that lies in a folder. */
async function published(files, path, entry, bodies, list = [{ path, entry }]) {
  const beside = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`reports/${path}/${name}`, bytes]));
  const { source, reader } = await ledgerOf(bodies, { files: beside });
  const entries = new ReportEntries(reader, parseReportList(toUtf8(JSON.stringify({ format: "einsicht-reports/v1", reports: list }))));
  return checkPublished(source, reader, KEY_TEXT, { path, entry: entry === null ? null : BigInt(entry) }, entries);
}

const outcomeOf = ({ steps }, name) => steps.find(({ step }) => step === name)?.outcome;

test("a report that was made from a history that the ledger of today does not have does not hold, though its entry names it", async () => {
  const forked = report({}, FORK);
  const bodies = [...BEGINNING, names(forked)];
  const [verified] = await verifyFiles(dropped(forked), await ledgerOf(bodies));
  assert.deepEqual([verified.outcome, outcomeOf(verified, "named"), outcomeOf(verified, "state"), outcomeOf(verified, "contained")], ["failed", "ok", "ok", "failed"]);
  const onPage = await published(forked, PERIOD, 3, bodies);
  assert.deepEqual([onPage.outcome, outcomeOf(onPage, "contained")], ["failed", "failed"]);
});

test("a report that is newer than what was read of the ledger is neither true nor false", async () => {
  const [verified] = await verifyFiles(dropped(report({}, [...BEGINNING, access(2)])), await ledgerOf(BEGINNING));
  assert.deepEqual([verified.outcome, outcomeOf(verified, "contained")], ["could-not-tell", "could-not-tell"]);
});

/** A file of one disclosed value, of the second entry of a history. */
function disclosure(changes = {}) {
  const actor = [...SEALED_FIELDS.values()].find(({ name }) => name === "actor");
  const [salt, value] = [new Uint8Array(32).fill(3), toUtf8("kim")];
  const bodies = [genesis(), access(0, { [actor.seal]: sealOf(actor.number, salt, value), ...changes }), body("disclosure", {})];
  const leaves = chained(bodies);
  const text = (index) => new TextDecoder().decode(receipt(index, leaves));
  const file = JSON.stringify({ format: "einsicht-disclosure/v1", origin: ORIGIN, receipt: text(1), opened: [{ field: actor.name, salt: toBase64(salt), value: toBase64(value) }], erased: [], trail: text(2) });
  return { bodies, file: new File([file], "auskunft.json") };
}

test("a true disclosure verifies, and the ledger of today has both of its entries", async () => {
  const { bodies, file } = disclosure();
  const [verified] = await verifyFiles([file], await ledgerOf([...bodies, access(5), access(6)]));
  assert.deepEqual([verified.outcome, verified.values.map(({ value }) => value), verified.today.steps.map(({ step, outcome }) => [step, outcome])], ["ok", ["kim"], [["contained", "ok"], ["chain", "ok"], ["trail-chain", "ok"]]]);
});

test("a true disclosure of a history that the ledger of today does not have does not fit, and none of its values is given", async () => {
  const { file } = disclosure({ purpose: "statistik" });
  const [verified] = await verifyFiles([file], await ledgerOf([...disclosure().bodies, access(5)]));
  assert.ok(verified.steps.every(({ outcome }) => outcome === "ok"));
  assert.deepEqual([verified.outcome, verified.today.outcome, verified.values, verified.entry], ["failed", "failed", [], null]);
});

test("where entries are kept from the public a disclosure verifies all the same", async () => {
  const { bodies, file } = disclosure();
  const ledger = await ledgerOf([...bodies, access(5)]);
  ledger.memory.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("the server does not show this to the public", { where: path, found: "status 403" });
    return bytes;
  };
  const [verified] = await verifyFiles([file], ledger);
  assert.deepEqual([verified.outcome, verified.today.outcome, verified.values.length], ["ok", "could-not-tell", 1]);
});

/** A report, and a later one of the same period that corrects it. */
function corrected() {
  const first = report();
  const second = report({ corrects: 3, tree_size: 5, ...rootOf([...BEGINNING, names(first), access(2)]) });
  return { first, second, bodies: [...BEGINNING, names(first), access(2), names(second, { replaces: 3 }), access(3)] };
}
const rootOf = (bodies) => ({ root: toBase64(rootByDefinition(chained(bodies).map(leafHash))) });

test("a report that a later one replaced is told as replaced, with the entry of that one; the later one stands", async () => {
  const { first, second, bodies } = corrected();
  for (const listed of [null, [{ path: PERIOD, entry: 5 }], [{ path: PERIOD, entry: 3 }]]) {
    const [verified] = await verifyFiles(dropped(first), await ledgerOf(bodies, { listed }));
    assert.deepEqual([verified.outcome, verified.later], ["ok", { by: 5n, from: null }]);
  }
  const [later] = await verifyFiles(dropped({ "manifest.json": second["manifest.json"] }), await ledgerOf(bodies));
  assert.deepEqual([outcomeOf(later, "named"), later.later], ["ok", { by: null, from: null }]);
  for (const entry of [3, null]) assert.deepEqual((await published(first, PERIOD, entry, bodies)).later, { by: 5n, from: null });
});

test("a later report is found by the list where the newest entries do not reach it, and otherwise it is said how far was looked", async () => {
  const { first, bodies } = corrected();
  const long = [...bodies, ...Array.from({ length: 20 * 256 }, (_, at) => access(100 + at))];
  const both = [{ path: PERIOD, entry: 3 }, { path: `${PERIOD}.2`, entry: 5 }];
  assert.deepEqual((await published(first, PERIOD, 3, long, both)).later, { by: 5n, from: null });
  const { outcome, later } = await published(first, PERIOD, 3, long);
  assert.deepEqual([outcome, later], ["ok", { by: null, from: BigInt(Math.ceil(long.length / 256) * 256 - 16 * 256) }]);
});

test("a later entry of another period, or one that names the same report again, replaces nothing", async () => {
  const first = report();
  const bodies = [...BEGINNING, names(first), names(first), body("report", { period: "2026-09", manifest_sha256: sha256(PAGE) })];
  const found = await published(first, PERIOD, null, bodies);
  assert.deepEqual([found.outcome, found.entry, found.later], ["ok", 3n, { by: null, from: null }]);
});

test("a report corrects an earlier report of its period, and nothing else", async () => {
  const cases = [
    ["an access", 1, [], "failed"],
    ["a report of another period", 3, [body("report", { period: "2026-09", manifest_sha256: sha256(PAGE) })], "failed"],
    ["what does not stand before it", 9, [], "failed"],
    ["a report of the period", 3, [body("report", { period: PERIOD, manifest_sha256: sha256(PAGE) })], "ok"],
  ];
  for (const [name, corrects, before, outcome] of cases) {
    const files = report({ corrects });
    const [verified] = await verifyFiles(dropped(files), await ledgerOf([...BEGINNING, ...before, names(files, { replaces: corrects })]));
    assert.deepEqual([verified.outcome, outcomeOf(verified, "named")], [outcome, outcome], name);
  }
});

test("a hint of the list that does not name a report is no hint, and makes no true report false", async () => {
  const first = report();
  const bodies = [...BEGINNING, names(first), access(4), body("report", { period: "2026-09", manifest_sha256: sha256(PAGE) })];
  for (const entry of [1, 5, 3, 700, null]) {
    const found = await published(first, PERIOD, entry, bodies);
    assert.deepEqual([found.outcome, found.entry], ["ok", 3n], `entry ${entry}`);
    const [verified] = await verifyFiles(dropped(first), await ledgerOf(bodies, { listed: [{ path: PERIOD, entry }] }));
    assert.equal(verified.outcome, "ok", `entry ${entry}`);
  }
});

test("a report in a folder that reads as another period is told as lying elsewhere; a name that is no period says nothing", async () => {
  const files = report();
  const bodies = [...BEGINNING, names(files)];
  const elsewhere = async (path) => (await published(files, path, 3, bodies)).isElsewhere;
  assert.deepEqual([await elsewhere("2026-12"), await elsewhere(PERIOD), await elsewhere(`${PERIOD}.2`), await elsewhere("oktober")], [true, false, false, false]);
  assert.deepEqual(["2026-W44", "2026-W44-2", "2026-Q4.v2", "2026", "2026x", "w44"].map(periodOfPath), ["2026-W44", "2026-W44", "2026-Q4", "2026", null, null]);
});

test("two folders are two reports, each with its own files", async () => {
  const [one, other] = [report(), report({ period: "2026-09" })];
  const bodies = [...BEGINNING, names(one), names(other, { period: "2026-09" })];
  const changed = { ...other, "index.html": toUtf8("<p>anders</p>") };
  const told = async (files) => (await verifyFiles(files, await ledgerOf(bodies))).map(({ name, kind, outcome }) => [name, kind, outcome]);
  assert.deepEqual(await told([...dropped(one, "a"), ...dropped(changed, "b")]), [["a/manifest.json", "manifest", "ok"], ["b/manifest.json", "manifest", "failed"]]);
  assert.deepEqual(await told([...dropped(one, "alle/a"), ...dropped(other, "alle/b")]), [["alle/a/manifest.json", "manifest", "ok"], ["alle/b/manifest.json", "manifest", "ok"]]);
  assert.deepEqual(await told([...dropped(one, "a"), ...dropped({ "zweites.json": other["manifest.json"] })]), [["a/manifest.json", "manifest", "ok"], ["zweites.json", "manifest", "could-not-tell"]]);
});

test("receipts of one name in two folders are two, also beside a report", async () => {
  const one = report();
  const bodies = [...BEGINNING, names(one)];
  const given = (index) => ({ "r.tlog-proof": receipt(index, chained(bodies)) });
  const verified = await verifyFiles([...dropped(given(1), "a"), ...dropped(given(2), "b"), ...dropped({ ...one, ...given(3) })], await ledgerOf(bodies));
  assert.deepEqual(verified.map(({ name, outcome, entry }) => [name, outcome, entry?.index]), [["manifest.json", "ok", undefined], ["a/r.tlog-proof", "ok", 1n], ["b/r.tlog-proof", "ok", 2n], ["r.tlog-proof", "ok", 3n]]);
});

test("of two files with one path nobody can tell which is meant", async () => {
  const one = report();
  const ledger = await ledgerOf([...BEGINNING, names(one)]);
  const told = async (files) => (await verifyFiles(files, ledger)).map(({ name, kind, outcome, steps }) => [name, kind, outcome, steps.length]);
  assert.deepEqual(await told([...dropped(one, "a"), ...dropped({ "index.html": toUtf8("<p>anders</p>") }, "a")]), [["a/manifest.json", "twice", "could-not-tell", 0]]);
  const proof = { r: receipt(1, chained(BEGINNING)) };
  assert.deepEqual(await told([...dropped(proof, "a"), ...dropped(proof, "a")]), [["a/r", "twice", "could-not-tell", 0]]);
});

test("where not all entries behind a report could be read, another one of its period does not make it false", async () => {
  const first = report();
  const other = body("report", { period: PERIOD, manifest_sha256: sha256(PAGE) });
  const long = [...BEGINNING, names(first), ...Array.from({ length: 41 * 256 }, (_, at) => access(100 + at)), other];
  assert.equal((await published(first, PERIOD, null, long)).outcome, "could-not-tell");
  assert.equal((await published(first, PERIOD, 3, long)).outcome, "ok");
  const unnamed = await published(first, PERIOD, 3, [...BEGINNING, other]);
  assert.deepEqual([unnamed.outcome, unnamed.entry, unnamed.later], ["failed", null, { by: null, from: null }]);
});

test("a file is of the report that lies next to it", async () => {
  const [outer, inner] = [report(), report({ period: "2026-09" })];
  const ledger = await ledgerOf([...BEGINNING, names(outer), names(inner, { period: "2026-09" })]);
  const told = (await verifyFiles([...dropped(outer, "a"), ...dropped(inner, "a/b")], ledger)).map(({ name, outcome }) => [name, outcome]);
  assert.deepEqual(told, [["a/manifest.json", "ok"], ["a/b/manifest.json", "ok"]]);
});
