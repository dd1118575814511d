import assert from "node:assert/strict";
import { test } from "node:test";

import { members, parseJson } from "../verify/json.js";
import { always } from "./support/random.js";
import { cannotTell } from "./support/refused.js";

/** What JSON.parse gives, in the shape of `parseJson`. */
function shape(value) {
  if (typeof value === "number") return BigInt(value);
  if (Array.isArray(value)) return value.map(shape);
  if (value !== null && typeof value === "object") return new Map(Object.entries(value).map(([name, member]) => [name, shape(member)]));
  return value;
}

function made(random, depth) {
  const kinds = depth > 3 ? 4 : 6;
  switch (random.below(kinds)) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 1;
    case 2:
      return random.below(2 ** 31) - 2 ** 30;
    case 3:
      return Array.from({ length: random.below(6) }, () => random.of([..."a ä\"\\/\n\u{7f}😀\u0000"])).join("");
    case 4:
      return Array.from({ length: random.below(4) }, () => made(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(4) }, () => [`m${random.below(1_000_000)}`, made(random, depth + 1)]));
  }
}

test("what JSON.parse reads of whole numbers, texts, lists and objects is read alike, however it is laid out", async () => {
  await always(500, (random) => {
    const value = made(random, 0);
    for (const indent of [0, 2, "\t"]) assert.deepEqual(parseJson(JSON.stringify(value, null, indent)), shape(value));
  });
});

test("numbers are exact, and names of members mean nothing to JavaScript", () => {
  assert.equal(parseJson("18446744073709551615"), 2n ** 64n - 1n);
  assert.equal(parseJson("-9223372036854775808"), -(2n ** 63n));
  const parsed = parseJson('{"__proto__": {"x": 1}, "constructor": 2}');
  assert.deepEqual([...parsed.keys()], ["__proto__", "constructor"]);
  assert.equal({}.x, undefined);
});

const wrong = ["", " ", "{", "}", "[1,]", '{"a":1,}', '{"a" 1}', '{"a":1 "b":2}', "{1:2}", "01", "1.0", "1e3", "+1", "-", ".5", "NaN", "tru", "nul", '"a', '"\n"', '"\\x"', '"\\u12"', '"\\u12zz"', '"\\x0041"', '"\\ud800"', "'a'", "[1] 2", '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', "\u{feff}{}", "123456789012345678901", "18446744073709551616", "-9223372036854775809", "-0", "1/**/", "[".repeat(10) + "]".repeat(10)];
for (const text of wrong) test(`JSON, refused: ${JSON.stringify(text).slice(0, 40)}`, () => cannotTell(() => parseJson(text), text));

test("nesting is limited, and what is below the limit is read", () => {
  assert.deepEqual(parseJson("[[[[[[[[[]]]]]]]]]"), [[[[[[[[[]]]]]]]]]);
});

test("a changed byte is refused, or read as JSON.parse reads it", async () => {
  const text = '{"a": [1, true, null, "x\\n"], "b": {"c": -5}}';
  await always(500, (random) => {
    const at = random.below(text.length);
    const changed = text.slice(0, at) + random.of([...'{}[]",:0\\ae -']) + text.slice(at + 1);
    let read;
    try {
      read = parseJson(changed);
    } catch (error) {
      assert.equal(error.name, "CannotTell", error.stack);
      return;
    }
    assert.deepEqual(read, shape(JSON.parse(changed)), changed);
  });
});

test("an error says where, and nothing of what stands there", () => {
  assert.throws(() => parseJson('{\n  "key": secret}'), (error) => error.where === "line 2, column 10" && !error.message.includes("secret"));
});

test("members are taken by name and kind", async () => {
  const take = (text) => members(parseJson(text), { a: "text", b: "number?" }, "here");
  assert.deepEqual(take('{"a": "x"}'), { a: "x", b: null });
  assert.deepEqual(take('{"a": "x", "b": 5}'), { a: "x", b: 5n });
  for (const text of ["[]", "{}", '{"a": 1}', '{"a": "x", "b": "y"}', '{"a": "x", "b": -1}', '{"a": "x", "c": 1}', '{"a": null}', '{"a": "x", "toString": 1}']) {
    await cannotTell(() => take(text), text);
  }
});
