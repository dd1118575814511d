/**
 * Openings: salts and values of the seals of one entry (docs/format.md, Openings), for whoever may hold them.
 *
 * ```
 * open      field (1) ‖ 0x01 ‖ salt (32) ‖ uint32 length ‖ value
 * erased    field (1) ‖ 0x00 ‖ uint64 index of the erasure entry
 * ```
 */

import { uint32At, uint64At } from "./bytes.js";
import { isConfidential } from "./confidential.js";
import { Failed, require } from "./fault.js";
import { MARKER_BYTES, MarkerFinder, markersFor, viewKeyOf } from "./marker.js";
import { CONFIDENTIAL, NONCE_BYTES, SALT_BYTES, SEALED_FIELDS, nameOf, sealsOf, sealsOfRecord, verifySealed } from "./seal.js";

const SUBJECTS = 32;

/**
 * @typedef {{field: number, salt: Uint8Array, value: Uint8Array} | {field: number, erasedBy: bigint}} Opening
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Opening[]} by ascending field, at least one
 * @throws {Failed} they are no openings. Says nothing of values
 */
export function parseOpenings(bytes) {
  const openings = [];
  const has = (at, length) => require(length <= bytes.length - at, "the openings end inside one", { where: `byte ${at}` });
  for (let at = 0; at < bytes.length; ) {
    has(at, 2);
    const field = bytes[at];
    const isOpen = bytes[at + 1];
    require(SEALED_FIELDS.has(field), "no sealed field has this number", { found: field });
    require(field > (openings.at(-1)?.field ?? 0), "the openings are not by ascending field", { found: field });
    require(isOpen <= 1, "the byte behind the field is 0 or 1", { found: isOpen });
    at += 2;
    if (isOpen === 0) {
      has(at, 8);
      openings.push({ field, erasedBy: uint64At(bytes, at) });
      at += 8;
      continue;
    }
    has(at, SALT_BYTES + 4);
    const length = uint32At(bytes, at + SALT_BYTES);
    const from = at + SALT_BYTES + 4;
    has(from, length);
    openings.push({ field, salt: bytes.slice(at, at + SALT_BYTES), value: bytes.slice(from, from + length) });
    at = from + length;
  }
  require(openings.length > 0, "an entry has at least one opening");
  return openings;
}

/**
 * Checks that openings are those of an entry, and that its markers are right. Not checked: whether an entry erased
 * what is said to be.
 *
 * @param {import("./record.js").Body} body
 * @param {Opening[]} openings
 * @param {Uint8Array} periodKey of its month
 * @returns {"checked" | "unknown"} whether each subject could be looked for, or they were erased
 * @throws {Failed} they are not, or the markers are wrong
 */
export function checkOpenings(body, openings, periodKey) {
  const seals = sealsOf(body);
  require(body.content?.nonce?.length === NONCE_BYTES, "an entry with a seal has a nonce of 16 bytes");
  const isErased = (field) => openings.some((opening) => opening.field === field && "erasedBy" in opening);
  const outer = openings.find((opening) => opening.field === CONFIDENTIAL);
  if (outer && !("erasedBy" in outer)) {
    const inner = verifySealed(CONFIDENTIAL, outer.salt, outer.value, seals.get(CONFIDENTIAL));
    require(!isConfidential(inner), "the record within is confidential again");
    checkEach(openings, new Map([...seals, ...sealsOfRecord(inner)]));
    return checkMarkers(openings, inner, body.content, periodKey, isErased(SUBJECTS));
  }
  if (outer) {
    // Which seals the record within had, nobody can see any more. But what of it was erased with it can still be named.
    require(openings.every((opening) => "erasedBy" in opening), "something of an erased confidential record is open");
    require(seals.has(CONFIDENTIAL), "the entry has no seal of this field", { where: nameOf(CONFIDENTIAL) });
    return "unknown";
  }
  checkEach(openings, seals);
  return body.kind === "access" ? checkMarkers(openings, body.content, null, periodKey, isErased(SUBJECTS)) : "checked";
}

function checkEach(openings, seals) {
  for (const opening of openings) {
    require(seals.has(opening.field), "there is an opening, and no seal of it", { where: nameOf(opening.field) });
    if (!("erasedBy" in opening)) verifySealed(opening.field, opening.salt, opening.value, seals.get(opening.field));
  }
  for (const field of seals.keys()) {
    require(openings.some((opening) => opening.field === field), "there is a seal, and no opening of it", { where: nameOf(field) });
  }
}

/** `outside`: the confidential record that hides this one, whose markers must find nobody. */
function checkMarkers(openings, record, outside, periodKey, areErased) {
  require(record.nonce?.length === NONCE_BYTES, "a record with a seal has a nonce of 16 bytes");
  require(record.markers.every((marker) => marker.length === MARKER_BYTES), "a marker has another length");
  if (areErased) {
    require(markersFor(record.markers.length) === record.markers.length, "the number of markers is no power of two", { found: record.markers.length });
    return "unknown";
  }
  const opened = openings.find((opening) => opening.field === SUBJECTS);
  const subjects = opened ? verifySealed(SUBJECTS, opened.salt, opened.value, record.subjects_seal) : [];
  const expected = markersFor(subjects.length);
  require(record.markers.length === expected, "the record has another number of markers", { expected, found: record.markers.length });
  for (const subject of subjects) {
    const finder = new MarkerFinder(viewKeyOf(periodKey, subject));
    if (finder.find(record.nonce, record.markers) === null) throw new Failed("a subject of the record has no marker there: it would not find it");
    if (outside && finder.find(outside.nonce, outside.markers) !== null) {
      throw new Failed("a subject of the confidential record has a marker in what it shows: it would find it");
    }
  }
  return "checked";
}
