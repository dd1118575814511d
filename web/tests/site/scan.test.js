// What the page My data says where a scan could not tell everything, and how a scan is stopped.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Scan } from "../../site/scan.js";
import { Speaker } from "../../site/speaker.js";
import { MY_DATA } from "../../site/texts/my-data.js";
import { foundText, untoldOf, untoldText } from "../../site/untold.js";
import { toBase64 } from "../../verify/bytes.js";
import { MarkerFinder, viewKeyOf } from "../../verify/marker.js";
import { parseMonth } from "../../verify/month.js";
import { sealOf } from "../../verify/seal.js";
import { httpSource } from "../../verify/source.js";
import { KEY_TEXT, MemorySource, ORIGIN, access, body, chained, encode, genesis } from "../support/maker.js";

const GERMAN = new Speaker("de", [MY_DATA], { timeZone: "UTC" });
const ENGLISH = new Speaker("en", [MY_DATA], { timeZone: "UTC" });
const DAY = 86_400;
const OCTOBER = parseMonth("2026-10");
const VIEW_KEY = viewKeyOf(new Uint8Array(32).fill(5), { scheme: "person", id: "4711" });
const SALT = new Uint8Array(32).fill(4);
const keysFor = (...months) => new Blob([JSON.stringify({ format: "einsicht-view-keys/v1", origin: ORIGIN, keys: months.map((month) => ({ scheme: "person", month, key: toBase64(VIEW_KEY) })) })]);
const known = { key: KEY_TEXT, kept: null, toTheEnd: false };

const marks = (nonce) => ({ nonce, markers: [new MarkerFinder(VIEW_KEY).markerAt(nonce, 0)] });
const inner = encode("AccessRecord", { dataset: "geheim", producer: "p", ...marks(new Uint8Array(16).fill(1)) });
const hidden = body("access", { confidential_seal: sealOf(44, SALT, inner), nonce: new Uint8Array(16).fill(9), markers: [new Uint8Array(16)] });
const opening = body("opening", { index: 1, salt: SALT, record: inner });
const others = marks(new Uint8Array(16).fill(2)).nonce;
const named = (sequence) => access(sequence, { nonce: others, markers: [new Uint8Array(16)] });

const scan = (leaves, file, options) => new Scan(new MemorySource(leaves), { ...known, ...options }).run(file, () => {});
const said = (result, speaker = ENGLISH) => [foundText(speaker, result.found.length, untoldOf(result)), ...untoldOf(result).map((one) => untoldText(speaker, one, result.newest))];

test("that nothing was found is said without more only where the months are whole", async () => {
  const leaves = chained([genesis(), named(0), named(1), named(2)], { at: (index) => OCTOBER.first + 12 * DAY * index });
  assert.deepEqual(said(await scan(leaves, keysFor("2026-10"))), ["No access to your data found"]);
  assert.deepEqual(said(await scan(leaves, keysFor("2026-10")), GERMAN), ["Kein Zugriff auf Ihre Daten gefunden"]);
});

test("a ledger that is shown to the middle of a month only does not look like a month without accesses", async () => {
  const all = chained([genesis(), named(0), named(1), access(2, marks(others))], { at: (index) => OCTOBER.first + 9 * DAY * index });
  const cut = await scan(all.slice(0, 3), keysFor("2026-10"));
  assert.deepEqual([cut.newest, cut.counts[0].isOver], [OCTOBER.first + 18 * DAY, false]);
  assert.deepEqual(said(cut), ["No access to your data found so far; not everything could be told", "October 2026: the ledger as it is shown here ends before the month does. It was read up to 19 Oct 2026, 00:00:00; more accesses may follow."]);
  assert.match(said(cut, GERMAN).join(" "), /^Bisher kein Zugriff .* endet vor dem Ende des Monats\. Gelesen wurde bis 19\.10\.2026, 00:00:00;/);
  assert.deepEqual(said(await scan(all, keysFor("2026-10")))[0], "1 access to your data found");
});

test("an entry behind the month shows that it is over, also where it stands in a bundle that is not read", async () => {
  const bodies = [genesis(), ...Array.from({ length: 599 }, (_, at) => named(at))];
  const result = await scan(chained(bodies, { at: (index) => (index < 256 ? OCTOBER.first : OCTOBER.end) + index }), keysFor("2026-10"));
  assert.deepEqual([result.counts[0].records, result.counts[0].isOver, result.newest], [255, true, OCTOBER.end + 599]);
});

/** A confidential record of October, opened far behind it. */
function openedLater() {
  const bodies = [genesis(), hidden, ...Array.from({ length: 600 }, (_, at) => named(at)), opening];
  return chained(bodies, { at: (index) => (index < 2 ? OCTOBER.first : OCTOBER.end) + index });
}

test("what may have been opened further on is not called confidential still: it can be read on", async () => {
  const some = await scan(openedLater(), keysFor("2026-10"));
  assert.deepEqual([some.isToTheEnd, some.found.length, untoldOf(some)], [false, 0, [{ what: "unopened", months: ["2026-10"], n: 1 }]]);
  assert.deepEqual(said(some), ["No access to your data found so far; not everything could be told", "October 2026: 1 confidential entry was not opened within what was read. What it holds may stand further on in the ledger."]);
  const all = await scan(openedLater(), keysFor("2026-10"), { toTheEnd: true });
  assert.deepEqual([all.isToTheEnd, said(all)], [true, ["1 access to your data found"]]);
  const never = await scan(openedLater().slice(0, -1), keysFor("2026-10"), { toTheEnd: true });
  assert.deepEqual(untoldOf(never).map(({ what }) => what), ["hidden"]);
});

test("the last months are read to the end without being asked for", async () => {
  const leaves = chained([genesis(), hidden, named(0)], { at: (index) => OCTOBER.first + index });
  assert.equal((await scan(leaves, keysFor("2026-10"))).isToTheEnd, true);
  assert.equal((await scan(leaves, keysFor("2019-05"))).isToTheEnd, false);
});

test("each kind of what is not told has words, with its months and its number", () => {
  const whole = { records: 5, marked: 5, unknown: 0, hidden: 0, unchecked: 0, found: 0, isOver: true };
  const count = (month, changes) => ({ month, ...whole, ...changes });
  const counts = [count("2026-01", { records: 0, marked: 0 }), count("2026-02", { marked: 0 }), count("2026-03", { isOver: false }), count("2026-04", { unknown: 1 }), count("2026-05", { unknown: 2 }), count("2026-06", { hidden: 7 }), count("2026-07", { unchecked: 1 }), count("2026-08", {})];
  const told = (isToTheEnd) => untoldOf({ counts, isToTheEnd }).map(({ what, months, n }) => [what, months.map((month) => Number(month.slice(5))), n]);
  const most = [["no-records", [1], 1], ["unnamed", [2], 1], ["not-over", [3], 1], ["unknown", [4, 5], 3]];
  assert.deepEqual(told(true), [...most, ["hidden", [6], 7], ["unchecked", [7], 1]]);
  assert.deepEqual(told(false), [...most, ["unopened", [6], 7], ["unchecked", [7], 1]]);
  for (const speaker of [GERMAN, ENGLISH]) {
    for (const untold of [...untoldOf({ counts, isToTheEnd: true }), ...untoldOf({ counts, isToTheEnd: false })]) {
      const text = untoldText(speaker, untold, OCTOBER.first);
      for (const month of untold.months) assert.ok(text.includes(speaker.month(month)), text);
      if (!["no-records", "unnamed", "not-over"].includes(untold.what)) assert.ok(text.includes(String(untold.n)), text);
    }
    assert.equal(foundText(speaker, 3, untoldOf({ counts, isToTheEnd: true })), speaker.say("mine.found", { n: 3 }));
  }
});

test("a scan that waits for a server that never answers can be stopped, and goes on", { timeout: 10_000 }, async () => {
  for (const silent of ["checkpoint", "tile/entries/002"]) {
    const memory = new MemorySource(openedLater());
    let isSilent = true;
    const fetcher = async (url, { signal }) => {
      const path = url.slice("https://x/".length);
      if (isSilent && path.startsWith(silent)) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return new Response(await memory.get(path, { max: 1e9 }));
    };
    const one = new Scan(httpSource("https://x/", fetcher), { ...known, toTheEnd: true });
    setTimeout(() => one.stop(), 50);
    assert.deepEqual(await one.run(keysFor("2026-10"), () => {}), { says: "stopped", wasAsked: true }, silent);
    isSilent = false;
    assert.equal((await one.run(null, () => {})).found.length, 1);
  }
});

test("what is false is not taken for a stop", async () => {
  const memory = new MemorySource(openedLater());
  memory.change = (path, bytes) => (path === "tile/entries/001" ? bytes.slice().fill(0, 90) : bytes);
  const one = new Scan(memory, { ...known, toTheEnd: true });
  const result = await one.run(keysFor("2026-10"), () => one.stop());
  assert.equal(result.says === "stopped" ? (await one.run(null, () => {})).fault.outcome : result.fault.outcome, "failed");
});
