/**
 * A whole ledger, checked step by step: docs/format.md, Verifying a ledger.
 *
 * The root is computed from the entries. Hash tiles are compared (step 6 there), and verdicts computed again, only if
 * that is asked for: the first is more to fetch, the second takes about as long again.
 */

import { Audit, follow } from "./audit.js";
import { equal, toHex } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { CannotTell, Failed, require } from "./fault.js";
import { parseVerifierKey } from "./key.js";
import { HashRows } from "./hash-rows.js";
import { NOTE_BYTES_MAX, openNote } from "./note.js";
import { LedgerReader } from "./reader.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

const STEPS = ["key", "checkpoint", "entries", "root", "keys"];

/**
 * @typedef {object} Known
 * @property {string} key text of the verifier key, from elsewhere than the ledger
 * @property {{size: bigint, root: Uint8Array} | null} [kept] what was verified last, if anything
 * @property {import("./audit.js").Inspector[]} [inspectors] look at each entry on the way
 * @property {boolean} [judges] whether verdicts are computed again
 * @property {boolean} [tiles] whether hash tiles are fetched and compared; takes 32 bytes of memory for each entry
 * @property {SubtleCrypto} [subtle]
 */

/** The check of one ledger, up to the checkpoint that it had when the check began. */
export class LedgerCheck {
  #source;
  #known;
  #note = null;
  #checkpoint = null;
  #audit = null;
  #rows = new HashRows();

  /**
   * @param {import("./source.js").Source} source
   * @param {Known} known
   */
  constructor(source, known) {
    this.#source = source;
    this.#known = known;
  }

  /** The audit, once the checkpoint was verified. */
  get audit() {
    return this.#audit;
  }

  /**
   * Checks everything; after "could not tell" for want of an answer, call it again, and it goes on where it stood.
   *
   * @param {{onProgress?: (progress: {entries: number, size: number}) => void, signal?: AbortSignal}} [options]
   * @returns {Promise<import("./steps.js").Result & {head: {size: bigint, root: Uint8Array} | null, simulated: boolean | null}>}
   *   `head`: what to keep for the next time, only if every step holds
   */
  async run({ onProgress = () => {}, signal } = {}) {
    const { kept, subtle, judges, tiles } = this.#known;
    const steps = new Steps([...STEPS, ...(kept ? ["history"] : []), ...(judges ? ["verdicts"] : []), ...(tiles ? ["tiles"] : [])], WORDS);
    const key = await steps.run("key", () => parseVerifierKey(this.#known.key));
    const checkpoint = await steps.run("checkpoint", (tell) => this.#open(key, signal, tell));
    const audit = await steps.run("entries", (tell) => this.#follow(checkpoint, onProgress, signal, tell));
    await steps.run("root", () => {
      const found = audit.finish();
      require(equal(found, checkpoint.root), "the entries make another root than the signed one", { expected: toHex(checkpoint.root), found: toHex(found) });
    });
    await steps.run("keys", async () => {
      if (audit.hasKeyChange) throw new CannotTell("the ledger changed its keys, and this reader can't follow that");
      await checkKeys(audit.genesis, key, this.#note, subtle);
    });
    if (kept) await steps.run("history", () => checkKept(kept, checkpoint, audit));
    if (judges) await steps.run("verdicts", () => checkVerdicts(audit), { alone: steps.holds("root") });
    if (tiles) await steps.run("tiles", async (tell) => tell(`${await this.#rows.compare(this.#source, signal)} tiles`), { alone: steps.holds("root") });
    const result = steps.result();
    return { ...result, head: result.outcome === "ok" ? { size: checkpoint.size, root: checkpoint.root } : null, simulated: audit?.genesis?.simulated ?? null };
  }

  async #open(key, signal, tell) {
    if (!this.#checkpoint) {
      const note = await this.#source.get("checkpoint", { max: NOTE_BYTES_MAX, fresh: true, signal });
      this.#checkpoint = await openCheckpoint(note, key.name, [key], this.#known.subtle);
      this.#note = note;
    }
    tell(`${this.#checkpoint.size} entries, signed by ${key.name}`);
    return this.#checkpoint;
  }

  async #follow(checkpoint, onProgress, signal, tell) {
    const { kept, inspectors = [], judges, tiles } = this.#known;
    this.#audit ??= new Audit(checkpoint, { inspectors: tiles ? [...inspectors, this.#rows] : inspectors, keptSize: kept?.size ?? 0n, judges });
    const reader = new LedgerReader(this.#source, checkpoint, signal);
    for await (const progress of follow(this.#audit, async (number) => (await reader.bundle(number))[0])) onProgress(progress);
    tell(`${this.#audit.size} entries`);
    return this.#audit;
  }
}

function checkVerdicts(audit) {
  if (audit.verdictFault) throw audit.verdictFault;
}

function checkKept(kept, checkpoint, audit) {
  if (kept.size === 0n) throw new CannotTell("an empty ledger was kept: nothing follows from it");
  require(kept.size <= checkpoint.size, "the ledger is smaller than when it was last verified", { expected: `at least ${kept.size} entries`, found: checkpoint.size });
  if (!equal(audit.keptRoot, kept.root)) {
    throw new Failed("the ledger is not a continuation of what was last verified: it had another root at that size", {
      where: `${kept.size} entries`,
      expected: toHex(kept.root),
      found: toHex(audit.keptRoot),
    });
  }
}

/** Whether the key that was known before belongs to the ledger, and every key of the ledger signed the checkpoint. */
async function checkKeys(genesis, key, note, subtle) {
  const isNamed = genesis.keys.some(({ publicKey }) => equal(publicKey, key.publicKey));
  require(isNamed, "the key that signed is not among those that the first entry names");
  const { signers } = await openNote(note, genesis.keys, subtle);
  require(signers.length === genesis.keys.length, "not every key that the first entry names signed", { expected: `${genesis.keys.length} keys`, found: signers.length });
}
