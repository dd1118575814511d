/**
 * Checkpoints: signed statements of size and root (docs/format.md, Checkpoint; C2SP tlog-checkpoint).
 *
 * ```
 * <origin>
 * <size, decimal>
 * <root hash, base64>
 * ```
 */

import { equal, fromBase64, fromDecimal, toHex } from "./bytes.js";
import { require } from "./fault.js";
import { openNote } from "./note.js";
import { HASH_BYTES, sha256 } from "./sha256.js";

const EMPTY_ROOT = sha256(new Uint8Array(0));

/**
 * @typedef {object} Checkpoint
 * @property {string} origin
 * @property {bigint} size how many entries it covers
 * @property {Uint8Array} root 32 bytes
 * @property {string[]} extensions further lines of its text
 */

/**
 * @typedef {Checkpoint & {signers: import("./key.js").VerifierKey[]}} SignedCheckpoint
 */

/**
 * Reads the text of a checkpoint. Not checked: signatures, and the form of the origin.
 *
 * @param {string} text
 * @returns {Checkpoint}
 * @throws {import("./fault.js").Failed} what is no checkpoint
 */
export function parseCheckpointText(text) {
  const lines = text.split("\n");
  require(lines.pop() === "", "the text of a checkpoint ends with a line feed");
  require(lines.length >= 3, "a checkpoint has at least three lines", { found: lines.length });
  require(lines.every((line) => line !== ""), "no line of a checkpoint is empty");
  const [origin, sizeText, rootText, ...extensions] = lines;
  const size = fromDecimal(sizeText);
  const root = fromBase64(rootText);
  require(root.length === HASH_BYTES, "a root has 32 bytes", { found: `${root.length} bytes` });
  if (size === 0n) require(equal(root, EMPTY_ROOT), "the tree without entries has another root", { expected: toHex(EMPTY_ROOT), found: toHex(root) });
  return { origin, size, root, extensions };
}

/**
 * Verifies a checkpoint: the note under the known keys, origin, size and root.
 *
 * @param {Uint8Array} bytes the signed note
 * @param {string} origin the one expected
 * @param {import("./key.js").VerifierKey[]} keys the known ones
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<SignedCheckpoint>}
 * @throws {import("./fault.js").Failed} it is not one of this ledger, signed by a known key
 * @throws {import("./fault.js").CannotTell} signatures can't be checked here
 */
export async function openCheckpoint(bytes, origin, keys, subtle) {
  const { text, signers } = await openNote(bytes, keys, subtle);
  const checkpoint = parseCheckpointText(text);
  require(checkpoint.origin === origin, "the checkpoint is of another ledger", { expected: origin, found: checkpoint.origin });
  return { ...checkpoint, signers };
}
