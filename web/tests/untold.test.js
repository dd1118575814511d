// What a scan can't tell is counted, month by month, and what is false ends it: neither becomes "no access".

import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64 } from "../verify/bytes.js";
import { LedgerCheck } from "../verify/check-ledger.js";
import { openCheckpoint } from "../verify/checkpoint.js";
import { CitizenScan } from "../verify/citizen.js";
import { MarkerFinder, viewKeyOf } from "../verify/marker.js";
import { parseMonth } from "../verify/month.js";
import { RangeReading, rangesOf } from "../verify/months.js";
import { LedgerReader } from "../verify/reader.js";
import { sealOf } from "../verify/seal.js";
import { monthsOf, parseViewKeys } from "../verify/view-keys.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, chained, encode, genesis } from "./support/maker.js";
import { refuses } from "./support/refused.js";

const PERSON = { scheme: "person", id: "4711" };
const VIEW_KEY = viewKeyOf(new Uint8Array(32).fill(5), PERSON);
const OCTOBER = parseMonth("2026-10");
const KEYS = parseViewKeys(JSON.stringify({ format: "einsicht-view-keys/v1", origin: ORIGIN, keys: [{ scheme: "person", month: "2026-10", key: toBase64(VIEW_KEY) }] }));
const SALT = new Uint8Array(32).fill(4);
const NONE = { month: "2026-10", records: 0, marked: 0, unknown: 0, hidden: 0, unchecked: 0, found: 0, isOver: false };

const marks = (nonce) => ({ nonce, markers: [new MarkerFinder(VIEW_KEY).markerAt(nonce, 0)] });
const mine = (number) => encode("AccessRecord", { dataset: "geheim", producer: "p", ...marks(new Uint8Array(16).fill(number)) });
const others = encode("AccessRecord", { dataset: "anderes", producer: "p" });
const hide = (seal, changes = {}) => body("access", { ...changes, confidential_seal: seal, nonce: new Uint8Array(16).fill(99), markers: [new Uint8Array(16)] });
const opening = (index, record, salt = SALT) => body("opening", { index, salt, record });
const unknown = Uint8Array.of(0xfa, 0x07, 0x00);

/** Entries of October, one each second. */
const october = (bodies, at = (index) => OCTOBER.first + index) => chained([genesis(), ...bodies], { at });

async function scanned(leaves, options) {
  const source = new MemorySource(leaves);
  const reader = new LedgerReader(source, await openCheckpoint(source.note, ORIGIN, [KEY]));
  const scan = new CitizenScan(KEYS, options);
  for await (const _ of new RangeReading(reader, await rangesOf(reader, monthsOf(KEYS), { toTheEnd: true }), [scan]).run());
  return scan;
}

const sealed = hide(sealOf(44, SALT, mine(1)));
const TOMORROW = { confidential_until_day: OCTOBER.first / 86_400 + 1 };
const dated = encode("AccessRecord", { dataset: "geheim", ...TOMORROW, producer: "p", ...marks(new Uint8Array(16).fill(1)) });
const wrong = {
  "a record that was never sealed": [hide(new Uint8Array(32)), opening(1, mine(1))],
  "another record than the one that was sealed": [sealed, opening(1, others)],
  "another salt than the one of the seal": [sealed, opening(1, mine(1), new Uint8Array(32))],
  "what should have waited for another day": [hide(sealOf(44, SALT, dated), TOMORROW), opening(1, dated)],
  "what was opened before": [sealed, opening(1, mine(1)), opening(1, mine(1))],
  "what is not confidential": [sealed, access(0), access(1), opening(2, mine(1))],
};
for (const [name, bodies] of Object.entries(wrong)) {
  test(`an opening ends a scan as failed, as it does a whole audit: it shows ${name}`, async () => {
    const leaves = october([...bodies, access(7)]);
    await refuses(() => scanned(leaves), name);
    assert.equal((await new LedgerCheck(new MemorySource(leaves), { key: KEY_TEXT }).run()).outcome, "failed");
  });
}

test("an opening of a record of a month that there is no key for is passed over", async () => {
  const september = parseMonth("2026-09").first;
  const leaves = october([sealed, access(0), opening(1, mine(1)), access(1)], (index) => (index < 3 ? september : OCTOBER.first) + index);
  assert.deepEqual((await scanned(leaves)).counts, [{ ...NONE, records: 1 }]);
});

test("openings of which no more is remembered are counted as not compared, and nothing is found by them", async () => {
  const seals = [1, 2, 3].map((number) => hide(sealOf(44, SALT, mine(number))));
  const leaves = october([...seals, opening(3, mine(3)), opening(1, mine(1)), opening(2, others)]);
  const scan = await scanned(leaves, { hiddenMax: 1 });
  assert.deepEqual(scan.found.map(({ index }) => index), [1]);
  assert.deepEqual(scan.counts, [{ ...NONE, records: 3, marked: 3, unchecked: 2, found: 1 }]);
  await refuses(() => scanned(october([...seals, opening(3, mine(3)), opening(2, others), opening(2, others)]), { hiddenMax: 1 }), "one more than there were");
});

test("entries of a kind that is not known are counted in the months of the keys", async () => {
  const leaves = october([access(0), unknown, access(1, marks(new Uint8Array(16).fill(3))), unknown, unknown], (index) => (index < 5 ? OCTOBER.first + index : OCTOBER.end));
  assert.deepEqual((await scanned(leaves)).counts, [{ ...NONE, records: 2, marked: 1, unknown: 2, found: 1, isOver: true }]);
});

test("records that name nobody are counted apart from those that could be found", async () => {
  const leaves = october([access(0), access(1), access(2, { nonce: new Uint8Array(16), markers: [new Uint8Array(16)] })]);
  assert.deepEqual((await scanned(leaves)).counts, [{ ...NONE, records: 3, marked: 1 }]);
});

test("a month is over from the first second of the next one on, and not before", async () => {
  const scan = await scanned(october([access(0)], () => OCTOBER.end - 1));
  assert.deepEqual(scan.counts, [{ ...NONE, records: 1 }]);
  scan.reached(OCTOBER.end - 1);
  assert.equal(scan.counts[0].isOver, false);
  scan.reached(OCTOBER.end);
  scan.reached(OCTOBER.first);
  assert.equal(scan.counts[0].isOver, true);
});
