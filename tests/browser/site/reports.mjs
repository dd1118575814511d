// Pages of reports below the site: they keep their own style under its headers, and are one step away.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { beyondTheEdge, violations, visitor } from '../support/chromium.mjs';
import { open } from '../support/site.mjs';

export function reports(world) {
  const places = () => [
    { url: world.sample.url, name: world.sample.reportName },
    { url: world.city.url, name: world.city.reportName },
  ];

  describe('a report below the site', () => {
    for (const [language, page] of [['de', 'berichte.html'], ['en', 'en/reports.html']]) {
      test(`is on the page Reports (${language}), named by the ledger, and one link away`, async () => {
        for (const { url, name } of places()) {
          const { page: list, complaints, close } = await open(world.browser, `${url}/${page}`);
          await list.waitForSelector('main section details');
          assert.equal(await list.getAttribute('main section [data-outcome]', 'data-outcome'), 'ok');
          assert.match(await list.innerText('main section'), language === 'de' ? /Das Protokoll nennt genau diesen Bericht/ : /The ledger names exactly this report/);
          await list.click('main section a >> nth=0');
          await list.waitForURL(`${url}/reports/${name}/${language === 'de' ? '' : 'en/'}index.html`);
          assert.equal(await list.evaluate(() => document.documentElement.lang), language);
          assert.deepEqual(complaints, []);
          await close();
        }
      });
    }

    for (const javaScriptEnabled of [true, false]) {
      test(`opens with its own style, from within itself only, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
        for (const { url, name } of places()) {
          const { context, requests, complaints, close } = await visitor(world.browser, { javaScriptEnabled });
          const page = await context.newPage();
          for (const path of ['', 'en/index.html']) {
            await page.goto(`${url}/reports/${name}/${path}`);
            const style = await page.evaluate(() => ({ sheets: document.styleSheets.length, rules: document.styleSheets[0]?.cssRules.length ?? 0, width: getComputedStyle(document.querySelector('main')).maxWidth, skip: document.querySelector('a').getBoundingClientRect().right }));
            assert.ok(style.sheets === 1 && style.rules > 20 && style.width !== 'none' && style.skip <= 0, JSON.stringify(style));
            for (const width of [320, 360, 1280]) {
              await page.setViewportSize({ width, height: 800 });
              assert.deepEqual(await page.evaluate(beyondTheEdge), [], `${width} pixels`);
            }
            if (javaScriptEnabled) assert.deepEqual(await violations(page), []);
          }
          assert.deepEqual(requests.filter((request) => !request.url().startsWith(`${url}/reports/`) && !request.url().startsWith('data:')).map((request) => request.url()), []);
          assert.deepEqual(complaints, []);
          await page.screenshot({ path: join(world.pictures, `report-below-site-${name}.png`) });
          await close();
        }
      });
    }

    test('its tables and figures are there to be fetched, as what they are', async () => {
      const { url, name } = places()[0];
      const { page, close } = await open(world.browser, `${url}/berichte.html`);
      for (const [file, type] of [['manifest.json', 'application/json'], ['report.json', 'application/json'], ['csv/by_dataset.csv', 'text/csv; charset=utf-8'], ['checkpoint', 'text/plain; charset=utf-8'], ['key.txt', 'text/plain; charset=utf-8']]) {
        const answer = await page.request.get(`${url}/reports/${name}/${file}`);
        assert.deepEqual([answer.status(), answer.headers()['content-type']], [200, type], file);
      }
      for (const wrong of ['../keys/dev.token', '..%2fkeys%2fdev.token', '%2e%2e/%2e%2e/keys/dev.token', 'nothing-here.csv', '.hidden']) {
        const answer = await page.request.get(`${url}/reports/${name}/${wrong}`);
        assert.ok([400, 404].includes(answer.status()), `${wrong}: ${answer.status()}`);
      }
      await close();
    });
  });
}
