// Ledgers with next to nothing in them, ledgers whose entries are not public, browsers that lack something, servers that
// are away: each page says what it can't, plainly, and the rest works.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { violations, visitor } from '../support/chromium.mjs';
import { verified } from '../support/dropping.mjs';
import { PAGES, open, outcomeOf, pictureName, settled } from '../support/site.mjs';

const GERMAN = PAGES.de.filter((path) => !path.includes('#'));

async function assertReadable(page, complaints, forbidden = /undefined|NaN|null|\[object/) {
  assert.doesNotMatch(await page.innerText('body'), forbidden);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
}

export function bounds(world) {
  describe('a ledger that has just begun', () => {
    for (const path of [...GERMAN, ...PAGES.en]) {
      test(`${path}: is sound and readable, before anything was recorded`, async () => {
        const { page, complaints, close } = await open(world.browser, `${world.young.url}/${path}`);
        assert.equal(await outcomeOf(page), 'ok');
        // That there is no list of reports yet is written into the console by the browser itself.
        await assertReadable(page, complaints.filter((one) => !/berichte|reports/.test(path) || !/status of 404/.test(one)));
        await page.screenshot({ path: join(world.pictures, `young-${pictureName(path)}.png`), fullPage: true });
        await close();
      });
    }

    test('with its one entry only, from a server of plain files: each page is sound, and all of it can be checked', async () => {
      for (const path of GERMAN) {
        const { page, complaints, close } = await open(world.browser, `${world.single.url}/${path}`);
        assert.equal(await outcomeOf(page), 'ok', path);
        await assertReadable(page, complaints.filter((one) => !/status of 404/.test(one)));
        if (path === 'index.html') {
          assert.match(await page.innerText('[data-part=state]'), /1 Eintrag\b/);
          await page.click('[data-part=audit] button');
          await page.waitForSelector('[data-part=audit] .result');
          assert.equal(await page.getAttribute('[data-part=audit] .result', 'data-outcome'), 'ok');
        }
        await close();
      }
    });

    test('without any entry: each page says that there is none yet, and nothing is wrong', async () => {
      for (const path of [...GERMAN, 'en/index.html']) {
        const { page, complaints, close } = await open(world.browser, `${world.empty.url}/${path}`);
        assert.equal(await outcomeOf(page), 'ok', path);
        assert.match(await page.innerText('[data-part=state]'), /noch keinen Eintrag|has no entry yet/);
        assert.equal(await page.locator('main [data-outcome]').count(), 0, `${path}: nothing could fail, and nothing was missing`);
        await assertReadable(page, complaints.filter((one) => !/status of 404/.test(one)));
        if (path === 'index.html') await page.screenshot({ path: join(world.pictures, 'empty.png'), fullPage: true });
        await close();
      }
    });

    test('with a first access: it is found, read and checked', async () => {
      const [index] = await world.young.record({ dataset: 'parkhaeuser', operation: 'query', purpose: 'verkehrsplanung' });
      const { page, complaints, close } = await open(world.browser, `${world.young.url}/eintraege.html`);
      assert.match(await page.innerText('ol.entries li >> nth=0'), /parkhaeuser/);
      await page.click('ol.entries li >> nth=0 >> a');
      // The last step comes when the commitments are read: this ledger has none to judge by.
      await page.waitForSelector('main .steps li >> text=Stimmt die Beurteilung nach den Zusagen?');
      assert.equal(await page.evaluate(() => location.hash), `#${index}`);
      assert.deepEqual(await page.locator('main .steps li:not([data-outcome=ok])').evaluateAll((steps) => steps.map(({ dataset }) => dataset.outcome)), ['could-not-tell']);
      assert.deepEqual(complaints, []);
      await close();
    });
  });

  describe('a ledger whose entries are not public', () => {
    const CLOSED = { 'index.html': /Einträge sind nicht öffentlich/, 'zusagen.html': /Einträge sind nicht öffentlich/, 'datenbestaende.html': /Einträge sind nicht öffentlich/, 'eintraege.html': /Einträge sind nicht öffentlich/, 'meine-daten.html': /zeigt einzelne Einträge nicht öffentlich/ };
    for (const path of GERMAN) {
      test(`${path}: ${CLOSED[path] ? 'says so plainly' : 'works'}, and is sound`, async () => {
        const { page, complaints, close } = await open(world.browser, `${world.closed.url}/${path}`);
        assert.equal(await outcomeOf(page), 'ok');
        // That the server refuses is written into the console by the browser itself.
        await assertReadable(page, complaints.filter((one) => !/status of 40[34]/.test(one)));
        if (CLOSED[path]) assert.match(await page.innerText('[data-part=main]'), CLOSED[path]);
        else assert.doesNotMatch(await page.innerText('[data-part=main]'), /nicht öffentlich/);
        await page.screenshot({ path: join(world.pictures, `closed-${pictureName(path)}.png`), fullPage: true });
        await close();
      });
    }

    test('a receipt is verified there all the same, and what could not be looked up is said', async () => {
      const { page, close } = await open(world.browser, `${world.closed.url}/pruefen.html`);
      const { outcome, text, failed } = await verified(page, world.closed.receipt);
      assert.deepEqual({ outcome, failed }, { outcome: 'ok', failed: [] });
      assert.match(text, /Stimmt\.[^]*Nicht alles davon ließ sich nachsehen/);
      await close();
    });

    test('an entry asked for by its number is told to be closed, not to be wrong', async () => {
      const { page, close } = await open(world.browser, `${world.closed.url}/eintraege.html#${world.closed.recorded}`);
      assert.match(await page.innerText('[data-part=main]'), /Einträge sind nicht öffentlich/);
      await page.goto(`${world.closed.url}/pruefen.html`);
      await settled(page);
      await page.fill('#number', String(world.closed.recorded));
      await page.press('#number', 'Enter');
      await page.waitForSelector('main [role=region] .result');
      assert.equal(await page.getAttribute('main [role=region] .result', 'data-outcome'), 'could-not-tell');
      await close();
    });
  });

  describe('a browser that lacks something', () => {
    // Scripts run in empty pages, too, which are not secure and have no WebCrypto.
    const withoutEd25519 = () => {
      if (!globalThis.SubtleCrypto) return;
      const { importKey } = SubtleCrypto.prototype;
      SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...more) {
        const name = algorithm?.name ?? algorithm;
        return /ed25519/i.test(name) ? Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError')) : importKey.call(this, format, data, algorithm, ...more);
      };
    };
    const withoutSubtle = () => Object.defineProperty(globalThis.Crypto.prototype, 'subtle', { get: () => undefined });

    for (const [what, script] of [['Ed25519', withoutEd25519], ['WebCrypto, as over plain http', withoutSubtle]]) {
      test(`without ${what} every page says so, and names the command line; none calls the ledger sound or wrong`, async () => {
        for (const path of what === 'Ed25519' ? [...GERMAN, 'en/index.html'] : ['index.html', 'pruefen.html']) {
          const { page, complaints, close } = await open(world.browser, `${world.sample.url}/${path}`, { script });
          assert.equal(await outcomeOf(page), 'could-not-tell', path);
          const said = await page.innerText('[data-part=state]');
          assert.match(said, /Ed25519/);
          assert.ok(said.includes(`einsicht verify ${world.sample.url}/ --vkey ledger.vkey`), said);
          assert.ok(!(await page.locator('[data-part=alarm]').isVisible()));
          assert.deepEqual(complaints, []);
          if (path === 'index.html') await assertReadable(page, complaints);
          if (path === 'index.html') await page.screenshot({ path: join(world.pictures, `without-${what.split(',')[0]}.png`), fullPage: true });
          await close();
        }
      });
    }

    test('without Ed25519 a true receipt is neither true nor false', async () => {
      const { page, close } = await open(world.browser, `${world.city.url}/pruefen.html`, { script: withoutEd25519 });
      const { outcome, failed } = await verified(page, world.city.receipt);
      assert.deepEqual({ outcome, failed }, { outcome: 'could-not-tell', failed: [] });
      await close();
    });

    test('without storage the page works, and says that it can not remember', async () => {
      const script = () => {
        for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(globalThis, name, { get: () => { throw new DOMException('denied', 'SecurityError'); } });
      };
      for (const path of ['index.html', 'datenbestaende.html', 'meine-daten.html']) {
        const { page, complaints, close } = await open(world.browser, `${world.city.url}/${path}`, { script });
        assert.equal(await outcomeOf(page), 'ok', path);
        assert.match(await page.textContent('[data-part=state]'), /kann sich den Stand nicht merken/);
        assert.deepEqual(complaints, []);
        await close();
      }
    });
  });

  describe('a server that is away', () => {
    test('is told to be away, neither sound nor wrong, and asked again when somebody wants it', async () => {
      const { page, context, close } = await open(world.browser, `${world.city.url}/index.html`);
      await context.route('**/checkpoint', (route) => route.abort());
      for (const path of GERMAN) {
        await page.goto(`${world.city.url}/${path}`);
        await settled(page);
        assert.equal(await outcomeOf(page), 'could-not-tell', path);
        assert.match(await page.innerText('[data-part=state]'), /Der Server antwortet nicht/);
        assert.doesNotMatch(await page.innerText('body'), /undefined|NaN|\[object/);
      }
      await page.screenshot({ path: join(world.pictures, 'away.png'), fullPage: true });
      await context.unrouteAll();
      await page.click('[data-part=state] button');
      await page.waitForFunction(() => document.documentElement.dataset.outcome === 'ok');
      await close();
    });

    test('while a part of the page Start is still to come: says that entries could not be read', async () => {
      await world.history.grow(300);
      const { context, complaints, close } = await visitor(world.browser);
      await context.route('**/first-since.js', (route) => route.abort());
      const page = await context.newPage();
      await page.goto(`${world.history.url}/index.html`);
      await settled(page);
      await page.waitForSelector('[data-part=main] .note', { timeout: 10_000 });
      assert.equal(await page.getAttribute('[data-part=main] .note', 'data-outcome'), 'could-not-tell');
      assert.deepEqual(complaints.filter((one) => !/^Failed to load resource/.test(one)), []);
      await close();
    });

    test('in the middle of checking all entries: it goes on by itself, and comes to the same end', async () => {
      const { page, context, close } = await open(world.browser, `${world.city.url}/index.html`);
      let isAway = false;
      await context.route('**/tile/entries/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        await (isAway ? route.abort() : route.continue()).catch(() => {});
      });
      await page.click('[data-part=audit] button');
      await page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 1000);
      isAway = true;
      await page.waitForFunction(() => /antwortet gerade nicht/.test(document.querySelector('.job')?.innerText ?? ''));
      isAway = false;
      await page.waitForSelector('[data-part=audit] .result', { timeout: 60_000 });
      assert.equal(await page.getAttribute('[data-part=audit] .result', 'data-outcome'), 'ok');
      await close();
    });
  });
}
