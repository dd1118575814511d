/** The page Commitments: each as the sentence of its rule, where it comes from, and how accesses fit. */

import { charterHead, showCharter } from "../charter-page.js";
import { verdictsOf } from "../counts.js";
import { fill, foreign, make, part } from "../dom.js";
import { addressOf } from "../entry-filter.js";
import { entriesPage } from "../entry-view.js";
import { begin } from "../frame.js";
import { sentenceOf } from "../sentence.js";
import { plain } from "../speaker.js";
import { CHARTER } from "../texts/charter.js";
import { JOB } from "../texts/job.js";

begin([CHARTER, JOB], (page) =>
  showCharter(page, (inForce, tally) => {
    const { speaker } = page;
    fill(part("main"), charterHead(speaker, inForce), inForce.charter.commitments.map((commitment) => commitmentView(speaker, inForce, commitment, tally)));
  }),
);

function commitmentView(speaker, { index, charter }, commitment, tally) {
  const isGermanOnly = speaker.language === "en" && commitment.title.en === null;
  return make(
    "article",
    {},
    make("h3", { lang: isGermanOnly ? "de" : null }, make("code", {}, foreign(plain(commitment.id))), " ", foreign(plain(speaker.pick(commitment.title)))),
    make("blockquote", {}, make("p", {}, foreign(sentenceOf(commitment, charter.registers, speaker)))),
    state(speaker, index, commitment, tally),
    make("p", { class: "small" }, speaker.say("charter.source"), ": ", foreign(plain(commitment.source), speaker.language === "en" ? "de" : undefined), provenance(speaker, commitment)),
  );
}

function state(speaker, index, { id, question }, tally) {
  if (question !== null) return make("p", {}, speaker.say("charter.question"));
  if (tally === null) return make("p", { class: "small" }, speaker.say("charter.not-counted"));
  const { fits, deviates, notVerifiable } = verdictsOf(tally, index, id);
  const figure = (key, count) => make("div", {}, make("dt", {}, speaker.say(key)), make("dd", {}, speaker.number(count)));
  const link = deviates > 0 && make("p", {}, make("a", { href: `${entriesPage(speaker)}#${addressOf(id)}` }, speaker.say("charter.see", { id: plain(id) })));
  return [make("dl", { class: "verdicts" }, figure("charter.fits", fits), figure("charter.deviates", deviates), figure("charter.not-verifiable", notVerifiable)), link];
}

function provenance(speaker, { evidence, isInterpretation }) {
  const key = `charter.evidence.${evidence}`;
  const kind = speaker.knows(key) ? speaker.say(key) : plain(evidence);
  const reading = isInterpretation && evidence !== "interpretation" ? `; ${speaker.say("charter.interpretation")}` : "";
  return kind === "" ? reading : ` (${kind}${reading})`;
}
