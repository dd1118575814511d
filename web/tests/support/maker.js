// Makes ledgers, good and bad ones, and serves them from memory. Tests only: the seed is public (testdata/key.json).

import { createPrivateKey, createPublicKey, sign } from "node:crypto";

import { concat, fromHex, toBase64, toUtf8 } from "../../verify/bytes.js";
import { Missing } from "../../verify/fault.js";
import { verifierKey, verifierKeyText } from "../../verify/key.js";
import { leafHash } from "../../verify/merkle.js";
import { messageOf } from "../../verify/schema.js";
import { sha256 } from "../../verify/sha256.js";
import { parseTilePath } from "../../verify/tile-path.js";
import { inclusionProof, rootByDefinition } from "./trees.js";
import { vectorsOf } from "./vectors.js";

export const ORIGIN = "ledger.example/test";
/** 2026-10-31T23:00:00Z: an hour before a month ends. */
export const BEGAN_AT = Date.UTC(2026, 9, 31, 23) / 1000;

const PKCS8 = fromHex("302e020100300506032b657004220420");
const SEEDS = vectorsOf("key").valid.map(({ seed }) => seed);

/** A signing key of the vectors: 0 that of the ledger, 1 another one. */
export function signingKey(which = 0) {
  const secret = createPrivateKey({ key: Buffer.from(concat(PKCS8, fromHex(SEEDS[which]))), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { secret, publicKey: new Uint8Array(spki.subarray(-32)) };
}

export const KEY = verifierKey(ORIGIN, signingKey().publicKey);
export const KEY_TEXT = verifierKeyText(KEY);

/** A signed note over a text that ends with a line feed. */
export function note(text, { name = ORIGIN, keys = [0] } = {}) {
  const lines = keys.map((which) => {
    const { secret, publicKey } = signingKey(which);
    const { id } = verifierKey(name, publicKey);
    return `\u2014 ${name} ${toBase64(concat(id, new Uint8Array(sign(null, toUtf8(text), secret))))}\n`;
  });
  return toUtf8(`${text}\n${lines.join("")}`);
}

function varint(number) {
  const bytes = [];
  let left = BigInt.asUintN(64, BigInt(number));
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(left)]);
}

/** Bytes of a message from an object with names of fields, in the order of the object. */
export function encode(name, object) {
  const { fields } = messageOf(name);
  const parts = Object.entries(object).flatMap(([key, value]) => {
    const field = fields.find((one) => one?.name === key);
    return [value].flat().map((item) => encodeField(field, item));
  });
  return concat(...parts);
}

function encodeField(field, value) {
  const tag = (wireType) => varint((BigInt(field.number) << 3n) | BigInt(wireType));
  const bytes = field.message ? encode(field.message.name, value) : field.type === "string" ? toUtf8(value) : value;
  return bytes instanceof Uint8Array ? concat(tag(2), varint(bytes.length), bytes) : concat(tag(0), varint(bytes));
}

export function body(kind, content) {
  return encode("EntryBody", { [kind]: content });
}

export function genesis(changes = {}) {
  return body("genesis", { origin: ORIGIN, format_version: 1, software: "test", public_keys: [KEY.publicKey], simulated: true, ...changes });
}

/** An access, with a session number of its own. */
export function access(sequence, changes = {}) {
  const content = { dataset: "besuchertrend", operation: 3, purpose: "verkehrsplanung", event_id: new Uint8Array(16).fill(7), occurred_at_min: 29_922_333, producer: "verkehr", session: new Uint8Array(16).fill(9), sequence };
  return body("access", { ...content, ...changes });
}

/** Leaves of bodies; each is recorded when it says, or one second behind the one before. */
export function chained(bodies, { origin = ORIGIN, at = (index) => BEGAN_AT + index } = {}) {
  const leaves = [];
  let previous = sha256(toUtf8(origin));
  for (const [index, bytes] of bodies.entries()) {
    const time = fromHex(BigInt(at(index)).toString(16).padStart(16, "0"));
    const leaf = concat(Uint8Array.of(1), previous, time, bytes);
    leaves.push(leaf);
    previous = leafHash(leaf);
  }
  return leaves;
}

export function checkpoint(leaves, { origin = ORIGIN, keys, root = rootByDefinition(leaves.map(leafHash)), size = leaves.length } = {}) {
  return note(`${origin}\n${size}\n${toBase64(root)}\n`, { keys, name: origin });
}

export function receipt(index, leaves, options) {
  const proof = inclusionProof(index, leaves.map(leafHash)).map((hash) => `${toBase64(hash)}\n`);
  const head = `c2sp.org/tlog-proof@v1\nextra ${toBase64(leaves[index])}\nindex ${index}\n${proof.join("")}\n`;
  return concat(toUtf8(head), checkpoint(leaves, options));
}

/** Bundle of leaves. */
export function bundle(leaves) {
  return concat(...leaves.flatMap((leaf) => [Uint8Array.of(leaf.length >> 8, leaf.length & 255), leaf]));
}

/**
 * A source that serves leaves. `asked` lists the paths; `change(path, bytes)` may answer otherwise, or throw;
 * `hasWhole`: it gives whole files to whoever asks for their last bytes, too.
 */
export class MemorySource {
  asked = [];
  change = (_path, bytes) => bytes;
  hasWhole = false;

  constructor(leaves, options) {
    this.leaves = leaves;
    this.rows = [leaves.map(leafHash)];
    while (this.rows.at(-1).length >= 256) {
      const row = this.rows.at(-1);
      this.rows.push(Array.from({ length: Math.floor(row.length / 256) }, (_, at) => rootByDefinition(row.slice(256 * at, 256 * at + 256))));
    }
    this.note = checkpoint(leaves, options);
  }

  async get(path, { max, last }) {
    this.asked.push(path);
    const bytes = this.change(path, path === "checkpoint" ? this.note : this.#tile(path));
    if (bytes === null) throw new Missing("not there", { where: path });
    if (bytes.length > max) throw new RangeError(`${path}: ${bytes.length} bytes, ${max} are asked for`);
    return last === undefined || this.hasWhole ? bytes : bytes.slice(-last);
  }

  #tile(path) {
    const { level, index, width } = parseTilePath(path);
    const row = level === "entries" ? this.leaves : (this.rows[level] ?? []);
    const part = row.slice(Number(index) * 256, Number(index) * 256 + width);
    if (part.length < width) return null;
    return level === "entries" ? bundle(part) : concat(...part);
  }
}
