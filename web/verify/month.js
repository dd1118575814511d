/**
 * Calendar months, UTC: what view keys are for.
 */

import { CannotTell } from "./fault.js";

/**
 * A month from 1970-01 to 9999-12.
 *
 * @typedef {object} Month
 * @property {string} name `2026-11`
 * @property {number} first its first second since 1970-01-01T00:00:00Z
 * @property {number} end the first second behind it
 */

/**
 * @param {string} text
 * @returns {Month}
 * @throws {CannotTell} it is none
 */
export function parseMonth(text) {
  const parts = /^([1-9][0-9]{3})-(0[1-9]|1[0-2])$/.exec(text);
  if (!parts || Number(parts[1]) < 1970) throw new CannotTell("this is no month", { expected: "a month such as 2026-10" });
  const [year, month] = [Number(parts[1]), Number(parts[2])];
  return { name: text, first: Date.UTC(year, month - 1, 1) / 1000, end: Date.UTC(year, month, 1) / 1000 };
}
