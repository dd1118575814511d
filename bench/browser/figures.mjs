// What is made of figures, and what they were measured on.

import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

/** @param {number[]} values @returns {{median: number, least: number, most: number, of: number}} */
export function summary(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return { median: sorted[Math.floor(sorted.length / 2)], least: sorted[0], most: sorted.at(-1), of: sorted.length };
}

/** @param {number[]} values @param {string} unit @param {number} [digits] */
export function told(values, unit, digits = 2) {
  const { median, least, most } = summary(values);
  return `${median.toFixed(digits)} ${unit} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** Processes that waited for a core or had one, in the last minute. */
export function load() {
  return loadavg()[0].toFixed(1);
}

/** @param {import("playwright-core").Browser} browser @returns {string} one line */
export function machine(browser) {
  const commit = execFileSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], { cwd: new URL(".", import.meta.url), encoding: "utf8" }).trim();
  const [{ model }] = cpus();
  return `${cpus().length} cores (${model.trim()}), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, Chromium ${browser.version()}, commit ${commit}`;
}
