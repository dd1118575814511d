/**
 * A published report, checked as far as its manifest goes: which entry names it, and which signed state it was made from.
 * The files beside the manifest are not fetched.
 */

import { checkManifest } from "../verify/check-manifest.js";
import { MANIFEST_BYTES_MAX, MANIFEST_PATH, parseManifest } from "../verify/manifest.js";
import { NOTE_BYTES_MAX } from "../verify/note.js";
import { overall } from "../verify/steps.js";
import { periodOfPath } from "./report-list.js";

/**
 * @typedef {import("../verify/steps.js").Result & {
 *   manifest: import("../verify/manifest.js").Manifest | null,
 *   entry: bigint | null,
 *   later: import("./report-find.js").Later | null,
 *   isElsewhere: boolean}} Published
 *   `entry` names it; `later`: whether it still stands; `isElsewhere`: the name of its folder reads as another period
 */

/**
 * @param {import("../verify/source.js").Source} source
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @param {string} key text of the verifier key
 * @param {import("./report-list.js").ListedReport} listed
 * @param {import("./report-find.js").ReportEntries} entries of that reader
 * @returns {Promise<Published>}
 * @throws {import("../verify/fault.js").Fault} the manifest could not be had
 */
export async function checkPublished(source, reader, key, listed, entries) {
  const folder = `reports/${listed.path}`;
  const bytes = await source.get(`${folder}/${MANIFEST_PATH}`, { max: MANIFEST_BYTES_MAX });
  const checkpoint = await source.get(`${folder}/checkpoint`, { max: NOTE_BYTES_MAX });
  let entry = null;
  let later = null;
  const findEntry = async () => {
    const manifest = parseManifest(bytes);
    const found = await entries.find(manifest, listed.entry);
    entry = found.index;
    later = await entries.later(manifest, found);
    return found;
  };
  const { steps, manifest } = await checkManifest(bytes, { key, files: new Map([["checkpoint", checkpoint]]), findEntry, reader });
  // Whether all files are there is not asked here.
  const asked = steps.filter(({ step }) => step !== "files");
  const reads = periodOfPath(listed.path);
  const isElsewhere = manifest !== null && reads !== null && reads !== manifest.period;
  // The entry that was found may name another report of the period.
  const isNamed = steps.some(({ step, outcome }) => step === "named" && outcome === "ok");
  return { outcome: overall(asked.map(({ outcome }) => outcome)), steps: asked, manifest, entry: isNamed ? entry : null, later, isElsewhere };
}
