import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { fromHex, fromUtf8, toHex } from "../verify/bytes.js";
import { numberOf } from "../verify/protobuf.js";
import { checkBody, readBody } from "../verify/record.js";
import { messageNames, messageOf } from "../verify/schema.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";
import { PROJECT, vectorsOf } from "./support/vectors.js";

const vectors = vectorsOf("body");

/** Lists the fields that a reading tells, as body.json does. */
class Lister {
  rows = [];
  #path = [];

  number(field, low, high) {
    const value = numberOf(field, low, high);
    this.#row(field, String(typeof value === "boolean" ? Number(value) : value));
  }

  bytes(field, bytes, start, end) {
    const part = bytes.subarray(start, end);
    this.#row(field, field.type === "string" ? fromUtf8(part) : toHex(part));
  }

  open(field) {
    this.#row(field, null);
    this.#path.push(field.number);
  }

  close() {
    this.#path.pop();
  }

  #row(field, value) {
    this.rows.push({ numbers: [...this.#path, field.number], type: field.type, value });
  }

  /** In the order of their numbers; items of one list, and fields within one message, stay in theirs. */
  sorted() {
    const compare = (one, other) => {
      const at = one.numbers.findIndex((number, position) => number !== other.numbers[position]);
      return at === -1 ? 0 : at >= other.numbers.length ? 1 : one.numbers[at] - other.numbers[at];
    };
    const rows = this.rows.toSorted ? this.rows.toSorted(compare) : [...this.rows].sort(compare);
    return rows.map(({ numbers, type, value }) => ({ path: numbers.join("."), type, value }));
  }
}

for (const { name, bytes, content, fields } of vectors.valid) {
  test(`body, valid: ${name}`, () => {
    const body = fromHex(bytes);
    const lister = new Lister();
    checkBody(body, 0, body.length, lister);
    assert.deepEqual(lister.sorted(), fields);
    assert.equal(readBody(body).kind, content);
  });
}

for (const { name, bytes, rule } of vectors.invalid) {
  test(`body, refused: ${name}`, async () => {
    await refuses(() => readBody(fromHex(bytes)), name);
    assert.throws(() => readBody(fromHex(bytes)), new RegExp(`rule ${rule} of strict reading`));
  });
}

test("the object of a body holds what its fields say, defaults, and nothing of its prototype", () => {
  const genesis = readBody(fromHex(vectors.valid[0].bytes)).content;
  assert.equal(genesis.origin, "origin 0");
  assert.deepEqual(genesis.public_keys.map(toHex), ["0400", "0401"]);
  assert.equal(genesis.predecessor.size, 102n);
  assert.equal(genesis.simulated, true);
  assert.equal(readBody(fromHex("0a00")).content.simulated, false);
  const start = readBody(fromHex("1200")).content;
  assert.deepEqual(start, { software: "" });
  const access = readBody(fromHex("1a00")).content;
  assert.deepEqual([access.dataset, access.activity, access.sequence, access.markers], ["", undefined, 0n, []]);
});

test("a body that is cut anywhere is refused", async () => {
  const whole = vectors.valid.filter(({ name }) => name.endsWith("with all its fields"));
  assert.equal(whole.length, 12);
  for (const { name, bytes } of whole) {
    const body = fromHex(bytes);
    for (let end = 1; end < body.length; end += 1) await refuses(() => readBody(body.subarray(0, end)), `${name}, ${end} bytes`);
  }
});

test("random bytes are refused or read, and never anything else", async () => {
  await always(2_000, (random) => {
    try {
      readBody(random.bytes(random.below(40)));
    } catch (error) {
      assert.equal(error.name, "Failed", error.stack);
    }
  });
});

test("a field number of a prototype's property is an unknown field like any other", () => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  assert.deepEqual(messageNames().flatMap((name) => messageOf(name).fields).filter((field) => field && names.includes(field.name)), []);
});

test("the table of fields is that of the .proto files", () => {
  const folder = new URL("proto/einsicht/v1/", PROJECT);
  const source = readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), "utf8").replace(/\/\/.*/g, "").replace("oneof content {", ""))
    .join("\n");
  const enumerations = new Set([...source.matchAll(/enum (\w+)/g)].map((match) => match[1]));
  const messages = new Map([...source.matchAll(/message (\w+) \{([^}]*)\}/g)].map((match) => [match[1], match[2]]));
  for (const name of messageNames()) {
    const declared = [...messages.get(name).matchAll(/(optional |repeated )?(\w+) (\w+) = (\d+);/g)].map(([, mark, type, field, number]) => ({
      number: Number(number),
      name: field,
      type: enumerations.has(type) ? "enum" : messages.has(type) ? "message" : type,
      repeated: mark === "repeated ",
      optional: mark === "optional ",
      message: messages.has(type) ? type : null,
    }));
    const table = messageOf(name).fields.filter(Boolean).map((field) => ({ ...field, message: field.message?.name ?? null }));
    assert.deepEqual(table, declared, name);
  }
});
