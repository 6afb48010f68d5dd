// What the grid says, its columns, labels and keys.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cellText, COLUMNS, fittingColumns, labelText, leastWidth, pairClass, timeOf } from "../../nbagents/widgets/session/columns.js";
import { Drafts } from "../../nbagents/widgets/session/drafts.js";
import { commandOf, rowWanted } from "../../nbagents/widgets/session/keys.js";
import { labelCounts, wantedLabels } from "../../nbagents/widgets/session/labels.js";
import { branchName, orphanText, reasonOf, reportText } from "../../nbagents/widgets/session/words.js";

test("labels are asked for only where some are hidden", () => {
  const labels = { output: 1, call: 1, zebra: 2, user: 3 };
  assert.deepEqual(wantedLabels(labels, new Set()), []);
  assert.deepEqual(wantedLabels(labels, new Set(["call", "zebra"])), ["output", "user"]);
  assert.deepEqual(labelCounts(labels).map(([label]) => label), ["user", "call", "output", "zebra"]);
});

test("times are the reader's, whatever they are", () => {
  const { short, full } = timeOf("2026-11-25 10:02:11");
  assert.match(full, /^2026-11-2[456] \d\d:02:11$/); // as everywhere else, not as the browser's country writes it
  assert.equal(short, new Date("2026-11-25T10:02:11Z").toTimeString().slice(0, 8));
  assert.equal(timeOf(undefined).short, "");
  assert.equal(timeOf("soon").short, "soon");
});

test("a branch gets a name that is free", () => {
  assert.equal(branchName("support-42", ["support-42"]), "support-42-b1");
  assert.equal(branchName("lamp-b1", ["lamp", "lamp-b1", "lamp-b2"]), "lamp-b3");
});

test("a reason is said without what the reader sees anyway", () => {
  assert.equal(reasonOf("row 4, column 'role': 'king' is not a role. Nothing was written."), "'king' is not a role.");
  assert.equal(reasonOf("the file is full"), "The file is full");
});

test("a change is reported in words", () => {
  assert.equal(reportText({ inserted: 1, updated: 0, deleted: 2, moved: 0 }), "1 item put in, 2 items taken out");
  assert.equal(reportText({ inserted: 0, updated: 0, deleted: 0, moved: 0 }), "nothing changed");
  assert.equal(orphanText("row 4: the call has no output. Nothing was written. Use stub."), "Item 4: the call has no output.");
});

test("a call that stands apart from its output says where it is, and both are marked", () => {
  const call = { label: "call", position: 2, partner: 1400, problem: null, cells: { type: "function_call", call_id: "c1" } };
  assert.equal(labelText(call), "call → 1,400");
  assert.equal(labelText({ label: "output", position: 3, partner: 2 }), "output");
  assert.equal(pairClass(call, { position: 1400 }), "pair call linked");
  assert.equal(pairClass({ ...call, partner: 3 }, null), "pair call near");
  assert.equal(pairClass({ ...call, partner: null }, null), "pair call lone");
  assert.match(cellText("label", { ...call, partner: null }, false).title, /no output after it/);
  const hosted = { ...call, partner: null, cells: { type: "web_search_call" } };
  assert.equal(pairClass(hosted, null), "");
  assert.equal(cellText("label", hosted, false).title, "web_search_call");
  assert.equal(pairClass({ label: "user" }, null), "");
});

test("where there is little room the text has it", () => {
  const usual = COLUMNS.filter(({ on, name }) => on || name === "agent");
  const named = (room) => fittingColumns(usual, room).map(({ name }) => name).join(" ");
  assert.equal(named(900), "position label agent said tokens created_at");
  assert.equal(named(560), "position label agent said tokens");
  assert.equal(named(370), "position label said");
  assert.equal(named(100), "position label said");
});

test("a cell says what its column is for", () => {
  const row = { position: 1200, label: "user", said: "Hi", partner: null, problem: null, cells: { tokens: 1500, type: "message" } };
  assert.deepEqual(cellText("position", row, true), { text: "1,200 •", title: "Edited, not yet saved" });
  assert.deepEqual(cellText("tokens", row, false), { text: "1,500", title: "" });
  assert.deepEqual(cellText("label", row, false), { text: "user", title: "message" });
  assert.deepEqual(cellText("tool", row, false), { text: "", title: "" });
  assert.equal(leastWidth([{ width: "90px" }, { width: "minmax(180px, 1fr)" }, { width: "var(--digits)" }]), 342);
});

test("every key has one command, and a command one row", () => {
  const key = (name, more = {}) => commandOf({ key: name, ...more });
  assert.deepEqual([key("z", { ctrlKey: true }), key("Z", { metaKey: true, shiftKey: true }), key("y", { ctrlKey: true })], ["undo", "redo", "redo"]);
  assert.deepEqual([key("ArrowUp"), key("ArrowUp", { altKey: true }), key("x"), key("ArrowUp", { ctrlKey: true })], ["previous", "up", undefined, undefined]);
  const at = { index: 5, rows: 100, page: 12, chosen: true };
  assert.deepEqual(["previous", "next", "page down", "first", "last", "edit"].map((name) => rowWanted(name, at)), [4, 6, 17, 0, 99, undefined]);
  assert.equal(rowWanted("next", { ...at, chosen: false }), 5);
});

test("a draft is kept until it is dropped, and its problem until it is changed", () => {
  const drafts = new Drafts();
  drafts.put("k", "text", { text: "a", base: "", stamp: "s" });
  drafts.refuse("k", "text", { text: "no" });
  assert.deepEqual(drafts.problem("k", "text"), { text: "no" });
  drafts.put("k", "text", { text: "b", base: "", stamp: "s" });
  assert.equal(drafts.problem("k", "text"), undefined);
  drafts.put("k", "role", { text: "user", base: "", stamp: "s" });
  drafts.drop("k", "text");
  assert.deepEqual([drafts.has("k"), drafts.of("k").map(([name]) => name)], [true, ["role"]]);
  drafts.drop("k", "role");
  assert.deepEqual([drafts.has("k"), drafts.size], [false, 0]);
});
