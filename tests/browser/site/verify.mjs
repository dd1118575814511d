// The page Verify: what is true is told as true, what was changed as false, with the step that failed.

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { choose, drop, toldOf, verified } from '../support/dropping.mjs';
import { open } from '../support/site.mjs';
import { DISCLOSURES, RECEIPTS } from '../support/tamper.mjs';

/** Which step, by its German title, must fail where something was changed. */
const FAILS = {
  leaf: 'Steht der Eintrag im Protokoll?',
  index: 'Steht der Eintrag im Protokoll?',
  proof: 'Steht der Eintrag im Protokoll?',
  'a hash of the proof missing': 'Steht der Eintrag im Protokoll?',
  'the root that is signed': 'Die Unterschrift prüfen',
  'the size that is signed': 'Die Unterschrift prüfen',
  signature: 'Die Unterschrift prüfen',
  'a value': 'Sind es die versiegelten Werte?',
  'a salt': 'Sind es die versiegelten Werte?',
  'two values that changed places': 'Sind es die versiegelten Werte?',
  'the entry in its receipt': 'Steht der Eintrag im Protokoll?',
  'the signature of its receipt': 'Die Unterschrift prüfen',
  'the receipt of its trail': 'Ist die Einsichtnahme selbst festgehalten?',
};

export function verify(world) {
  describe('the page Verify', () => {
    let page;
    let complaints;
    let close;
    before(async () => ({ page, complaints, close } = await open(world.browser, `${world.city.url}/pruefen.html`)));
    after(async () => {
      assert.deepEqual(complaints, []);
      await close();
    });

    test('a true receipt is verified, every step of it, also against the ledger of today', async () => {
      const { outcome, text, steps } = await verified(page, world.city.receipt, 'mine.tlog-proof');
      assert.equal(outcome, 'ok');
      assert.deepEqual(new Set(steps), new Set(['ok']));
      assert.ok(steps.length >= 7, String(steps.length));
      assert.match(text, /Quittung: mine\.tlog-proof[^]*Stimmt\.[^]*Und im Protokoll von heute\?[^]*parkhaeuser/);
      await page.screenshot({ path: join(world.pictures, 'verify-receipt.png'), fullPage: true });
    });

    test('a true disclosure is verified, and its values are shown', async () => {
      const { outcome, text, steps } = await verified(page, world.city.disclosure);
      assert.equal(outcome, 'ok');
      assert.deepEqual(new Set(steps), new Set(['ok']));
      assert.match(text, /Die offengelegten Werte[^]*person: 4711/);
      await page.screenshot({ path: join(world.pictures, 'verify-disclosure.png'), fullPage: true });
    });

    test('the folder of a true report is verified, each of its files', async () => {
      await page.setInputFiles('#file-folder', world.city.report);
      const { outcome, text, steps } = await toldOf(page);
      assert.equal(outcome, 'ok', text);
      assert.deepEqual(new Set(steps), new Set(['ok']));
      await page.screenshot({ path: join(world.pictures, 'verify-report.png'), fullPage: true });
    });

    test('a true manifest alone: it is genuine, and of its files, which were not there, nothing is said', async () => {
      const { outcome, failed, text } = await verified(page, world.city.manifest, 'manifest.json');
      assert.deepEqual({ outcome, failed }, { outcome: 'could-not-tell', failed: [] });
      assert.match(text, /Das Verzeichnis ist echt[^]*Seine Dateien lagen nicht alle dabei[^]*Nennt das Protokoll diesen Bericht\? stimmt/);
      await page.screenshot({ path: join(world.pictures, 'verify-manifest-alone.png'), fullPage: true });
    });

    for (const [what, change] of Object.entries(RECEIPTS)) {
      test(`a receipt with another ${what} is not verified, and the step that failed is told`, async () => {
        const { outcome, failed, steps } = await verified(page, change(world.city.receipt));
        if (what === 'cut off') return assert.notEqual(outcome, 'ok');
        assert.equal(outcome, 'failed', steps.join(' '));
        assert.equal(failed.length, 1);
        assert.ok(failed[0].startsWith(FAILS[what]), failed[0]);
      });
    }

    for (const [what, change] of Object.entries(DISCLOSURES)) {
      test(`a disclosure is not verified where this was changed: ${what}; none of its values is shown`, async () => {
        const { outcome, failed, text } = await verified(page, change(world.city.disclosure));
        assert.equal(outcome, 'failed');
        assert.ok(failed[0].startsWith(FAILS[what]), failed[0]);
        assert.doesNotMatch(text, /Die offengelegten Werte|person: ?4711/);
      });
    }

    test('a report with another hash of a figure in its manifest is not verified: the ledger names another one', async () => {
      const text = world.city.manifest.toString();
      const other = text.replace(/("csv\/by_dataset\.csv": ")(.)/, (_, before, digit) => before + (digit === '0' ? '1' : '0'));
      assert.notEqual(other, text);
      const { outcome, failed } = await verified(page, Buffer.from(other), 'manifest.json');
      assert.equal(outcome, 'failed');
      assert.ok(failed.some((title) => title.startsWith('Nennt das Protokoll diesen Bericht?')), failed.join(' '));
    });

    test('a report with another figure in one of its files is not verified', async () => {
      const file = join(world.city.report, 'report.json');
      const before = await readFile(file, 'utf8');
      await writeFile(file, before.replace(/(\d)(\D*)$/, (_, digit, rest) => `${(Number(digit) + 1) % 10}${rest}`));
      await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
      await page.setInputFiles('#file-folder', world.city.report);
      const { outcome, failed, text } = await toldOf(page);
      await writeFile(file, before);
      assert.equal(outcome, 'failed');
      assert.deepEqual(failed.map((title) => title.split('?')[0]), ['Die Dateien des Berichts vergleichen stimmt nicht']);
      assert.match(text, /report\.json/);
    });

    test('a receipt of another log is told to be one, and is not verified', async () => {
      const { outcome, text } = await verified(page, world.other.receipt);
      assert.equal(outcome, 'failed');
      assert.match(text, /Die Quittung ist von einem anderen Protokoll/);
    });

    test('a receipt of a rewritten ledger with the same key is told not to fit the ledger of today', async () => {
      const { page: other, close: done } = await open(world.browser, `${world.history.url}/pruefen.html`);
      const { outcome, text } = await verified(other, world.history.rewrittenReceipt);
      assert.equal(outcome, 'failed');
      assert.match(text, /Die Quittung und das heutige Protokoll passen nicht zusammen\. Heben Sie die Quittung auf/);
      await done();
    });

    test('a dropped file of 50 MB is told to be none of these, and the page goes on', async () => {
      const film = world.city.path('film.mp4');
      await writeFile(film, Buffer.alloc(50 * 1024 * 1024));
      await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
      await page.setInputFiles('#file', film);
      assert.match((await toldOf(page)).text, /film\.mp4[^]*größer als alles[^]*nicht gelesen/);
      await rm(film);
      await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
      const begun = Date.now();
      await drop(page, 'film.mp4', 50 * 1024 * 1024);
      assert.match((await toldOf(page)).text, /film\.mp4[^]*größer als alles[^]*nicht gelesen/);
      assert.ok(Date.now() - begun < 5_000, 'it took as if the file were read');
      assert.equal((await verified(page, world.city.receipt)).outcome, 'ok');
    });

    test('a dropped file of any other kind is told not to be recognised', async () => {
      await drop(page, 'letter.txt', Buffer.from('Sehr geehrte Damen und Herren'));
      assert.match((await toldOf(page)).text, /letter\.txt[^]*nicht erkennen/);
      await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
      await drop(page, 'empty.tlog-proof', Buffer.from(''));
      assert.match((await toldOf(page)).text, /empty\.tlog-proof[^]*nicht erkennen/);
    });

    test('a key file is told to belong elsewhere; it is not verified, not sent and not kept', async () => {
      const { page: mine, requests, context, close: done } = await open(world.browser, `${world.city.url}/pruefen.html`);
      const before = requests.length;
      const { outcome, text } = await verified(mine, world.city.keys.anna, 'my.keys');
      assert.equal(outcome, null);
      assert.match(text, /Schlüsseldatei[^]*„Meine Daten“/);
      assert.equal(requests.length, before);
      await world.assertKept(mine, context, requests, world.city.keys.anna);
      await mine.click('main [role=region] a');
      await mine.waitForURL(/meine-daten\.html$/);
      await done();
    });

    test('an entry is verified by its number; numbers that there are not are refused in words', async () => {
      await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
      for (const wrong of ['99999999', '-1', '1.5', 'abc', '99999999999999999999999', '']) {
        await page.fill('#number', wrong);
        await page.press('#number', 'Enter');
        assert.match(await page.innerText('#number-fault'), /Nummer/, wrong);
      }
      for (const index of [0, 1, world.city.hostile]) {
        await page.evaluate(() => document.querySelector('main [role=region]').replaceChildren());
        await page.fill('#number', String(index));
        await page.press('#number', 'Enter');
        const { outcome, text, steps } = await toldOf(page);
        assert.equal(outcome, 'ok', steps.join(' '));
        assert.match(text, new RegExp(`Eintrag ${index.toLocaleString('de-DE')}`));
        assert.equal(await page.innerText('#number-fault'), '');
      }
    });

    test('the key is compared with one from elsewhere: the same, another, mistyped', async () => {
      const key = (await readFile(world.city.path('data/ledger.vkey'), 'utf8')).trim();
      const other = (await readFile(world.other.path('data/ledger.vkey'), 'utf8')).trim();
      for (const [typed, said] of [[key, /derselbe Schlüssel/], [` ${key}\n`, /derselbe Schlüssel/], [other, /ein anderer Schlüssel/], [key.slice(0, -2), /kein lesbarer Schlüssel/]]) {
        await page.fill('#other-key', typed);
        await page.press('#other-key', 'Enter');
        assert.match(await page.innerText('#key-outcome'), said);
      }
    });

    test('in English it says the same', async () => {
      const { page: english, close: done } = await open(world.browser, `${world.city.url}/en/verify.html`, { locale: 'en-GB' });
      assert.match((await verified(english, world.city.receipt)).text, /Receipt: file[^]*It holds\. All that could be checked here was checked/);
      const { outcome, text } = await verified(english, RECEIPTS.proof(world.city.receipt));
      assert.equal(outcome, 'failed');
      assert.match(text, /It does not hold[^]*Is the entry in the ledger\? does not hold/);
      await english.screenshot({ path: join(world.pictures, 'verify-tampered-en.png'), fullPage: true });
      await choose(english, 'file', 'my.keys', world.city.keys.anna);
      await english.waitForFunction(() => /This is a key file/.test(document.body.innerText));
      await done();
    });
  });
}
