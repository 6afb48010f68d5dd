// The pure functions of the voice panel. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { meterShare } from "../../nbagents/widgets/sound/device.js";
import { bars, lastTurn } from "../../nbagents/widgets/talk/talk.js";
import { saying } from "../../nbagents/widgets/talk/voice_panel.js";

const STATE = { hands_free: false, talking: false, caption: "", answering: false, speaking: false, replaying: null };

test("the control says what happens and what to do next", () => {
  const said = (more, holding = false) => saying({ ...STATE, ...more }, holding, true);
  assert.deepEqual(said({}), ["Ready", "hold space to talk"]);
  assert.deepEqual(saying(STATE, false, false), ["Ready", "hold to talk"]);
  assert.deepEqual(said({ hands_free: true }), ["Listening", "just speak"]);
  assert.deepEqual(said({ speaking: true }, true), ["Hearing you", "let go to send"]);
  assert.deepEqual(said({ answering: true, speaking: true }), ["Speaking", "hold to interrupt"]);
  assert.deepEqual(said({ answering: true }), ["Thinking", "Esc stops"]);
  assert.deepEqual(said({ replaying: 2, speaking: true }), ["Replaying turn 2", "Esc stops"]);
});

test("the stages lie end to end over the whole width", () => {
  const drawn = bars([{ name: "heard", begin: 0, end: 500 }, { name: "transcribed", begin: 500, end: 750 }, { name: "first token", begin: 750, end: 1000 }]);
  assert.deepEqual(drawn.map(({ left, width }) => [left, width]), [[0, 0.5], [0.5, 0.25], [0.75, 0.25]]);
  assert.deepEqual(bars([]), []);
});

test("the time to the first sound is told once there was one", () => {
  assert.equal(lastTurn([]), "none yet");
  assert.equal(lastTurn([{ name: "heard", begin: 0, end: 500 }]), "");
  assert.equal(lastTurn([{ name: "heard", begin: 0, end: 500 }, { name: "first sound", begin: 500, end: 740 }]), "0.74 s to first sound");
});

test("a meter is empty at -60 dB and full at full scale", () => {
  assert.deepEqual([0, 0.001, 1, 2].map(meterShare), [0, 0, 1, 1]);
  assert.ok(Math.abs(meterShare(0.1) - 2 / 3) < 1e-9);
});
