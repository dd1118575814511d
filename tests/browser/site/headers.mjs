// What the server says beside its answers, those to workers included.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_PAGES, POLICY, REPORT_POLICY, settled } from '../support/site.mjs';
import { isWithin, visitor } from '../support/chromium.mjs';
import { choose } from '../support/dropping.mjs';

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

/** Visits everything, and returns each answer by its path. */
async function answers({ browser, city }) {
  const { context, complaints, close } = await visitor(browser);
  const found = new Map();
  // The first of each path: a later one may be told to be unchanged.
  context.on('response', (response) => {
    const path = new URL(response.url()).pathname.slice(1);
    if (!isWithin(response.url()) && !found.has(path)) found.set(path, response);
  });
  const page = await context.newPage();
  const pages = [...ALL_PAGES, `reports/${city.reportName}/`, `reports/${city.reportName}/en/index.html`, ''];
  for (const path of pages) {
    await page.goto(`${city.url}/${path}`);
    if (!path.startsWith('reports/')) await settled(page);
  }
  await page.click('[data-part=audit] button');
  await page.waitForSelector('[data-part=audit] .result');
  await page.goto(`${city.url}/meine-daten.html`);
  await settled(page);
  await choose(page, 'keys', 'my.keys', city.keys.anna);
  await page.waitForSelector('ol.entries');
  const all = [];
  for (const [path, response] of found) all.push({ path, status: response.status(), headers: await response.allHeaders() });
  await close();
  return { all, complaints };
}

export function headers(world) {
  describe('the headers of every answer', () => {
    let all;
    let complaints;

    test('all kinds of answers were seen, those to workers too', async () => {
      ({ all, complaints } = await answers(world));
      const paths = all.map(({ path }) => path);
      for (const wanted of ['', 'style.css', 'checkpoint', 'ledger.vkey', 'site/frame.js', 'verify/sha256.js', 'site/work/scan.js', 'site/work/audit.js', 'verify/citizen.js', 'reports/index.json']) {
        assert.ok(paths.includes(wanted), `${wanted} is not among ${paths.join(' ')}`);
      }
      assert.ok(paths.some((path) => path.startsWith('tile/entries/')));
      // 206: the end of a tile alone.
      assert.deepEqual(all.filter(({ status }) => ![200, 206].includes(status)), []);
      assert.deepEqual(complaints, []);
    });

    test('each forbids to sniff, to frame and to tell where one came from, and sets no cookie', () => {
      for (const { path, headers: found } of all) {
        const told = [found['x-content-type-options'], found['x-frame-options'], found['referrer-policy'], found['set-cookie']];
        assert.deepEqual(told, ['nosniff', 'DENY', 'no-referrer', undefined], path);
      }
    });

    test('each has the strict policy, and those of reports the one that lets them keep their own style', () => {
      for (const { path, headers: found } of all) {
        const isReport = path.startsWith('reports/') && path !== 'reports/index.json';
        assert.equal(found['content-security-policy'], isReport ? REPORT_POLICY : POLICY, path);
      }
    });

    test('each file of the site has its type, is compressed, and is asked for again', () => {
      for (const { path, headers: found } of all) {
        const type = TYPES[path === '' || path.endsWith('/') ? 'html' : path.split('.').at(-1)];
        if (!type) continue;
        assert.equal(found['content-type'], type, path);
        assert.match(found['content-encoding'] ?? '', /^(gzip|br|zstd)$/, path);
        assert.equal(found['cache-control'], 'no-cache', path);
      }
    });
  });
}
