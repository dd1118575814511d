// Text that looks like HTML or script stays text, wherever it is shown.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toldOf, choose } from '../support/dropping.mjs';
import { MARK, OPEN_PLACES, SEALED_PLACES, hostile } from '../support/hostile.mjs';
import { open, settled } from '../support/site.mjs';

/** Fails if any foreign text became more than text, or if it is not there as it was written. */
async function assertText(page, complaints, places) {
  const text = await page.evaluate(() => document.body.textContent);
  for (const place of places) assert.ok(text.includes(hostile(place)), `the text of ${place} is not there as it was written`);
  assert.equal(await page.evaluate((mark) => window[mark], MARK), undefined);
  const made = await page.locator('img, body script, iframe, object, embed, form[action], a[href^="javascript:"], [onerror], [onclick], [style]').count();
  assert.equal(made, 0, 'an element was made of it');
  assert.deepEqual(complaints, []);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${width} pixels`);
  }
}

export function foreignText(world) {
  const shown = (path) => open(world.browser, `${world.city.url}/${path}`);

  describe('text that looks like HTML or script', () => {
    for (const path of ['eintraege.html', 'en/entries.html']) {
      test(`${path}: stays text in an entry, in a correction, and in the charter as it was published`, async () => {
        const { page, complaints, close } = await shown(path);
        await assertText(page, complaints, []);
        for (const [index, places] of [[world.city.hostile, OPEN_PLACES], [world.city.hostile + 1, ['correction', 'ground']], [world.city.charter, []]]) {
          await page.goto(`${world.city.url}/${path}#${index}`);
          await page.reload();
          await settled(page);
          await page.waitForSelector('main .steps');
          await assertText(page, complaints, places);
          if (index === world.city.hostile) await page.screenshot({ path: join(world.pictures, `hostile-${path.startsWith('en') ? 'en' : 'de'}.png`), fullPage: true });
        }
        await page.goto(`${world.city.url}/${path}#${world.city.confidential}`);
        await page.reload();
        await settled(page);
        await page.waitForSelector('main .steps');
        assert.doesNotMatch(await page.innerText('main'), /einsichtRan/, 'nothing of a confidential access is shown');
        await page.goto(`${world.city.url}/${path}#${world.city.charter}`);
        await page.reload();
        await settled(page);
        await page.waitForSelector('main .steps');
        // Its TOML escapes the quotes, so only a part of it stands there as it was written.
        assert.ok((await page.evaluate(() => document.body.textContent)).includes(`<script>window.${MARK}=1</script> charter-title`));
        await close();
      });
    }

    test('stays text in the titles of a charter: commitments, data sets, filters', async () => {
      for (const [path, places] of [
        ['zusagen.html', ['charter-title', 'commitment-title', 'commitment-source', 'question-title']],
        ['en/commitments.html', ['charter-title-en', 'commitment-title', 'commitment-source']],
        ['datenbestaende.html', ['charter-title', 'dataset-title', 'purpose-title', 'role-title']],
        ['en/datasets.html', ['charter-title-en', 'dataset-title', 'purpose-title']],
        ['eintraege.html', ['dataset-title']],
      ]) {
        const { page, complaints, close } = await shown(path);
        await assertText(page, complaints, places);
        if (path === 'zusagen.html') await page.screenshot({ path: join(world.pictures, 'hostile-charter.png'), fullPage: true });
        await close();
      }
    });

    test('stays text in what is verified: a receipt, disclosed values, the name of a file', async () => {
      const { page, complaints, close } = await shown('pruefen.html');
      const name = '<img src=x onerror=window.einsichtRan=1>.json';
      for (const [bytes, places] of [[world.city.receipt, OPEN_PLACES], [world.city.disclosure, SEALED_PLACES], [Buffer.from('<script>'), []]]) {
        await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
        await choose(page, 'file', name, bytes);
        assert.ok((await toldOf(page)).text.includes(name));
        await assertText(page, complaints, places);
      }
      await close();
    });

    test('stays text in what a server says instead of a checkpoint, a key or a list of reports', async () => {
      const markup = `<img src=x onerror=window.${MARK}=1>`;
      const list = JSON.stringify({ format: 'einsicht-reports/v1', reports: [{ path: markup }] });
      for (const [route, body, path] of [
        ['**/checkpoint', `${markup}\n5\nAAAA\n\n\u2014 ${markup} AAAA\n`, 'index.html'],
        ['**/ledger.vkey', `${markup}+00000000+AAAA\n`, 'pruefen.html'],
        ['**/reports/index.json', list, 'berichte.html'],
      ]) {
        const { context, page, complaints, close } = await shown('index.html');
        await context.route(route, (one) => one.fulfill({ body, contentType: 'text/plain; charset=utf-8' }));
        await page.goto(`${world.city.url}/${path}`);
        await settled(page);
        await assertText(page, complaints, []);
        await close();
      }
    });
  });
}
