// The public site as a visitor opens it.

import { visitor } from './chromium.mjs';

/** The pages in both languages, below the address of a site. */
export const PAGES = {
  de: ['index.html', 'zusagen.html', 'datenbestaende.html', 'berichte.html', 'eintraege.html', 'eintraege.html#0', 'pruefen.html', 'meine-daten.html'],
  en: ['en/index.html', 'en/commitments.html', 'en/datasets.html', 'en/reports.html', 'en/entries.html', 'en/entries.html#0', 'en/verify.html', 'en/my-data.html'],
};
export const ALL_PAGES = [...PAGES.de, ...PAGES.en];

/** The policy that the site is served with, and that of pages of reports: web/README.md. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; worker-src blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
export const REPORT_POLICY =
  "script-src 'none'; connect-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** The text that says that something is being read. */
const READS = /gelesen und geprüft …|being read and checked …|prüft das Protokoll …|is checking the ledger …|Beginnt …|Begins …/;

/** Waits until a page has told its outcome, and has shown what it shows by itself. */
export async function settled(page) {
  await page.waitForFunction((reads) => {
    const { outcome } = document.documentElement.dataset;
    const isChecked = outcome !== 'ok' || document.querySelector('main > div section > [role=status]:empty') === null;
    return outcome !== undefined && isChecked && !new RegExp(reads).test(document.body.innerText) && document.querySelector('.job') === null;
  }, READS.source);
}

/** Opens one page of a site as a new visitor; `page`, and all that `visitor` keeps. */
export async function open(browser, url, { script, ...options } = {}) {
  const one = await visitor(browser, options);
  if (script) await one.context.addInitScript(script);
  const page = await one.context.newPage();
  await page.goto(url);
  await settled(page);
  return { page, ...one };
}

/** What a page says of the ledger: `ok`, `failed` or `could-not-tell`. */
export function outcomeOf(page) {
  return page.evaluate(() => document.documentElement.dataset.outcome);
}

/** The name of a picture of a page. */
export function pictureName(path) {
  return path.replace(/\W+/g, '-');
}
