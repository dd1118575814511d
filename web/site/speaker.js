/**
 * Words, numbers and times in the language of a page. Texts are tables `{ de: {…}, en: {…} }` with the same keys in both
 * languages; a place for a value reads `{name}`; where a number decides, the text is a pair: for one, for all others.
 */

const LOCALES = { de: "de-DE", en: "en-GB" };

/**
 * @typedef {Record<"de" | "en", Record<string, string | [string, string]>>} Texts
 */

/** Speaks one language. */
export class Speaker {
  #words;

  /**
   * @param {string} language `de` or `en`; any other is taken as German
   * @param {Texts[]} tables
   * @param {{timeZone?: string}} [options] `timeZone`: that of the browser if it is left out
   */
  constructor(language, tables, { timeZone } = {}) {
    this.language = language === "en" ? "en" : "de";
    this.locale = LOCALES[this.language];
    this.#words = Object.assign({}, ...tables.map((table) => table[this.language]));
    this.numbers = new Intl.NumberFormat(this.locale);
    this.moments = new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", timeStyle: "medium", timeZone });
    this.minutes = new Intl.DateTimeFormat(this.locale, { dateStyle: "medium", timeStyle: "short", timeZone });
    this.days = new Intl.DateTimeFormat(this.locale, { dateStyle: "long", timeZone: "UTC" });
    this.months = new Intl.DateTimeFormat(this.locale, { month: "long", year: "numeric", timeZone: "UTC" });
  }

  /**
   * @param {string} key
   * @param {Record<string, unknown>} [values] numbers are written as the language writes them; `n` chooses of a pair
   * @returns {string}
   * @throws {RangeError} there is no such text: an error of the page
   */
  say(key, values = {}) {
    const text = this.#words[key];
    if (text === undefined) throw new RangeError(`there is no text “${key}”`);
    const form = Array.isArray(text) ? text[Number(values.n) === 1 ? 0 : 1] : text;
    return form.replace(/\{(\w+)\}/g, (_, name) => this.#written(values[name]));
  }

  /**
   * Adds texts of what is loaded later.
   *
   * @param {Texts} table
   */
  learn(table) {
    Object.assign(this.#words, table[this.language]);
  }

  /** Whether there is such a text. */
  knows(key) {
    return Object.hasOwn(this.#words, key);
  }

  /** @param {{de: string, en: string | null}} pair German where there is no English */
  pick(pair) {
    return pair[this.language] ?? pair.de;
  }

  /** @param {number | bigint} number */
  number(number) {
    return this.numbers.format(number);
  }

  /** @param {number | bigint} seconds since 1970 @returns {string} in the reader's time zone */
  moment(seconds) {
    return inRange(seconds, 1) ? this.moments.format(Number(seconds) * 1000) : `${seconds} s`;
  }

  /** @param {number | bigint} minutes since 1970 */
  minute(minutes) {
    return inRange(minutes, 60) ? this.minutes.format(Number(minutes) * 60_000) : `${minutes} min`;
  }

  /** @param {number | bigint} days since 1970-01-01 */
  day(days) {
    return inRange(days, 86_400) ? this.days.format(Number(days) * 86_400_000) : String(days);
  }

  /** @param {string} month `2026-11` */
  month(month) {
    const [year, number] = month.split("-").map(Number);
    return this.months.format(Date.UTC(year, number - 1, 1));
  }

  #written(value) {
    return typeof value === "number" || typeof value === "bigint" ? this.number(value) : String(value ?? "");
  }
}

/** Whether JavaScript's calendar reaches there: what an entry says may be any number. */
function inRange(value, seconds) {
  return Math.abs(Number(value)) * seconds <= 8.64e12;
}

/**
 * Foreign text, made fit to be shown as text: whole, and without characters that can't be seen or that turn the
 * direction of writing. Line feeds stay.
 *
 * @param {string} text
 * @returns {string}
 */
export function plain(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => (character === "\n" ? character : "\u{fffd}"));
}
