// The pure functions of the trace widget. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  applyDelta, buildTree, covered, emptyRows, figure, lastMoment, matches, panned,
  ROW, shortError, stateOf, summary, thumbnail, ticks, tipLine, tokensOf, typeCounts, visibleRows, windowOf, zoomed,
} from "../../nbagents/widgets/trace_view.js";
import { isDark } from "../../nbagents/widgets/live.js";
import { count, duration, percent, plural } from "../../nbagents/widgets/words.js";

const COLUMNS = {
  traces: ["trace_id", "name", "started_us", "ended_us", "interrupted"],
  spans: ["trace_id", "seq", "span_id", "parent_id", "type", "name", "started_us", "ended_us", "input_tokens", "output_tokens", "cached_tokens", "error"],
};

function span(seq, parent, type, name, from, to, more = {}) {
  return ["t1", seq, `s${seq}`, parent === null ? null : `s${parent}`, type, name, from, to, more.input ?? null, more.output ?? null, more.cached ?? null, more.error ?? null];
}

function rowsOf(spans, trace = ["t1", "lamp", 0, 100, false]) {
  return applyDelta(emptyRows(), { traces: [trace], spans }, COLUMNS);
}

const NESTED = [
  span(0, null, "task", "task", 0, 100),
  span(1, 0, "agent", "triage", 0, 60),
  span(2, 1, "turn", "turn 1", 0, 60),
  span(3, 2, "response", "gpt", 1, 30, { input: 10, output: 5 }),
  span(4, 2, "function", "lookup", 31, 60),
  span(5, 0, "agent", "refunds", 60, 100),
];
const shape = (nodes) => nodes.map((node) => `${"  ".repeat(node.depth)}${node.name}`);

test("durations keep three figures or so, in the largest unit that fits", () => {
  const cases = [[0, "0 ms"], [40, "0.1 ms"], [400, "0.4 ms"], [1000, "1 ms"], [99_400, "99 ms"], [340_000, "0.34 s"], [1_700_000, "1.70 s"],
    [59_990_000, "59.99 s"], [59_999_000, "1 min 00 s"], [72_000_000, "1 min 12 s"], [3_725_000_000, "1 h 02 min"], [-5, "0 ms"]];
  for (const [us, text] of cases) assert.equal(duration(us), text);
});

test("numbers are grouped, one thing is singular, a small share is not nothing", () => {
  assert.equal(count(1203444), "1,203,444");
  assert.equal(plural(1, "span"), "1 span");
  assert.equal(plural(12310, "span"), "12,310 spans");
  assert.equal(percent(34, 342), "10 %");
  assert.equal(percent(1, 1000), "< 1 %");
  assert.equal(percent(1, 0), "");
});

test("a task or turn hands its children to what it is in", () => {
  const nodes = buildTree(rowsOf(NESTED), { now: 100 });
  assert.deepEqual(shape(nodes), ["triage", "  gpt", "  lookup", "refunds"]);
  assert.deepEqual(nodes.map((node) => node.after), [3, 2, 3, 4]);
  assert.deepEqual(nodes.map((node) => node.parent), [-1, 0, 0, -1]);
});

test("a turn that failed is shown, since nothing else says so", () => {
  const failed = [...NESTED.slice(0, 2), span(2, 1, "turn", "turn 1", 0, 60, { error: "too many turns" }), ...NESTED.slice(3)];
  assert.deepEqual(shape(buildTree(rowsOf(failed), { now: 100 })), ["triage", "  turn 1", "    gpt", "    lookup", "refunds"]);
});

test("a type that is filtered out hands its children up too", () => {
  const nodes = buildTree(rowsOf(NESTED), { now: 100, hidden: new Set(["agent"]) });
  assert.deepEqual(shape(nodes), ["gpt", "lookup"]);
});

test("spans are in the order of starting, whatever order they came in and whatever their times say", () => {
  const nodes = buildTree(rowsOf([...NESTED].reverse()), { now: 100 });
  assert.deepEqual(shape(nodes), ["triage", "  gpt", "  lookup", "refunds"]);
});

test("a parent that is unknown, or that claims to start later, is no parent", () => {
  const loop = [span(0, 1, "agent", "a", 0, 1), span(1, 0, "agent", "b", 0, 1), span(2, 9, "agent", "c", 0, 1)];
  assert.deepEqual(shape(buildTree(rowsOf(loop), { now: 1 })), ["a", "  b", "c"]);
});

test("ten thousand spans inside one another do not overflow the stack", () => {
  const deep = Array.from({ length: 10_000 }, (_, n) => span(n, n ? n - 1 : null, "agent", `a${n}`, 0, 1));
  const nodes = buildTree(rowsOf(deep), { now: 1 });
  assert.equal(nodes.at(-1).depth, 9999);
  assert.equal(nodes[0].after, 10_000);
});

test("several traces each have a row of their own, in the order of starting", () => {
  const rows = rowsOf([span(0, null, "agent", "first", 5, 6)], ["t1", "late", 5, 6, false]);
  applyDelta(rows, { traces: [["t0", "early", 1, 2, false]], spans: [["t0", 0, "x", null, "agent", "zero", 1, 2, null, null, null, null]] }, COLUMNS);
  const nodes = buildTree(rows, { now: 9 });
  assert.deepEqual(shape(nodes), ["early", "  zero", "late", "  first"]);
  assert.deepEqual(nodes.map((node) => node.after), [2, 2, 4, 4]);
  assert.equal(summary(rows, 9).name, "2 traces");
  assert.deepEqual([summary(rows, 9).took, summary(rows, 9).idle], [5, 2]); // nobody was idle between two runs
});

test("a row that comes again replaces the one before it", () => {
  const rows = rowsOf([span(0, null, "agent", "a", 0, null)], ["t1", "lamp", 0, null, false]);
  assert.equal(summary(rows, 50).running, true);
  applyDelta(rows, { traces: [["t1", "lamp", 0, 70, false]], spans: [span(0, null, "agent", "a", 0, 70)] }, COLUMNS);
  const figures = summary(rows, 90);
  assert.deepEqual([figures.running, figures.spans, figures.took], [false, 1, 70]);
});

test("what never ended is running while its trace is, and interrupted after", () => {
  const open = { ended_us: null };
  assert.equal(stateOf({ ended_us: null, interrupted: false }, open), "running");
  assert.equal(stateOf({ ended_us: 9, interrupted: false }, open), "interrupted");
  assert.equal(stateOf({ ended_us: null, interrupted: true }, open), "interrupted");
  assert.equal(stateOf({ ended_us: null, interrupted: true }, { ended_us: 3 }), "done");
  assert.equal(lastMoment({ started_us: 0, ended_us: null, interrupted: true }, [{ started_us: 4, ended_us: null }], 1e9), 4);
});

test("folding hides what is inside; searching keeps matches and what they are in, folded or not", () => {
  const nodes = buildTree(rowsOf(NESTED), { now: 100 });
  const folded = new Set([nodes[0].key]);
  assert.deepEqual(visibleRows(nodes, { folded }), [0, 3]);
  assert.deepEqual(visibleRows(nodes, { folded, query: " LOOKUP " }), [0, 2]);
  assert.deepEqual(visibleRows(nodes, { query: "nothing" }), []);
  assert.equal(matches(nodes[1], "response"), true);
});

test("types are counted in a fixed order, unknown ones last", () => {
  const rows = rowsOf([span(0, null, "zebra", "z", 0, 1), span(1, null, "function", "f", 0, 1), span(2, null, "agent", "a", 0, 1), span(3, null, "function", "g", 0, 1)]);
  assert.deepEqual(typeCounts(rows), [["agent", 1], ["function", 2], ["zebra", 1]]);
});

test("time that several spans share is counted once, and idle is what none covers", () => {
  assert.equal(covered([[0, 10], [5, 15], [20, 30], [21, 22]]), 25);
  const figures = summary(rowsOf([
    span(0, null, "agent", "a", 0, 100, { input: 99, output: 99 }),
    span(1, 0, "response", "m", 0, 40, { input: 10, output: 5, cached: 2 }),
    span(2, 0, "function", "f", 40, 60), span(3, 0, "function", "g", 50, 70, { error: "no" }),
  ]), 100);
  assert.deepEqual([figures.model, figures.tools, figures.idle], [40, 30, 30]);
  assert.deepEqual([figures.input, figures.output, figures.cached, figures.errors], [10, 5, 2, 1]); // the agent's repeat the model's
});

test("a view without a trace yet has figures too", () => {
  const figures = summary(emptyRows(), 5);
  assert.deepEqual([figures.name, figures.start, figures.stop, figures.took, figures.running], ["No trace yet", 0, 0, 0, false]);
});

test("only the rows that a window shows are drawn, and never past the end", () => {
  assert.deepEqual(windowOf(20_000, 0, 10 * ROW), { first: 0, last: 10, offset: 0 });
  assert.deepEqual(windowOf(20_000, 36, 10 * ROW), { first: 1, last: 12, offset: 12 });
  assert.deepEqual(windowOf(20_000, 1e9, 10 * ROW), { first: 19_990, last: 20_000, offset: 0 });
  assert.deepEqual(windowOf(3, 50, 10 * ROW), { first: 0, last: 3, offset: 0 });
});

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
  const [from, to] = zoomed([0, 100], 1e-9, 0, [0, 100]);
  assert.deepEqual([from, to], [0, 20]);
});

test("a thumbnail of a long run has few bars, and errors are never merged away", () => {
  const many = Array.from({ length: 20_000 }, (_, n) => span(n, null, n % 2 ? "function" : "response", "s", n, n + 1, n === 777 ? { error: "e" } : {}));
  const nodes = buildTree(rowsOf(many, ["t1", "lamp", 0, 20_000, false]), { now: 0 });
  const bars = thumbnail(nodes, 0, 20_000, { width: 190, lanes: 4 });
  assert.ok(bars.length <= 192, `${bars.length}`);
  assert.equal(bars.filter((bar) => bar.error).length, 1);
  assert.ok(bars.some((bar) => bar.right >= 188));
  assert.deepEqual([...new Set(bars.map((bar) => bar.type))].sort(), ["function", "response"]);
});

test("Plotly is given numbers and colours, and no text", () => {
  const bars = [{ row: 0, from: 0, to: 1e12, color: "#000", error: true, open: true }];
  const { data, layout, config } = figure(bars, { x: [0, 100], y: [10, 0], width: 300, height: 240, bad: "#f00", least: 1 });
  assert.equal(data[0].x[0] < 200, true); // a bar that goes on far outside would lose precision
  assert.equal(data[0].hoverinfo, "skip");
  assert.deepEqual(["text", "hovertext", "hovertemplate", "texttemplate", "name"].filter((key) => key in data[0]), []);
  assert.equal("annotations" in layout || "title" in layout, false);
  assert.equal(config.staticPlot, true);
});

test("a background is dark or light however the browser writes it", () => {
  assert.equal(isDark("rgb(17, 17, 17)"), true);
  assert.equal(isDark("rgb(255, 255, 255)"), false);
  assert.equal(isDark("color(srgb 0.1 0.1 0.12)"), true);
  assert.equal(isDark("color(srgb 0.95 0.95 0.95)"), false);
  assert.equal(isDark("rgba(0, 0, 0, 0)"), false);
});

test("beside a bar an error is its kind, or its beginning", () => {
  assert.equal(shortError("PolicyError: needs a photo"), "PolicyError");
  assert.equal(shortError("something long went wrong in here\nmore"), "something long went wrong i…");
});

test("tokens are named, and what is missing is left out", () => {
  const base = { input_tokens: null, output_tokens: null, cached_tokens: null, reasoning_tokens: null };
  assert.equal(tokensOf(base), "");
  assert.equal(tokensOf({ ...base, input_tokens: 1020, output_tokens: 216, cached_tokens: 512 }), "1,020 in · 216 out · 512 cached");
  assert.equal(tipLine({ type: "function", state: "done", start: 0, stop: 340_000, span: base }), "function · 0.34 s");
  assert.equal(tipLine({ type: "function", state: "running", start: 0, stop: 340_000, span: base }), "function · running");
});
