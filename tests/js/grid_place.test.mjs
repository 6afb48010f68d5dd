// Where one is in the table, and requests with their answers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { itemsIn } from "../../nbagents/widgets/session/clipboard.js";
import { Pages } from "../../nbagents/widgets/session/pages.js";
import { Place } from "../../nbagents/widgets/session/place.js";
import { Refusal, Wire } from "../../nbagents/widgets/session/wire.js";

const rows = (...keys) => keys.map((key, i) => ({ key, position: i + 1, stamp: "s", cells: {}, cut: [], partner: null }));

/** A place among some rows; what the editor shows is `hub.editor.row`. */
function placeAmong(...keys) {
  const editor = { row: null, show: (row) => (editor.row = row) };
  const hub = { pages: new Pages(), editor, views: [], draw() {}, isFiltered: false, facts: { figures: { items: keys.length } } };
  hub.pages.put(0, rows(...keys), keys.length);
  return new Place(hub);
}

test("one goes to a row that is there, alone or with those on the way", () => {
  const place = placeAmong("a", "b", "c");
  place.go(1);
  assert.deepEqual([place.row.key, place.range], ["b", [1, 1]]);
  place.go(9, { extend: true });
  assert.deepEqual([place.row.key, place.range, place.hub.editor.row.key], ["c", [1, 2], "c"]);
});

test("all rows are chosen at once, from the first on", () => {
  const place = placeAmong("a", "b", "c");
  place.go(1);
  place.chooseAll();
  assert.deepEqual([place.row.key, place.range], ["a", [0, 2]]);
});

test("what is pasted is items where it is JSON of some, in any of three forms", () => {
  const item = '{"role": "user", "content": "Hi\\nthere"}';
  assert.deepEqual([item, `[${item}, ${item}]`, `${item}\n\n${item}\n${item}\n`].map(itemsIn), [1, 2, 3]);
  assert.deepEqual(["Hi", "", "[]", "42", '{"a": 1}', `${item}\nHi`, "null"].map(itemsIn), [0, 0, 0, 0, 0, 0, 0]);
});

test("the chosen row stays chosen where others come before it, and knows where it stands", () => {
  const place = placeAmong("a", "b");
  place.go(1);
  place.hub.pages.put(0, rows("new", "a", "b"), 3);
  place.keep();
  assert.deepEqual([place.index, place.row.key, place.row.position], [2, "b", 3]);
});

test("where the chosen row went, the one in its place is chosen; where all went, none", () => {
  const place = placeAmong("a", "b", "c");
  place.go(1);
  place.hub.pages.put(0, rows("a", "c"), 2);
  place.keep();
  assert.equal(place.row.key, "c");
  place.hub.pages.put(0, [], 0);
  place.keep();
  assert.deepEqual([place.row, place.index], [null, 0]);
});

test("a row that is not sent yet stands for none that is typed into", () => {
  const place = placeAmong("a");
  place.hub.pages.fitting = 500;
  place.go(300);
  assert.deepEqual([place.row.key, place.hub.editor.row.position], ["", 0]);
});

test("each request gets its own answer, and none of another page", async () => {
  const sent = [];
  const wire = new Wire((message) => sent.push(message));
  const [first, second] = [wire.ask({ type: "version" }), wire.ask({ type: "undo" })];
  const answer = (message, value) => wire.take(message, () => value);
  answer({ type: "answer", client: "another", id: 1 }, "not mine");
  answer({ type: "refused", client: wire.client, id: 2 }, { text: "no", kind: "orphan", conflicts: [] });
  answer({ type: "answer", client: wire.client, id: 1 }, "v1");
  assert.equal(await first, "v1");
  await assert.rejects(second, (error) => error instanceof Refusal && error.kind === "orphan" && error.message === "no");
  assert.equal(wire.waiting.size, 0);
});

test("what will not be answered is given up, and what is too large is not sent", async () => {
  const wire = new Wire(() => {});
  const waiting = wire.ask({ type: "version" });
  assert.equal(wire.takeError({ about: { id: 7 }, text: "other" }), false);
  wire.drop("The kernel was restarted meanwhile.");
  await assert.rejects(waiting, /restarted/);
  await assert.rejects(wire.ask({ type: "change", change: { value: "x".repeat(8_000_001) } }), /8 MB/);
});
