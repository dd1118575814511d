/**
 * Bodies of entries as plain objects (docs/format.md, Body). Text is as it was logged: show it as text, never as HTML.
 */

import { fromUtf8 } from "./bytes.js";
import { within } from "./fault.js";
import { parseLeaf } from "./leaf.js";
import { numberOf, walk } from "./protobuf.js";
import { messageOf } from "./schema.js";

const ENTRY_BODY = messageOf("EntryBody");
const ACCESS_RECORD = messageOf("AccessRecord");

/**
 * What an entry says.
 *
 * `content` has one property for each field that the format knows, named as in the .proto files: text as `string`,
 * bytes as `Uint8Array` (copies), 64-bit numbers as `bigint`, others as `number`, messages as objects, repeated
 * fields as arrays. What is absent has its default (0, `false`, empty), optional fields are `undefined`.
 *
 * @typedef {object} Body
 * @property {string} kind `genesis`, `access` and so on; `unknown` for an entry of a kind that the format does not know
 * @property {Record<string, unknown> | null} content `null` if the kind is unknown
 */

/**
 * @typedef {object} ProvenEntry
 * @property {bigint} index
 * @property {Uint8Array} leaf
 * @property {Uint8Array} hash leaf hash
 * @property {bigint} recordedAt seconds since 1970-01-01T00:00:00Z
 * @property {Body} body read strictly
 * @property {import("./checkpoint.js").SignedCheckpoint} checkpoint
 */

/**
 * Reads the body of an entry strictly. Not checked: lengths and values that the .proto files ask of writers.
 *
 * @param {Uint8Array} bytes
 * @returns {Body}
 * @throws {import("./fault.js").Failed} it breaks a rule of strict reading
 */
export function readBody(bytes) {
  const builder = new Builder(ENTRY_BODY);
  const number = walk(ENTRY_BODY, bytes, 0, bytes.length, builder);
  if (number === 0) return { kind: "unknown", content: null };
  const kind = ENTRY_BODY.fields[number].name;
  return { kind, content: builder.root[kind] };
}

/**
 * The frame and the body of a leaf, read strictly.
 *
 * @param {Uint8Array} leaf
 * @param {bigint} index for messages
 * @returns {{recordedAt: bigint, body: Body}}
 * @throws {Failed} it is malformed
 */
export function readLeaf(leaf, index) {
  return within(`entry ${index}`, () => {
    const { recordedAt, body } = parseLeaf(leaf);
    return { recordedAt, body: readBody(body) };
  });
}

/**
 * Reads an `AccessRecord` strictly: the one within a confidential record.
 *
 * @param {Uint8Array} bytes
 * @returns {Record<string, unknown>}
 * @throws {import("./fault.js").Failed} it breaks a rule of strict reading
 */
export function readAccessRecord(bytes) {
  const builder = new Builder(ACCESS_RECORD);
  walk(ACCESS_RECORD, bytes, 0, bytes.length, builder);
  return builder.root;
}

/**
 * Only checks a body, and says of which kind it is. As fast as it gets, for whole logs.
 *
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @param {import("./protobuf.js").Visitor} [visitor]
 * @returns {number} field number of its kind in `EntryBody`; 0 if it is unknown
 * @throws {import("./fault.js").Failed} it breaks a rule of strict reading
 */
export function checkBody(bytes, start, end, visitor) {
  return walk(ENTRY_BODY, bytes, start, end, visitor);
}

/** Makes objects of what a reading tells. Names of properties come from the table of fields only. */
class Builder {
  #open = [];

  constructor(message) {
    this.root = empty(message);
    this.#open.push(this.root);
  }

  number(field, low, high) {
    this.#put(field, numberOf(field, low, high));
  }

  bytes(field, bytes, start, end) {
    this.#put(field, field.type === "string" ? fromUtf8(bytes.subarray(start, end)) : bytes.slice(start, end));
  }

  open(field) {
    const inner = empty(field.message);
    this.#put(field, inner);
    this.#open.push(inner);
  }

  close() {
    this.#open.pop();
  }

  #put(field, value) {
    const object = this.#open[this.#open.length - 1];
    if (field.repeated) object[field.name].push(value);
    else object[field.name] = value;
  }
}

function empty(message) {
  const object = {};
  for (const field of message.fields) {
    if (field !== null) object[field.name] = defaultOf(field, message.isOneof);
  }
  return object;
}

function defaultOf(field, isMember) {
  if (field.repeated) return [];
  if (field.optional || isMember) return undefined;
  switch (field.type) {
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "int64":
    case "uint64":
      return 0n;
    default:
      return 0;
  }
}
