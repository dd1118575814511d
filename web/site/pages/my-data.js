/** The page My data: a key file, looked through in a worker. */

import { dropZone } from "../drop-zone.js";
import { fill, foreign, make, part } from "../dom.js";
import { begin } from "../frame.js";
import { Job } from "../job.js";
import { ROOT } from "../place.js";
import { sightingsView } from "../sightings-view.js";
import { plain } from "../speaker.js";
import { ENTRY } from "../texts/entry.js";
import { JOB } from "../texts/job.js";
import { MY_DATA } from "../texts/my-data.js";
import { titlesInForce } from "../titles.js";

begin([ENTRY, JOB, MY_DATA], (page) => {
  const { speaker, reader } = page;
  if (!reader || reader.checkpoint.size === 0n) {
    fill(part("main"), make("p", {}, speaker.say(reader ? "state.empty" : "state.not-shown")));
    return;
  }
  if (page.isClosed) {
    fill(part("main"), make("p", { class: "note" }, speaker.say("mine.fault.closed")));
    return;
  }
  const place = make("div", { tabindex: "-1", role: "region", "aria-live": "polite" });
  const toTheEnd = make("input", { type: "checkbox", id: "to-the-end" });
  let job = null;
  const look = (file, isToTheEnd) => {
    job?.end();
    const mine = scan(page, file, isToTheEnd, place, { isWanted: () => job === mine, onReadOn: () => look(file, true) });
    job = mine;
  };
  const zone = dropZone({
    id: "keys",
    text: speaker.say("mine.drop"),
    label: speaker.say("mine.choose"),
    onFiles: ([file]) => look(file, toTheEnd.checked),
  });
  zone.querySelector("input").multiple = false;
  fill(part("main"), make("p", {}, make("label", { class: "check", for: "to-the-end" }, toTheEnd, speaker.say("mine.to-the-end"))), zone, place);
});

/** `isWanted`: whether no other file was chosen since; `onReadOn` looks again, and reads to the end of the ledger. */
function scan(page, file, toTheEnd, place, further) {
  const { speaker, opened, reader } = page;
  const { size, root } = reader.checkpoint;
  const job = new Job(speaker, new URL("../work/scan.js", import.meta.url), { unit: "job.bundles", onDone: (result) => showResult(page, result, place, further) });
  fill(place, job.view);
  job.begin({ prefix: ROOT, key: opened.key, kept: { size, root }, toTheEnd, file });
  return job;
}

async function showResult({ speaker, reader }, result, place, { isWanted, onReadOn }) {
  const registers = result.fault ? null : await titlesInForce(reader);
  if (!isWanted()) return;
  fill(place, result.fault ? faultView(speaker, result.fault) : sightingsView(speaker, result, registers, onReadOn));
  place.focus();
}

function faultView(speaker, { outcome, reason, detail }) {
  const words = make("p", {}, make("strong", {}, speaker.say(`mine.fault.${reason}`)));
  return make("div", { class: "note", "data-outcome": outcome }, words, make("p", { class: "small", lang: "en" }, foreign(plain(detail))));
}
