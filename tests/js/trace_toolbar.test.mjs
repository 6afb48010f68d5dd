// What the foot and the dock of a trace view say. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { whichItems } from "../../nbagents/widgets/trace/session.js";
import { footFacts, selfFacts } from "../../nbagents/widgets/trace/toolbar.js";

const spaced = (text) => text.replaceAll("\u00a0", " ");
const NOTHING = { spans: 1, took: 420_000, model: 0, tools: 0, idle: 420_000, input: 0, output: 0, cached: 0, reasoning: 0 };
const hub = (more) => ({ figures: NOTHING, rows: { count: 1 }, compared: null, cost: null, matching: null, selfByType: [], ui: { by: "tree" }, ...more });

test("self time is said by type, of what matches, and what is left out is counted", () => {
  const types = ["a", "b", "c", "d", "e", "f", "g"].map((type, i) => ({ type, count: i + 1, time: 1000 * (9 - i) }));
  assert.equal(spaced(selfFacts(hub({ selfByType: types.slice(0, 2) }))), "self time: a ×1 9 ms · b ×2 8 ms");
  assert.equal(
    spaced(selfFacts(hub({ selfByType: types, matching: Uint8Array.of(1) }))),
    "self time of what matches: a ×1 9 ms · b ×2 8 ms · c ×3 7 ms · d ×4 6 ms · e ×5 5 ms · 2 more types 7 ms",
  );
  assert.equal(selfFacts(hub({ compared: { pairs: [] } })), "");
});

test("the foot has the time, its parts, tokens of every kind and the cost, or that it is not known", () => {
  const figures = { ...NOTHING, spans: 14, took: 3_420_000, model: 2_480_000, tools: 810_000, idle: 130_000, input: 1020, output: 216, cached: 512, reasoning: 96 };
  assert.deepEqual(footFacts(hub({ figures, cost: { calls: 4, usd: 0.0031 } })), [
    "14 spans, showing 1 row", "took 3.42 s · model 2.48 s · tools 0.81 s · idle 0.13 s", "1,020 in · 216 out · 512 cached · 96 reasoning", "$0.0031",
  ]);
  assert.equal(footFacts(hub({ figures, cost: { calls: 4, usd: null } }))[3], "cost unknown");
  assert.equal(footFacts(hub({ figures, cost: { calls: 4, usd: 0 } }))[3], "no cost");
});

test("a run without a model or a tool is not called idle", () => {
  assert.equal(footFacts(hub({}))[1], "took 0.42 s");
});

test("items of a session are named by their places", () => {
  const found = (...positions) => whichItems({ session_id: "support", positions, total: 1400 });
  assert.equal(found(9), "The span made item 9 of 1,400 in the session support");
  assert.equal(found(9, 10, 11), "The span made items 9–11 of 1,400 in the session support");
  assert.equal(found(9, 12), "The span made items 9, 12 of 1,400 in the session support");
});
