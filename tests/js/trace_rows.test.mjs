// What rows say. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isDark } from "../../nbagents/widgets/live.js";
import { dollars, tipLine, tokensOf } from "../../nbagents/widgets/trace/details.js";
import { buildLanes } from "../../nbagents/widgets/trace/lanes.js";
import { joined, laneRows, pairRows, shortError, shownPath, signed, treeRows } from "../../nbagents/widgets/trace/rows.js";
import { keyOf } from "../../nbagents/widgets/trace/table.js";
import { buildTree, visiblePlaces } from "../../nbagents/widgets/trace/tree.js";
import { count, duration, percent, plural } from "../../nbagents/widgets/words.js";
import { span, tableOf } from "./made_up.mjs";

const RUN = [
  span(0, null, "agent", "refunds", 0, 900_000), ...[1, 2, 3].map((n) => span(n, 0, "function", "check_policy", n * 100_000, n * 100_000 + 90_000)),
  span(4, 0, "function", "issue_refund", 500_000, 680_000, { error: "PolicyError: needs a photo" }), span(5, 0, "handoff", "triage", 700_000, 701_000),
];
const rowsOf = (spans, turned = new Set(), path = null, traces = [["lamp", 0, 1e6]]) => {
  const table = tableOf(spans, traces);
  const tree = buildTree(table);
  return treeRows({ table, tree, places: visiblePlaces(tree, { turned }), ends: traces.map(([, , end]) => end), turned, searching: false, path });
};
const seen = { place: (moment) => moment, from: 0, to: 1e6, near: 1 };

test("a row says its name, its time and what went wrong", () => {
  const rows = rowsOf(RUN);
  const said = Array.from({ length: rows.count }, (_, i) => rows.at(i)).map(({ label, took, beside, failed }) => [label, took, beside, failed]);
  assert.deepEqual(said, [
    ["refunds", "0.90 s", "", false], ["check_policy ×3", "0.29 s", "3 calls", false], ["issue_refund", "0.18 s", "PolicyError", true], ["→ triage", "1 ms", "", false],
  ]);
});

test("a folded row counts the errors that it hides", () => {
  assert.equal(rowsOf(RUN, new Set([keyOf(0, 0)])).at(0).beside, "1 error");
});

test("a run of siblings has a bar for each that can be told apart", () => {
  assert.deepEqual(rowsOf(RUN).bars(1, seen).map((bar) => [bar.from, bar.to]), [[100_000, 190_000], [200_000, 290_000], [300_000, 390_000]]);
});

test("several traces have bars of their own", () => {
  const rows = rowsOf([span(0, null, "agent", "a", 10, 20)], new Set(), null, [["one", 0, 50], ["two", 30, 90]]);
  assert.deepEqual([0, 1, 2].map((i) => rows.bars(i, seen).map((bar) => [bar.from, bar.to])), [[[0, 50]], [[10, 20]], [[30, 90]]]);
});

test("the critical path of what is folded away is under what it is folded into", () => {
  const path = new Map([[keyOf(0, 0), [[0, 100]]], [keyOf(0, 4), [[100, 200]]], [keyOf(0, 1), [[300, 400]]]]);
  assert.deepEqual(rowsOf(RUN, new Set(), path).path(0), [[0, 100]]);
  assert.deepEqual(rowsOf(RUN, new Set([keyOf(0, 0)]), path).path(0), [[0, 200], [300, 400]]);
  assert.deepEqual(rowsOf(RUN, new Set(), path).path(1), [[300, 400]]);
  assert.deepEqual(joined([[5, 9], [0, 5], [20, 30]]), [[0, 9], [20, 30]]);
});

test("what is waited for in a hidden turn is waited for in its agent", () => {
  const table = tableOf([span(0, null, "agent", "a", 0, 90), span(1, 0, "turn", "turn 1", 0, 90), span(2, 1, "function", "f", 10, 80)]);
  const path = shownPath(table, buildTree(table), new Map([[keyOf(0, 0), [[0, 1]]], [keyOf(0, 1), [[1, 10], [80, 90]]], [keyOf(0, 2), [[10, 80]]]]));
  assert.deepEqual([...path], [[keyOf(0, 0), [[0, 10], [80, 90]]], [keyOf(0, 2), [[10, 80]]]]);
});

test("lanes find the lane of a span", () => {
  const table = tableOf(RUN);
  const rows = laneRows({ table, lanes: buildLanes(table, "type", [1e6], {}), ends: [1e6], by: "type", path: null });
  assert.deepEqual([rows.at(1).label, rows.at(1).took, rows.indexOf(keyOf(0, 4)), rows.indexOf(NaN)], ["function", "4 spans", 1, -1]);
});

test("two traces have two bars in a row, and the change in time", () => {
  const rows = pairRows([{ name: "f", type: "function", depth: 1, a: [0, 100_000], b: [0, 40_000], figures: {} }, { name: "g", type: "function", depth: 0, a: null, b: [5, 6], figures: {} }]);
  assert.deepEqual([rows.at(0).took, rows.at(1).beside, rows.bars(0, seen).length], ["−60 ms", "only other", 2]);
  assert.equal(signed(0), "±0");
});

test("durations keep three figures or so, in the largest unit that fits", () => {
  const cases = [[0, "0 ms"], [40, "0.1 ms"], [400, "0.4 ms"], [1000, "1 ms"], [99_400, "99 ms"], [340_000, "0.34 s"], [1_700_000, "1.70 s"],
    [59_990_000, "59.99 s"], [59_999_000, "1 min 00 s"], [72_000_000, "1 min 12 s"], [3_725_000_000, "1 h 02 min"], [-5, "0 ms"]];
  for (const [us, text] of cases) assert.equal(duration(us), text);
});

test("numbers are grouped, one thing is singular, a small share is not nothing", () => {
  assert.equal(count(1203444), "1,203,444");
  assert.deepEqual([plural(1, "span"), plural(12310, "span")], ["1 span", "12,310 spans"]);
  assert.deepEqual([percent(34, 342), percent(1, 1000), percent(1, 0)], ["10 %", "< 1 %", ""]);
  assert.deepEqual([dollars(0.0031), dollars(0.25), dollars(12.5)], ["$0.0031", "$0.2500", "$12.50"]);
});

test("beside a bar an error is its kind, or its beginning", () => {
  assert.equal(shortError("PolicyError: needs a photo"), "PolicyError");
  assert.equal(shortError("something long went wrong in here\nmore"), "something long went wrong i…");
});

test("tokens are named, and what is missing is left out", () => {
  const table = tableOf([span(0, null, "response", "gpt", 0, 340_000, { input: 1020, output: 216, cached: 512 }), span(1, null, "function", "f", 0, 340_000), span(2, null, "function", "g", 0, null)], [["lamp", 0, null]]);
  assert.equal(tokensOf(table, 1), "");
  assert.equal(tokensOf(table, 0), "1,020 in · 216 out · 512 cached");
  assert.equal(tipLine(table, 1, [1e6]), "function · 0.34 s");
  assert.equal(tipLine(table, 2, [1e6]), "function · running");
  assert.equal(tipLine(table, 1, [1e6], 3), "function · 0.34 s · and 2 more spans close by");
});

test("a background is dark or light however the browser writes it", () => {
  const cases = [["rgb(17, 17, 17)", true], ["rgb(255, 255, 255)", false], ["color(srgb 0.1 0.1 0.12)", true], ["color(srgb 0.95 0.95 0.95)", false], ["rgba(0, 0, 0, 0)", false]];
  for (const [color, dark] of cases) assert.equal(isDark(color), dark, color);
});
