/**
 * Values of TOML 1.0.0, as far as charters have them: texts, whole numbers, `true` and `false`, days, lists, braces.
 * Fractions and times of day are TOML, but no charter has any; they are refused like what is no TOML.
 */

import { Failed } from "./fault.js";

const DEPTH_MAX = 16;
const ESCAPES = new Map(Object.entries({ b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" }));
const INTEGERS = [
  [/0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*/y, ""],
  [/0o[0-7](?:_?[0-7])*/y, ""],
  [/0b[01](?:_?[01])*/y, ""],
  [/[+-]?(?:0|[1-9](?:_?[0-9])*)/y, "sign"],
];
/** More digits than a number of 64 bits has, in any base, grouped or not. */
const DIGITS_MAX = 140;
const DAY = /([0-9]{4})-([0-9]{2})-([0-9]{2})/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const BLANK = /[ \t]*/y;
const NEWLINE = /\r?\n/y;
const COMMENT = /#[^\u0000-\u0008\u000a-\u001f\u007f]*/y;

/** A day of the calendar. */
export class Day {
  /** @param {number} days since 1970-01-01 */
  constructor(days) {
    this.days = days;
  }
}

/** A table: in braces, under a heading, or of dotted keys. `kind` says which, and so what may be added to it. */
export class Table {
  entries = new Map();

  /** @param {"implicit" | "headed" | "dotted" | "inline"} kind */
  constructor(kind) {
    this.kind = kind;
  }

  /**
   * Puts a value under a dotted key; tables on the way are made.
   *
   * @param {string[]} path
   * @param {unknown} value
   * @returns {boolean} whether there was room for it: a key stands once, and a table is written in one way
   */
  put(path, value) {
    let table = this;
    for (const part of path.slice(0, -1)) {
      if (!table.entries.has(part)) table.entries.set(part, new Table("dotted"));
      table = table.entries.get(part);
      if (!(table instanceof Table) || table.kind !== "dotted") return false;
    }
    const last = path.at(-1);
    if (table.entries.has(last)) return false;
    table.entries.set(last, value);
    return true;
  }
}

/** Reads values and keys from a place on. */
export class Reader {
  /** Where it stands. */
  at = 0;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  /** Whether everything was read. */
  get isAtEnd() {
    return this.at >= this.text.length;
  }

  /** @returns {Failed} with the line */
  malformed(what) {
    return new Failed(`this is not TOML 1.0.0 as charters have it: ${what}`, { where: `line ${this.text.slice(0, this.at).split("\n").length}` });
  }

  /** Takes what a sticky expression finds here; `null` if it finds nothing. */
  take(expression) {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }

  /** Takes a text that stands here, if it does. */
  takeText(text) {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  blank() {
    this.take(BLANK);
  }

  /** The rest of a line: blank, or a comment; then its end. */
  endOfLine() {
    this.blank();
    this.take(COMMENT);
    if (!this.isAtEnd && !this.take(NEWLINE)) throw this.malformed("something stands behind the end of a line");
  }

  /** Blanks, comments and ends of lines. */
  gap() {
    for (;;) {
      this.blank();
      this.take(COMMENT);
      if (!this.take(NEWLINE)) return;
    }
  }

  /** A key, with its parts between dots. */
  key() {
    const parts = [];
    do {
      this.blank();
      parts.push(this.#keyPart());
      this.blank();
      if (parts.length > DEPTH_MAX) throw this.malformed("a key has too many parts");
    } while (this.takeText("."));
    return parts;
  }

  /** A value: `string`, `bigint`, `boolean`, `Day`, an array, or a `Table`. */
  value(depth = 0) {
    if (depth > DEPTH_MAX) throw this.malformed("it nests too deep");
    const next = this.text[this.at];
    if (next === '"' || next === "'") return this.#string();
    if (next === "[") return this.#list(depth);
    if (next === "{") return this.#braces(depth);
    if (this.takeText("true")) return this.#whole(true);
    if (this.takeText("false")) return this.#whole(false);
    const day = this.take(DAY);
    return this.#whole(day ? this.#day(day) : this.#integer());
  }

  /** What is behind a number, a day or a word must not go on with it. */
  #whole(value) {
    if (/[\p{L}\p{N}_.:+-]/u.test(this.text[this.at] ?? " ")) throw this.malformed("a value is none that charters have");
    // A day, a blank and digits would be a time of day.
    if (value instanceof Day && /^ [0-9]/.test(this.text.slice(this.at, this.at + 2))) throw this.malformed("charters have no times of day");
    return value;
  }

  #day([, year, month, day]) {
    const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
    // Years below 100 would be taken for those of the last century; no calendar of a charter has them.
    const isReal = Number(year) >= 100 && new Date(time).toISOString().startsWith(`${year}-${month}-${day}`);
    if (!isReal) throw this.malformed("a day is in no calendar");
    return new Day(time / 86_400_000);
  }

  #integer() {
    for (const [expression, sign] of INTEGERS) {
      const found = this.take(expression)?.[0];
      if (found === undefined) continue;
      if (found.length > DIGITS_MAX) throw this.malformed("a number does not fit in 64 bits");
      const digits = found.replaceAll("_", "").replace(/^\+/, "");
      const number = sign && digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
      if (BigInt.asIntN(64, number) !== number) throw this.malformed("a number does not fit in 64 bits");
      return number;
    }
    throw this.malformed("a value is none that charters have");
  }

  #list(depth) {
    const items = [];
    this.at += 1;
    for (;;) {
      this.gap();
      if (this.takeText("]")) return items;
      items.push(this.value(depth + 1));
      this.gap();
      if (this.takeText("]")) return items;
      if (!this.takeText(",")) throw this.malformed("a list goes on without a comma");
    }
  }

  #braces(depth) {
    const table = new Table("inline");
    this.at += 1;
    this.blank();
    if (this.takeText("}")) return table;
    for (;;) {
      const key = this.key();
      if (!this.takeText("=")) throw this.malformed("a key has no value");
      this.blank();
      if (!table.put(key, this.value(depth + 1))) throw this.malformed("a key stands twice");
      this.blank();
      if (this.takeText("}")) return sealed(table);
      if (!this.takeText(",")) throw this.malformed("something stands between braces that does not belong there");
    }
  }

  #keyPart() {
    if (this.text.startsWith('"""', this.at) || this.text.startsWith("'''", this.at)) throw this.malformed("a key has several lines");
    if (this.text[this.at] === '"' || this.text[this.at] === "'") return this.#string();
    const bare = this.take(BARE_KEY);
    if (!bare) throw this.malformed("a key is missing, or has letters that need quotes");
    return bare[0];
  }

  #string() {
    const quote = this.text[this.at];
    const isLong = this.takeText(quote.repeat(3));
    if (!isLong) this.at += 1;
    else this.take(NEWLINE);
    let value = "";
    for (;;) {
      const next = this.text[this.at];
      if (next === undefined) throw this.malformed("a text does not end");
      if (next === quote && !isLong) {
        this.at += 1;
        return value;
      }
      if (next === quote && this.takeText(quote.repeat(3))) {
        // Up to two more before the end belong to the text.
        return value + (this.take(quote === '"' ? /"{0,2}/y : /'{0,2}/y)?.[0] ?? "");
      }
      if (next === "\\" && quote === '"') value += this.#escape(isLong);
      else value += this.#plain(isLong);
    }
  }

  #plain(isLong) {
    if (isLong) {
      const newline = this.take(NEWLINE);
      if (newline) return newline[0];
    }
    const character = this.text[this.at];
    const isControl = (character < " " && character !== "\t") || character === "\u007f";
    if (isControl) throw this.malformed("a text holds a control character or a line break");
    this.at += 1;
    return character;
  }

  #escape(isLong) {
    this.at += 1;
    if (isLong && this.take(/[ \t]*\r?\n/y)) {
      this.take(/(?:[ \t]|\r?\n)*/y);
      return "";
    }
    const letter = this.text[this.at] ?? "";
    this.at += 1;
    if (ESCAPES.has(letter)) return ESCAPES.get(letter);
    const digits = letter === "u" ? this.take(/[0-9A-Fa-f]{4}/y) : letter === "U" ? this.take(/[0-9A-Fa-f]{8}/y) : null;
    const code = digits ? parseInt(digits[0], 16) : Infinity;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw this.malformed("an escape is none");
    return String.fromCodePoint(code);
  }
}

/** Nothing can be added to braces, nor to the tables of dotted keys within. */
function sealed(table) {
  for (const value of table.entries.values()) {
    if (value instanceof Table && value.kind === "dotted") {
      value.kind = "inline";
      sealed(value);
    }
  }
  return table;
}
