/**
 * Periods of reports in words: `2026-W44` is week 44 of 2026.
 */

const WEEK = /^([0-9]{4})-W([0-9]{2})$/;
const QUARTER = /^([0-9]{4})-Q([1-4])$/;
const MONTH = /^[0-9]{4}-(?:0[1-9]|1[0-2])$/;

/**
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/reports.js
 * @param {string} period as reports write it
 * @returns {string} what is none is given back as it is
 */
export function periodWords(speaker, period) {
  const week = WEEK.exec(period);
  if (week) return speaker.say("period.week", { number: String(Number(week[2])), year: week[1] });
  const quarter = QUARTER.exec(period);
  if (quarter) return speaker.say("period.quarter", { number: quarter[2], year: quarter[1] });
  return MONTH.test(period) ? speaker.month(period) : period;
}
