// The pages as they lie on the disk: both languages say the same, nothing runs or loads but what is ours, and no text is
// missing or left over.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { test } from "node:test";

const WEB = new URL("../../", import.meta.url);
const PAGES = new Map(
  Object.entries({
    start: ["index.html", "index.html"],
    commitments: ["zusagen.html", "commitments.html"],
    datasets: ["datenbestaende.html", "datasets.html"],
    reports: ["berichte.html", "reports.html"],
    entries: ["eintraege.html", "entries.html"],
    verify: ["pruefen.html", "verify.html"],
    "my-data": ["meine-daten.html", "my-data.html"],
  }),
);
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; worker-src blob:; form-action 'none'; base-uri 'none'";
const TABLES = readdirSync(new URL("site/texts/", WEB));
const modules = await Promise.all(TABLES.map(async (file) => [file, await import(new URL(`site/texts/${file}`, WEB))]));
const tables = modules.flatMap(([file, module]) => Object.entries(module).map(([name, table]) => [`${file} ${name}`, table]));
const SOURCES = readdirSync(new URL("site/", WEB), { recursive: true }).filter((name) => name.endsWith(".js"));

const read = (path) => readFileSync(new URL(path, WEB), "utf8");
const all = (text, expression) => [...text.matchAll(expression)].map(([, found]) => found);

for (const [page, [german, english]] of PAGES) {
  const pair = [read(german), read(`en/${english}`)];

  test(`${page}: German and English have the same parts, in the same order`, () => {
    const shape = (html) => all(html, /<(\/?[a-z0-9]+)/g).filter((tag) => !/^\/?(?:code|strong|a)$/.test(tag));
    assert.deepEqual(shape(pair[1]), shape(pair[0]));
    assert.deepEqual(all(pair[1], /data-part="([^"]+)"/g), all(pair[0], /data-part="([^"]+)"/g));
  });

  test(`${page}: nothing runs or is styled but files of our own`, () => {
    for (const html of pair) {
      assert.ok(html.includes(`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`));
      assert.deepEqual(all(html, /\s(on[a-z]+|style)=/g), []);
      assert.deepEqual(all(html, /<(style|iframe|object|embed|form|img)\b/g), []);
      assert.equal(all(html, /(<script\b)/g).length, 1);
      assert.match(html, new RegExp(`<script type="module" src="(?:\\.\\./)?site/pages/${page}\\.js"></script>`));
    }
  });

  test(`${page}: every link leads to a file that is there, and to the same page in the other language`, () => {
    for (const [at, html] of pair.entries()) {
      const base = new URL(at === 0 ? "" : "en/", WEB);
      for (const href of all(html, /(?:href|src)="([^"#]*)(?:#[^"]*)?"/g)) {
        if (href === "" || href === "data:,") continue;
        // The one that no file of the site is, but the server gives.
        assert.ok(existsSync(new URL(href, base)) || href.replace("../", "") === "reports/index.json", `${href} of ${page}`);
      }
      const other = at === 0 ? `en/${english}` : `../${german}`;
      assert.equal(html.split(`href="${other}"`).length, 3, `${page} links to ${other} in its head and on the page`);
      assert.match(html, new RegExp(`<html lang="${at === 0 ? "de" : "en"}">`));
      assert.equal(all(html, /(aria-current="page")/g).length, 1);
    }
  });

  test(`${page}: anchors that are linked to are there`, () => {
    for (const [at, html] of pair.entries()) {
      const base = new URL(at === 0 ? "" : "en/", WEB);
      for (const [, file, anchor] of html.matchAll(/href="([^"#]*)#([^"]+)"/g)) {
        const target = file === "" ? html : readFileSync(new URL(file, base), "utf8");
        assert.ok(target.includes(`id="${anchor}"`), `${file}#${anchor}`);
      }
    }
  });
}

for (const [file, table] of tables) {
  test(`texts/${file}: German and English have the same texts, with the same places and forms`, () => {
    assert.deepEqual(Object.keys(table.en), Object.keys(table.de));
    const places = (text) => [text].flat().map((form) => [...new Set(all(form, /\{(\w+)\}/g))].sort());
    for (const [key, german] of Object.entries(table.de)) {
      assert.deepEqual(places(table.en[key]), places(german), key);
      for (const form of [german, table.en[key]].flat()) assert.ok(form.trim() === form && form.length > 0, key);
    }
  });
}

test("no text has two homes", () => {
  const keys = tables.flatMap(([, table]) => Object.keys(table.de));
  assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), []);
});

test("every text that a module names is there, and every text is named or built somewhere", () => {
  const known = new Set(tables.flatMap(([, table]) => Object.keys(table.de)));
  const code = SOURCES.filter((name) => !name.startsWith("texts")).map((name) => read(`site/${name}`)).join("\n");
  for (const key of all(code, /say\("([^"]+)"/g)) assert.ok(known.has(key), `the text “${key}” is missing`);
  // Built with a variable end: `kind.${…}`.
  const built = new Set(all(code, /`([a-z.]+[.-])\$\{/g));
  for (const key of known) {
    const isBuilt = [...built].some((start) => key.startsWith(start));
    assert.ok(isBuilt || code.includes(`"${key}"`), `the text “${key}” is used nowhere`);
  }
});

test("no module makes elements of text, or runs text", () => {
  for (const name of SOURCES) {
    const code = read(`site/${name}`);
    assert.doesNotMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment/, name);
  }
});

test("modules of the site are small rooms", () => {
  for (const name of SOURCES) assert.ok(read(`site/${name}`).split("\n").length <= 300, name);
});

/** Files that a module needs before it runs. */
function closure(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const next of all(read(path), /^(?:import|export)[^"]*"(\.[^"]+)";/gms)) closure(fileURLToPath(new URL(next, new URL(path, WEB))).slice(fileURLToPath(WEB).length), found);
  return found;
}

test("the first page and all that it loads stay below 100 KB, compressed", () => {
  const files = ["index.html", "style.css", ...closure("site/pages/start.js")];
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, WEB))).length, 0);
  assert.ok(files.length > 20 && bytes < 90_000, `${files.length} files, ${bytes} bytes`);
  assert.ok(statSync(new URL("style.css", WEB)).size < 20_000);
});
