/**
 * Shows how the ledger beside the pages stands: one calm line where all is well, a red page where it is not.
 */

import { fill, make, part } from "./dom.js";
import { ROOT } from "./place.js";
import { plain } from "./speaker.js";
import { sign, stepsList } from "./steps-view.js";

/**
 * @param {import("./speaker.js").Speaker} speaker
 * @param {import("./trust.js").Opened} opened
 * @param {{isSimulated: boolean | null | undefined, isForgetful: boolean, canVerify: boolean, onForget: () => void, onAgain: () => void}} more
 *   `isSimulated`: as genesis-entry.js tells it
 */
export function showState(speaker, opened, more) {
  document.documentElement.dataset.outcome = opened.outcome;
  part("alarm").hidden = opened.outcome !== "failed";
  const line = part("state");
  if (opened.outcome === "failed") {
    fill(line);
    fill(part("alarm"), alarm(speaker, opened, more));
  } else if (opened.outcome === "ok") fill(line, sound(speaker, opened, more));
  else fill(line, untold(speaker, opened, more));
}

function sound(speaker, { reader, before, steps, isRemembered }, { isSimulated, isForgetful }) {
  const { size } = reader.checkpoint;
  const told = size === 0n ? speaker.say("state.empty") : speaker.say("state.ok", { size: speaker.say("state.of-entries", { n: size }) });
  const past = before ? speaker.say("state.grown", { on: dayOf(speaker, before.on), before: entries(speaker, before.size) }) : speaker.say(isForgetful || !isRemembered ? "state.forgetful" : "state.first");
  return [
    isSimulated && make("p", { class: "note" }, make("strong", {}, speaker.say("state.simulated"))),
    isSimulated === null && make("p", { class: "note", "data-outcome": "could-not-tell" }, speaker.say("state.maybe-simulated")),
    make("details", { class: "state" }, make("summary", {}, sign("ok"), " ", told, " ", make("span", { class: "more" }, speaker.say("state.details"))), size > 0n && make("p", {}, past), stepsList(speaker, steps)),
  ];
}

function untold(speaker, { reason, detail, steps }, { canVerify, onAgain, onForget }) {
  const why = canVerify ? reason : "no-ed25519";
  return make(
    "div",
    { class: "note", "data-outcome": "could-not-tell" },
    make("p", {}, sign("could-not-tell"), " ", make("strong", {}, speaker.say("state.untold"))),
    make("p", {}, speaker.say(`reason.${why}`)),
    !canVerify && make("pre", {}, `einsicht verify ${ROOT} --vkey ledger.vkey`),
    make("p", {}, make("button", { type: "button", onclick: onAgain }, speaker.say("state.again"))),
    reason === "memory" && forget(speaker, onForget),
    exactly(speaker, detail, steps),
  );
}

function alarm(speaker, { reason, detail, steps, before }, { onForget }) {
  return [
    make("h2", {}, sign("failed"), " ", speaker.say("alarm.title")),
    make("p", { class: "lead" }, speaker.say(`reason.${reason}`)),
    make("p", {}, speaker.say("alarm.what")),
    before && make("p", {}, speaker.say("alarm.before", { on: dayOf(speaker, before.on), before: entries(speaker, before.size) })),
    exactly(speaker, detail, steps),
    before && forget(speaker, onForget),
  ];
}

function exactly(speaker, detail, steps) {
  if (detail === "" && steps.length === 0) return null;
  return make("details", {}, make("summary", {}, speaker.say("state.found")), make("p", { class: "small", lang: "en" }, plain(detail)), stepsList(speaker, steps));
}

function forget(speaker, onForget) {
  return make("details", {}, make("summary", {}, speaker.say("alarm.forget")), make("p", {}, speaker.say("alarm.forget-more")), make("p", {}, make("button", { type: "button", onclick: onForget }, speaker.say("alarm.forget"))));
}

function entries(speaker, size) {
  return speaker.say("state.entries", { n: size });
}

/** A day as it was stored, `2026-11-24`. */
function dayOf(speaker, text) {
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) ? plain(text) : speaker.day(Math.floor(at / 86_400_000));
}
