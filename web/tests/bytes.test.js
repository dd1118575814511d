import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, equal, fromBase64, fromDecimal, fromHex, fromUtf8, toBase64, toHex, uint32At, uint64At } from "../verify/bytes.js";
import { always } from "./support/random.js";
import { refuses } from "./support/refused.js";

test("base64 and hex are read back as they were written, and are what Node writes", async () => {
  await always(200, (random) => {
    const bytes = random.bytes(random.below(70));
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
    assert.equal(toHex(bytes), Buffer.from(bytes).toString("hex"));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    assert.deepEqual(fromHex(toHex(bytes)), bytes);
  });
});

test("base64 has one spelling", async () => {
  const wrong = ["A", "AA", "AAA", "AB==", "AAB=", "A===", "====", "AA==AA==", "AA=A", "A A=", "AA\n=", "AA-_", "AAA=\n", "ÄAA=", "AAAA=", "=AAA"];
  for (const text of wrong) await refuses(() => fromBase64(text), text);
  assert.deepEqual(fromBase64(""), new Uint8Array(0));
});

test("a text that reads as base64 is the one that its bytes are written as", async () => {
  await always(3_000, (random) => {
    const text = Array.from({ length: 4 }, () => random.of([..."ABQZagw059+/="])).join("");
    try {
      assert.equal(toBase64(fromBase64(text)), text);
    } catch (error) {
      if (error.name !== "Failed") throw error;
      assert.notEqual(Buffer.from(text, "base64").toString("base64"), text, "a canonical text was refused");
    }
  });
});

test("hex is lower case, two digits a byte", async () => {
  for (const text of ["0", "0A", "g0", "0g", "0x", " 0", "é0", "000"]) await refuses(() => fromHex(text), text);
});

test("decimal numbers have no sign, no leading zero, and are below 2^64", async () => {
  assert.equal(fromDecimal("18446744073709551615"), 2n ** 64n - 1n);
  assert.equal(fromDecimal("0"), 0n);
  for (const text of ["", "00", "01", "+1", "-1", "1 ", " 1", "1\n", "1e3", "0x1", "1_0", "٣", "18446744073709551616", "9".repeat(5_000)]) {
    await refuses(() => fromDecimal(text), text.slice(0, 20));
  }
});

test("text is strict UTF-8 and keeps a byte order mark", async () => {
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\u{feff}a");
  for (const hex of ["80", "c080", "eda080", "f4908080", "e282", "ff"]) await refuses(() => fromUtf8(fromHex(hex)), hex);
});

test("no error repeats what could not be read", () => {
  const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ";
  for (const read of [fromBase64, fromHex, fromDecimal]) {
    assert.throws(() => read(secret), (error) => !error.message.includes(secret.slice(0, 6)));
  }
});

test("numbers are big-endian, and bytes are compared whole", () => {
  assert.equal(uint32At(fromHex("00ffffffff"), 1), 0xffffffff);
  assert.equal(uint64At(fromHex("ffffffffffffffff"), 0), 2n ** 64n - 1n);
  assert.ok(equal(Uint8Array.of(1, 2), concat(Uint8Array.of(1), Uint8Array.of(2))));
  assert.ok(!equal(Uint8Array.of(1), Uint8Array.of(1, 2)) && !equal(Uint8Array.of(1), Uint8Array.of(2)));
});
