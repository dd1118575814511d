/**
 * What was verified last, as a page keeps it: size and root, so that a history that is rewritten later shows.
 *
 * ```json
 * {"format": "einsicht-kept/v1", "origin": "ledger.example", "size": 17, "root": "base64"}
 * ```
 */

import { fromBase64, fromDecimal, toBase64 } from "./bytes.js";
import { CannotTell } from "./fault.js";
import { HASH_BYTES } from "./sha256.js";

const FORMAT = "einsicht-kept/v1";
const TEXT_MAX = 2_000;
/** Members in the order in which `keptText` writes them: only that wrote it, and every page would load a parser for it. */
const LAYOUT = /^\{\s*"format":\s*"([^"\\]*)",\s*"origin":\s*("(?:[^"\\]|\\.)*"),\s*"size":\s*([0-9]{1,20}),\s*"root":\s*"([^"\\]*)"\s*\}$/;

/**
 * @typedef {object} Kept
 * @property {bigint} size at least 1
 * @property {Uint8Array} root 32 bytes
 */

/**
 * @param {string} origin name of the ledger
 * @param {Kept} kept
 * @returns {string}
 */
export function keptText(origin, { size, root }) {
  return `{"format": "${FORMAT}", "origin": ${JSON.stringify(origin)}, "size": ${size}, "root": "${toBase64(root)}"}`;
}

/**
 * @param {string} text
 * @param {string} origin the ledger that is looked at
 * @returns {Kept}
 * @throws {CannotTell} it can't be read, or is of another ledger: then nobody knows what was verified before, which
 *   must not look like the first visit
 */
export function parseKept(text, origin) {
  if (text.length > TEXT_MAX) throw new CannotTell("what was kept is longer than it can be");
  const [, format, foundOrigin, sizeText, root] = LAYOUT.exec(text) ?? [];
  if (format === undefined) throw new CannotTell("what was kept can't be read");
  if (format !== FORMAT) throw new CannotTell("what was kept is of another release", { expected: FORMAT });
  if (foundOrigin !== JSON.stringify(origin)) throw new CannotTell("what was kept is of another ledger", { expected: origin, found: foundOrigin });
  const size = sizeOf(sizeText);
  if (size === 0n) throw new CannotTell("an empty ledger was kept: nothing follows from it");
  return { size, root: rootOf(root) };
}

function sizeOf(text) {
  try {
    return fromDecimal(text);
  } catch (cause) {
    throw new CannotTell("the size that was kept is none", { cause });
  }
}

function rootOf(text) {
  let root = new Uint8Array(0);
  try {
    root = fromBase64(text);
  } catch {
    // Told below.
  }
  if (root.length !== HASH_BYTES) throw new CannotTell("the root that was kept is none");
  return root;
}
