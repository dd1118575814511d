/**
 * A citizen's scan: which records are about the holder of view keys (docs/format.md, Markers). The keys stay here.
 *
 * A marker that is found proves an access. That there is none proves nothing by itself: it rests on the ledger having
 * written markers honestly.
 */

import { hiddenOf, verifyOpening } from "./confidential.js";
import { Failed } from "./fault.js";
import { LEAF_HEADER_BYTES } from "./leaf.js";
import { MARKER_BYTES, MarkerFinder } from "./marker.js";
import { readBody } from "./record.js";
import { messageOf } from "./schema.js";
import { monthsOf } from "./view-keys.js";

const NUMBERS = new Map(messageOf("EntryBody").fields.flatMap((field) => (field ? [[field.name, field.number]] : [])));
const ACCESS = NUMBERS.get("access");
const OPENING = NUMBERS.get("opening");
const CORRECTION = NUMBERS.get("correction");
const UNKNOWN = 0;
/** Confidential records that are remembered until they are opened. Openings of further ones can't be compared. */
const HIDDEN_MAX = 100_000;

/**
 * An access to the person's data.
 *
 * @typedef {object} Sighting
 * @property {number} index of its entry
 * @property {string} month
 * @property {number} recordedAt seconds
 * @property {string[]} schemes registers whose keys found it
 * @property {Record<string, unknown>} record the `AccessRecord`; of a confidential one, the record that was hidden
 * @property {Uint8Array} leaf of the entry
 * @property {number | null} openedBy index of the entry that opened it, if it was confidential
 * @property {{index: number, correction: string, ground: string}[]} corrections that stand beside it
 */

/**
 * What a month had. It is told whole only if it is over, has `marked` records, and none of what else is counted here
 * could not be told.
 *
 * @typedef {object} MonthCount
 * @property {string} month
 * @property {number} records access records that were tested
 * @property {number} marked of these, those with markers, and confidential ones: only they can be about anybody
 * @property {number} unknown entries of kinds that this reader does not know
 * @property {number} hidden of these, confidential ones that no entry opened in what was read: whether they are about
 *   the person, nobody can tell
 * @property {number} unchecked openings of confidential records of which too many waited: not compared with what was
 *   sealed, and not looked at
 * @property {boolean} isOver whether an entry behind the month is proven. Otherwise there may be more of it
 * @property {number} found accesses to the person's data
 */

/** Looks at each entry of a ledger, or of some months of it, in order. An inspector of `Audit`. */
export class CitizenScan {
  #months;
  #current = null;
  #sightings = new Map();
  #hidden = new Map();
  #counts = new Map();
  #newest = 0;
  #hiddenMax;

  /**
   * @param {import("./view-keys.js").ViewKeys} viewKeys
   * @param {{hiddenMax?: number}} [options] `hiddenMax`: how many confidential records are remembered
   */
  constructor(viewKeys, { hiddenMax = HIDDEN_MAX } = {}) {
    this.#hiddenMax = hiddenMax;
    this.#months = monthsOf(viewKeys).map((month) => ({
      ...month,
      // Its first and last access record, and how many confidential ones were not kept.
      from: -1,
      to: -1,
      forgotten: 0,
      finders: viewKeys.keys.filter((key) => key.month.name === month.name).map(({ scheme, key }) => ({ scheme, finder: new MarkerFinder(key) })),
    }));
    for (const { name } of this.#months) this.#counts.set(name, { month: name, records: 0, marked: 0, unknown: 0, hidden: 0, unchecked: 0, found: 0 });
  }

  /**
   * @param {import("./audit.js").Passing} entry
   * @throws {Failed} it opens a confidential record of these months, and is not what was sealed there
   */
  look(entry) {
    const { kind } = entry.visitor;
    this.reached(entry.recordedAt);
    if (kind === ACCESS) this.#lookAtAccess(entry);
    else if (kind === OPENING) this.#lookAtOpening(entry);
    else if (kind === CORRECTION) this.#lookAtCorrection(entry);
    else if (kind === UNKNOWN) this.#countUnknown(entry);
  }

  /**
   * The ledger is proven to have an entry of that time, which need not be looked at: months that end before are over.
   *
   * @param {number} recordedAt seconds
   */
  reached(recordedAt) {
    if (recordedAt > this.#newest) this.#newest = recordedAt;
  }

  /** @returns {Sighting[]} by index */
  get found() {
    return [...this.#sightings.values()].sort((one, other) => one.index - other.index);
  }

  /** @returns {MonthCount[]} one for each month that there are keys for */
  get counts() {
    return this.#months.map(({ name, end }) => ({ ...this.#counts.get(name), isOver: this.#newest >= end }));
  }

  #lookAtAccess(entry) {
    const month = this.#monthOf(entry.recordedAt);
    if (month === null) return;
    const count = this.#counts.get(month.name);
    const { visitor, bytes, index, recordedAt } = entry;
    count.records += 1;
    if (month.from === -1) month.from = index;
    month.to = index;
    if (visitor.isConfidential) this.#hide(entry, month, count);
    if (visitor.markers === 0 || visitor.nonceAt < 0) return;
    if (!visitor.isConfidential) count.marked += 1;
    const schemes = schemesIn(month, bytes, visitor);
    if (schemes.length === 0) return;
    const { content: record } = bodyOf(entry);
    this.#see({ index, month: month.name, recordedAt, schemes, record, leaf: leafOf(entry), openedBy: null, corrections: [] });
  }

  #hide(entry, month, count) {
    count.marked += 1;
    count.hidden += 1;
    if (this.#hidden.size < this.#hiddenMax) this.#hidden.set(entry.index, { month, recordedAt: entry.recordedAt, leaf: leafOf(entry), corrections: [] });
    else month.forgotten += 1;
  }

  /** What an opening shows has markers of the month of the record that it opens, not of its own. */
  #lookAtOpening(entry) {
    const { content } = bodyOf(entry);
    const of = Number(content.index);
    const hidden = this.#hidden.get(of);
    if (!hidden) {
      this.#miss(of);
      return;
    }
    // What was not sealed there is no record of anybody, and hides the one that was.
    const record = verifyOpening(hiddenOf(readBody(hidden.leaf.subarray(LEAF_HEADER_BYTES))), content, BigInt(entry.recordedAt));
    this.#hidden.delete(of);
    this.#counts.get(hidden.month.name).hidden -= 1;
    const schemes = hidden.month.finders.filter(({ finder }) => finder.find(record.nonce, record.markers) !== null).map(({ scheme }) => scheme);
    if (schemes.length === 0) return;
    const { recordedAt, leaf, corrections } = hidden;
    this.#see({ index: of, month: hidden.month.name, recordedAt, schemes, record, leaf, openedBy: entry.index, corrections });
  }

  /** An opening of what does not wait. Of records of other months nothing is wanted, and nothing known. */
  #miss(of) {
    for (const month of this.#months) {
      if (month.from === -1 || of < month.from || of > month.to) continue;
      if (month.forgotten === 0) throw new Failed("the entry opens what is no confidential record before it, or was opened before", { found: `entry ${of}` });
      month.forgotten -= 1;
      const count = this.#counts.get(month.name);
      count.hidden -= 1;
      count.unchecked += 1;
    }
  }

  #lookAtCorrection(entry) {
    const { content } = bodyOf(entry);
    const of = Number(content.index);
    const beside = this.#sightings.get(of) ?? this.#hidden.get(of);
    beside?.corrections.push({ index: entry.index, correction: content.correction, ground: content.ground });
  }

  #countUnknown({ recordedAt }) {
    const month = this.#monthOf(recordedAt);
    if (month !== null) this.#counts.get(month.name).unknown += 1;
  }

  #see(sighting) {
    this.#sightings.set(sighting.index, sighting);
    this.#counts.get(sighting.month).found += 1;
  }

  /** Entries come in the order of time: it is nearly always the month of the one before. */
  #monthOf(recordedAt) {
    const current = this.#current;
    if (current !== null && recordedAt >= current.first && recordedAt < current.end) return current;
    this.#current = this.#months.find(({ first, end }) => recordedAt >= first && recordedAt < end) ?? null;
    return this.#current;
  }
}

function schemesIn(month, bytes, visitor) {
  const schemes = [];
  for (const { scheme, finder } of month.finders) {
    finder.look(bytes, visitor.nonceAt);
    for (let position = 0; position < visitor.markers; position += 1) {
      const isMarker = visitor.markerPlaces[2 * position + 1] === MARKER_BYTES;
      if (isMarker && finder.isAt(position, bytes, visitor.markerPlaces[2 * position])) {
        schemes.push(scheme);
        break;
      }
    }
  }
  return schemes;
}

function bodyOf({ bytes, start, end }) {
  return readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end));
}

function leafOf({ bytes, start, end }) {
  return bytes.slice(start, end);
}
