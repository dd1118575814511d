/**
 * Whether a receipt, or one of those in a file of disclosed values, fits the ledger of today: its state is contained in the newest one, and its entry stands there
 * between its neighbours. Two versions of a ledger, each signed, show here.
 */

import { equal, toHex } from "../verify/bytes.js";
import { checkEntry } from "../verify/check-entry.js";
import { verifyContained } from "../verify/contained.js";
import { CannotTell, Failed, require } from "../verify/fault.js";
import { Steps } from "../verify/steps.js";
import { WORDS } from "../verify/words.js";

/**
 * @param {import("../verify/source.js").Source} source
 * @param {import("../verify/reader.js").LedgerReader} reader of the newest state, verified
 * @param {string} key text of the verifier key
 * @param {import("../verify/record.js").ProvenEntry} entry of the receipt, proven
 * @param {import("../verify/record.js").ProvenEntry} [trail] the entry about a disclosure, proven under the same state
 * @returns {Promise<import("../verify/steps.js").Result>}
 */
export async function checkToday(source, reader, key, entry, trail) {
  const steps = new Steps(["contained", "chain", ...(trail ? ["trail-chain"] : [])], WORDS);
  await steps.run("contained", () => verifyContained(entry.checkpoint, reader));
  await steps.run("chain", () => checkPlace(source, reader, key, entry));
  if (trail) await steps.run("trail-chain", () => checkPlace(source, reader, key, trail), { alone: steps.holds("contained") });
  return steps.result();
}

async function checkPlace(source, { checkpoint: { size, root } }, key, entry) {
  const result = await checkEntry(source, entry.index, { key, kept: { size, root } });
  if (result.outcome !== "ok") throw asFault(result);
  require(equal(result.entry.leaf, entry.leaf), "the ledger has another entry there than the receipt", { where: `entry ${entry.index}`, expected: toHex(entry.hash), found: toHex(result.entry.hash) });
}

function asFault({ outcome, steps }) {
  const { detail } = steps.find((step) => step.outcome === outcome);
  return outcome === "failed" ? new Failed(detail) : new CannotTell(detail);
}
