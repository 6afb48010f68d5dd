// The session grid without a page: rows that are known, fields, and texts that come back to the byte.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  branchName, clock, editing, fieldFor, fieldsOf, indented, labelCounts, newCells, PAGE, Pages, respaced, ROW, rowsIn, wantedLabels,
} from "../../nbagents/widgets/grid_rows.js";
import { reasonOf } from "../../nbagents/widgets/grid_pane.js";

const row = (key, position) => ({ key, position, label: "user", said: "", cells: {}, cut: [], partner: null, stamp: "", problem: null });
const many = (from, n) => Array.from({ length: n }, (_, i) => row(`k${from + i}`, from + i + 1));

test("a window asks for the pages it lacks, one after the other", () => {
  const pages = new Pages();
  pages.put(0, many(0, PAGE), 250);
  assert.equal(pages.missing(0, 20), -1);
  assert.equal(pages.missing(90, 120), 100);
  pages.put(100, many(100, PAGE), 250);
  assert.equal(pages.missing(90, 120), -1);
  assert.equal(pages.missing(240, 260), 200);
  assert.equal(pages.row(150).key, "k150");
  assert.equal(pages.row(220), undefined);
  assert.equal(pages.find("k101"), 101);
  assert.equal(pages.find("gone"), -1);
});

test("old rows are shown until the new ones are there; pages past the end go", () => {
  const pages = new Pages();
  pages.put(0, many(0, PAGE), 150);
  pages.put(100, many(100, 50), 150);
  pages.growOld();
  assert.equal(pages.row(120).key, "k120");
  assert.equal(pages.missing(0, 10), 0);
  pages.put(0, many(0, 30), 30);
  assert.equal(pages.row(120), undefined);
  assert.equal(pages.pages.size, 1);
});

test("an empty session has a page too", () => {
  const pages = new Pages();
  assert.equal(pages.missing(0, 0), 0);
  pages.put(0, [], 0);
  assert.equal(pages.missing(0, 0), -1);
  assert.equal(pages.row(0), undefined);
});

test("a scrolled window shows the rows in it", () => {
  assert.deepEqual(rowsIn(100_000, 0, 10 * ROW), { first: 0, last: 11 });
  assert.deepEqual(rowsIn(100_000, 50_000 * ROW, 10 * ROW), { first: 49_999, last: 50_011 });
  assert.deepEqual(rowsIn(3, 0, 10 * ROW), { first: 0, last: 2 });
});

test("labels are asked for only where some are hidden", () => {
  const labels = { output: 1, call: 1, zebra: 2, user: 3 };
  assert.deepEqual(wantedLabels(labels, new Set()), []);
  assert.deepEqual(wantedLabels(labels, new Set(["call", "zebra"])), ["output", "user"]);
  assert.deepEqual(labelCounts(labels).map(([label]) => label), ["user", "call", "output", "zebra"]);
});

test("JSON is indented in the editor and comes back to the byte", () => {
  for (const text of [
    '{"a": [1, 2.50, {"b": "x, y: {}"}], "c": {}, "d": [], "e": null}',
    '{"a":[1,2],"n":12345678901234567890,"s":"\\u00e9 \\" \\\\"}',
    '{"role": "user", "content": "a\\r\\nb\\u2028"}',
  ]) {
    const shape = editing("item", text);
    assert.ok(shape.shown.includes("\n"));
    assert.equal(shape.read(shape.shown), text);
  }
  assert.equal(editing("item", '{"a": [1, {"b": 2}]}').shown, '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ]\n}');
});

test("an edit of JSON keeps the way the text was spaced", () => {
  const tight = editing("arguments", '{"a":1,"b":2}');
  assert.equal(tight.read(tight.shown.replace("1", "3")), '{"a":3,"b":2}');
  const odd = editing("output", '{"a" :1}');
  assert.equal(odd.shown, '{"a" :1}');
  assert.equal(odd.read('{"a" :2}'), '{"a" :2}');
});

test("what is no JSON does not become some", () => {
  assert.equal(respaced("{1 2}", { comma: ", ", colon: ": " }), "{1 2}");
  assert.equal(respaced('{"a": "b', { comma: ", ", colon: ": " }), '{"a": "b');
  assert.equal(indented("{}"), "{}");
});

test("a carriage return survives a text area", () => {
  const shape = editing("text", "a\r\nb\rc");
  assert.equal(shape.shown, "a␍\nb␍c");
  assert.equal(shape.read(shape.shown), "a\r\nb\rc");
  assert.equal(editing("text", "␍ and \r").returns, "⏎");
  assert.equal(editing("text", "  plain\n\ntext ").shown, "  plain\n\ntext ");
});

test("each type of item has its own fields, the most telling first", () => {
  const none = { type: null, role: null, text: null, tool: null, arguments: null, output: null, call_id: null, metadata: null };
  const names = (cells, cannot) => fieldsOf({ ...none, ...cells }, cannot).map(({ name }) => name);
  assert.deepEqual(names({ type: "message", role: "user", text: "" }), ["text", "role", "metadata", "item"]);
  assert.deepEqual(names({ type: "function_call", tool: "f", arguments: "{}", call_id: "c" }), ["arguments", "tool", "call_id", "metadata", "item"]);
  assert.deepEqual(names({ type: "function_call_output", tool: "f", output: "x", call_id: "c" }, { metadata: "no" }), ["output", "call_id", "item"]);
  assert.deepEqual(names({ text: "42" }), ["text", "item"]);
});

test("a column opens its field, any other the first", () => {
  const fields = fieldsOf({ type: "message", role: "user", text: "Hi" });
  assert.equal(fieldFor("label", fields), "role");
  assert.equal(fieldFor("said", fields), "text");
  assert.equal(fieldFor("tokens", fields), "text");
});

test("times are the reader's, whatever they are", () => {
  const { short } = clock("2026-11-25 10:02:11");
  assert.equal(short, new Date("2026-11-25T10:02:11Z").toTimeString().slice(0, 8));
  assert.equal(clock(undefined).short, "");
  assert.equal(clock("soon").short, "soon");
});

test("a branch gets a name that is free", () => {
  assert.equal(branchName("support-42", ["support-42"]), "support-42-b1");
  assert.equal(branchName("lamp-b1", ["lamp", "lamp-b1", "lamp-b2"]), "lamp-b3");
});

test("new items are what a frame takes", () => {
  assert.deepEqual(newCells("user", { text: "Hi", call_id: "c" }), { role: "user", text: "Hi" });
  assert.deepEqual(newCells("call", { tool: "f", call_id: "c", arguments: "{}" }), { type: "function_call", tool: "f", call_id: "c", arguments: "{}" });
  assert.deepEqual(newCells("output", { call_id: "c" }), { type: "function_call_output", call_id: "c", output: "" });
  assert.deepEqual(newCells("JSON", { item: "{}" }), { item: "{}" });
});

test("a reason is said without what the reader sees anyway", () => {
  assert.equal(reasonOf("row 4, column 'role': 'king' is not a role. Nothing was written."), "'king' is not a role.");
  assert.equal(reasonOf("the file is full"), "The file is full");
});
