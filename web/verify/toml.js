/**
 * TOML 1.0.0, as far as charters have it: headings, lists of tables, keys. What TOML 1.1 added is refused.
 */

import { Reader, Table } from "./toml-values.js";

const BYTE_ORDER_MARK = "\u{feff}";

/** Tables under one heading in double brackets. */
class Tables {
  all = [];
}

/**
 * Reads a document.
 *
 * @param {string} text a byte order mark at its beginning is no part of it
 * @returns {Map<string, unknown>} `string`, `bigint`, `boolean`, `Day`, arrays, and maps for tables: no name of a key
 *   means anything to JavaScript
 * @throws {Failed} what is not TOML, or what no charter has; says the line
 */
export function parseToml(text) {
  const reader = new Reader(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  const root = new Table("headed");
  let table = root;
  for (reader.gap(); !reader.isAtEnd; reader.gap()) {
    if (reader.text[reader.at] === "[") {
      table = heading(reader, root);
    } else {
      const key = reader.key();
      if (!reader.takeText("=")) throw reader.malformed("a key has no value");
      reader.blank();
      const value = reader.value();
      if (!table.put(key, value)) throw reader.malformed("a key stands twice, or is added to what is complete");
    }
    reader.endOfLine();
  }
  return plain(root);
}

/** Reads a heading; gives the table that what follows belongs to. */
function heading(reader, root) {
  const isList = reader.takeText("[[");
  if (!isList) reader.at += 1;
  const key = reader.key();
  if (!reader.takeText(isList ? "]]" : "]")) throw reader.malformed("a heading does not end");
  const last = key.pop();
  const parent = key.reduce((table, part) => descend(reader, table, part), root);
  const found = parent.entries.get(last);
  if (isList) {
    if (found !== undefined && !(found instanceof Tables)) throw reader.malformed("a heading is a list, and was something else before");
    const tables = found ?? new Tables();
    const table = new Table("headed");
    tables.all.push(table);
    parent.entries.set(last, tables);
    return table;
  }
  if (found === undefined) {
    parent.entries.set(last, new Table("headed"));
  } else {
    if (!(found instanceof Table) || found.kind !== "implicit") throw reader.malformed("a heading stands twice, or was something else before");
    found.kind = "headed";
  }
  return parent.entries.get(last);
}

function descend(reader, table, part) {
  const found = table.entries.get(part);
  if (found === undefined) {
    const made = new Table("implicit");
    table.entries.set(part, made);
    return made;
  }
  if (found instanceof Tables) return found.all.at(-1);
  if (!(found instanceof Table) || found.kind === "inline") throw reader.malformed("a heading is below what is no table");
  return found;
}

/** Nests as deep as the reader allowed. */
function plain(value) {
  if (value instanceof Table) return new Map([...value.entries].map(([key, inner]) => [key, plain(inner)]));
  if (value instanceof Tables) return value.all.map(plain);
  return Array.isArray(value) ? value.map(plain) : value;
}

