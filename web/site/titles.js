/**
 * Titles of the charter in force, for codes in entries. Without them pages show the codes alone: they say less, and
 * nothing false.
 */

import { findCharter } from "./charter-find.js";
import { readCharterText } from "./charter-text.js";
import { Fault } from "../verify/fault.js";

/**
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @returns {Promise<Map<string, Map<string, import("./charter-text.js").Titles>>>} registers; empty if there is no
 *   charter, or it can't be read: the page Commitments says why
 */
export async function titlesInForce(reader) {
  try {
    const charter = await findCharter(reader);
    return charter === null ? new Map() : readCharterText(charter.text).registers;
  } catch (error) {
    if (error instanceof Fault) return new Map();
    throw error;
  }
}
