// What the site costs whoever reads it: the bytes of the first page, and which months of a ledger a citizen's scan asks for.
// Over the simulated week, by the programs in EINSICHT_BIN; or over a site that runs already, at EINSICHT_SITE.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/chromium.mjs';
import { makeSample } from './support/ledgers.mjs';

assert.ok(process.env.EINSICHT_BIN || process.env.EINSICHT_SITE, 'EINSICHT_BIN names a folder, or EINSICHT_SITE a site');
const BYTES_MAX = 100 * 1024;
const PAINT_MS_MAX = 1_000;
/** Entries in all, the first, the newest, today's: all that the page Start loads anything for has been shown then. */
const FIGURES = 4;
/** Nothing new for so long, and nothing under way: a page is at rest. */
const REST_MS = 1_000;
const PATIENCE_MS = 30_000;
const TILE_WIDTH = 256;
const HASH_BYTES = 32;
/** The frame of a leaf before its time, and the length before the leaf. */
const TIME_AT = 2 + 33;

let browser;
let site;
let leave = async () => {};
before(async () => {
  browser = await launch();
  site = process.env.EINSICHT_SITE;
  if (site) return;
  const sample = await makeSample();
  [site, leave] = [`${sample.url}/`, () => sample.leave()];
});
after(async () => {
  await browser?.close();
  await leave();
});

/** Opens a page in a browser that knows nothing, until it is at rest: what was loaded for it, and when it was painted. */
async function firstVisit(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const network = await context.newCDPSession(page);
  await network.send('Network.enable');
  const loaded = new Map();
  network.on('Network.requestWillBeSent', ({ requestId, request }) => loaded.set(requestId, { url: request.url, bytes: 0, isOver: false }));
  network.on('Network.responseReceived', ({ requestId, response }) => (loaded.get(requestId).bytes = response.encodedDataLength));
  network.on('Network.dataReceived', ({ requestId, encodedDataLength }) => (loaded.get(requestId).bytes += encodedDataLength));
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => Object.assign(loaded.get(requestId), { bytes: encodedDataLength, isOver: true }));
  // Chromium now and then tells so of an answer that the page has read to its end; what came of it counts.
  network.on('Network.loadingFailed', ({ requestId }) => (loaded.get(requestId).isOver = true));
  const workers = [];
  page.on('worker', (worker) => workers.push(worker.url()));
  await page.addInitScript(() => {
    globalThis.painted = 0;
    new PerformanceObserver((list) => (globalThis.painted = list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  await page.goto(site + path);
  await page.waitForFunction((wanted) => document.querySelectorAll('main dl.key dd').length === wanted, FIGURES);
  await atRest(() => [...loaded.values()]);
  const outcome = await page.evaluate(() => document.documentElement.dataset.outcome);
  const painted = await page.evaluate(() => globalThis.painted);
  await context.close();
  return { outcome, painted, workers, loaded: [...loaded.values()].filter(({ url }) => !url.startsWith('data:')) };
}

/** Waits until nothing is loaded any more. A machine that is busy makes pauses, too. */
async function atRest(loaded) {
  const begun = Date.now();
  for (let [before, since] = [-1, Date.now()]; Date.now() - since < REST_MS; ) {
    assert.ok(Date.now() - begun < PATIENCE_MS, 'the page does not come to rest');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const isUnderWay = loaded().some(({ url, isOver }) => !isOver && !url.startsWith('data:'));
    if (isUnderWay || loaded().length !== before) [before, since] = [loaded().length, Date.now()];
  }
}

const bytesOf = (loaded) => loaded.reduce((sum, { bytes }) => sum + bytes, 0);
const sizeOf = async () => Number((await (await fetch(`${site}checkpoint`)).text()).split('\n')[1]);

for (const path of ['', 'en/']) {
  test(`the page Start at "/${path}" takes less than 100 KB, headers included, however many entries its newest tile has`, async (t) => {
    const { outcome, workers, loaded } = await firstVisit(path);
    assert.equal(outcome, 'ok');
    assert.deepEqual(workers, [], 'what workers load would have to be counted, too');
    assert.deepEqual(loaded.filter(({ bytes }) => bytes === 0), [], 'everything was counted');
    const width = (await sizeOf()) % TILE_WIDTH;
    const bytes = bytesOf(loaded);
    const widest = bytes + (TILE_WIDTH - width) * HASH_BYTES;
    t.diagnostic(`${bytes} bytes in ${loaded.length} requests; ${widest} where the newest tile is widest`);
    assert.ok(widest < BYTES_MAX, loaded.sort((one, other) => other.bytes - one.bytes).map(({ url, bytes: some }) => `${some} ${url}`).join('\n'));
  });
}

test('the largest part of the page Start is painted within a second', async (t) => {
  const painted = [];
  // Neighbours on the machine only ever make it slower.
  for (let visit = 0; visit < 3; visit += 1) painted.push((await firstVisit('')).painted);
  t.diagnostic(`${painted.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`);
  const best = Math.min(...painted);
  assert.ok(best > 0 && best < PAINT_MS_MAX, `${best} ms`);
});

/** When each bundle of the ledger begins. */
async function beginnings(size) {
  const bundles = Math.ceil(size / TILE_WIDTH);
  const path = (number) => `${String(number).padStart(Math.ceil(String(number).length / 3) * 3, '0').replace(/(\d{3})(?=\d)/g, 'x$1/')}.p/1`;
  const times = [];
  for (let number = 0; number < bundles; number += 1) {
    const answer = await fetch(`${site}tile/entries/${path(number)}`);
    times.push(Number(new DataView(await answer.arrayBuffer()).getBigUint64(TIME_AT)));
  }
  return times;
}

/** Drops a key file for a month on the page My data: numbers of the bundles that were asked for, by the page or its worker. */
async function scanned(month) {
  const origin = (await (await fetch(`${site}ledger.vkey`)).text()).split('+')[0];
  const keys = { format: 'einsicht-view-keys/v1', origin, keys: [{ scheme: 'person', month, key: Buffer.alloc(32, 7).toString('base64') }] };
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site}meine-daten.html`);
  await page.waitForSelector('main input[type=file]');
  await page.waitForLoadState('networkidle');
  const asked = [];
  context.on('request', (request) => asked.push(request.url()));
  await page.setInputFiles('main input[type=file]', { name: 'keys.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(keys)) });
  await page.waitForSelector('main [role=region] h3', { timeout: 120_000 });
  // The bundles that the page needs for its words are asked for behind the worker's.
  await page.waitForLoadState('networkidle');
  await context.close();
  const numbers = asked.flatMap((url) => /tile\/entries\/((?:x\d{3}\/)*\d{3})/.exec(url)?.[1].replace(/[x/]/g, '') ?? []).map(Number);
  return new Set(numbers);
}

const monthOf = (second) => new Date(second * 1000).toISOString().slice(0, 7);

test("a citizen's scan asks for the bundles of the months of its keys, and for few others", async (t) => {
  const size = await sizeOf();
  const times = await beginnings(size);
  // Two searches by halving, and the newest ones, in which the page finds the words for what it shows.
  const others = 2 * (Math.ceil(Math.log2(times.length)) + 1) + 2;
  const months = new Set(['2001-01', ...times.map(monthOf)]);
  for (const month of months) {
    const covered = times.flatMap((begins, number) => (monthOf(begins) === month || (number + 1 < times.length && monthOf(times[number + 1]) === month) ? [number] : []));
    const asked = await scanned(month);
    t.diagnostic(`${month}: ${covered.length} of ${times.length} bundles have entries of it, ${asked.size} were asked for`);
    assert.deepEqual(covered.filter((number) => !asked.has(number)), [], `${month}: bundles that were left out`);
    assert.ok(asked.size <= covered.length + others, `${month}: ${asked.size} bundles were asked for, ${covered.length} are covered`);
  }
});
