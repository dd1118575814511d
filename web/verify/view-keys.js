/**
 * A citizen's key file: view keys, with which one person finds the accesses to their own data.
 *
 * ```json
 * {"format": "einsicht-view-keys/v1", "origin": "ledger.example",
 *  "keys": [{"scheme": "person", "month": "2026-10", "key": "base64 of 32 bytes"}]}
 * ```
 *
 * The file does not say whose keys they are. Whoever has it finds the accesses to that person's data. No error of this
 * module repeats anything of a key.
 */

import { equal, fromBase64, toUtf8 } from "./bytes.js";
import { CannotTell } from "./fault.js";
import { members, parseJson } from "./json.js";
import { checkOrigin } from "./key.js";
import { KEY_BYTES } from "./marker.js";
import { parseMonth } from "./month.js";

/** Longest key file that is read. */
export const VIEW_KEYS_BYTES_MAX = 1 << 20;
/** Most keys in a file. */
export const VIEW_KEYS_MAX = 4_096;
const FORMAT = "einsicht-view-keys/v1";
const CODE_BYTES_MAX = 128;

/**
 * @typedef {object} ViewKey
 * @property {string} scheme the register that knows the person
 * @property {import("./month.js").Month} month
 * @property {Uint8Array} key 32 bytes, secret
 */

/**
 * @typedef {object} ViewKeys
 * @property {string} origin name of the ledger that they are for
 * @property {ViewKey[]} keys at least one
 */

/**
 * Reads a key file strictly. Whether the keys find anything, only a scan tells.
 *
 * @param {string} text
 * @returns {ViewKeys}
 * @throws {CannotTell} it is no file of view keys
 */
export function parseViewKeys(text) {
  if (text.length > VIEW_KEYS_BYTES_MAX) {
    throw new CannotTell("the file is longer than any file of view keys", { expected: `at most ${VIEW_KEYS_BYTES_MAX} bytes`, found: `${text.length} characters` });
  }
  const file = members(parseJson(text), { format: "text", origin: "text", keys: "list" }, "the key file");
  if (file.format !== FORMAT) throw new CannotTell("the file is of another kind or another release", { expected: `format ${FORMAT}` });
  checkOrigin(file.origin);
  if (file.keys.length === 0) throw new CannotTell("the file holds no view key: nothing can be found with it");
  if (file.keys.length > VIEW_KEYS_MAX) throw new CannotTell("the file holds too many view keys", { expected: `at most ${VIEW_KEYS_MAX}`, found: file.keys.length });
  const keys = [];
  for (const [position, value] of file.keys.entries()) {
    const where = `view key ${position + 1}`;
    const key = keyOf(members(value, { scheme: "text", month: "text", key: "text" }, where), where);
    const isThere = keys.some((other) => other.scheme === key.scheme && other.month.name === key.month.name && equal(other.key, key.key));
    if (isThere) throw new CannotTell("a view key is there twice", { where });
    keys.push(key);
  }
  return { origin: file.origin, keys };
}

/**
 * @param {ViewKeys} viewKeys
 * @returns {import("./month.js").Month[]} the months that they are for, each once, in order
 */
export function monthsOf({ keys }) {
  const months = new Map(keys.map(({ month }) => [month.name, month]));
  return [...months.values()].sort((one, other) => one.first - other.first);
}

function keyOf({ scheme, month, key: base64 }, where) {
  const bytes = toUtf8(scheme).length;
  const isCode = bytes >= 1 && bytes <= CODE_BYTES_MAX && /^[\p{L}\p{M}\p{Nd}\-_.:/]+$/u.test(scheme) && scheme.normalize("NFC") === scheme;
  if (!isCode) throw new CannotTell("a view key is of no register: its scheme is no code", { where });
  let key;
  try {
    key = fromBase64(base64);
  } catch {
    throw new CannotTell("a view key is not base64", { where });
  }
  if (key.length !== KEY_BYTES) throw new CannotTell("a view key has another length", { where, expected: `${KEY_BYTES} bytes` });
  try {
    return { scheme, month: parseMonth(month), key };
  } catch (error) {
    throw new CannotTell(error.what, { where, expected: error.expected });
  }
}
