import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { CharterAssembly, PARTS_MAX, PART_BYTES_MAX } from "../verify/charter-parts.js";
import { hiddenOf, isConfidential, verifyOpening } from "../verify/confidential.js";
import { EntryVisitor } from "../verify/entry-visitor.js";
import { MarkerFinder, markersFor, viewKeyOf } from "../verify/marker.js";
import { checkOpenings, parseOpenings } from "../verify/openings.js";
import { readBody } from "../verify/record.js";
import { SEALED_FIELDS, readValue, sealOf, sealsOf, verifySealed } from "../verify/seal.js";
import { sha256 } from "../verify/sha256.js";
import { body } from "./support/maker.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";
import { vectorsOf } from "./support/vectors.js";

const seals = vectorsOf("seal");
const openings = vectorsOf("openings");
const markers = vectorsOf("marker");
const sealed = vectorsOf("sealed-record");
const confidential = vectorsOf("confidential");
const charters = vectorsOf("charter");

/** What a value says, as seal.json writes it. */
function said({ kind }, value, read, says) {
  if (kind === "record" || kind === "bytes") return toHex(value);
  if (kind === "time") return String(read);
  if (kind === "subjects") return read.map(({ scheme, id }) => [scheme, id]);
  if (kind === "statement") {
    const { who, index, fields, reason, subjects, months } = read;
    return { who, index: index === null ? null : String(index), fields, reason, subjects: subjects.map(({ scheme, id }) => [scheme, id]), months };
  }
  if (kind !== "query") return read;
  if (read.text !== undefined) return read.text;
  assert.equal(toHex(sha256(toUtf8(says))), toHex(read.sha256));
  assert.ok(says.startsWith(read.beginning) && toUtf8(read.beginning).length > 4_092);
  return says;
}

test("the sealed fields are those of seal.json", () => {
  assert.deepEqual([...SEALED_FIELDS.values()], seals.fields.map(({ number, name, seal, kind }) => ({ number, name, seal, kind })));
});
for (const { name, field, says, value, salt, seal } of seals.valid) {
  test(`seal, valid: ${name}`, () => {
    const bytes = fromHex(value);
    assert.deepEqual(said(SEALED_FIELDS.get(field), bytes, verifySealed(field, fromHex(salt), bytes, fromHex(seal)), says), says);
  });
}
for (const { name, field, value } of seals.invalid) {
  test(`seal, refused: ${name}`, () => refuses(() => readValue(field, fromHex(value)), name));
}

test("a value, a salt or a seal with one changed bit is not what was sealed", async () => {
  await always(150, async (random) => {
    const { field, value, salt, seal } = random.of(seals.valid.filter((vector) => vector.value !== ""));
    const parts = [fromHex(salt), fromHex(value), fromHex(seal)];
    const part = random.of(parts);
    part[random.below(part.length)] ^= 1 << random.below(8);
    await refuses(() => verifySealed(field, ...parts), "changed");
  });
});

test("no error of a value repeats it", () => {
  const secret = toUtf8("Erika Mustermann");
  const salt = new Uint8Array(32);
  assert.throws(() => verifySealed(33, salt, secret, new Uint8Array(32)), (error) => error.name === "Failed" && !error.message.includes("Erika"));
  for (const field of SEALED_FIELDS.keys()) {
    try {
      verifySealed(field, salt, secret, sealOf(field, salt, secret));
    } catch (error) {
      assert.ok(error.name === "Failed" && !error.message.includes("Erika"), error.message);
    }
  }
});

for (const { name, bytes, openings: expected } of openings.valid) {
  test(`openings, valid: ${name}`, () => {
    const found = parseOpenings(fromHex(bytes)).map((one) => ({
      field: one.field,
      salt: one.salt ? toHex(one.salt) : null,
      value: one.value ? toHex(one.value) : null,
      erased_by: "erasedBy" in one ? String(one.erasedBy) : null,
    }));
    assert.deepEqual(found, expected);
  });
}
for (const { name, bytes } of openings.invalid) test(`openings, refused: ${name}`, () => refuses(() => parseOpenings(fromHex(bytes)), name));

for (const { name, before, fields, by, after, erased } of openings.erasing) {
  test(`openings, erased: ${name}`, () => {
    const parsed = parseOpenings(fromHex(before));
    const all = fields.includes(44) && parsed.some(({ field }) => field === 44);
    const gone = parsed.filter((one) => !("erasedBy" in one) && (all || fields.includes(one.field))).map(({ field }) => field);
    assert.deepEqual(gone, erased);
    const left = parsed.map((one) => (gone.includes(one.field) ? { field: one.field, erasedBy: BigInt(by) } : one));
    assert.equal(toHex(concat(...left.map(written))), after);
    assert.deepEqual(parseOpenings(fromHex(after)), left);
  });
}

function written(one) {
  if ("erasedBy" in one) return concat(Uint8Array.of(one.field, 0), fromHex(one.erasedBy.toString(16).padStart(16, "0")));
  const length = fromHex(one.value.length.toString(16).padStart(8, "0"));
  return concat(Uint8Array.of(one.field, 1), one.salt, length, one.value);
}

test("markers are padded to the next power of two, and view keys and markers are those of marker.json", () => {
  for (const { subjects, markers: count } of markers.padding) assert.equal(markersFor(subjects), count);
  for (const { period_key, scheme, id, view_key } of markers.view_keys) assert.equal(toHex(viewKeyOf(fromHex(period_key), { scheme, id })), view_key);
  for (const { view_key, nonce, position, marker } of markers.markers) {
    const finder = new MarkerFinder(fromHex(view_key));
    assert.equal(toHex(finder.markerAt(fromHex(nonce), position)), marker);
    finder.look(fromHex(nonce), 0);
    assert.ok(finder.isAt(position, fromHex(`ff${marker}`), 1));
    for (let byte = 0; byte < 16; byte += 1) {
      const other = fromHex(marker);
      other[byte] ^= 1;
      assert.ok(!finder.isAt(position, other, 0), `byte ${byte}`);
    }
  }
});
for (const { name, key, nonce, markers: shownMarkers, position } of markers.scans) {
  test(`scan: ${name}`, () => assert.equal(new MarkerFinder(fromHex(key)).find(fromHex(nonce), shownMarkers.map(fromHex)), position));
}
test("a marker of another length, and a record without a nonce of 16 bytes, are nobody's", () => {
  const { key, nonce, markers: shownMarkers } = markers.scans[0];
  const finder = new MarkerFinder(fromHex(key));
  assert.equal(finder.find(fromHex(nonce).slice(1), shownMarkers.map(fromHex)), null);
  assert.equal(finder.find(undefined, shownMarkers.map(fromHex)), null);
  assert.equal(finder.find(fromHex(nonce), shownMarkers.map((marker) => fromHex(`${marker}00`))), null);
});

const periodKey = fromHex(sealed.period_key);
for (const { name, entry, openings: bytes, markers: outcome } of sealed.valid) {
  test(`sealed record, valid: ${name}`, () => assert.equal(checkOpenings(readBody(fromHex(entry)), parseOpenings(fromHex(bytes)), periodKey), outcome));
}
for (const { name, entry, openings: bytes } of sealed.invalid) {
  test(`sealed record, refused: ${name}`, () => refuses(() => checkOpenings(readBody(fromHex(entry)), parseOpenings(fromHex(bytes)), periodKey), name));
}

const opened = (vector, recordedAt) => verifyOpening(hiddenOf(readBody(fromHex(vector.confidential))), readBody(fromHex(vector.opening)).content, recordedAt);
for (const vector of confidential.valid) {
  test(`opening, valid: ${vector.name}`, async () => {
    const opening = readBody(fromHex(vector.opening)).content;
    assert.deepEqual([String(opening.index), toHex(opening.record)], [vector.index, vector.record]);
    const record = opened(vector);
    const day = BigInt(record.confidential_until_day);
    opened(vector, day * 86_400n);
    await refuses(() => opened(vector, day * 86_400n - 1n), "a second too early");
    const seal = sealsOf(readBody(fromHex(vector.confidential))).get(44);
    assert.equal(toHex(sealOf(44, opening.salt, opening.record)), toHex(seal));
  });
}
for (const vector of confidential.invalid) test(`opening, refused: ${vector.name}`, () => refuses(() => opened(vector), vector.name));

test("a confidential record may show its day, seal, nonce and markers, and nothing else", async () => {
  const visitor = new EntryVisitor();
  const shows = (hex) => {
    const body = fromHex(hex);
    visitor.read(body, 0, body.length);
    return visitor.isConfidential;
  };
  const whole = confidential.valid[0].confidential;
  assert.equal(shows(whole), true);
  assert.equal(shows(sealed.valid[0].entry), false);
  // A data set, also one that is written although it is empty: the length of the record grows by what is added.
  const length = (extra) => (0x1ad301 + 0x100 * extra).toString(16);
  assert.ok(whole.startsWith(length(0)));
  await refuses(() => shows(`${length(2)}0a00${whole.slice(6)}`), "an empty data set");
  await refuses(() => shows(`${length(3)}0a0161${whole.slice(6)}`), "a data set");
  assert.equal(shows(whole), true, "what was refused is forgotten");
  assert.ok(isConfidential(readBody(fromHex(whole)).content));
});

test("a statement is opened only under the nonce of its entry", async () => {
  const statement = fromHex("0a0161");
  const salt = new Uint8Array(32);
  const trail = (nonce) => readBody(body("disclosure", { role: "auditor", seal: sealOf(45, salt, statement), ...nonce }));
  const opening = [{ field: 45, salt, value: statement }];
  assert.equal(checkOpenings(trail({ nonce: new Uint8Array(16) }), opening, periodKey), "checked");
  await refuses(() => checkOpenings(trail({}), opening, periodKey), "no nonce");
  await refuses(() => checkOpenings(trail({ nonce: new Uint8Array(15) }), opening, periodKey), "a short nonce");
});

test("where subjects were erased, the number of markers is still a power of two", async () => {
  const record = (count) => readBody(body("access", { dataset: "d", subjects_seal: new Uint8Array(32), nonce: new Uint8Array(16), markers: Array.from({ length: count }, () => new Uint8Array(16)) }));
  const erased = [{ field: 32, erasedBy: 9n }];
  for (const count of [1, 2, 4]) assert.equal(checkOpenings(record(count), erased, periodKey), "unknown");
  for (const count of [3, 5, 6]) await refuses(() => checkOpenings(record(count), erased, periodKey), `${count} markers`);
});

test("a marker behind the last position that there is is nobody's", () => {
  const { view_key: key, nonce, marker } = markers.markers[0];
  const finder = new MarkerFinder(fromHex(key));
  finder.look(fromHex(nonce), 0);
  assert.equal(finder.isAt(65_536, fromHex(marker), 0), false);
});

test("a scheme has 1 to 255 bytes", async () => {
  viewKeyOf(periodKey, { scheme: "s".repeat(255), id: "1" });
  for (const scheme of ["", "s".repeat(256)]) await refuses(() => viewKeyOf(periodKey, { scheme, id: "1" }), scheme);
});

function assembled({ parts }) {
  const assembly = new CharterAssembly();
  for (const part of parts) {
    const text = assembly.push({ ...part, sha256: fromHex(part.sha256), text: fromHex(part.text) });
    if (text) return text;
  }
  assembly.interrupt();
  return null;
}
for (const vector of charters.valid) test(`charter, valid: ${vector.name}`, () => assert.equal(toHex(assembled(vector)), vector.text));
for (const vector of charters.invalid) test(`charter, refused: ${vector.name}`, () => refuses(() => assembled(vector), vector.name));
test("a part that can't be one is refused by itself, and the largest one is taken", async () => {
  const text = new Uint8Array(PART_BYTES_MAX);
  const part = { part: 1, parts: 1, sha256: sha256(text), text };
  assert.deepEqual(new CharterAssembly().push(part), text);
  assert.equal(new CharterAssembly().push({ ...part, parts: PARTS_MAX }), null);
  for (const changes of [{ parts: PARTS_MAX + 1 }, { parts: 0 }, { text: new Uint8Array(PART_BYTES_MAX + 1), parts: 2 }, { text: new Uint8Array(0), parts: 2 }, { sha256: new Uint8Array(31), parts: 2 }]) {
    await refuses(() => new CharterAssembly().push({ ...part, ...changes }), JSON.stringify(Object.keys(changes)));
  }
});
test("the limits of charters are those of charter.json", () => assert.deepEqual([PARTS_MAX, PART_BYTES_MAX], [charters.parts_max, charters.part_bytes_max]));
