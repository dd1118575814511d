import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64, toUtf8 } from "../verify/bytes.js";
import { LedgerCheck } from "../verify/check-ledger.js";
import { openCheckpoint } from "../verify/checkpoint.js";
import { CitizenScan } from "../verify/citizen.js";
import { CannotTell } from "../verify/fault.js";
import { MarkerFinder, viewKeyOf } from "../verify/marker.js";
import { parseMonth } from "../verify/month.js";
import { RangeReading, rangesOf } from "../verify/months.js";
import { LedgerReader } from "../verify/reader.js";
import { sealOf } from "../verify/seal.js";
import { VIEW_KEYS_MAX, monthsOf, parseViewKeys } from "../verify/view-keys.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, chained, encode, genesis } from "./support/maker.js";
import { Random, always } from "./support/random.js";
import { cannotTell, refuses } from "./support/refused.js";

const PERIODS = new Map(["2026-10", "2026-11", "2026-12"].map((month, at) => [month, new Uint8Array(32).fill(at + 1)]));
const PERSON = { scheme: "person", id: "4711" };
const OTHER = { scheme: "person", id: "4712" };
const keyFile = (keys, changes = {}) => JSON.stringify({ format: "einsicht-view-keys/v1", origin: ORIGIN, keys, ...changes });
const keyOf = (month, subject = PERSON) => ({ scheme: subject.scheme, month, key: toBase64(viewKeyOf(PERIODS.get(month), subject)) });
const KEYS = parseViewKeys(keyFile([keyOf("2026-11")]));

const random = new Random(11);
function marked(sequence, month, subjects, changes = {}) {
  return access(sequence, marks(month, subjects, changes));
}
function marks(month, subjects, changes = {}) {
  const nonce = random.bytes(16);
  const markers = subjects.map((subject, at) => (subject ? new MarkerFinder(viewKeyOf(PERIODS.get(month), subject)).markerAt(nonce, at) : random.bytes(16)));
  return { nonce, markers, ...changes };
}

/** Three months: 300 entries before, 600 within, 300 behind; of the second, some are about the person. */
function months() {
  const ABOUT = new Set([300, 301, 555, 556, 700, 899]);
  const bodies = [genesis()];
  for (let index = 1; index < 1_200; index += 1) {
    const month = index < 300 ? "2026-10" : index < 900 ? "2026-11" : "2026-12";
    // In the other months the person is there, too: keys of one month find nothing in another.
    const isThere = ABOUT.has(index) || index === 299 || index === 900;
    bodies.push(index % 7 === 0 && !isThere ? access(index) : marked(index, month, isThere ? [OTHER, null, PERSON, null] : [OTHER]));
  }
  const starts = { "2026-10": parseMonth("2026-10").first, "2026-11": parseMonth("2026-11").first, "2026-12": parseMonth("2026-12").first };
  const at = (index) => (index < 300 ? starts["2026-10"] + index : index < 900 ? starts["2026-11"] + index - 300 : starts["2026-12"] + index - 900);
  return { leaves: chained(bodies, { at }), about: [...ABOUT] };
}
const MONTHS = months();

async function readerOf(source) {
  return new LedgerReader(source, await openCheckpoint(await source.get("checkpoint", { max: 1_000_000 }), ORIGIN, [KEY]));
}

async function scanned(source, keys, options) {
  const reader = await readerOf(source);
  const scan = new CitizenScan(keys);
  const reading = new RangeReading(reader, await rangesOf(reader, monthsOf(keys), options), [scan]);
  for await (const progress of reading.run()) assert.ok(progress.bundles <= progress.of);
  return scan;
}

test("a scan finds the accesses to the person's data in the months of the keys, and no others", async () => {
  const source = new MemorySource(MONTHS.leaves);
  const scan = await scanned(source, KEYS);
  assert.deepEqual(scan.found.map(({ index }) => index), MONTHS.about);
  assert.deepEqual(scan.counts, [{ month: "2026-11", records: 600, marked: 516, unknown: 0, hidden: 0, unchecked: 0, found: 6, isOver: true }]);
  const [first] = scan.found;
  assert.deepEqual([first.month, first.schemes, first.record.dataset, first.openedBy], ["2026-11", ["person"], "besuchertrend", null]);
  assert.deepEqual(first.leaf, MONTHS.leaves[300]);
});

test("only bundles of those months are read to their end, and the rest is not asked for", async () => {
  const source = new MemorySource(MONTHS.leaves);
  const keys = parseViewKeys(keyFile([keyOf("2026-12")]));
  const reader = await readerOf(source);
  const ranges = await rangesOf(reader, monthsOf(keys));
  assert.deepEqual(ranges, [{ first: 3, end: 5 }]);
  assert.deepEqual(await rangesOf(reader, monthsOf(KEYS)), [{ first: 1, end: 4 }]);
  assert.deepEqual(await rangesOf(reader, monthsOf(KEYS), { toTheEnd: true }), [{ first: 1, end: 5 }]);
  const far = await rangesOf(reader, [parseMonth("1999-01"), parseMonth("2026-10"), parseMonth("2026-11"), parseMonth("2031-01")]);
  assert.deepEqual(far.map(({ first, end }) => [first, end]), [[0, 5]]);
});

test("keys of all months find what is in all months, and so does a whole audit", async () => {
  const keys = parseViewKeys(keyFile(["2026-10", "2026-11", "2026-12"].map((month) => keyOf(month))));
  const scan = await scanned(new MemorySource(MONTHS.leaves), keys);
  assert.deepEqual(scan.found.map(({ index }) => index), [299, ...MONTHS.about, 900]);
  const beside = new CitizenScan(keys);
  const result = await new LedgerCheck(new MemorySource(MONTHS.leaves), { key: KEY_TEXT, inspectors: [beside] }).run();
  assert.equal(result.outcome, "ok");
  assert.deepEqual(beside.found, scan.found);
  assert.deepEqual(beside.counts, scan.counts);
});

test("a scan goes on where a server went away, and finds everything once", async () => {
  const source = new MemorySource(MONTHS.leaves);
  const reader = await readerOf(source);
  const scan = new CitizenScan(KEYS);
  const reading = new RangeReading(reader, await rangesOf(reader, monthsOf(KEYS)), [scan]);
  let left = 3;
  source.change = (path, bytes) => {
    if (path.startsWith("tile/entries") && left-- % 2 === 1) throw new CannotTell("away", { where: path });
    return bytes;
  };
  let broken = 0;
  for (let isDone = false; !isDone; ) {
    try {
      for await (const _ of reading.run({ ahead: 1 }));
      isDone = true;
    } catch (error) {
      assert.ok(error instanceof CannotTell, error.stack);
      broken += 1;
    }
  }
  assert.ok(broken > 0);
  assert.deepEqual(scan.found.map(({ index }) => index), MONTHS.about);
});

test("an entry that is not in the signed tree is never looked at", async () => {
  await always(30, async (seeded) => {
    const source = new MemorySource(MONTHS.leaves);
    const at = 256 + seeded.below(512);
    const path = `tile/entries/00${Math.floor(at / 256)}`;
    source.change = (asked, bytes) => {
      if (asked !== path) return bytes;
      const changed = bytes.slice();
      changed[seeded.below(bytes.length)] ^= 1 << seeded.below(8);
      return changed;
    };
    await refuses(() => scanned(source, KEYS), path);
  });
});

test("what was false is not asked for again", async () => {
  const source = new MemorySource(MONTHS.leaves);
  const reader = await readerOf(source);
  const reading = new RangeReading(reader, [{ first: 1, end: 4 }], []);
  source.change = (path, bytes) => (path === "tile/entries/002" ? bytes.slice(1) : bytes);
  const run = async () => {
    for await (const _ of reading.run());
  };
  await refuses(run, "a cut bundle");
  source.change = (_path, bytes) => bytes;
  await refuses(run, "a second time");
});

test("a confidential record is found once it is opened, by the key of its own month, with what corrects it", async () => {
  const salt = new Uint8Array(32).fill(4);
  const day = Math.floor(parseMonth("2026-12").first / 86_400);
  const record = (subjects) => encode("AccessRecord", { dataset: "geheim", confidential_until_day: day, producer: "p", ...marks("2026-11", subjects) });
  const hide = (bytes) => body("access", { confidential_until_day: day, confidential_seal: sealOf(44, salt, bytes), ...marks("2026-11", Array(8).fill(null)) });
  const [mine, others] = [record([null, PERSON]), record([OTHER])];
  const correct = (index) => body("correction", { index, correction: "richtig ist", ground: "Antrag" });
  const bodies = [genesis(), hide(mine), hide(others), hide(mine), correct(1), correct(2), body("opening", { index: 1, salt, record: mine }), body("opening", { index: 2, salt, record: others })];
  const at = (index) => (index < 6 ? parseMonth("2026-11").first : parseMonth("2026-12").first) + index;
  const source = new MemorySource(chained(bodies, { at }));
  const scan = await scanned(source, KEYS, { toTheEnd: true });
  assert.deepEqual(scan.found.map(({ index, openedBy, record: { dataset }, corrections }) => [index, openedBy, dataset, corrections.map((one) => one.index)]), [[1, 6, "geheim", [4]]]);
  assert.deepEqual(scan.counts, [{ month: "2026-11", records: 3, marked: 3, unknown: 0, hidden: 1, unchecked: 0, found: 1, isOver: true }]);
  const wrongMonth = await scanned(source, parseViewKeys(keyFile([keyOf("2026-12")])), { toTheEnd: true });
  assert.deepEqual(wrongMonth.found, []);
});

test("a month that begins within a bundle, with many entries in one second, is read whole", async () => {
  const bodies = [genesis(), ...Array.from({ length: 799 }, (_, at) => marked(at, at < 199 ? "2026-10" : at < 599 ? "2026-11" : "2026-12", [at % 100 === 0 ? PERSON : OTHER]))];
  const at = (index) => (index < 200 ? parseMonth("2026-11").first - 1 : index < 600 ? parseMonth("2026-11").first : parseMonth("2026-12").first);
  const scan = await scanned(new MemorySource(chained(bodies, { at })), KEYS);
  assert.deepEqual(scan.found.map(({ index }) => index), [201, 301, 401, 501]);
  assert.deepEqual(scan.counts, [{ month: "2026-11", records: 400, marked: 400, unknown: 0, hidden: 0, unchecked: 0, found: 4, isOver: true }]);
});

test("months go from 1970 to 9999, and each ends where the next begins", () => {
  assert.deepEqual(parseMonth("1970-01"), { name: "1970-01", first: 0, end: 31 * 86_400 });
  for (const [month, next] of [["2026-12", "2027-01"], ["2028-02", "2028-03"], ["2026-10", "2026-11"]]) assert.equal(parseMonth(month).end, parseMonth(next).first);
  for (const text of ["1969-12", "0999-01", "10000-01", "2026-00", "2026-10 ", "2026/10"]) assert.throws(() => parseMonth(text), CannotTell);
});

test("an error names the key of the file by its position, from 1", () => {
  assert.throws(() => parseViewKeys(keyFile([keyOf("2026-11"), key({ month: "x" })])), { where: "view key 2" });
});

test("a ledger of one entry, and keys of months that it does not have", async () => {
  const source = new MemorySource(chained([genesis()]));
  assert.deepEqual((await scanned(source, KEYS)).counts, [{ month: "2026-11", records: 0, marked: 0, unknown: 0, hidden: 0, unchecked: 0, found: 0, isOver: false }]);
});

test("a key file is read, with its months in order", () => {
  const text = keyFile([keyOf("2026-11"), keyOf("2026-10"), keyOf("2026-11", { scheme: "kfz", id: "UL-Ä 1" })]);
  const { origin, keys } = parseViewKeys(`${text}\n`);
  assert.equal(origin, ORIGIN);
  assert.deepEqual(keys.map(({ scheme, month }) => [scheme, month.name]), [["person", "2026-11"], ["person", "2026-10"], ["kfz", "2026-11"]]);
  assert.deepEqual(monthsOf({ keys }).map(({ name }) => name), ["2026-10", "2026-11"]);
});

const SECRET = toBase64(new Uint8Array(32).fill(0xa7));
const key = (changes) => ({ scheme: "person", month: "2026-10", key: SECRET, ...changes });
const files = {
  "no JSON": "no json",
  nothing: "",
  "another format": keyFile([key()], { format: "einsicht-view-keys/v2" }),
  "no key": keyFile([]),
  "too many keys": keyFile(Array.from({ length: VIEW_KEYS_MAX + 1 }, (_, at) => key({ scheme: `person${at}` }))),
  "a ledger that is none": keyFile([key()], { origin: "a b" }),
  "a further member": keyFile([key()], { owner: "Erika" }),
  "a member twice": keyFile([key()]).replace('"format"', '"format":"x","format"'),
  "a member of Object": keyFile([key()]).replace('"keys"', '"__proto__":{},"keys"'),
  "a further member of a key": keyFile([key({ id: "4711" })]),
  "no month": keyFile([key({ month: "2026-13" })]),
  "a month of one digit": keyFile([key({ month: "2026-1" })]),
  "a month of long ago": keyFile([key({ month: "1969-12" })]),
  "a scheme with a line feed": keyFile([key({ scheme: "per\nson" })]),
  "an empty scheme": keyFile([key({ scheme: "" })]),
  "a scheme that is not normalised": keyFile([key({ scheme: "a\u0308" })]),
  "a key of 31 bytes": keyFile([key({ key: toBase64(new Uint8Array(31)) })]),
  "a key that is not base64": keyFile([key({ key: SECRET.replace("=", "") })]),
  "a key twice": keyFile([key(), key()]),
  "a key that is a number": keyFile([key({ key: 7 })]),
  "a file that ends early": keyFile([key()]).slice(0, -3),
  "a key where the JSON breaks": keyFile([key()]).replace(SECRET, `${SECRET}"${SECRET}`),
  "something behind it": `${keyFile([key()])}${SECRET}`,
  "a very deep one": "[".repeat(100_000),
  "a very long one": " ".repeat(2_000_000),
};
for (const [name, text] of Object.entries(files)) {
  test(`key file, refused: ${name}`, async () => {
    await cannotTell(() => parseViewKeys(text), name);
    assert.throws(() => parseViewKeys(text), (error) => !error.message.includes(SECRET.slice(0, 8)) && !error.message.includes("Erika") && !error.stack.includes(SECRET.slice(0, 8)));
  });
}

test("a key of one person finds nothing of another, in many random records", async () => {
  await always(50, (seeded) => {
    const period = seeded.bytes(32);
    const subjects = Array.from({ length: 1 + seeded.below(8) }, (_, at) => ({ scheme: "person", id: String(at) }));
    const nonce = seeded.bytes(16);
    const markers = subjects.map((subject, at) => new MarkerFinder(viewKeyOf(period, subject)).markerAt(nonce, at));
    for (const [at, subject] of subjects.entries()) assert.equal(new MarkerFinder(viewKeyOf(period, subject)).find(nonce, markers), at);
    assert.equal(new MarkerFinder(viewKeyOf(period, { scheme: "person", id: "x" })).find(nonce, markers), null);
    assert.equal(new MarkerFinder(toUtf8("another key of 32 bytes ........")).find(nonce, markers), null);
  });
});
