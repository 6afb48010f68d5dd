// Stored texts come back from the editor to the byte.
import assert from "node:assert/strict";
import { test } from "node:test";

import { editing, indented, respaced } from "../../nbagents/widgets/session/text.js";

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
  assert.equal(shape.shown, "a↵\nb↵c");
  assert.equal(shape.read(shape.shown), "a\r\nb\rc");
  assert.equal(editing("text", "↵ and \r").returns, "␍");
  assert.equal(editing("text", "  plain\n\ntext ").shown, "  plain\n\ntext ");
});
