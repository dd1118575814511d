/**
 * Seals, and the values behind them (docs/format.md, Sealing).
 *
 * ```
 * seal = H("einsicht/seal/v1" ‖ field ‖ salt ‖ value)
 * ```
 *
 * Values are personal. No error of this module repeats one.
 */

import { concat, equal, fromUtf8, toUtf8, uint32At } from "./bytes.js";
import { Failed, require, within } from "./fault.js";
import { readAccessRecord } from "./record.js";
import { sha256 } from "./sha256.js";
import { readStatement } from "./statement.js";

/** Bytes of a salt. */
export const SALT_BYTES = 32;
/** Bytes of a seal. */
export const SEAL_BYTES = 32;
/** Bytes of the nonce of an entry that has a seal. */
export const NONCE_BYTES = 16;
const PREFIX = toUtf8("einsicht/seal/v1");
const QUERY_BYTES_MAX = 4_096;
const CUT_QUERY_BYTES = 32 + QUERY_BYTES_MAX;

/**
 * Sealed fields by their number: the name that people read, the name of the seal in the entry, and the kind of the
 * value. Numbers are part of every seal with them.
 *
 * @type {Map<number, {number: number, name: string, seal: string, kind: string}>}
 */
export const SEALED_FIELDS = new Map(
  [
    [32, "subjects", "subjects_seal", "subjects"],
    [33, "actor", "actor_seal", "text"],
    [34, "on_behalf_of", "on_behalf_of_seal", "text"],
    [35, "record_keys", "record_keys_seal", "texts"],
    [36, "justification", "justification_seal", "text"],
    [37, "case_number", "case_number_seal", "text"],
    [38, "query", "query_seal", "query"],
    [39, "client_address", "client_address_seal", "text"],
    [40, "trace_id", "trace_id_seal", "bytes"],
    [41, "span_id", "span_id_seal", "bytes"],
    [42, "occurred_at", "occurred_at_us_seal", "time"],
    [43, "occurred_until", "occurred_until_us_seal", "time"],
    [44, "confidential", "confidential_seal", "record"],
    [45, "statement", "seal", "statement"],
  ].map(([number, name, seal, kind]) => [number, { number, name, seal, kind }]),
);
/** Field of a whole confidential record. */
export const CONFIDENTIAL = 44;
/** Field of what stewards and auditors did. */
export const STATEMENT = 45;
const LENGTHS = new Map([[40, 16], [41, 8]]);
const TRAIL = new Set(["disclosure_request", "disclosure", "erasure"]);

/**
 * @param {number} field
 * @param {Uint8Array} salt 32 bytes, which is not checked
 * @param {Uint8Array} value
 * @returns {Uint8Array} the seal, 32 bytes
 */
export function sealOf(field, salt, value) {
  return sha256(concat(PREFIX, Uint8Array.of(field), salt, value));
}

/**
 * The seals that an entry has, by the number of their field.
 *
 * @param {import("./record.js").Body} body
 * @returns {Map<number, Uint8Array>}
 */
export function sealsOf({ kind, content }) {
  if (kind === "access") return sealsOfRecord(content);
  const seal = TRAIL.has(kind) ? content.seal : undefined;
  return new Map(seal === undefined ? [] : [[STATEMENT, seal]]);
}

/**
 * The seals of an `AccessRecord`.
 *
 * @param {Record<string, unknown>} record
 * @returns {Map<number, Uint8Array>}
 */
export function sealsOfRecord(record) {
  const seals = new Map();
  for (const { number, seal } of SEALED_FIELDS.values()) {
    if (number !== STATEMENT && record[seal] !== undefined) seals.set(number, record[seal]);
  }
  return seals;
}

/**
 * Checks that salt and value were sealed, and reads the value.
 *
 * @param {number} field
 * @param {Uint8Array} salt
 * @param {Uint8Array} value
 * @param {Uint8Array | undefined} seal the one of the entry, if it has one of that field
 * @returns {unknown} what the value says, as `readValue` gives it
 * @throws {Failed} it is not what was sealed, or no value of the field
 */
export function verifySealed(field, salt, value, seal) {
  const name = nameOf(field);
  return within(name, () => {
    require(seal !== undefined, "the entry has no seal of this field");
    require(salt.length === SALT_BYTES, "a salt has another length", { expected: `${SALT_BYTES} bytes`, found: `${salt.length} bytes` });
    require(equal(sealOf(field, salt, value), seal), "this is not what was sealed: value and salt give another seal than the entry has");
    return readValue(field, value);
  });
}

/**
 * Reads a value in its one spelling: `string` for texts; for queries `{ text }`, or `{ sha256, beginning }` where only
 * the beginning was kept; arrays of `string`, or of `{ scheme, id }`; `bigint` microseconds; `Uint8Array`; an
 * `AccessRecord`; a `Statement`.
 *
 * @param {number} field
 * @param {Uint8Array} value
 * @returns {unknown}
 * @throws {Failed} it is no value of the field
 */
export function readValue(field, value) {
  switch (SEALED_FIELDS.get(field)?.kind) {
    case "text":
      return fromUtf8(value);
    case "texts":
      return listOf(value).map((element) => fromUtf8(element));
    case "subjects":
      return listOf(value).map(subjectOf);
    case "query":
      return queryOf(value);
    case "bytes":
      require(value.length === LENGTHS.get(field), "the value has another length", { expected: `${LENGTHS.get(field)} bytes`, found: `${value.length} bytes` });
      return value;
    case "time":
      return timeOf(value);
    case "record":
      return readAccessRecord(value);
    case "statement":
      return readStatement(value);
    default:
      throw new Failed("no sealed field has this number", { found: field });
  }
}

/**
 * @param {number} field
 * @returns {string} its name, for messages
 */
export function nameOf(field) {
  return SEALED_FIELDS.get(field)?.name ?? `field ${field}`;
}

function listOf(value) {
  const elements = [];
  for (let at = 0; at < value.length; ) {
    require(value.length - at >= 4, "the list ends inside an element");
    const length = uint32At(value, at);
    at += 4;
    require(length <= value.length - at, "the list ends inside an element");
    elements.push(value.subarray(at, at + length));
    at += length;
  }
  require(elements.length > 0, "a list without elements is not sealed");
  return elements;
}

function subjectOf(element) {
  require(element.length > 0, "a subject begins with the length of its scheme");
  const length = element[0];
  require(length > 0 && length < element.length - 1, "a subject has a scheme and an id, neither of them empty");
  return { scheme: fromUtf8(element.subarray(1, 1 + length)), id: fromUtf8(element.subarray(1 + length)) };
}

function queryOf(value) {
  if (value.length <= QUERY_BYTES_MAX) return { text: fromUtf8(value) };
  require(value.length === CUT_QUERY_BYTES, "a query has at most 4,096 bytes, or the hash of all and 4,096 bytes", { found: `${value.length} bytes` });
  return { sha256: value.slice(0, 32), beginning: cutText(value.subarray(32)) };
}

/** Text that may end inside a character; that one is left out. */
function cutText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    throw new Failed("bytes are not UTF-8");
  }
}

function timeOf(value) {
  // As many bytes as the longest number of 64 bits has: only then does it become text.
  const text = value.length <= 20 ? fromUtf8(value) : "";
  require(/^(?:0|-?[1-9][0-9]*)$/.test(text), "a time is a number in decimal digits, in its one spelling");
  const time = BigInt(text);
  require(BigInt.asIntN(64, time) === time, "a time has 64 bits");
  return time;
}
