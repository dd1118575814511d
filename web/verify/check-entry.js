/**
 * Single entries of a ledger, checked step by step.
 */

import { equal, toHex, toUtf8 } from "./bytes.js";
import { headSteps, openHead } from "./check-head.js";
import { Failed, require } from "./fault.js";
import { checkGenesis } from "./genesis.js";
import { parseLeaf } from "./leaf.js";
import { readBody } from "./record.js";
import { sha256 } from "./sha256.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

/**
 * Checks one entry: that it is in the newest state, follows the entry before it, is followed by the one behind it, and
 * can be read. Not checked: the rest of the ledger.
 *
 * @param {import("./source.js").Source} source
 * @param {bigint} index from 0
 * @param {import("./check-head.js").Known} known
 * @returns {Promise<import("./steps.js").Result & {entry: import("./record.js").ProvenEntry | null}>} the entry only if
 *   every step holds
 */
export async function checkEntry(source, index, known) {
  const steps = new Steps([...headSteps(known), "inclusion", "chain", "entry"], WORDS);
  const reader = await openHead(steps, source, known);
  const leaf = await steps.run("inclusion", async (tell) => {
    const found = await reader.leaf(index);
    tell(`entry ${index} of ${reader.checkpoint.size}`);
    return found;
  });
  await steps.run("chain", () => checkNeighbours(reader, leaf));
  const entry = await steps.run("entry", (tell) => {
    const { recordedAt, body: bytes } = parseLeaf(leaf.leaf);
    const body = readBody(bytes);
    if (index === 0n) checkGenesis(body, reader.checkpoint.origin);
    tell(`${body.kind}, recorded at second ${recordedAt}`);
    return { ...leaf, recordedAt, body, checkpoint: reader.checkpoint };
  });
  const result = steps.result();
  return { ...result, entry: result.outcome === "ok" ? entry : null };
}

async function checkNeighbours(reader, { index, leaf, hash }) {
  const { origin, size } = reader.checkpoint;
  const before = index === 0n ? null : await reader.leaf(index - 1n);
  checkLink(leaf, before === null ? sha256(toUtf8(origin)) : before.hash, index);
  if (before) checkOrder(before.leaf, leaf, index);
  if (index + 1n === size) return;
  const behind = await reader.leaf(index + 1n);
  checkLink(behind.leaf, hash, index + 1n);
  checkOrder(leaf, behind.leaf, index + 1n);
}

function checkLink(leaf, expected, index) {
  const { previous } = parseLeaf(leaf);
  if (!equal(previous, expected)) {
    throw new Failed("the chain is broken: the entry does not name the hash of the one before it", { where: `entry ${index}`, expected: toHex(expected), found: toHex(previous) });
  }
}

function checkOrder(before, behind, index) {
  const [earlier, later] = [parseLeaf(before).recordedAt, parseLeaf(behind).recordedAt];
  require(later >= earlier, "the entry was recorded before the one that it follows", { where: `entry ${index}`, expected: `at least second ${earlier}`, found: later });
}
