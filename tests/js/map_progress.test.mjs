import assert from "node:assert/strict";
import { test } from "node:test";

import { facts, quantile, strip } from "../../nbagents/widgets/run/map_progress.js";

const FIGURES = {
  name: "Poet", total: 2000, before: 0, done: 500, failed: 0, tokens: 0, cost: 0, stopped: null, ended: false,
  seconds: 10, rate: 50, remaining: 30, stoppable: true,
};

test("the head says what is known, and what is bad as such", () => {
  const said = (change) => facts({ ...FIGURES, ...change }).map((fact) => fact.text);
  assert.deepEqual(said({}), ["500 of 2,000 rows", "50 rows/s", "30 s left"]);
  assert.deepEqual(said({ ended: true, done: 2000 }), ["2,000 of 2,000 rows", "50 rows/s", "10.00 s"]);
  assert.deepEqual(said({ rate: 0, remaining: null, before: 3, cost: null }), ["500 of 2,000 rows", "3 from before"]);
  const bad = facts({ ...FIGURES, failed: 2, stopped: "interrupted" }).filter((fact) => fact.bad);
  assert.deepEqual(bad.map((fact) => fact.text), ["2 failed", "stopped: interrupted"]);
});

test("a strip has a column for so many rows, and hides no failure", () => {
  const columns = strip([1, 2, 9, 4, 5], [false, false, false, true, false], 2);
  assert.deepEqual(columns, [
    { seconds: 2, failed: false }, { seconds: 9, failed: true }, { seconds: 5, failed: false },
  ]);
  assert.deepEqual(strip([], [], 1), []);
});

test("quantiles are values that are there", () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([3, 1, 2], 1), 3);
  assert.equal(quantile([], 0.5), 0);
});
