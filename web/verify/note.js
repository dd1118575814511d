/**
 * Signed notes (docs/format.md, Checkpoint; C2SP signed-note): a text, an empty line, signature lines.
 */

import { equal, fromBase64, fromUtf8, toUtf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { Failed, require, withinAsync } from "./fault.js";
import { KEY_ID_BYTES, isKeyName } from "./key.js";

/** Longest note that is read. */
export const NOTE_BYTES_MAX = 1_000_000;
/** Most signatures of a note that is read; every reader takes 16. */
export const SIGNATURES_MAX = 100;
const EM_DASH = "\u2014";

/**
 * @typedef {object} Note
 * @property {string} text what is signed; ends with a line feed
 * @property {{name: string, id: Uint8Array, signature: Uint8Array}[]} signatures 1 to 100
 */

/**
 * Takes a note apart. No signature is verified.
 *
 * @param {Uint8Array} bytes
 * @returns {Note}
 * @throws {Failed} what is no note, or longer than this reader takes
 */
export function parseNote(bytes) {
  require(bytes.length <= NOTE_BYTES_MAX, "the note is too long", { expected: `at most ${NOTE_BYTES_MAX} bytes`, found: `${bytes.length} bytes` });
  for (const byte of bytes) {
    require(byte >= 0x20 || byte === 0x0a, "a note has a control character", { found: `byte ${byte}` });
  }
  const note = fromUtf8(bytes);
  const gap = note.lastIndexOf("\n\n");
  require(gap >= 0, "a note has an empty line before its signatures");
  const lines = note.slice(gap + 2).split("\n");
  require(lines.pop() === "", "the last line of a note ends with a line feed");
  require(lines.length >= 1, "a note has at least one signature");
  require(lines.length <= SIGNATURES_MAX, "the note has too many signatures", { expected: `at most ${SIGNATURES_MAX}`, found: lines.length });
  return { text: note.slice(0, gap + 1), signatures: lines.map(signatureOf) };
}

/**
 * Verifies a note: every line with name and id of a known key must verify under it, and at least one known key
 * must have signed. Lines of others are passed over.
 *
 * @param {Uint8Array} bytes
 * @param {import("./key.js").VerifierKey[]} keys the known ones
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<{text: string, signers: import("./key.js").VerifierKey[]}>} the text, and which keys signed
 * @throws {Failed} what is no note, or not signed as it must be
 * @throws {import("./fault.js").CannotTell} signatures can't be checked here
 */
export async function openNote(bytes, keys, subtle) {
  const { text, signatures } = parseNote(bytes);
  const message = toUtf8(text);
  const signers = new Set();
  for (const [position, line] of signatures.entries()) {
    for (const key of keys) {
      if (key.name !== line.name || !equal(key.id, line.id)) continue;
      await withinAsync(`signature ${position + 1}`, () => verifySignature(key.publicKey, message, line.signature, subtle));
      signers.add(key);
    }
  }
  require(signers.size > 0, "no known key signed", { expected: keys.map((key) => key.name).join(" or "), found: signatures.map((line) => line.name).join(", ") });
  return { text, signers: [...signers] };
}

function signatureOf(line, position) {
  const malformed = (what) => new Failed(what, { where: `signature ${position + 1}` });
  const parts = line.split(" ");
  if (parts.length !== 3 || parts[0] !== EM_DASH || !isKeyName(parts[1])) {
    throw malformed(`a signature line reads: ${EM_DASH}, key name, base64, with a space between`);
  }
  const bytes = fromBase64(parts[2]);
  if (bytes.length <= KEY_ID_BYTES) throw malformed("a signature has a key id of 4 bytes and at least one byte more");
  return { name: parts[1], id: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}
