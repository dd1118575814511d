/**
 * Bytes and their spellings. Numbers and hashes in base64, decimal or hex have exactly one spelling (docs/format.md,
 * Notation); every other is refused, with `Failed`.
 *
 * No error of this module repeats what it could not read: it may be a key.
 */

import { Failed } from "./fault.js";

const HEX = "0123456789abcdef";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Stands for a character outside of an alphabet. */
const NO_VALUE = 255;
const BASE64_VALUES = valuesOf(BASE64);
const HEX_VALUES = valuesOf(HEX);

/** The largest number that the format writes: 2^64 − 1. */
export const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @param {Uint8Array} bytes
 * @returns {string} two lower-case hexadecimal digits a byte
 */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte >> 4] + HEX[byte & 15];
  return text;
}

/**
 * @param {string} text lower-case hexadecimal digits, an even number of them
 * @returns {Uint8Array}
 * @throws {Failed} any other text
 */
export function fromHex(text) {
  const bytes = new Uint8Array(text.length >> 1);
  let wrong = text.length & 1;
  for (let at = 0; at < bytes.length; at += 1) {
    const high = valueAt(HEX_VALUES, text, 2 * at);
    const low = valueAt(HEX_VALUES, text, 2 * at + 1);
    wrong |= (high | low) & 0xf0;
    bytes[at] = (high << 4) | (low & 15);
  }
  if (wrong !== 0) throw new Failed("text is not lower-case hexadecimal digits, two a byte");
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64 of RFC 4648 section 4, padded
 */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const bits = (bytes[at] << 16) | ((left > 1 ? bytes[at + 1] : 0) << 8) | (left > 2 ? bytes[at + 2] : 0);
    text += BASE64[bits >> 18] + BASE64[(bits >> 12) & 63];
    text += left > 1 ? BASE64[(bits >> 6) & 63] : "=";
    text += left > 2 ? BASE64[bits & 63] : "=";
  }
  return text;
}

/**
 * Standard alphabet, padded, unused bits zero, no white space.
 *
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {Failed} any other text
 */
export function fromBase64(text) {
  const malformed = () => new Failed("text is not base64 as the format writes it (standard alphabet, padded, unused bits zero)");
  if (text.length % 4 !== 0) throw malformed();
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let bits = 0;
  let held = 0;
  let to = 0;
  for (let at = 0; at < digits; at += 1) {
    const value = valueAt(BASE64_VALUES, text, at);
    if (value === NO_VALUE) throw malformed();
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[to] = (bits >> held) & 0xff;
      to += 1;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) throw malformed();
  return bytes;
}

/**
 * @param {string} text ASCII digits, no sign, no leading zero, below 2^64
 * @returns {bigint}
 * @throws {Failed} any other text
 */
export function fromDecimal(text) {
  const malformed = () => new Failed("text is not a decimal number below 2^64 without sign and leading zeros");
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) throw malformed();
  const number = BigInt(text);
  if (number > UINT64_MAX) throw malformed();
  return number;
}

/**
 * @param {string} text
 * @returns {Uint8Array} its UTF-8. Lone surrogates become U+FFFD
 */
export function toUtf8(text) {
  return encoder.encode(text);
}

/**
 * Strict: no surrogates, no overlong forms, nothing above U+10FFFF. A byte order mark stays.
 *
 * @param {Uint8Array} bytes
 * @returns {string}
 * @throws {Failed} what is not UTF-8
 */
export function fromUtf8(bytes) {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    throw new Failed("bytes are not UTF-8");
  }
}

/**
 * @param {...Uint8Array} parts
 * @returns {Uint8Array} one after the other
 */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Not in constant time: for what is public.
 *
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @returns {boolean}
 */
export function equal(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) {
    if (one[at] !== other[at]) return false;
  }
  return true;
}

/**
 * @param {Uint8Array} bytes at least four from `at` on
 * @param {number} at
 * @returns {number} uint32, big-endian
 */
export function uint32At(bytes, at) {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/**
 * @param {Uint8Array} bytes at least eight from `at` on
 * @param {number} at
 * @returns {bigint} uint64, big-endian
 */
export function uint64At(bytes, at) {
  return (BigInt(uint32At(bytes, at)) << 32n) | BigInt(uint32At(bytes, at + 4));
}

function valueAt(values, text, at) {
  const code = text.charCodeAt(at);
  return code < values.length ? values[code] : NO_VALUE;
}

function valuesOf(alphabet) {
  const values = new Uint8Array(128).fill(NO_VALUE);
  for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value;
  return values;
}
