// What a returning reader sees: the same ledger grown, a rewritten one, another key, a server that is away.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Memory } from "../../site/memory.js";
import { openLedger } from "../../site/trust.js";
import { toUtf8 } from "../../verify/bytes.js";
import { CannotTell, Missing } from "../../verify/fault.js";
import { verifierKey, verifierKeyText } from "../../verify/key.js";
import { sha256 } from "../../verify/sha256.js";
import { KEY_TEXT, MemorySource, ORIGIN, access, chained, checkpoint, genesis, signingKey } from "../support/maker.js";

const PLACE = "https://ledger.example/";
const TODAY = { today: "2026-11-24" };

class Storage {
  items = new Map();
  getItem(name) {
    return this.items.get(name) ?? null;
  }
  setItem(name, text) {
    this.items.set(name, text);
  }
  removeItem(name) {
    this.items.delete(name);
  }
}

const bodies = (count, mark = 0, begins = {}) => [genesis(begins), ...Array.from({ length: count - 1 }, (_, at) => access(at, at === mark ? { purpose: "statistik" } : {}))];

/** A ledger of so many entries, with its key beside it. */
function ledger(count, { mark, key = KEY_TEXT, note, genesis: begins } = {}) {
  const source = new MemorySource(chained(bodies(count, mark, begins)));
  if (note) source.note = note;
  return {
    source,
    async get(path, options) {
      if (path !== "ledger.vkey") return source.get(path, options);
      if (key === null) throw new Missing("the server does not have this file", { where: path });
      return toUtf8(`${key}\n`);
    },
  };
}

const away = { get: async (path) => Promise.reject(new CannotTell("the server could not be reached, or its answer broke off", { where: path })) };

test("the first visit remembers key and state, the next one demands that the ledger continues it", async () => {
  const memory = new Memory(new Storage(), PLACE);
  const first = await openLedger(ledger(300), memory, TODAY);
  assert.deepEqual([first.outcome, first.before, first.isRemembered, first.key.trim()], ["ok", null, true, KEY_TEXT]);
  assert.deepEqual(first.steps.map(({ step }) => step), ["key", "checkpoint"]);
  const second = await openLedger(ledger(700), memory, { today: "2026-11-25" });
  assert.deepEqual([second.outcome, second.before], ["ok", { size: 300n, on: "2026-11-24" }]);
  assert.deepEqual(second.steps.map(({ step, outcome }) => [step, outcome]), [["key", "ok"], ["checkpoint", "ok"], ["history", "ok"]]);
  assert.equal(second.reader.checkpoint.size, 700n);
});

test("a ledger that was rewritten is an alarm, at every visit, and what was verified stays remembered", async () => {
  const storage = new Storage();
  const memory = new Memory(storage, PLACE);
  await openLedger(ledger(300), memory, TODAY);
  const stored = [...storage.items.values()];
  for (let visit = 0; visit < 2; visit += 1) {
    const forked = await openLedger(ledger(301, { mark: 5 }), memory, { today: "2026-12-01" });
    assert.deepEqual([forked.outcome, forked.reason, forked.reader, forked.before.size], ["failed", "history", null, 300n]);
    assert.match(forked.detail, /another root at that size/);
  }
  assert.deepEqual([...storage.items.values()], stored);
});

test("a ledger that became shorter is an alarm", async () => {
  const memory = new Memory(new Storage(), PLACE);
  await openLedger(ledger(300), memory, TODAY);
  const shorter = await openLedger(ledger(299), memory, TODAY);
  assert.deepEqual([shorter.outcome, shorter.reason], ["failed", "history"]);
});

test("another key than at the last visit is an alarm, and nothing is read with it", async () => {
  const memory = new Memory(new Storage(), PLACE);
  await openLedger(ledger(3), memory, TODAY);
  const other = verifierKeyText(verifierKey(ORIGIN, signingKey(1).publicKey));
  const swapped = ledger(3, { key: other });
  const opened = await openLedger(swapped, memory, TODAY);
  assert.deepEqual([opened.outcome, opened.reason, opened.key], ["failed", "other-key", KEY_TEXT]);
  assert.deepEqual(swapped.source.asked, []);
});

test("a key that is spelled with other white space is the same", async () => {
  const memory = new Memory(new Storage(), PLACE);
  await openLedger(ledger(3), memory, TODAY);
  assert.equal((await openLedger(ledger(3, { key: `  ${KEY_TEXT}\r` }), memory, TODAY)).outcome, "ok");
});

test("a key that is not served any more is taken from what was remembered; at the first visit nothing can be told", async () => {
  const memory = new Memory(new Storage(), PLACE);
  const first = await openLedger(ledger(3, { key: null }), memory, TODAY);
  assert.deepEqual([first.outcome, first.reason, first.isRemembered], ["could-not-tell", "no-key", false]);
  await openLedger(ledger(3), memory, TODAY);
  assert.equal((await openLedger(ledger(4, { key: null }), memory, TODAY)).outcome, "ok");
});

test("a server that is away is neither good nor bad, and forgets nothing", async () => {
  const memory = new Memory(new Storage(), PLACE);
  await openLedger(ledger(3), memory, TODAY);
  const opened = await openLedger(away, memory, TODAY);
  assert.deepEqual([opened.outcome, opened.reason, opened.before.size], ["could-not-tell", "unreachable", 3n]);
  assert.match(opened.detail, /could not be reached/);
  assert.equal(memory.read().key, KEY_TEXT);
});

test("a checkpoint that somebody else signed is an alarm, at the first visit too", async () => {
  const foreign = new MemorySource(chained(bodies(3)), { keys: [1] });
  const opened = await openLedger(ledger(3, { note: foreign.note }), new Memory(new Storage(), PLACE), TODAY);
  assert.deepEqual([opened.outcome, opened.reason, opened.isRemembered], ["failed", "signature", false]);
});

test("what was remembered and can't be read does not look like a first visit", async () => {
  const storage = new Storage();
  const memory = new Memory(storage, PLACE);
  await openLedger(ledger(3), memory, TODAY);
  const [name] = storage.items.keys();
  const changed = (change) => JSON.stringify({ ...JSON.parse(storage.items.get(name)), ...change });
  for (const text of ["", "{}", "null", changed({ more: "" }), changed({ on: 1 }), `${storage.items.get(name)}${" ".repeat(20_000)}`, storage.items.get(name).replace("einsicht-site/v1", "einsicht-site/v2"), storage.items.get(name).replace(ORIGIN, "other.example")]) {
    storage.items.set(name, text);
    const opened = await openLedger(ledger(4), memory, TODAY);
    assert.deepEqual([opened.outcome, opened.reason], ["could-not-tell", "memory"], text.slice(0, 40));
    assert.equal(storage.items.get(name), text);
  }
  memory.forget();
  assert.equal((await openLedger(ledger(4), memory, TODAY)).before, null);
});

test("an older state never takes the place of a newer one that another page has seen meanwhile", async () => {
  const storage = new Storage();
  const memory = new Memory(storage, PLACE);
  // The server has grown since it signed what this page is given.
  const slow = ledger(700, { note: checkpoint(chained(bodies(300))) });
  meanwhile(slow, () => openLedger(ledger(700), new Memory(storage, PLACE), TODAY));
  assert.equal((await openLedger(slow, memory, TODAY)).outcome, "ok");
  assert.match(memory.read().kept, /"size": 700/);
  assert.match([...storage.items.values()][0], /"size\\": 700/);
});

/** While a page fetches its checkpoint, another one does something. */
function meanwhile(slow, act) {
  const get = slow.get.bind(slow);
  slow.get = async (path, options) => {
    if (path === "checkpoint") await act();
    return get(path, options);
  };
}

test("two pages that are shown two histories at the same time: the second one to end is told, and nothing is overwritten", async () => {
  for (const [mine, theirs] of [[300, 300], [300, 700], [700, 300], [1, 700]]) {
    const storage = new Storage();
    const begins = { software: "another" };
    const slow = ledger(700, { mark: 5, genesis: begins, note: checkpoint(chained(bodies(mine, 5, begins))) });
    meanwhile(slow, () => openLedger(ledger(theirs), new Memory(storage, PLACE), TODAY));
    const opened = await openLedger(slow, new Memory(storage, PLACE), TODAY);
    assert.deepEqual([opened.outcome, opened.reason, opened.reader, opened.before?.size], ["failed", "history", null, BigInt(theirs)], `${mine} and ${theirs}`);
    assert.deepEqual(opened.steps.map(({ step, outcome }) => [step, outcome]), [["key", "ok"], ["checkpoint", "ok"], ["history", "failed"]]);
    assert.match([...storage.items.values()][0], new RegExp(`"size\\\\": ${theirs}`));
  }
});

test("another page that was shown another key meanwhile is an alarm, and what it stored stays", async () => {
  const storage = new Storage();
  const slow = ledger(300);
  const other = verifierKeyText(verifierKey(ORIGIN, signingKey(1).publicKey));
  meanwhile(slow, () => openLedger(ledger(300, { key: other, note: checkpoint(chained(bodies(300)), { keys: [1] }) }), new Memory(storage, PLACE), TODAY));
  const opened = await openLedger(slow, new Memory(storage, PLACE), TODAY);
  assert.deepEqual([opened.outcome, opened.reason, opened.reader], ["failed", "other-key", null]);
  assert.ok([...storage.items.values()][0].includes(other));
});

test("a state that another page stored meanwhile, and whose tiles can't be had, can't be told", async () => {
  const storage = new Storage();
  const slow = ledger(300);
  meanwhile(slow, async () => {
    await openLedger(ledger(700), new Memory(storage, PLACE), TODAY);
    slow.source.change = (path, bytes) => {
      if (path === "checkpoint") return bytes;
      throw new CannotTell("the server could not be reached", { where: path });
    };
  });
  const opened = await openLedger(slow, new Memory(storage, PLACE), TODAY);
  assert.deepEqual([opened.outcome, opened.reason, opened.reader], ["could-not-tell", "unchecked", null]);
});

test("what another page stored meanwhile and can't be read is neither overwritten nor passed over", async () => {
  const storage = new Storage();
  const slow = ledger(300);
  meanwhile(slow, () => storage.setItem(`einsicht ${PLACE}`, "{}"));
  const opened = await openLedger(slow, new Memory(storage, PLACE), TODAY);
  assert.deepEqual([opened.outcome, opened.reason, [...storage.items.values()]], ["could-not-tell", "memory", ["{}"]]);
});

test("where nothing can be stored, a page that stays open compares with what it verified itself", async () => {
  const full = new Storage();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  for (const storage of [null, full]) {
    const memory = new Memory(storage, PLACE);
    await openLedger(ledger(300), memory, TODAY);
    const grown = await openLedger(ledger(400), memory, TODAY);
    assert.deepEqual([grown.outcome, grown.before?.size, grown.isRemembered], ["ok", 300n, false]);
    const forked = await openLedger(ledger(500, { mark: 5 }), memory, TODAY);
    assert.deepEqual([forked.outcome, forked.reason, forked.before.size], ["failed", "history", 400n]);
    memory.forget();
    assert.equal((await openLedger(ledger(500, { mark: 5 }), memory, TODAY)).before, null);
  }
});

test("an open page compares with what it verified itself, also where another page forgot it and begins anew", async () => {
  const storage = new Storage();
  const open = new Memory(storage, PLACE);
  await openLedger(ledger(300), open, TODAY);
  const other = new Memory(storage, PLACE);
  other.forget();
  await openLedger(ledger(600, { mark: 5 }), other, TODAY);
  const opened = await openLedger(ledger(700, { mark: 5 }), open, TODAY);
  assert.deepEqual([opened.outcome, opened.reason], ["failed", "history"]);
});

test("of what is stored and what the page verified, the larger one counts", async () => {
  const storage = new Storage();
  const one = new Memory(storage, PLACE);
  const two = new Memory(storage, PLACE);
  await openLedger(ledger(300), one, TODAY);
  await openLedger(ledger(700), two, TODAY);
  assert.match(one.read().kept, /"size": 700/);
  storage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  await openLedger(ledger(800), one, TODAY);
  assert.match(one.read().kept, /"size": 800/);
  assert.match(two.read().kept, /"size": 700/);
});

test("a web page in place of the key, or any text that is none, is a key that could not be had", async () => {
  const memory = new Memory(new Storage(), PLACE);
  for (const key of ["<h1>Wartung</h1>", "x+y", ""]) {
    const first = await openLedger(ledger(3, { key }), memory, TODAY);
    assert.deepEqual([first.outcome, first.reason, first.isRemembered], ["could-not-tell", "no-key", false], key);
    assert.notEqual(first.detail, "");
  }
  await openLedger(ledger(3), memory, TODAY);
  assert.equal((await openLedger(ledger(4, { key: "<h1>Wartung</h1>" }), memory, TODAY)).outcome, "ok");
});

test("where nothing can be stored, the ledger is verified all the same, and the page knows", async () => {
  const full = new Storage();
  full.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  for (const storage of [null, full]) {
    const memory = new Memory(storage, PLACE);
    const opened = await openLedger(ledger(3), memory, TODAY);
    assert.deepEqual([opened.outcome, opened.isRemembered, memory.isThere], ["ok", false, storage !== null]);
  }
});

test("ledgers in two folders of one server are remembered apart", async () => {
  const storage = new Storage();
  await openLedger(ledger(300), new Memory(storage, `${PLACE}one/`), TODAY);
  assert.equal((await openLedger(ledger(301, { mark: 5 }), new Memory(storage, `${PLACE}two/`), TODAY)).outcome, "ok");
  assert.equal(storage.items.size, 2);
});

test("a ledger without entries, and one with a single one, are read; what is empty is not remembered", async () => {
  const memory = new Memory(new Storage(), PLACE);
  const empty = await openLedger(ledger(3, { note: checkpoint([], { root: sha256(new Uint8Array(0)) }) }), memory, TODAY);
  assert.deepEqual([empty.outcome, empty.reader.checkpoint.size, empty.isRemembered, memory.read()], ["ok", 0n, false, null]);
  const single = await openLedger(ledger(1), memory, TODAY);
  assert.deepEqual([single.outcome, single.reader.checkpoint.size, single.isRemembered], ["ok", 1n, true]);
  const gone = await openLedger(ledger(3, { note: checkpoint([], { root: sha256(new Uint8Array(0)) }) }), memory, TODAY);
  assert.deepEqual([gone.outcome, gone.reason], ["failed", "history"]);
});

test("a browser without Ed25519 can't tell, and remembers nothing", async () => {
  const subtle = { importKey: async () => Promise.reject(new Error("NotSupportedError")) };
  const memory = new Memory(new Storage(), PLACE);
  const opened = await openLedger(ledger(3), memory, { ...TODAY, subtle });
  assert.deepEqual([opened.outcome, opened.reason, memory.read()], ["could-not-tell", "unreachable", null]);
  assert.match(opened.detail, /Ed25519/);
});
