import assert from "node:assert/strict";
import { test } from "node:test";

import { callText } from "../../nbagents/widgets/words.js";

test("a call is written as one reads it, and as it is while it is not yet JSON", () => {
  assert.equal(callText("look", '{"a": "b", "n": 2}'), 'look(a="b", n=2)');
  assert.equal(callText("look", ""), "look()");
  assert.equal(callText("look", '{"a": "b'), 'look({"a": "b)');
  assert.equal(callText("look", "3"), "look(3)");
});
