/**
 * What this browser remembers of the ledger beside the pages: its key, and what was verified last. Nothing else is
 * stored, and nothing of it is sent.
 *
 * ```json
 * {"format": "einsicht-site/v1", "key": "name+id+base64", "kept": "…", "on": "2026-11-24"}
 * ```
 */

import { CannotTell } from "../verify/fault.js";

const FORMAT = "einsicht-site/v1";
const TEXT_MAX = 10_000;
const MEMBERS = ["format", "key", "kept", "on"];

/**
 * @typedef {object} Remembered
 * @property {string} key text of the verifier key
 * @property {string} kept as `keptText` of kept.js writes it
 * @property {string} on day of the last verification, `2026-11-24`
 */

/** Size in a text of `keptText`; its name before it may hold anything. */
const SIZE = /"size":\s*([0-9]{1,20}),\s*"root":\s*"[^"\\]*"\s*\}$/;

/** Remembers in a storage such as `localStorage`, and for as long as the page is open by itself. */
export class Memory {
  #storage;
  #name;
  /** What this page wrote itself, stored or not. */
  #own = null;

  /**
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} storage `null`: this browser stores nothing
   * @param {string} place URL of the site: ledgers in several folders of one server are told apart
   */
  constructor(storage, place) {
    this.#storage = storage;
    this.#name = `einsicht ${place}`;
  }

  /** Whether anything can be remembered. */
  get isThere() {
    return this.#storage !== null;
  }

  /**
   * @returns {Remembered | null} the larger state of what is stored and what this page wrote; `null` at the first visit
   * @throws {CannotTell} as `readAll`
   */
  read() {
    return this.readAll()[0] ?? null;
  }

  /**
   * What is stored, and what this page wrote, the larger state first: another page may have stored a newer one, or none
   * may be stored.
   *
   * @returns {Remembered[]} at most two; one where they are the same
   * @throws {CannotTell} what is stored can't be read, which must not look like the first visit
   */
  readAll() {
    const all = [this.#stored(), this.#own].filter((one) => one !== null);
    if (all.length === 2 && all[0].key === all[1].key && all[0].kept === all[1].kept) all.pop();
    return all.sort((one, other) => (sizeOf(one) < sizeOf(other) ? 1 : -1));
  }

  /**
   * Never a smaller state in the place of a larger one: another page may have seen a newer one.
   *
   * @param {Remembered} remembered
   * @returns {boolean} whether it, or a larger one, is stored: storage can be full, or forbidden
   */
  write({ key, kept, on }) {
    const remembered = { key, kept, on };
    if (this.#own === null || sizeOf(this.#own) <= sizeOf(remembered)) this.#own = remembered;
    try {
      const stored = this.#stored();
      if (stored !== null && sizeOf(stored) > sizeOf(remembered)) return true;
      this.#storage?.setItem(this.#name, JSON.stringify({ format: FORMAT, ...remembered }));
      return this.#storage !== null;
    } catch {
      return false;
    }
  }

  /** Only because a person asked for it. */
  forget() {
    this.#own = null;
    this.#storage?.removeItem(this.#name);
  }

  #stored() {
    const text = this.#text();
    if (text === null) return null;
    if (text.length > TEXT_MAX) throw new CannotTell("what was remembered is longer than it can be");
    const { format, key, kept, on } = parsed(text);
    if (format !== FORMAT) throw new CannotTell("what was remembered is of another release", { expected: FORMAT });
    return { key, kept, on };
  }

  #text() {
    try {
      return this.#storage?.getItem(this.#name) ?? null;
    } catch (cause) {
      throw new CannotTell("what was remembered can't be reached", { cause });
    }
  }
}

/** -1 where it can't be read: whoever reads the whole of it tells. */
function sizeOf({ kept }) {
  return BigInt(SIZE.exec(kept)?.[1] ?? -1);
}

/** These members, each of them text, and no others. */
function parsed(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CannotTell("what was remembered is no JSON", { cause });
  }
  const isWhole = typeof value === "object" && value !== null && Object.keys(value).length === MEMBERS.length && MEMBERS.every((name) => typeof value[name] === "string");
  if (!isWhole) throw new CannotTell("what was remembered is not what this page writes");
  return value;
}

/** @returns {Storage | null} that of the browser, if it has and allows one */
export function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
