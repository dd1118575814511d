// The worker that checks a whole ledger, with what it says to the page.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openCheckpoint } from "../../verify/checkpoint.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, chained, genesis } from "../support/maker.js";

const fetchBefore = globalThis.fetch;
after(() => {
  globalThis.fetch = fetchBefore;
  delete globalThis.self;
});

test("what was counted names the state that it is of, also where the ledger has grown since the page was opened", async () => {
  const leaves = chained([genesis(), ...Array.from({ length: 399 }, (_, at) => access(at))]);
  const kept = await openCheckpoint(new MemorySource(leaves.slice(0, 300)).note, ORIGIN, [KEY]);
  const source = new MemorySource(leaves);
  const head = await openCheckpoint(source.note, ORIGIN, [KEY]);
  globalThis.fetch = async (url) => new Response(await source.get(url.slice("https://ledger.example/".length), { max: 10_000_000 }));
  const done = new Promise((resolve) => {
    globalThis.self = { postMessage: (message) => ["done", "stopped"].includes(message.says) && resolve(message) };
  });
  await import("../../site/work/audit.js");
  globalThis.self.onmessage({ data: { do: "begin", prefix: "https://ledger.example/", key: KEY_TEXT, kept: { size: kept.size, root: kept.root } } });
  const message = await done;
  assert.deepEqual([message.says, message.outcome, message.head], ["done", "ok", { size: 400n, root: head.root }]);
  assert.deepEqual(structuredClone(message.head), message.head);
});
