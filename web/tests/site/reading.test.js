// What pages read of a ledger without reading all of it: the newest entries, days, the first entry, the charter, filters.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { findCharter } from "../../site/charter-find.js";
import { readCharterText } from "../../site/charter-text.js";
import { Counts, monthsOfDataset, verdictsOf } from "../../site/counts.js";
import { Found, PAGE_ENTRIES, addressOf, filterOf, fits, numberOf } from "../../site/entry-filter.js";
import { firstSince } from "../../site/first-since.js";
import { isSimulated, readGenesis } from "../../site/genesis-entry.js";
import { Backwards, readBundle } from "../../site/newest.js";
import { readTail } from "../../site/tail.js";
import { LedgerCheck } from "../../verify/check-ledger.js";
import { openCheckpoint } from "../../verify/checkpoint.js";
import { Failed, CannotTell } from "../../verify/fault.js";
import { LedgerReader } from "../../verify/reader.js";
import { sha256 } from "../../verify/sha256.js";
import { BEGAN_AT, KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, chained, genesis } from "../support/maker.js";
import { TESTDATA } from "../support/vectors.js";

const CHARTER = new Uint8Array(readFileSync(new URL("charters/conditions-1.toml", TESTDATA)));

async function readerOf(source) {
  return new LedgerReader(source, await openCheckpoint(await source.get("checkpoint", { max: 1_000_000 }), ORIGIN, [KEY]));
}

const sourceOf = (count, make = (at) => access(at), options) => new MemorySource(chained([genesis(), ...Array.from({ length: count - 1 }, (_, at) => make(at + 1))], options));
const charterPart = (text, part = 1, parts = 1, whole = text) => body("charter", { part, parts, sha256: sha256(whole), text });

for (const size of [1, 2, 255, 256, 257, 600]) {
  test(`the newest entries of ${size} come backwards, each once, and the same as they stand there`, async () => {
    const source = sourceOf(size);
    const back = new Backwards(await readerOf(source));
    const entries = [];
    for (let bundle = await back.more(); bundle.length > 0; bundle = await back.more()) entries.push(...bundle);
    assert.deepEqual(entries.map(({ index }) => index), Array.from({ length: size }, (_, at) => BigInt(size - 1 - at)));
    assert.ok(entries.every(({ leaf, index }) => Buffer.compare(leaf, source.leaves[Number(index)]) === 0));
    assert.equal(entries.at(-1).body.kind, "genesis");
  });
}

test("an entry that was changed is not given, wherever it stands in its bundle", async () => {
  for (const at of [256, 300, 599]) {
    const source = sourceOf(600);
    const reader = await readerOf(source);
    source.change = (path, bytes) => {
      if (!path.startsWith("tile/entries/00")) return bytes;
      const forged = bytes.slice();
      const first = path.includes("001") ? 256 : path.includes("002") ? 512 : 0;
      if (at < first || at >= first + 256) return bytes;
      // The last byte of the leaf is content, not frame.
      const leaf = source.leaves[at];
      const start = source.leaves.slice(first, at).reduce((sum, one) => sum + 2 + one.length, 2);
      forged[start + leaf.length - 1] ^= 1;
      return forged;
    };
    await assert.rejects(readBundle(reader, BigInt(at >> 8)), Failed);
  }
});

test("the first entry of a day is found, also where a day has none", async () => {
  const day = 86_400;
  const start = Math.ceil(BEGAN_AT / day) * day;
  // 100 entries a day, save on the third; more than one bundle in all.
  const at = (index) => start + Math.floor(index / 100) * day + (Math.floor(index / 100) >= 2 ? day : 0);
  const source = sourceOf(1_000, undefined, { at });
  const reader = await readerOf(source);
  const since = (days) => firstSince(source, reader, BigInt(start + days * day));
  const expected = [0n, 0n, 100n, 200n, 200n, 300n, 800n, 900n, 1000n, 1000n];
  assert.deepEqual(await Promise.all([-1, 0, 1, 2, 3, 4, 9, 10, 11, 99].map(since)), expected);
  source.change = (path, bytes) => (path.endsWith(".p/1") ? null : bytes);
  assert.deepEqual(await Promise.all([-1, 0, 1, 2, 3, 4, 9, 10, 11, 99].map(since)), expected, "without entries alone");
});

test("for the first entry of a day one bundle is read as a whole, or two where it begins one", async () => {
  const source = sourceOf(5_000, undefined, { at: (index) => BEGAN_AT + index });
  const reader = await readerOf(source);
  for (const [first, whole] of [
    [700, 1],
    [767, 1],
    [768, 2],
    [4_999, 1],
  ]) {
    source.asked.length = 0;
    assert.equal(await firstSince(source, reader, BigInt(BEGAN_AT + first)), BigInt(first));
    const bundles = source.asked.filter((path) => path.startsWith("tile/entries/") && !path.endsWith(".p/1"));
    assert.equal(bundles.length, whole, `${first}: ${bundles}`);
  }
});

test("a search that was told other entries than the tree has is a failed verification", async () => {
  const source = sourceOf(2_000, undefined, { at: (index) => BEGAN_AT + index });
  const reader = await readerOf(source);
  for (const lie of [0, BEGAN_AT + 9_999]) {
    source.change = (path, bytes) => {
      if (path !== "tile/entries/005.p/1") return bytes;
      const forged = bytes.slice();
      new DataView(forged.buffer).setBigUint64(2 + 33, BigInt(lie));
      return forged;
    };
    const second = BigInt(BEGAN_AT + (lie === 0 ? 5 * 256 - 100 : 6 * 256 - 100));
    await assert.rejects(firstSince(source, reader, second), Failed, `${lie}`);
  }
});

for (const size of [1, 2, 256, 257, 600]) {
  test(`the newest entries of ${size} are proven from the last bytes of their bundle, or one from more where that does not do`, async () => {
    const source = sourceOf(size, undefined, { at: (index) => BEGAN_AT + index });
    const newest = BigInt(BEGAN_AT + size - 1);
    const given = [];
    source.change = (path, bytes) => (given.push(path), bytes);
    assert.equal((await readTail(source, await readerOf(source)))[0].recordedAt, newest);
    assert.equal(given.filter((path) => path.startsWith("tile/entries/")).length, 1);
    const tail = await readTail(source, await readerOf(source));
    const bytes = tail.reduce((sum, { index }) => sum + 2 + source.leaves[Number(index)].length, 0);
    assert.deepEqual(tail.map(({ index }) => index), tail.map((_, at) => BigInt(size - 1 - at)));
    assert.ok(bytes <= 1_024 && (tail.length === size || tail.length === 1 || bytes > 700), `${tail.length} entries, ${bytes} bytes`);
    source.hasWhole = true;
    assert.equal((await readTail(source, await readerOf(source)))[0].recordedAt, newest);
    source.hasWhole = false;
    // Of a log that has grown meanwhile only the full bundle is there; here it is the whole one that is asked for next.
    let asked = 0;
    source.change = (path, bytes) => (path.startsWith("tile/entries/") && (asked += 1) === 1 ? null : bytes);
    assert.equal((await readTail(source, await readerOf(source)))[0].recordedAt, newest);
  });
}

test("a newest entry that is longer than what was asked for is read with its bundle", async () => {
  const source = sourceOf(300, (at) => (at === 299 ? access(at, { unit: "u".repeat(2_000) }) : access(at)));
  assert.equal((await readTail(source, await readerOf(source)))[0].body.content.unit.length, 2_000);
});

test("a newest entry that was changed is refused, and one before it that was changed is not given", async () => {
  const source = sourceOf(300);
  const reader = await readerOf(source);
  const forging = (leaf) => (path, bytes) => {
    if (!path.startsWith("tile/entries/")) return bytes;
    const forged = bytes.slice();
    const behind = source.leaves.slice(leaf + 1).reduce((sum, one) => sum + 2 + one.length, 0);
    // The last byte of the leaf is content, not frame.
    forged[forged.length - behind - 1] ^= 1;
    return forged;
  };
  source.change = forging(299);
  await assert.rejects(readTail(source, reader), Failed);
  source.change = forging(298);
  assert.deepEqual((await readTail(source, reader)).map(({ index }) => index), [299n]);
});

test("the first entry is proven from a bundle of its own, or from the whole one where there is none", async () => {
  const source = sourceOf(300);
  const reader = await readerOf(source);
  assert.equal((await readGenesis(source, reader)).simulated, true);
  assert.ok(source.asked.includes("tile/entries/000.p/1") && !source.asked.includes("tile/entries/000"));
  source.change = (path, bytes) => (path === "tile/entries/000.p/1" ? null : bytes);
  assert.equal((await readGenesis(source, reader)).recordedAt, BigInt(BEGAN_AT));
  const other = chained([genesis({ simulated: false })])[0];
  source.change = (path, bytes) => (path === "tile/entries/000.p/1" ? Uint8Array.of(other.length >> 8, other.length & 255, ...other) : bytes);
  await assert.rejects(readGenesis(source, reader), Failed);
});

test("whether a ledger is simulated has three answers, and none where there is no entry", async () => {
  for (const simulated of [true, false]) {
    const source = new MemorySource(chained([genesis(simulated ? {} : { simulated: false }), access(1)]));
    const reader = await readerOf(source);
    assert.equal(isSimulated(reader, await readGenesis(source, reader)), simulated);
    assert.equal(isSimulated(reader, null), null, "the first entry could not be had");
  }
  assert.equal(isSimulated({ checkpoint: { size: 0n } }, null), undefined);
  assert.equal(isSimulated(null, null), undefined);
});

test("what a browser kept of another ledger at this place is asked for once more, and is no failed verification", async () => {
  const [now, old] = [access, (at) => access(at, { purpose: "statistik" })].map((make) => sourceOf(600, make));
  old.leaves[0] = chained([genesis({ software: "old" })])[0];
  const kept = { get: (path, options) => (path === "checkpoint" || options.anew ? now : old).get(path, options) };
  const acts = [
    (reader) => reader.entry(300n),
    (reader) => reader.hashTile(0, 0n),
    (reader) => reader.rootAt(300n),
    (reader) => readBundle(reader, 1n),
    (reader) => readGenesis(kept, reader),
  ];
  for (const act of acts) assert.deepEqual(await act(await readerOf(kept)), await act(await readerOf(now)));
  // What the server itself has may not be other than what it signed.
  const forked = { get: (path, options) => (path === "checkpoint" ? now : old).get(path, options) };
  for (const act of acts.slice(0, 4)) await assert.rejects(async () => act(await readerOf(forked)), Failed);
});

test("the charter in force is found by the newest access that names it, and put together from its parts", async () => {
  const parts = [charterPart(CHARTER.subarray(0, 50), 1, 2, CHARTER), charterPart(CHARTER.subarray(50), 2, 2, CHARTER)];
  const bodies = [genesis(), ...parts, ...Array.from({ length: 400 }, (_, at) => access(at, { charter: 2 }))];
  const found = await findCharter(await readerOf(new MemorySource(chained(bodies))));
  assert.equal(found.index, 2n);
  assert.deepEqual(found.text, CHARTER);
  assert.equal(readCharterText(found.text).datasets.length > 0, true);
});

test("a charter behind the newest access is the one in force", async () => {
  const bodies = [genesis(), charterPart(Uint8Array.of(0x23)), access(1, { charter: 1 }), charterPart(CHARTER)];
  assert.equal((await findCharter(await readerOf(new MemorySource(chained(bodies))))).index, 3n);
});

test("a charter of which only some parts are there yet is not in force, and a confidential access says nothing", async () => {
  const hidden = body("access", { confidential_until_day: 21_000, confidential_seal: new Uint8Array(32), nonce: new Uint8Array(16) });
  const bodies = [genesis(), charterPart(CHARTER), access(1, { charter: 1 }), hidden, charterPart(CHARTER.subarray(0, 50), 1, 2, CHARTER)];
  assert.equal((await findCharter(await readerOf(new MemorySource(chained(bodies))))).index, 1n);
});

test("there is no charter where the newest access names none, or nothing does", async () => {
  assert.equal(await findCharter(await readerOf(sourceOf(1))), null);
  assert.equal(await findCharter(await readerOf(sourceOf(5))), null);
});

test("a ledger whose newest entries name no charter can't tell, rather than none", async () => {
  const source = sourceOf(16 * 256 + 300, (at) => body("session_end", { producer: "p", session: new Uint8Array(16).fill(at & 255) }));
  await assert.rejects(findCharter(await readerOf(source)), CannotTell);
});

test("what is named as charter and is none is a failed verification", async () => {
  const source = new MemorySource(chained([genesis(), access(1, { charter: 0 })]));
  await assert.rejects(findCharter(await readerOf(source)), Failed);
});

test("a filter gives pages of what fits, in order, each once, and ends", async () => {
  const make = (at) => access(at, at % 3 === 0 ? { dataset: "andere", deviates: ["C-1"] } : {});
  const reader = await readerOf(sourceOf(700, make));
  const found = new Found(new Backwards(reader), { kind: "access", dataset: "andere", verdict: "deviates" });
  const pages = [];
  while (found.hasMore) pages.push(await found.next());
  const indexes = pages.flat().map(({ index }) => Number(index));
  assert.deepEqual(indexes, Array.from({ length: 233 }, (_, at) => 699 - 3 * at));
  assert.ok(pages.slice(0, -1).every((page) => page.length === PAGE_ENTRIES));
});

test("a filter that nothing fits looks through some bundles at a time, and says how far it came", async () => {
  const source = sourceOf(20 * 256);
  const found = new Found(new Backwards(await readerOf(source)), { kind: "erasure", dataset: "", verdict: "" });
  assert.deepEqual(await found.next(), []);
  assert.deepEqual([found.left, found.hasMore], [BigInt(8 * 256), true]);
  assert.deepEqual([await found.next(), found.left, found.hasMore], [[], 0n, false]);
});

test("confidential accesses are a kind of their own, and combined data sets are found", () => {
  const record = { confidential_seal: undefined, dataset: "a", other_datasets: ["b"], deviates: [], not_verifiable: [] };
  const none = { kind: "", dataset: "", verdict: "" };
  const plain = { body: { kind: "access", content: record } };
  const hidden = { body: { kind: "access", content: { ...record, dataset: "", other_datasets: [], confidential_seal: new Uint8Array(32) } } };
  assert.deepEqual([fits(plain, { ...none, kind: "access" }), fits(hidden, { ...none, kind: "access" }), fits(hidden, { ...none, kind: "confidential" })], [true, false, true]);
  assert.deepEqual([fits(plain, { ...none, dataset: "b" }), fits(hidden, { ...none, dataset: "b" }), fits(plain, { ...none, verdict: "deviates" })], [true, false, false]);
});

test("an address can name the commitment that entries deviate from, and any other address names no filter", () => {
  const entry = { body: { kind: "access", content: { dataset: "a", other_datasets: [], deviates: ["Ä/1 %"], not_verifiable: ["B"] } } };
  const filter = filterOf(`#${addressOf("Ä/1 %")}`);
  assert.deepEqual(filter, { kind: "", dataset: "", verdict: "deviates", commitment: "Ä/1 %" });
  assert.deepEqual([fits(entry, filter), fits(entry, { ...filter, commitment: "B" })], [true, false]);
  for (const hash of ["", "#", "#17", "#deviates=", "#deviates=%", "#verdict"]) assert.deepEqual(filterOf(hash), { kind: "", dataset: "", verdict: "" });
});

test("an address can name an entry, with as many digits as one can have", () => {
  assert.deepEqual(["#0", "#007", `#${2n ** 64n - 1n}`].map(numberOf), [0n, 7n, 2n ** 64n - 1n]);
  for (const hash of ["", "#", "#-1", "#1x", "#1.0", `#${"1".repeat(21)}`, `#${"1".repeat(1_000_000)}`]) assert.equal(numberOf(hash), null, hash.slice(0, 30));
});

test("accesses are counted by data set and month, verdicts by charter, and confidential records only told", async () => {
  const october = BEGAN_AT;
  const november = Date.UTC(2026, 10, 2) / 1000;
  const january = Date.UTC(2027, 0, 2) / 1000;
  const at = (index) => (index < 4 ? october + index : index < 6 ? november : january);
  const bodies = [
    genesis(),
    charterPart(CHARTER),
    access(1, { charter: 1, deviates: ["x"] }),
    access(2, { charter: 1, access_count: 500, other_datasets: ["zweite"], not_verifiable: ["x", "y"] }),
    access(3, { charter: 1 }),
    body("access", { confidential_until_day: 21_000, confidential_seal: new Uint8Array(32), nonce: new Uint8Array(16) }),
    access(4, { charter: 1, dataset: "zweite" }),
  ];
  const counts = new Counts();
  const result = await new LedgerCheck(new MemorySource(chained(bodies, { at })), { key: KEY_TEXT, inspectors: [counts] }).run();
  assert.equal(result.outcome, "ok");
  const tally = JSON.parse(JSON.stringify(counts.tally()));
  assert.deepEqual([tally.records, tally.accesses, tally.hidden, tally.others], [4, 503, 1, [["zweite", 1]]]);
  assert.deepEqual(tally.months, [["besuchertrend", "2026-10", 2, 501], ["besuchertrend", "2026-11", 1, 1], ["zweite", "2027-01", 1, 1]]);
  assert.deepEqual([verdictsOf(tally, 1n, "x"), verdictsOf(tally, 1n, "y"), verdictsOf(tally, 7n, "x")], [{ fits: 2, deviates: 1, notVerifiable: 1 }, { fits: 3, deviates: 0, notVerifiable: 1 }, { fits: 0, deviates: 0, notVerifiable: 0 }]);
  assert.deepEqual(monthsOfDataset(tally, "besuchertrend").map(({ month, records }) => [month, records]), [["2026-10", 2], ["2026-11", 1], ["2026-12", 0], ["2027-01", 0]]);
});

test("an entry of a year that no calendar has is counted in the last month there is", async () => {
  const counts = new Counts();
  const source = new MemorySource(chained([genesis(), access(1)], { at: (index) => (index === 0 ? BEGAN_AT : 2 ** 50) }));
  assert.equal((await new LedgerCheck(source, { key: KEY_TEXT, inspectors: [counts] }).run()).outcome, "ok");
  assert.deepEqual(counts.tally().months, [["besuchertrend", "9999-12", 1, 1]]);
});
