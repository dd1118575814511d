/**
 * Strict reading of protobuf (docs/format.md, Strict reading): its nine rules and no more, so that two readers never
 * read two things. What breaks one is a failed verification.
 *
 * One pass, nothing is allocated but what a visitor makes. Known messages nest as deep as the table of fields says
 * (3 today), whatever the input is; what is in unknown fields is not looked into.
 */

import { Failed } from "./fault.js";

const DEPTH_MAX = 8;
const FIELD_NUMBER_MAX = 2 ** 29 - 1;
const WIRE_TYPES = { bool: 0, int32: 0, int64: 0, uint32: 0, uint64: 0, enum: 0, string: 2, bytes: 2, message: 2 };
const SLOTS = 128;

/**
 * Is told each known field in the order in which it is written. What it is given is valid up to there; whether the
 * rest is, shows only when `walk` returns.
 *
 * @typedef {object} Visitor
 * @property {(field: import("./schema.js").Field, low: number, high: number) => void} [number]
 *   a varint of 64 bits, as two words of 32, signed as they come
 * @property {(field: import("./schema.js").Field, bytes: Uint8Array, start: number, end: number) => void} [bytes]
 *   text or bytes: `bytes[start … end)`
 * @property {(field: import("./schema.js").Field) => void} [open] a message begins
 * @property {(field: import("./schema.js").Field) => void} [close] it ends
 */

// The varint read last. Nothing here is asynchronous, so that no two readings meet.
let low = 0;
let high = 0;
// Which reading has seen a field, by depth.
let reading = 0;
const seen = Array.from({ length: DEPTH_MAX }, () => new Float64Array(SLOTS));

/**
 * Reads a message strictly.
 *
 * @param {import("./schema.js").Message} message what it is
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @param {Visitor} [visitor]
 * @returns {number} number of the member of a `oneof` that is there; 0 if there is none
 * @throws {Failed} it breaks a rule: says which, and at which byte
 */
export function walk(message, bytes, start, end, visitor = {}) {
  return walkAt(message, bytes, start, end, visitor, 0);
}

function walkAt(message, bytes, start, end, visitor, depth) {
  if (depth === DEPTH_MAX) throw broken(9, start, `messages nest more than ${DEPTH_MAX} deep`);
  reading += 1;
  const mine = reading;
  const known = seen[depth];
  let member = 0;
  let at = start;
  while (at < end) {
    const tagAt = at;
    at = varint(bytes, at, end);
    const number = low >>> 3;
    const wireType = low & 7;
    if (high !== 0 || number === 0) throw broken(2, tagAt, `a field number is not between 1 and ${FIELD_NUMBER_MAX}`);
    const field = number < message.fields.length ? message.fields[number] : null;
    if (field === null) {
      at = skip(wireType, bytes, at, end, tagAt);
      continue;
    }
    if (wireType !== WIRE_TYPES[field.type]) {
      throw broken(5, tagAt, `field ${number} (${field.name}) has wire type ${wireType}, its declaration says ${WIRE_TYPES[field.type]}`);
    }
    if (!field.repeated) {
      if (known[number] === mine) throw broken(6, tagAt, `field ${number} (${field.name}) is there twice`);
      known[number] = mine;
    }
    if (message.isOneof) {
      if (member !== 0) throw broken(7, tagAt, `field ${number} stands beside field ${member}, and at most one may be there`);
      member = number;
    }
    at = wireType === 0 ? numberField(field, bytes, at, end, visitor) : bytesField(field, bytes, at, end, visitor, depth);
  }
  return member;
}

function numberField(field, bytes, at, end, visitor) {
  const behind = varint(bytes, at, end);
  if (!isInRange(field.type)) throw broken(8, at, `field ${field.number} (${field.name}) is out of the range of ${field.type}`);
  visitor.number?.(field, low, high);
  return behind;
}

function bytesField(field, bytes, at, end, visitor, depth) {
  const from = lengthAt(bytes, at, end);
  const to = from + low;
  if (field.message !== null) {
    visitor.open?.(field);
    walkAt(field.message, bytes, from, to, visitor, depth + 1);
    visitor.close?.(field);
    return to;
  }
  if (field.type === "string" && !isUtf8(bytes, from, to)) throw broken(8, at, `field ${field.number} (${field.name}) is not UTF-8`);
  visitor.bytes?.(field, bytes, from, to);
  return to;
}

/** The value that a visitor was told of, by the type of its field. */
export function numberOf(field, lowWord, highWord) {
  switch (field.type) {
    case "bool":
      return lowWord === 1;
    case "uint32":
      return lowWord >>> 0;
    case "int32":
    case "enum":
      return lowWord | 0;
    case "int64":
      return (BigInt(highWord | 0) << 32n) | BigInt(lowWord >>> 0);
    default:
      return (BigInt(highWord >>> 0) << 32n) | BigInt(lowWord >>> 0);
  }
}

function isInRange(type) {
  switch (type) {
    case "bool":
      return high === 0 && (low === 0 || low === 1);
    case "uint32":
      return high === 0;
    case "int32":
    case "enum":
      return high === low >> 31;
    default:
      return true;
  }
}

/** An unknown field; its content is not looked into. */
function skip(wireType, bytes, at, end, tagAt) {
  switch (wireType) {
    case 0:
      return varint(bytes, at, end);
    case 1:
      return fixed(8, at, end);
    case 2: {
      const from = lengthAt(bytes, at, end);
      return from + low;
    }
    case 5:
      return fixed(4, at, end);
    default:
      throw broken(3, tagAt, `wire type ${wireType} is refused`);
  }
}

function fixed(length, at, end) {
  if (end - at < length) throw broken(4, at, "a value ends behind its message");
  return at + length;
}

/** Reads a length into `low`; returns where its bytes begin. */
function lengthAt(bytes, at, end) {
  const from = varint(bytes, at, end);
  if (high !== 0 || low >>> 0 > end - from) throw broken(4, at, "a value ends behind its message");
  return from;
}

/** Reads a varint into `low` and `high`; returns where what follows begins. */
function varint(bytes, at, end) {
  // Most have one byte.
  if (at < end && bytes[at] < 0x80) {
    low = bytes[at];
    high = 0;
    return at + 1;
  }
  let lowBits = 0;
  let highBits = 0;
  for (let group = 0; group < 10; group += 1) {
    if (at + group >= end) throw broken(4, at, "a number ends behind its message");
    const byte = bytes[at + group];
    const bits = byte & 0x7f;
    if (group < 4) lowBits |= bits << (7 * group);
    else if (group === 4) {
      lowBits |= bits << 28;
      highBits = bits >>> 4;
    } else highBits |= bits << (7 * group - 32);
    if (byte < 0x80) {
      if (group === 9 && bits > 1) throw broken(1, at, "a varint does not fit in 64 bits");
      if (byte === 0) throw broken(1, at, "a varint is not as short as possible");
      low = lowBits | 0;
      high = highBits | 0;
      return at + group + 1;
    }
  }
  throw broken(1, at, "a varint has more than 10 bytes");
}

/** No surrogates, no overlong forms, nothing above U+10FFFF (RFC 3629, section 4). */
function isUtf8(bytes, start, end) {
  let at = start;
  while (at < end) {
    const first = bytes[at];
    at += 1;
    if (first < 0x80) continue;
    const more = first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (more === 0 || at + more > end) return false;
    const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at] < lowest || bytes[at] > highest) return false;
    for (let next = at + 1; next < at + more; next += 1) {
      if (bytes[next] < 0x80 || bytes[next] > 0xbf) return false;
    }
    at += more;
  }
  return true;
}

function broken(rule, at, what) {
  return new Failed(`${what} (rule ${rule} of strict reading)`, { where: `byte ${at}` });
}
