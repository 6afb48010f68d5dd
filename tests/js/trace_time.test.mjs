// Where moments are drawn. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { foldedAxis, idleGaps, panned, placing, ticks, zoomed } from "../../nbagents/widgets/trace/time.js";
import { span, tableOf } from "./made_up.mjs";

const { idle } = JSON.parse(readFileSync(new URL("../tracing/cases.json", import.meta.url), "utf-8"));

test("ticks are round, few, and labelled in the unit of their step", () => {
  const labels = (from, to, wanted) => ticks(from, to, wanted).map((tick) => tick.label);
  assert.deepEqual(labels(0, 3.42e6, 4), ["0", "1 s", "2 s", "3 s"]);
  assert.deepEqual(labels(0, 0.9e6, 5), ["0", "0.2 s", "0.4 s", "0.6 s", "0.8 s"]);
  assert.deepEqual(labels(3.0e6, 3.1e6, 5), ["3.00 s", "3.02 s", "3.04 s", "3.06 s", "3.08 s", "3.10 s"]);
  assert.deepEqual(labels(0, 40_000, 4), ["0", "10 ms", "20 ms", "30 ms", "40 ms"]);
  assert.deepEqual(labels(0, 180e6, 3), ["0", "1 min", "2 min", "3 min"]);
  assert.deepEqual(labels(60e6, 90e6, 3), ["1:00", "1:10", "1:20", "1:30"]);
  for (const to of [1, 77, 1e3, 5e4, 9e5, 1e7, 1e9, 1e12]) assert.ok(ticks(0, to, 6).length <= 9, `${to}`);
});

test("zooming keeps the moment under the pointer and stays inside the run", () => {
  assert.deepEqual(zoomed([0, 100], 0.5, 50, [0, 100]), [25, 75]);
  assert.deepEqual(zoomed([0, 100], 4, 50, [0, 100]), [0, 100]);
  assert.deepEqual(panned([25, 75], -50, [0, 100]), [0, 50]);
  assert.deepEqual(panned([25, 75], 500, [0, 100]), [50, 100]);
  assert.deepEqual(zoomed([0, 100], 1e-9, 0, [0, 100]), [0, 20]);
});

test("a folded axis is the kernel's: moments before, in and after a gap", () => {
  const place = placing([[10, 1000]], 5);
  assert.deepEqual([10, 505, 1000, 1007].map(place), [10, 12.5, 15, 22]);
});

for (const { about, spans, start, end, gaps } of idle) {
  test(`idle gaps are the kernel's: ${about}`, () => {
    const table = tableOf(spans.map(([seq, parent, type, from, to]) => span(seq, parent, type, type, from, to)), [["lamp", start, end]]);
    assert.deepEqual(idleGaps(table, [end], start, end), gaps);
  });
}

test("short gaps stay as they are, long ones are all equally narrow, and ticks tell the true time", () => {
  const axis = foldedAxis([[1e6, 1.01e6], [2e6, 62e6], [64e6, 124e6]], 0, 126e6);
  assert.deepEqual(axis.gaps, [[2e6, 62e6], [64e6, 124e6]]);
  const whole = axis.place(126e6);
  assert.equal(whole, 6e6 + 2 * axis.width);
  const marks = ticks(0, whole, 6, axis);
  assert.deepEqual(marks.map(({ label }) => label).filter((label) => label.includes(":")), ["1:02", "1:04", "2:04", "2:06"]);
  for (let i = 1; i < marks.length; i++) assert.ok(marks[i].at >= marks[i - 1].at);
});
