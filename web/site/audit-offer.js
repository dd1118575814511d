/**
 * The button that begins the check of the whole ledger, and what a click on it costs. Beside audit-panel.js, so that a page
 * can show the button and load the rest when it is pressed.
 */

import { make } from "./dom.js";

/** What an entry takes, roughly. */
const ENTRY_BYTES = 300;

/**
 * @param {import("./speaker.js").Speaker} speaker
 * @param {bigint} size entries
 * @param {string} label key of the text on the button
 * @param {(event: Event) => void} onBegin
 * @returns {HTMLElement}
 */
export function auditOffer(speaker, size, label, onBegin) {
  const megabytes = Math.max(1, Math.round((Number(size) * ENTRY_BYTES) / 1_000_000));
  return make("p", { class: "actions" }, make("button", { type: "button", onclick: onBegin }, speaker.say(label, { n: size })), make("span", { class: "small" }, speaker.say("audit.size", { megabytes })));
}
