import assert from "node:assert/strict";
import { test } from "node:test";

import { wanted } from "../../nbagents/widgets/talk/realtime_log.js";
import { heardOf, hint, money, saying } from "../../nbagents/widgets/talk/realtime_panel.js";

const LIVE = { status: "live", hands_free: true };

test("the control says what is going on, the agent's speech before all else", () => {
  assert.equal(saying({ status: "off" }), "Connect");
  assert.equal(saying({ status: "reconnecting" }), "Reconnecting…");
  assert.equal(saying(LIVE), "Listening");
  assert.equal(saying({ ...LIVE, user_speaks: true }), "Hearing you");
  assert.equal(saying({ ...LIVE, thinks: true }), "Thinking");
  assert.equal(saying({ ...LIVE, thinks: true, speaks: true }), "Speaking");
  assert.equal(saying({ ...LIVE, hands_free: false }), "Ready");
});

test("the hint says what to do next", () => {
  assert.equal(hint({ status: "off" }), "click to begin");
  assert.equal(hint({ ...LIVE, hands_free: false }), "hold space to talk");
});

test("what was not heard is told from what was", () => {
  assert.deepEqual(heardOf({ text: "one two", heard: null }), ["one two", ""]);
  assert.deepEqual(heardOf({ text: "one two three", heard: "one two" }), ["one two", " three"]);
  assert.deepEqual(heardOf({ text: "other", heard: "one" }), ["one", ""]);
});

test("the log is filtered by text and by source", () => {
  const entry = { source: "server", type: "response.done", detail: "completed", item_id: "resp_1" };
  assert.equal(wanted(entry, "", ""), true);
  assert.equal(wanted(entry, "DONE", ""), true);
  assert.equal(wanted(entry, "resp_1", "server"), true);
  assert.equal(wanted(entry, "audio", ""), false);
  assert.equal(wanted(entry, "", "session"), false);
});

test("a cost that is not known is left out, and never 0", () => {
  assert.equal(money(null), "");
  assert.equal(money(0.0123), "$0.0123");
});
