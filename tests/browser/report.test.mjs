// The pages of reports, as a browser shows them: EINSICHT_REPORTS names folders that `einsicht report make` wrote,
// parted by ':'. Pictures and prints of each page go to EINSICHT_PICTURES, for people to look at.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { beyondTheEdge, launch, violations, visitor } from './support/chromium.mjs';

const PAGES = { de: 'index.html', en: 'en/index.html' };
const WIDTHS_PX = [320, 360, 1280];

const reports = (process.env.EINSICHT_REPORTS ?? '').split(':').filter(Boolean);
const pictures = process.env.EINSICHT_PICTURES;
assert.ok(reports.length > 0 && pictures, 'EINSICHT_REPORTS and EINSICHT_PICTURES name folders');
await mkdir(pictures, { recursive: true });

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Opens a page, and keeps what it asked for and complained of. */
async function open(report, language, options) {
  const { context, requests, complaints, close } = await visitor(browser, options);
  const page = await context.newPage();
  const url = pathToFileURL(join(report, PAGES[language])).href;
  await page.goto(url);
  return { page, url, requests: () => requests.map((request) => request.url()), complaints, close };
}

for (const report of reports) {
  for (const language of Object.keys(PAGES)) {
    const name = `${basename(report)}-${language}`;
    describe(`${name}: a page of a report`, () => {
      test('loads nothing but itself, and its own policy forbids nothing of it', async () => {
        const { url, requests, complaints, close } = await open(report, language);
        assert.deepEqual({ requests: requests(), complaints }, { requests: [url], complaints: [] });
        await close();
      });

      for (const width of WIDTHS_PX) {
        test(`stays within ${width} pixels, and its charts within their frames`, async () => {
          const { page, close } = await open(report, language, { viewport: { width, height: 800 } });
          await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
          assert.deepEqual(await page.evaluate(beyondTheEdge), []);
          await close();
        });
      }

      for (const colorScheme of ['light', 'dark']) {
        for (const width of [360, 1280]) {
          test(`axe finds nothing against WCAG 2.1 AA, ${colorScheme}, at ${width} pixels`, async () => {
            const { page, close } = await open(report, language, { colorScheme, viewport: { width, height: 800 } });
            await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`) });
            assert.deepEqual(await violations(page), []);
            await close();
          });
        }
      }

      test('the first step of the keyboard is the way to the content', async () => {
        const { page, close } = await open(report, language);
        await page.keyboard.press('Tab');
        const target = await page.evaluate(() => document.activeElement.getAttribute('href'));
        assert.match(target ?? '', /^#/);
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate(() => document.querySelector(':target')?.tagName), 'MAIN');
        await close();
      });

      test('its other language is one link away, and so is the way back', async () => {
        const { page, url, close } = await open(report, language);
        const other = Object.keys(PAGES).find((code) => code !== language);
        for (const code of [other, language]) {
          await page.click(`a[hreflang=${code}]`);
          assert.equal(await page.evaluate(() => document.documentElement.lang), code);
        }
        assert.equal(page.url(), url);
        await close();
      });

      test('prints on A4 with nothing beyond the edge of the paper', async () => {
        const { page, close } = await open(report, language);
        await page.emulateMedia({ media: 'print' });
        const pdf = await page.pdf({ path: join(pictures, `${name}.pdf`), format: 'A4', printBackground: true });
        assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
        // The width of A4 between margins of 15 mm, in CSS pixels.
        await page.setViewportSize({ width: 680, height: 960 });
        assert.deepEqual(await page.evaluate(beyondTheEdge), []);
        await close();
      });
    });
  }
}
