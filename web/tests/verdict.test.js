import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { fromHex, toUtf8 } from "../verify/bytes.js";
import { parseCharter } from "../verify/charter.js";
import { checkVerdict, judge } from "../verify/judge.js";
import { readBody } from "../verify/record.js";
import { parseToml } from "../verify/toml.js";
import { always } from "./support/random.js";
import { cannotTell, refuses } from "./support/refused.js";
import { PROJECT, vectorsOf } from "./support/vectors.js";

const texts = vectorsOf("charter-text");
const verdicts = vectorsOf("verdict");
const charter = parseCharter(toUtf8(verdicts.charter));

for (const { name, text } of texts.valid) {
  test(`charter's text, valid: ${name}`, () => assert.equal(parseCharter(toUtf8(text)).commitments.length, 1));
}
for (const { name, text } of texts.invalid) test(`charter's text, refused: ${name}`, () => refuses(() => parseCharter(toUtf8(text)), name));

const recordOf = (entry) => readBody(fromHex(entry)).content;
test(`the ${verdicts.valid.length} verdicts of verdict.json`, () => {
  for (const { name, entry } of verdicts.valid) {
    try {
      checkVerdict(charter, recordOf(entry));
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  }
});
for (const { name, entry } of verdicts.invalid) test(`verdict, refused: ${name}`, () => refuses(() => checkVerdict(charter, recordOf(entry)), name));

test("a verdict that is changed in any way is refused", async () => {
  const known = charter.commitments.map(({ id }) => id);
  await always(300, async (random) => {
    const record = recordOf(random.of(verdicts.valid).entry);
    const list = random.of([record.deviates, record.not_verifiable]);
    const changes = [() => list.pop(), () => list.push(random.of(known)), () => list.reverse(), () => list.splice(random.below(list.length + 1), 1, random.of(known))];
    const before = JSON.stringify([record.deviates, record.not_verifiable]);
    random.of(changes)();
    if (JSON.stringify([record.deviates, record.not_verifiable]) !== before) await refuses(() => checkVerdict(charter, record), before);
  });
});

test("what a record leaves open is never a pass: stating nothing keeps no rule that needs it", () => {
  const verdict = judge(charter, recordOf(verdicts.valid[0].entry));
  const bare = { ...recordOf(verdicts.valid[0].entry), dataset: "nobody knows it" };
  const unknown = judge(charter, bare);
  assert.ok(unknown.notVerifiable.length > verdict.notVerifiable.length);
  assert.deepEqual(unknown.deviates.filter((id) => !verdict.deviates.includes(id)), []);
});

test("the charters of the project, and those that were ever published, are read", () => {
  for (const folder of ["charters/", "testdata/charters/"]) {
    const url = new URL(folder, PROJECT);
    for (const name of readdirSync(url).filter((file) => file.endsWith(".toml"))) {
      const read = parseCharter(new Uint8Array(readFileSync(new URL(name, url))));
      assert.ok(read.commitments.length > 0 && read.title.length > 0, name);
      judge(read, recordOf(verdicts.valid[0].entry));
    }
  }
});

const HEAD = '[charter]\ntitle = "x"\n';
const rule = (must) => `${HEAD}[[commitment]]\nid = "A"\ntitle = "t"\nmust = ${must}\n`;
const judgeBy = (text) => judge(parseCharter(toUtf8(text)), recordOf(verdicts.valid[0].entry));

test("a condition or a field that is not known here is could not tell, and is never left out", async () => {
  for (const must of ["{ purpose = { begins_with = \"a\" } }", "{ weather = \"fine\" }", "{ purpose = {} }", "{ purpose = { in = [\"a\"], present = true } }", "{ purpose = [\"a\"] }", "{ constructor = true }"]) {
    await cannotTell(() => judgeBy(rule(must)), must);
  }
});

test("what is no charter is refused", async () => {
  const wrong = ["", "title = 1", HEAD.replace("title", "titel"), `commitment = 5\n${HEAD}`, `${HEAD}[[commitment]]\nid = "A"\ntitle = "t"\n`, rule("5"), rule('{ purpose = "a" }\nmust_not = { purpose = "a" }')];
  for (const text of wrong) await refuses(() => judgeBy(text), text);
  await refuses(() => parseCharter(new Uint8Array((4 << 20) + 1)), "too long");
  const many = (count) => toUtf8(HEAD + Array.from({ length: count }, (_, at) => `[[commitment]]\nid = "${at}"\ntitle = "t"\nquestion = "?"\n`).join(""));
  assert.equal(parseCharter(many(64)).commitments.length, 64);
  await refuses(() => parseCharter(many(65)), "65 commitments");
  await refuses(() => parseCharter(toUtf8(`${HEAD}[[dataset]]\nid = "a"\n[[dataset]]\nid = "a"\n`)), "a data set twice");
  await refuses(() => parseCharter(Uint8Array.of(0xff)), "not UTF-8");
});

const documents = {
  'a = "x\\u00e4\\n"': { a: "xä\n" },
  "a = 'C:\\x'": { a: "C:\\x" },
  'a = """\nx\\\n   y\n"""': { a: "xy\n" },
  'a = """x"""""': { a: 'x""' },
  "a = '''\nx'y'''": { a: "x'y" },
  "a = [1, [2, 'x'], # c\n 3,\n]": { a: [1n, [2n, "x"], 3n] },
  "a.b.c = 1\na.b.d = 2": { a: { b: { c: 1n, d: 2n } } },
  'a = { b.c = 1, "d e" = { } }': { a: { b: { c: 1n }, "d e": {} } },
  "[a.b]\nc = 1\n[a]\nd = 2": { a: { b: { c: 1n }, d: 2n } },
  "[[a]]\nb = 1\n[a.c]\nd = 1\n[[a]]\nb = 2": { a: [{ b: 1n, c: { d: 1n } }, { b: 2n }] },
  "a = 0xFF\nb = 0o17\nc = 0b101\nd = -1_000\ne = +5\nf = -0": { a: 255n, b: 15n, c: 5n, d: -1000n, e: 5n, f: 0n },
  "__proto__ = { x = 1 }\nconstructor = 2": { ["__proto__"]: { x: 1n }, constructor: 2n },
};
const plain = (value) => (value instanceof Map ? [...value].map(([key, inner]) => [key, plain(inner)]) : Array.isArray(value) ? value.map(plain) : value);
const pairs = (value) => (Array.isArray(value) ? value.map(pairs) : typeof value === "object" ? Object.entries(value).map(([key, inner]) => [key, pairs(inner)]) : value);
for (const [text, expected] of Object.entries(documents)) {
  test(`TOML: ${JSON.stringify(text)}`, () => assert.deepEqual(plain(parseToml(text)), pairs(expected)));
}

test("lists nest sixteen deep, and no deeper", async () => {
  const nested = (depth) => `a = ${"[".repeat(depth)}${"]".repeat(depth)}`;
  parseToml(nested(17));
  await refuses(() => parseToml(nested(18)), "18");
});

const broken = [
  ...["a", "a =", "= 1", "a = 1 b = 2", "a = 1\na = 2", "a.b = 1\na = 2", "a = 1\na.b = 2", "[a]\n[a]", "[[a]]\n[a]", "[a]\n[[a]]", "a = []\n[[a]]", "a = {}\n[a.b]", "a = { b = 1 }\na.c = 2", "a = { b.c = 1 }\n[a.b]"],
  ...["[a", "[a]]", "[[a]", "[a] b = 1", "a = 1__0", "a = _1", "a = 1_", "a = 0x", "a = 0xg", "a = +0x1", "a = 1.5", "a = 1e5", "a = inf", "a = nan", "a = truex", "a = 9223372036854775808", "a = 2026-02-30", "a = 2026-13-01"],
  ...["a = 2026-11-01T10:00:00Z", "a = 2026-11-01 10:00:00", "a = 10:00:00", 'a = "x', "a = 'x", 'a = """x', "a = \"\\q\"", 'a = "\u0007"', "a = [1 2]", "a = [1,,2]", "a = [", "a = { b = 1", "a = {\nb = 1 }", '"""a""" = 1', "a b = 1", "[a.b.c]\nz = 1\n[a]\nb.c.t = 2", "a.b.c = 1\n[a.b]\nd = 1"],
  `a = ${"[".repeat(50_000)}`,
  `${"a.".repeat(50_000)}b = 1`,
  `a = ${"1".repeat(100_000)}`,
];
for (const text of broken) test(`TOML, refused: ${JSON.stringify(text).slice(0, 60)}`, () => refuses(() => parseToml(text), text.slice(0, 60)));
