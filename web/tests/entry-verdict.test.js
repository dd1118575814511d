// The verdict of a single entry, computed again from the charter that it names.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { toUtf8 } from "../verify/bytes.js";
import { parseCharter } from "../verify/charter.js";
import { checkEntryVerdict } from "../verify/check-verdict.js";
import { openCheckpoint } from "../verify/checkpoint.js";
import { CannotTell } from "../verify/fault.js";
import { judge } from "../verify/judge.js";
import { readBody } from "../verify/record.js";
import { LedgerReader } from "../verify/reader.js";
import { sha256 } from "../verify/sha256.js";
import { KEY, MemorySource, ORIGIN, access, body, chained, genesis } from "./support/maker.js";
import { TESTDATA } from "./support/vectors.js";

const TEXT = new Uint8Array(readFileSync(new URL("charters/conditions-1.toml", TESTDATA)));
const part = (text, number = 1, parts = 1, whole = text) => body("charter", { part: number, parts, sha256: sha256(whole), text });
const HALVES = [part(TEXT.slice(0, 100), 1, 2, TEXT), part(TEXT.slice(100), 2, 2, TEXT)];

/** The step for the last of these entries. */
async function verdictOf(bodies, change) {
  const source = new MemorySource(chained([genesis(), ...bodies]));
  const reader = new LedgerReader(source, await openCheckpoint(source.note, ORIGIN, [KEY]));
  const entry = await reader.entry(BigInt(bodies.length));
  if (change) source.change = change;
  const { outcome, steps } = await checkEntryVerdict(reader, entry);
  assert.deepEqual(steps.map(({ step }) => step), ["verdict"]);
  return { outcome, detail: steps[0].detail };
}

/** An access with the verdict that the charter gives; `change` of that. */
function judged(charter, change = (verdict) => verdict) {
  const bare = readBody(access(1, { purpose: "werbung", charter })).content;
  const { deviates, notVerifiable } = change(judge(parseCharter(TEXT), bare));
  return access(1, { purpose: "werbung", charter, deviates, not_verifiable: notVerifiable });
}

test("a verdict that the named charter gives holds, of a charter in one part or in several", async () => {
  for (const parts of [[part(TEXT)], HALVES]) {
    const { outcome, detail } = await verdictOf([...parts, judged(parts.length)]);
    assert.deepEqual([outcome, detail], ["ok", `by the charter in entry ${parts.length}`]);
  }
});

test("a verdict that says less, or more, than the named charter gives does not hold", async () => {
  const { deviates, notVerifiable } = judge(parseCharter(TEXT), readBody(judged(1)).content);
  assert.ok(deviates.length + notVerifiable.length > 0, "the charter has something to say");
  for (const change of [() => ({ deviates: [], notVerifiable: [] }), (verdict) => ({ ...verdict, deviates: [...verdict.deviates, "invented"] })]) {
    const { outcome, detail } = await verdictOf([part(TEXT), judged(1, change)]);
    assert.equal(outcome, "failed");
    assert.match(detail, /another verdict than its charter gives/);
  }
});

test("an entry that names as charter what is none, is not whole, or does not stand before it does not hold", async () => {
  const none = { deviates: [], notVerifiable: [] };
  const cases = [
    [judged(999_999, () => none)],
    [judged(0, () => none)],
    [judged(1, () => none)],
    [judged(2, () => none), part(TEXT), judged(3, () => none)],
    [HALVES[0], judged(1, () => none)],
    [part(TEXT), HALVES[0], judged(2, () => none)],
    [part(TEXT.slice(0, 100), 1, 2, TEXT), part(TEXT.slice(99), 2, 2, TEXT), judged(2)],
    [part(TEXT.slice(100), 2, 2, TEXT), judged(1)],
    [part(toUtf8("this is no charter")), judged(1, () => none)],
  ];
  for (const [at, bodies] of cases.entries()) assert.equal((await verdictOf(bodies)).outcome, "failed", `case ${at}`);
});

test("where the charter can't be had, or says what is not known here, the verdict can't be told", async () => {
  const away = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("the server could not be reached", { where: path });
    return bytes;
  };
  assert.equal((await verdictOf([part(TEXT), judged(1)], away)).outcome, "could-not-tell");
  const newer = toUtf8(`${new TextDecoder().decode(TEXT)}\n[[commitment]]\nid = "N"\ntitle = "N"\nsource = "S"\nevidence = "statute"\nmust = { weather = { is_sunny = true } }\n`);
  assert.equal((await verdictOf([part(newer), judged(1)])).outcome, "could-not-tell");
});

test("an access that names no charter: whether one was in force can't be told, but it can state no verdict", async () => {
  assert.equal((await verdictOf([access(1)])).outcome, "could-not-tell");
  assert.equal((await verdictOf([access(1, { deviates: ["C-1"] })])).outcome, "failed");
});

test("an entry that is judged by nothing has no such step", async () => {
  const source = new MemorySource(chained([genesis(), access(1, { confidential_seal: new Uint8Array(32), confidential_until_day: 30_000 })]));
  const reader = new LedgerReader(source, await openCheckpoint(source.note, ORIGIN, [KEY]));
  for (const index of [0n, 1n]) assert.deepEqual(await checkEntryVerdict(reader, await reader.entry(index)), { outcome: null, steps: [] });
});
