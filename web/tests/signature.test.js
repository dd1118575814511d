import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, toHex, toUtf8 } from "../verify/bytes.js";
import { canVerify, verifySignature } from "../verify/ed25519.js";
import { CannotTell, Failed } from "../verify/fault.js";
import { checkOrigin, parseVerifierKey, verifierKeyText } from "../verify/key.js";
import { always } from "./support/random.js";
import { cannotTell, refuses } from "./support/refused.js";
import { missing, shared, vectorsOf } from "./support/vectors.js";

const keys = vectorsOf("key");
const signatures = vectorsOf("signature");
const verify = (vector, subtle) => verifySignature(fromHex(vector.public_key), fromHex(vector.message), fromHex(vector.signature), subtle);

test("this Node has Ed25519 in WebCrypto: without it nothing below says anything", async () => {
  assert.equal(await canVerify(), true);
});

for (const vector of keys.valid) {
  test(`key, valid: ${vector.verifier_key}`, async () => {
    const key = parseVerifierKey(`\n ${vector.verifier_key}\r\n`);
    assert.deepEqual([key.name, toHex(key.id), toHex(key.publicKey)], [vector.name, vector.key_id, vector.public_key]);
    assert.equal(verifierKeyText(key), vector.verifier_key);
    await verify(vector);
  });
}
for (const { name, verifier_key } of keys.invalid) {
  test(`key, refused: ${name}`, () => refuses(() => parseVerifierKey(verifier_key), name));
}
for (const vector of signatures.valid) test(`signature, valid: ${vector.name}`, () => verify(vector));
for (const vector of signatures.invalid) test(`signature, refused: ${vector.name}`, () => refuses(() => verify(vector), vector.name));

test("the order of the group is that of signature.json", async () => {
  const { public_key, message, signature } = signatures.valid[0];
  // S = L is refused, S = L − 1 is a number: then the signature is false, for another reason.
  const order = fromHex(signatures.group_order);
  const r = fromHex(signature).slice(0, 32);
  const withS = (s) => verifySignature(fromHex(public_key), fromHex(message), Uint8Array.from([...r, ...s]));
  await assert.rejects(withS(order), /not below the order/);
  const below = order.slice();
  below[0] -= 1;
  await assert.rejects(withS(below), /does not fit/);
});

test("the rules 2 to 4 are checked here, not left to WebCrypto", async () => {
  const lenient = { importKey: async () => ({}), verify: async () => true };
  for (const vector of signatures.invalid.filter(({ rule }) => rule < 5)) await refuses(() => verify(vector, lenient), vector.name);
});

test("a browser without Ed25519, or without WebCrypto, can't tell, and says why", async () => {
  const without = {
    importKey: async () => {
      throw Object.assign(new Error("Unrecognized name."), { name: "NotSupportedError" });
    },
  };
  assert.equal(await canVerify(without), false);
  assert.equal(await canVerify(null), false);
  await cannotTell(() => verify(signatures.valid[0], without), "no Ed25519");
  await cannotTell(() => verify(signatures.valid[0], null), "no WebCrypto");
  await assert.rejects(() => verify(signatures.valid[0], without), /this browser can't check Ed25519/);
  await assert.rejects(() => verify(signatures.valid[0], null), /no WebCrypto/);
  // What is malformed is still refused.
  await refuses(() => verify(signatures.invalid.find(({ rule }) => rule === 4), without), "S too large");
});

test("an answer of WebCrypto that is not true is no signature", async () => {
  for (const answer of [false, undefined, 1, "true"]) {
    await refuses(() => verify(signatures.valid[0], { importKey: async () => ({}), verify: async () => answer }), String(answer));
  }
});

test("a signature with one changed bit is refused, also in its text", async () => {
  await always(60, async (random) => {
    const { public_key, message, signature } = keys.valid[0];
    const parts = [fromHex(public_key), fromHex(message), fromHex(signature)];
    random.of(parts)[random.below(32)] ^= 1 << random.below(8);
    await refuses(() => verifySignature(...parts), "changed");
  });
});

test("a changed character makes a verifier key unreadable", async () => {
  const text = keys.valid[0].verifier_key;
  await always(200, async (random) => {
    const at = random.below(text.length);
    const other = random.of([..."aB0+/=. -"].filter((character) => character !== text[at]));
    const changed = text.slice(0, at) + other + text.slice(at + 1);
    if (changed.trim() !== text) await refuses(() => parseVerifierKey(changed), changed);
  });
});

test("an origin is a name, and a long one is refused", () => {
  checkOrigin("ulm.example/ledger");
  checkOrigin(`${"ü".repeat(127)}a`);
  for (const origin of ["", "a b", "a+b", "a\u{85}b", "a\u{7f}b", "ü".repeat(128), "a\u{2028}b"]) {
    assert.throws(() => checkOrigin(origin), CannotTell, origin);
  }
});

test("edge cases of CCTV are judged as the format says", { skip: missing("ed25519-cctv/ed25519vectors.json") }, async () => {
  const refused = new Set(["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"]);
  const vectors = JSON.parse(shared("ed25519-cctv/ed25519vectors.json"));
  assert.ok(vectors.length > 500);
  for (const { number, key, msg, sig, flags } of vectors) {
    const check = () => verifySignature(fromHex(key), toUtf8(msg), fromHex(sig));
    if ((flags ?? []).some((flag) => refused.has(flag))) await refuses(check, `CCTV ${number}`);
    else await check();
  }
});

test("edge cases of Wycheproof are judged as it says", { skip: missing("ed25519-wycheproof/ed25519_test.json") }, async () => {
  const { testGroups } = JSON.parse(shared("ed25519-wycheproof/ed25519_test.json"));
  let count = 0;
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      const check = () => verifySignature(fromHex(publicKey.pk), fromHex(msg), fromHex(sig));
      if (result === "valid") await check();
      else await refuses(check, `Wycheproof ${tcId}`);
      count += 1;
    }
  }
  assert.ok(count > 100, String(count));
});

test("no error of a key repeats it", () => {
  assert.throws(() => parseVerifierKey("PRIVATE+KEY+c2VjcmV0LXNlY3JldA=="), (error) => error instanceof Failed && !error.message.includes("c2Vj"));
});
