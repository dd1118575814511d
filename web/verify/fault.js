/**
 * The two ways in which a verification does not succeed. They must never look alike, and neither may look like
 * "verified" (docs/format.md, Verifying a ledger).
 *
 * A message says what, where, expected and found. It never holds a key, a salt or a sealed value: whoever throws
 * passes only what the public may read.
 */

/** Longest piece of foreign text that a message repeats, in UTF-16 code units. */
const SHOWN_MAX = 200;

/** What both ways have in common. Not thrown itself. */
export class Fault extends Error {
  /**
   * @param {string} what what is wrong, as a sentence
   * @param {{where?: string, expected?: unknown, found?: unknown, cause?: unknown}} [details]
   */
  constructor(what, { where = "", expected, found, cause } = {}) {
    super(sentence(what, where, expected, found), cause === undefined ? undefined : { cause });
    this.name = this.constructor.name;
    this.what = what;
    this.where = where;
    this.expected = expected;
    this.found = found;
  }
}

/** Something that was received contradicts the format, a proof or a signature. Outcome 1. */
export class Failed extends Fault {}

/** Something needed could not be had, or is not known to this reader. Outcome 2. */
export class CannotTell extends Fault {}

/** A file that is not there (404). A reader may know another place to look. */
export class Missing extends CannotTell {}

/**
 * Throws `Failed` unless the condition is exactly `true`: a forgotten `await` (a promise) must not pass.
 *
 * @param {boolean} condition
 * @param {string} what
 * @param {{where?: string, expected?: unknown, found?: unknown}} [details]
 */
export function require(condition, what, details) {
  if (condition !== true) throw new Failed(what, details);
}

/**
 * Runs `action` and puts `where` before the place that a fault of it names.
 *
 * @template T
 * @param {string} where
 * @param {() => T} action not asynchronous; see `withinAsync`
 * @returns {T}
 */
export function within(where, action) {
  try {
    return action();
  } catch (error) {
    throw placed(where, error);
  }
}

/**
 * The same for asynchronous work.
 *
 * @template T
 * @param {string} where
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withinAsync(where, action) {
  try {
    return await action();
  } catch (error) {
    throw placed(where, error);
  }
}

/**
 * Foreign text, made fit for a message: cut, and without characters that can't be seen or that turn the direction
 * of writing. It still has to be shown as text, never as HTML.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function shown(value) {
  const text = typeof value === "string" ? value : String(value);
  const cut = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/**
 * @param {string} where
 * @param {unknown} error
 * @returns {unknown} a fault with `where` before the place that it names; any other error as it is
 */
export function placed(where, error) {
  if (!(error instanceof Fault)) return error;
  const { what, expected, found, cause } = error;
  return new error.constructor(what, { where: error.where ? `${where}, ${error.where}` : where, expected, found, cause });
}

function sentence(what, where, expected, found) {
  const place = where ? `${where}: ` : "";
  const parts = [];
  if (expected !== undefined) parts.push(`expected ${shown(expected)}`);
  if (found !== undefined) parts.push(`found ${shown(found)}`);
  return parts.length > 0 ? `${place}${what} (${parts.join(", ")})` : `${place}${what}`;
}
