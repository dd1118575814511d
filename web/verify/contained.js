/**
 * Whether a state that somebody was handed is one that the ledger of today had: two versions of a ledger, each signed,
 * show here.
 */

import { equal, toHex } from "./bytes.js";
import { CannotTell, require } from "./fault.js";

/**
 * Verifies that the tree of a reader had a certain root when it was smaller.
 *
 * @param {{size: bigint, root: Uint8Array}} state as a receipt or a report states it
 * @param {import("./reader.js").LedgerReader} reader of the newest state, verified
 * @throws {import("./fault.js").Failed} it had another root at that size
 * @throws {CannotTell} the state is empty, or newer than what was read; or tiles could not be had
 */
export async function verifyContained({ size, root }, reader) {
  const { size: newest } = reader.checkpoint;
  if (size === 0n) throw new CannotTell("nothing follows from an empty ledger");
  // Made since the page was opened: then there is nothing yet to compare with.
  if (size > newest) throw new CannotTell("it is newer than what was read of the ledger", { expected: `at most ${newest} entries`, found: `${size} entries` });
  const found = size === newest ? reader.checkpoint.root : await reader.rootAt(size);
  require(equal(found, root), "the ledger of today had another root at that size", { where: `${size} entries`, expected: toHex(found), found: toHex(root) });
}
