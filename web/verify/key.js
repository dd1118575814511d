/**
 * Origins and verifier keys (docs/format.md, Origin and keys; C2SP signed-note).
 *
 * ```
 * key id        = first 4 bytes of H(key name ‖ 0x0A ‖ 0x01 ‖ public key)
 * verifier key  = key name ‖ "+" ‖ hex(key id) ‖ "+" ‖ base64(0x01 ‖ public key)
 * ```
 */

import { concat, equal, fromBase64, fromHex, toBase64, toHex, toUtf8 } from "./bytes.js";
import { checkPublicKey } from "./ed25519.js";
import { CannotTell, Failed, require, shown } from "./fault.js";
import { sha256 } from "./sha256.js";

/** Bytes of a key id. */
export const KEY_ID_BYTES = 4;
/** Most bytes of the name of a ledger. */
export const ORIGIN_BYTES_MAX = 255;
const TYPE_ED25519 = 0x01;
/** More than any verifier key has. */
const TEXT_MAX = 1_000;

/**
 * A key that signs checkpoints, under its name.
 *
 * @typedef {object} VerifierKey
 * @property {string} name
 * @property {Uint8Array} id 4 bytes: a hint which key signed, not a fingerprint
 * @property {Uint8Array} publicKey 32 bytes, checked by `checkPublicKey`
 */

/**
 * Reads a verifier key. White space around it is ignored. Not checked: that the name keeps all rules of an origin
 * (`checkOrigin`), and where the key came from.
 *
 * @param {string} text the text of a `.vkey` file
 * @returns {VerifierKey}
 * @throws {Failed} what is no verifier key, is mistyped, or must not be used
 */
export function parseVerifierKey(text) {
  const line = text.length > TEXT_MAX ? "" : text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  const parts = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(line);
  if (!parts) throw new Failed("this is no verifier key", { expected: "one line: name+id+base64" });
  const [, name, id, base64] = parts;
  require(isKeyName(name), "the name of a key is not empty and has no white space and no +", { found: name });
  require(/^[0-9a-f]{8}$/.test(id), "the key id is eight lower-case hexadecimal digits", { found: id });
  const bytes = fromBase64(base64);
  require(bytes[0] === TYPE_ED25519, "the key is of another type", { expected: "1 (Ed25519)", found: bytes[0] });
  const key = verifierKey(name, bytes.slice(1));
  require(equal(key.id, fromHex(id)), "the key id does not fit the name and the key: it was mistyped", { expected: toHex(key.id), found: id });
  return key;
}

/**
 * @param {string} name
 * @param {Uint8Array} publicKey 32 bytes
 * @returns {VerifierKey}
 * @throws {Failed} a public key that must not be used
 */
export function verifierKey(name, publicKey) {
  checkPublicKey(publicKey);
  const hash = sha256(concat(toUtf8(name), Uint8Array.of(0x0a, TYPE_ED25519), publicKey));
  return { name, id: hash.slice(0, KEY_ID_BYTES), publicKey };
}

/**
 * @param {VerifierKey} key
 * @returns {string} its one line of text
 */
export function verifierKeyText(key) {
  return `${key.name}+${toHex(key.id)}+${toBase64(concat(Uint8Array.of(TYPE_ED25519), key.publicKey))}`;
}

/**
 * Checks the name of a ledger: 1 to 255 bytes of UTF-8 without control characters, white space or `+`.
 *
 * @param {string} origin
 * @throws {CannotTell} it is none: nobody can know a ledger by it
 */
export function checkOrigin(origin) {
  const bytes = toUtf8(origin).length;
  if (!isKeyName(origin) || bytes > ORIGIN_BYTES_MAX || /[\p{Cc}\p{Cs}]/u.test(origin)) {
    throw new CannotTell("this is no name of a ledger", {
      expected: `1 to ${ORIGIN_BYTES_MAX} bytes without control characters, white space and +`,
      found: shown(origin),
    });
  }
}

/**
 * @param {string} name
 * @returns {boolean} whether it is a key name of C2SP signed-note
 */
export function isKeyName(name) {
  return name.length > 0 && !/[\p{White_Space}+]/u.test(name);
}
