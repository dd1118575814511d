/**
 * Which entry of the ledger names a report, and whether a later one names another report of the same period. What a
 * server says of its reports only says where to look first.
 */

import { equal } from "../verify/bytes.js";
import { CannotTell } from "../verify/fault.js";
import { HASH_BYTES } from "../verify/sha256.js";
import { Backwards } from "./newest.js";
import { periodOfPath } from "./report-list.js";

/** Bundles that are looked through for the entry of a report, from the end. */
const BUNDLES_MAX = 40;
/** The same for a later report of the period: 4,096 entries. */
const LATER_BUNDLES_MAX = 16;
/** Entries that a list names for one period, of which each is looked at. */
const HINTS_MAX = 8;

/**
 * @typedef {object} Later
 * @property {bigint | null} by index of the newest entry that names a later report of the period
 * @property {bigint | null} from where there is none: the entry from which on that was looked up; `null` if that is all of
 *   them behind the report
 */

/** Entries of a ledger that name reports, as far as they were looked at; for several reports, each entry is read once. */
export class ReportEntries {
  #reader;
  #listed;
  #back;
  #bundles = 0;
  /** @type {Map<bigint, import("./newest.js").Entry>} */
  #seen = new Map();

  /**
   * @param {import("../verify/reader.js").LedgerReader} reader
   * @param {import("./report-list.js").ListedReport[]} [listed] what the server says of its reports
   */
  constructor(reader, listed = []) {
    this.#reader = reader;
    this.#listed = listed;
    this.#back = new Backwards(reader);
  }

  /**
   * @param {import("../verify/manifest.js").Manifest} manifest
   * @param {bigint | null} [hint] an entry that is said to name it; believed only if it does
   * @returns {Promise<import("../verify/record.js").ProvenEntry>} the entry that names this very manifest; or, where all
   *   entries behind it were read and none does, one that names another report of the same period
   * @throws {CannotTell} none was found
   */
  async find(manifest, hint = null) {
    const names = ({ body }) => equal(body.content.manifest_sha256, manifest.sha256);
    await this.#look([hint, ...this.#hintsOf(manifest.period)], names);
    if (![...this.#seen.values()].some(names)) await this.#readDownTo(manifest.size, BUNDLES_MAX);
    const inOrder = [...this.#seen.values()].sort((one, other) => (one.index < other.index ? -1 : 1));
    const found = inOrder.find(names) ?? this.#another(manifest, inOrder);
    if (found) return this.#reader.entry(found.index);
    throw new CannotTell("no entry that names this report was found", { expected: `behind entry ${manifest.size}`, found: `looked down to entry ${this.#back.left}` });
  }

  /**
   * Whether the report that an entry names still stands: the newest one of a period does (docs/format.md, Reports).
   *
   * @param {import("../verify/manifest.js").Manifest} manifest
   * @param {import("../verify/record.js").ProvenEntry} entry that names it; of one that names another report nothing is
   *   said
   * @returns {Promise<Later>}
   */
  async later({ period, sha256 }, { index, body }) {
    if (body.kind !== "report" || !equal(body.content.manifest_sha256, sha256)) return { by: null, from: null };
    try {
      await this.#look(this.#hintsOf(period).filter((hint) => hint > index));
      await this.#readDownTo(index + 1n, LATER_BUNDLES_MAX);
    } catch (error) {
      // What was seen up to there is said, and up to where.
      if (!(error instanceof CannotTell)) throw error;
    }
    const later = [...this.#seen.values()].filter((one) => one.index > index && isSound(one) && one.body.content.period === period && !equal(one.body.content.manifest_sha256, sha256));
    if (later.length > 0) return { by: later.reduce((newest, one) => (one.index > newest ? one.index : newest), index), from: null };
    return { by: null, from: this.#back.left > index + 1n ? this.#back.left : null };
  }

  /** One that is over, and corrects none, is the only one that the city names of its period, or is not named at all. */
  #another({ period, size, isProvisional, corrects }, inOrder) {
    if (isProvisional || corrects !== null || this.#back.left > size) return undefined;
    return inOrder.find((one) => one.index >= size && isSound(one) && one.body.content.period === period);
  }

  #hintsOf(period) {
    const hints = this.#listed.filter(({ path, entry }) => entry !== null && periodOfPath(path) === period).map(({ entry }) => entry);
    return hints.slice(-HINTS_MAX);
  }

  /** Looks at entries that somebody names, up to one that is looked for. What is not there is no hint. */
  async #look(hints, isWanted = () => false) {
    for (const hint of hints) {
      if (hint === null || hint >= this.#reader.checkpoint.size) continue;
      try {
        this.#note(this.#seen.get(hint) ?? (await this.#reader.entry(hint)));
      } catch (error) {
        if (!(error instanceof CannotTell)) throw error;
      }
      const seen = this.#seen.get(hint);
      if (seen && isWanted(seen)) return;
    }
  }

  async #readDownTo(size, bundles) {
    for (; this.#bundles < bundles && this.#back.left > size; this.#bundles += 1) {
      for (const entry of await this.#back.more()) this.#note(entry);
    }
  }

  #note(entry) {
    if (entry.body.kind === "report") this.#seen.set(entry.index, entry);
  }
}

/** Whether an entry names a report, as far as that shows in it alone. */
function isSound({ index, body: { content } }) {
  return content.manifest_sha256.length === HASH_BYTES && (content.replaces === undefined || content.replaces < index);
}
