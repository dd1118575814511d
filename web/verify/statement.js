/**
 * `Statement` (proto/einsicht/v1/vault.proto) in its one spelling: what stewards and auditors did, as it is sealed.
 *
 * Known fields in ascending order, each once; those that are not optional and empty left out; `fields` packed;
 * varints as short as possible (docs/format.md, Sealing). It is read, written again, and compared.
 */

import { concat, equal, fromUtf8, toUtf8 } from "./bytes.js";
import { Failed, require } from "./fault.js";

const UINT32_END = 2n ** 32n;

/**
 * @typedef {object} Statement
 * @property {string} who
 * @property {bigint | null} index of the entry, if it is about one
 * @property {number[]} fields numbers of sealed fields
 * @property {string} reason
 * @property {{scheme: string, id: string}[]} subjects whose view keys were given out
 * @property {string[]} months for which
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Statement}
 * @throws {Failed} it is no statement, or not in its one spelling
 */
export function readStatement(bytes) {
  const statement = { who: "", index: null, fields: [], reason: "", subjects: [], months: [] };
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 2) statement.index = numberIn(value);
    else if (number === 1) statement.who = textIn(value);
    else if (number === 3) statement.fields = packedIn(value);
    else if (number === 4) statement.reason = textIn(value);
    else if (number === 5) statement.subjects.push(subjectIn(value));
    else if (number === 6) statement.months.push(textIn(value));
    else throw new Failed("a statement has a field that is not known", { found: number });
  }
  require(equal(write(statement), bytes), "a statement is not in its one spelling");
  return statement;
}

function subjectIn(value) {
  const subject = { scheme: "", id: "" };
  require(value instanceof Uint8Array, "a field of a statement has another wire type");
  for (const { number, value: inner } of fieldsOf(value)) {
    if (number === 1) subject.scheme = textIn(inner);
    else if (number === 2) subject.id = textIn(inner);
    else throw new Failed("a subject has a field that is not known", { found: number });
  }
  return subject;
}

function textIn(value) {
  require(value instanceof Uint8Array, "a field of a statement has another wire type");
  return fromUtf8(value);
}

function numberIn(value) {
  require(typeof value === "bigint", "a field of a statement has another wire type");
  return value;
}

function packedIn(value) {
  require(value instanceof Uint8Array, "numbers of fields are packed");
  const numbers = [];
  for (let at = 0; at < value.length; ) {
    const [number, behind] = varintAt(value, at);
    require(number < UINT32_END, "a number of a field does not fit in 32 bits");
    numbers.push(Number(number));
    at = behind;
  }
  return numbers;
}

/** The fields of a message: varints as `bigint`, bytes as they are. */
function fieldsOf(bytes) {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag, from] = varintAt(bytes, at);
    const [value, behind] = valueAt(bytes, from, Number(tag & 7n));
    fields.push({ number: Number(tag >> 3n), value });
    at = behind;
  }
  return fields;
}

function valueAt(bytes, at, wireType) {
  const [number, from] = varintAt(bytes, at);
  if (wireType === 0) return [number, from];
  require(wireType === 2, "a field of a statement has another wire type");
  require(number <= BigInt(bytes.length - from), "a statement ends inside a field");
  const end = from + Number(number);
  return [bytes.subarray(from, end), end];
}

function varintAt(bytes, start) {
  let number = 0n;
  for (let group = 0; group < 10; group += 1) {
    require(start + group < bytes.length, "a statement ends inside a number");
    const byte = bytes[start + group];
    number |= BigInt(byte & 0x7f) << BigInt(7 * group);
    if (byte < 0x80) {
      require(number < 2n ** 64n, "a number of a statement does not fit in 64 bits");
      return [number, start + group + 1];
    }
  }
  throw new Failed("a number of a statement has more than 10 bytes");
}

function write(statement) {
  const parts = [];
  if (statement.who !== "") parts.push(bytesField(1, toUtf8(statement.who)));
  if (statement.index !== null) parts.push(varint(2n << 3n), varint(statement.index));
  if (statement.fields.length > 0) parts.push(bytesField(3, concat(...statement.fields.map((number) => varint(BigInt(number))))));
  if (statement.reason !== "") parts.push(bytesField(4, toUtf8(statement.reason)));
  for (const { scheme, id } of statement.subjects) {
    const inner = [];
    if (scheme !== "") inner.push(bytesField(1, toUtf8(scheme)));
    if (id !== "") inner.push(bytesField(2, toUtf8(id)));
    parts.push(bytesField(5, concat(...inner)));
  }
  for (const month of statement.months) parts.push(bytesField(6, toUtf8(month)));
  return concat(...parts);
}

function bytesField(number, bytes) {
  return concat(varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes);
}

function varint(number) {
  const bytes = [];
  for (let left = number; ; left >>= 7n) {
    if (left < 0x80n) return Uint8Array.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}
