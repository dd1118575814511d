// The public site in a browser, over real ledgers: EINSICHT_BIN names the folder of the programs (`einsichtd`, `einsicht`,
// `einsicht-past`). Pictures of its pages go to EINSICHT_PICTURES, for people to look at.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe } from 'node:test';
import { bounds } from './site/bounds.mjs';
import { citizen } from './site/citizen.mjs';
import { foreignText } from './site/foreign-text.mjs';
import { headers } from './site/headers.mjs';
import { history } from './site/history.mjs';
import { keyboard } from './site/keyboard.mjs';
import { pages } from './site/pages.mjs';
import { reports } from './site/reports.mjs';
import { verify } from './site/verify.mjs';
import { launch } from './support/chromium.mjs';
import { makeCity } from './support/city.mjs';
import { makeClosed } from './support/closed.mjs';
import { makeHistory } from './support/history.mjs';
import { assertKept } from './support/kept.mjs';
import { makeEmpty, makeOther, makeSample, makeSingle, makeYoung } from './support/ledgers.mjs';

const pictures = process.env.EINSICHT_PICTURES;
assert.ok(process.env.EINSICHT_BIN && pictures, 'EINSICHT_BIN and EINSICHT_PICTURES name folders');

const MAKERS = { browser: launch, sample: makeSample, city: makeCity, history: makeHistory, other: makeOther, young: makeYoung, single: makeSingle, empty: makeEmpty, closed: makeClosed };
/** What the tests share: a browser, and ledgers that run. Those that a test changes, it leaves sound. */
const world = { pictures, assertKept };

describe('the public site', () => {
  before(async () => {
    await mkdir(pictures, { recursive: true });
    const made = await Promise.allSettled(Object.entries(MAKERS).map(async ([name, make]) => (world[name] = await make())));
    const failed = made.find(({ status }) => status === 'rejected');
    if (failed) {
      // What was begun must not be left running.
      await leave();
      throw failed.reason;
    }
  });
  after(leave);

  pages(world);
  headers(world);
  verify(world);
  citizen(world);
  history(world);
  foreignText(world);
  bounds(world);
  keyboard(world);
  reports(world);
});

async function leave() {
  await world.browser?.close();
  for (const name of Object.keys(MAKERS)) await world[name]?.leave?.();
}
