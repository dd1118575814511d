// How fast a citizen's scan and the hashes of a ledger are, in Node:
//
//     node web/bench.mjs [records in thousands]
//
// Every figure stands beside a yardstick of the same run, taken in turns: SHA-256 of WebCrypto and of node:crypto over
// the same leaves. Medians of the turns, with the lowest and the highest. What is measured is time on the processor of
// this process, so that neighbours disturb it less; WebCrypto works on other threads and is measured by the clock, too.

import { createHash, webcrypto } from "node:crypto";

import { Audit } from "./verify/audit.js";
import { concat, equal, fromHex, toUtf8 } from "./verify/bytes.js";
import { Chain } from "./verify/chain.js";
import { CitizenScan } from "./verify/citizen.js";
import { EntryVisitor } from "./verify/entry-visitor.js";
import { Frontier } from "./verify/frontier.js";
import { LEAF_HEADER_BYTES } from "./verify/leaf.js";
import { MarkerFinder, viewKeyOf } from "./verify/marker.js";
import { LEAF_PREFIX } from "./verify/merkle.js";
import { hashPrefixedInto, sha256 } from "./verify/sha256.js";
import { TILE_WIDTH, bundlePlaces } from "./verify/tile.js";
import { parseViewKeys } from "./verify/view-keys.js";
import { ORIGIN, access, bundle, genesis } from "./tests/support/maker.js";

const RECORDS = Number(process.argv[2] ?? 1_000) * 1_000;
const TURNS = 3;
/** WebCrypto takes so long for a short message that fewer have to do. */
const WEBCRYPTO_LEAVES = 50_000;
const MONTH = "2026-11";
const BEGAN_AT = Date.UTC(2026, 10, 1) / 1000;
const PERIOD_KEY = new Uint8Array(32).fill(1);
const PERSON = { scheme: "person", id: "4711" };
const EVERY = 1_000;

const bundles = made();
const leaves = bundles.flatMap((bytes, at) => placesOf(bytes, at));
const leafBytes = leaves.reduce((sum, { start, end }) => sum + end - start, 0);
const markers = countMarkers();
console.log(`${RECORDS} records, ${(leafBytes / RECORDS).toFixed(0)} bytes each as leaf, ${(markers / RECORDS).toFixed(2)} markers each, Node ${process.version}`);

const keys = parseViewKeys(
  JSON.stringify({ format: "einsicht-view-keys/v1", origin: ORIGIN, keys: [{ scheme: "person", month: MONTH, key: Buffer.from(viewKeyOf(PERIOD_KEY, PERSON)).toString("base64") }] }),
);
let rootOnce = null;
const turns = { scan: [], hashes: [], audit: [], crypto: [], webcrypto: [] };
for (let turn = 0; turn < TURNS; turn += 1) {
  turns.scan.push(timed(scanMarkers));
  turns.crypto.push(timed(hashWithNode));
  turns.hashes.push(timed(hashLeavesAndRoot));
  turns.webcrypto.push(await timedByClock(hashWithWebCrypto));
  turns.audit.push(timed(auditAndScan));
}
tell("scan of markers (strict reading and markers)", turns.scan, leafBytes, `${(RECORDS / median(turns.scan)).toFixed(0)} thousand records/s`);
tell("leaf hashes, chain and root", turns.hashes, leafBytes);
tell("all at once: audit with scan", turns.audit, leafBytes);
tell("yardstick: leaf hashes by node:crypto", turns.crypto, leafBytes);
const part = leaves.slice(0, WEBCRYPTO_LEAVES).reduce((sum, { start, end }) => sum + end - start, 0);
tell(`yardstick: leaf hashes by WebCrypto, of ${WEBCRYPTO_LEAVES} leaves, by the clock`, turns.webcrypto, part);

function scanMarkers() {
  const scan = new CitizenScan(keys);
  const visitor = new EntryVisitor();
  for (const [index, { bytes, start, end }] of leaves.entries()) {
    visitor.read(bytes, start + LEAF_HEADER_BYTES, end);
    scan.look({ index, recordedAt: Chain.secondsOf(bytes, start), bytes, start, end, visitor });
  }
  demand(scan.found.length === Math.floor((RECORDS - 1) / EVERY), "the scan does not find what is there");
}

function hashLeavesAndRoot() {
  const chain = new Chain(ORIGIN);
  const frontier = new Frontier();
  for (const { bytes, start, end } of leaves) {
    chain.follow(bytes, start, end);
    frontier.push(chain.hash);
  }
  demand(frontier.size === RECORDS, "not every leaf was hashed");
  return frontier.root();
}

function auditAndScan() {
  const scan = new CitizenScan(keys);
  const audit = new Audit({ origin: ORIGIN, size: BigInt(RECORDS) }, { inspectors: [scan] });
  for (const bytes of bundles) audit.take(bytes);
  demand(equal(audit.finish(), hashedRoot()) && scan.found.length === Math.floor((RECORDS - 1) / EVERY), "the audit gives something else");
}

function hashWithNode() {
  for (const { bytes, start, end } of leaves) createHash("sha256").update(bytes.subarray(start, end)).digest();
}

async function hashWithWebCrypto() {
  for (const { bytes, start, end } of leaves.slice(0, WEBCRYPTO_LEAVES)) await webcrypto.subtle.digest("SHA-256", bytes.subarray(start, end));
}

function hashedRoot() {
  rootOnce ??= hashLeavesAndRoot();
  return rootOnce;
}

/** Entry 0 and records; of every thousandth one, the third of four markers is the person's. */
function made() {
  const finder = new MarkerFinder(viewKeyOf(PERIOD_KEY, PERSON));
  const all = [];
  let waiting = [];
  let previous = sha256(toUtf8(ORIGIN));
  for (let index = 0; index < RECORDS; index += 1) {
    const nonce = sha256(toUtf8(`nonce ${index}`)).slice(0, 16);
    const shown = [0, 1, 2, 3].slice(0, index % EVERY === 0 ? 4 : [1, 1, 2, 4][index % 4]);
    const noise = sha256(nonce);
    const theirs = shown.map((at) => (index % EVERY === 0 && at === 2 ? finder.markerAt(nonce, at) : noise.slice(at, at + 16)));
    const body = index === 0 ? genesis() : access(index, { unit: "verkehrsplanung", legal_basis: "gdpr-6-1-e", record_count: 12, nonce, markers: theirs });
    const time = fromHex(BigInt(BEGAN_AT + Math.floor(index / 10)).toString(16).padStart(16, "0"));
    const leaf = concat(Uint8Array.of(1), previous, time, body);
    previous = new Uint8Array(32);
    hashPrefixedInto(LEAF_PREFIX, leaf, 0, leaf.length, previous, 0);
    waiting.push(leaf);
    if (waiting.length === TILE_WIDTH || index === RECORDS - 1) {
      all.push(bundle(waiting));
      waiting = [];
    }
  }
  return all;
}

function placesOf(bytes, at) {
  const width = Math.min(TILE_WIDTH, RECORDS - at * TILE_WIDTH);
  const places = bundlePlaces(bytes, width);
  return Array.from({ length: width }, (_, entry) => ({ bytes, start: places[2 * entry], end: places[2 * entry + 1] }));
}

function countMarkers() {
  const visitor = new EntryVisitor();
  let count = 0;
  for (const { bytes, start, end } of leaves) {
    visitor.read(bytes, start + LEAF_HEADER_BYTES, end);
    count += visitor.markers;
  }
  return count;
}

/** Milliseconds on the processor. */
function timed(action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function timedByClock(action) {
  const before = performance.now();
  await action();
  return performance.now() - before;
}

function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

function tell(what, values, bytes, more = "") {
  const middle = median(values);
  const rate = bytes / 1_000 / middle;
  console.log(`${what}: ${(middle / 1_000).toFixed(2)} s (${(Math.min(...values) / 1_000).toFixed(2)} to ${(Math.max(...values) / 1_000).toFixed(2)}), ${rate.toFixed(0)} MB/s${more && `, ${more}`}`);
}

function demand(condition, what) {
  if (!condition) throw new Error(what);
}
