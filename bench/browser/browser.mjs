// Chromium, and what its processes cost.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");

/** @returns {Promise<import("playwright-core").Browser>} of EINSICHT_CHROMIUM, or that of Debian */
export function launch() {
  // Its own sandbox does not start for root; what it opens here are our own pages.
  return chromium.launch({ executablePath: process.env.EINSICHT_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/**
 * Processor time of the processes that run scripts of pages, all together: neighbours on the machine disturb it less than
 * they disturb a clock.
 *
 * @param {import("playwright-core").Browser} browser
 * @returns {Promise<() => Promise<number>>} gives seconds since the browser began
 */
export async function processorClock(browser) {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
}
