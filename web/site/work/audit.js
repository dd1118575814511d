/**
 * Worker: checks a whole ledger, and counts on the way. `done` has the outcome, the steps, the tally, and
 * the state that it is of: the ledger may have grown since the page was opened.
 */

import { LedgerCheck } from "../../verify/check-ledger.js";
import { httpSource } from "../../verify/source.js";
import { Counts } from "../counts.js";
import { WatchedSource } from "../watched-source.js";
import { serve } from "./serve.js";

let source = null;
let check = null;
let counts = null;
let size = 0;
let abort = null;

serve({
  begin({ prefix, key, kept }) {
    counts = new Counts();
    size = Number(kept.size);
    source = new WatchedSource(httpSource(prefix));
    check = new LedgerCheck(source, { key, kept, inspectors: [counts], judges: true });
  },

  async run(onProgress) {
    abort = new AbortController();
    source.reset();
    const { outcome, steps, head } = await check.run({ onProgress: ({ entries, size: of }) => onProgress({ done: entries, of }), signal: abort.signal });
    if (outcome === "could-not-tell" && source.wasAway) return { says: "stopped", done: check.audit?.next ?? 0, of: check.audit?.size ?? size, wasAsked: abort.signal.aborted };
    return { says: "done", outcome, steps, head, tally: counts.tally() };
  },

  stop() {
    abort?.abort();
  },
});
