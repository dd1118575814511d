// Every page, in both languages: it tells that all is well, keeps nobody out, and stays within narrow screens.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { beyondTheEdge, violations, visitor } from '../support/chromium.mjs';
import { ALL_PAGES, PAGES, open, outcomeOf, pictureName, settled } from '../support/site.mjs';

export function pages(world) {
  describe('every page of the site, over a simulated week', () => {
    for (const path of ALL_PAGES) {
      test(`${path}: is sound, complains of nothing, asks nobody else, and stays within 320, 360 and 1280 pixels`, async () => {
        const { page, requests, complaints, context, close } = await open(world.browser, `${world.sample.url}/${path}`);
        assert.equal(await outcomeOf(page), 'ok');
        for (const width of [320, 360, 1280]) {
          await page.setViewportSize({ width, height: 800 });
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${width} pixels`);
          assert.deepEqual(await page.evaluate(beyondTheEdge), [], `${width} pixels`);
          if (width > 320) await page.screenshot({ path: join(world.pictures, `${pictureName(path)}-${width}.png`), fullPage: true });
        }
        const elsewhere = requests.map((request) => request.url()).filter((url) => !url.startsWith(`${world.sample.url}/`));
        assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
        assert.deepEqual(await context.cookies(), []);
        await close();
      });

      test(`${path}: axe finds nothing against WCAG 2.1 AA, in light and dark, narrow and wide`, async () => {
        const { page, close } = await open(world.browser, `${world.sample.url}/${path}`);
        // What is behind details can be read, too.
        await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
        for (const [colorScheme, width] of [['light', 360], ['dark', 1280]]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 800 });
          assert.deepEqual(await violations(page), [], `${colorScheme}, ${width} pixels`);
        }
        await page.screenshot({ path: join(world.pictures, `${pictureName(path)}-dark.png`) });
        await close();
      });
    }

    test('the first page tells how many entries there are, the others what was promised and how that was kept', async () => {
      const { size } = JSON.parse(await world.sample.einsicht(['checkpoint', '--json', '--quiet']));
      const { page, close } = await open(world.browser, `${world.sample.url}/index.html`);
      await page.waitForSelector('dl.key div >> nth=3');
      assert.match(await page.innerText('dl.key div >> nth=0'), new RegExp(`^${size.toLocaleString('de-DE')}\\s+Einträge insgesamt|Einträge insgesamt\\s+${size.toLocaleString('de-DE')}$`));
      await page.goto(`${world.sample.url}/zusagen.html`);
      await settled(page);
      const commitments = await page.locator('main article').count();
      assert.ok(commitments > 5, String(commitments));
      // Each is counted, or is a question that people answer.
      const told = page.locator('main article').filter({ has: page.locator('dl.verdicts') });
      const asked = page.locator('main article').filter({ hasText: 'Das beantworten Menschen' });
      assert.equal((await told.count()) + (await asked.count()), commitments);
      await page.goto(`${world.sample.url}/datenbestaende.html`);
      await settled(page);
      assert.ok((await page.locator('main article table tbody tr').count()) > 0);
      await close();
    });

    for (const [at, path] of PAGES.de.entries()) {
      test(`${path}: its English page is one link away, says so, and leads back`, async () => {
        const { page, close } = await open(world.browser, `${world.young.url}/${path.split('#')[0]}`);
        for (const [language, expected] of [['en', PAGES.en[at]], ['de', path]]) {
          await page.click(`header a[hreflang=${language}]`);
          await page.waitForURL(`${world.young.url}/${expected.split('#')[0]}`);
          assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        }
        await close();
      });
    }

    for (const path of ALL_PAGES.filter((one) => !one.includes('#'))) {
      test(`${path}: without script it says what it is for, what is missing, and leads on to every other page`, async () => {
        const { context, complaints, close } = await visitor(world.browser, { javaScriptEnabled: false });
        const page = await context.newPage();
        await page.goto(`${world.sample.url}/${path}`);
        const text = await page.innerText('main');
        assert.match(text, /JavaScript/);
        assert.ok((await page.innerText('main .lead')).length > 80, text);
        const links = await page.locator('nav a').evaluateAll((all) => all.map((link) => link.href));
        assert.equal(links.length, 7);
        for (const link of await page.locator('main a').evaluateAll((all) => all.map(({ href }) => href))) {
          // Whoever has no script must not be sent to where they are.
          assert.notEqual(link, page.url());
          links.push(link);
        }
        for (const link of new Set(links)) assert.equal((await page.request.get(link)).status(), 200, link);
        assert.deepEqual(complaints.filter((one) => !/script/i.test(one)), []);
        await close();
      });
    }
  });
}
