/**
 * Disclosed values that somebody dropped, checked step by step, without network.
 */

import { equal, fromUtf8, toUtf8 } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { parseDisclosure, verifyValues } from "./disclosure.js";
import { CannotTell, Failed, require, within, withinAsync } from "./fault.js";
import { parseVerifierKey } from "./key.js";
import { parseReceipt, proveLeaf } from "./receipt.js";
import { readLeaf } from "./record.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

/**
 * Checks a file of disclosed values with the key of the ledger and nothing else. It shows that each value stood behind
 * its seal when the record was made. Not shown: whether the value was true, what the trail says (it is sealed there),
 * and whether what is said to be erased is.
 *
 * @param {Uint8Array} bytes the file
 * @param {{key: string, subtle?: SubtleCrypto}} known
 * @returns {Promise<import("./steps.js").Result & {
 *   entry: import("./record.js").ProvenEntry | null,
 *   trail: import("./record.js").ProvenEntry | null,
 *   values: import("./disclosure.js").Disclosed[],
 *   erasedSaid: {field: number, by: bigint}[]}>} what it shows, only if every step holds
 */
export async function checkDisclosure(bytes, { key: keyText, subtle }) {
  const steps = new Steps(["key", "file", "signature", "inclusion", "entry", "trail", "same-state", "values"], WORDS);
  const key = await steps.run("key", () => parseVerifierKey(keyText));
  const file = await steps.run("file", () => readFile(bytes, key));
  const checkpoint = await steps.run("signature", () => openCheckpoint(file.receipt.checkpoint, key.name, [key], subtle));
  const proven = await steps.run("inclusion", () => proveLeaf(file.receipt, checkpoint));
  const entry = await steps.run("entry", (tell) => {
    tell(`entry ${file.receipt.index} of ${checkpoint.size}`);
    return { index: file.receipt.index, checkpoint, ...proven, ...readLeaf(proven.leaf, file.receipt.index) };
  });
  const trail = await steps.run("trail", () => trailOf(file.trail, entry, key, subtle));
  await steps.run("same-state", () => checkStates(entry.checkpoint, trail.checkpoint));
  const values = await steps.run("values", (tell) => {
    const disclosed = verifyValues(file.disclosure, entry.body);
    checkErased(file.disclosure.erased, entry.index, trail.index);
    tell(disclosed.map(({ name }) => name).join(", "));
    return disclosed;
  });
  const result = steps.result();
  if (result.outcome !== "ok") return { ...result, entry: null, trail: null, values: [], erasedSaid: [] };
  return { ...result, entry, trail, values, erasedSaid: file.disclosure.erased };
}

function readFile(bytes, key) {
  let text;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new CannotTell("the file is not text in UTF-8");
  }
  const disclosure = parseDisclosure(text);
  if (disclosure.origin !== key.name) throw new CannotTell("the file is of another ledger than the key", { expected: key.name, found: disclosure.origin });
  const receipt = within("the receipt of the entry", () => parseReceipt(toUtf8(disclosure.receipt)));
  const trail = within("the receipt of the trail", () => parseReceipt(toUtf8(disclosure.trail)));
  return { disclosure, receipt, trail };
}

async function trailOf(receipt, entry, key, subtle) {
  return withinAsync("the trail", async () => {
    const checkpoint = await openCheckpoint(receipt.checkpoint, key.name, [key], subtle);
    const proven = proveLeaf(receipt, checkpoint);
    const read = readLeaf(proven.leaf, receipt.index);
    const isTrail = read.body.kind === "disclosure" && receipt.index > entry.index;
    require(isTrail, "the entry does not say that something was disclosed after it was recorded", {
      expected: `a disclosure behind entry ${entry.index}`,
      found: `entry ${receipt.index}, ${read.body.kind}`,
    });
    return { index: receipt.index, checkpoint, ...proven, ...read };
  });
}

function checkStates(one, other) {
  if (one.size !== other.size) throw new CannotTell("the two receipts are under two checkpoints", { expected: `${one.size} entries`, found: `${other.size} entries` });
  if (!equal(one.root, other.root)) throw new Failed("two roots of one size are signed: there are two histories", { found: `${one.size} entries` });
}

function checkErased(erased, of, trail) {
  for (const { field, by } of erased) {
    const isBetween = by > of && by < trail;
    require(isBetween, "what is said to have erased a value does not stand between the entry and the disclosure", {
      where: `field ${field}`,
      expected: `between entry ${of} and entry ${trail}`,
      found: `entry ${by}`,
    });
  }
}
