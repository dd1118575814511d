/**
 * A citizen's scan that can be stopped and goes on: reads only the months that the keys cover, proves what it reads, and
 * tells what is about the person. The keys stay in it. Runs in a worker (work/scan.js); makes no elements.
 */

import { checkHead } from "../verify/check-head.js";
import { CitizenScan } from "../verify/citizen.js";
import { fromUtf8 } from "../verify/bytes.js";
import { CannotTell, Failed, Fault } from "../verify/fault.js";
import { RangeReading, rangesOf } from "../verify/months.js";
import { TILE_WIDTH } from "../verify/tile.js";
import { VIEW_KEYS_BYTES_MAX, monthsOf, parseViewKeys } from "../verify/view-keys.js";
import { WatchedSource } from "./watched-source.js";

/**
 * What came of a run. `newest`: when the last entry of the ledger was recorded, `null` if it has none; `isToTheEnd`:
 * whether all was read that stands behind the first of the months, where confidential records are opened.
 *
 * @typedef {{says: "done", found: import("../verify/citizen.js").Sighting[], counts: import("../verify/citizen.js").MonthCount[], newest: number | null, isToTheEnd: boolean}
 *   | {says: "stopped", wasAsked: boolean}
 *   | {says: "done", fault: {outcome: "failed" | "could-not-tell", reason: "file" | "other-log" | "ledger" | "closed", detail: string}}} Outcome
 */

const STOPPED = { says: "stopped", wasAsked: true };

/** One scan, from the file to what it found. */
export class Scan {
  #source;
  #known;
  #keys = null;
  #reader = null;
  #reading = null;
  #scan = null;
  #newest = null;
  #isToTheEnd = false;
  #stopping = new AbortController();

  /**
   * @param {import("../verify/source.js").Source} source
   * @param {{key: string, kept: {size: bigint, root: Uint8Array} | null, toTheEnd: boolean, subtle?: SubtleCrypto}} known
   *   `toTheEnd`: also what comes behind those months, where confidential records are opened
   */
  constructor(source, known) {
    // The reader outlives the run that made it, and each run can be stopped by itself.
    this.#source = new WatchedSource({ get: (path, options) => source.get(path, { ...options, signal: this.#stopping.signal }) });
    this.#known = known;
  }

  /** @param {Blob} file with the view keys */
  async load(file) {
    if (file.size > VIEW_KEYS_BYTES_MAX) throw new CannotTell("the file is longer than any file of view keys; it was not read", { expected: `at most ${VIEW_KEYS_BYTES_MAX} bytes`, found: `${file.size} bytes` });
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.#keys = parseViewKeys(textOf(bytes));
  }

  /** Ends the run that is under way, also one that waits for a server. */
  stop() {
    this.#stopping.abort();
  }

  /**
   * Begins, or goes on.
   *
   * @param {Blob | null} file at the first run
   * @param {(progress: {done: number, of: number}) => void} onProgress in bundles
   * @returns {Promise<Outcome>}
   */
  async run(file, onProgress) {
    this.#stopping = new AbortController();
    this.#source.reset();
    try {
      if (file) await this.load(file);
    } catch (error) {
      return faultOf(error, "file");
    }
    try {
      const refused = await this.#open();
      if (refused) return refused;
      for await (const { bundles, of } of this.#reading.run()) {
        onProgress({ done: bundles, of });
        if (this.#stopping.signal.aborted) return STOPPED;
      }
    } catch (error) {
      if (this.#stopping.signal.aborted && error instanceof CannotTell) return STOPPED;
      if (this.#source.wasAway && error instanceof CannotTell) return { says: "stopped", wasAsked: false };
      return faultOf(error, "ledger");
    }
    return { says: "done", found: this.#scan.found, counts: this.#scan.counts, newest: this.#newest, isToTheEnd: this.#isToTheEnd };
  }

  async #open() {
    if (this.#reading) return null;
    if (!this.#reader) {
      const { reader, outcome, steps } = await checkHead(this.#source, this.#known);
      if (!reader) {
        if (this.#stopping.signal.aborted && outcome === "could-not-tell") return STOPPED;
        if (this.#source.wasAway && outcome === "could-not-tell") return { says: "stopped", wasAsked: false };
        const { detail } = steps.find((step) => step.outcome === outcome);
        return { says: "done", fault: { outcome, reason: "ledger", detail } };
      }
      this.#reader = reader;
    }
    const { origin, size } = this.#reader.checkpoint;
    if (this.#keys.origin !== origin) return { says: "done", fault: { outcome: "could-not-tell", reason: "other-log", detail: this.#keys.origin } };
    this.#scan = new CitizenScan(this.#keys);
    const ranges = size === 0n ? [] : await this.#rangesOf(size);
    this.#reading = new RangeReading(this.#reader, ranges, [this.#scan]);
    return null;
  }

  async #rangesOf(size) {
    const newest = Number((await this.#reader.entry(size - 1n)).recordedAt);
    const ranges = await rangesOf(this.#reader, monthsOf(this.#keys), { toTheEnd: this.#known.toTheEnd });
    this.#newest = newest;
    this.#scan.reached(newest);
    this.#isToTheEnd = ranges.length === 1 && ranges[0].end === Math.ceil(Number(size) / TILE_WIDTH);
    return ranges;
  }
}

function textOf(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new CannotTell("the file is not text in UTF-8");
  }
}

function faultOf(error, reason) {
  if (!(error instanceof Fault)) throw error;
  const isClosed = /^status 40[13]$/.test(String(error.found ?? ""));
  return { says: "done", fault: { outcome: error instanceof Failed ? "failed" : "could-not-tell", reason: isClosed ? "closed" : reason, detail: error.message } };
}
