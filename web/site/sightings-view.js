/**
 * Shows what a scan found. It is personal: nothing of it is stored.
 */

import { foreign, make } from "./dom.js";
import { entryModel } from "./entry-model.js";
import { entriesPage, rowView, tags } from "./entry-view.js";
import { plain } from "./speaker.js";
import { foundText, untoldOf, untoldText } from "./untold.js";

/**
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/my-data.js and texts/entry.js
 * @param {{found: import("../verify/citizen.js").Sighting[], counts: import("../verify/citizen.js").MonthCount[], newest: number | null, isToTheEnd: boolean}} result
 * @param {Map<string, Map<string, import("./charter-text.js").Titles>>} registers
 * @param {() => void} onReadOn reads on to the end of the ledger
 * @returns {(HTMLElement | false)[]}
 */
export function sightingsView(speaker, result, registers, onReadOn) {
  const { found, counts } = result;
  const untold = untoldOf(result);
  return [
    make("h2", {}, foundText(speaker, found.length, untold)),
    found.length === 0 && make("p", {}, speaker.say("mine.none-more")),
    untold.length > 0 && untoldView(speaker, untold, result.newest, onReadOn),
    make("p", { class: "small" }, speaker.say("mine.private")),
    make("ol", { class: "entries" }, found.map((sighting) => sightingItem(speaker, sighting, registers))),
    make("h3", {}, speaker.say("mine.months")),
    monthsTable(speaker, counts),
  ];
}

function untoldView(speaker, untold, newest, onReadOn) {
  const canReadOn = untold.some(({ what }) => what === "unopened");
  return make(
    "div",
    { class: "note", "data-outcome": "could-not-tell" },
    make("p", {}, make("strong", {}, speaker.say("mine.untold"))),
    make("ul", {}, untold.map((one) => make("li", {}, untoldText(speaker, one, newest)))),
    canReadOn && make("p", {}, make("button", { type: "button", class: "plain", onclick: onReadOn }, speaker.say("mine.read-on"))),
  );
}

function sightingItem(speaker, sighting, registers) {
  const { index, recordedAt, schemes, record, openedBy, corrections } = sighting;
  const model = entryModel({ body: { kind: "access", content: record } }, speaker, registers);
  const row = (label, entry) => rowView(speaker, { label: speaker.say(label), value: speaker.say("common.entry", { index: entry }), entry: BigInt(entry), isSealed: false });
  return make(
    "li",
    {},
    make("p", {}, make("strong", {}, foreign(model.summary))),
    make("p", { class: "small" }, speaker.moment(recordedAt)),
    tags(speaker, model),
    make(
      "details",
      {},
      make("summary", {}, speaker.say("common.entry", { index })),
      make(
        "dl",
        { class: "rows" },
        model.rows.filter((one) => !one.isTechnical).map((one) => rowView(speaker, one)),
        make("div", {}, make("dt", {}, speaker.say("mine.schemes")), make("dd", {}, foreign(schemes.map(plain).join(", ")))),
        openedBy !== null && row("mine.opened", openedBy),
        corrections.map((correction) => row("mine.correction", correction.index)),
      ),
      make("p", {}, make("a", { href: `${entriesPage(speaker)}#${index}` }, speaker.say("mine.in-ledger"))),
    ),
  );
}

function monthsTable(speaker, counts) {
  const columns = ["records", "hidden", "found"];
  const labels = { records: "mine.records", hidden: "mine.hidden", found: "mine.count" };
  const head = columns.map((name) => make("th", { scope: "col", class: "figure" }, speaker.say(labels[name])));
  return make(
    "table",
    { class: "cards" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, speaker.say("mine.month")), head)),
    make("tbody", {}, counts.map((count) => make("tr", {}, make("th", { scope: "row" }, speaker.month(count.month)), columns.map((name) => make("td", { class: "figure", "data-head": speaker.say(labels[name]) }, speaker.number(count[name])))))),
  );
}
