/**
 * Shows one entry: as a person reads it, and as bytes.
 */

import { bytesModel } from "./bytes-model.js";
import { foreign, make } from "./dom.js";
import { entryModel } from "./entry-model.js";
import { toHex } from "../verify/bytes.js";

/** More than any browser takes to begin saving. */
const SAVING_MS = 60_000;

/**
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/entry.js and texts/entries.js
 * @param {{index: bigint, recordedAt: bigint, leaf: Uint8Array, hash: Uint8Array, body: import("../verify/record.js").Body}} entry proven
 * @param {Map<string, Map<string, import("./charter-text.js").Titles>>} [registers]
 * @returns {HTMLElement[]}
 */
export function entryView(speaker, entry, registers) {
  const model = entryModel(entry, speaker, registers);
  const plainRows = model.rows.filter((row) => !row.isTechnical);
  const technical = model.rows.filter((row) => row.isTechnical);
  return [
    make("p", { class: "lead" }, model.title, model.summary && [": ", foreign(model.summary)]),
    tags(speaker, model),
    make("dl", { class: "rows" }, recorded(speaker, entry), plainRows.map((row) => rowView(speaker, row))),
    technical.length > 0 && make("details", {}, make("summary", {}, speaker.say("entries.technical")), make("dl", { class: "rows" }, technical.map((row) => rowView(speaker, row)))),
    bytesView(speaker, entry),
  ].filter(Boolean);
}

/**
 * What an access says of the commitments, in words; nothing for other entries.
 *
 * @param {import("./speaker.js").Speaker} speaker
 * @param {import("./entry-model.js").EntryModel} model
 */
export function tags(speaker, { deviates, notVerifiable, isJudged }) {
  const list = [];
  if (deviates.length > 0) list.push(make("span", { class: "tag", "data-kind": "deviates" }, speaker.say("entry.deviates", { n: deviates.length }), ": ", foreign(deviates.join(", "))));
  if (notVerifiable.length > 0) list.push(make("span", { class: "tag" }, speaker.say("entry.unclear", { n: notVerifiable.length }), ": ", foreign(notVerifiable.join(", "))));
  if (isJudged && list.length === 0) list.push(make("span", { class: "tag" }, speaker.say("entry.fits")));
  return list.length > 0 && make("p", { class: "tags" }, list);
}

/**
 * @param {import("./speaker.js").Speaker} speaker
 * @param {import("./entry-model.js").Row} row
 */
export function rowView(speaker, { field, label, value, code, language, isSealed, entry }) {
  // The whole text of a charter is many screens long.
  if (field === "text") return make("div", {}, make("dt", {}, label), make("dd", {}, make("details", {}, make("summary", {}, speaker.say("entry.text-show")), foreign(value, language))));
  const text = entry === undefined ? foreign(value, language) : make("a", { href: `${entriesPage(speaker)}#${entry}` }, value);
  return make("div", {}, make("dt", {}, label), make("dd", {}, isSealed ? make("em", {}, value) : text, code !== undefined && code !== value && [" ", make("code", {}, foreign(code))]));
}

/** The page Entries in the language of this page; it lies beside it. */
export function entriesPage({ language }) {
  return language === "de" ? "eintraege.html" : "entries.html";
}

function recorded(speaker, { recordedAt }) {
  return make("div", {}, make("dt", {}, speaker.say("entry.recorded")), make("dd", {}, speaker.moment(recordedAt)));
}

function bytesView(speaker, { index, leaf, hash }) {
  const save = () => saveFile(new Blob([leaf], { type: "application/octet-stream" }), `entry-${index}.leaf`);
  return make(
    "details",
    {},
    make("summary", {}, speaker.say("entries.bytes")),
    make("p", {}, speaker.say("entries.bytes-why")),
    make("dl", { class: "rows" }, make("div", {}, make("dt", {}, speaker.say("entries.hash")), make("dd", {}, make("code", {}, toHex(hash))))),
    make("div", { class: "bytes", tabindex: "0", role: "region", "aria-label": speaker.say("entries.bytes") }, bytesModel(leaf).map((part) => bytesTable(speaker, part))),
    make("p", {}, make("button", { type: "button", class: "plain", onclick: save }, speaker.say("entries.download"))),
  );
}

/** The address of the file is there only while it is saved: a browser keeps what has one. */
function saveFile(file, name) {
  const href = URL.createObjectURL(file);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), SAVING_MS);
}

function bytesTable(speaker, { part, length, rows }) {
  const head = ["offset", "hex", "text"].map((name) => make("th", { scope: "col" }, speaker.say(`entries.bytes.${name}`)));
  return make(
    "table",
    {},
    make("caption", {}, speaker.say(`entries.bytes.${part}`, { n: length })),
    make("thead", {}, make("tr", {}, head)),
    make("tbody", {}, rows.map(({ offset, hex, text }) => make("tr", {}, make("th", { scope: "row" }, offset), make("td", {}, hex), make("td", {}, text)))),
  );
}
