/**
 * What every page begins with: the language, the state of the ledger, and what the page itself shows of it.
 */

import { fill, make, part } from "./dom.js";
import { isSimulated, readGenesis } from "./genesis-entry.js";
import { Memory, browserStorage } from "./memory.js";
import { ROOT, ledgerSource } from "./place.js";
import { Speaker } from "./speaker.js";
import { showState } from "./state-view.js";
import { COMMON, STATE } from "./texts/state.js";
import { openLedger } from "./trust.js";
import { canVerify } from "../verify/ed25519.js";
import { CannotTell, Failed, Fault } from "../verify/fault.js";

/** How often an open page looks for a newer state, which must continue the one before. */
const AGAIN_MS = 60_000;

/**
 * What a page gets.
 *
 * @typedef {object} Page
 * @property {Speaker} speaker
 * @property {import("../verify/source.js").Source} source
 * @property {import("./trust.js").Opened} opened
 * @property {import("../verify/reader.js").LedgerReader | null} reader `null` if nothing of the ledger may be shown
 * @property {(import("../verify/genesis.js").Genesis & {recordedAt: bigint}) | null} genesis `null` too where entries
 *   are not public
 * @property {boolean} isClosed whether entries are kept from the public
 */

/**
 * @param {import("./speaker.js").Texts[]} texts of the page
 * @param {(page: Page) => void | Promise<void>} show what the page shows; a fault of it is told in the part `main`
 */
export async function begin(texts, show) {
  const speaker = new Speaker(document.documentElement.lang, [COMMON, STATE, ...texts]);
  const memory = new Memory(browserStorage(), ROOT);
  const source = ledgerSource();
  fill(part("state"), make("p", { class: "small" }, speaker.say("state.checking")));
  const page = await look(speaker, memory, source);
  try {
    await show(page);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fill(part("main"), faultNote(speaker, error));
  }
  watch(speaker, memory, source);
}

/**
 * A fault as a page tells it.
 *
 * @param {Speaker} speaker
 * @param {Fault} fault
 * @returns {HTMLElement}
 */
export function faultNote(speaker, fault) {
  if (isClosed(fault)) return closedNote(speaker);
  const outcome = fault instanceof Failed ? "failed" : "could-not-tell";
  return make("div", { class: "note", "data-outcome": outcome }, make("p", {}, make("strong", {}, speaker.say(outcome === "failed" ? "state.read-failed" : "state.read-untold"))), make("p", { class: "small", lang: "en" }, fault.message));
}

/** That entries are not public, and what that means. */
export function closedNote(speaker) {
  return make("div", { class: "note" }, make("p", {}, make("strong", {}, speaker.say("state.closed"))), make("p", {}, speaker.say("state.closed-more")));
}

/** Whether entries are kept from the public (`public.entries = false`): the server answers 401 or 403. */
export function isClosed(fault) {
  return fault instanceof CannotTell && /^status 40[13]$/.test(String(fault.found ?? ""));
}

async function look(speaker, memory, source) {
  const today = new Date().toISOString().slice(0, 10);
  const { genesis, isClosed: areEntriesClosed, ...opened } = await withGenesis(source, await openLedger(source, memory, { today }));
  const onForget = () => {
    memory.forget();
    location.reload();
  };
  showState(speaker, opened, {
    isSimulated: isSimulated(opened.reader, genesis),
    isForgetful: !memory.isThere,
    canVerify: await canVerify(),
    onForget,
    onAgain: () => location.reload(),
  });
  return { speaker, source, opened, reader: opened.reader, genesis, isClosed: areEntriesClosed };
}

/** Entry 0 says whether the entries are made up. One that can't begin the ledger is an alarm, one that can't be had is none. */
async function withGenesis(source, opened) {
  const { reader } = opened;
  if (!reader || reader.checkpoint.size === 0n) return { ...opened, genesis: null, isClosed: false };
  try {
    return { ...opened, genesis: await readGenesis(source, reader), isClosed: false };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (!(error instanceof Failed)) return { ...opened, genesis: null, isClosed: isClosed(error) };
    return { ...opened, outcome: "failed", reason: "signature", detail: error.message, reader: null, genesis: null, isClosed: false };
  }
}

/** Only an alarm changes an open page: nobody's reading is disturbed by what is in order, or by a server that is away. */
function watch(speaker, memory, source) {
  setInterval(async () => {
    if (document.hidden || document.documentElement.dataset.outcome === "failed") return;
    const today = new Date().toISOString().slice(0, 10);
    const opened = await openLedger(source, memory, { today });
    if (opened.outcome !== "failed") return;
    showState(speaker, opened, {
      isSimulated: undefined,
      isForgetful: false,
      canVerify: true,
      onForget: () => {
        memory.forget();
        location.reload();
      },
      onAgain: () => location.reload(),
    });
    fill(part("main"), make("p", { class: "note" }, speaker.say("state.not-shown")));
  }, AGAIN_MS);
}
