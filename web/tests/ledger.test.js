import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, equal, fromHex, toHex } from "../verify/bytes.js";
import { LedgerCheck } from "../verify/check-ledger.js";
import { openCheckpoint } from "../verify/checkpoint.js";
import { CannotTell } from "../verify/fault.js";
import { leafHash } from "../verify/merkle.js";
import { LedgerReader, verifyGrowth } from "../verify/reader.js";
import { sealOf } from "../verify/seal.js";
import { sha256 } from "../verify/sha256.js";
import { KEY, KEY_TEXT, MemorySource, ORIGIN, access, body, bundle, chained, checkpoint, encode, genesis, signingKey } from "./support/maker.js";
import { always } from "./support/random.js";
import { cannotTell, refuses } from "./support/refused.js";
import { rootByDefinition } from "./support/trees.js";

const bodiesOf = (size) => [genesis(), ...Array.from({ length: size - 1 }, (_, index) => access(index))];
const LARGE = chained(bodiesOf(700));

const check = (source, known = {}) => new LedgerCheck(source, { key: KEY_TEXT, ...known }).run();
const stepThatFailed = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");

async function readerOf(source) {
  return new LedgerReader(source, await openCheckpoint(await source.get("checkpoint", { max: 1_000_000 }), ORIGIN, [KEY]));
}

for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 700]) {
  test(`a ledger of ${size} entries is verified, to its end`, async () => {
    const progress = [];
    const source = new MemorySource(LARGE.slice(0, size));
    const checked = new LedgerCheck(source, { key: KEY_TEXT });
    const result = await checked.run({ onProgress: ({ entries }) => progress.push(entries) });
    assert.equal(result.outcome, "ok", JSON.stringify(stepThatFailed(result)));
    assert.deepEqual([result.head.size, result.simulated, progress.at(-1)], [BigInt(size), true, size]);
    assert.equal(checked.audit.kinds.access, size - 1);
  });
}

test("an entry that is changed, taken away, put in or moved is found, and named", async () => {
  const leaves = LARGE.slice(0, 300);
  await always(40, async (random) => {
    const at = random.below(299);
    const changes = [
      (list) => (list[at] = changedLeaf(list[at], random)),
      (list) => list.splice(at, 1),
      (list) => list.splice(at, 0, list[random.below(300)]),
      (list) => ([list[at], list[at + 1]] = [list[at + 1], list[at]]),
    ];
    const changed = [...leaves];
    random.of(changes)(changed);
    const source = new MemorySource(changed);
    const signed = checkpoint(leaves);
    source.change = (path, bytes) => (path === "checkpoint" ? signed : path.startsWith("tile/entries/001") ? bundle(changed.slice(256, 300)) : bytes);
    const result = await check(source);
    assert.deepEqual([result.outcome, result.head], ["failed", null]);
    assert.match(stepThatFailed(result).detail, /entry \d+|root|bundle/);
  });
});

function changedLeaf(leaf, random) {
  const changed = leaf.slice();
  changed[random.below(leaf.length)] ^= 1 << random.below(8);
  return changed;
}

test("entries that hold together and are signed by nobody make another root", async () => {
  const source = new MemorySource(chained([genesis(), access(0), access(1, { purpose: "statistik" })]));
  const signed = checkpoint(LARGE.slice(0, 3));
  source.change = (path, bytes) => (path === "checkpoint" ? signed : bytes);
  const result = await check(source);
  assert.deepEqual([result.outcome, stepThatFailed(result).step], ["failed", "root"]);
});

test("a server that goes away in the middle is no failure, and the check goes on where it stood", async () => {
  const source = new MemorySource(LARGE);
  const checked = new LedgerCheck(source, { key: KEY_TEXT });
  let isAway = true;
  source.change = (path, bytes) => {
    if (isAway && path === "tile/entries/001") throw new CannotTell("the server could not be reached", { where: path });
    return bytes;
  };
  const first = await checked.run();
  assert.deepEqual([first.outcome, stepThatFailed(first).step, checked.audit.next], ["could-not-tell", "entries", 256]);
  assert.ok(first.steps.slice(3).every(({ outcome }) => outcome === "could-not-tell"), "nothing behind it is told");
  isAway = false;
  source.asked.length = 0;
  const second = await checked.run();
  assert.equal(second.outcome, "ok");
  assert.ok(!source.asked.includes("tile/entries/000") && !source.asked.includes("checkpoint"), source.asked.join());
});

test("entries that are kept from the public can't be told", async () => {
  const source = new MemorySource(LARGE.slice(0, 5));
  source.change = (path, bytes) => {
    if (path.startsWith("tile/entries")) throw new CannotTell("not shown to the public", { found: "status 403" });
    return bytes;
  };
  const result = await check(source);
  assert.deepEqual([result.outcome, stepThatFailed(result).step], ["could-not-tell", "entries"]);
  // What is public is verified all the same.
  await (await readerOf(source)).hashTile(0, 0n);
});

test("a ledger that grew is verified against what was kept; one that was rewritten or cut is not", async () => {
  const [old, grown] = [LARGE.slice(0, 290), LARGE];
  const { head } = await check(new MemorySource(old));
  const result = await check(new MemorySource(grown), { kept: head });
  assert.deepEqual([result.outcome, result.steps.at(-1).step], ["ok", "history"]);
  assert.equal((await check(new MemorySource(old), { kept: head })).outcome, "ok", "it need not grow");
  const forked = chained([genesis(), access(0, { purpose: "statistik" }), ...bodiesOf(700).slice(2)]);
  for (const [leaves, known] of [[forked, head], [old.slice(0, 289), head]]) {
    const other = await check(new MemorySource(leaves), { kept: known });
    assert.deepEqual([other.outcome, stepThatFailed(other).step, other.head], ["failed", "history", null]);
    await refuses(async () => verifyGrowth(known, await readerOf(new MemorySource(leaves))), "fork");
  }
});

test("an empty ledger that was kept says nothing", async () => {
  const result = await check(new MemorySource(LARGE.slice(0, 5)), { kept: { size: 0n, root: sha256(new Uint8Array(0)) } });
  assert.deepEqual([result.outcome, stepThatFailed(result).step], ["could-not-tell", "history"]);
});

test("growth is verified from hash tiles alone, for every pair of some sizes", async () => {
  const sizes = [1, 2, 255, 256, 257, 512, 513, 700];
  for (const size of sizes) {
    const reader = await readerOf(new MemorySource(LARGE.slice(0, size)));
    for (const kept of sizes.filter((other) => other <= size)) {
      const root = rootByDefinition(LARGE.slice(0, kept).map(leafHash));
      assert.ok(equal(await reader.rootAt(BigInt(kept)), root), `${kept} in ${size}`);
      await verifyGrowth({ size: BigInt(kept), root }, reader);
      await refuses(() => verifyGrowth({ size: BigInt(kept), root: sha256(root) }, reader), `${kept} in ${size}`);
    }
    await cannotTell(() => verifyGrowth({ size: 0n, root: sha256(new Uint8Array(0)) }, reader), "nothing kept");
    await refuses(() => verifyGrowth({ size: BigInt(size + 1), root: reader.checkpoint.root }, reader), "smaller");
  }
});

test("every entry is read and proven by its index, and there is none behind the last", async () => {
  const reader = await readerOf(new MemorySource(LARGE));
  for (const index of [0n, 1n, 255n, 256n, 511n, 512n, 699n]) {
    const entry = await reader.entry(index);
    assert.deepEqual(entry.leaf, LARGE[Number(index)]);
    assert.equal(entry.body.kind, index === 0n ? "genesis" : "access");
  }
  for (const index of [700n, 768n, 2n ** 40n]) await cannotTell(() => reader.entry(index), String(index));
});

test("a tile or an entry with one changed bit is refused before it is used", async () => {
  await always(60, async (random) => {
    const source = new MemorySource(LARGE);
    const path = random.of(["tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001"]);
    source.change = (asked, bytes) => (asked === path ? changedAt(bytes, 300 + random.below(50), random) : bytes);
    await refuses(async () => (await readerOf(source)).entry(257n), path).catch(async (error) => {
      // What lies beside the way is not looked at: then the entry is right.
      if (!/accepted/.test(error.message)) throw error;
      const { leaf } = await (await readerOf(source)).entry(257n);
      assert.ok(path === "tile/entries/001" && equal(leaf, LARGE[257]), error.message);
    });
  });
});

function changedAt(bytes, at, random) {
  const changed = bytes.slice();
  changed[at % bytes.length] ^= 1 << random.below(8);
  return changed;
}

test("where partial tiles are gone, the beginning of the full ones is taken", async () => {
  const source = new MemorySource(LARGE);
  const signed = checkpoint(LARGE.slice(0, 400));
  source.change = (path, bytes) => (path === "checkpoint" ? signed : path.includes(".p/144") ? null : bytes);
  const result = await check(source);
  assert.equal(result.outcome, "ok", JSON.stringify(stepThatFailed(result)));
  assert.deepEqual((await (await readerOf(source)).entry(399n)).leaf, LARGE[399]);
  source.change = (path, bytes) => (path === "checkpoint" ? signed : /\.p\/144|\/001$/.test(path) ? null : bytes);
  assert.equal((await check(source)).outcome, "could-not-tell");
});

test("an empty ledger, and one with a single entry", async () => {
  const empty = new MemorySource([]);
  assert.equal((await check(empty)).outcome, "could-not-tell");
  await cannotTell(async () => (await readerOf(empty)).entry(0n), "no entry");
  assert.equal((await check(new MemorySource(LARGE.slice(0, 1)))).outcome, "ok");
});

const root = new Uint8Array(32).fill(3);
const beginnings = {
  "another origin": ["failed", { origin: "other.example" }],
  "no key": ["failed", { public_keys: [] }],
  "a key that nobody can have": ["failed", { public_keys: [KEY.publicKey, new Uint8Array(32)] }],
  "another key only": ["failed", { public_keys: [signingKey(1).publicKey] }],
  "a second key that did not sign": ["failed", { public_keys: [KEY.publicKey, signingKey(1).publicKey] }],
  "a predecessor with a short root": ["failed", { predecessor: { origin: "before", size: 1, root: root.slice(1) } }],
  "a later format": ["could-not-tell", { format_version: 2, origin: "whatever" }],
  "a predecessor": ["ok", { predecessor: { origin: "before", size: 1, root } }],
};
for (const [name, [outcome, changes]] of Object.entries(beginnings)) {
  test(`genesis: ${name}`, async () => {
    const result = await check(new MemorySource(chained([genesis(changes), access(0)])));
    assert.equal(result.outcome, outcome, JSON.stringify(stepThatFailed(result)));
  });
}

test("two keys that both signed are known both", async () => {
  const leaves = chained([genesis({ public_keys: [KEY.publicKey, signingKey(1).publicKey] })]);
  assert.equal((await check(new MemorySource(leaves, { keys: [0, 1] }))).outcome, "ok");
});

const PARTS = ["[charter]\n", 'title = "x"\n'];
const SHA = sha256(new TextEncoder().encode(PARTS.join("")));
const part = (number) => body("charter", { part: number, parts: 2, sha256: SHA, text: new TextEncoder().encode(PARTS[number - 1]) });
const DAY = 20_758;
const NONCE = new Uint8Array(16).fill(5);
const within_ = (changes = {}) => encode("AccessRecord", { dataset: "geheim", confidential_until_day: DAY, producer: "p", nonce: NONCE, ...changes });
const SALT = new Uint8Array(32).fill(4);
const hidden = (record) => body("access", { confidential_until_day: DAY, confidential_seal: sealOf(44, SALT, record), nonce: NONCE });
const opening = (index, record) => body("opening", { index, salt: SALT, record });

const ledgers = {
  "does not begin with a genesis": ["failed", [access(0)]],
  "begins twice": ["failed", [genesis(), genesis()]],
  "has a body that is none": ["failed", [genesis(), fromHex("1a")]],
  "has an entry of unknown kind": ["ok", [genesis(), fromHex("6a00"), new Uint8Array(0)]],
  "has a charter, and names it": ["ok", [genesis(), part(1), part(2), access(0, { charter: 2 })]],
  "has a charter, and does not name it": ["failed", [genesis(), part(1), part(2), access(0)]],
  "names a charter that is not in force": ["failed", [genesis(), part(1), part(2), access(0, { charter: 1 })]],
  "names a charter where there is none": ["failed", [genesis(), access(0, { charter: 0 })]],
  "interrupts a charter": ["failed", [genesis(), part(1), access(0), part(2)]],
  "ends within a charter": ["failed", [genesis(), part(1)]],
  "opens a confidential record": ["ok", [genesis(), hidden(within_()), opening(1, within_())]],
  "opens it twice": ["failed", [genesis(), hidden(within_()), opening(1, within_()), opening(1, within_())]],
  "opens it before it is there": ["failed", [genesis(), opening(2, within_()), hidden(within_())]],
  "opens another record": ["failed", [genesis(), hidden(within_()), opening(1, within_({ dataset: "anders" }))]],
  "opens what is not confidential": ["failed", [genesis(), access(0), opening(1, within_())]],
  "opens it before its day": ["failed", [genesis(), body("access", { confidential_until_day: DAY + 1, confidential_seal: sealOf(44, SALT, within_({ confidential_until_day: DAY + 1 })), nonce: NONCE }), opening(1, within_({ confidential_until_day: DAY + 1 }))]],
  "opens one that names a charter of later": ["failed", [genesis(), hidden(within_({ charter: 3 })), part(1), part(2), opening(1, within_({ charter: 3 }))]],
  "opens one under its own charter": ["ok", [genesis(), part(1), part(2), hidden(within_({ charter: 2 })), part(1), part(2), opening(3, within_({ charter: 2 }))]],
  "shows a field of a confidential record": ["failed", [genesis(), body("access", { dataset: "x", confidential_seal: SALT, nonce: NONCE })]],
  "changes its keys": ["could-not-tell", [genesis(), body("key_change", { action: 1, public_key: root, signature: concat(root, root) })]],
};
for (const [name, [outcome, bodies]] of Object.entries(ledgers)) {
  test(`a ledger that ${name}`, async () => {
    const leaves = chained(bodies, { at: (index) => DAY * 86_400 + index });
    const result = await check(new MemorySource(leaves));
    assert.equal(result.outcome, outcome, JSON.stringify(stepThatFailed(result)));
  });
}

const RULES = '[charter]\ntitle = "x"\n[[dataset]]\nid = "d"\ntitle = "d"\npersonal = "direct"\npurposes = ["a"]\n[[commitment]]\nid = "C"\ntitle = "c"\nmust = { purpose = { listed_in_dataset = "purposes" } }\n';
const inForce = (text) => body("charter", { part: 1, parts: 1, sha256: sha256(new TextEncoder().encode(text)), text: new TextEncoder().encode(text) });
const judged = (changes) => access(0, { dataset: "d", purpose: "a", charter: 1, ...changes });
const concealed = (changes) => encode("AccessRecord", { dataset: "d", purpose: "b", confidential_until_day: DAY, producer: "p", nonce: NONCE, charter: 1, ...changes });
const judging = {
  "are all those of the charter": ["ok", [genesis(), inForce(RULES), judged(), judged({ purpose: "b", deviates: ["C"] }), judged({ dataset: "e", not_verifiable: ["C"] })]],
  "hide a deviation": ["failed", [genesis(), inForce(RULES), judged({ purpose: "b" })]],
  "invent a deviation": ["failed", [genesis(), inForce(RULES), judged({ deviates: ["C"] })]],
  "are stated without a charter": ["failed", [genesis(), access(0, { deviates: ["C"] })]],
  "need what this reader does not know": ["could-not-tell", [genesis(), inForce(RULES.replace("listed_in_dataset", "later")), judged()]],
  "need a charter that is none": ["failed", [genesis(), inForce("no TOML"), judged()]],
  "are those of an opened record": ["ok", [genesis(), inForce(RULES), hidden(concealed({ deviates: ["C"] })), opening(2, concealed({ deviates: ["C"] }))]],
  "are others in an opened record": ["failed", [genesis(), inForce(RULES), hidden(concealed()), opening(2, concealed())]],
};
for (const [name, [outcome, bodies]] of Object.entries(judging)) {
  test(`verdicts that ${name}`, async () => {
    const source = new MemorySource(chained(bodies, { at: (index) => DAY * 86_400 + index }));
    const result = await check(source, { judges: true });
    assert.deepEqual([result.outcome, result.steps.at(-1).step, result.steps.at(-1).outcome], [outcome, "verdicts", outcome], result.steps.at(-1).detail);
    // Without being asked for, they are no step, and nothing is said of them.
    assert.equal((await check(source)).outcome, "ok");
  });
}

test("an error of the code is no outcome", async () => {
  const source = new MemorySource(LARGE.slice(0, 3));
  const inspectors = [{ look: () => assert.fail("a mistake") }];
  await assert.rejects(() => check(source, { inspectors }), /a mistake/);
});

test("what a reader asks for is spelled as the format says, and each path once", async () => {
  const source = new MemorySource(LARGE);
  await check(source);
  assert.deepEqual(source.asked, ["checkpoint", "tile/entries/000", "tile/entries/001", "tile/entries/002.p/188"]);
  assert.equal(toHex(KEY.id), "6e412de6");
});
