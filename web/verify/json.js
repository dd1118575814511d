/**
 * Strict JSON (RFC 8259) of small files that people are handed: no member twice, numbers whole and exact, nesting
 * limited. Not `JSON.parse`: that takes a member twice, loses digits of large numbers, and repeats in its errors what
 * it could not read, which may be a key.
 *
 * What is malformed is "could not tell": nothing is proven false by a file that can't be read.
 */

import { CannotTell } from "./fault.js";

const DEPTH_MAX = 8;
/** Numbers are whole, of 64 bits, with a sign or without one. */
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;
const ESCAPES = new Map(Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }));

/**
 * @typedef {null | boolean | string | bigint | JsonValue[] | Map<string, JsonValue>} JsonValue objects are maps: no
 *   name of a member means anything to JavaScript
 */

/**
 * @param {string} text
 * @returns {JsonValue} numbers as `bigint`
 * @throws {CannotTell} says line and column, and nothing of what stands there
 */
export function parseJson(text) {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/**
 * Takes the members of an object that a format names, and no others.
 *
 * @template {Record<string, "text" | "number" | "boolean" | "list" | "object" | "text?" | "number?" | "list?">} Wanted
 * @param {JsonValue} value
 * @param {Wanted} wanted name → kind; with `?` it may be missing or `null`, and is `null` then
 * @param {string} where for messages
 * @returns {Record<keyof Wanted, any>}
 * @throws {CannotTell} another value, a member that is missing, of another kind, or not known
 */
export function members(value, wanted, where) {
  if (!(value instanceof Map)) throw new CannotTell("this is no object", { where });
  const found = {};
  for (const [name, kind] of Object.entries(wanted)) {
    const member = value.get(name) ?? null;
    const isMissing = member === null && kind.endsWith("?");
    if (!isMissing && !isOf(kind.replace("?", ""), member)) {
      throw new CannotTell(`the member "${name}" is ${value.has(name) ? "of another kind" : "missing"}`, { where, expected: kind.replace("?", " or null") });
    }
    found[name] = member;
  }
  for (const name of value.keys()) {
    if (!Object.hasOwn(wanted, name)) throw new CannotTell("there is a member that the format does not know", { where });
  }
  return found;
}

function isOf(kind, value) {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "bigint" && value >= 0n;
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    default:
      return value instanceof Map;
  }
}

class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  value(depth) {
    if (depth > DEPTH_MAX) throw this.#malformed("it nests too deep");
    const next = this.#next();
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#list(depth);
    if (next === '"') return this.#string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.#take(word)) return value;
    }
    return this.#number();
  }

  end() {
    if (this.#next() !== "") throw this.#malformed("something stands behind its end");
  }

  #object(depth) {
    const members = new Map();
    this.#at += 1;
    if (this.#closes("}")) return members;
    for (;;) {
      if (this.#next() !== '"') throw this.#malformed("the name of a member is missing");
      const name = this.#string();
      if (members.has(name)) throw this.#malformed("a member is there twice");
      this.#demand(":");
      members.set(name, this.value(depth + 1));
      if (this.#closes("}")) return members;
      this.#demand(",");
    }
  }

  #list(depth) {
    const items = [];
    this.#at += 1;
    if (this.#closes("]")) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.#closes("]")) return items;
      this.#demand(",");
    }
  }

  #string() {
    let text = "";
    for (let from = this.#at + 1, at = from; ; at += 1) {
      const character = this.#text[at];
      if (character === undefined || character < " ") {
        this.#at = at;
        throw this.#malformed("a text does not end, or holds a control character");
      }
      if (character !== '"' && character !== "\\") continue;
      text += this.#text.slice(from, at);
      this.#at = at + 1;
      if (character === '"') return this.#wellFormed(text);
      text += this.#escape();
      from = this.#at;
      at = from - 1;
    }
  }

  #escape() {
    const letter = this.#text[this.#at] ?? "";
    this.#at += 1;
    if (ESCAPES.has(letter)) return ESCAPES.get(letter);
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#malformed("an escape is none");
    this.#at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #wellFormed(text) {
    if (/\p{Cs}/u.test(text)) throw this.#malformed("a text holds half of a character");
    return text;
  }

  #number() {
    // No longer than a number of 64 bits: a long one costs nothing.
    const digits = /^-?(?:0|[1-9][0-9]{0,19})(?![0-9.eE])/.exec(this.#text.slice(this.#at, this.#at + 22));
    if (!digits) throw this.#malformed("a value is none, or no whole number of 64 bits");
    const value = BigInt(digits[0]);
    const isOther = digits[0] === "-0" || value < INTEGER_MIN || value > INTEGER_MAX;
    if (isOther) throw this.#malformed("a value is no whole number of 64 bits, or is minus zero");
    this.#at += digits[0].length;
    return value;
  }

  /** The next character behind white space; empty at the end. */
  #next() {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at += 1;
    return this.#text[this.#at] ?? "";
  }

  #closes(bracket) {
    if (this.#next() !== bracket) return false;
    this.#at += 1;
    return true;
  }

  #take(word) {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #demand(character) {
    if (!this.#closes(character)) throw this.#malformed(`a “${character}” is missing`);
  }

  #malformed(what) {
    const lines = this.#text.slice(0, this.#at).split("\n");
    return new CannotTell(`this is not JSON as the file should have it: ${what}`, { where: `line ${lines.length}, column ${lines.at(-1).length + 1}` });
  }
}
