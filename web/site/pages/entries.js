/** The page Entries: the newest first, filtered; behind `#number` one of them. */

import { fill, foreign, make, part } from "../dom.js";
import { Found, PAGE_ENTRIES, filterOf, numberOf } from "../entry-filter.js";
import { entryModel } from "../entry-model.js";
import { entryView, tags } from "../entry-view.js";
import { begin, closedNote, faultNote } from "../frame.js";
import { Latest } from "../latest.js";
import { Backwards } from "../newest.js";
import { plain } from "../speaker.js";
import { stepsList } from "../steps-view.js";
import { ENTRIES } from "../texts/entries.js";
import { ENTRY } from "../texts/entry.js";
import { titlesInForce } from "../titles.js";
import { checkEntry } from "../../verify/check-entry.js";
import { Fault } from "../../verify/fault.js";

/** How far back one click looks where little fits, in steps of `Found`: about 30,000 entries. */
const STEPS_MAX = 10;
const KINDS = ["access", "confidential", "opening", "correction", "disclosure", "disclosure_request", "erasure", "report", "charter", "session_end", "service_start", "key_change", "genesis", "unknown"];

begin([ENTRY, ENTRIES], async (page) => {
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
  const registers = await titlesInForce(reader);
  const list = make("div", {});
  const single = make("div", { tabindex: "-1" });
  fill(main, list, single);
  showList(page, list, registers);
  const turns = new Latest();
  const turn = async () => {
    const isLatest = turns.begin();
    const index = numberOf(location.hash);
    list.hidden = index !== null;
    single.hidden = index === null;
    if (index !== null) await showSingle(page, single, { index, registers, isLatest });
  };
  window.addEventListener("hashchange", turn);
  if (location.hash !== "") await turn();
});

function showList(page, place, registers) {
  const { speaker, reader } = page;
  const items = make("ol", { class: "entries", "aria-label": speaker.say("entries.list") });
  const line = make("div", { class: "small", role: "status" });
  const older = make("button", { type: "button" }, speaker.say("entries.older"));
  let found = null;
  const searches = new Latest();
  let isLatest = searches.begin();
  const more = async () => {
    const isMine = isLatest;
    older.disabled = true;
    line.textContent = speaker.say("common.loading");
    try {
      let count = 0;
      for (let step = 0; step < STEPS_MAX && count < PAGE_ENTRIES && found.hasMore; step += 1) {
        const entries = await found.next();
        if (!isMine()) return;
        items.append(...entries.map((entry) => item(speaker, entry, registers)));
        line.textContent = told(speaker, found, items.children.length);
        count += entries.length;
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (isMine()) fill(line, faultNote(speaker, error));
    }
    if (!isMine()) return;
    older.disabled = false;
    older.hidden = !found.hasMore;
  };
  const only = make("p", { class: "note", hidden: true });
  const search = (filter) => {
    isLatest = searches.begin();
    only.hidden = filter.commitment === undefined;
    fill(only, filter.commitment !== undefined && speaker.say("entries.only", { id: plain(filter.commitment) }));
    fill(items);
    found = new Found(new Backwards(reader), filter);
    return more();
  };
  older.addEventListener("click", more);
  const first = filterOf(location.hash);
  fill(place, filterForm(speaker, registers, first, search), numberForm(speaker, reader.checkpoint.size), only, items, line, make("p", {}, older));
  search(first);
}

function told(speaker, found, count) {
  const looked = found.left === 0n ? speaker.say("entries.looked-all", { n: count }) : speaker.say("entries.looked", { n: count, last: found.left });
  return count === 0 ? `${speaker.say("entries.nothing")} ${looked}` : looked;
}

function item(speaker, entry, registers) {
  const model = entryModel(entry, speaker, registers);
  return make(
    "li",
    {},
    make("p", {}, make("a", { href: `#${entry.index}` }, speaker.say("common.entry", { index: entry.index })), " · ", make("span", { class: "small" }, speaker.moment(entry.recordedAt))),
    make("p", {}, make("strong", {}, model.title), model.summary && [": ", foreign(model.summary)]),
    tags(speaker, model),
  );
}

function filterForm(speaker, registers, first, search) {
  const all = make("option", { value: "" }, speaker.say("entries.all"));
  const kind = make("select", { id: "kind" }, all, KINDS.map((name) => make("option", { value: name }, speaker.say(`kind.${name}`))));
  const datasets = [...(registers.get("dataset") ?? new Map())].sort(([one], [other]) => (one < other ? -1 : 1));
  const dataset = make("select", { id: "dataset" }, all.cloneNode(true), datasets.map(([code, titles]) => make("option", { value: code }, plain(speaker.pick(titles)))));
  const verdict = make("select", { id: "verdict" }, all.cloneNode(true), ["deviates", "not_verifiable"].map((name) => make("option", { value: name }, speaker.say(`entries.verdict.${name}`))));
  verdict.value = first.verdict;
  const onchange = () => search({ kind: kind.value, dataset: dataset.value, verdict: verdict.value });
  const fields = [kind, dataset, verdict];
  for (const field of fields) field.addEventListener("change", onchange);
  return make("div", { class: "fields", role: "group", "aria-label": speaker.say("entries.filter") }, fields.map((field) => make("div", {}, make("label", { for: field.id }, speaker.say(`entries.${field.id}`)), field)));
}

function numberForm(speaker, size) {
  const input = make("input", { id: "number", type: "text", "aria-describedby": "number-fault", name: "number" });
  input.inputMode = "numeric";
  const fault = make("p", { id: "number-fault", class: "small", role: "status" });
  const go = (event) => {
    event.preventDefault();
    const index = numberOf(`#${input.value.trim()}`);
    const isThere = index !== null && index < size;
    fault.textContent = isThere ? "" : speaker.say("entries.no-number", { last: size - 1n });
    if (isThere) location.hash = `#${index}`;
  };
  return make("form", { onsubmit: go }, make("p", {}), make("div", { class: "actions" }, make("label", { for: "number" }, speaker.say("entries.number")), input, make("button", { type: "submit", class: "plain" }, speaker.say("entries.go"))), fault);
}

async function showSingle({ speaker, source, opened, reader }, place, { index, registers, isLatest }) {
  const { size, root } = reader.checkpoint;
  fill(place, make("p", { class: "small" }, speaker.say("common.loading")));
  const { steps, entry } = await checkEntry(source, index, { key: opened.key, kept: { size, root } });
  if (!isLatest()) return;
  const around = [index > 0n && make("a", { href: `#${index - 1n}` }, speaker.say("entries.before")), index + 1n < size && make("a", { href: `#${index + 1n}` }, speaker.say("entries.after"))];
  const checked = make("div", {}, stepsList(speaker, steps));
  fill(
    place,
    make("p", {}, make("a", { href: "#" }, speaker.say("entries.back"))),
    make("h2", {}, speaker.say("common.entry", { index })),
    entry && entryView(speaker, entry, registers),
    make("h3", {}, speaker.say("entries.checked")),
    checked,
    make("p", { class: "actions" }, around),
  );
  place.focus();
  if (entry) await showVerdict(speaker, reader, entry, { checked, steps });
}

/** Behind the rest: a charter can be long, and nobody should wait for it to read the entry. */
async function showVerdict(speaker, reader, entry, { checked, steps }) {
  const loaded = await import("../../verify/check-verdict.js").catch(() => null);
  if (loaded === null) {
    checked.append(make("p", { class: "note", role: "status" }, speaker.say("entries.unjudged")));
    return;
  }
  const verdict = await loaded.checkEntryVerdict(reader, entry);
  fill(checked, stepsList(speaker, [...steps, ...verdict.steps]));
}
