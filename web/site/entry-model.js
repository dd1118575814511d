/**
 * An entry as a person reads it: a headline and rows, from what was verified. Nothing here makes elements.
 *
 * Text in it is foreign: it was made fit by `plain`, and has to be shown as text.
 */

import { plain } from "./speaker.js";
import { fromUtf8, toHex } from "../verify/bytes.js";
import { isConfidential } from "../verify/confidential.js";
import { enumerationName } from "../verify/enumerations.js";
import { messageOf } from "../verify/schema.js";

const MESSAGES = new Map(messageOf("EntryBody").fields.flatMap((field) => (field ? [[field.name, field.message]] : [])));
const MINUTES = new Set(["occurred_at_min", "occurred_until_min"]);
const ENTRIES = new Set(["charter", "request", "replaces", "index"]);
const SEALS = new Set(["seal"]);
/** Registers of the charter whose titles explain a code. */
const REGISTERS = new Map(
  Object.entries({ dataset: "dataset", other_datasets: "dataset", purpose: "purpose", activity: "activity", unit: "unit", role: "role", legal_basis: "legal_basis", recipient: "recipient", storage_location: "storage_location" }),
);
/** Of no use to most people: shown last, behind what they came for. */
const TECHNICAL = new Set(["event_id", "session", "sequence", "nonce", "markers", "producer"]);

/**
 * @typedef {object} Row
 * @property {string} field as in the .proto files
 * @property {string} label
 * @property {string} value to be shown as text
 * @property {string} [code] what stands in the entry, where `value` is its title
 * @property {string} [language] of `value`, where it is not that of the page
 * @property {boolean} isSealed
 * @property {bigint} [entry] index of an entry that it points to
 * @property {boolean} isTechnical
 */

/**
 * @typedef {object} EntryModel
 * @property {string} kind `access` and so on, or `confidential`
 * @property {string} title
 * @property {string} summary in a few words; empty if there is nothing to say
 * @property {Row[]} rows
 * @property {string[]} deviates ids of commitments
 * @property {string[]} notVerifiable likewise
 * @property {boolean} isJudged whether a charter was in force
 */

/**
 * @param {{body: import("../verify/record.js").Body}} entry
 * @param {import("./speaker.js").Speaker} speaker with the texts of texts/entry.js
 * @param {Map<string, Map<string, import("./charter-text.js").Titles>>} [registers] titles of the charter in force
 * @returns {EntryModel}
 */
export function entryModel({ body }, speaker, registers = new Map()) {
  const kind = kindOf(body);
  const content = body.content ?? {};
  const message = MESSAGES.get(body.kind);
  const rows = message ? rowsOf(message, content, speaker, registers) : [];
  const isAccess = kind === "access";
  return {
    kind,
    title: speaker.say(`kind.${kind}`),
    summary: summaryOf(kind, content, speaker, registers),
    rows: [...rows.filter((row) => !row.isTechnical), ...rows.filter((row) => row.isTechnical)],
    deviates: isAccess ? content.deviates.map(plain) : [],
    notVerifiable: isAccess ? content.not_verifiable.map(plain) : [],
    isJudged: isAccess && content.charter !== undefined,
  };
}

/**
 * Rows of an access record that is no entry by itself: one that was confidential.
 *
 * @param {Record<string, unknown>} record
 * @param {import("./speaker.js").Speaker} speaker
 * @returns {Row[]}
 */
export function recordRows(record, speaker) {
  return rowsOf(messageOf("AccessRecord"), record, speaker, new Map());
}

/** @param {import("../verify/record.js").Body} body @returns {string} */
export function kindOf({ kind, content }) {
  return kind === "access" && isConfidential(content) ? "confidential" : kind;
}

function summaryOf(kind, content, speaker, registers) {
  const title = (register, code) => titleOf(registers, register, code, speaker)?.value ?? plain(code);
  switch (kind) {
    case "access":
      return [title("dataset", content.dataset), content.purpose && title("purpose", content.purpose), content.operation ? choice("operation", content.operation, speaker) : ""].filter(Boolean).join(" · ");
    case "confidential":
      return content.confidential_until_day === undefined ? "" : speaker.say("entry.until", { day: speaker.day(content.confidential_until_day) });
    case "report":
      return plain(content.period);
    case "correction":
    case "opening":
      return speaker.say("common.entry", { index: content.index });
    case "erasure":
      return plain(content.month ?? "");
    case "session_end":
      return plain(content.producer);
    case "genesis":
      return plain(content.origin);
    default:
      return "";
  }
}

function rowsOf(message, content, speaker, registers) {
  const rows = [];
  for (const field of message.fields) {
    if (field === null) continue;
    const value = content[field.name];
    const isAbsent = value === undefined || value === "" || (Array.isArray(value) && value.length === 0) || (field.type === "enum" && value === 0);
    // What is sealed as a whole has no time of its own: the zero there is none.
    const isHidden = MINUTES.has(field.name) && BigInt(value ?? 0) === 0n && content.confidential_seal !== undefined;
    if (isAbsent || isHidden) continue;
    const isTechnical = TECHNICAL.has(field.name);
    rows.push({ field: field.name, label: speaker.say(`field.${field.name}`), isSealed: false, isTechnical, ...shown(field, value, speaker, registers) });
  }
  return rows;
}

function shown(field, value, speaker, registers) {
  const { name, type } = field;
  if (name.endsWith("_seal") || SEALS.has(name)) return { value: speaker.say("entry.sealed"), isSealed: true };
  if (name === "markers") return { value: speaker.say("entry.markers", { n: value.length }) };
  if (name === "text" && value instanceof Uint8Array) return { value: textOf(value) };
  if (ENTRIES.has(name)) return { value: speaker.say("common.entry", { index: value }), entry: value };
  if (MINUTES.has(name)) return { value: speaker.minute(value) };
  if (name.endsWith("_day")) return { value: speaker.day(value) };
  if (type === "enum") return { value: choice(name, value, speaker) };
  if (type === "bool") return { value: speaker.say(value ? "common.yes" : "common.no") };
  if (type === "message") return { value: `${plain(value.origin)}, ${speaker.number(value.size)}, ${toHex(value.root)}` };
  const register = REGISTERS.get(name);
  if (Array.isArray(value)) return { value: value.map((item) => (item instanceof Uint8Array ? toHex(item) : (titleOf(registers, register, item, speaker)?.value ?? plain(item)))).join("\n") };
  if (value instanceof Uint8Array) return { value: toHex(value) };
  if (typeof value === "string") return titleOf(registers, register, value, speaker) ?? { value: plain(value) };
  return { value: speaker.number(value) };
}

function titleOf(registers, register, code, speaker) {
  const titles = registers.get(register)?.get(code);
  if (!titles) return null;
  const isGermanOnly = speaker.language === "en" && titles.en === null;
  return { value: plain(speaker.pick(titles)), code: plain(code), ...(isGermanOnly && { language: "de" }) };
}

function choice(field, number, speaker) {
  const key = `value.${field}.${enumerationName(field, number)}`;
  return speaker.knows(key) ? speaker.say(key) : speaker.number(number);
}

/** A part of a charter may end within a character. */
function textOf(bytes) {
  try {
    return plain(fromUtf8(bytes));
  } catch {
    return plain(new TextDecoder().decode(bytes));
  }
}
