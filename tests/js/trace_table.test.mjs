// Spans as columns. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { endsOf, inOrder, parentRows, stateOf, stopOf, textOf } from "../../nbagents/widgets/trace/table.js";
import { NESTED, span, tableOf } from "./made_up.mjs";

test("a row that comes again takes the place of the one before it, and columns grow", () => {
  const table = tableOf(Array.from({ length: 100 }, (_, n) => span(n, null, "agent", `a${n}`, n, null)));
  tableOf([span(7, null, "agent", "renamed", 7, 70, { input: 3 })], [["lamp", 0, 90]], table);
  assert.deepEqual([table.count, textOf(table, "name", 7), table.stop[7], table.input[7]], [100, "renamed", 70, 3]);
  assert.deepEqual([textOf(table, "name", 99), table.input[99], table.traces[0].ended_us], ["a99", NaN, 90]);
});

test("rows are in the order of starting, trace after trace, whatever order they came in", () => {
  const late = [...NESTED].reverse().map((each) => ({ ...each, trace: 1 }));
  const table = tableOf([...late, span(0, null, "agent", "early", 0, 1)], [["early", 0, 5], ["late", 1, 99]]);
  assert.deepEqual(Array.from(inOrder(table), (row) => [table.trace[row], table.seq[row]]), [[0, 0], [1, 0], [1, 1], [1, 2], [1, 3], [1, 4], [1, 5]]);
});

test("a parent that is unknown, or that claims to start later, is no parent", () => {
  const table = tableOf([span(0, 1, "agent", "a", 0, 1), span(1, 0, "agent", "b", 0, 1), span(2, 9, "agent", "c", 0, 1)]);
  assert.deepEqual([...parentRows(table)], [-1, 0, -1]);
});

test("what never ended is running while its trace is, and interrupted after", () => {
  const trace = { ended_us: null, interrupted: false };
  assert.equal(stateOf(trace, NaN), "running");
  assert.equal(stateOf({ ...trace, ended_us: 9 }, NaN), "interrupted");
  assert.equal(stateOf({ ...trace, interrupted: true }, NaN), "interrupted");
  assert.equal(stateOf({ ...trace, interrupted: true }, 3), "done");
  assert.deepEqual([stateOf(trace), stateOf({ ...trace, ended_us: 9 })], ["running", "done"]);
});

test("a running trace ends now, an interrupted one with the last that is known of it", () => {
  const spans = [span(0, null, "agent", "a", 4, null), { ...span(0, null, "agent", "b", 2, 7), trace: 1 }, { ...span(1, null, "agent", "c", 8, null), trace: 1 }];
  const table = tableOf(spans, [["runs", 0, null], ["broke", 1, null, true], ["ended", 0, 50]]);
  const ends = endsOf(table, 1000);
  assert.deepEqual(ends, [1000, 8, 50]);
  assert.deepEqual([stopOf(table, 0, ends), stopOf(table, 1, ends), stopOf(table, 2, ends)], [1000, 7, 8]);
});
