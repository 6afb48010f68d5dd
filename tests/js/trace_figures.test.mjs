// What a run comes to. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { covered, selfByType, selfTimes, summary, typeCounts } from "../../nbagents/widgets/trace/figures.js";
import { emptyTable } from "../../nbagents/widgets/trace/table.js";
import { NESTED, span, tableOf } from "./made_up.mjs";

const { self: CASES } = JSON.parse(readFileSync(new URL("../tracing/cases.json", import.meta.url), "utf-8"));

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

for (const { about, spans, own } of CASES) {
  test(`self time: ${about}`, () => {
    const table = tableOf(spans.map(([seq, parent, type, start, stop]) => span(seq, parent, type, type, start, stop)));
    assert.deepEqual([...selfTimes(table, [150])], own);
  });
}

test("self time by type is of what matches, most first, without task and turn", () => {
  const table = tableOf(NESTED);
  const of = (matching) => selfByType(table, Float64Array.of(0, 2, 2, 28, 29, 40), matching).map(({ type, count, time }) => [type, count, time]);
  assert.deepEqual(of(null), [["agent", 2, 42], ["function", 1, 29], ["response", 1, 28]]);
  assert.deepEqual(of(Uint8Array.of(1, 0, 1, 1, 0, 1)), [["agent", 1, 40], ["response", 1, 28]]);
});
