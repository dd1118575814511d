// Whole ledgers over the vectors of the project: one of 300 entries, forgeries of it, and small ones.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { concat, fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { checkEntry } from "../verify/check-entry.js";
import { checkHead } from "../verify/check-head.js";
import { LedgerCheck } from "../verify/check-ledger.js";
import { CitizenScan } from "../verify/citizen.js";
import { Missing } from "../verify/fault.js";
import { LEAF_HEADER_BYTES } from "../verify/leaf.js";
import { RangeReading, rangesOf } from "../verify/months.js";
import { readAccessRecord, readBody } from "../verify/record.js";
import { monthsOf, parseViewKeys } from "../verify/view-keys.js";
import { MemorySource } from "./support/maker.js";
import { TESTDATA, vectorsOf } from "./support/vectors.js";

const OUTCOMES = ["ok", "failed", "could-not-tell"];
const ledger = vectorsOf("ledger");
const key = ledger.verifier_key;
const firstBad = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");

/** The folder of the vectors, served with some changes. */
function folder({ edits = [], missing = [] } = {}) {
  return {
    async get(path, { max }) {
      const url = new URL(`${ledger.folder}/${path}`, TESTDATA);
      if (missing.includes(path) || !existsSync(url)) throw new Missing("not there", { where: path });
      let bytes = new Uint8Array(readFileSync(url));
      for (const { at, remove, insert } of edits.filter((edit) => edit.path === path)) {
        bytes = concat(bytes.subarray(0, at), fromHex(insert), bytes.subarray(at + remove));
      }
      assert.ok(bytes.length <= max, path);
      return bytes;
    },
  };
}

/** Which steps show what a vector says. What begins a ledger is read with its entries. */
const STEPS = {
  checkpoint: ["checkpoint"],
  missing: ["checkpoint", "entries"],
  empty: ["entries"],
  entries: ["entries", "root"],
  genesis: ["entries"],
  newer: ["entries", "keys"],
  keys: ["keys"],
  root: ["root"],
  verdicts: ["verdicts"],
  history: ["history"],
  tiles: ["tiles"],
};

/** Counts verdicts and times as they stand there: that each is right, the check itself says. */
class Counter {
  judged = 0;
  deviating = 0;
  without = 0;
  hidden = 0;
  times = [];
  ids = new Map();

  look({ bytes, start, end, recordedAt }) {
    this.times.push(recordedAt);
    const { kind, content } = readBody(bytes.slice(start + LEAF_HEADER_BYTES, end));
    if (kind === "access" && content.confidential_seal) this.hidden += 1;
    else if (kind === "access") this.#count(content);
    else if (kind === "opening") {
      this.hidden -= 1;
      this.#count(readAccessRecord(content.record));
    }
  }

  #count({ charter, deviates, not_verifiable }) {
    if (charter === undefined) {
      this.without += 1;
      return;
    }
    this.judged += 1;
    this.deviating += deviates.length > 0 ? 1 : 0;
    for (const id of deviates) this.#of(id).deviates += 1;
    for (const id of not_verifiable) this.#of(id).not_verifiable += 1;
  }

  #of(id) {
    if (!this.ids.has(id)) this.ids.set(id, { deviates: 0, not_verifiable: 0 });
    return this.ids.get(id);
  }
}

test("the ledger is verified: entries, root, verdicts, hash tiles", async () => {
  const counter = new Counter();
  const checked = new LedgerCheck(folder(), { key, judges: true, tiles: true, inspectors: [counter] });
  const result = await checked.run();
  assert.equal(result.outcome, "ok", firstBad(result)?.detail);
  assert.deepEqual([String(result.head.size), toHex(result.head.root), result.simulated], [ledger.size, ledger.root, ledger.simulated]);
  assert.deepEqual([counter.times[0], counter.times.at(-1)].map(String), [ledger.began_at, ledger.recorded_at]);
  const kinds = Object.fromEntries(Object.entries(checked.audit.kinds).filter(([, count]) => count > 0));
  assert.deepEqual(kinds, ledger.kinds);
  const { judged, deviating, without_charter, hidden, commitments } = ledger.verdicts;
  assert.deepEqual([counter.judged, counter.deviating, counter.without, counter.hidden], [judged, deviating, without_charter, hidden]);
  for (const { id, kept, deviates, not_verifiable } of commitments) {
    // Of what is still hidden nothing is verifiable.
    const found = counter.ids.get(id) ?? { deviates: 0, not_verifiable: 0 };
    assert.deepEqual([found.deviates, found.not_verifiable + hidden], [deviates, not_verifiable], id);
    assert.equal(judged - found.deviates - found.not_verifiable, kept, id);
  }
});

test("the newest state and every entry are verified alone", async () => {
  const head = await checkHead(folder(), { key });
  assert.deepEqual([head.outcome, toHex(head.reader.checkpoint.root)], ["ok", ledger.root]);
  for (const index of [0n, 45n, 60n, 99n, 100n, 200n, 255n, 256n, 259n, 299n]) {
    const result = await checkEntry(folder(), index, { key });
    assert.equal(result.outcome, "ok", `${index}: ${firstBad(result)?.detail}`);
  }
});

for (const { index, period, manifest_sha256, replaces } of ledger.reports) {
  test(`entry ${index} names a report`, async () => {
    const { entry } = await checkEntry(folder(), BigInt(index), { key });
    const { kind, content } = entry.body;
    assert.deepEqual([kind, content.period, toHex(content.manifest_sha256), content.replaces?.toString() ?? null], ["report", period, manifest_sha256, replaces]);
  });
}

function found(scan) {
  return scan.found.map(({ index, month, schemes, openedBy, corrections }) => ({
    index: String(index),
    month,
    schemes: [...new Set(schemes)].sort(),
    opened_by: openedBy === null ? null : String(openedBy),
    corrections: corrections.map((one) => String(one.index)),
  }));
}

async function inMonths(source, keys) {
  const { reader } = await checkHead(source, { key });
  const scan = new CitizenScan(keys);
  const reading = new RangeReading(reader, await rangesOf(reader, monthsOf(keys), { toTheEnd: true }), [scan]);
  for await (const _ of reading.run());
  return scan;
}

for (const vector of ledger.scans) {
  test(`scan: ${vector.name}`, async () => {
    const keys = parseViewKeys(vector.file);
    const beside = new CitizenScan(keys);
    assert.equal((await new LedgerCheck(folder(), { key, inspectors: [beside] }).run()).outcome, "ok");
    for (const scan of [beside, await inMonths(folder(), keys)]) {
      assert.deepEqual(found(scan), vector.found);
      const counts = new Map(scan.counts.map((count) => [count.month, count]));
      for (const month of vector.months) assert.deepEqual({ ...counts.get(month.month), ...month }, counts.get(month.month));
      assert.equal(counts.size, vector.months.length);
    }
  });
}

for (const vector of ledger.forged) {
  test(`forged: ${vector.name}`, async () => {
    const kept = vector.kept && { size: BigInt(vector.kept.size), root: fromHex(vector.kept.root) };
    const result = await new LedgerCheck(folder(vector), { key, kept, judges: true, tiles: true }).run();
    // Hash tiles are not those of other entries or of another size: that comes behind what the vector shows.
    assert.equal(result.outcome, OUTCOMES[vector.outcome], firstBad(result)?.detail);
    if (vector.shows) assert.ok(STEPS[vector.shows].includes(firstBad(result).step), firstBad(result).step);
    assert.equal(result.head === null, vector.outcome !== 0);
    if (vector.shows === "history") {
      const head = await checkHead(folder(vector), { key, kept });
      assert.deepEqual([head.outcome, firstBad(head).step], ["failed", "history"]);
    }
    if (!vector.scan) return;
    const scan = await inMonths(folder(vector), parseViewKeys(vector.scan.file));
    assert.deepEqual(scan.found.map(({ index }) => String(index)), vector.scan.found);
  });
}

const small = vectorsOf("small-ledger");

for (const { name, leaves, checkpoint, outcome, shows } of small.ledgers) {
  test(`small ledger: ${name}`, async () => {
    const source = new MemorySource(leaves.map(fromHex));
    source.note = toUtf8(checkpoint);
    const result = await new LedgerCheck(source, { key: small.verifier_key, judges: true, tiles: true }).run();
    assert.equal(result.outcome, OUTCOMES[outcome], firstBad(result)?.detail);
    // Whether it is the right key is looked at behind the entries.
    const steps = name === "another key only" ? STEPS.keys : STEPS[shows];
    if (shows) assert.ok(steps.includes(firstBad(result).step), firstBad(result).step);
  });
}
