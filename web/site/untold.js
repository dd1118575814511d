/**
 * What a scan could not tell, as `einsicht citizen scan` says it: where something of it is left, that nothing was found is
 * not the same as no access. Makes no elements.
 */

/**
 * One kind of it, for all months that have it. Of `what`: `no-records` the ledger has no access record of the month;
 * `unnamed` none that could be about anybody; `not-over` it is not shown to the end of the month; `unknown` entries of
 * kinds that these pages do not know; `unopened` confidential records that were not opened in what was read, and more
 * could be read; `hidden` ones that are confidential still; `unchecked` openings that could not be compared.
 *
 * @typedef {{what: string, months: string[], n: number}} Untold
 */

const KINDS = [
  ["no-records", ({ records }) => records === 0],
  ["unnamed", ({ records, marked }) => records > 0 && marked === 0],
  ["not-over", ({ isOver }) => !isOver],
  ["unknown", ({ unknown }) => unknown],
  ["unopened", ({ hidden }, isToTheEnd) => !isToTheEnd && hidden],
  ["hidden", ({ hidden }, isToTheEnd) => isToTheEnd && hidden],
  ["unchecked", ({ unchecked }) => unchecked],
];

/**
 * @param {{counts: import("../verify/citizen.js").MonthCount[], isToTheEnd: boolean}} result of a scan
 * @returns {Untold[]}
 */
export function untoldOf({ counts, isToTheEnd }) {
  return KINDS.map(([what, numberOf]) => {
    const numbers = counts.map((count) => [count.month, Number(numberOf(count, isToTheEnd))]).filter(([, number]) => number > 0);
    return { what, months: numbers.map(([month]) => month), n: numbers.reduce((sum, [, number]) => sum + number, 0) };
  }).filter(({ n }) => n > 0);
}

/**
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/my-data.js
 * @param {Untold} untold
 * @param {number | null} newest when the last entry of the ledger was recorded
 * @returns {string}
 */
export function untoldText(speaker, { what, months, n }, newest) {
  const names = months.map((month) => speaker.month(month)).join(", ");
  return speaker.say(`mine.untold.${what}`, { months: names, n, newest: newest === null ? "–" : speaker.moment(newest) });
}

/**
 * @param {import("./speaker.js").Speaker} speaker
 * @param {number} found how many accesses
 * @param {Untold[]} untold
 * @returns {string} the heading: "none" only where nothing was left untold
 */
export function foundText(speaker, found, untold) {
  if (found > 0) return speaker.say("mine.found", { n: found });
  return speaker.say(untold.length > 0 ? "mine.none-so-far" : "mine.none");
}
