// What a run comes to. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { covered, selfByType, selfTimes, summary, typeCounts } from "../../nbagents/widgets/trace_figures.js";
import { emptyTable } from "../../nbagents/widgets/trace_table.js";
import { NESTED, span, tableOf } from "./made_up.mjs";

test("time that several spans share is counted once, and idle is what none covers", () => {
  assert.equal(covered([0, 5, 20, 21], [10, 15, 30, 22]), 25);
  assert.equal(covered([20, 0, 21, 5], [30, 10, 22, 15]), 25);
  const figures = summary(tableOf([
    span(0, null, "agent", "a", 0, 100, { input: 99, output: 99 }), span(1, 0, "response", "m", 0, 40, { input: 10, output: 5, cached: 2, reasoning: 1 }),
    span(2, 0, "function", "f", 40, 60), span(3, 0, "function", "g", 50, 70, { error: "no" }),
  ]), 100);
  assert.deepEqual([figures.model, figures.tools, figures.idle], [40, 30, 30]);
  // The agent's tokens repeat the model's.
  assert.deepEqual([figures.input, figures.output, figures.cached, figures.reasoning, figures.errors], [10, 5, 2, 1, 1]);
});

test("nobody is idle between two traces", () => {
  const figures = summary(tableOf([], [["late", 5, 6], ["early", 1, 2]]), 9);
  assert.deepEqual([figures.name, figures.took, figures.idle], ["2 traces", 5, 2]);
});

test("a run that goes on takes until now", () => {
  const figures = summary(tableOf([span(0, null, "agent", "a", 0, null)], [["lamp", 0, null]]), 50);
  assert.deepEqual([figures.running, figures.spans, figures.took], [true, 1, 50]);
});

test("a view without a trace yet has figures too", () => {
  const figures = summary(emptyTable(), 5);
  assert.deepEqual([figures.name, figures.start, figures.stop, figures.took, figures.running], ["No trace yet", 0, 0, 0, false]);
});

test("types are counted in a fixed order, unknown ones last, without the SDK's bookkeeping", () => {
  const table = tableOf([span(0, null, "zebra", "z", 0, 1), span(1, null, "function", "f", 0, 1), span(2, null, "agent", "a", 0, 1), span(3, null, "function", "g", 0, 1), span(4, null, "turn", "t", 0, 1)]);
  assert.deepEqual(typeCounts(table), [["agent", 1], ["function", 2], ["zebra", 1]]);
});

test("self time is what no child covers, while the span was open; children side by side count once", () => {
  const table = tableOf([
    span(0, null, "agent", "a", 0, 100), span(1, 0, "function", "f", 10, 30), span(2, 0, "function", "g", 20, 40), span(3, 0, "function", "late", 90, 150), span(4, 1, "custom", "deep", 50, 60),
  ]);
  const own = selfTimes(table, [150]);
  assert.deepEqual([...own], [60, 20, 20, 60, 10]);
  assert.deepEqual(selfByType(table, own, null).map(({ type, count, time }) => [type, count, time]), [["function", 3, 100], ["agent", 1, 60], ["custom", 1, 10]]);
  assert.deepEqual(selfByType(table, own, Uint8Array.of(0, 1, 1, 0, 0)), [{ type: "function", count: 2, time: 40 }]);
});

test("what is in a task or turn is in their agent: nobody sees these two", () => {
  const table = tableOf(NESTED);
  const own = selfTimes(table, [100]);
  assert.deepEqual([...own], [0, 2, 2, 29, 29, 40]);
  assert.deepEqual(selfByType(table, own, null).map(({ type }) => type), ["agent", "response", "function"]);
});
