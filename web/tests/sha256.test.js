import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { HmacKey } from "../verify/hmac.js";
import { hashInto, hashPrefixedInto, sha256 } from "../verify/sha256.js";
import { always } from "./support/random.js";

const { subtle } = globalThis.crypto;
const reference = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));

test("the examples of FIPS 180 have their hashes", () => {
  const examples = {
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    abc: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  };
  for (const [text, hash] of Object.entries(examples)) assert.equal(toHex(sha256(toUtf8(text))), hash);
});

test("every length up to three blocks has the hash that WebCrypto gives", async () => {
  for (let length = 0; length <= 192; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 255);
    assert.deepEqual(sha256(bytes), await reference(bytes), `${length} bytes`);
    const prefixed = new Uint8Array(32);
    hashPrefixedInto(1, bytes, 0, length, prefixed, 0);
    assert.deepEqual(prefixed, await reference(concat(Uint8Array.of(1), bytes)), `a byte and ${length} bytes`);
  }
});

test("random pieces of random bytes have the hash that WebCrypto gives", async () => {
  await always(300, async (random) => {
    const bytes = random.bytes(random.of([100, 1_000, 20_000]));
    const start = random.below(bytes.length);
    const end = start + random.below(bytes.length - start + 1);
    const out = new Uint8Array(96).fill(7);
    hashInto(bytes, start, end, out, 32);
    hashPrefixedInto(0, bytes, start, end, out, 64);
    assert.deepEqual(out.subarray(32, 64), await reference(bytes.slice(start, end)));
    assert.deepEqual(out.subarray(64), await reference(concat(Uint8Array.of(0), bytes.slice(start, end))));
    assert.ok(out.subarray(0, 32).every((byte) => byte === 7), "written beside its place");
  });
});

test("a long message has the hash that WebCrypto gives", async () => {
  const bytes = new Uint8Array(5_000_001).map((_, at) => at ^ (at >> 8));
  assert.deepEqual(sha256(bytes), await reference(bytes));
});

test("a hash may be written over what was hashed", async () => {
  const bytes = new Uint8Array(64).map((_, at) => at);
  const expected = await reference(concat(Uint8Array.of(1), bytes));
  hashPrefixedInto(1, bytes, 0, 64, bytes, 0);
  assert.deepEqual(bytes.subarray(0, 32), expected);
});

test("HMAC is that of WebCrypto, for keys and messages of every length it takes", async () => {
  await always(100, async (random) => {
    const key = random.bytes(1 + random.below(64));
    const hmac = new HmacKey(key);
    const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    for (let turn = 0; turn < 3; turn += 1) {
      const message = random.bytes(random.below(56));
      assert.deepEqual(hmac.mac(message), new Uint8Array(await subtle.sign("HMAC", imported, message)));
    }
  });
});

test("the first example of RFC 4231 has its HMAC, and what does not fit in a block is refused", () => {
  const hmac = new HmacKey(new Uint8Array(20).fill(0x0b));
  assert.deepEqual(hmac.mac(toUtf8("Hi There")), fromHex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  assert.throws(() => hmac.mac(new Uint8Array(56)), RangeError);
  assert.throws(() => new HmacKey(new Uint8Array(65)), RangeError);
});
