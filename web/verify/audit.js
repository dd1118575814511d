/**
 * Follows a whole ledger, entry by entry: length, version, chain, time, strict reading, genesis, charters' parts,
 * openings, leaf hashes, root (docs/format.md, Verifying a ledger, steps 3 and 4).
 *
 * Bundle by bundle: what could not be fetched can be asked for again, and the audit goes on where it stood. Memory
 * grows with confidential records only, of which 40 bytes are kept each until they are opened.
 */

import { Chain } from "./chain.js";
import { parseCharter } from "./charter.js";
import { CharterAssembly } from "./charter-parts.js";
import { hiddenOf, verifyOpening } from "./confidential.js";
import { EntryVisitor } from "./entry-visitor.js";
import { CannotTell, Failed, Fault, placed, require, within } from "./fault.js";
import { Frontier } from "./frontier.js";
import { checkGenesis } from "./genesis.js";
import { checkVerdict } from "./judge.js";
import { LEAF_HEADER_BYTES } from "./leaf.js";
import { TILE_WIDTH, bundlePlaces } from "./tile.js";
import { readBody } from "./record.js";
import { messageOf } from "./schema.js";

const NUMBERS = new Map(messageOf("EntryBody").fields.flatMap((field) => (field ? [[field.name, field.number]] : [])));
const GENESIS = NUMBERS.get("genesis");
const ACCESS = NUMBERS.get("access");
const CHARTER = NUMBERS.get("charter");
const OPENING = NUMBERS.get("opening");
const KEY_CHANGE = NUMBERS.get("key_change");
/** Sizes up to here are exact numbers, and more than can be read anyway. */
const SIZE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * An entry on its way past. Views and visitor are valid only while they are looked at.
 *
 * @typedef {object} Passing
 * @property {number} index
 * @property {number} recordedAt seconds
 * @property {Uint8Array} bytes in which its leaf stands …
 * @property {number} start … from here …
 * @property {number} end … up to here
 * @property {Uint8Array} hash leaf hash
 * @property {EntryVisitor} visitor what its body says
 */

/**
 * Looks at every entry of an audit, after it was checked by itself. Throws a fault to end it.
 *
 * @typedef {object} Inspector
 * @property {(entry: Passing) => void} look
 */

/** A ledger that is followed from entry 0 to a checkpoint. */
export class Audit {
  #origin;
  #size;
  #chain;
  #frontier = new Frontier();
  #visitor = new EntryVisitor();
  #assembly = new CharterAssembly();
  #inspectors;
  #hidden = new Map();
  #keptSize;
  #keptRoot = null;
  #genesis = null;
  #charter = -1;
  #charters = null;
  #verdictFault = null;
  #hasKeyChange = false;
  #kinds = new Array(NUMBERS.size + 1).fill(0);
  #failed = null;

  /**
   * @param {import("./checkpoint.js").Checkpoint} checkpoint up to which the ledger is followed; verified by the caller
   * @param {{inspectors?: Inspector[], keptSize?: bigint, judges?: boolean}} [options] `keptSize`: a size at which the
   *   root is wanted; `judges`: whether verdicts are computed again
   * @throws {CannotTell} a checkpoint without entries, or of more than can be counted here
   */
  constructor({ origin, size }, { inspectors = [], keptSize = 0n, judges = false } = {}) {
    if (size === 0n) throw new CannotTell("the checkpoint covers no entry: there is nothing to verify");
    if (size > SIZE_MAX) throw new CannotTell("the ledger is larger than can be read here", { found: `${size} entries` });
    this.#origin = origin;
    this.#size = Number(size);
    this.#keptSize = Number(keptSize);
    this.#chain = new Chain(origin);
    this.#inspectors = inspectors;
    if (judges) this.#charters = new Map();
  }

  /** Index of the entry that comes next. */
  get next() {
    return this.#chain.next;
  }

  /** How many entries there are in all. */
  get size() {
    return this.#size;
  }

  /** Number of the bundle that comes next; `null` at the end. */
  get nextBundle() {
    return this.next === this.#size ? null : Math.floor(this.next / TILE_WIDTH);
  }

  /** @type {import("./genesis.js").Genesis | null} once entry 0 was read */
  get genesis() {
    return this.#genesis;
  }

  /** Whether there was a change of keys, which this reader can't follow. */
  get hasKeyChange() {
    return this.#hasKeyChange;
  }

  /**
   * Why verdicts are not all those that the charters give, or can't be computed again: a fault, `Failed` before
   * `CannotTell`. `null` if they are, or were not asked for.
   */
  get verdictFault() {
    return this.#verdictFault;
  }

  /** Root at the size that was asked for, once it was reached. */
  get keptRoot() {
    return this.#keptRoot;
  }

  /** How many entries of each kind there were, by name; `unknown` ones too. */
  get kinds() {
    const counts = { unknown: this.#kinds[0] };
    for (const [name, number] of NUMBERS) counts[name] = this.#kinds[number];
    return counts;
  }

  /**
   * Takes in the bundle that comes next.
   *
   * @param {Uint8Array} bytes
   * @throws {Failed} something in it is not as it must be: says which entry. The audit has ended then
   * @throws {CannotTell} something in it is not known to this reader. Likewise
   */
  take(bytes) {
    if (this.#failed) throw this.#failed;
    const first = this.next;
    const width = Math.min(TILE_WIDTH, this.#size - first);
    try {
      const places = within(`bundle from entry ${first} on`, () => bundlePlaces(bytes, width));
      for (let entry = 0; entry < width; entry += 1) this.#takeEntry(bytes, places[2 * entry], places[2 * entry + 1]);
    } catch (error) {
      this.#failed = error;
      throw error;
    }
  }

  /**
   * Behind the last entry: that nothing is left open, and the root.
   *
   * @returns {Uint8Array}
   * @throws {Failed} the ledger ends within a charter
   */
  finish() {
    if (this.next !== this.#size) throw new RangeError(`the audit stands at entry ${this.next} of ${this.#size}`);
    within("end of the ledger", () => this.#assembly.interrupt());
    return this.#frontier.root();
  }

  #takeEntry(bytes, start, end) {
    const index = this.next;
    try {
      this.#chain.follow(bytes, start, end);
      const { hash } = this.#chain;
      this.#frontier.push(hash);
      this.#visitor.read(bytes, start + LEAF_HEADER_BYTES, end);
      this.#follow(index, bytes, start, end);
      if (this.next === this.#keptSize) this.#keptRoot = this.#frontier.root();
      if (this.#inspectors.length > 0) {
        const passing = { index, recordedAt: this.#chain.recordedAt, bytes, start, end, hash, visitor: this.#visitor };
        for (const inspector of this.#inspectors) inspector.look(passing);
      }
    } catch (error) {
      throw placed(`entry ${index}`, error);
    }
  }

  /** What an entry means for those behind it. */
  #follow(index, bytes, start, end) {
    const { kind, isConfidential } = this.#visitor;
    this.#kinds[kind] += 1;
    if (index === 0 || kind === GENESIS) this.#begin(index, bytes.subarray(start + LEAF_HEADER_BYTES, end));
    if (kind === ACCESS) {
      this.#followCharter(isConfidential);
      this.#assembly.interrupt();
      if (this.#charters && !isConfidential) this.#judge(index, this.#charter, readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end)).content);
      if (isConfidential) {
        const hidden = hiddenOf(readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end)));
        this.#hidden.set(index, { ...hidden, charter: this.#charter });
      }
      return;
    }
    if (kind !== CHARTER) this.#assembly.interrupt();
    if (kind === CHARTER) {
      const { content } = readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end));
      const text = this.#assembly.push(content);
      if (text) this.#publish(index, text);
    }
    if (kind === OPENING) this.#open(index, readBody(bytes.subarray(start + LEAF_HEADER_BYTES, end)).content);
    if (kind === KEY_CHANGE) this.#hasKeyChange = true;
  }

  #followCharter(isConfidential) {
    // What is shown of a confidential record names none: what is within does.
    checkCharter(isConfidential ? -1 : this.#charter, this.#visitor.charter);
  }

  #begin(index, body) {
    require(index === 0, "a genesis stands behind the first entry");
    this.#genesis = checkGenesis(readBody(body), this.#origin);
  }

  #open(index, opening) {
    const of = Number(opening.index);
    const hidden = this.#hidden.get(of);
    require(hidden !== undefined, "the entry opens what is no confidential record before it, or was opened before", { found: `entry ${opening.index}` });
    const record = verifyOpening(hidden, opening, BigInt(this.#chain.recordedAt));
    // It was judged when it was recorded, by the charter that was in force then.
    checkCharter(hidden.charter, Number(record.charter ?? -1));
    if (this.#charters) this.#judge(index, hidden.charter, record);
    this.#hidden.delete(of);
  }

  /** A charter is in force behind its last part. */
  #publish(index, text) {
    this.#charter = index;
    if (this.#charters) this.#noteVerdict(index, () => this.#charters.set(index, parseCharter(text)));
  }

  #judge(index, charter, record) {
    this.#noteVerdict(index, () => {
      if (charter === -1) {
        require(record.deviates.length + record.not_verifiable.length === 0, "the record states a verdict, and no charter is in force");
        return;
      }
      const known = this.#charters.get(charter);
      if (!known) throw new CannotTell("the charter in force could not be read");
      checkVerdict(known, record);
    });
  }

  /** A verdict that does not fit ends nothing: chain and tree are told for themselves. */
  #noteVerdict(index, action) {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const isWorse = this.#verdictFault === null || (error instanceof Failed && !(this.#verdictFault instanceof Failed));
      if (isWorse) this.#verdictFault = placed(`entry ${index}`, error);
    }
  }
}

/**
 * Follows a ledger from a source, reading some bundles ahead.
 *
 * @param {Audit} audit
 * @param {(number: bigint) => Promise<Uint8Array>} fetchBundle
 * @param {{ahead?: number}} [options] how many bundles are asked for at a time
 * @yields {{entries: number, size: number}} behind each bundle
 * @throws {CannotTell} a bundle could not be had: call it again with the same audit, and it goes on
 * @throws {Failed} the ledger is not as it must be
 */
export async function* follow(audit, fetchBundle, { ahead = 8 } = {}) {
  const asked = new Map();
  const last = Math.floor((audit.size - 1) / TILE_WIDTH);
  for (let number = audit.nextBundle; number !== null; number = audit.nextBundle) {
    for (let next = number; next <= Math.min(last, number + ahead - 1); next += 1) {
      if (asked.has(next)) continue;
      const answer = fetchBundle(BigInt(next));
      // Whoever waits for it is told; until then it must not count as unhandled.
      answer.catch(() => {});
      asked.set(next, answer);
    }
    audit.take(await asked.get(number));
    asked.delete(number);
    yield { entries: audit.next, size: audit.size };
  }
}

function checkCharter(expected, found) {
  if (found !== expected) throw new Failed("the record names another charter than the one in force", { expected: name(expected), found: name(found) });
}

function name(charter) {
  return charter === -1 ? "none" : `that of entry ${charter}`;
}

