// What can be copied of a span. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { copied } from "../../nbagents/widgets/trace/details.js";

const whole = (text) => ({ text, shown: text.length, total: text.length });
const detail = { fields: { input: whole('{"city": "Paris"}'), output: whole("18 °C"), data: null, error: null }, settings: [["temperature", whole("0.2")]] };

test("a tab's payload is copied as it is, and all of them as JSON", () => {
  assert.equal(copied(detail, "Input"), '{"city": "Paris"}');
  assert.equal(copied(detail, "Output"), "18 °C");
  assert.deepEqual(JSON.parse(copied(detail, "Raw")), { input: { city: "Paris" }, output: "18 °C" });
  assert.deepEqual(JSON.parse(copied(detail, "Settings")), { temperature: 0.2 });
});

test("what was cut says so where it is pasted", () => {
  const cut = { fields: { input: { text: "[1, 2", shown: 5, total: 81_234 } }, settings: [] };
  assert.equal(copied(cut, "Input"), "[1, 2\n… the first 5 of 81,234 characters");
  assert.deepEqual(JSON.parse(copied(cut, "Raw")), { input: "[1, 2\n… the first 5 of 81,234 characters" });
  assert.equal(copied(undefined, "Output"), "");
});
