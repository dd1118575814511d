import assert from "node:assert/strict";
import { test } from "node:test";

import { checkEntry } from "../verify/check-entry.js";
import { checkHead } from "../verify/check-head.js";
import { CannotTell } from "../verify/fault.js";
import { keptText, parseKept } from "../verify/kept.js";
import { KEY_TEXT, MemorySource, ORIGIN, access, chained, checkpoint, genesis } from "./support/maker.js";
import { cannotTell } from "./support/refused.js";

const LEAVES = chained([genesis(), ...Array.from({ length: 599 }, (_, at) => access(at))]);
const key = KEY_TEXT;
const firstBad = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");
const serving = (leaves) => new MemorySource(leaves);

test("the newest state is verified without an entry, and against what was verified last", async () => {
  const source = serving(LEAVES.slice(0, 300));
  source.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) assert.fail("an entry was asked for");
    return bytes;
  };
  const first = await checkHead(source, { key });
  assert.equal(first.outcome, "ok");
  const kept = parseKept(keptText(ORIGIN, first.reader.checkpoint), ORIGIN);
  assert.deepEqual(kept, { size: 300n, root: first.reader.checkpoint.root });
  const grown = await checkHead(serving(LEAVES), { key, kept });
  assert.deepEqual([grown.outcome, grown.steps.at(-1).step], ["ok", "history"]);
  const forked = chained([genesis(), access(0, { purpose: "statistik" }), ...Array.from({ length: 598 }, (_, at) => access(at + 1))]);
  for (const leaves of [forked, LEAVES.slice(0, 299)]) {
    const result = await checkHead(serving(leaves), { key, kept });
    assert.deepEqual([result.outcome, firstBad(result).step, result.reader], ["failed", "history", null]);
  }
});

test("where tiles can't be had, whether the history is the same can't be told", async () => {
  const { reader } = await checkHead(serving(LEAVES.slice(0, 300)), { key });
  const source = serving(LEAVES);
  source.change = (path, bytes) => {
    if (path.startsWith("tile/0")) throw new CannotTell("away");
    return bytes;
  };
  const result = await checkHead(source, { key, kept: reader.checkpoint });
  assert.deepEqual([result.outcome, firstBad(result).step, result.reader], ["could-not-tell", "history", null]);
});

test("entries are checked with their neighbours, also the first and the last", async () => {
  for (const index of [0n, 1n, 255n, 256n, 599n]) {
    const result = await checkEntry(serving(LEAVES), index, { key });
    assert.deepEqual([result.outcome, result.entry?.index], ["ok", index], firstBad(result)?.detail);
    assert.deepEqual(result.entry.leaf, LEAVES[Number(index)]);
  }
  const alone = await checkEntry(serving(LEAVES.slice(0, 1)), 0n, { key });
  assert.deepEqual([alone.outcome, alone.entry.body.kind], ["ok", "genesis"]);
});

test("an entry that there is none of, or that is kept from the public, can't be told", async () => {
  for (const index of [600n, 2n ** 60n]) assert.equal((await checkEntry(serving(LEAVES), index, { key })).outcome, "could-not-tell");
  const source = serving(LEAVES);
  source.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("not shown");
    return bytes;
  };
  const result = await checkEntry(source, 5n, { key });
  assert.deepEqual([result.outcome, firstBad(result).step, result.entry], ["could-not-tell", "inclusion", null]);
});

/** A ledger whose tree is signed, and whose chain is broken at an entry. */
function broken(at, replace) {
  const leaves = [...LEAVES.slice(0, 20)];
  leaves[at] = replace(leaves[at].slice());
  const source = serving(leaves);
  source.note = checkpoint(leaves);
  return source;
}

test("a broken chain is seen from both sides, though the tree is signed", async () => {
  const source = broken(10, (leaf) => {
    leaf[5] ^= 1;
    return leaf;
  });
  for (const index of [9n, 10n, 11n]) {
    const result = await checkEntry(source, index, { key });
    assert.deepEqual([result.outcome, firstBad(result).step, result.entry], ["failed", "chain", null], String(index));
  }
  assert.equal((await checkEntry(source, 8n, { key })).outcome, "ok");
});

test("an order in time that runs back is seen from both sides", async () => {
  const at = (index) => 1_800_000_000 + (index === 10 ? -1_000 : index);
  const source = serving(chained([genesis(), ...Array.from({ length: 15 }, (_, index) => access(index))], { at }));
  for (const [index, outcome] of [[8n, "ok"], [9n, "failed"], [10n, "failed"], [11n, "ok"]]) {
    assert.equal((await checkEntry(source, index, { key })).outcome, outcome, String(index));
  }
});

test("an entry that can't be read, and a beginning that is none", async () => {
  const unreadable = await checkEntry(serving(chained([genesis(), Uint8Array.of(0x1a)])), 1n, { key });
  assert.deepEqual([unreadable.outcome, firstBad(unreadable).step], ["failed", "entry"]);
  const elsewhere = await checkEntry(serving(chained([genesis({ origin: "other.example" })])), 0n, { key });
  assert.deepEqual([elsewhere.outcome, firstBad(elsewhere).step], ["failed", "entry"]);
});

test("what was kept and can't be read, or is of another ledger, is no first visit", async () => {
  const text = keptText(ORIGIN, { size: 2n ** 63n + 1n, root: new Uint8Array(32) });
  assert.equal(parseKept(text, ORIGIN).size, 2n ** 63n + 1n);
  const wrong = ["", "null", text.replace("v1", "v2"), text.replace(/"root": ".*"/, '"root": "AAAA"'), text.replace(/"root": ".*"/, '"root": "?"'), keptText("other.example", { size: 1n, root: new Uint8Array(32) }), keptText(ORIGIN, { size: 0n, root: new Uint8Array(32) }), " ".repeat(3_000) + text];
  for (const one of wrong) await cannotTell(() => parseKept(one, ORIGIN), one);
});
