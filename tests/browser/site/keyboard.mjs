// With the keyboard alone: everything on each page is reached, is seen to be reached, and can be used.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_PAGES, open, settled } from '../support/site.mjs';

/** Runs in a page: numbers what can be operated, and returns a word for each. */
function operable() {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const seen = all.filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !(one.closest('details:not([open])') && one.tagName !== 'SUMMARY') && !(one.tagName === 'SUMMARY' && one.parentElement.parentElement.closest('details:not([open])')));
  return seen.map((one, at) => {
    one.dataset.number = at;
    return `${one.tagName} ${(one.innerText || one.id || one.getAttribute('aria-label') || '').slice(0, 40)}`;
  });
}

/** Runs in a page: which of them has the focus, and whether that is to be seen. */
function focused() {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth;
  return { number: one.dataset.number === undefined ? null : Number(one.dataset.number), isSeen, tag: one.tagName };
}

/** Presses Tab until `selector` has the focus. */
async function tabTo(page, selector) {
  for (let press = 0; press < 200; press += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way leads to ${selector}`);
}

export function keyboard(world) {
  describe('with the keyboard alone', () => {
    for (const path of ALL_PAGES) {
      test(`${path}: the first step is the way to the content; all that can be used is reached, in order, and seen to be`, async () => {
        const { page, close } = await open(world.browser, `${world.city.url}/${path}`);
        if (path.includes('#')) await page.evaluate(() => document.activeElement.blur());
        // Where the page has put the focus somewhere itself, a tour begins there; here it begins at the top.
        await page.evaluate(() => {
          document.body.tabIndex = -1;
          document.body.focus();
          document.body.removeAttribute('tabindex');
          getSelection().removeAllRanges();
        });
        const names = await page.evaluate(operable);
        assert.ok(names.length >= 10, names.join(', '));
        const reached = [];
        for (let press = 0; press < names.length; press += 1) {
          await page.keyboard.press('Tab');
          const { number, isSeen, tag } = await page.evaluate(focused);
          if (number === null) assert.fail(`Tab ${press + 1} led to ${tag}, behind ${names[reached.at(-1)]}`);
          assert.ok(isSeen, `the focus on “${names[number]}” is not seen`);
          reached.push(number);
        }
        assert.deepEqual(reached.map((number) => names[number]), names);
        await close();
      });
    }

    test('the way to the content leads there', async () => {
      const { page, close } = await open(world.browser, `${world.city.url}/index.html`);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.querySelector(':target')?.tagName), 'MAIN');
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
      await close();
    });

    test('the language is changed', async () => {
      const { page, close } = await open(world.browser, `${world.city.url}/pruefen.html`);
      await tabTo(page, 'header a[hreflang=en]');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/en\/verify\.html$/);
      await close();
    });

    test('all entries are checked, and what was checked is opened and closed', async () => {
      const { page, close } = await open(world.browser, `${world.city.url}/index.html`);
      await tabTo(page, '[data-part=state] summary');
      await page.keyboard.press('Enter');
      assert.ok(await page.locator('[data-part=state] .steps').isVisible());
      await page.keyboard.press('Space');
      assert.ok(!(await page.locator('[data-part=state] .steps').isVisible()));
      await tabTo(page, '[data-part=audit] button');
      await page.keyboard.press('Space');
      await page.waitForSelector('[data-part=audit] .result');
      assert.equal(await page.getAttribute('[data-part=audit] .result', 'data-outcome'), 'ok');
      await close();
    });

    test('entries are filtered, one is opened by its number, left, and the next one gone to', async () => {
      const { page, close } = await open(world.browser, `${world.city.url}/eintraege.html`);
      await tabTo(page, '#kind');
      await page.keyboard.type('Beri');
      await page.waitForFunction(() => document.querySelectorAll('ol.entries li').length === 1);
      await tabTo(page, '#number');
      await page.keyboard.type('7');
      await page.keyboard.press('Enter');
      await page.waitForSelector('main .steps');
      assert.match(await page.innerText('main h2'), /Eintrag 7/);
      await tabTo(page, 'main a[href="#8"]');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => /Eintrag 8/.test(document.querySelector('main h2')?.innerText ?? ''));
      await tabTo(page, 'main a[href="#"]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('main ol.entries li');
      assert.equal(await page.evaluate(() => location.hash), '');
      await close();
    });

    for (const [path, field, file, result] of [
      ['pruefen.html', '#file', 'receipt', 'main [role=region] .result'],
      ['meine-daten.html', '#keys', 'keys', 'main ol.entries'],
    ]) {
      test(`${path}: a file is chosen, and the focus goes to what came of it`, async () => {
        const { page, close } = await open(world.browser, `${world.city.url}/${path}`);
        // Waited for before the key is pressed: the browser is told to hold its dialogue back.
        const asked = page.waitForEvent('filechooser');
        await tabTo(page, field);
        await page.keyboard.press('Enter');
        const chooser = await asked;
        const buffer = file === 'keys' ? world.city.keys.anna : world.city.receipt;
        await chooser.setFiles({ name: 'file', mimeType: 'application/octet-stream', buffer });
        await page.waitForSelector(result);
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'region');
        await page.keyboard.press('Tab');
        assert.ok(await page.evaluate(() => document.activeElement.closest('[role=region]') !== null), 'the next step is within it');
        await close();
      });
    }

    test('data sets are searched, and commitments lead to the accesses that deviate', async () => {
      const { page, close } = await open(world.browser, `${world.sample.url}/datenbestaende.html`);
      const before = await page.locator('main article').count();
      await tabTo(page, '#search');
      await page.keyboard.type('schul');
      await page.waitForFunction((count) => document.querySelectorAll('main article').length < count, before);
      assert.ok((await page.locator('main article').count()) > 0);
      await page.goto(`${world.sample.url}/zusagen.html`);
      await settled(page);
      await tabTo(page, 'main article a[href*="deviates"]');
      await page.keyboard.press('Enter');
      await page.waitForURL(/eintraege\.html#/);
      await settled(page);
      await page.waitForSelector('ol.entries li');
      await close();
    });
  });
}
