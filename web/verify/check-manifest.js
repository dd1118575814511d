/**
 * A report that somebody dropped, or its manifest alone, checked step by step.
 */

import { equal, toHex } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { verifyContained } from "./contained.js";
import { CannotTell, Failed, require, withinAsync } from "./fault.js";
import { parseVerifierKey } from "./key.js";
import { parseManifest } from "./manifest.js";
import { sha256 } from "./sha256.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

/**
 * Checks a report: its files against the manifest, the state that it was made from, and whether the ledger names it.
 * Not checked: a single figure. For that the report is made again from the ledger.
 *
 * @param {Uint8Array} bytes the manifest
 * @param {object} known
 * @param {string} known.key text of the verifier key, from elsewhere than the report
 * @param {Map<string, Uint8Array>} [known.files] the other files, by path. One that is not there makes the step "could
 *   not tell"; so does one that the manifest does not name
 * @param {() => Promise<import("./record.js").ProvenEntry>} [known.findEntry] gives the proven entry of kind `report`
 *   that is said to name the report, from a receipt or from the ledger
 * @param {import("./reader.js").LedgerReader} [known.reader] of the newest state, verified. With it there is one more
 *   step: whether the state that the report was made from is part of that ledger; and what the report corrects is
 *   looked up. Without it, neither is checked
 * @param {SubtleCrypto} [known.subtle]
 * @returns {Promise<import("./steps.js").Result & {manifest: import("./manifest.js").Manifest | null}>}
 */
export async function checkManifest(bytes, { key: keyText, files = new Map(), findEntry, reader, subtle }) {
  const steps = new Steps(["key", "file", "named", "state", ...(reader ? ["contained"] : []), "files"], WORDS);
  const key = await steps.run("key", () => parseVerifierKey(keyText));
  const manifest = await steps.run("file", (tell) => {
    const read = parseManifest(bytes);
    if (read.origin !== key.name) throw new CannotTell("the report is of another ledger than the key", { expected: key.name, found: read.origin });
    tell(`${read.period}, ${read.size} entries`);
    return read;
  });
  // Each of these is told for itself: a report that is not published yet can still be whole.
  const rest = [
    ["named", (tell) => checkNamed(manifest, findEntry, key, reader, tell)],
    ["state", () => checkState(manifest, files.get("checkpoint"), key, subtle)],
    ...(reader ? [["contained", () => verifyContained(manifest, reader)]] : []),
    ["files", (tell) => checkFiles(manifest, files, tell)],
  ];
  for (const [step, check] of rest) await steps.run(step, check, { alone: steps.holds("file") });
  return { ...steps.result(), manifest: manifest ?? null };
}

async function checkNamed(manifest, findEntry, key, reader, tell) {
  if (!findEntry) throw new CannotTell("nobody said which entry of the ledger names the report");
  const { index, body, checkpoint } = await withinAsync("the entry that names the report", findEntry);
  require(checkpoint.origin === key.name, "the entry is of another ledger", { expected: key.name, found: checkpoint.origin });
  require(body.kind === "report", "the entry names no report", { where: `entry ${index}`, expected: "report", found: body.kind });
  const { period, manifest_sha256: named, replaces } = body.content;
  require(equal(named, manifest.sha256), "the entry names another report", { where: `entry ${index}`, expected: toHex(named), found: toHex(manifest.sha256) });
  require(period === manifest.period, "the entry names another period than the report", { where: `entry ${index}`, expected: period, found: manifest.period });
  const corrects = manifest.corrects ?? undefined;
  require(replaces === corrects, "the entry names another report as corrected than the report does", { where: `entry ${index}`, expected: replaces ?? "none", found: corrects ?? "none" });
  require(index >= manifest.size, "the entry stands among those that the report was made from", { expected: `${manifest.size} or later`, found: index });
  if (reader && replaces !== undefined) await checkCorrected(replaces, index, period, reader);
  tell(`entry ${index}`);
}

/** What a report corrects is an earlier report of its period (docs/format.md, Reports). */
async function checkCorrected(replaced, index, period, reader) {
  const where = `entry ${index}`;
  require(replaced < index, "the entry names as corrected what does not stand before it", { where, expected: `below ${index}`, found: replaced });
  const { body } = await withinAsync("the report that is corrected", () => reader.entry(replaced));
  const isReport = body.kind === "report" && body.content.period === period;
  require(isReport, "the entry names as corrected what is no report of its period", { where, expected: `a report of ${period}`, found: `entry ${replaced}, ${body.kind === "report" ? body.content.period : body.kind}` });
}

async function checkState(manifest, checkpointBytes, key, subtle) {
  if (!checkpointBytes) throw new CannotTell("the file “checkpoint” of the report is not there");
  const { size, root } = await openCheckpoint(checkpointBytes, key.name, [key], subtle);
  require(size === manifest.size, "the manifest states another size than the signed checkpoint", { expected: size, found: manifest.size });
  require(equal(root, manifest.root), "the manifest states another root than the signed checkpoint", { expected: toHex(root), found: toHex(manifest.root) });
}

function checkFiles(manifest, files, tell) {
  for (const [path, bytes] of files) {
    const expected = manifest.files.get(path);
    if (!expected) continue;
    const found = sha256(bytes);
    if (!equal(found, expected)) throw new Failed("a file is not the one that the manifest names", { where: path, expected: toHex(expected), found: toHex(found) });
  }
  const missing = [...manifest.files.keys()].filter((path) => !files.has(path));
  if (missing.length > 0) throw new CannotTell("files of the report are not there", { expected: `${manifest.files.size} files`, found: `${manifest.files.size - missing.length}; the first that is missing: ${missing[0]}` });
  const foreign = [...files.keys()].find((path) => !manifest.files.has(path));
  if (foreign !== undefined) throw new CannotTell("the manifest does not name this file", { found: foreign });
  tell(`${manifest.files.size} files`);
}
