/**
 * Where the site and its ledger are: the folder that these pages lie in is the prefix of the ledger (docs/format.md,
 * Public HTTP), so that the same folder works behind `einsichtd` and behind any static server.
 */

import { httpSource } from "../verify/source.js";

/** URL of the folder of the site, ending with a slash. */
export const ROOT = new URL("../", import.meta.url).href;

/** Path of the file with the verifier key, below the prefix. */
export const KEY_PATH = "ledger.vkey";
/** Longest file with a verifier key that is read. */
export const KEY_BYTES_MAX = 2_000;
/** Path of the list of published reports, below the prefix. */
export const REPORTS_PATH = "reports/index.json";

/** @returns {import("../verify/source.js").Source} the ledger beside these pages */
export function ledgerSource() {
  return httpSource(ROOT);
}
