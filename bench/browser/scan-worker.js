/**
 * Worker: a citizen's scan of the months of a key file, part by part. `wire` comes first, and downloads what the other parts
 * find in memory. A message names the part; the answer says how long it took, by the clock.
 */

import { Chain } from "/web/verify/chain.js";
import { checkHead } from "/web/verify/check-head.js";
import { CitizenScan } from "/web/verify/citizen.js";
import { EntryVisitor } from "/web/verify/entry-visitor.js";
import { LEAF_HEADER_BYTES } from "/web/verify/leaf.js";
import { LEAF_PREFIX } from "/web/verify/merkle.js";
import { RangeReading, rangesOf } from "/web/verify/months.js";
import { LedgerReader } from "/web/verify/reader.js";
import { HASH_BYTES, hashPrefixedInto } from "/web/verify/sha256.js";
import { httpSource } from "/web/verify/source.js";
import { TILE_WIDTH, bundlePlaces } from "/web/verify/tile.js";
import { monthsOf, parseViewKeys } from "/web/verify/view-keys.js";

/** WebCrypto takes so long for a short message that fewer have to do. */
const WEBCRYPTO_LEAVES = 50_000;

let state = null;

const PARTS = {
  async wire({ prefix, key, keys: text }) {
    const source = remembering(httpSource(prefix));
    const keys = parseViewKeys(text);
    const { reader, steps } = await checkHead(source, { key });
    if (!reader) throw new Error(`the ledger does not open: ${JSON.stringify(steps)}`);
    const ranges = await rangesOf(reader, monthsOf(keys));
    const searched = source.asked.length;
    const found = await read(reader, ranges, keys);
    const asked = requestsOf(source.asked, searched, ranges);
    const bundles = await inMemory(reader, ranges);
    state = { source, checkpoint: reader.checkpoint, keys, ranges, found, bundles };
    const records = bundles.reduce((sum, { width }) => sum + width, 0);
    const leafBytes = bundles.reduce((sum, { bytes, width }) => sum + bytes.length - 2 * width, 0);
    return { ...asked, found, records, leafBytes, bytes: source.bytes() };
  },

  async whole() {
    const { source, checkpoint, ranges, keys, found } = state;
    if ((await read(new LedgerReader(source, checkpoint), ranges, keys)) !== found) throw new Error("the scan finds something else from memory");
  },

  markers: () => lookForMarkers(state.bundles, state.keys, state.found),
  hashes: () => hashesAndRoot(new LedgerReader(state.source, state.checkpoint), state.bundles),
  own: () => hashOwn(state.bundles),
  webcrypto: () => hashWithWebCrypto(state.bundles),
};

self.onmessage = async ({ data }) => {
  try {
    const before = performance.now();
    const told = await PARTS[data.do](data);
    self.postMessage({ seconds: (performance.now() - before) / 1000, ...told });
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
};

/** Gives what it was asked for before from memory. */
function remembering(source) {
  const known = new Map();
  const asked = [];
  return {
    asked,
    bytes: () => [...known.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    async get(path, options) {
      if (!known.has(path)) {
        asked.push(path);
        known.set(path, await source.get(path, options));
      }
      return known.get(path);
    },
  };
}

function requestsOf(asked, searched, ranges) {
  const isBundle = (path) => path.startsWith("tile/entries/");
  const covered = ranges.reduce((sum, { first, end }) => sum + end - first, 0);
  return { covered, bundles: asked.filter(isBundle).length, tiles: asked.filter((path) => !isBundle(path)).length, searching: asked.slice(0, searched).filter(isBundle).length };
}

async function read(reader, ranges, keys) {
  const scan = new CitizenScan(keys);
  for await (const _ of new RangeReading(reader, ranges, [scan]).run());
  return scan.found.length;
}

async function inMemory(reader, ranges) {
  const bundles = [];
  for (const { first, end } of ranges) {
    for (let number = first; number < end; number += 1) {
      const [bytes, width] = await reader.bundle(BigInt(number));
      bundles.push({ number, bytes, width, places: bundlePlaces(bytes, width) });
    }
  }
  return bundles;
}

function lookForMarkers(bundles, keys, expected) {
  const scan = new CitizenScan(keys);
  const visitor = new EntryVisitor();
  for (const { number, bytes, width, places } of bundles) {
    for (let entry = 0; entry < width; entry += 1) {
      const [start, end] = [places[2 * entry], places[2 * entry + 1]];
      visitor.read(bytes, start + LEAF_HEADER_BYTES, end);
      scan.look({ index: number * TILE_WIDTH + entry, recordedAt: Chain.secondsOf(bytes, start), bytes, start, end, visitor });
    }
  }
  if (scan.found.length !== expected) throw new Error("the markers alone find something else");
}

async function hashesAndRoot(reader, bundles) {
  for (const { number, bytes, width, places } of bundles) {
    const chain = Chain.before(number * TILE_WIDTH, bytes, places[0]);
    const hashes = new Uint8Array(width * HASH_BYTES);
    for (let entry = 0; entry < width; entry += 1) {
      chain.follow(bytes, places[2 * entry], places[2 * entry + 1]);
      hashes.set(chain.hash, entry * HASH_BYTES);
    }
    await reader.verifyBundle(BigInt(number), hashes);
  }
}

function hashOwn(bundles) {
  const out = new Uint8Array(HASH_BYTES);
  for (const { bytes, width, places } of bundles) {
    for (let entry = 0; entry < width; entry += 1) hashPrefixedInto(LEAF_PREFIX, bytes, places[2 * entry], places[2 * entry + 1], out, 0);
  }
}

async function hashWithWebCrypto(bundles) {
  let left = WEBCRYPTO_LEAVES;
  for (const { bytes, width, places } of bundles) {
    for (let entry = 0; entry < width && left > 0; entry += 1, left -= 1) await crypto.subtle.digest("SHA-256", bytes.subarray(places[2 * entry], places[2 * entry + 1]));
  }
}
