/**
 * What a single entry says of the commitments, computed again from the charter that it names.
 */

import { charterAt } from "./charter-parts.js";
import { parseCharter } from "./charter.js";
import { isConfidential } from "./confidential.js";
import { CannotTell, require, within } from "./fault.js";
import { checkVerdict } from "./judge.js";
import { Steps } from "./steps.js";
import { WORDS } from "./words.js";

/**
 * Checks the verdict of one entry. Not checked: that the charter that it names was the one in force; for that, all entries
 * have to be followed (check-ledger.js).
 *
 * @param {import("./reader.js").LedgerReader} reader
 * @param {import("./record.js").ProvenEntry} entry
 * @returns {Promise<{outcome: import("./steps.js").Outcome | null, steps: import("./steps.js").Step[]}>} one step; none, and
 *   no outcome, for an entry that no charter judges
 */
export async function checkEntryVerdict(reader, { index, body }) {
  if (body.kind !== "access" || isConfidential(body.content)) return { outcome: null, steps: [] };
  const steps = new Steps(["verdict"], WORDS);
  await steps.run("verdict", async (tell) => {
    await checkNamed(reader, index, body.content);
    tell(`by the charter in entry ${body.content.charter}`);
  });
  return steps.result();
}

async function checkNamed(reader, index, record) {
  const { charter, deviates, not_verifiable: notVerifiable } = record;
  if (charter === undefined) {
    require(deviates.length + notVerifiable.length === 0, "the record states a verdict, and names no charter");
    throw new CannotTell("the record names no charter: whether one was in force, only the whole ledger shows");
  }
  require(charter < index, "the charter that the record names does not stand before it", { expected: `an entry before ${index}`, found: `entry ${charter}` });
  const text = await charterAt(reader, charter);
  const known = within(`entry ${charter}`, () => parseCharter(text));
  checkVerdict(known, record);
}
