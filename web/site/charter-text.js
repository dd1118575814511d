/**
 * What pages show of a charter beside what verdicts depend on (verify/charter.js): titles, sources, lists of data sets.
 * It was checked when it was published; what is missing or of another type here is shown as not stated.
 */

import { parseCharter } from "../verify/charter.js";
import { fromUtf8 } from "../verify/bytes.js";
import { parseToml } from "../verify/toml.js";
import { Day } from "../verify/toml-values.js";

const REGISTERS = ["purpose", "legal_basis", "unit", "role", "recipient", "storage_location", "subject_scheme", "dataset", "activity"];

/**
 * @typedef {{de: string, en: string | null}} Titles
 */

/**
 * @typedef {object} CharterText
 * @property {Titles} title
 * @property {number | null} adopted days since 1970
 * @property {boolean} isWordingChecked
 * @property {Map<string, Map<string, Titles>>} registers by name (`purpose` …), then by code
 * @property {CommitmentText[]} commitments
 * @property {DatasetText[]} datasets
 */

/**
 * @typedef {object} CommitmentText
 * @property {string} id
 * @property {Titles} title
 * @property {string} source
 * @property {string} evidence
 * @property {boolean} isInterpretation
 * @property {string} severity `breach`, `notice`, or empty
 * @property {Titles | null} question
 * @property {import("../verify/charter.js").Commitment} rule
 */

/**
 * @typedef {object} DatasetText
 * @property {string} id
 * @property {Titles} title
 * @property {string} personal `none`, `indirect` or `direct`
 * @property {Record<string, string[] | null>} lists `purposes`, `roles`, …: `null` where the charter does not say
 * @property {bigint | null} recordCeiling
 * @property {bigint | null} keepDays
 */

/**
 * @param {Uint8Array} bytes the whole text, put together and compared with its SHA-256 by the caller
 * @returns {CharterText}
 * @throws {import("../verify/fault.js").Fault} as `parseCharter`
 */
export function readCharterText(bytes) {
  const rules = parseCharter(bytes);
  const root = parseToml(fromUtf8(bytes));
  const head = root.get("charter");
  const tables = (name) => root.get(name) ?? [];
  const adopted = head.get("adopted");
  return {
    title: titlesOf(head, "title"),
    adopted: adopted instanceof Day ? Number(adopted.days) : null,
    isWordingChecked: head.get("wording_checked") === true,
    registers: new Map(REGISTERS.map((name) => [name, new Map(tables(name).map((table) => [table.get("id"), titlesOf(table, "title")]))])),
    commitments: tables("commitment").map((table, position) => commitmentOf(table, rules.commitments[position])),
    datasets: tables("dataset").map(datasetOf),
  };
}

function commitmentOf(table, rule) {
  return {
    id: rule.id,
    title: titlesOf(table, "title"),
    source: text(table, "source"),
    evidence: text(table, "evidence"),
    isInterpretation: table.get("interpretation") === true,
    severity: text(table, "severity"),
    question: rule.question === null ? null : titlesOf(table, "question"),
    rule,
  };
}

function datasetOf(table) {
  const lists = ["purposes", "roles", "recipients", "legal_bases", "units", "operations", "storage_locations"];
  const number = (key) => (typeof table.get(key) === "bigint" ? table.get(key) : null);
  return {
    id: table.get("id"),
    title: titlesOf(table, "title"),
    personal: text(table, "personal"),
    lists: Object.fromEntries(lists.map((key) => [key, Array.isArray(table.get(key)) ? table.get(key) : null])),
    recordCeiling: number("record_ceiling"),
    keepDays: number("keep_days"),
  };
}

function titlesOf(table, key) {
  const english = table.get(`${key}_en`);
  return { de: text(table, key), en: typeof english === "string" ? english : null };
}

function text(table, key) {
  const value = table.get(key);
  return typeof value === "string" ? value : "";
}
