/**
 * HMAC-SHA256 (RFC 2104) under one key and many short messages: what a key makes of the first block is computed
 * once, so that a message of up to 55 bytes costs two blocks.
 */

import { HASH_BYTES, advance, pad, stateBehind, write } from "./sha256.js";

const BLOCK_BYTES = 64;
/** Longest message: with its padding it fits in one block. */
export const MESSAGE_BYTES_MAX = 55;

/** A key, made ready. Holds what was made of it, so keep it as the key itself. */
export class HmacKey {
  #inner;
  #outer;
  #block = new Uint8Array(BLOCK_BYTES);
  #outerBlock = new Uint8Array(BLOCK_BYTES);
  #state = new Int32Array(HASH_BYTES / 4);

  /** @param {Uint8Array} key at most 64 bytes */
  constructor(key) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`a key has at most ${BLOCK_BYTES} bytes here`);
    const padded = new Uint8Array(BLOCK_BYTES);
    padded.set(key);
    this.#inner = stateBehind(padded.map((byte) => byte ^ 0x36));
    this.#outer = stateBehind(padded.map((byte) => byte ^ 0x5c));
    padded.fill(0);
    pad(this.#outerBlock, HASH_BYTES, BLOCK_BYTES + HASH_BYTES);
  }

  /**
   * The block that a message is written into, from its first byte on, before `state` is called.
   *
   * @returns {Uint8Array}
   */
  get block() {
    return this.#block;
  }

  /**
   * HMAC of the first `bytes` bytes of `block`, as eight words. They stay as they are until the next call; so does
   * what is in `block` before its padding.
   *
   * @param {number} bytes at most 55
   * @returns {Int32Array}
   */
  state(bytes) {
    pad(this.#block, bytes, BLOCK_BYTES + bytes);
    advance(this.#inner, this.#block, this.#state);
    write(this.#state, this.#outerBlock, 0, HASH_BYTES / 4);
    advance(this.#outer, this.#outerBlock, this.#state);
    return this.#state;
  }

  /**
   * @param {Uint8Array} message at most 55 bytes
   * @returns {Uint8Array} 32 bytes
   */
  mac(message) {
    if (message.length > MESSAGE_BYTES_MAX) throw new RangeError(`a message has at most ${MESSAGE_BYTES_MAX} bytes here`);
    this.#block.set(message);
    const mac = new Uint8Array(HASH_BYTES);
    write(this.state(message.length), mac, 0, HASH_BYTES / 4);
    return mac;
  }
}
