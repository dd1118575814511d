/** The page Start: how the ledger stands today. */

import { auditOffer } from "../audit-offer.js";
import { fill, foreign, make, part } from "../dom.js";
import { begin, closedNote, faultNote } from "../frame.js";
import { plain } from "../speaker.js";
import { readTail } from "../tail.js";
import { START } from "../texts/start.js";
import { CannotTell, Fault } from "../../verify/fault.js";

const DAY_S = 86_400n;

begin([START], async (page) => {
  const { speaker, source, reader, genesis } = page;
  if (!reader) {
    for (const name of ["main", "audit"]) fill(part(name), make("p", {}, speaker.say("state.not-shown")));
    return;
  }
  const { size, origin } = reader.checkpoint;
  const list = make("dl", { class: "key" }, figure(speaker.say("start.size"), speaker.number(size)));
  fill(part("main"), list, predecessor(speaker, genesis), make("p", { class: "small" }, named(speaker, origin)));
  if (size === 0n) {
    fill(part("audit"), make("p", {}, speaker.say("state.empty")));
    return;
  }
  if (page.isClosed) {
    part("main").append(closedNote(speaker));
    fill(part("audit"), make("p", {}, speaker.say("state.closed")));
    return;
  }
  if (genesis) list.append(figure(speaker.say("start.began"), speaker.minute(genesis.recordedAt / 60n)));
  try {
    const tail = await readTail(source, reader);
    list.append(figure(speaker.say("start.newest"), speaker.minute(tail[0].recordedAt / 60n)));
    offerAudit(page);
    const today = (BigInt(Math.floor(Date.now() / 1000)) / DAY_S) * DAY_S;
    const count = countInTail(tail, today) ?? (await countSince(source, reader, today));
    list.append(figure(speaker.say("start.today"), speaker.number(count)));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    part("main").append(faultNote(speaker, error));
    fill(part("audit"), make("p", {}, speaker.say("state.read-untold")));
  }
});

/** How many there were since then; `null` if some of these may lie before the tail. */
function countInTail(tail, second) {
  const position = tail.findIndex(({ recordedAt }) => recordedAt < second);
  return position === -1 ? null : position;
}

/** Only a day that has many entries has to be searched for its first one. */
async function countSince(source, reader, second) {
  const { firstSince } = await import("../first-since.js").catch((cause) => {
    throw new CannotTell("a part of this page could not be loaded", { cause });
  });
  return reader.checkpoint.size - (await firstSince(source, reader, second));
}

/** What the check takes is loaded when somebody wants it. */
function offerAudit(page) {
  const { speaker, reader } = page;
  const place = part("audit");
  const load = () => Promise.all([import("../audit-panel.js"), import("../texts/job.js")]);
  const onBegin = async ({ target }) => {
    target.disabled = true;
    const loaded = await load().catch(() => null);
    if (loaded === null) {
      fill(place, make("p", { class: "note", role: "status" }, speaker.say("start.unloaded")), offer());
      return;
    }
    const [{ runAudit }, { JOB }] = loaded;
    speaker.learn(JOB);
    runAudit(page, place);
  };
  const offer = () => auditOffer(speaker, reader.checkpoint.size, "audit.button", onBegin);
  fill(place, offer());
}

function figure(term, value) {
  return make("div", {}, make("dt", {}, term), make("dd", {}, value));
}

/** The name is foreign text: it stands on its own within the sentence. */
function named(speaker, origin) {
  const [before, after] = speaker.say("start.origin", { origin: "\u0000" }).split("\u0000");
  return [before, foreign(plain(origin)), after];
}

function predecessor(speaker, genesis) {
  if (!genesis?.predecessor) return null;
  const { origin, size } = genesis.predecessor;
  return make("p", {}, speaker.say("start.predecessor", { origin: plain(origin), n: size }));
}
