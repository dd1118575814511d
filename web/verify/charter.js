/**
 * A charter, read for judging by it (docs/charter.md): its data sets, activities and commitments. It was checked when it
 * was published; here only what a verdict depends on is read, and a condition that this reader does not know is
 * "could not tell", never left out.
 */

import { fromUtf8 } from "./bytes.js";
import { CannotTell, Failed, within } from "./fault.js";
import { parseToml } from "./toml.js";
import { Day } from "./toml-values.js";

/** Most bytes of a charter. */
export const CHARTER_BYTES_MAX = 4 << 20;
const COMMITMENTS_MAX = 64;
const CONDITIONS = new Set([
  "in",
  "present",
  "at_most",
  "at_most_of_dataset",
  "listed_in_dataset",
  "not_older_than_days",
  "not_older_than_of_dataset",
  "days_before_access",
]);

/**
 * @typedef {object} Condition
 * @property {string} field
 * @property {string} kind `is`, or a key of docs/charter.md, Conditions
 * @property {unknown} value
 */

/**
 * @typedef {object} Commitment
 * @property {string} id
 * @property {string} title
 * @property {string | null} titleEn
 * @property {string | null} question a commitment with a question is never judged
 * @property {Condition[]} when
 * @property {Condition[]} must conditions of `must`, or of `must_not`
 * @property {boolean} isForbidden whether these are of `must_not`
 */

/**
 * @typedef {object} Charter
 * @property {string} title
 * @property {Map<string, Map<string, unknown>>} datasets by id, as they stand in the text
 * @property {Map<string, Map<string, unknown>>} activities by id, likewise
 * @property {Commitment[]} commitments in the order of the text
 */

/**
 * @param {Uint8Array} bytes the whole text
 * @returns {Charter}
 * @throws {Failed} it is no charter
 * @throws {CannotTell} it has a condition that this reader does not know
 */
export function parseCharter(bytes) {
  if (bytes.length > CHARTER_BYTES_MAX) throw new Failed("the charter is too long", { expected: `at most ${CHARTER_BYTES_MAX} bytes`, found: `${bytes.length} bytes` });
  return within("charter", () => {
    const root = parseToml(fromUtf8(bytes));
    const head = root.get("charter");
    if (!(head instanceof Map)) throw new Failed("the table [charter] is missing");
    const commitments = tablesOf(root, "commitment").map(commitmentOf);
    if (commitments.length > COMMITMENTS_MAX) throw new Failed("the charter has too many commitments", { expected: `at most ${COMMITMENTS_MAX}`, found: commitments.length });
    return { title: textOf(head, "title"), datasets: byId(root, "dataset"), activities: byId(root, "activity"), commitments };
  });
}

function byId(root, name) {
  const found = new Map();
  for (const table of tablesOf(root, name)) {
    const id = textOf(table, "id");
    if (found.has(id)) throw new Failed(`a ${name} is there twice`, { found: id });
    found.set(id, table);
  }
  return found;
}

function tablesOf(root, name) {
  const tables = root.get(name) ?? [];
  if (!Array.isArray(tables) || !tables.every((table) => table instanceof Map)) throw new Failed(`[[${name}]] is no list of tables`);
  return tables;
}

function textOf(table, key) {
  const value = table.get(key);
  if (typeof value !== "string") throw new Failed(`the text “${key}” is missing`);
  return value;
}

function commitmentOf(table, position) {
  return within(`commitment ${position + 1}`, () => {
    const kinds = ["must", "must_not", "question"].filter((key) => table.has(key));
    if (kinds.length !== 1) throw new Failed("a commitment has exactly one of must, must_not and question", { found: kinds.join(", ") || "none" });
    const isQuestion = kinds[0] === "question";
    return {
      id: textOf(table, "id"),
      title: textOf(table, "title"),
      titleEn: table.get("title_en") ?? null,
      question: isQuestion ? textOf(table, "question") : null,
      when: conditionsOf(table.get("when")),
      must: isQuestion ? [] : conditionsOf(table.get(kinds[0])),
      isForbidden: kinds[0] === "must_not",
    };
  });
}

function conditionsOf(table) {
  if (table === undefined) return [];
  if (!(table instanceof Map)) throw new Failed("conditions stand between braces");
  return [...table].map(([field, written]) => {
    if (!(written instanceof Map)) {
      if (Array.isArray(written) || written instanceof Day) throw new CannotTell("the charter compares a field in a way that this reader does not know", { found: field });
      return { field, kind: "is", value: written };
    }
    const [[kind, value], ...more] = written.size > 0 ? written : [[""]];
    if (!CONDITIONS.has(kind) || more.length > 0) throw new CannotTell("the charter has a condition that this reader does not know", { where: field, found: [...written.keys()].join(", ") || "none" });
    return { field, kind, value };
  });
}
