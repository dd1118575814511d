/** The page Verify: a file that somebody has, or the number of an entry. */

import { dropZone } from "../drop-zone.js";
import { fill, make, part } from "../dom.js";
import { begin } from "../frame.js";
import { ENTRIES } from "../texts/entries.js";
import { ENTRY } from "../texts/entry.js";
import { VERIFY } from "../texts/verify.js";
import { verifiedView } from "../verified-view.js";
import { verifyFiles } from "../verify-file.js";
import { equal } from "../../verify/bytes.js";
import { checkEntry } from "../../verify/check-entry.js";
import { Fault } from "../../verify/fault.js";
import { parseVerifierKey } from "../../verify/key.js";

begin([ENTRY, ENTRIES, VERIFY], (page) => {
  const { speaker, opened } = page;
  if (opened.key === null || opened.reason === "other-key") {
    fill(part("main"), make("p", {}, speaker.say("verify.no-key")));
    return;
  }
  const ledger = { source: page.source, reader: page.reader, key: opened.key };
  const results = make("div", { tabindex: "-1", role: "region", "aria-live": "polite" });
  const more = { origin: nameOf(opened.key), myData: speaker.language === "de" ? "meine-daten.html" : "my-data.html" };
  let run = 0;
  const show = async (verify) => {
    run += 1;
    const mine = run;
    fill(results, make("p", {}, speaker.say("verify.running")));
    const verified = await verify();
    if (mine !== run) return;
    fill(results, verified.map((one) => verifiedView(speaker, one, more)));
    // Alone, the focus would put the middle of a long result in sight, and the verdict above it out of it.
    results.focus({ preventScroll: true });
    results.scrollIntoView({ block: "start" });
  };
  const zone = dropZone({
    id: "file",
    text: speaker.say("verify.drop"),
    label: speaker.say("verify.choose"),
    folderLabel: speaker.say("verify.folder"),
    onFiles: (files) => show(() => verifyFiles(files, ledger)),
  });
  fill(part("main"), zone, page.reader && numberForm(page, show), results);
  fill(part("key"), keyView(speaker, opened.key));
});

function nameOf(key) {
  try {
    return parseVerifierKey(key).name;
  } catch (error) {
    if (error instanceof Fault) return "";
    throw error;
  }
}

function numberForm({ speaker, source, opened, reader }, show) {
  const { size, root } = reader.checkpoint;
  const input = make("input", { id: "number", type: "text", "aria-describedby": "number-fault" });
  input.inputMode = "numeric";
  const fault = make("p", { id: "number-fault", class: "small", role: "status" });
  const check = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    const isNumber = /^[0-9]{1,20}$/.test(text) && BigInt(text) < size;
    fault.textContent = isNumber ? "" : size === 0n ? speaker.say("state.empty") : speaker.say("entries.no-number", { last: size - 1n });
    if (!isNumber) return;
    show(async () => {
      const { outcome, steps, entry } = await checkEntry(source, BigInt(text), { key: opened.key, kept: size > 0n ? { size, root } : null });
      return [{ name: speaker.say("verify.number-of", { index: BigInt(text) }), kind: "number", outcome, steps, entry }];
    });
  };
  return make("form", { onsubmit: check }, make("p", {}), make("div", { class: "actions" }, make("label", { for: "number" }, speaker.say("verify.number")), input, make("button", { type: "submit" }, speaker.say("verify.check"))), fault);
}

function keyView(speaker, key) {
  const input = make("input", { id: "other-key", type: "text", "aria-describedby": "key-outcome" });
  const outcome = make("p", { id: "key-outcome", role: "status" });
  const compare = (event) => {
    event.preventDefault();
    outcome.textContent = speaker.say(`verify.${compared(key, input.value)}`);
  };
  return [
    make("p", { class: "small" }, speaker.say("verify.key")),
    make("pre", {}, key.trim()),
    make("form", { onsubmit: compare }, make("div", { class: "field" }, make("label", { for: "other-key" }, speaker.say("verify.compare")), make("div", { class: "actions" }, input, make("button", { type: "submit", class: "plain" }, speaker.say("verify.compare-button")))), outcome),
  ];
}

function compared(key, text) {
  try {
    const [mine, other] = [parseVerifierKey(key), parseVerifierKey(text)];
    return mine.name === other.name && equal(mine.publicKey, other.publicKey) ? "same" : "different";
  } catch (error) {
    if (error instanceof Fault) return "mistyped";
    throw error;
  }
}
