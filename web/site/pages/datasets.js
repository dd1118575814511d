/** The page Data sets: what each is for, and how often it is accessed. */

import { charterHead, showCharter } from "../charter-page.js";
import { monthsOfDataset } from "../counts.js";
import { draw, fill, foreign, make, part } from "../dom.js";
import { begin } from "../frame.js";
import { plain } from "../speaker.js";
import { CHARTER } from "../texts/charter.js";
import { JOB } from "../texts/job.js";

/** Data sets that are shown at a time: a city can have a thousand. */
const SHOWN = 20;
const LISTS = [["purposes", "purpose"], ["roles", "role"], ["recipients", "recipient"], ["legal_bases", "legal_basis"], ["units", "unit"], ["storage_locations", "storage_location"]];

let view = null;

begin([CHARTER, JOB], (page) =>
  showCharter(page, (inForce, tally) => {
    view ??= listView(page.speaker, inForce);
    view.show(tally);
  }),
);

function listView(speaker, inForce) {
  const { datasets } = inForce.charter;
  const search = make("input", { type: "search", id: "search" });
  const line = make("p", { class: "small", role: "status" });
  const list = make("div", {});
  const more = make("button", { type: "button" }, speaker.say("datasets.more"));
  let shown = SHOWN;
  let counted = null;
  const render = () => {
    const wanted = search.value.trim().toLocaleLowerCase(speaker.locale);
    const found = datasets.filter(({ id, title }) => `${id} ${title.de} ${title.en ?? ""}`.toLocaleLowerCase(speaker.locale).includes(wanted)).sort(byUse(counted));
    fill(list, found.slice(0, shown).map((dataset) => datasetView(speaker, inForce, dataset, counted)));
    line.textContent = speaker.say("datasets.shown", { n: Math.min(shown, found.length), of: found.length });
    more.hidden = found.length <= shown;
  };
  search.addEventListener("input", () => {
    shown = SHOWN;
    render();
  });
  more.addEventListener("click", () => {
    const first = shown;
    shown += SHOWN;
    render();
    list.children[first]?.querySelector("h3")?.focus();
  });
  const head = [charterHead(speaker, inForce), make("p", {}, speaker.say("datasets.count", { n: datasets.length })), make("div", { class: "field" }, make("label", { for: "search" }, speaker.say("datasets.search")), search)];
  const unknown = make("div", {});
  fill(part("main"), head, line, list, make("p", {}, more), unknown);
  return {
    show(tally) {
      counted = tally;
      render();
      if (tally) fill(unknown, unknownView(speaker, datasets, tally));
    },
  };
}

/** Once counted, those with most records first. */
function byUse(tally) {
  if (tally === null) return () => 0;
  const records = new Map();
  for (const [dataset, , count] of tally.months) records.set(dataset, (records.get(dataset) ?? 0) + count);
  return (one, other) => (records.get(other.id) ?? 0) - (records.get(one.id) ?? 0);
}

function datasetView(speaker, { charter }, dataset, tally) {
  const row = (term, value) => make("div", {}, make("dt", {}, term), make("dd", {}, value));
  const title = (register, code) => plain(speaker.pick(charter.registers.get(register)?.get(code) ?? { de: code, en: null }));
  const rows = LISTS.filter(([key]) => dataset.lists[key] !== null).map(([key, register]) => row(speaker.say(`datasets.${key}`), foreign(dataset.lists[key].map((code) => title(register, code)).join("\n"))));
  if (dataset.recordCeiling !== null) rows.push(row(speaker.say("datasets.ceiling"), speaker.say("datasets.ceiling-at-most", { n: dataset.recordCeiling })));
  if (dataset.keepDays !== null) rows.push(row(speaker.say("datasets.keep"), speaker.say("datasets.keep-days", { n: dataset.keepDays })));
  const kind = `datasets.personal.${dataset.personal}`;
  const isGermanOnly = speaker.language === "en" && dataset.title.en === null;
  return make(
    "article",
    {},
    make("h3", { tabindex: "-1", lang: isGermanOnly ? "de" : null }, foreign(plain(speaker.pick(dataset.title)))),
    make("p", { class: "small" }, make("code", {}, foreign(plain(dataset.id))), speaker.knows(kind) && ` · ${speaker.say(kind)}`),
    make("dl", { class: "rows" }, rows),
    tally && monthsTable(speaker, monthsOfDataset(tally, dataset.id)),
  );
}

function monthsTable(speaker, months) {
  const most = Math.max(1, ...months.map(({ records }) => records));
  const cell = (key, value) => make("td", { class: "figure", "data-head": speaker.say(key) }, speaker.number(value));
  const rows = months.map(({ month, records, accesses }) =>
    make("tr", {}, make("th", { scope: "row" }, speaker.month(month), bar(records / most)), cell("datasets.records", records), cell("datasets.accesses", accesses)),
  );
  const head = ["datasets.records", "datasets.accesses"].map((key) => make("th", { scope: "col", class: "figure" }, speaker.say(key)));
  return make("table", { class: "cards" }, make("caption", {}, speaker.say("datasets.months")), make("thead", {}, make("tr", {}, make("th", { scope: "col" }, speaker.say("datasets.month")), head)), make("tbody", {}, rows));
}

/** Beside the figure that it shows: nobody needs to see it. */
function bar(part) {
  return draw("svg", { class: "bar", viewBox: "0 0 100 10", "aria-hidden": "true", focusable: "false" }, draw("rect", { x: "0", y: "0", width: String(Math.round(part * 100)), height: "10" }));
}

function unknownView(speaker, datasets, tally) {
  const known = new Set(datasets.map(({ id }) => id));
  const unknown = [...new Set(tally.months.map(([dataset]) => dataset))].filter((id) => !known.has(id));
  if (unknown.length === 0) return null;
  return [make("p", {}, speaker.say("datasets.unknown")), make("ul", {}, unknown.slice(0, 100).map((id) => make("li", {}, make("code", {}, foreign(plain(id))))))];
}
