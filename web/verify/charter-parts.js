/**
 * Charters, put together from the entries that they stand in (docs/format.md, Charters).
 */

import { concat, equal, toHex } from "./bytes.js";
import { Failed, require, within } from "./fault.js";
import { HASH_BYTES, sha256 } from "./sha256.js";

/** Most parts of a charter. */
export const PARTS_MAX = 65;
/** Most bytes of text in a part. */
export const PART_BYTES_MAX = 65_000;

/** Puts charters together from a ledger that is followed in order. */
export class CharterAssembly {
  /** @type {Record<string, unknown>[]} */
  #parts = [];

  /**
   * Takes the next part.
   *
   * @param {{part: number, parts: number, sha256: Uint8Array, text: Uint8Array}} part
   * @returns {Uint8Array | null} with the last part, the whole text
   * @throws {Failed} it does not follow; what came before it is forgotten
   */
  push(part) {
    const before = this.#parts;
    this.#parts = [];
    within(`part ${part.part} of ${part.parts} of a charter`, () => checkPart(part, before));
    const parts = [...before, part];
    if (part.part < part.parts) {
      this.#parts = parts;
      return null;
    }
    const text = concat(...parts.map((one) => one.text));
    const hash = sha256(text);
    require(equal(hash, part.sha256), "the parts of a charter have another SHA-256 than they name", { expected: toHex(part.sha256), found: toHex(hash) });
    return text;
  }

  /**
   * Another entry came, or the end of the ledger.
   *
   * @throws {Failed} parts were still to come
   */
  interrupt() {
    const last = this.#parts.at(-1);
    this.#parts = [];
    if (last) throw new Failed("a charter ends before its last part", { expected: `part ${last.parts}`, found: `part ${last.part}` });
  }
}

/**
 * The text of a charter that stands in a ledger, each of its parts proven.
 *
 * @param {import("./reader.js").LedgerReader} reader
 * @param {bigint} last index of the entry with its last part
 * @returns {Promise<Uint8Array>}
 * @throws {Failed} no charter ends there, or an entry does not lead to the root
 * @throws {import("./fault.js").CannotTell} an entry could not be had
 */
export async function charterAt(reader, last) {
  const { body } = await reader.entry(last);
  if (body.kind !== "charter") throw new Failed("what is named as charter is none", { where: `entry ${last}`, found: body.kind });
  const first = last - BigInt(body.content.parts) + 1n;
  if (first < 0n) throw new Failed("a charter has more parts than there are entries before it", { where: `entry ${last}` });
  const assembly = new CharterAssembly();
  let text = null;
  for (let index = first; index <= last; index += 1n) {
    const { body: part } = await reader.entry(index);
    if (part.kind !== "charter") throw new Failed("the parts of a charter do not stand one after the other", { where: `entry ${index}`, found: part.kind });
    text = within(`entry ${index}`, () => assembly.push(part.content));
  }
  if (text === null) throw new Failed("a charter ends before its last part", { where: `entry ${last}` });
  return text;
}

function checkPart(part, before) {
  require(part.parts >= 1 && part.parts <= PARTS_MAX, "a charter has 1 to 65 parts", { found: part.parts });
  require(part.sha256.length === HASH_BYTES, "the SHA-256 of a charter has 32 bytes", { found: `${part.sha256.length} bytes` });
  require(part.text.length >= 1 && part.text.length <= PART_BYTES_MAX, "a part has 1 to 65,000 bytes of text", { found: `${part.text.length} bytes` });
  require(part.part === before.length + 1 && part.part <= part.parts, "the parts of a charter stand one after the other", { expected: `part ${before.length + 1}` });
  if (before.length > 0) {
    const isSame = part.parts === before[0].parts && equal(part.sha256, before[0].sha256);
    if (!isSame) throw new Failed("it belongs to another charter than the part before");
  }
}
