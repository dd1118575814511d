/**
 * SHA-256 (FIPS 180-4), synchronous. WebCrypto's takes some microseconds for each call, however short the message:
 * for millions of leaves and markers this one is faster. Tests hold it to WebCrypto.
 *
 * What is hashed here is public, or is in the hands of whoever runs this; time may depend on lengths only.
 */

/** Bytes of a hash. */
export const HASH_BYTES = 32;

const BLOCK_BYTES = 64;
/** Bytes of the last block that the length takes, and the byte behind the message. */
const LENGTH_BYTES = 8;
const STATE_WORDS = 8;

const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const INITIAL = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

// Used again by every call. No call is interrupted by another: nothing here is asynchronous.
const schedule = new Int32Array(64);
const state = new Int32Array(STATE_WORDS);
const tail = new Uint8Array(2 * BLOCK_BYTES);

/**
 * @param {Uint8Array} message
 * @returns {Uint8Array} its SHA-256, 32 bytes
 */
export function sha256(message) {
  const hash = new Uint8Array(HASH_BYTES);
  hashInto(message, 0, message.length, hash, 0);
  return hash;
}

/**
 * SHA-256 of `bytes[start … end)`, written into `out` from `outAt` on. Nothing is allocated.
 *
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end at least `start`; at most the length of `bytes`, which is not checked
 * @param {Uint8Array} out may be the same array: it is written last
 * @param {number} outAt
 */
export function hashInto(bytes, start, end, out, outAt) {
  state.set(INITIAL);
  const rest = absorb(bytes, start, end);
  finish(end - start, 0, bytes, rest, end);
  write(state, out, outAt, STATE_WORDS);
}

/**
 * SHA-256 of one byte and then `bytes[start … end)`, likewise: what a Merkle tree hashes.
 *
 * @param {number} prefix
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @param {Uint8Array} out
 * @param {number} outAt
 */
export function hashPrefixedInto(prefix, bytes, start, end, out, outAt) {
  state.set(INITIAL);
  const first = Math.min(BLOCK_BYTES - 1, end - start);
  tail[0] = prefix;
  for (let at = 0; at < first; at += 1) tail[at + 1] = bytes[start + at];
  if (first < BLOCK_BYTES - 1) {
    finish(first + 1, first + 1, bytes, end, end);
  } else {
    compress(state, tail, 0);
    const rest = absorb(bytes, start + first, end);
    finish(end - start + 1, 0, bytes, rest, end);
  }
  write(state, out, outAt, STATE_WORDS);
}

/**
 * The state behind one block, from which hashes of longer messages can go on (HMAC).
 *
 * @param {Uint8Array} block 64 bytes
 * @returns {Int32Array}
 */
export function stateBehind(block) {
  const behind = Int32Array.from(INITIAL);
  compress(behind, block, 0);
  return behind;
}

/**
 * Takes one more block into a state: the last one, padded by the caller, makes the hash.
 *
 * @param {Int32Array} from state before; stays as it is
 * @param {Uint8Array} block 64 bytes
 * @param {Int32Array} to state behind it
 */
export function advance(from, block, to) {
  for (let word = 0; word < STATE_WORDS; word += 1) to[word] = from[word];
  compress(to, block, 0);
}

/**
 * @param {Int32Array} from a state
 * @param {Uint8Array} out
 * @param {number} outAt
 * @param {number} words how many of its eight words are written, big-endian
 */
export function write(from, out, outAt, words) {
  for (let word = 0; word < words; word += 1) {
    const value = from[word];
    const at = outAt + 4 * word;
    out[at] = value >>> 24;
    out[at + 1] = value >>> 16;
    out[at + 2] = value >>> 8;
    out[at + 3] = value;
  }
}

/**
 * Puts the padding of a message behind it, in the block that it ends in.
 *
 * @param {Uint8Array} block its last block of 64 bytes; at most 55 of them are the message's
 * @param {number} held how many
 * @param {number} messageBytes length of the whole message, below 2^32 bytes
 */
export function pad(block, held, messageBytes) {
  padUpTo(block, held, BLOCK_BYTES, messageBytes);
}

/** Takes in whole blocks; returns where what is left begins. */
function absorb(bytes, start, end) {
  let at = start;
  for (; at + BLOCK_BYTES <= end; at += BLOCK_BYTES) compress(state, bytes, at);
  return at;
}

/** Takes in the last bytes, behind `held` ones that are in `tail` already, with the padding. */
function finish(messageBytes, held, bytes, from, end) {
  for (let at = from; at < end; at += 1) tail[held + at - from] = bytes[at];
  const last = held + end - from;
  const padded = last + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  padUpTo(tail, last, padded, messageBytes);
  compress(state, tail, 0);
  if (padded > BLOCK_BYTES) compress(state, tail, BLOCK_BYTES);
}

function padUpTo(block, held, padded, messageBytes) {
  block[held] = 0x80;
  for (let at = held + 1; at < padded - LENGTH_BYTES; at += 1) block[at] = 0;
  const bits = messageBytes * 8;
  const high = Math.floor(bits / 0x1_0000_0000);
  for (let byte = 0; byte < 4; byte += 1) {
    block[padded - 1 - byte] = bits >>> (8 * byte);
    block[padded - 5 - byte] = high >>> (8 * byte);
  }
}

/** One block into a state. Written out in turns of eight, so that no variable has to be moved. */
function compress(into, bytes, offset) {
  const w = schedule;
  for (let word = 0, at = offset; word < 16; word += 1, at += 4) {
    w[word] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let word = 16; word < 64; word += 1) {
    const x = w[word - 15];
    const y = w[word - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[word] = (w[word - 16] + s0 + w[word - 7] + s1) | 0;
  }
  let a = into[0];
  let b = into[1];
  let c = into[2];
  let d = into[3];
  let e = into[4];
  let f = into[5];
  let g = into[6];
  let h = into[7];
  for (let turn = 0; turn < 64; turn += 8) {
    let t = (h + big1(e) + (g ^ (e & (f ^ g))) + K[turn] + w[turn]) | 0;
    d = (d + t) | 0;
    h = (t + big0(a) + ((a & b) | (c & (a | b)))) | 0;
    t = (g + big1(d) + (f ^ (d & (e ^ f))) + K[turn + 1] + w[turn + 1]) | 0;
    c = (c + t) | 0;
    g = (t + big0(h) + ((h & a) | (b & (h | a)))) | 0;
    t = (f + big1(c) + (e ^ (c & (d ^ e))) + K[turn + 2] + w[turn + 2]) | 0;
    b = (b + t) | 0;
    f = (t + big0(g) + ((g & h) | (a & (g | h)))) | 0;
    t = (e + big1(b) + (d ^ (b & (c ^ d))) + K[turn + 3] + w[turn + 3]) | 0;
    a = (a + t) | 0;
    e = (t + big0(f) + ((f & g) | (h & (f | g)))) | 0;
    t = (d + big1(a) + (c ^ (a & (b ^ c))) + K[turn + 4] + w[turn + 4]) | 0;
    h = (h + t) | 0;
    d = (t + big0(e) + ((e & f) | (g & (e | f)))) | 0;
    t = (c + big1(h) + (b ^ (h & (a ^ b))) + K[turn + 5] + w[turn + 5]) | 0;
    g = (g + t) | 0;
    c = (t + big0(d) + ((d & e) | (f & (d | e)))) | 0;
    t = (b + big1(g) + (a ^ (g & (h ^ a))) + K[turn + 6] + w[turn + 6]) | 0;
    f = (f + t) | 0;
    b = (t + big0(c) + ((c & d) | (e & (c | d)))) | 0;
    t = (a + big1(f) + (h ^ (f & (g ^ h))) + K[turn + 7] + w[turn + 7]) | 0;
    e = (e + t) | 0;
    a = (t + big0(b) + ((b & c) | (d & (b | c)))) | 0;
  }
  into[0] = (into[0] + a) | 0;
  into[1] = (into[1] + b) | 0;
  into[2] = (into[2] + c) | 0;
  into[3] = (into[3] + d) | 0;
  into[4] = (into[4] + e) | 0;
  into[5] = (into[5] + f) | 0;
  into[6] = (into[6] + g) | 0;
  into[7] = (into[7] + h) | 0;
}

function big0(x) {
  return ((x >>> 2) | (x << 30)) ^ ((x >>> 13) | (x << 19)) ^ ((x >>> 22) | (x << 10));
}

function big1(x) {
  return ((x >>> 6) | (x << 26)) ^ ((x >>> 11) | (x << 21)) ^ ((x >>> 25) | (x << 7));
}
