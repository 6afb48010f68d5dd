// @ts-check
/** Swimlanes: which span goes into which row when rows are agents or types, and which bars are worth drawing. */

import { byStart } from "./figures.js";
import { marked, STRUCTURE, stopOf, textOf, typeOf } from "./table.js";

/** @typedef {import("./table.js").Table} Table */
/**
 * @typedef {object} Lane
 * @property {string} label  empty for a row that goes on with the one above @property {string} type  of its first span
 * @property {number[]} rows  spans, in the order of starting; they do not overlap @property {number} members  of the whole lane
 */

/**
 * Give each agent or type as many rows as it had spans at once.
 * @param {Table} table @param {"agent" | "type"} by @param {number[]} ends
 * @param {{hidden?: Set<string>, matching?: Uint8Array | null}} options
 * @returns {Lane[]}
 */
export function buildLanes(table, by, ends, { hidden = new Set(), matching = null }) {
  const groups = new Map();
  for (const row of shownInOrder(table, hidden, matching)) {
    const name = (by === "agent" ? textOf(table, "agent", row) : typeOf(table, row)) || "no agent";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return [...groups].flatMap(([name, rows]) => packedRows(table, rows, ends).map((packed, i) => (
    { label: i ? "" : name, type: typeOf(table, rows[0]), rows: packed, members: rows.length })));
}

/** @param {Table} table @param {Set<string>} hidden @param {Uint8Array | null} matching */
function shownInOrder(table, hidden, matching) {
  const out = marked(table, new Set([...hidden, ...STRUCTURE]));
  /** @type {number[]} */ const shown = [];
  for (let row = 0; row < table.count; row++) {
    if ((!out[table.type[row]] || (table.error[row] >= 0 && !hidden.has(typeOf(table, row)))) && (!matching || matching[row])) shown.push(row);
  }
  const order = byStart(shown.map((row) => table.start[row]));
  return Array.from(order, (i) => shown[i]);
}

/** Put each span into the uppermost row that is free when it starts. @param {Table} table @param {number[]} rows  by start @param {number[]} ends */
function packedRows(table, rows, ends) {
  /** @type {number[][]} */
  const packed = [];
  /** @type {[number, number][]} */ const taken = []; // a heap of [end, row]
  /** @type {[number, number][]} */ const free = []; // a heap of [row, 0]
  for (const row of rows) {
    while (taken.length && taken[0][0] <= table.start[row]) heapPush(free, [heapPop(taken)[1], 0]);
    if (!free.length) heapPush(free, [packed.push([]) - 1, 0]);
    const [at] = heapPop(free);
    packed[at].push(row);
    heapPush(taken, [stopOf(table, row, ends), at]);
  }
  return packed;
}

/** @param {[number, number][]} heap @param {[number, number]} entry */
function heapPush(heap, entry) {
  let at = heap.push(entry) - 1;
  while (at && before(heap[at], heap[(at - 1) >> 1])) {
    [heap[at], heap[(at - 1) >> 1]] = [heap[(at - 1) >> 1], heap[at]];
    at = (at - 1) >> 1;
  }
}

/** @param {[number, number][]} heap */
function heapPop(heap) {
  const first = heap[0];
  const last = /** @type {[number, number]} */ (heap.pop());
  if (heap.length) heap[0] = last;
  for (let at = 0; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && before(heap[child], heap[least])) least = child;
    if (least === at) return first;
    [heap[at], heap[least]] = [heap[least], heap[at]];
    at = least;
  }
}

/** @param {[number, number]} a @param {[number, number]} b */
function before(a, b) {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/**
 * @typedef {object} Bar
 * @property {number} row  the longest of the spans that it stands for @property {number} longest  how long that is
 * @property {number} from @property {number} to  places on the axis @property {number} merged  how many spans
 * @property {boolean} failed @property {boolean} open  whether its end is not known
 */

/**
 * The bars of spans between two places, of which small ones that lie close are one; what failed stays visible.
 * @param {Table} table @param {ArrayLike<number>} rows  by start @param {number[]} ends
 * @param {{place: (moment: number) => number, from: number, to: number, near: number}} seen
 * @returns {Bar[]}
 */
export function barsBetween(table, rows, ends, { place, from, to, near }) {
  /** @type {Bar[]} */ const bars = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const begin = place(table.start[row]);
    if (begin > to) break;
    const end = place(stopOf(table, row, ends));
    if (end < from) continue;
    const open = Number.isNaN(table.stop[row]);
    merge(bars, { row, longest: end - begin, from: begin, to: end, merged: 1, failed: table.error[row] >= 0, open }, near);
  }
  return bars;
}

/** @param {Bar[]} bars @param {Bar} bar @param {number} near */
function merge(bars, bar, near) {
  const last = bars[bars.length - 1];
  if (!last || last.failed !== bar.failed || bar.from - last.to >= near || Math.max(bar.to, last.to) - last.from >= 3 * near) {
    bars.push(bar);
    return;
  }
  if (bar.longest > last.longest) Object.assign(last, { row: bar.row, longest: bar.longest });
  last.to = Math.max(last.to, bar.to);
  last.merged += bar.merged;
  last.open ||= bar.open;
}

/** Merge further until there are no more than a number of them in all rows. @param {Bar[][]} rows @param {number} most @param {number} near */
export function fewer(rows, most, near) {
  while (rows.reduce((sum, bars) => sum + bars.length, 0) > most) {
    near *= 2;
    rows = rows.map((bars) => {
      /** @type {Bar[]} */
      const merged = [];
      for (const bar of bars) merge(merged, bar, near);
      return merged;
    });
    if (near === Infinity) break;
  }
  return rows;
}
