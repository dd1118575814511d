/**
 * Counts what the pages show of a whole ledger: accesses by data set and month, verdicts by commitment. An inspector of
 * `Audit`; what it gives can be sent between a worker and its page, and stored.
 */

import { LEAF_HEADER_BYTES } from "../verify/leaf.js";
import { readAccessRecord, readBody } from "../verify/record.js";
import { messageOf } from "../verify/schema.js";

const NUMBERS = new Map(messageOf("EntryBody").fields.flatMap((field) => (field ? [[field.name, field.number]] : [])));
const ACCESS = NUMBERS.get("access");
const OPENING = NUMBERS.get("opening");
const NAMES_MAX = 10_000;
/** Of the year 9999: an entry may name any second, calendars end there. */
const LAST_SECOND = 253_402_300_799;

/**
 * @typedef {object} Tally
 * @property {number} records access records that are not confidential, and those that were opened
 * @property {number} accesses what they stand for
 * @property {number} hidden confidential records, opened or not
 * @property {[string, string, number, number][]} months dataset, month (UTC), records, accesses; by month, then dataset
 * @property {[string, {records: number, deviates: [string, number][], notVerifiable: [string, number][]}][]} charters by
 *   the index of the charter that records name: how many do, and what they state
 * @property {[string, number][]} others data sets that are combined with another one: how many records
 */

/** Counts as a ledger passes. */
export class Counts {
  #records = 0;
  #accesses = 0;
  #hidden = 0;
  #months = new Map();
  #charters = new Map();
  #others = new Map();

  /** @param {import("../verify/audit.js").Passing} entry */
  look({ visitor, bytes, start, end, recordedAt }) {
    if (visitor.kind === ACCESS && visitor.isConfidential) this.#hidden += 1;
    else if (visitor.kind === ACCESS) this.#count(readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end)).content, recordedAt);
    // What was confidential counts when it is opened, as in reports.
    else if (visitor.kind === OPENING) this.#count(readAccessRecord(readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end)).content.record), recordedAt);
  }

  /** @returns {Tally} */
  tally() {
    const months = [...this.#months.values()].sort((one, other) => (one[1] + one[0] < other[1] + other[0] ? -1 : 1));
    const charters = [...this.#charters].map(([index, { records, deviates, notVerifiable }]) => [index, { records, deviates: [...deviates], notVerifiable: [...notVerifiable] }]);
    return { records: this.#records, accesses: this.#accesses, hidden: this.#hidden, months, charters, others: [...this.#others] };
  }

  #count(record, recordedAt) {
    const accesses = Number(record.access_count ?? 1n);
    this.#records += 1;
    this.#accesses += accesses;
    const month = new Date(Math.min(recordedAt, LAST_SECOND) * 1000).toISOString().slice(0, 7);
    const row = this.#at(this.#months, `${month} ${record.dataset}`, () => [record.dataset, month, 0, 0]);
    if (row) {
      row[2] += 1;
      row[3] += accesses;
    }
    for (const other of new Set(record.other_datasets)) add(this.#others, other);
    this.#judge(record);
  }

  #judge({ charter, deviates, not_verifiable: notVerifiable }) {
    if (charter === undefined) return;
    const found = this.#at(this.#charters, String(charter), () => ({ records: 0, deviates: new Map(), notVerifiable: new Map() }));
    if (!found) return;
    found.records += 1;
    for (const id of deviates) add(found.deviates, id);
    for (const id of notVerifiable) add(found.notVerifiable, id);
  }

  /** Names come from the ledger: however many there are, memory is bounded. */
  #at(map, name, make) {
    if (!map.has(name) && map.size < NAMES_MAX) map.set(name, make());
    return map.get(name);
  }
}

function add(map, name) {
  if (map.has(name) || map.size < NAMES_MAX) map.set(name, (map.get(name) ?? 0) + 1);
}

/**
 * What accesses state of one commitment.
 *
 * @param {Tally} tally
 * @param {bigint} charter index of the charter in force
 * @param {string} id
 * @returns {{fits: number, deviates: number, notVerifiable: number}} of the records that name that charter
 */
export function verdictsOf(tally, charter, id) {
  const found = tally.charters.find(([index]) => index === String(charter))?.[1];
  const of = (list) => list?.find(([name]) => name === id)?.[1] ?? 0;
  const [deviates, notVerifiable] = [of(found?.deviates), of(found?.notVerifiable)];
  return { fits: (found?.records ?? 0) - deviates - notVerifiable, deviates, notVerifiable };
}

/**
 * Accesses to one data set, month by month.
 *
 * @param {Tally} tally
 * @param {string} dataset
 * @returns {{month: string, records: number, accesses: number}[]} from the first month of the ledger to the last, those
 *   without any too
 */
export function monthsOfDataset({ months }, dataset) {
  if (months.length === 0) return [];
  const found = new Map(months.filter(([name]) => name === dataset).map(([, month, records, accesses]) => [month, { month, records, accesses }]));
  return monthsBetween(months[0][1], months.at(-1)[1]).map((month) => found.get(month) ?? { month, records: 0, accesses: 0 });
}

/** The last 13 at most: a year, and the month that it is compared with. */
function monthsBetween(first, last) {
  const list = [];
  for (let [year, month] = last.split("-").map(Number); list.length < 13; month -= 1) {
    if (month === 0) [year, month] = [year - 1, 12];
    const name = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
    if (name < first) break;
    list.unshift(name);
  }
  return list;
}
