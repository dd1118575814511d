/**
 * One pass over the body of an entry: read strictly, with what whole logs are looked through for.
 */

import { Failed } from "./fault.js";
import { checkBody } from "./record.js";
import { messageOf } from "./schema.js";
import { CONFIDENTIAL, NONCE_BYTES } from "./seal.js";

const { fields } = messageOf("AccessRecord");
const SEAL = fields[CONFIDENTIAL];
const NONCE = fields[67];
const MARKERS = fields[68];
const CHARTER = fields[69];
/** What a confidential record may show: its day, its seal, its nonce and its markers. */
const SHOWN = new Set([27, 44, 67, 68]);
const MAY_SHOW = new Set(fields.filter((field) => SHOWN.has(field?.number)));
/** More than any record has; those behind it are nobody's. */
const MARKERS_MAX = 65_536;

/** Reads bodies, one after the other. What it says is about the last one. */
export class EntryVisitor {
  /** Number of the kind in `EntryBody`; 0 if it is unknown. */
  kind = 0;
  /** Whether it is a confidential record. */
  isConfidential = false;
  /** Where its nonce of 16 bytes begins; −1 if it has none of that length. */
  nonceAt = -1;
  /** How many markers it has. */
  markers = 0;
  /** Where each begins, and how long it is: `markerPlaces[2 i]` and `markerPlaces[2 i + 1]`. */
  markerPlaces = new Uint32Array(64);
  /** Index of the charter that it names; −1 if it names none. Exact below 2^53. */
  charter = -1;
  #other = null;

  /**
   * @param {Uint8Array} bytes
   * @param {number} start
   * @param {number} end
   * @throws {Failed} it breaks a rule of strict reading, or is a confidential record that shows another field
   */
  read(bytes, start, end) {
    this.isConfidential = false;
    this.nonceAt = -1;
    this.markers = 0;
    this.charter = -1;
    this.#other = null;
    this.kind = checkBody(bytes, start, end, this);
    if (this.isConfidential && this.#other !== null) {
      throw new Failed("a confidential record shows a field beside those that it may", { found: this.#other.name });
    }
  }

  /** Of the visitor. */
  number(field, low, high) {
    if (field === CHARTER) this.charter = (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
    this.#note(field);
  }

  /** Of the visitor. */
  bytes(field, _bytes, start, end) {
    if (field === MARKERS) this.#mark(start, end - start);
    else if (field === NONCE) this.nonceAt = end - start === NONCE_BYTES ? start : -1;
    else if (field === SEAL) this.isConfidential = true;
    else this.#note(field);
  }

  #mark(at, length) {
    if (this.markers === MARKERS_MAX) return;
    if (2 * this.markers === this.markerPlaces.length) {
      const more = new Uint32Array(4 * this.markers);
      more.set(this.markerPlaces);
      this.markerPlaces = more;
    }
    this.markerPlaces[2 * this.markers] = at;
    this.markerPlaces[2 * this.markers + 1] = length;
    this.markers += 1;
  }

  #note(field) {
    if (this.#other === null && !MAY_SHOW.has(field)) this.#other = field;
  }
}
