/**
 * Receipts: that one entry is in the ledger (docs/format.md, Receipt; C2SP tlog-proof).
 *
 * ```
 * c2sp.org/tlog-proof@v1
 * extra <base64 of the leaf>
 * index <index, decimal>
 * <base64 hash>                   one line per hash of the inclusion proof, leaf to root
 *
 * <checkpoint, verbatim>
 * ```
 *
 * A receipt says nothing about the entries around it: neither chain nor order in time.
 */

import { equal, fromBase64, fromDecimal, fromUtf8 } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { CannotTell, Failed, require, within } from "./fault.js";
import { LEAF_BYTES_MAX } from "./leaf.js";
import { leafHash } from "./merkle.js";
import { NOTE_BYTES_MAX } from "./note.js";
import { verifyInclusion } from "./proof.js";
import { readLeaf } from "./record.js";
import { HASH_BYTES } from "./sha256.js";

const HEADER = "c2sp.org/tlog-proof@v1";
/** As many hashes as a proof in a tree below 2^64 can have. */
const PROOF_MAX = 64;
/** The longest receipt: a checkpoint, the longest leaf in base64, a proof. */
export const RECEIPT_BYTES_MAX = NOTE_BYTES_MAX + 100_000;

/**
 * @typedef {object} Receipt
 * @property {Uint8Array | null} leaf as the file carries it
 * @property {bigint} index
 * @property {Uint8Array[]} proof 32 bytes each
 * @property {Uint8Array} checkpoint the signed note, as it stands there
 */

/**
 * Takes a receipt apart. Nothing is verified.
 *
 * @param {Uint8Array} bytes
 * @returns {Receipt}
 * @throws {Failed} what is no receipt
 */
export function parseReceipt(bytes) {
  require(bytes.length <= RECEIPT_BYTES_MAX, "the file is longer than any receipt", { expected: `at most ${RECEIPT_BYTES_MAX} bytes`, found: `${bytes.length} bytes` });
  const gap = emptyLine(bytes);
  require(gap >= 0, "a receipt has an empty line before its checkpoint");
  const lines = within("the lines before the checkpoint", () => fromUtf8(bytes.subarray(0, gap))).split("\n");
  require(lines[0] === HEADER, "the file does not begin as a receipt", { expected: HEADER, found: lines[0] });
  let at = 1;
  let leaf = null;
  if (lines[at]?.startsWith("extra ")) {
    const text = lines[at].slice("extra ".length);
    leaf = within("the line “extra”", () => fromBase64(text));
    require(leaf.length <= LEAF_BYTES_MAX, "the leaf is too long", { expected: `at most ${LEAF_BYTES_MAX} bytes`, found: `${leaf.length} bytes` });
    at += 1;
  }
  const indexLine = lines[at] ?? "";
  require(indexLine.startsWith("index "), "the line “index” is missing", { where: `line ${at + 1}`, found: indexLine });
  const index = within("the line “index”", () => fromDecimal(indexLine.slice("index ".length)));
  const hashes = lines.slice(at + 1);
  require(hashes.length <= PROOF_MAX, "the proof has too many hashes", { expected: `at most ${PROOF_MAX}`, found: hashes.length });
  const proof = hashes.map((line, position) => within(`hash ${position + 1} of the proof`, () => hashOf(line)));
  return { leaf, index, proof, checkpoint: bytes.subarray(gap + 2) };
}

/**
 * Verifies a receipt, in the order of the format: checkpoint, then the way from the leaf to its root, then the frame
 * and the body of the leaf.
 *
 * @param {Receipt} receipt
 * @param {{origin: string, keys: import("./key.js").VerifierKey[], leaf?: Uint8Array, subtle?: SubtleCrypto}} known
 *   `leaf`: the one that is known from elsewhere, if any
 * @returns {Promise<ProvenEntry>}
 * @throws {Failed} it does not prove the entry
 * @throws {CannotTell} the leaf is nowhere, or signatures can't be checked here
 */
export async function verifyReceipt(receipt, known) {
  const checkpoint = await openCheckpoint(receipt.checkpoint, known.origin, known.keys, known.subtle);
  return proveEntry(receipt, checkpoint, known.leaf);
}

/**
 * Proves the entry of a receipt under a checkpoint that is believed.
 *
 * @param {Receipt} receipt
 * @param {import("./checkpoint.js").SignedCheckpoint} checkpoint
 * @param {Uint8Array} [given]
 * @returns {import("./record.js").ProvenEntry}
 * @throws {Failed} it is not in the tree, or no entry
 * @throws {CannotTell} the leaf is nowhere
 */
export function proveEntry(receipt, checkpoint, given) {
  const { leaf, hash } = proveLeaf(receipt, checkpoint, given);
  return { index: receipt.index, leaf, hash, checkpoint, ...readLeaf(leaf, receipt.index) };
}

/**
 * Only that the leaf is in the tree: `extra` is believed because it is hashed here.
 *
 * @param {Receipt} receipt
 * @param {import("./checkpoint.js").SignedCheckpoint} checkpoint
 * @param {Uint8Array} [given]
 * @returns {{leaf: Uint8Array, hash: Uint8Array}}
 * @throws {Failed} it is not
 * @throws {CannotTell} the leaf is nowhere
 */
export function proveLeaf(receipt, checkpoint, given) {
  if (given && receipt.leaf) require(equal(given, receipt.leaf), "the leaf in the receipt is not the one that is known from elsewhere");
  const leaf = receipt.leaf ?? given;
  if (!leaf) throw new CannotTell("the receipt does not carry its entry, and the entry was not given");
  const hash = leafHash(leaf);
  within(`entry ${receipt.index}`, () => verifyInclusion(hash, receipt.index, checkpoint.size, receipt.proof, checkpoint.root));
  return { leaf, hash };
}

function hashOf(line) {
  const hash = fromBase64(line);
  if (hash.length !== HASH_BYTES) throw new Failed("a hash has another length", { expected: "32 bytes", found: `${hash.length} bytes` });
  return hash;
}

/** Where the first empty line's line feeds begin. */
function emptyLine(bytes) {
  for (let at = 0; at + 1 < bytes.length; at += 1) {
    if (bytes[at] === 0x0a && bytes[at + 1] === 0x0a) return at;
  }
  return -1;
}
