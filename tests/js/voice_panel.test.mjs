// The pure functions of the voice panel. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { meterShare } from "../../nbagents/widgets/sound/device.js";
import { hindrance } from "../../nbagents/widgets/talk/devices.js";
import { bars, called, lastTurn, script } from "../../nbagents/widgets/talk/talk.js";
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

test("the time to the first sound is told once there was one, and that there was none once none will come", () => {
  const heard = { name: "heard", begin: 0, end: 500 };
  assert.equal(lastTurn([], false), "none yet");
  assert.equal(lastTurn([heard], true), "…");
  assert.equal(lastTurn([heard], false), "no answer");
  assert.equal(lastTurn([heard, { name: "first token", begin: 500, end: 700 }], false), "0.70 s to first token");
  assert.equal(lastTurn([heard, { name: "first token", begin: 500, end: 700 }, { name: "first sound", begin: 700, end: 740 }], true), "0.74 s to first sound");
});

test("what keeps one from being heard is said, the worst first, with what helps", () => {
  const device = (what, state, muted = false) => ({ what, state, text: `${what} ${state}`, model: { get: () => muted } });
  const found = (...devices) => hindrance(...devices);
  assert.equal(found(undefined, undefined), null);
  assert.equal(found(device("microphone", "live"), device("loudspeaker", "live")), null);
  assert.deepEqual(found(device("microphone", "live", true), device("loudspeaker", "failed")), { words: "No loudspeaker", hint: "see above", text: "loudspeaker failed", act: "again" });
  assert.equal(found(device("microphone", "elsewhere"), device("loudspeaker", "live")).act, "take");
  assert.equal(found(device("microphone", "live", true), device("loudspeaker", "live")).words, "Muted");
});

test("a transcript is a line for each thing said, and leaves out what nobody said", () => {
  const call = { name: "find", arguments: '{"n": 2}', output: "two" };
  assert.equal(script([["you", "hello"], ["tool", called(call)], ["agent", ""]]), "you: hello\ntool: find(n=2) → two\n");
  assert.equal(called({ ...call, output: null }), "find(n=2)");
});

test("a meter is empty at -60 dB and full at full scale", () => {
  assert.deepEqual([0, 0.001, 1, 2].map(meterShare), [0, 0, 1, 1]);
  assert.ok(Math.abs(meterShare(0.1) - 2 / 3) < 1e-9);
});
