/**
 * Entry 0: how a ledger began (docs/format.md, Genesis).
 */

import { checkPublicKey } from "./ed25519.js";
import { CannotTell, require, within } from "./fault.js";
import { verifierKey } from "./key.js";
import { HASH_BYTES } from "./sha256.js";

const FORMAT_VERSION = 1;

/**
 * @typedef {object} Genesis
 * @property {import("./key.js").VerifierKey[]} keys that sign checkpoints from the start
 * @property {boolean} simulated whether the entries are made up: whoever shows the ledger must show that
 * @property {{origin: string, size: bigint, root: Uint8Array} | null} predecessor the ledger that this one continues
 */

/**
 * Checks entry 0.
 *
 * @param {import("./record.js").Body} body
 * @param {string} origin of the checkpoint
 * @returns {Genesis}
 * @throws {import("./fault.js").Failed} it can't begin this ledger
 * @throws {CannotTell} the ledger is of a later format
 */
export function checkGenesis({ kind, content }, origin) {
  require(kind === "genesis", "the first entry does not begin a ledger", { expected: "genesis", found: kind });
  if (content.format_version !== FORMAT_VERSION) {
    throw new CannotTell("the ledger is of a format that this reader does not know", { expected: `version ${FORMAT_VERSION}`, found: content.format_version });
  }
  require(content.origin === origin, "the first entry is of another ledger", { expected: origin, found: content.origin });
  require(content.public_keys.length > 0, "the first entry names no key");
  const keys = content.public_keys.map((publicKey, position) =>
    within(`key ${position + 1} of the first entry`, () => {
      checkPublicKey(publicKey);
      return verifierKey(origin, publicKey);
    }),
  );
  const predecessor = content.predecessor ?? null;
  if (predecessor) require(predecessor.root.length === HASH_BYTES, "the root of the predecessor has another length", { expected: `${HASH_BYTES} bytes`, found: `${predecessor.root.length} bytes` });
  return { keys, simulated: content.simulated, predecessor };
}
