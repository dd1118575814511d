// Workers are made of a blob, and with that bound by the policy of the page; that this is so, tests in Chromium see.

import assert from "node:assert/strict";
import { resolveObjectURL } from "node:buffer";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { BoundWorker } from "../../site/bound-worker.js";

const SITE = new URL("../../site/", import.meta.url);

/** A worker of a browser, as far as its page sees it. */
class SeenWorker {
  told = [];
  isEnded = false;
  static last = null;

  constructor(url, options) {
    this.url = url;
    this.options = options;
    SeenWorker.last = this;
  }

  postMessage(message) {
    this.told.push(message);
  }

  terminate() {
    this.isEnded = true;
  }
}

function made() {
  globalThis.Worker = SeenWorker;
  const heard = [];
  const worker = new BoundWorker(new URL("https://city.example/a%22b/site/work/scan.js"), { onMessage: (data) => heard.push(data), onError: () => heard.push("error") });
  return { worker, seen: SeenWorker.last, heard };
}

test("the worker is a blob that only imports the module, and an import that fails is an error of the worker", async () => {
  const { seen } = made();
  assert.match(seen.url, /^blob:/);
  assert.deepEqual(seen.options, { type: "module" });
  const code = await resolveObjectURL(seen.url).text();
  assert.ok(code.startsWith('import("https://city.example/a%22b/site/work/scan.js").catch('));
  assert.match(code, /throw error/);
  seen.onerror({});
});

test("what is told before the module is there waits for it, and stays in order", () => {
  const { worker, seen, heard } = made();
  worker.tell({ do: "begin" });
  worker.tell({ do: "stop" });
  assert.deepEqual(seen.told, []);
  seen.onmessage({ data: { says: "loaded" } });
  worker.tell({ do: "go-on" });
  assert.deepEqual([seen.told.map((message) => message.do), heard], [["begin", "stop", "go-on"], []]);
  seen.onmessage({ data: { says: "done" } });
  assert.deepEqual(heard, [{ says: "done" }]);
  assert.equal(resolveObjectURL(seen.url), undefined);
});

test("the blob goes with the worker, also before the module was there", () => {
  const { worker, seen } = made();
  worker.end();
  assert.deepEqual([seen.isEnded, resolveObjectURL(seen.url)], [true, undefined]);
});

test("no module of the site makes a worker in another way", () => {
  for (const name of readdirSync(SITE, { recursive: true }).filter((file) => file.endsWith(".js") && file !== "bound-worker.js")) {
    assert.doesNotMatch(readFileSync(new URL(name, SITE), "utf8"), /new (?:Shared)?Worker\b|serviceWorker/, name);
  }
});
