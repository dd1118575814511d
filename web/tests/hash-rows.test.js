import assert from "node:assert/strict";
import { test } from "node:test";

import { LedgerCheck } from "../verify/check-ledger.js";
import { KEY_TEXT, MemorySource, access, chained, genesis } from "./support/maker.js";

const LARGE = chained([genesis(), ...Array.from({ length: 699 }, (_, index) => access(index))]);
const check = (source) => new LedgerCheck(source, { key: KEY_TEXT, tiles: true }).run();
const stepThatFailed = ({ steps }) => steps.find(({ outcome }) => outcome !== "ok");

for (const size of [1, 256, 257, 700]) {
  test(`every hash tile of ${size} entries is compared, if that is asked for`, async () => {
    const source = new MemorySource(LARGE.slice(0, size));
    const result = await check(source);
    assert.deepEqual([result.outcome, result.steps.at(-1).step], ["ok", "tiles"], result.steps.at(-1).detail);
    const tiles = source.asked.filter((path) => /^tile\/\d/.test(path));
    assert.equal(tiles.length, Math.ceil(size / 256) + (size >= 256 ? 1 : 0));
    for (const path of tiles) {
      source.change = (asked, bytes) => (asked === path ? bytes.map((byte, at) => (at === 31 ? byte ^ 8 : byte)) : bytes);
      const wrong = await check(source);
      assert.deepEqual([wrong.outcome, stepThatFailed(wrong).step], ["failed", "tiles"], path);
      source.change = (asked, bytes) => (asked === path ? null : bytes);
      assert.equal((await check(source)).outcome, "could-not-tell", path);
    }
  });
}
