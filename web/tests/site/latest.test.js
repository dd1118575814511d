import assert from "node:assert/strict";
import { test } from "node:test";

import { Latest } from "../../site/latest.js";

test("an answer that comes behind that of a later question is not the latest", async () => {
  const asked = new Latest();
  const shown = [];
  const show = async (what, ms) => {
    const isLatest = asked.begin();
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (isLatest()) shown.push(what);
  };
  await Promise.all([show("slow", 20), show("fast", 1)]);
  assert.deepEqual(shown, ["fast"]);
  await show("alone", 1);
  assert.deepEqual(shown, ["fast", "alone"]);
});
