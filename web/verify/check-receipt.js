/**
 * A receipt that somebody dropped, checked step by step, without network.
 */

import { openCheckpoint } from "./checkpoint.js";
import { parseVerifierKey } from "./key.js";
import { parseReceipt, proveLeaf } from "./receipt.js";
import { readLeaf } from "./record.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

/**
 * Checks a receipt with the key of the ledger and nothing else. It proves that the entry is in the ledger; it says
 * nothing about the entries around it, nor whether what the entry says is true.
 *
 * @param {Uint8Array} bytes the file
 * @param {{key: string, leaf?: Uint8Array, subtle?: SubtleCrypto}} known `key`: text of the verifier key, from elsewhere
 *   than the receipt; `leaf`: the entry, if it is known from elsewhere
 * @returns {Promise<import("./steps.js").Result & {entry: import("./record.js").ProvenEntry | null}>} the entry only if
 *   every step holds
 */
export async function checkReceipt(bytes, { key: keyText, leaf: given, subtle }) {
  const steps = new Steps(["key", "file", "signature", "inclusion", "entry"], WORDS);
  const entry = await runReceipt(steps, bytes, keyText, given, subtle);
  return { ...steps.result(), entry: steps.areSound ? entry : null };
}

async function runReceipt(steps, bytes, keyText, given, subtle) {
  const key = await steps.run("key", (tell) => {
    const read = parseVerifierKey(keyText);
    tell(read.name);
    return read;
  });
  const receipt = await steps.run("file", () => parseReceipt(bytes));
  const checkpoint = await steps.run("signature", async (tell) => {
    const opened = await openCheckpoint(receipt.checkpoint, key.name, [key], subtle);
    tell(`${opened.size} entries, signed by ${key.name}`);
    return opened;
  });
  const proven = await steps.run("inclusion", (tell) => {
    const found = proveLeaf(receipt, checkpoint, given);
    tell(`entry ${receipt.index} of ${checkpoint.size}`);
    return found;
  });
  return steps.run("entry", (tell) => {
    const read = readLeaf(proven.leaf, receipt.index);
    tell(`${read.body.kind}, recorded at second ${read.recordedAt}`);
    return { index: receipt.index, checkpoint, ...proven, ...read };
  });
}
