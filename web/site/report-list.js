/**
 * The list of published reports that lies beside them. It is the server's word, and only says where to look: whether a
 * report is the one that the ledger names, the browser checks.
 *
 * ```json
 * {"format": "einsicht-reports/v1", "reports": [{"path": "2026-W44", "entry": 23886}]}
 * ```
 */

import { fromUtf8 } from "../verify/bytes.js";
import { CannotTell, Failed, Missing } from "../verify/fault.js";
import { members, parseJson } from "../verify/json.js";
import { REPORTS_PATH } from "./place.js";

/** Longest list that is read. */
export const LIST_BYTES_MAX = 256 * 1024;
const FORMAT = "einsicht-reports/v1";
/** A folder below `reports/`: a period, behind which a number can stand where a report was corrected. */
const PATH = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;

/** What the name of a folder reads as: `2026-11.2` is a report of `2026-11`. */
const PERIOD_OF_PATH = /^([0-9]{4}(?:-(?:Q[1-4]|W[0-9]{2}|[0-9]{2}))?)(?![0-9A-Za-z])/;

/**
 * @typedef {object} ListedReport
 * @property {string} path name of its folder below `reports/`
 * @property {bigint | null} entry index of the entry that is said to name it; `null` if none does yet
 */

/**
 * @param {Uint8Array} bytes
 * @returns {ListedReport[]} in the order of the file
 * @throws {CannotTell} it is no such list
 */
export function parseReportList(bytes) {
  let text;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new CannotTell("the list of reports is not text in UTF-8");
  }
  const { format, reports } = members(parseJson(text), { format: "text", reports: "list" }, "the list of reports");
  if (format !== FORMAT) throw new CannotTell("the list of reports is of another release", { expected: FORMAT, found: format });
  return reports.map((one, at) => {
    const { path, entry } = members(one, { path: "text", entry: "number?" }, `report ${at + 1}`);
    if (!PATH.test(path)) throw new CannotTell("the list of reports names a folder that can't be one", { where: `report ${at + 1}` });
    return { path, entry };
  });
}

/**
 * @param {string} path name of the folder of a report
 * @returns {string | null} the period that it reads as; nothing is checked
 */
export function periodOfPath(path) {
  return PERIOD_OF_PATH.exec(path)?.[1] ?? null;
}

/**
 * @param {import("../verify/source.js").Source} source
 * @returns {Promise<ListedReport[] | null>} `null` where there is no list
 * @throws {import("../verify/fault.js").Fault} it could not be had, or is none
 */
export async function fetchReportList(source) {
  try {
    return parseReportList(await source.get(REPORTS_PATH, { max: LIST_BYTES_MAX, fresh: true }));
  } catch (error) {
    if (error instanceof Missing) return null;
    if (error instanceof Failed) throw new CannotTell(error.what, { where: error.where, expected: error.expected });
    throw error;
  }
}
