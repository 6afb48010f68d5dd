// Rows that are known, and which are asked for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PAGE, pageOf, Pages, ROW, rowsIn } from "../../nbagents/widgets/session/pages.js";

const row = (key, position) => ({ key, position, label: "user", said: "", cells: {}, cut: [], partner: null, stamp: "", problem: null });
const many = (from, n) => Array.from({ length: n }, (_, i) => row(`k${from + i}`, from + i + 1));

test("a window asks for the pages it lacks, each once", () => {
  const pages = new Pages();
  pages.put(0, many(0, PAGE), 250);
  assert.deepEqual(pages.missing(0, 20), []);
  assert.deepEqual(pages.missing(90, 120), [100]);
  pages.asked.set(1, {});
  assert.deepEqual(pages.missing(90, 210), [200]);
  pages.put(100, many(100, PAGE), 250);
  assert.equal(pages.asked.size, 0);
  assert.deepEqual(pages.missing(90, 120), []);
  assert.deepEqual(pages.missing(240, 260), [200]);
  assert.equal(pages.row(150).key, "k150");
  assert.equal(pages.row(220), undefined);
  assert.equal(pages.find("k101"), 101);
  assert.equal(pages.find("gone"), -1);
  assert.deepEqual([pages.at(151), pages.at(201)], [150, -1]);
});

test("old rows are shown until the new ones are there; pages past the end go", () => {
  const pages = new Pages();
  pages.put(0, many(0, PAGE), 150);
  pages.put(100, many(100, 50), 150);
  pages.asked.set(7, {});
  pages.growOld();
  assert.equal(pages.asked.size, 0);
  assert.equal(pages.row(120).key, "k120");
  assert.deepEqual(pages.missing(0, 10), [0]);
  pages.put(0, many(0, 30), 30);
  assert.equal(pages.row(120), undefined);
  assert.equal(pages.pages.size, 1);
});

test("an empty session has a page too", () => {
  const pages = new Pages();
  assert.deepEqual(pages.missing(0, 0), [0]);
  pages.put(0, [], 0);
  assert.deepEqual(pages.missing(0, 0), []);
  assert.equal(pages.row(0), undefined);
});

test("a scrolled window shows the rows in it", () => {
  assert.deepEqual(rowsIn(100_000, 0, 10 * ROW), { first: 0, last: 11 });
  assert.deepEqual(rowsIn(100_000, 50_000 * ROW, 10 * ROW), { first: 49_999, last: 50_011 });
  assert.deepEqual(rowsIn(3, 0, 10 * ROW), { first: 0, last: 2 });
});

test("a page begins at a multiple of its size", () => {
  assert.deepEqual([0, 99, 100, 99_999].map(pageOf), [0, 0, 100, 99_900]);
});
