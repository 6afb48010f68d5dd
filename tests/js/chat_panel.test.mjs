import assert from "node:assert/strict";
import { test } from "node:test";

import { turnFacts } from "../../nbagents/widgets/run/chat_panel.js";

test("below an answer stands what is known of it", () => {
  assert.equal(turnFacts({ state: "done", seconds: 1.5, tokens: 1200 }), "1.50 s · 1,200 tokens");
  assert.equal(turnFacts({ state: "stopped", seconds: null, tokens: null }), "stopped");
});
