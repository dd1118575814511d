/**
 * Which entries a person wants to see, and finding them: back from the newest, so many bundles at a time, so that a
 * filter that nothing fits ends too.
 */

import { kindOf } from "./entry-model.js";

/** Entries of one page. */
export const PAGE_ENTRIES = 25;
/** Bundles that are looked through at a time. */
const BUNDLES_MAX = 12;

/**
 * @typedef {object} Filter
 * @property {string} kind empty for all
 * @property {string} dataset empty for all; compared as it stands there
 * @property {"" | "deviates" | "not_verifiable"} verdict
 * @property {string} [commitment] id of the one that the verdict is on; any, if it is left out
 */

/**
 * @param {{body: import("../verify/record.js").Body}} entry
 * @param {Filter} filter
 * @returns {boolean}
 */
export function fits({ body }, { kind, dataset, verdict, commitment }) {
  if (kind !== "" && kindOf(body) !== kind) return false;
  if (dataset !== "" && !(body.kind === "access" && [body.content.dataset, ...body.content.other_datasets].includes(dataset))) return false;
  if (verdict === "") return true;
  if (body.kind !== "access") return false;
  return commitment === undefined ? body.content[verdict].length > 0 : body.content[verdict].includes(commitment);
}

/**
 * A filter in an address, behind `#`: what deviates from one commitment.
 *
 * @param {string} id
 * @returns {string} without the `#`
 */
export function addressOf(id) {
  return `deviates=${encodeURIComponent(id)}`;
}

/**
 * @param {string} hash of an address, with its `#`
 * @returns {Filter} everything, if it names no filter
 */
export function filterOf(hash) {
  const id = /^#deviates=(.{1,400})$/.exec(hash)?.[1];
  try {
    if (id !== undefined) return { kind: "", dataset: "", verdict: "deviates", commitment: decodeURIComponent(id) };
  } catch {
    // No address of ours.
  }
  return { kind: "", dataset: "", verdict: "" };
}

/**
 * The number of an entry in an address.
 *
 * @param {string} hash of an address, with its `#`
 * @returns {bigint | null} `null` if it is none, or has more digits than any has
 */
export function numberOf(hash) {
  const digits = /^#([0-9]{1,20})$/.exec(hash)?.[1];
  return digits === undefined ? null : BigInt(digits);
}

/** Pages of entries that fit, one after the other. */
export class Found {
  #back;
  #filter;
  #waiting = [];

  /**
   * @param {import("./newest.js").Backwards} back
   * @param {Filter} filter
   */
  constructor(back, filter) {
    this.#back = back;
    this.#filter = filter;
  }

  /** Whether there may be more. */
  get hasMore() {
    return this.#waiting.length > 0 || this.#back.left > 0n;
  }

  /** Entries up to this index were not looked at yet, save those that wait. */
  get left() {
    return this.#back.left;
  }

  /**
   * @returns {Promise<import("./newest.js").Entry[]>} the next page, newest first; fewer than a page where many bundles
   *   had no more
   * @throws {import("../verify/fault.js").Fault} as `Backwards`; what was found before is given at the next call
   */
  async next() {
    for (let bundle = 0; bundle < BUNDLES_MAX && this.#waiting.length < PAGE_ENTRIES && this.#back.left > 0n; bundle += 1) {
      this.#waiting.push(...(await this.#back.more()).filter((entry) => fits(entry, this.#filter)));
    }
    return this.#waiting.splice(0, PAGE_ENTRIES);
  }
}
