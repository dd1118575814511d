/** The page Reports: those that are published, each compared with the entry that names it. */

import { fill, foreign, make, part } from "../dom.js";
import { entriesPage } from "../entry-view.js";
import { begin, faultNote } from "../frame.js";
import { periodWords } from "../period.js";
import { checkPublished } from "../report-check.js";
import { ReportEntries } from "../report-find.js";
import { fetchReportList } from "../report-list.js";
import { sign, stepsList } from "../steps-view.js";
import { REPORTS } from "../texts/reports.js";
import { ROOT } from "../place.js";
import { Fault } from "../../verify/fault.js";

/** Reports that are shown, and checked, at a time. */
const PAGE_REPORTS = 24;

begin([REPORTS], async (page) => {
  const { speaker, source } = page;
  const main = part("main");
  fill(main, make("p", { class: "small" }, speaker.say("common.loading")));
  const listed = await fetchReportList(source);
  if (listed === null || listed.length === 0) {
    fill(main, make("p", { class: "note" }, speaker.say(listed === null ? "reports.no-list" : "reports.none")));
    return;
  }
  const entries = page.reader && new ReportEntries(page.reader, listed);
  const left = [...listed].reverse();
  const list = make("div");
  const older = make("button", { type: "button", class: "plain" }, speaker.say("reports.older"));
  const more = async () => {
    const reports = left.splice(0, PAGE_REPORTS);
    const places = reports.map((report) => reportPlace(speaker, report));
    list.append(...places);
    older.disabled = true;
    if (entries) for (const [at, report] of reports.entries()) await check(page, report, places[at], entries);
    older.disabled = false;
    older.hidden = left.length === 0;
  };
  older.hidden = left.length <= PAGE_REPORTS;
  older.addEventListener("click", more);
  fill(main, list, make("p", {}, older), make("p", { class: "small" }, speaker.say("reports.whole")));
  await more();
});

function reportPlace(speaker, { path }) {
  const folder = `${ROOT}reports/${path}/${speaker.language === "de" ? "" : "en/"}index.html`;
  return make("section", {}, make("h2", {}, foreign(periodWords(speaker, path))), make("p", {}, make("a", { href: folder }, speaker.say("reports.read")), " · ", make("a", { href: `${ROOT}reports/${path}/manifest.json` }, speaker.say("reports.manifest"))), make("div", { role: "status" }));
}

async function check({ speaker, source, reader, opened }, report, section, entries) {
  const place = section.querySelector("div");
  try {
    const published = await checkPublished(source, reader, opened.key, report, entries);
    const { steps, manifest, entry, isElsewhere } = published;
    // What the report itself says, as soon as it was read: the name of its folder is the server's word.
    if (manifest) fill(section.querySelector("h2"), foreign(periodWords(speaker, manifest.period)));
    fill(
      place,
      isElsewhere && make("p", { class: "note" }, speaker.say("reports.elsewhere", { path: report.path })),
      manifest && facts(speaker, manifest, entry),
      told(speaker, published),
      make("details", {}, make("summary", {}, speaker.say("reports.details")), stepsList(speaker, steps)),
    );
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fill(place, faultNote(speaker, error));
  }
}

/** What came of it; of a report that no longer stands without a tick, which would be read as “this is the report”. */
function told(speaker, { outcome, later }) {
  const link = (index) => make("a", { href: `${entriesPage(speaker)}#${index}` }, speaker.say("common.entry", { index }));
  if (outcome === "ok" && later?.by != null) return make("p", { class: "note" }, speaker.say("reports.replaced"), " ", link(later.by), ".");
  return [
    make("p", { class: outcome === "failed" ? "result" : null, "data-outcome": outcome }, sign(outcome), " ", speaker.say(`reports.${outcome}`)),
    later?.by != null && make("p", { class: "note" }, speaker.say("reports.replaced"), " ", link(later.by), "."),
    later?.from != null && make("p", { class: "small" }, speaker.say("reports.later-from", { from: later.from })),
  ];
}

function facts(speaker, { size, isProvisional, corrects }, entry) {
  return make(
    "p",
    {},
    speaker.say("reports.size", { n: size }),
    isProvisional && ` ${speaker.say("reports.provisional")}`,
    corrects !== null && ` ${speaker.say("reports.corrects", { index: corrects })}`,
    entry !== null && [` ${speaker.say("reports.entry")} `, make("a", { href: `${entriesPage(speaker)}#${entry}` }, speaker.say("common.entry", { index: entry })), "."],
  );
}
