// A citizen's scan as a reader has it: the key file is chosen on the page My data, and the page stays alive meanwhile. How
// long it takes with its download, what was asked for, how long the page could not answer at most, and its memory.
//
//   node bench/browser/my-data.mjs http://127.0.0.1:7420/ keys/2026-09.json
//
// Needs playwright-core in the folder that it is run from.

import assert from "node:assert/strict";

import { launch, processorClock } from "./browser.mjs";
import { load, machine } from "./figures.mjs";

const [site, keys] = process.argv.slice(2);
assert.ok(site && keys, "usage: my-data.mjs SITE KEYS");

const browser = await launch();
try {
  console.log(machine(browser));
  const clock = await processorClock(browser);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchForGaps);
  await page.goto(`${site}meine-daten.html`);
  await page.waitForSelector("main input[type=file]");
  await page.waitForLoadState("networkidle");
  const asked = [];
  context.on("request", (request) => asked.push(request.url()));
  await page.evaluate(() => Object.assign(globalThis.gaps, { frame: 0, task: 0 }));
  console.log(`load before: ${load()}`);
  const [begun, used] = [performance.now(), await clock()];
  await page.setInputFiles("main input[type=file]", keys);
  await page.waitForSelector("main [role=region] h3", { timeout: 0 });
  const seconds = (performance.now() - begun) / 1000;
  const processor = (await clock()) - used;
  const { frame, task } = await page.evaluate(() => globalThis.gaps);
  const bundles = new Set(asked.filter((url) => url.includes("tile/entries/"))).size;
  console.log(await page.innerText("main [role=region] h2"));
  console.log(`${seconds.toFixed(1)} s with the download, ${processor.toFixed(1)} s of processor; ${bundles} bundles, ${asked.length - bundles} other requests`);
  console.log(`longest task of the page: ${task.toFixed(0)} ms; longest time without a frame: ${frame.toFixed(0)} ms`);
  console.log(`load after: ${load()}`);
} finally {
  await browser.close();
}

/** Runs in the page. Tasks below 50 ms are not told to observers. */
function watchForGaps() {
  globalThis.gaps = { frame: 0, task: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.gaps.task = Math.max(globalThis.gaps.task, duration);
  }).observe({ type: "longtask" });
  let last = performance.now();
  const next = (now) => {
    globalThis.gaps.frame = Math.max(globalThis.gaps.frame, now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}
