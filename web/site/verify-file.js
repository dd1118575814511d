/**
 * Verifies what somebody dropped: finds out what it is, runs the steps, and says what came of it. Makes no elements.
 */

import { kindOfFile, partFiles, readFiles } from "./dropped-file.js";
import { ReportEntries } from "./report-find.js";
import { fetchReportList } from "./report-list.js";
import { checkToday } from "./receipt-today.js";
import { checkDisclosure } from "../verify/check-disclosure.js";
import { checkManifest } from "../verify/check-manifest.js";
import { checkReceipt } from "../verify/check-receipt.js";
import { CannotTell, Fault } from "../verify/fault.js";
import { parseVerifierKey } from "../verify/key.js";
import { MANIFEST_PATH, parseManifest } from "../verify/manifest.js";
import { parseNote } from "../verify/note.js";
import { parseReceipt } from "../verify/receipt.js";

/**
 * @typedef {object} Ledger
 * @property {import("../verify/source.js").Source} source
 * @property {import("../verify/reader.js").LedgerReader | null} reader of the newest state
 * @property {string} key text of the verifier key
 * @property {SubtleCrypto} [subtle]
 */

/**
 * @typedef {object} Verified
 * @property {string} name of the file
 * @property {"receipt" | "disclosure" | "manifest" | "keys" | "unknown" | "large" | "twice"} kind `twice`: two files with one path
 * @property {import("../verify/steps.js").Outcome | null} outcome `null` for what can't be verified
 * @property {import("../verify/steps.js").Step[]} steps
 * @property {import("../verify/record.js").ProvenEntry | null} [entry]
 * @property {import("../verify/steps.js").Result | null} [today] of receipts, and of both receipts of a disclosure
 * @property {boolean} [isOfOther] whether the file names another ledger
 * @property {import("../verify/disclosure.js").Disclosed[]} [values]
 * @property {{field: number, by: bigint}[]} [erased]
 * @property {import("../verify/manifest.js").Manifest | null} [manifest]
 * @property {import("./report-find.js").Later | null} [later] whether a later report took the place of this one
 */

/**
 * @param {File[]} list
 * @param {Ledger} ledger
 * @returns {Promise<Verified[]>} a report is one, however many files it has; nothing that was given is left out
 */
export async function verifyFiles(list, ledger) {
  let given;
  try {
    given = await readFiles(list);
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    return [{ name: list[0]?.name ?? "", kind: "large", outcome: "could-not-tell", steps: [] }];
  }
  const { reports, singles } = partFiles(given.files);
  const twice = [...given.twice];
  // One for all reports, so that none looks through the ledger again; and none is made for anything else.
  const entries = once(() => entriesOf(ledger));
  const verified = [];
  for (const [folder, files] of reports) {
    const name = `${folder}${MANIFEST_PATH}`;
    // Of which of two files with one path the manifest speaks, nobody said.
    const isTwice = twice.some((path) => path.startsWith(folder) && files.has(path.slice(folder.length)));
    verified.push(isTwice ? ofTwo(name) : await verifyReport(name, files.get(MANIFEST_PATH), files, ledger, entries));
  }
  for (const [name, bytes] of singles) verified.push(given.twice.has(name) ? ofTwo(name) : await verifyOne(name, bytes, ledger, entries));
  return verified;
}

function ofTwo(name) {
  return { name, kind: "twice", outcome: "could-not-tell", steps: [] };
}

function once(make) {
  let made = null;
  return () => (made ??= make());
}

async function entriesOf({ source, reader }) {
  const listed = await fetchReportList(source).catch(orNothing);
  return new ReportEntries(reader, listed ?? []);
}

async function verifyOne(name, bytes, ledger, entries) {
  const kind = kindOfFile(bytes);
  if (kind === "receipt") return { name, kind, ...(await verifyReceipt(bytes, ledger)) };
  if (kind === "disclosure") return { name, kind, ...(await verifyDisclosure(bytes, ledger)) };
  if (kind === "manifest") return verifyReport(name, bytes, new Map(), ledger, entries);
  return { name, kind, outcome: null, steps: [] };
}

async function verifyReceipt(bytes, { source, reader, key, subtle }) {
  const { outcome, steps, entry } = await checkReceipt(bytes, { key, subtle });
  const today = entry && reader ? await checkToday(source, reader, key, entry) : null;
  const isOfOther = outcome !== "ok" && isOfOtherLedger(bytes, key);
  return { outcome: today?.outcome === "failed" ? "failed" : outcome, steps, entry, today, isOfOther };
}

async function verifyDisclosure(bytes, { source, reader, key, subtle }) {
  const { outcome, steps, entry, trail, values, erasedSaid: erased } = await checkDisclosure(bytes, { key, subtle });
  if (!entry || !reader) return { outcome, steps, entry, values, erased };
  const today = await checkToday(source, reader, key, entry, trail);
  // Values of an entry that the ledger does not have are not shown as if it had.
  if (today.outcome === "failed") return { outcome: "failed", steps, entry: null, values: [], erased: [], today };
  return { outcome, steps, entry, values, erased, today };
}

/** Only to say it in words: the steps have already said that it does not verify. */
function isOfOtherLedger(bytes, key) {
  try {
    const [origin] = parseNote(parseReceipt(bytes).checkpoint).text.split("\n");
    return origin !== parseVerifierKey(key).name;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

async function verifyReport(name, bytes, files, { reader, key, subtle }, entries) {
  const others = new Map([...files].filter(([path]) => path !== MANIFEST_PATH));
  let later = null;
  const findEntry = async () => {
    const manifest = parseManifest(bytes);
    const named = await entries();
    const found = await named.find(manifest);
    later = await named.later(manifest, found);
    return found;
  };
  const { outcome, steps, manifest } = await checkManifest(bytes, { key, files: others, findEntry: reader ? findEntry : undefined, reader: reader ?? undefined, subtle });
  return { name, kind: "manifest", outcome, steps, manifest, later };
}

/** A list that can't be read only means that the ledger itself is looked through. */
function orNothing(error) {
  if (error instanceof Fault) return null;
  throw error;
}
