/**
 * Opens the ledger as a returning reader does: with the key and the state that were remembered, if any. Whatever does
 * not fit them is an alarm, and what was remembered stays as it was.
 */

import { equal, fromUtf8 } from "../verify/bytes.js";
import { checkHead } from "../verify/check-head.js";
import { Fault } from "../verify/fault.js";
import { keptText, parseKept } from "../verify/kept.js";
import { parseVerifierKey } from "../verify/key.js";
import { LedgerReader, verifyGrowth } from "../verify/reader.js";
import { Steps } from "../verify/steps.js";
import { KEY_BYTES_MAX, KEY_PATH } from "./place.js";

/**
 * Why something is wrong, or could not be told; each has words in texts/state.js.
 *
 * @typedef {"history" | "other-key" | "signature" | "no-key" | "memory" | "unreachable" | "unchecked"} Reason
 */

/**
 * @typedef {object} Opened
 * @property {import("../verify/steps.js").Outcome} outcome
 * @property {Reason | null} reason `null` if the outcome is ok
 * @property {string} detail what exactly was found; foreign text in it
 * @property {import("../verify/steps.js").Step[]} steps
 * @property {import("../verify/reader.js").LedgerReader | null} reader only if every step holds
 * @property {string | null} key text of the verifier key that was used
 * @property {{size: bigint, on: string} | null} before what was verified before, if anything
 * @property {boolean} isRemembered whether this state was remembered for the next time
 */

/**
 * @param {import("../verify/source.js").Source} source
 * @param {import("./memory.js").Memory} memory
 * @param {{today: string, subtle?: SubtleCrypto, signal?: AbortSignal}} now `today`: `2026-11-24`
 * @returns {Promise<Opened>}
 */
export async function openLedger(source, memory, { today, subtle, signal }) {
  // Before anything is fetched: a checkpoint that another page verifies meanwhile must not make this one look older.
  const { states, fault } = remembered(memory);
  if (fault) return closed("could-not-tell", "memory", fault.message);
  const [last] = states;
  const before = last?.before ?? null;
  const served = await servedKey(source, signal);
  const key = last?.key ?? served.text;
  if (key === null) return closed("could-not-tell", "no-key", served.fault.message);
  if (served.text !== null && !isSameKey(key, served.text)) return { ...otherKey(key, served.text), key, before };
  const { reader, outcome, steps } = await checkHead(source, { key, kept: last?.kept, subtle, signal });
  if (!reader) return { outcome, ...reasonOf({ outcome, steps }), steps, reader: null, key, before, isRemembered: false };
  const misfit = await compareRest(memory, { source, reader, key, signal, compared: last });
  if (misfit) return { ...misfit, steps: [...steps.filter(({ step }) => step !== "history"), ...misfit.steps], key };
  const isRemembered = remember(memory, key, reader.checkpoint, today);
  return { outcome, reason: null, detail: "", steps, reader, key, before, isRemembered };
}

/** All that is remembered, the largest state first. */
function remembered(memory) {
  try {
    const states = memory.readAll().map(({ key, kept, on }) => {
      const read = parseKept(kept, parseVerifierKey(key).name);
      return { name: `${key.trim()} ${kept}`, key, kept: read, before: { size: read.size, on } };
    });
    return { states };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { states: [], fault: error };
  }
}

/** What is no key says nothing of the ledger: it is a key that could not be had. */
async function servedKey(source, signal) {
  try {
    const text = fromUtf8(await source.get(KEY_PATH, { max: KEY_BYTES_MAX, fresh: true, signal }));
    parseVerifierKey(text);
    return { text };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { text: null, fault: error };
  }
}

function isSameKey(one, other) {
  const [first, second] = [one, other].map(parseVerifierKey);
  return first.name === second.name && equal(first.publicKey, second.publicKey);
}

function otherKey(known, found) {
  return closed("failed", "other-key", `${known.trim()} → ${found.trim()}`);
}

/**
 * Whatever else is remembered by now has to fit as well: what this page verified itself, and what another page stored
 * while this one was verifying. Until nothing new is there.
 */
async function compareRest(memory, { source, reader, key, signal, compared }) {
  const seen = new Set([compared?.name]);
  for (;;) {
    const { states, fault } = remembered(memory);
    if (fault) return closed("could-not-tell", "memory", fault.message);
    const next = states.find(({ name }) => !seen.has(name));
    if (!next) return null;
    seen.add(next.name);
    const { before } = next;
    if (!isSameKey(next.key, key)) return { ...otherKey(next.key, key), before };
    const history = new Steps(["history"]);
    await history.run("history", () => verifyFits(source, reader, next.kept, signal));
    const result = history.result();
    if (result.outcome !== "ok") {
      const { reason, detail } = reasonOf(result);
      return { ...closed(result.outcome, reason, detail), steps: result.steps, before };
    }
  }
}

/** Whether two states are of one history, whichever of them is the older one. */
async function verifyFits(source, reader, kept, signal) {
  const { origin, size, root } = reader.checkpoint;
  if (kept.size <= size) await verifyGrowth(kept, reader);
  else if (size > 0n) await verifyGrowth({ size, root }, new LedgerReader(source, { origin, ...kept }, signal));
}

function reasonOf({ outcome, steps }) {
  const { step, detail } = steps.find((one) => one.outcome === outcome && one.detail !== "") ?? steps.find((one) => one.outcome === outcome);
  if (outcome === "failed") return { reason: { key: "no-key", history: "history" }[step] ?? "signature", detail };
  return { reason: step === "checkpoint" ? "unreachable" : "unchecked", detail };
}

function remember(memory, key, { origin, size, root }, today) {
  return size > 0n && memory.write({ key: key.trim(), kept: keptText(origin, { size, root }), on: today });
}

function closed(outcome, reason, detail) {
  return { outcome, reason, detail, steps: [], reader: null, key: null, before: null, isRemembered: false };
}
