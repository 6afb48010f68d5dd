// Which fields an item has, and what a new one is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cellsOf, fieldFor, fieldsOf, imagesOf, isWhole, newCells } from "../../nbagents/widgets/session/fields.js";

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

test("new items are what a frame takes", () => {
  assert.deepEqual(newCells("user", { text: "Hi", call_id: "c" }), { role: "user", text: "Hi" });
  assert.deepEqual(newCells("call", { tool: "f", call_id: "c", arguments: "{}" }), { type: "function_call", tool: "f", call_id: "c", arguments: "{}" });
  assert.deepEqual(newCells("output", { call_id: "c" }), { type: "function_call_output", call_id: "c", output: "" });
  assert.deepEqual(newCells("JSON", { item: "{}" }), { item: "{}" });
});

test("a row tells its fields whole, but for those that are cut and its JSON", () => {
  const row = { cells: { type: "message", role: "user", text: "long" }, cut: ["text"], stamp: "s" };
  const cells = cellsOf(row);
  assert.equal(cells.stamp, "s");
  assert.deepEqual(["role", "text", "item"].map((field) => isWhole(cells, row, field)), [true, false, false]);
  assert.ok(isWhole({ ...cells, item: "{}" }, row, "text"));
});

test("images that an item holds are shown, and none is fetched from elsewhere", () => {
  const data = "data:image/png;base64,AA==";
  const parts = [{ type: "input_image", image_url: data }, { type: "input_image", image_url: "https://example.com/data:image/a.png" }, null, "x"];
  assert.deepEqual(imagesOf(JSON.stringify({ role: "user", content: parts })), [data]);
  assert.deepEqual(imagesOf(JSON.stringify({ type: "function_call_output", output: parts })), [data]);
  assert.deepEqual(imagesOf(`{"content": "${data}"}`), []);
  assert.deepEqual([imagesOf(undefined), imagesOf(`{"${data}`)], [[], []]);
});
