// Chromium, and what a page did in it.

import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WCAG_2_1_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** A browser; whoever starts it closes it. */
export function launch() {
  // Its own sandbox does not start for root, who runs tests in containers; what it opens here are our own files.
  const executablePath = process.env.EINSICHT_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A visitor of a site: one context of the browser, whose pages remember together. Keeps all that they ask and complain of. */
export async function visitor(browser, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'de-DE', ...options });
  const [requests, complaints] = [[], []];
  // What a page has within itself is asked of nobody.
  context.on('request', (request) => isWithin(request.url()) || requests.push(request));
  context.on('console', (message) => complaints.push(message.text()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return { context, requests, complaints, close: () => context.close() };
}

/** Whether an address leads to what the page has itself: a picture in a style, the beginning of a worker. */
export function isWithin(url) {
  return /^(data|blob):/.test(url);
}

/** Runs axe in a page: what it finds against WCAG 2.1 AA. */
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }),
    WCAG_2_1_AA,
  );
  return found.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html).slice(0, 5) }));
}

/** Runs in a page: what stands beyond an edge of the page, and texts of charts beyond those of their chart. */
export function beyondTheEdge() {
  const sheet = { left: 0, right: document.documentElement.clientWidth, top: -Infinity, bottom: Infinity };
  const beyond = (element) => {
    const box = element.getBoundingClientRect();
    // What is all outside to the left is meant to be unseen: the way to the content, until a key leads to it. What is
    // behind details that are closed is not seen either.
    if (box.width <= 1 || box.height <= 1 || box.right <= 0 || !element.checkVisibility()) return false;
    const frame = element.tagName === 'text' ? element.ownerSVGElement.getBoundingClientRect() : sheet;
    const room = 0.5;
    return (
      box.right > frame.right + room ||
      box.left < frame.left - room ||
      box.bottom > frame.bottom + room ||
      box.top < frame.top - room
    );
  };
  const told = (element) => `${element.tagName} "${element.textContent.trim().slice(0, 40)}"`;
  return [...document.body.querySelectorAll('*')].filter(beyond).map(told);
}
