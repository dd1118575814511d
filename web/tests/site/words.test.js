// What people read: sentences of rules, entries as rows, foreign text, bytes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bytesModel } from "../../site/bytes-model.js";
import { readCharterText } from "../../site/charter-text.js";
import { entryModel, recordRows } from "../../site/entry-model.js";
import { periodWords } from "../../site/period.js";
import { sealedText } from "../../site/sealed-value.js";
import { sentenceOf } from "../../site/sentence.js";
import { Speaker, plain } from "../../site/speaker.js";
import { ENTRY } from "../../site/texts/entry.js";
import { COMMON } from "../../site/texts/state.js";
import { REPORTS } from "../../site/texts/reports.js";
import { fromUtf8, toUtf8 } from "../../verify/bytes.js";
import { readBody } from "../../verify/record.js";
import { ENUMERATIONS } from "../../verify/enumerations.js";
import { messageNames, messageOf } from "../../verify/schema.js";
import { access, body, chained, genesis } from "../support/maker.js";
import { TESTDATA } from "../support/vectors.js";

const GERMAN = new Speaker("de", [COMMON, ENTRY, REPORTS], { timeZone: "Europe/Berlin" });
const ENGLISH = new Speaker("en", [COMMON, ENTRY, REPORTS], { timeZone: "Europe/Berlin" });
const CONDITIONS = fromUtf8(new Uint8Array(readFileSync(new URL("charters/conditions-1.toml", TESTDATA))));

/** A rule in both languages, in the charter of the test vectors. */
function sentences(rule) {
  const text = CONDITIONS.slice(0, CONDITIONS.indexOf("[[commitment]]"));
  const charter = readCharterText(toUtf8(`${text}\n[[commitment]]\nid = "C0"\ntitle = "T"\nsource = "S"\nevidence = "statute"\n${rule}\n`));
  return [GERMAN, ENGLISH].map((speaker) => sentenceOf(charter.commitments[0], charter.registers, speaker));
}

// The same sentences as in reports and on the command line.
const RULES = [
  ["when = { personal = true }\nmust_not = { consideration = true }", "Wenn die Daten personenbezogen sind, darf keine Gegenleistung gegeben werden.", "If the data is personal, nothing may be given in return."],
  ['must = { purpose = { listed_in_dataset = "purposes" } }', "Bei jedem Zugriff muss der Zweck für den Datenbestand vorgesehen sein.", "For every access, the purpose must be one of those listed for the data set."],
  ['when = { secondary_use = true }\nmust = { processing = { in = ["aggregated", "anonymous"] } }', "Wenn die Nutzung über den ursprünglichen Zweck hinausgeht, muss die Form der Daten „zusammengefasst“ oder „anonym“ sein.", "If the use is beyond the original purpose, the form of the data must be “aggregated” or “anonymous”."],
  ["when = { recipient = { present = true }, personal = false }\nmust = { announced_on = { days_before_access = 14 }, record_count = { at_most = 10000 } }", "Wenn der Empfänger angegeben ist und die Daten nicht personenbezogen sind, muss der Tag der Ankündigung mindestens 14 Tage vor dem Zugriff liegen, und es darf die Zahl der berührten Datensätze höchstens 10.000 sein.", "If the recipient is stated and the data is not personal, the day of the announcement must lie at least 14 days before the access, and the number of records touched must be at most 10,000."],
  ['must_not = { role = "r", secondary_use = true }', "Bei jedem Zugriff darf nicht zugleich gelten, dass die Rolle „R“ (r) ist und die Nutzung über den ursprünglichen Zweck hinausgeht.", "For every access, it must not be that the role is “R” (r) and the use is beyond the original purpose."],
  ['must_not = { categories = { in = ["ort", "zeit"] } }', "Bei jedem Zugriff dürfen die Datenkategorien nicht ausschließlich „ort“ oder „zeit“ sein.", "For every access, the categories of data must not be only “ort” or “zeit”."],
  ["must_not = { consideration = false }", "Bei jedem Zugriff muss eine Gegenleistung gegeben werden.", "For every access, something must be given in return."],
  ['must = { collected_on = { not_older_than_of_dataset = "keep_days" } }', "Bei jedem Zugriff darf der Tag der ältesten Erhebung höchstens so viele Tage vor dem Zugriff liegen, wie der Datenbestand nach der Erhebung genutzt werden darf.", "For every access, the day of the oldest collection must lie at most as many days before the access as the data set may be used after collection."],
  ["must_not = { secondary_use = true }", "Bei jedem Zugriff darf die Nutzung nicht über den ursprünglichen Zweck hinausgehen.", "For every access, the use must not be beyond the original purpose."],
  ['question = "Welchen Nutzen hatte Ulm?"\nquestion_en = "What was the benefit for Ulm?"', "Menschen beantworten die Frage: Welchen Nutzen hatte Ulm?", "People answer: What was the benefit for Ulm?"],
  ["must = { collected_on = { not_older_than_days = 1 } }", "Bei jedem Zugriff darf der Tag der ältesten Erhebung höchstens 1 Tag vor dem Zugriff liegen.", "For every access, the day of the oldest collection must lie at most 1 day before the access."],
];

for (const [rule, german, english] of RULES) {
  test(`a rule is a plain sentence: ${english}`, () => assert.deepEqual(sentences(rule), [german, english]));
}

test("every kind, field and value that the format knows has words", () => {
  for (const name of messageNames()) {
    if (name === "Predecessor") continue;
    for (const field of messageOf(name).fields) {
      if (field) assert.ok(GERMAN.knows(name === "EntryBody" ? `kind.${field.name}` : `field.${field.name}`), `${name}.${field.name}`);
    }
  }
  for (const [field, values] of Object.entries(ENUMERATIONS)) {
    for (const value of values.slice(1)) assert.ok(GERMAN.knows(`value.${field}.${value}`), `${field} ${value}`);
  }
});

test("an access is told with titles, the codes beside them, and what is sealed only as sealed", () => {
  const registers = new Map([["purpose", new Map([["verkehrsplanung", { de: "Verkehrsplanung", en: "Traffic planning" }]])]]);
  const read = readBody(access(7, { charter: 1, deviates: ["C-2"], record_count: 12_345, actor_seal: new Uint8Array(32), secondary_use: true }));
  const model = entryModel({ body: read }, ENGLISH, registers);
  const row = (field) => model.rows.find((one) => one.field === field);
  assert.deepEqual([model.kind, model.summary, model.deviates, model.isJudged], ["access", "besuchertrend · Traffic planning · query", ["C-2"], true]);
  assert.deepEqual([row("purpose").value, row("purpose").code], ["Traffic planning", "verkehrsplanung"]);
  assert.deepEqual([row("record_count").value, row("secondary_use").value, row("actor_seal").value, row("actor_seal").isSealed], ["12,345", "yes", "sealed", true]);
  assert.equal(row("charter").entry, 1n);
  const germanOnly = new Map([["purpose", new Map([["verkehrsplanung", { de: "Verkehrsplanung", en: null }]])]]);
  assert.equal(entryModel({ body: read }, ENGLISH, germanOnly).rows.find((one) => one.field === "purpose").language, "de");
  assert.equal(row("purpose").language, undefined);
  assert.equal(row("unit"), undefined);
  assert.equal(model.rows.at(-1).isTechnical, true);
});

test("an access that is sealed as a whole is told without a time, which it does not have", () => {
  const hidden = readBody(body("access", { confidential_until_day: 21_000, confidential_seal: new Uint8Array(32), nonce: new Uint8Array(16) }));
  const fields = (record) => entryModel({ body: record }, GERMAN).rows.map(({ field }) => field);
  assert.equal(fields(hidden).includes("occurred_at_min"), false);
  assert.equal(fields(hidden).includes("confidential_seal"), true);
  assert.equal(fields(readBody(access(1))).includes("occurred_at_min"), true);
});

test("text of an entry that looks like HTML stays as it is, and what can't be seen or turns the writing shows", () => {
  const hostile = '<img src=x onerror="alert(1)">\u202Egnp.exe\u0000\u2028';
  const model = entryModel({ body: readBody(body("correction", { index: 5, correction: hostile, ground: "Zeile 1\nZeile 2" })) }, GERMAN);
  const value = (field) => model.rows.find((row) => row.field === field).value;
  assert.equal(value("correction"), '<img src=x onerror="alert(1)">\uFFFDgnp.exe\uFFFD\uFFFD');
  assert.equal(value("ground"), "Zeile 1\nZeile 2");
});

test("names of properties of JavaScript are no titles", () => {
  const model = entryModel({ body: readBody(access(1, { purpose: "__proto__", dataset: "constructor" })) }, GERMAN, new Map([["purpose", new Map()]]));
  assert.equal(model.summary, "constructor · __proto__ · Abfrage");
});

test("an entry of a kind, or with a value, that is not known is told as such", () => {
  assert.equal(entryModel({ body: { kind: "unknown", content: null } }, GERMAN).title, "Eintrag unbekannter Art");
  const model = entryModel({ body: readBody(access(1, { operation: 99 })) }, GERMAN);
  assert.equal(model.rows.find((row) => row.field === "operation").value, "99");
});

test("times and days that no calendar has are told as numbers", () => {
  assert.equal(GERMAN.moment(2n ** 60n), `${2n ** 60n} s`);
  assert.equal(GERMAN.minute(-(2n ** 60n)), `${-(2n ** 60n)} min`);
  assert.equal(GERMAN.day(2 ** 31 - 1), "2147483647");
  assert.equal(GERMAN.moment(1_792_994_984n), "26.10.2026, 07:09:44");
});

test("a text of the page that is missing is an error of the page, and numbers choose the form", () => {
  assert.throws(() => GERMAN.say("nothing.like.this"), RangeError);
  assert.deepEqual([1, 2n, 0].map((n) => ENGLISH.say("entry.deviates", { n })), ["deviates from 1 commitment", "deviates from 2 commitments", "deviates from 0 commitments"].map((words) => `according to the entry: ${words}`));
});

test("what an entry says of the commitments is told as its own word", () => {
  for (const key of ["entry.deviates", "entry.unclear", "entry.fits"]) {
    assert.match(GERMAN.say(key, { n: 2 }), /^laut Eintrag: /);
    assert.match(ENGLISH.say(key, { n: 2 }), /^according to the entry: /);
  }
});

test("disclosed values are text, whatever they are", () => {
  assert.equal(sealedText("a\u202Eb", GERMAN), "a\uFFFDb");
  assert.equal(sealedText([{ scheme: "person", id: "1\u0007" }], GERMAN), "person: 1\uFFFD");
  assert.equal(sealedText(["k1", "k2"], GERMAN), "k1\nk2");
  assert.equal(sealedText(1_792_994_984_000_001n, GERMAN), "26.10.2026, 07:09:44");
  assert.equal(sealedText(Uint8Array.of(1, 255), GERMAN), "01ff");
  assert.equal(sealedText({ text: "select *" }, GERMAN), "select *");
  assert.match(sealedText({ beginning: "anfang", sha256: new Uint8Array(32) }, GERMAN), /^anfang …\nSHA-256 0{64}$/);
  assert.equal(sealedText({ who: "kim", reason: "Antrag" }, GERMAN), "kim\nAntrag");
  const record = readBody(access(1, { actor_seal: new Uint8Array(32) })).content;
  assert.match(sealedText(record, GERMAN), /^Datenbestand: besuchertrend\nVorgang: Abfrage\n/);
  assert.doesNotMatch(sealedText(record, GERMAN), /versiegelt/);
  assert.ok(recordRows(record, GERMAN).some(({ isSealed }) => isSealed));
});

test("a leaf is shown byte for byte, parted where its fields are", () => {
  const [leaf] = chained([genesis()]);
  const parts = bytesModel(leaf);
  assert.deepEqual(parts.map(({ part, length }) => [part, length]), [["version", 1], ["previous", 32], ["recorded_at", 8], ["body", leaf.length - 41]]);
  const rows = parts.flatMap((part) => part.rows);
  assert.deepEqual(Uint8Array.from(rows.flatMap(({ hex }) => hex.split(" ").map((pair) => Number.parseInt(pair, 16)))), leaf);
  assert.deepEqual(rows.slice(0, 4).map(({ offset }) => offset), [0, 1, 17, 33]);
  assert.ok(rows.every(({ text }) => /^[ -~]{1,16}$/.test(text)));
});

test("texts that are loaded later are spoken in the same language", () => {
  const speaker = new Speaker("en", [{ de: { one: "eins" }, en: { one: "one" } }]);
  assert.throws(() => speaker.say("two"), RangeError);
  speaker.learn({ de: { two: "zwei" }, en: { two: "two" } });
  assert.deepEqual([speaker.say("one"), speaker.say("two")], ["one", "two"]);
});

test("periods are told in words, and what is none as it is", () => {
  assert.deepEqual(["2026-W04", "2026-Q3", "2026-11", "2026", "2026-13"].map((period) => periodWords(ENGLISH, period)), ["Week 4 of 2026", "Quarter 3 of 2026", "November 2026", "2026", "2026-13"]);
});

test("plain text keeps what people write", () => {
  const text = "Zählung „Nord“ – 5 € · Ελληνικά עברית 🚲\nzweite Zeile";
  assert.equal(plain(text), text);
});
