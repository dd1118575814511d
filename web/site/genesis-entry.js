/**
 * Entry 0 of a ledger, proven. Asks for a bundle of one entry, so that a page need not fetch 256 of them to know
 * whether the ledger is simulated.
 */

import { equal } from "../verify/bytes.js";
import { Missing, require } from "../verify/fault.js";
import { checkGenesis } from "../verify/genesis.js";
import { leafHash } from "../verify/merkle.js";
import { readLeaf } from "../verify/record.js";
import { HASH_BYTES } from "../verify/sha256.js";
import { bundleLeaves, tilePath } from "../verify/tile.js";

const ONE_ENTRY_MAX = 2 + 65_535;

/**
 * @param {import("../verify/source.js").Source} source
 * @param {import("../verify/reader.js").LedgerReader} reader
 * @returns {Promise<import("../verify/genesis.js").Genesis & {recordedAt: bigint}>}
 * @throws {import("../verify/fault.js").Failed} it does not lead to the root, or can't begin this ledger
 * @throws {import("../verify/fault.js").CannotTell} it could not be had
 */
export async function readGenesis(source, reader) {
  const leaf = (await reader.twice((options) => leafAlone(source, reader, options))) ?? (await reader.leaf(0n)).leaf;
  const { recordedAt, body } = readLeaf(leaf, 0n);
  return { ...checkGenesis(body, reader.checkpoint.origin), recordedAt };
}

/**
 * Whether what the ledger holds is made up. That it could not be read must not look like "no".
 *
 * @param {import("../verify/reader.js").LedgerReader | null} reader
 * @param {import("../verify/genesis.js").Genesis | null} genesis `null` where it could not be had
 * @returns {boolean | null | undefined} `null`: could not be told; `undefined`: there is no entry to ask
 */
export function isSimulated(reader, genesis) {
  if (reader === null || reader.checkpoint.size === 0n) return undefined;
  return genesis === null ? null : genesis.simulated;
}

/** `null` where only whole bundles are there, as behind a static server. */
async function leafAlone(source, reader, options) {
  let bytes;
  try {
    bytes = await source.get(tilePath({ level: "entries", index: 0n, width: 1 }), { max: ONE_ENTRY_MAX, ...options });
  } catch (error) {
    if (error instanceof Missing) return null;
    throw error;
  }
  const [leaf] = bundleLeaves(bytes, 1);
  const hashes = await reader.hashTile(0, 0n);
  require(equal(leafHash(leaf), hashes.subarray(0, HASH_BYTES)), "the first entry is another one than the tree has there", { where: "entry 0" });
  return leaf;
}
