/**
 * What the pages Commitments and Data sets have in common: the charter in force, and the count of all entries.
 */

import { auditPanel } from "./audit-panel.js";
import { findCharter } from "./charter-find.js";
import { readCharterText } from "./charter-text.js";
import { fill, foreign, make, part } from "./dom.js";
import { entriesPage } from "./entry-view.js";
import { closedNote } from "./frame.js";
import { plain } from "./speaker.js";

/**
 * @typedef {object} InForce
 * @property {bigint} index of the entry with its last part
 * @property {import("./charter-text.js").CharterText} charter
 */

/**
 * @param {import("./frame.js").Page} page
 * @param {(inForce: InForce, tally: import("./counts.js").Tally | null) => void} show called when the charter was read, and again when
 *   all entries are counted
 * @returns {Promise<void>}
 * @throws {import("../verify/fault.js").Fault} the charter could not be read
 */
export async function showCharter(page, show) {
  const { speaker, reader } = page;
  const main = part("main");
  if (!reader || reader.checkpoint.size === 0n) {
    fill(main, make("p", {}, speaker.say(reader ? "state.empty" : "state.not-shown")));
    return;
  }
  if (page.isClosed) {
    fill(main, closedNote(speaker));
    return;
  }
  fill(main, make("p", { class: "small" }, speaker.say("common.loading")));
  const found = await findCharter(reader);
  if (found === null) {
    fill(main, make("p", { class: "note" }, speaker.say("charter.none")));
    return;
  }
  const inForce = { index: found.index, charter: readCharterText(found.text) };
  show(inForce, null);
  auditPanel(page, part("audit"), { label: "audit.count", onTally: (tally) => show(inForce, tally) });
}

/** The title of the charter, whether its rules are those that were adopted, and where it stands. */
export function charterHead(speaker, { index, charter }) {
  const entry = () => make("a", { href: `${entriesPage(speaker)}#${index}` }, speaker.say("common.entry", { index }));
  const withEntry = (key) => {
    const [before, after] = speaker.say(key, { entry: "\u0000" }).split("\u0000");
    return [before, entry(), after];
  };
  return [
    make("h2", {}, foreign(plain(speaker.pick(charter.title)))),
    // Not beside the day of adoption in small print: it decides what every figure below means.
    !charter.isWordingChecked && make("p", { class: "note" }, make("strong", {}, speaker.say("charter.unchecked")), " ", withEntry("charter.unchecked-more")),
    make("p", { class: "small" }, charter.adopted !== null && `${speaker.say("charter.adopted", { day: speaker.day(charter.adopted) })} `, withEntry("charter.in-entry")),
  ];
}
