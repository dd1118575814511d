/**
 * Files of disclosed values: laid out here, checked in check-disclosure.js.
 *
 * ```json
 * {"format": "einsicht-disclosure/v1", "origin": "ledger.example",
 *  "receipt": "c2sp.org/tlog-proof@v1\n…",
 *  "opened": [{"field": "actor", "salt": "base64", "value": "base64"}],
 *  "erased": [{"field": "subjects", "by": 23}],
 *  "trail": "c2sp.org/tlog-proof@v1\n…"}
 * ```
 *
 * `receipt` is of the entry that the values belong to, `trail` of the entry that says that they were disclosed.
 * `erased` is what the service said; no file proves it. Values are personal: no error of this module repeats one.
 */

import { fromBase64 } from "./bytes.js";
import { isConfidential } from "./confidential.js";
import { CannotTell, Failed, require } from "./fault.js";
import { members, parseJson } from "./json.js";
import { CONFIDENTIAL, SALT_BYTES, SEALED_FIELDS, sealsOf, sealsOfRecord, verifySealed } from "./seal.js";

/** Longest file of disclosed values that is read. */
export const DISCLOSURE_BYTES_MAX = 4 << 20;
const FORMAT = "einsicht-disclosure/v1";

/**
 * @typedef {object} Disclosure
 * @property {string} origin
 * @property {string} receipt
 * @property {string} trail
 * @property {{field: number, salt: Uint8Array, value: Uint8Array}[]} opened at least one
 * @property {{field: number, by: bigint}[]} erased
 */

/**
 * @typedef {object} Disclosed
 * @property {number} field
 * @property {string} name
 * @property {unknown} value what it says, as `readValue` of seal.js gives it
 */

/**
 * Takes a file apart. Nothing is verified.
 *
 * @param {string} text
 * @returns {Disclosure}
 * @throws {CannotTell} it is no file of disclosed values
 * @throws {Failed} a field is there twice
 */
export function parseDisclosure(text) {
  if (text.length > DISCLOSURE_BYTES_MAX) {
    throw new CannotTell("the file is longer than any file of disclosed values", { expected: `at most ${DISCLOSURE_BYTES_MAX} bytes`, found: `${text.length} characters` });
  }
  const wanted = { format: "text", origin: "text", receipt: "text", opened: "list", erased: "list?", trail: "text" };
  const file = parseJson(text);
  const { format, origin, receipt, opened, erased, trail } = members(file, wanted, "the file");
  if (erased === null && file.has("erased")) throw new CannotTell('the member "erased" is no list', { where: "the file", expected: "a list, or no such member" });
  if (format !== FORMAT) throw new CannotTell("the file is of another kind or another release", { expected: `format ${FORMAT}` });
  if (opened.length === 0) throw new CannotTell("the file discloses no value");
  if (opened.length + (erased?.length ?? 0) > SEALED_FIELDS.size) throw new CannotTell("the file discloses more values than an entry has sealed fields");
  const seen = new Set();
  return { origin, receipt, trail, opened: opened.map((one, at) => openedOf(one, at, seen)), erased: (erased ?? []).map((one, at) => erasedOf(one, at, seen)) };
}

/**
 * Verifies each opened value against the seals of an entry; those within a confidential record against the seals in
 * that record, which must be among the values for that.
 *
 * @param {Disclosure} disclosure
 * @param {import("./record.js").Body} body of the entry
 * @returns {Disclosed[]} in the order of the file
 * @throws {Failed} a value is not what was sealed, or of a field that the entry does not seal
 */
export function verifyValues({ opened, erased }, body) {
  const seals = sealsOf(body);
  const outer = opened.find(({ field }) => field === CONFIDENTIAL);
  if (outer) {
    const inner = verifySealed(CONFIDENTIAL, outer.salt, outer.value, seals.get(CONFIDENTIAL));
    require(!isConfidential(inner), "the record within is confidential again");
    for (const [field, seal] of sealsOfRecord(inner)) seals.set(field, seal);
  }
  const disclosed = opened.map(({ field, salt, value }) => ({
    field,
    name: SEALED_FIELDS.get(field).name,
    value: verifySealed(field, salt, value, seals.get(field)),
  }));
  // Where the record within a confidential one was erased, nobody can see any more which seals it had.
  const isGone = erased.some(({ field }) => field === CONFIDENTIAL) && seals.has(CONFIDENTIAL);
  for (const { field } of erased) {
    const isKnown = seals.has(field) || (isGone && field < CONFIDENTIAL);
    require(isKnown, "a value is said to be erased, and the entry has no seal of it", { where: SEALED_FIELDS.get(field).name });
  }
  return disclosed;
}

function openedOf(value, position, seen) {
  const where = `value ${position + 1}`;
  const { field: name, salt: saltText, value: valueText } = members(value, { field: "text", salt: "text", value: "text" }, where);
  const field = fieldOf(name, where, seen);
  const salt = bytesOf(saltText, where);
  if (salt.length !== SALT_BYTES) throw new CannotTell("a salt has another length", { where, expected: `${SALT_BYTES} bytes` });
  return { field, salt, value: bytesOf(valueText, where) };
}

function erasedOf(value, position, seen) {
  const where = `erased value ${position + 1}`;
  const { field, by } = members(value, { field: "text", by: "number" }, where);
  return { field: fieldOf(field, where, seen), by };
}

function fieldOf(name, where, seen) {
  const field = [...SEALED_FIELDS.values()].find((known) => known.name === name);
  if (!field) throw new CannotTell("no sealed field has this name", { where, found: name });
  if (seen.has(name)) throw new Failed("a field is there twice", { where, found: name });
  seen.add(name);
  return field.number;
}

function bytesOf(text, where) {
  try {
    return fromBase64(text);
  } catch {
    throw new CannotTell("a salt or value is not base64", { where });
  }
}
