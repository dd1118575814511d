/**
 * The manifest of a transparency report (docs/report.md): what the report is of, and the SHA-256 of each other file.
 * What a ledger names of a report is the SHA-256 of the bytes of its manifest.
 */

import { fromBase64, fromHex, fromUtf8 } from "./bytes.js";
import { CannotTell, require } from "./fault.js";
import { members, parseJson } from "./json.js";
import { HASH_BYTES, sha256 } from "./sha256.js";

/** Where it lies in a report. */
export const MANIFEST_PATH = "manifest.json";
/** Longest manifest that is read. */
export const MANIFEST_BYTES_MAX = 256 * 1024;
const FORMAT = "einsicht/report-manifest/v1";
const YEAR_MIN = 1970;
const YEAR_MAX = 9998;
const THURSDAY = 4;
const MEMBERS = {
  format: "text",
  origin: "text",
  period: "text",
  time_zone: "text",
  time_zones: "text",
  first_instant: "text",
  end_instant: "text",
  provisional: "boolean",
  tree_size: "number",
  root: "text",
  charter: "number?",
  software: "text",
  entries: "text",
  fewer_than: "number?",
  corrects: "number?",
  files: "object",
};

/**
 * @typedef {object} Manifest
 * @property {string} origin name of the ledger
 * @property {string} period `2026-11`
 * @property {boolean} isProvisional
 * @property {bigint} size how many entries were read
 * @property {Uint8Array} root over them
 * @property {bigint | null} charter
 * @property {bigint | null} corrects index of the report that it corrects
 * @property {boolean} isClosed whether small counts are hidden
 * @property {string} timeZone
 * @property {string} firstInstant
 * @property {string} endInstant
 * @property {string} software
 * @property {Map<string, Uint8Array>} files path → SHA-256
 * @property {Uint8Array} sha256 of the manifest itself
 */

/**
 * Reads a manifest. Not checked: its files, the instants and the time zone, and whatever takes the ledger.
 *
 * @param {Uint8Array} bytes
 * @returns {Manifest}
 * @throws {CannotTell} it is no manifest that this reader knows
 */
export function parseManifest(bytes) {
  if (bytes.length > MANIFEST_BYTES_MAX) throw new CannotTell("the file is longer than any manifest", { expected: `at most ${MANIFEST_BYTES_MAX} bytes`, found: `${bytes.length} bytes` });
  const file = members(readJson(bytes), MEMBERS, MANIFEST_PATH);
  if (file.format !== FORMAT) throw new CannotTell("the manifest is of another kind or another release", { expected: FORMAT, found: file.format });
  const isPeriod = isPeriodOfReports(file.period);
  if (!isPeriod) throw new CannotTell("the period of the manifest is none", { expected: "2026, 2026-Q4, 2026-11 or 2026-W46", found: file.period });
  if (file.tree_size === 0n) throw new CannotTell("a report is about at least one entry, this one is about none");
  const isClosed = file.entries === "closed";
  if ((!isClosed && file.entries !== "public") || isClosed !== (file.fewer_than !== null)) {
    throw new CannotTell('"entries" and "fewer_than" contradict each other', { expected: '"public" without a number, or "closed" with one' });
  }
  return {
    origin: file.origin,
    period: file.period,
    isProvisional: file.provisional,
    size: file.tree_size,
    root: hashOf(() => fromBase64(file.root), "root"),
    charter: file.charter,
    corrects: file.corrects,
    isClosed,
    timeZone: file.time_zone,
    firstInstant: file.first_instant,
    endInstant: file.end_instant,
    software: file.software,
    files: filesOf(file.files),
    sha256: sha256(bytes),
  };
}

/** A year, a quarter, a month, or a week as ISO 8601 counts them; from 1970 to 9998. */
function isPeriodOfReports(text) {
  const parts = /^([0-9]{4})(?:-(?:Q[1-4]|W(0[1-9]|[1-4][0-9]|5[0-3])|0[1-9]|1[0-2]))?$/.exec(text);
  if (!parts) return false;
  const [year, week] = [Number(parts[1]), parts[2]];
  if (year < YEAR_MIN || year > YEAR_MAX) return false;
  // A week is of the year that its Thursday lies in: 53 of them have room where the year begins or ends with one.
  return week !== "53" || [Date.UTC(year, 0, 1), Date.UTC(year, 11, 31)].some((day) => new Date(day).getUTCDay() === THURSDAY);
}

function readJson(bytes) {
  let text;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new CannotTell("the manifest is not text in UTF-8");
  }
  return parseJson(text);
}

function filesOf(object) {
  const files = new Map();
  for (const [path, hash] of object) {
    if (typeof hash !== "string" || path === MANIFEST_PATH) throw new CannotTell("the manifest names files otherwise than with their SHA-256", { found: path });
    files.set(path, hashOf(() => fromHex(hash), path));
  }
  return files;
}

function hashOf(read, where) {
  try {
    const hash = read();
    require(hash.length === HASH_BYTES, "a hash has another length");
    return hash;
  } catch {
    throw new CannotTell("this is no SHA-256 as manifests spell it", { where });
  }
}
