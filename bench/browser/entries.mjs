// The page Entries in Chromium, over a small ledger and a large one in turns: how long until the newest are there, until a
// filter that nothing fits has ended, until an entry in the middle is opened; what is asked for, and memory.
// docs/performance.md says how the ledgers are made.
//
//   node bench/browser/entries.mjs http://127.0.0.1:7421/ http://127.0.0.1:7422/ [turns]
//
// Needs playwright-core in the folder that it is run from.

import assert from "node:assert/strict";

import { launch } from "./browser.mjs";
import { load, machine, summary, told } from "./figures.mjs";

const [small, large, turns = "5"] = process.argv.slice(2);
assert.ok(small && large, "usage: entries.mjs SMALL_SITE LARGE_SITE [TURNS]");
const STEPS = { newest: showNewest, filter: filterAway, middle: openMiddle };

const browser = await launch();
try {
  console.log(machine(browser));
  console.log(`load before: ${load()}`);
  const sites = await Promise.all([small, large].map(async (url) => ({ url, size: await sizeOf(url), figures: new Map() })));
  for (let turn = 0; turn < Number(turns); turn += 1) for (const site of sites) await visit(site);
  for (const { size, figures } of sites) {
    console.log(`${size} entries`);
    for (const [step, { ms, requests, kilobytes, megabytes }] of figures) {
      console.log(`  ${step}: ${told(ms, "ms", 0)}, ${summary(requests).median} requests, ${summary(kilobytes).median.toFixed(0)} KB, ${summary(megabytes).median.toFixed(1)} MB of memory`);
    }
  }
  const [few, many] = sites.map(({ figures }) => figures);
  for (const step of few.keys()) console.log(`${step}, large / small: ${told(many.get(step).ms.map((ms, turn) => ms / few.get(step).ms[turn]), "")}`);
  console.log(`load after: ${load()}`);
} finally {
  await browser.close();
}

async function sizeOf(url) {
  return BigInt((await (await fetch(`${url}checkpoint`)).text()).split("\n")[1]);
}

/** One reader who has never been there. */
async function visit({ url, size, figures }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await Promise.all([session.send("Network.enable"), session.send("Performance.enable")]);
  let [requests, bytes] = [0, 0];
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    requests += 1;
    bytes += encodedDataLength;
  });
  for (const [name, step] of Object.entries(STEPS)) {
    [requests, bytes] = [0, 0];
    const before = performance.now();
    await step(page, url, size);
    const ms = performance.now() - before;
    await page.waitForLoadState("networkidle");
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    const megabytes = metrics.find((metric) => metric.name === "JSHeapUsedSize").value / 1e6;
    const all = figures.get(name) ?? { ms: [], requests: [], kilobytes: [], megabytes: [] };
    figures.set(name, all);
    for (const [figure, value] of Object.entries({ ms, requests, kilobytes: bytes / 1e3, megabytes })) all[figure].push(value);
  }
  await context.close();
}

async function showNewest(page, url) {
  await page.goto(`${url}eintraege.html`);
  await page.waitForSelector("ol.entries > li");
}

async function filterAway(page) {
  await page.selectOption("#verdict", "deviates");
  // The button for older ones can be pressed again, or there are none.
  await page.waitForFunction(() => document.querySelectorAll("ol.entries > li").length === 0 && [...document.querySelectorAll("main div > p > button[type=button]")].every((button) => button.hidden || !button.disabled));
}

async function openMiddle(page, _url, size) {
  const index = String(size / 2n);
  await page.fill("#number", index);
  await page.press("#number", "Enter");
  await page.waitForFunction((wanted) => [...document.querySelectorAll("main h2")].some((title) => title.innerText.replace(/\D/g, "") === wanted) && document.querySelector("main .steps"), index);
}
