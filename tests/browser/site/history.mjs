// What the browser remembers: a longer ledger must continue it, a rewritten one turns the page red.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { violations, visitor } from '../support/chromium.mjs';
import { PAGES, open, outcomeOf, pictureName, settled } from '../support/site.mjs';

/** Whether a page is red: its ground is another than that of a sound one, and it says why before anything else. */
async function assertRed(page, calm, said) {
  assert.equal(await outcomeOf(page), 'failed');
  assert.notEqual(await ground(page), calm);
  assert.match(await page.innerText('[data-part=alarm]'), said);
  assert.ok(await page.locator('[data-part=alarm]').isVisible());
  assert.equal(await page.locator('main .key, main .entries li, main article, main .drop + form').count(), 0, 'nothing of such a ledger is shown');
}

const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const remembered = (page) => page.evaluate(() => JSON.stringify(Object.entries(localStorage)));

export function history(world) {
  describe('what was verified before', () => {
    test('is remembered, as the one thing that the browser stores for good', async () => {
      const { page, context, close } = await open(world.browser, `${world.history.url}/`);
      const stored = JSON.parse(await remembered(page));
      assert.equal(stored.length, 1);
      const { format, key, kept, on, ...more } = JSON.parse(stored[0][1]);
      assert.deepEqual([format, on, more], ['einsicht-site/v1', new Date().toISOString().slice(0, 10), {}]);
      assert.match(key, /^dev\.einsicht\.invalid\//);
      assert.match(kept, /"size"/);
      assert.deepEqual(await context.cookies(), []);
      assert.match(await page.textContent('[data-part=state]'), /Ihr erster Besuch/);
      await close();
    });

    test('is part of a longer ledger: the page stays calm, and asked for a proof of it', async () => {
      const { page, requests, complaints, close } = await open(world.browser, `${world.history.url}/`);
      const before = JSON.parse(JSON.parse(JSON.parse(await remembered(page))[0][1]).kept).size;
      await world.history.grow(300);
      const seen = requests.length;
      await page.reload();
      await settled(page);
      assert.equal(await outcomeOf(page), 'ok');
      assert.match(await page.textContent('[data-part=state]'), new RegExp(`\\(${before} Einträge\\), steht unverändert darin`));
      assert.match(await page.textContent('[data-part=state]'), /Ist der frühere Stand noch darin enthalten\? stimmt/);
      assert.ok(requests.slice(seen).some((request) => /\/tile\/0\//.test(request.url())), 'hashes are needed for the proof');
      const after = JSON.parse(JSON.parse(JSON.parse(await remembered(page))[0][1]).kept).size;
      assert.equal(after, before + 300);
      assert.deepEqual(complaints, []);
      await close();
    });

    test('does not fit a checkpoint that was rolled back, and stays remembered', async () => {
      const { page, context, close } = await open(world.browser, `${world.history.url}/`);
      const calm = await ground(page);
      const older = await (await page.request.get(`${world.history.url}/checkpoint`)).body();
      await world.history.grow(3);
      await page.reload();
      await settled(page);
      const known = await remembered(page);
      await context.route('**/checkpoint', (route) => route.fulfill({ body: older, contentType: 'text/plain; charset=utf-8' }));
      await page.reload();
      await settled(page);
      await assertRed(page, calm, /passt nicht zu dem, was Ihr Browser früher geprüft hat/);
      assert.equal(await remembered(page), known);
      await close();
    });

    test('an open page turns red by itself when the ledger behind it is rewritten', async () => {
      const { context, close } = await visitor(world.browser);
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(`${world.history.url}/eintraege.html`);
      await settled(page);
      const calm = await ground(page);
      const older = await (await page.request.get(`${world.history.url}/checkpoint`)).body();
      await world.history.grow(1);
      await page.reload();
      await settled(page);
      await context.route('**/checkpoint', (route) => route.fulfill({ body: older, contentType: 'text/plain; charset=utf-8' }));
      await page.clock.runFor(61_000);
      await page.waitForSelector('[data-part=alarm]:not([hidden])');
      await assertRed(page, calm, /passt nicht zu dem/);
      await close();
    });

    for (const { name, data, colorScheme } of [
      { name: 'a longer double of it, with the same key and the same beginning', data: 'double', colorScheme: 'light' },
      { name: 'a shorter double', data: 'shorter', colorScheme: 'dark' },
    ]) {
      test(`${name} turns every page red (${colorScheme}), and nothing of it is shown`, async () => {
        const { page, context, complaints, close } = await open(world.browser, `${world.history.url}/`, { colorScheme });
        const [calm, known] = [await ground(page), await remembered(page)];
        await world.history.stop();
        await world.history.start([], { data });
        try {
          if (data === 'double') {
            const { size } = JSON.parse(JSON.parse(JSON.parse(known)[0][1]).kept);
            for (let left = size; left > 0; left -= 100) await world.history.grow(Math.min(100, left));
          }
          for (const path of [...PAGES.de, PAGES.en[0]].filter((one) => !one.includes('#'))) {
            const again = await context.newPage();
            await again.goto(`${world.history.url}/${path}`);
            await settled(again);
            await assertRed(again, calm, path.startsWith('en/') ? /does not fit what your browser checked before/ : /passt nicht zu dem, was Ihr Browser früher geprüft hat/);
            for (const width of [360, 1280]) {
              await again.setViewportSize({ width, height: 800 });
              assert.ok((await again.evaluate(() => document.documentElement.scrollWidth)) <= width, `${width} pixels`);
              if (/index|pruefen/.test(path)) await again.screenshot({ path: join(world.pictures, `red-${colorScheme}-${pictureName(path)}-${width}.png`), fullPage: true });
            }
            if (/index/.test(path)) assert.deepEqual(await violations(again), []);
            await again.close();
          }
          assert.equal(await remembered(page), known, 'what was verified stays remembered');
        } finally {
          await world.history.stop();
          await world.history.start();
        }
        // The true ledger came back: calm again, without any forgetting.
        await page.reload();
        await settled(page);
        assert.equal(await outcomeOf(page), 'ok');
        assert.equal(await ground(page), calm);
        // That this ledger has no list of reports, and that the service went and came, the browser itself says there.
        assert.deepEqual(complaints.filter((one) => !/^Failed to load resource/.test(one)), []);
        await close();
      });
    }

    test('another key is told as such, and only a person who asks for it makes the browser forget', async () => {
      const { page, context, close } = await open(world.browser, `${world.history.url}/`);
      const calm = await ground(page);
      const key = await (await page.request.get(`${world.other.url}/ledger.vkey`)).body();
      await context.route('**/ledger.vkey', (route) => route.fulfill({ body: key, contentType: 'text/plain; charset=utf-8' }));
      await page.reload();
      await settled(page);
      await assertRed(page, calm, /einen anderen Schlüssel als bei Ihrem letzten Besuch/);
      await context.unrouteAll();
      await page.locator('[data-part=alarm] details').last().locator('summary').click();
      await page.getByRole('button', { name: 'Vergessen, was geprüft war' }).click();
      await page.waitForFunction(() => document.documentElement.dataset.outcome === 'ok');
      assert.match(await page.textContent('[data-part=state]'), /Ihr erster Besuch/);
      await close();
    });
  });
}
