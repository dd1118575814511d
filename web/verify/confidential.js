/**
 * Confidential records, and the entries that open them (docs/format.md, Confidential records).
 */

import { equal } from "./bytes.js";
import { require, within } from "./fault.js";
import { MARKER_BYTES } from "./marker.js";
import { readAccessRecord } from "./record.js";
import { CONFIDENTIAL, NONCE_BYTES, SALT_BYTES, SEAL_BYTES, sealOf, sealsOfRecord } from "./seal.js";

const DAY_S = 86_400n;

/**
 * @param {Record<string, unknown>} record an `AccessRecord`
 * @returns {boolean}
 */
export function isConfidential(record) {
  return record.confidential_seal !== undefined;
}

/**
 * What has to be known of a confidential record until it is opened.
 *
 * @typedef {object} Hidden
 * @property {Uint8Array} seal of the whole record
 * @property {number | undefined} day `confidential_until_day`
 */

/**
 * @param {import("./record.js").Body} body
 * @returns {Hidden}
 * @throws {Failed} it is no confidential record
 */
export function hiddenOf({ kind, content }) {
  require(kind === "access" && isConfidential(content), "the entry that is opened is no confidential record");
  return { seal: content.confidential_seal, day: content.confidential_until_day };
}

/**
 * Verifies that an `opening` entry opens a confidential record. Not checked: that the record stands before it, and was
 * not opened before (whoever follows the ledger knows).
 *
 * @param {Hidden} hidden the record that it names
 * @param {Record<string, unknown>} opening content of the `opening`
 * @param {bigint} [recordedAt] seconds of the opening; left out, the day is not checked
 * @returns {Record<string, unknown>} the `AccessRecord` that was hidden
 * @throws {Failed} it does not
 */
export function verifyOpening(hidden, opening, recordedAt) {
  return within(`opening of entry ${opening.index}`, () => {
    const { salt, record: bytes } = opening;
    require(salt.length === SALT_BYTES, "a salt has another length", { expected: `${SALT_BYTES} bytes`, found: `${salt.length} bytes` });
    require(equal(sealOf(CONFIDENTIAL, salt, bytes), hidden.seal), "salt and record do not make the seal of the confidential record");
    const record = within("the record within", () => readAccessRecord(bytes));
    const { day } = hidden;
    require(record.confidential_until_day === day, "the record within names another day", { expected: day ?? "none", found: record.confidential_until_day ?? "none" });
    require(!isConfidential(record), "the record within is confidential again");
    require(hasLengths(record), "the record within has a nonce, a marker or a seal of another length");
    if (recordedAt !== undefined && day !== undefined) {
      require(recordedAt / DAY_S >= BigInt(day), "the record was opened before its day", { expected: `day ${day} or later`, found: `day ${recordedAt / DAY_S}` });
    }
    return record;
  });
}

function hasLengths(record) {
  return (
    record.nonce?.length === NONCE_BYTES &&
    record.markers.every((marker) => marker.length === MARKER_BYTES) &&
    [...sealsOfRecord(record).values()].every((seal) => seal.length === SEAL_BYTES)
  );
}
