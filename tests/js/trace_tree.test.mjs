// The tree of the rows. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { noFilter, matchingRows, choices, conditions, microsecondsOf } from "../../nbagents/widgets/trace/filter.js";
import { keyOf } from "../../nbagents/widgets/trace/table.js";
import { buildTree, failedInside, placeOf, RUN, SPAN, TRACE, visiblePlaces } from "../../nbagents/widgets/trace/tree.js";
import { NESTED, span, tableOf } from "./made_up.mjs";

const named = (table, tree, place) => (tree.kind[place] === TRACE ? table.traces[tree.of[place]].name
  : table.names[table.name[tree.of[place]]] + (tree.kind[place] === RUN ? ` ×${tree.members[place]}` : ""));
const shape = (table, tree = buildTree(table), places = visiblePlaces(tree, {})) => Array.from(places, (place) => "  ".repeat(tree.depth[place]) + named(table, tree, place));
const all = (table, tree) => shape(table, tree, Int32Array.from({ length: tree.count }, (_, i) => i));

test("a task or turn hands its children to what it is in", () => {
  const table = tableOf(NESTED);
  const tree = buildTree(table);
  assert.deepEqual(shape(table), ["triage", "  gpt", "  lookup", "refunds"]);
  assert.deepEqual([...tree.after.subarray(0, 4)], [3, 2, 3, 4]);
  assert.deepEqual([...tree.parent.subarray(0, 4)], [-1, 0, 0, -1]);
});

test("a turn that failed is shown, since nothing else says so", () => {
  const failed = NESTED.map((each) => (each.type === "turn" ? { ...each, error: "too many turns" } : each));
  assert.deepEqual(shape(tableOf(failed)), ["triage", "  turn 1", "    gpt", "    lookup", "refunds"]);
});

test("a type that is filtered out hands its children up too", () => {
  const table = tableOf(NESTED);
  assert.deepEqual(shape(table, buildTree(table, new Set(["agent"]))), ["gpt", "lookup"]);
});

test("ten thousand spans inside one another do not overflow the stack", () => {
  const tree = buildTree(tableOf(Array.from({ length: 10_000 }, (_, n) => span(n, n ? n - 1 : null, "agent", `a${n}`, 0, 1))));
  assert.deepEqual([tree.depth[9999], tree.after[0]], [9999, 10_000]);
});

test("several traces each have a row of their own, in the order of starting", () => {
  const table = tableOf([span(0, null, "agent", "first", 5, 6), { ...span(0, null, "agent", "zero", 1, 2), trace: 1 }], [["late", 5, 6], ["early", 1, 2]]);
  assert.deepEqual(shape(table), ["early", "  zero", "late", "  first"]);
});

const POLICY = [
  span(0, null, "agent", "refunds", 0, 9), ...[1, 2, 3].map((n) => span(n, 0, "function", "check_policy", n, n + 1)),
  span(4, 0, "function", "issue_refund", 5, 6, { error: "PolicyError" }), span(5, 0, "response", "gpt", 7, 8), span(6, 0, "response", "gpt", 8, 9),
];

test("three siblings or more that are alike are one row with a count, which opens into them", () => {
  const table = tableOf(POLICY);
  const tree = buildTree(table);
  assert.deepEqual(shape(table), ["refunds", "  check_policy ×3", "  issue_refund", "  gpt", "  gpt"]);
  const run = tree.kind.indexOf(RUN);
  const opened = visiblePlaces(tree, { turned: new Set([tree.key[run]]) });
  assert.deepEqual(shape(table, tree, opened).slice(1, 5), ["  check_policy ×3", "    check_policy", "    check_policy", "    check_policy"]);
});

test("what failed is never merged with what did not, and is counted where it is folded away", () => {
  const broken = [span(0, null, "agent", "a", 0, 9), ...[1, 2, 3, 4, 5, 6, 7].map((n) => span(n, 0, "function", "f", n, n + 1, n === 4 ? { error: "no" } : {}))];
  const table = tableOf(broken);
  const tree = buildTree(table);
  assert.deepEqual(shape(table), ["a", "  f ×3", "  f", "  f ×3"]);
  assert.deepEqual([failedInside(tree, 0), failedInside(tree, 1)], [1, 0]);
});

test("a run of siblings with insides opens into all of them", () => {
  const workers = [1, 3, 5].flatMap((n) => [span(n, null, "agent", "worker", n, n + 1), span(n + 1, n, "function", "f", n, n + 1)]);
  const table = tableOf(workers);
  const tree = buildTree(table);
  assert.deepEqual(shape(table), ["worker ×3"]);
  assert.deepEqual(all(table, tree), ["worker ×3", "  worker", "    f", "  worker", "    f", "  worker", "    f"]);
});

test("folding hides what is inside; looking for something keeps it and what it is in, folded or not", () => {
  const table = tableOf([...NESTED, span(6, 5, "function", "lookup", 61, 99, { error: "gone", agent: "refunds" })]);
  const tree = buildTree(table);
  const turned = new Set([keyOf(0, 1)]);
  assert.deepEqual(shape(table, tree, visiblePlaces(tree, { turned })), ["triage", "refunds", "  lookup"]);
  const found = (filter) => shape(table, tree, visiblePlaces(tree, { turned, matching: matchingRows(table, { ...noFilter(), ...filter }, [100]) }));
  assert.deepEqual(found({ query: " LOOKUP " }), ["triage", "  lookup", "refunds", "  lookup"]);
  assert.deepEqual(found({ failed: true }), ["refunds", "  lookup"]);
  assert.deepEqual(found({ tool: "lookup", agent: "refunds" }), ["refunds", "  lookup"]);
  assert.deepEqual(found({ least: 40 }), ["triage", "refunds"]);
  assert.deepEqual(found({ query: "nothing" }), []);
  assert.equal(matchingRows(table, noFilter(), [100]), null);
  assert.equal(conditions({ ...noFilter(), failed: true, least: 5 }), 2);
});

test("what one can choose from is what there is", () => {
  assert.deepEqual(choices(tableOf([...NESTED, span(6, 5, "function", "check", 61, 99, { agent: "refunds" })])), { agents: ["refunds"], tools: ["check", "lookup"] });
});

test("a duration is read as people write it, and nothing else is taken for one", () => {
  const cases = [["200 ms", 200e3], ["1.5s", 1.5e6], ["2", 2e6], ["2 min", 120e6], ["", 0], ["soon", NaN], ["-1 s", NaN]];
  for (const [text, us] of cases) assert.equal(microsecondsOf(text), us, text);
});

test("a span's place is found by its key", () => {
  const tree = buildTree(tableOf(NESTED));
  assert.equal(placeOf(tree, keyOf(0, 4)), 2);
  assert.equal(placeOf(tree, keyOf(0, 2)), -1);
  assert.equal(tree.kind[2], SPAN);
});
