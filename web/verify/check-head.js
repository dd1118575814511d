/**
 * The newest state of a ledger, checked step by step. Only a few tiles are read, so this works where entries are kept from
 * the public, too.
 */

import { openCheckpoint } from "./checkpoint.js";
import { parseVerifierKey } from "./key.js";
import { NOTE_BYTES_MAX } from "./note.js";
import { LedgerReader, verifyGrowth } from "./reader.js";
import { Steps } from "./steps.js";

/**
 * @typedef {object} Known
 * @property {string} key text of the verifier key, from elsewhere than the ledger
 * @property {import("./kept.js").Kept | null} [kept] what was verified last, if anything
 * @property {SubtleCrypto} [subtle]
 * @property {AbortSignal} [signal]
 */

/**
 * Checks the newest checkpoint: signed, and a continuation of what was verified last. Not checked: any entry.
 *
 * @param {import("./source.js").Source} source
 * @param {Known} known
 * @returns {Promise<import("./steps.js").Result & {reader: LedgerReader | null}>} a reader of that state, only if every
 *   step holds; its checkpoint is what to keep
 */
export async function checkHead(source, known) {
  const steps = new Steps(headSteps(known));
  const reader = await openHead(steps, source, known);
  const result = steps.result();
  return { ...result, reader: result.outcome === "ok" ? reader : null };
}

/** @returns {string[]} names of the steps of `checkHead` */
export function headSteps({ kept }) {
  return ["key", "checkpoint", ...(kept ? ["history"] : [])];
}

/**
 * Runs the steps of `checkHead`, for whoever goes on behind them.
 *
 * @param {Steps} steps that begin with `headSteps`
 * @param {import("./source.js").Source} source
 * @param {Known} known
 * @returns {Promise<LedgerReader | undefined>} believe it only if every step holds
 */
export async function openHead(steps, source, { key: keyText, kept, subtle, signal }) {
  const key = await steps.run("key", () => parseVerifierKey(keyText));
  const reader = await steps.run("checkpoint", async (tell) => {
    const note = await source.get("checkpoint", { max: NOTE_BYTES_MAX, fresh: true, signal });
    const checkpoint = await openCheckpoint(note, key.name, [key], subtle);
    tell(`${checkpoint.size} entries, signed by ${key.name}`);
    return new LedgerReader(source, checkpoint, signal);
  });
  if (kept) await steps.run("history", () => verifyGrowth(kept, reader));
  return reader;
}
