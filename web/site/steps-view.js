/**
 * Shows the steps of a verification, each in words, with what exactly was found behind it.
 */

import { draw, make } from "./dom.js";
import { plain } from "./speaker.js";

/** One path for each outcome, so that none is told by its colour alone: a tick, a cross, a question mark's dots. */
const SIGNS = {
  ok: "M4 12.5l5 5L20 6.5",
  failed: "M6 6l12 12M18 6L6 18",
  "could-not-tell": "M9 9a3 3 0 1 1 4 2.8c-.8.4-1 1-1 2M12 17.5v1",
};

/** @param {import("../verify/steps.js").Outcome} outcome */
export function sign(outcome) {
  return draw("svg", { class: "sign", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", "data-outcome": outcome }, draw("path", { d: SIGNS[outcome] }));
}

/**
 * @param {import("./speaker.js").Speaker} speaker
 * @param {import("../verify/steps.js").Step[]} steps
 * @returns {HTMLElement}
 */
export function stepsList(speaker, steps) {
  return make("ol", { class: "steps" }, steps.map((step) => stepItem(speaker, step)));
}

function stepItem(speaker, { outcome, title, says, detail }) {
  return make(
    "li",
    { "data-outcome": outcome },
    sign(outcome),
    make(
      "div",
      {},
      make("p", { class: "step-title" }, speaker.pick(title), " ", make("span", { class: "outcome" }, speaker.say(`outcome.${outcome}`))),
      make("p", {}, speaker.pick(says)),
      detail && make("p", { class: "small", lang: "en" }, plain(detail)),
    ),
  );
}
