/**
 * Markers: by which people find the records about them, and nobody else does (docs/format.md, Markers).
 *
 * ```
 * view key   HMAC-SHA256(period key, "einsicht/view/v1" ‖ uint8 length of scheme ‖ scheme ‖ id)
 * marker     first 16 bytes of HMAC-SHA256(view key, nonce ‖ uint16 position)
 * ```
 */

import { concat, toUtf8 } from "./bytes.js";
import { require } from "./fault.js";
import { HmacKey, MESSAGE_BYTES_MAX } from "./hmac.js";
import { NONCE_BYTES } from "./seal.js";
import { sha256 } from "./sha256.js";

/** Bytes of a view key, and of a period key. */
export const KEY_BYTES = 32;
/** Bytes of a marker. */
export const MARKER_BYTES = 16;
/** A position is a uint16. */
const POSITIONS = 65_536;
const VIEW_PREFIX = toUtf8("einsicht/view/v1");
const BLOCK_BYTES = 64;

/** Looks for one person's markers of one month. Keep it as the view key. */
export class MarkerFinder {
  #key;

  /** @param {Uint8Array} viewKey 32 bytes */
  constructor(viewKey) {
    this.#key = new HmacKey(viewKey);
  }

  /**
   * Fixes the record that is looked at: whose markers are tested next.
   *
   * @param {Uint8Array} bytes
   * @param {number} at where its nonce of 16 bytes begins
   */
  look(bytes, at) {
    const { block } = this.#key;
    for (let byte = 0; byte < NONCE_BYTES; byte += 1) block[byte] = bytes[at + byte];
  }

  /**
   * Whether the marker at a position of that record is the person's.
   *
   * @param {number} position from 0
   * @param {Uint8Array} bytes
   * @param {number} at where the marker of 16 bytes begins
   * @returns {boolean}
   */
  isAt(position, bytes, at) {
    if (position >= POSITIONS) return false;
    const { block } = this.#key;
    block[NONCE_BYTES] = position >> 8;
    block[NONCE_BYTES + 1] = position & 255;
    const words = this.#key.state(NONCE_BYTES + 2);
    // Nearly always the first word differs.
    for (let word = 0; word < MARKER_BYTES / 4; word += 1) {
      const from = at + 4 * word;
      const found = (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3];
      if (found !== words[word]) return false;
    }
    return true;
  }

  /**
   * @param {Uint8Array} nonce 16 bytes
   * @param {number} position
   * @returns {Uint8Array} the person's marker there, 16 bytes
   */
  markerAt(nonce, position) {
    return this.#key.mac(concat(nonce, Uint8Array.of(position >> 8, position & 255))).slice(0, MARKER_BYTES);
  }

  /**
   * Where a person stands in a record.
   *
   * @param {Uint8Array | undefined} nonce of another length than 16 bytes: nowhere
   * @param {Uint8Array[]} markers those of another length are nobody's
   * @returns {number | null} the first position that fits
   */
  find(nonce, markers) {
    if (nonce?.length !== NONCE_BYTES) return null;
    this.look(nonce, 0);
    const position = markers.findIndex((marker, at) => marker.length === MARKER_BYTES && this.isAt(at, marker, 0));
    return position === -1 ? null : position;
  }
}

/**
 * How many markers a record has whose event lists so many subjects: the next power of two.
 *
 * @param {number} subjects
 * @returns {number}
 */
export function markersFor(subjects) {
  if (subjects === 0) return 0;
  let markers = 1;
  while (markers < subjects) markers *= 2;
  return markers;
}

/**
 * The view key of a subject, for whoever holds the period key.
 *
 * @param {Uint8Array} periodKey 32 bytes
 * @param {{scheme: string, id: string}} subject
 * @returns {Uint8Array} 32 bytes
 * @throws {import("./fault.js").Failed} a scheme of more than 255 bytes
 */
export function viewKeyOf(periodKey, { scheme, id }) {
  const schemeBytes = toUtf8(scheme);
  require(schemeBytes.length > 0 && schemeBytes.length < 256, "a scheme has 1 to 255 bytes", { found: `${schemeBytes.length} bytes` });
  return hmac(periodKey, concat(VIEW_PREFIX, Uint8Array.of(schemeBytes.length), schemeBytes, toUtf8(id)));
}

/** HMAC of a message of any length. */
function hmac(key, message) {
  if (message.length <= MESSAGE_BYTES_MAX) return new HmacKey(key).mac(message);
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(key);
  const inner = sha256(concat(padded.map((byte) => byte ^ 0x36), message));
  return sha256(concat(padded.map((byte) => byte ^ 0x5c), inner));
}
