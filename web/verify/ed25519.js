/**
 * Ed25519, strictly (docs/format.md, Ed25519, strictly). The equation is WebCrypto's; what software differs in is
 * checked here: lengths, canonical points, the curve, small order, S below the order of the base point.
 *
 * Whether WebCrypto checks the equation without cofactor is its own affair; the tests look for it with the vectors
 * that tell the two apart. Numbers are not computed in constant time: everything here is public.
 */

import { CannotTell, Failed } from "./fault.js";

/** Bytes of a public key. */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of a signature. */
export const SIGNATURE_BYTES = 64;
const POINT_BYTES = 32;

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** d of the curve −x² + y² = 1 + d·x²·y²: −121665/121666. */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const Y_OF_ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER = new Set([0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8]);

/**
 * Checks a public key by the rules 1 to 3, as soon as it is read.
 *
 * @param {Uint8Array} key
 * @throws {Failed} it is not one that may be used
 */
export function checkPublicKey(key) {
  if (key.length !== PUBLIC_KEY_BYTES) {
    throw new Failed("a public key has another length", { expected: `${PUBLIC_KEY_BYTES} bytes`, found: `${key.length} bytes` });
  }
  checkPoint(key, "the public key");
}

/**
 * Verifies a signature.
 *
 * @param {Uint8Array} key public key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @param {SubtleCrypto} [subtle] WebCrypto; that of the platform if left out
 * @returns {Promise<void>}
 * @throws {Failed} it breaks one of the rules 1 to 5
 * @throws {CannotTell} there is no WebCrypto, or it has no Ed25519
 */
export async function verifySignature(key, message, signature, subtle = globalThis.crypto?.subtle) {
  checkPublicKey(key);
  if (signature.length !== SIGNATURE_BYTES) {
    throw new Failed("a signature has another length", { expected: `${SIGNATURE_BYTES} bytes`, found: `${signature.length} bytes` });
  }
  checkPoint(signature.subarray(0, POINT_BYTES), "the point R of the signature");
  if (littleEndian(signature.subarray(POINT_BYTES)) >= ORDER) throw new Failed("the number S of the signature is not below the order of the group");
  const holds = await equationHolds(key, message, signature, subtle);
  if (holds !== true) throw new Failed("the signature does not fit the text and the key");
}

/**
 * Whether signatures can be checked here. Pages say so before anybody waits for an answer.
 *
 * @param {SubtleCrypto} [subtle]
 * @returns {Promise<boolean>}
 */
export async function canVerify(subtle = globalThis.crypto?.subtle) {
  try {
    // The base point: as good a public key as any.
    const key = new Uint8Array(PUBLIC_KEY_BYTES).fill(0x66);
    key[0] = 0x58;
    await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

async function equationHolds(key, message, signature, subtle) {
  if (!subtle) {
    throw new CannotTell("this page has no WebCrypto (browsers give it to pages from https and from this machine only), so no signature can be checked here");
  }
  try {
    const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch (cause) {
    throw new CannotTell("this browser can't check Ed25519 signatures (WebCrypto without Ed25519)", { cause });
  }
}

function checkPoint(bytes, what) {
  const number = littleEndian(bytes);
  const sign = number >> 255n;
  const y = number & (2n ** 255n - 1n);
  if (y >= P) throw new Failed(`${what} is not canonical: y is not below 2^255 − 19`);
  if (SMALL_ORDER.has(y)) {
    // x is 0 where y is 1 or −1.
    const isZero = y === 1n || y === P - 1n;
    throw new Failed(isZero && sign === 1n ? `${what} is not canonical: x is 0 with sign bit 1` : `${what} is of small order`);
  }
  if (!isOnCurve(y)) throw new Failed(`${what} is no point of the curve`);
}

/** Whether some x fits: whether (y² − 1) / (d·y² + 1) is a square. A product is one if the quotient is. */
function isOnCurve(y) {
  const square = (y * y) % P;
  const product = ((square - 1n + P) * (D * square + 1n)) % P;
  return product === 0n || power(product, (P - 1n) / 2n) === 1n;
}

function power(base, exponent) {
  let result = 1n;
  for (let factor = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}

function littleEndian(bytes) {
  let number = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) number = (number << 8n) | BigInt(bytes[at]);
  return number;
}
