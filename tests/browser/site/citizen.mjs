// The page My data: finds exactly the accesses that were recorded, and nobody learns of what was searched.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { violations, visitor } from '../support/chromium.mjs';
import { ANNA, BEN, MONTHS, accessesOf, entriesOf } from '../support/city.mjs';
import { choose, drop } from '../support/dropping.mjs';
import { open } from '../support/site.mjs';

const BUNDLE = 256;
const found = (page) => page.locator('ol.entries > li a[href*="#"]').evaluateAll((links) => links.filter((link) => link.closest('p')).map(({ hash }) => Number(hash.slice(1))));
const bundleOf = (url) => {
  const match = /\/tile\/entries\/((?:x\d{3}\/)*)(\d{3})/.exec(url);
  return match && Number((match[1] + match[2]).replace(/[x/]/g, ''));
};
const bundlesOf = (months) => new Set(months.flatMap((month) => {
  const { first, last } = entriesOf(month);
  const [from, to] = [Math.floor(first / BUNDLE), Math.floor(last / BUNDLE)];
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}));

const chooseKeys = (page, name, bytes) => choose(page, 'keys', name, bytes);

/** Opens the page, gives it the file, and waits for what was found. */
async function scan(world, bytes, { how = chooseKeys } = {}) {
  const one = await open(world.browser, `${world.city.url}/meine-daten.html`);
  const before = one.requests.length;
  await how(one.page, 'my.keys', bytes);
  await one.page.waitForFunction(() => document.querySelector('main ol.entries, main [role=region] .note') !== null);
  return { ...one, asked: one.requests.slice(before) };
}

export function citizen(world) {
  describe('the page My data', () => {
    test('finds exactly the accesses to a person in the month of the key, and tells it by the keyboard and by ear', async () => {
      const expected = accessesOf(ANNA, MONTHS[1]);
      assert.ok(expected.length > 30 && accessesOf(BEN, MONTHS[1]).some((index) => expected.includes(index)), 'there is something to find');
      const { page, complaints, close } = await scan(world, world.city.keys.anna);
      assert.deepEqual(await found(page), expected);
      assert.match(await page.innerText('main [role=region] h2'), new RegExp(`^${expected.length} Zugriffe auf Ihre Daten gefunden`));
      assert.ok(await page.evaluate(() => document.activeElement.getAttribute('role') === 'region'), 'the focus goes to what was found');
      assert.deepEqual(await violations(page), []);
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        await page.screenshot({ path: join(world.pictures, `found-${width}.png`) });
      }
      assert.deepEqual(complaints, []);
      await close();
    });

    test('finds those of another person with the key of that person, and of two months with two keys', async () => {
      for (const [keys, person, months] of [[world.city.keys.ben, BEN, [MONTHS[1]]], [world.city.keys.annaTwo, ANNA, [MONTHS[0], MONTHS[2]]]]) {
        const { page, close } = await scan(world, keys, { how: drop });
        assert.deepEqual(await found(page), months.flatMap((month) => accessesOf(person, month)));
        await close();
      }
    });

    test('asks for the bundles of the months of the key, for a few more to find them, and for nothing else', async () => {
      for (const [keys, months] of [[world.city.keys.anna, [MONTHS[1]]], [world.city.keys.annaTwo, [MONTHS[0], MONTHS[2]]]]) {
        const { asked, close } = await scan(world, keys);
        const wanted = bundlesOf(months);
        const bundles = asked.map((request) => bundleOf(request.url())).filter((number) => number !== null);
        for (const number of wanted) assert.ok(bundles.includes(number), `bundle ${number} holds entries of ${months}`);
        const beyond = [...new Set(bundles)].filter((number) => !wanted.has(number));
        // Halving looks at one bundle each time, for the beginning and for the end of each month.
        const halvings = 2 * months.length * Math.ceil(Math.log2(3 * wanted.size + 3));
        assert.ok(beyond.length <= halvings && beyond.length < 36 - wanted.size, `${beyond.length} more: ${beyond}`);
        await close();
      }
    });

    test('sends nothing of the keys, and keeps nothing of them or of what it found', async () => {
      const { page, context, requests, asked, close } = await scan(world, world.city.keys.anna);
      for (const request of asked) {
        assert.deepEqual([request.method(), request.postData(), new URL(request.url()).search], ['GET', null, ''], request.url());
        assert.match(new URL(request.url()).pathname, /^\/(tile\/|checkpoint$|site\/|verify\/)/);
      }
      await world.assertKept(page, context, requests, world.city.keys.anna);
      await page.reload();
      assert.equal(await page.locator('ol.entries').count(), 0, 'what was found is gone with the page');
      await close();
    });

    test('asks nobody else in the worker that holds the keys, also where a server sends no headers and its code would', async () => {
      const heard = [];
      const elsewhere = createServer(({ url }, answer) => {
        heard.push(url);
        answer.writeHead(200, { 'access-control-allow-origin': '*' }).end();
      });
      elsewhere.listen(0, '127.0.0.1');
      await once(elsewhere, 'listening');
      const other = `http://127.0.0.1:${elsewhere.address().port}/`;
      const script = `fetch('${other}keys').catch(() => {}); fetch(new URL('../../index.txt', import.meta.url));`;
      const { context, requests, close } = await visitor(world.browser);
      const page = await context.newPage();
      await context.route('**/*', async (route) => {
        const answer = await route.fetch();
        const headers = answer.headers();
        delete headers['content-security-policy'];
        const body = await answer.body();
        const isWorker = route.request().url().endsWith('/site/work/scan.js');
        await route.fulfill({ status: answer.status(), headers, body: isWorker ? `${body}\n${script}` : body });
      });
      await page.goto(`${world.city.url}/meine-daten.html`);
      await page.waitForSelector('#keys');
      await chooseKeys(page, 'my.keys', world.city.keys.anna);
      await page.waitForSelector('main ol.entries');
      assert.ok(requests.some((request) => request.url().endsWith('/index.txt')), 'what was added is run');
      assert.deepEqual(heard, []);
      assert.equal((await fetch(`${other}heard`)).status, 200);
      assert.deepEqual(heard, ['/heard']);
      await close();
      elsewhere.closeAllConnections();
      elsewhere.close();
    });

    test('a key file for a month without accesses is told to be for another time', async () => {
      const keys = Buffer.from(world.city.keys.anna.toString().replaceAll(MONTHS[1], '2019-05'));
      const { page, close } = await scan(world, keys);
      const text = await page.innerText('main [role=region]');
      assert.match(text, /Bisher kein Zugriff auf Ihre Daten gefunden[^]*Für Mai 2019 hat das Protokoll keinen Zugriffseintrag\. Vielleicht ist die Schlüsseldatei für einen anderen Zeitraum/);
      await close();
    });

    test('a key file for another ledger, a file that is none, and one of 50 MB are told in words', async () => {
      const other = Buffer.from(world.city.keys.anna.toString().replace(/dev\.einsicht\.invalid\/\w+/, 'city.example/ledger'));
      const notKeys = Buffer.from('{"format": "einsicht-view-keys/v1"');
      const { page, close } = await open(world.browser, `${world.city.url}/meine-daten.html`);
      for (const [bytes, said] of [[other, /für ein anderes Protokoll:\s*city\.example\/ledger/], [notKeys, /keine Schlüsseldatei/], [world.city.receipt, /keine Schlüsseldatei/], [Buffer.alloc(0), /keine Schlüsseldatei/], [50 * 1024 * 1024, /keine Schlüsseldatei/]]) {
        await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
        await (typeof bytes === 'number' ? drop : chooseKeys)(page, 'my.keys', bytes);
        await page.waitForSelector('main [role=region] .note');
        assert.match(await page.innerText('main [role=region] .note'), said);
        assert.doesNotMatch(await page.innerText('main [role=region]'), /gefunden/);
      }
      await close();
    });

    test('goes on by itself where the server went away in the middle, and finds the same; the page never stands still', async () => {
      const { page, context, requests, close } = await open(world.browser, `${world.city.url}/meine-daten.html`);
      await page.evaluate(() => {
        globalThis.longest = 0;
        let last = performance.now();
        setInterval(() => {
          globalThis.longest = Math.max(globalThis.longest, performance.now() - last);
          last = performance.now();
        }, 20);
      });
      await context.route('**/tile/entries/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await route.continue().catch(() => {});
      });
      await chooseKeys(page, 'my.keys', world.city.keys.annaTwo);
      await page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 2);
      await world.city.stop();
      await page.waitForFunction(() => /antwortet gerade nicht/.test(document.querySelector('.job')?.innerText ?? ''));
      assert.ok(await page.evaluate(() => document.querySelector('progress').value < document.querySelector('progress').max), 'it was in the middle');
      await page.screenshot({ path: join(world.pictures, 'away-in-the-middle.png') });
      const done = await page.evaluate(() => document.querySelector('progress').value);
      await world.city.start();
      const seen = requests.length;
      await page.waitForSelector('main ol.entries', { timeout: 60_000 });
      assert.deepEqual(await found(page), [MONTHS[0], MONTHS[2]].flatMap((month) => accessesOf(ANNA, month)));
      const taken = [...bundlesOf([MONTHS[0], MONTHS[2]])].slice(0, done);
      const again = requests.slice(seen).map((request) => bundleOf(request.url())).filter((number) => taken.includes(number));
      assert.deepEqual(again, [], `${done} bundles were read before`);
      assert.ok((await page.evaluate(() => globalThis.longest)) < 1_000, 'the page stood still');
      await close();
    });

    test('can be stopped and goes on, and says how far it is', async () => {
      const { page, context, close } = await open(world.browser, `${world.city.url}/meine-daten.html`);
      await context.route('**/tile/entries/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        await route.continue().catch(() => {});
      });
      await chooseKeys(page, 'my.keys', world.city.keys.annaTwo);
      await page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0);
      await page.click('.job button');
      await page.waitForFunction(() => /Angehalten/.test(document.querySelector('.job').innerText));
      assert.match(await page.innerText('.job'), /\d+ von \d+ Paketen/);
      await page.click('.job button');
      await page.waitForSelector('main ol.entries');
      assert.deepEqual(await found(page), [MONTHS[0], MONTHS[2]].flatMap((month) => accessesOf(ANNA, month)));
      await close();
    });

    test('a key file that is chosen while another one is being looked through takes its place', async () => {
      const { page, context, close } = await open(world.browser, `${world.city.url}/meine-daten.html`);
      await context.route('**/tile/entries/**', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        await route.continue().catch(() => {});
      });
      await chooseKeys(page, 'my.keys', world.city.keys.annaTwo);
      await page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0);
      await chooseKeys(page, 'ben.keys', world.city.keys.ben);
      await page.waitForSelector('main ol.entries');
      assert.deepEqual(await found(page), accessesOf(BEN, MONTHS[1]));
      assert.equal(await page.locator('.job').count(), 0);
      await close();
    });
  });
}
