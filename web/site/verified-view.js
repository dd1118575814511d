/**
 * Shows what came of verifying a file.
 */

import { foreign, make } from "./dom.js";
import { entriesPage, entryView } from "./entry-view.js";
import { sealedText } from "./sealed-value.js";
import { plain } from "./speaker.js";
import { sign, stepsList } from "./steps-view.js";
import { SEALED_FIELDS } from "../verify/seal.js";

const NAMED = new Set(["receipt", "disclosure", "manifest"]);
/** Kinds of which no step was begun. */
const NOT_BEGUN = new Set(["large", "twice"]);

/**
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/verify.js, texts/entry.js and texts/entries.js
 * @param {import("./verify-file.js").Verified} verified
 * @param {{origin: string, myData: string}} more name of the ledger; address of the page My data
 * @returns {HTMLElement}
 */
export function verifiedView(speaker, verified, { origin, myData }) {
  const { name, kind, outcome, steps } = verified;
  const title = NAMED.has(kind) ? [speaker.say(`verify.${kind}`), ": "] : [];
  return make(
    "section",
    {},
    make("h2", {}, title, foreign(plain(name))),
    outcome === null || NOT_BEGUN.has(kind) ? unreadable(speaker, kind, myData) : resultView(speaker, verified),
    verified.later && laterView(speaker, verified.later),
    verified.isOfOther && make("p", { class: "note" }, speaker.say("verify.other-log", { origin: plain(origin) })),
    steps.length > 0 && stepsList(speaker, steps),
    verified.today && todayView(speaker, kind, verified.today),
    verified.values?.length > 0 && valuesView(speaker, verified),
    verified.manifest && manifestView(speaker, verified.manifest),
    verified.entry && [make("h3", {}, speaker.say("verify.entry")), entryView(speaker, verified.entry)],
  );
}

function resultView(speaker, verified) {
  const { outcome, later } = verified;
  const isAlone = isNamedAlone(verified);
  // A tick would be read as “this is the report”.
  const isReplaced = outcome === "ok" && later?.by != null;
  const text = isReplaced ? "verify.replaced" : isAlone ? "verify.named-alone" : `verify.${outcome}`;
  return make("p", { class: "result", "data-outcome": outcome }, !isReplaced && [sign(isAlone ? "ok" : outcome), " "], speaker.say(text));
}

/** Whether a later report took the place of this one, where that is so or was not looked up to the end. */
function laterView(speaker, { by, from }) {
  if (by !== null) return make("p", { class: "note" }, speaker.say("verify.later"), " ", make("a", { href: `${entriesPage(speaker)}#${by}` }, speaker.say("common.entry", { index: by })), ".");
  return from !== null && make("p", { class: "small" }, speaker.say("verify.later-from", { from }));
}

/** A manifest without all its files: that the ledger names it, and had the state of it, is not less true for it. */
function isNamedAlone({ kind, outcome, steps }) {
  const holds = (name) => steps.some(({ step, outcome: one }) => step === name && one === "ok");
  return kind === "manifest" && outcome === "could-not-tell" && holds("named") && holds("contained");
}

function unreadable(speaker, kind, myData) {
  const link = kind === "keys" && make("p", {}, make("a", { href: myData }, speaker.say("verify.to-my-data")));
  return make("div", { class: "note" }, make("p", {}, speaker.say(`verify.${kind}`)), link);
}

function todayView(speaker, kind, { outcome, steps }) {
  const text = kind === "disclosure" ? `verify.disclosed-today-${outcome}` : `verify.today-${outcome}`;
  return [make("h3", {}, speaker.say("verify.today")), make("p", {}, speaker.say(text)), stepsList(speaker, steps)];
}

function valuesView(speaker, { values, erased }) {
  const label = (field) => speaker.say(`field.${SEALED_FIELDS.get(field).seal}`);
  return [
    make("h3", {}, speaker.say("verify.values")),
    make(
      "dl",
      { class: "rows" },
      values.map(({ field, value }) => make("div", {}, make("dt", {}, label(field)), make("dd", {}, foreign(sealedText(value, speaker))))),
      erased.map(({ field, by }) => make("div", {}, make("dt", {}, label(field)), make("dd", {}, speaker.say("verify.erased", { index: by })))),
    ),
  ];
}

function manifestView(speaker, { period, size, isProvisional }) {
  const row = (term, value) => make("div", {}, make("dt", {}, term), make("dd", {}, value));
  return [
    make("h3", {}, speaker.say("verify.says")),
    make("dl", { class: "rows" }, row(speaker.say("verify.period"), plain(period)), row(speaker.say("verify.size"), speaker.number(size))),
    isProvisional && make("p", {}, speaker.say("verify.provisional")),
    make("p", { class: "small" }, speaker.say("verify.figures")),
  ];
}
