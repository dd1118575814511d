/**
 * The check of the whole ledger on a page: a button, a bar, the outcome. What was counted stays in the session of the
 * tab, so that the next page need not count again.
 */

import { auditOffer } from "./audit-offer.js";
import { fill, make } from "./dom.js";
import { Job } from "./job.js";
import { ROOT } from "./place.js";
import { sign, stepsList } from "./steps-view.js";
import { toBase64 } from "../verify/bytes.js";

/** Ledgers up to here are counted without being asked; further ones are a download that a person should want. */
const UNASKED_MAX = 32_768n;
/** With the form of what is stored: another release counts again. */
const STORED = "einsicht counted/1 ";

/**
 * For pages that show what is counted: where the ledger is small, the check begins by itself.
 *
 * @param {import("./frame.js").Page} page with a reader
 * @param {HTMLElement} place
 * @param {{label: string, onTally: (tally: import("./counts.js").Tally) => void}} options `label`: key of the text on the
 *   button
 */
export function auditPanel(page, place, { label, onTally }) {
  const { speaker, reader } = page;
  const { size } = reader.checkpoint;
  if (size === 0n) return;
  const stored = storedTally(nameOf(reader.checkpoint));
  if (stored) {
    fill(place, counted(speaker, size));
    onTally(stored);
    return;
  }
  const begin = () => runAudit(page, place, { view: (result) => (result.outcome === "ok" ? counted(speaker, result.head.size) : outcomeView(speaker, result)), onTally });
  if (size <= UNASKED_MAX && !navigator.connection?.saveData) begin();
  else fill(place, make("p", {}, speaker.say("audit.why")), auditOffer(speaker, size, label, begin));
}

/**
 * Begins the check at once.
 *
 * @param {import("./frame.js").Page} page with a reader of a ledger that is not empty
 * @param {HTMLElement} place
 * @param {{view?: (result: any) => Node | Node[], onTally?: (tally: import("./counts.js").Tally) => void}} [options] `view`:
 *   how the outcome is told; step by step if it is left out
 */
export function runAudit(page, place, { view = (result) => outcomeView(page.speaker, result), onTally = () => {} } = {}) {
  const { speaker, reader, opened } = page;
  const { size, root } = reader.checkpoint;
  const job = new Job(speaker, new URL("./work/audit.js", import.meta.url), {
    unit: "job.entries",
    onDone: (result) => {
      if (result.outcome === "ok") store(nameOf(result.head), result.tally);
      fill(place, view(result));
      if (result.outcome === "ok") onTally(result.tally);
    },
  });
  fill(place, job.view);
  job.begin({ prefix: ROOT, key: opened.key, kept: { size, root } });
}

function nameOf({ root }) {
  return `${STORED}${toBase64(root)}`;
}

function outcomeView(speaker, { outcome, steps }) {
  return [make("p", { class: "result", "data-outcome": outcome, role: "status" }, sign(outcome), " ", speaker.say(`audit.${outcome}`)), stepsList(speaker, steps)];
}

function counted(speaker, size) {
  return make("p", { class: "small", role: "status" }, speaker.say("audit.counted", { last: size - 1n }));
}

function storedTally(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

function store(name, tally) {
  try {
    sessionStorage.setItem(name, JSON.stringify(tally));
  } catch {
    // Full or forbidden: then the next page counts again.
  }
}
