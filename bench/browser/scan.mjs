// A citizen's scan in Chromium, part by part: markers alone, leaf hashes and root alone, all of it; in turns with SHA-256
// over the same leaves in the same worker. docs/performance.md says how the ledger is made.
//
//   node bench/browser/scan.mjs http://127.0.0.1:7420/ data/ledger.vkey keys/2026-09.json [turns]
//
// Needs playwright-core in the folder that it is run from. What a part costs is told by the clock, and as processor time of
// the browser's process, which neighbours on the machine disturb less.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { launch, processorClock } from "./browser.mjs";
import { load, machine, summary, told } from "./figures.mjs";
import { serveModules } from "./serve.mjs";

const [prefix, keyPath, keysPath, turns = "5"] = process.argv.slice(2);
assert.ok(prefix && keyPath && keysPath, "usage: scan.mjs SITE VKEY KEYS [TURNS]");
const PARTS = ["own", "markers", "webcrypto", "hashes", "whole"];
/** Leaves that WebCrypto hashes: as many as in scan-worker.js. */
const WEBCRYPTO_LEAVES = 50_000;

const modules = await serveModules();
const browser = await launch();
const clock = await processorClock(browser);
try {
  console.log(machine(browser));
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(modules.url);
  const worker = await page.evaluateHandle(() => new Worker("/bench/scan-worker.js", { type: "module" }));
  const run = async (message) => {
    const before = await clock();
    const answer = await worker.evaluate(
      (one, sent) =>
        new Promise((resolve, reject) => {
          one.onmessage = ({ data }) => resolve(data);
          one.onerror = ({ message: text }) => reject(new Error(text));
          one.postMessage(sent);
        }),
      message,
    );
    return { ...answer, processor: (await clock()) - before };
  };
  console.log(`load before: ${load()}`);
  const wired = await run({ do: "wire", prefix, key: await readFile(keyPath, "utf8"), keys: await readFile(keysPath, "utf8") });
  console.log(`${wired.records} records, ${(wired.leafBytes / wired.records).toFixed(0)} bytes each as leaf; ${wired.found} found`);
  console.log(`asked for ${wired.bundles} bundles: ${wired.covered} that the month covers, ${wired.searching} to find it; ${wired.tiles} other files; ${(wired.bytes / 1e6).toFixed(0)} MB`);
  console.log(`over the wire: ${wired.seconds.toFixed(1)} s, ${wired.processor.toFixed(1)} s of processor`);
  const times = Object.fromEntries(PARTS.map((part) => [part, { clock: [], processor: [] }]));
  for (let turn = 0; turn < Number(turns); turn += 1) {
    for (const part of PARTS) {
      const { seconds, processor } = await run({ do: part });
      times[part].clock.push(seconds);
      times[part].processor.push(processor);
    }
  }
  tell(times, wired);
  console.log(`load after: ${load()}`);
} finally {
  await browser.close();
  modules.close();
}

function tell(times, { records, leafBytes }) {
  const names = { markers: "markers: strict reading, and the test of each", hashes: "leaf hashes, chain and root", whole: "all of it, as the page does it", own: "yardstick: the hashes of the leaves alone" };
  for (const [part, name] of Object.entries(names)) {
    const { clock: byClock, processor } = times[part];
    const rate = leafBytes / 1e6 / summary(processor).median;
    console.log(`${name}: ${told(byClock, "s")} by the clock, ${told(processor, "s")} of processor; ${rate.toFixed(0)} MB/s`);
  }
  for (const part of ["markers", "hashes", "whole"]) {
    console.log(`${part} / hashes of the leaves: ${told(times[part].processor.map((value, turn) => value / times.own.processor[turn]), "")}`);
  }
  const each = summary(times.webcrypto.clock).median / Math.min(WEBCRYPTO_LEAVES, records);
  console.log(`WebCrypto, one call for each leaf: ${told(times.webcrypto.clock, "s")} for ${WEBCRYPTO_LEAVES} of them, ${(each * records).toFixed(0)} s for all`);
}
