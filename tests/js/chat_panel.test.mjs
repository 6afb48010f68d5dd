import assert from "node:assert/strict";
import { test } from "node:test";

import { callLine, turnFacts } from "../../nbagents/widgets/run/chat_panel.js";

test("a call is written as one reads it, and as it is while it is not yet JSON", () => {
  assert.equal(callLine("look", '{"a": "b", "n": 2}'), 'look(a="b", n=2)');
  assert.equal(callLine("look", ""), "look()");
  assert.equal(callLine("look", '{"a": "b'), 'look({"a": "b)');
  assert.equal(callLine("look", "3"), "look(3)");
});

test("below an answer stands what is known of it", () => {
  assert.equal(turnFacts({ state: "done", seconds: 1.5, tokens: 1200 }), "1.50 s · 1,200 tokens");
  assert.equal(turnFacts({ state: "stopped", seconds: null, tokens: null }), "stopped");
});
