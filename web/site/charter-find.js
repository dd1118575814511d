/**
 * Finds the charter in force in a ledger that is not read as a whole: the newest access that is not confidential names
 * it, or one was published behind that.
 */

import { charterAt } from "../verify/charter-parts.js";
import { CannotTell } from "../verify/fault.js";
import { isConfidential } from "../verify/confidential.js";
import { Backwards } from "./newest.js";

/** Bundles that are looked through, from the end. */
const BUNDLES_MAX = 16;

/**
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @returns {Promise<{index: bigint, text: Uint8Array} | null>} `index` of its last part; `null` if none is in force
 * @throws {Failed} what is found is no charter, or does not lead to the root
 * @throws {CannotTell} something could not be had, or nothing in the newest entries names one
 */
export async function findCharter(reader) {
  const index = await findIndex(reader);
  return index === null ? null : { index, text: await charterAt(reader, index) };
}

async function findIndex(reader) {
  const back = new Backwards(reader);
  for (let bundle = 0; bundle < BUNDLES_MAX && back.left > 0n; bundle += 1) {
    for (const { index, body } of await back.more()) {
      if (body.kind === "charter" && body.content.part === body.content.parts) return index;
      if (body.kind === "access" && !isConfidential(body.content)) return body.content.charter ?? null;
    }
  }
  if (back.left === 0n) return null;
  throw new CannotTell("no access among the newest entries names the charter in force", { where: `entries from ${back.left} on` });
}
