// Swimlanes, and bars that are worth drawing. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { figure, labelSide, paths, ROW, thumbnail, windowOf } from "../../nbagents/widgets/trace/gantt.js";
import { barsBetween, buildLanes, fewer } from "../../nbagents/widgets/trace/lanes.js";
import { buildTree } from "../../nbagents/widgets/trace/tree.js";
import { NESTED, span, tableOf } from "./made_up.mjs";

const { lanes: CASES } = JSON.parse(readFileSync(new URL("../tracing/cases.json", import.meta.url), "utf-8"));

for (const { about, by, spans, rows } of CASES) {
  test(`lanes are the kernel's: ${about}`, () => {
    const table = tableOf(spans.map(([seq, parent, type, agent, from, to]) => span(seq, parent, type, `s${seq}`, from, to, { agent })));
    const lanes = buildLanes(table, by, [100], {});
    assert.deepEqual(lanes.map((lane) => [lane.label, lane.rows.map((row) => table.seq[row])]), rows);
  });
}

test("a lane leaves out what is hidden or does not match", () => {
  const table = tableOf(NESTED);
  assert.deepEqual(buildLanes(table, "type", [100], { hidden: new Set(["agent"]) }).map((lane) => lane.label), ["response", "function"]);
  assert.deepEqual(buildLanes(table, "type", [100], { matching: Uint8Array.from([0, 0, 0, 0, 1, 0]) }).map((lane) => lane.label), ["function"]);
});

const at = { place: (moment) => moment, from: 0, to: 100_000, near: 100 };

test("small spans that lie close are one bar, long ones are not, and what failed stays visible", () => {
  const table = tableOf([
    span(0, null, "function", "f", 0, 40), span(1, null, "function", "f", 50, 90), span(2, null, "function", "f", 100, 130, { error: "no" }),
    span(3, null, "function", "f", 140, 5000), span(4, null, "function", "f", 5000, 9000),
  ]);
  const bars = barsBetween(table, [0, 1, 2, 3, 4], [9000], at);
  assert.deepEqual(bars.map(({ from, to, merged, failed }) => [from, to, merged, failed]), [[0, 90, 2, false], [100, 130, 1, true], [140, 5000, 1, false], [5000, 9000, 1, false]]);
});

test("only what is between two places is a bar", () => {
  const table = tableOf(Array.from({ length: 10 }, (_, n) => span(n, null, "function", "f", n * 1000, n * 1000 + 900)));
  const bars = barsBetween(table, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [9000], { ...at, from: 2950, to: 5000 });
  assert.deepEqual(bars.map((bar) => bar.row), [3, 4, 5]);
});

test("however many spans there are, there are not more bars than asked for, and none is lost", () => {
  const table = tableOf(Array.from({ length: 20_000 }, (_, n) => span(n, null, "function", "f", n * 5, n * 5 + 4)));
  const rows = [barsBetween(table, Int32Array.from({ length: 20_000 }, (_, n) => n), [100_000], at)];
  const [bars] = fewer(rows, 250, 100);
  assert.ok(bars.length <= 250, `${bars.length}`);
  assert.equal(bars.reduce((sum, bar) => sum + bar.merged, 0), 20_000);
});

test("a thumbnail of a long run has few bars, and errors are never merged away", () => {
  const many = Array.from({ length: 20_000 }, (_, n) => span(n, null, n % 2 ? "function" : "response", "s", n, n + 1, n === 777 ? { error: "e" } : {}));
  const table = tableOf(many, [["lamp", 0, 20_000]]);
  const bars = thumbnail(table, buildTree(table), [20_000], { width: 190, lanes: 4, start: 0, stop: 20_000 });
  assert.ok(bars.length <= 192, `${bars.length}`);
  assert.equal(bars.filter((bar) => bar.error).length, 1);
  assert.ok(bars.some((bar) => bar.right >= 188));
  assert.deepEqual([...new Set(bars.map((bar) => bar.type))].sort(), ["function", "response"]);
});

test("only the rows that a window shows are drawn, and never past the end", () => {
  assert.deepEqual(windowOf(20_000, 0, 10 * ROW), { first: 0, last: 10, offset: 0 });
  assert.deepEqual(windowOf(20_000, 36, 10 * ROW), { first: 1, last: 12, offset: 12 });
  assert.deepEqual(windowOf(20_000, 1e9, 10 * ROW), { first: 19_990, last: 20_000, offset: 0 });
  assert.deepEqual(windowOf(3, 50, 10 * ROW), { first: 0, last: 3, offset: 0 });
});

const FRAME = { x: [0, 100], y: [9.5, -0.5], width: 300, height: 240, bad: "#f00", least: 1 };

test("Plotly is given numbers and colours, and no text", () => {
  const { data, layout, config } = figure([{ y: 0, thick: 0.5, from: 0, to: 1e12, color: "#000", failed: true, open: true }], FRAME);
  assert.equal(data[0].x[0] < 200, true); // a bar that goes on far outside would lose precision
  assert.equal(data[0].hoverinfo, "skip");
  assert.deepEqual(["text", "hovertext", "hovertemplate", "texttemplate", "name"].filter((key) => key in data[0]), []);
  assert.equal("annotations" in layout || "title" in layout, false);
  assert.equal(config.staticPlot, true);
});

test("plain bars are where Plotly's are, one path for each colour", () => {
  const bar = { y: 1, thick: 0.5, from: 10, to: 20, color: "#000", failed: false, open: false };
  const found = paths([bar, { ...bar, from: 50, to: 50 }, { ...bar, from: 200, to: 300, color: "#fff" }], FRAME);
  assert.deepEqual([...found], [["#000", "M30.0 30.0H60.0v12.0H30.0zM150.0 30.0H153.0v12.0H150.0z"]]);
});

test("what is said of a bar stands where there is room, on the bar where there is none", () => {
  assert.deepEqual(labelSide(200, 280, 300, 60), { side: "before", room: 194 });
  assert.deepEqual(labelSide(20, 120, 300, 60), { side: "after", room: 174 });
  assert.equal(labelSide(20, 290, 300, 60).side, "inside");
  assert.deepEqual(labelSide(112, 115, 400, 200), { side: "after", room: 279 }); // 200 before it would lie over the names
  assert.deepEqual(labelSide(250, 290, 300, 260), { side: "before", room: 244 }); // most of it, and an ellipsis
});
