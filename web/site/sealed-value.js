/**
 * Disclosed values as text for people. They are personal: they are shown, and nowhere kept.
 */

import { recordRows } from "./entry-model.js";
import { plain } from "./speaker.js";
import { toHex } from "../verify/bytes.js";

const MICROSECONDS = 1_000_000n;

/**
 * @param {unknown} value as `readValue` of verify/seal.js gives it
 * @param {import("./speaker.js").Speaker} speaker
 * @returns {string} foreign text in it; lines apart by line feeds
 */
export function sealedText(value, speaker) {
  if (typeof value === "string") return plain(value);
  if (typeof value === "bigint") return speaker.moment(value / MICROSECONDS);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" ? plain(item) : `${plain(item.scheme)}: ${plain(item.id)}`)).join("\n");
  if ("text" in value) return plain(value.text);
  if ("beginning" in value) return `${plain(value.beginning)} …\nSHA-256 ${toHex(value.sha256)}`;
  if ("who" in value) return [value.who, value.reason].filter(Boolean).map(plain).join("\n");
  return recordRows(value, speaker)
    .filter(({ isSealed }) => !isSealed)
    .map((row) => `${row.label}: ${row.value}`)
    .join("\n");
}
