// @ts-check
/** Where moments are drawn: ticks, zoom and pan, and a time axis on which idle gaps are folded. Microseconds. */

import { byStart } from "./figures.js";
import { marked, NONE, parentRows, STRUCTURE, stopOf } from "./table.js";

const CLOSEST = 20; // of zoom, microseconds
const LEAST_SHARE = 0.05; // of the whole: shorter gaps are left as they are
const FOLDED_SHARE = 0.03; // of what is left: how wide a folded gap is drawn

/** @typedef {import("./table.js").Table} Table */
/** @typedef {[number, number]} Range */

// ---------------------------------------------------------------------------------------------- idle gaps

/**
 * Stretches in which nothing worked. Agents, tasks and turns that have children only wait for those.
 * @param {Table} table @param {number[]} ends @param {number} start @param {number} stop
 * @returns {Range[]}
 */
export function idleGaps(table, ends, start, stop) {
  const waits = marked(table, new Set([...STRUCTURE, "agent"]));
  const having = new Uint8Array(table.count);
  for (const parent of parentRows(table)) if (parent !== NONE) having[parent] = 1;
  const work = [];
  for (let row = 0; row < table.count; row++) if (!waits[table.type[row]] || !having[row]) work.push(row);
  /** @type {Range[]} */
  const found = [];
  let reached = start;
  for (const i of byStart(work.map((row) => table.start[row]))) {
    const begin = Math.min(table.start[work[i]], stop);
    if (begin > reached) found.push([reached, begin]);
    reached = Math.max(reached, stopOf(table, work[i], ends));
  }
  if (stop > reached) found.push([reached, stop]);
  return found;
}

/**
 * An axis on which long gaps are all equally narrow.
 * @typedef {object} Axis
 * @property {(moment: number) => number} place  where a moment is drawn
 * @property {Range[]} gaps  those that are folded @property {number} width  how wide each is drawn
 */

/** Time as it is. @returns {Axis} */
export function plainAxis() {
  return { place: (moment) => moment, gaps: [], width: 0 };
}

/** @param {Range[]} gaps  apart, in order, of which the long ones are folded @param {number} start @param {number} stop @returns {Axis} */
export function foldedAxis(gaps, start, stop) {
  const whole = stop - start;
  const long = gaps.filter(([from, to]) => to - from > whole * LEAST_SHARE);
  const left = whole - long.reduce((sum, [from, to]) => sum + to - from, 0);
  const width = Math.max(1, Math.round((left || whole) * FOLDED_SHARE));
  const folded = long.filter(([from, to]) => to - from > width);
  return { place: placing(folded, width), gaps: folded, width };
}

/** @param {Range[]} gaps @param {number} width */
export function placing(gaps, width) {
  const won = [0];
  for (const [from, to] of gaps) won.push(won[won.length - 1] + to - from - width);
  return (/** @type {number} */ moment) => {
    let before = 0;
    while (before < gaps.length && gaps[before][1] <= moment) before += 1;
    if (before < gaps.length && moment > gaps[before][0]) {
      const [from, to] = gaps[before];
      return from - won[before] + ((moment - from) / (to - from)) * width;
    }
    return moment - won[before];
  };
}

// ---------------------------------------------------------------------------------------------- ticks

/**
 * Round moments on an axis, with their labels; where gaps are folded they are in what is left, and tell the true time.
 * @param {number} from @param {number} to  places on the axis, since its start @param {number} wanted  about how many @param {Axis} [axis]
 */
export function ticks(from, to, wanted, axis = plainAxis()) {
  const step = roundStep((to - from) / Math.max(1, wanted));
  const found = [];
  for (const [begin, end] of stretchesBetween(axis, from, to)) {
    for (let i = Math.ceil(begin / step); i * step <= end; i++) {
      found.push({ at: axis.place(i * step), label: tickLabel(i * step, step) });
    }
  }
  return found;
}

/** What is drawn at full width between two places, in true time. @param {Axis} axis @param {number} from @param {number} to @returns {Range[]} */
function stretchesBetween(axis, from, to) {
  const edges = [-Infinity, ...axis.gaps.flat(), Infinity];
  /** @type {Range[]} */
  const found = [];
  for (let i = 0; i < edges.length; i += 2) {
    const hidden = Number.isFinite(edges[i]) ? edges[i] - axis.place(edges[i]) : 0; // what was folded before this stretch
    const begin = Math.max(edges[i], from + hidden);
    const end = Math.min(edges[i + 1], to + hidden);
    if (begin <= end) found.push([begin, end]);
  }
  return found;
}

/** @param {number} rough */
function roundStep(rough) {
  const minute = 60e6;
  if (rough > 30e6) {
    for (const minutes of [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440]) if (rough <= minutes * minute) return minutes * minute;
    return Math.ceil(rough / (1440 * minute)) * 1440 * minute;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  for (const factor of [1, 2, 5]) if (rough <= factor * power) return factor * power;
  return Math.min(10 * power, 30e6);
}

/** @param {number} at @param {number} step */
function tickLabel(at, step) {
  if (at === 0) return "0";
  if (step >= 60e6) return `${Math.round(at / 60e6)} min`;
  if (step >= 1e6 && at >= 60e6) return `${Math.floor(at / 60e6)}:${String(Math.round((at % 60e6) / 1e6)).padStart(2, "0")}`;
  if (Math.abs(at) < 1e6 && step < 1e5) return `${trimmed(at / 1e3, step / 1e3)} ms`;
  return `${trimmed(at / 1e6, step / 1e6)} s`;
}

/** @param {number} value @param {number} step */
function trimmed(value, step) {
  return value.toFixed(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}

// ---------------------------------------------------------------------------------------------- zoom and pan

/**
 * Zoom about a place, staying inside the run.
 * @param {Range} range @param {number} factor below 1 goes closer @param {number} about @param {Range} full
 * @returns {Range}
 */
export function zoomed(range, factor, about, full) {
  const length = Math.min(full[1] - full[0], Math.max(CLOSEST, (range[1] - range[0]) * factor));
  const share = (about - range[0]) / (range[1] - range[0] || 1);
  return panned([about - share * length, about + (1 - share) * length], 0, full);
}

/** @param {Range} range @param {number} by @param {Range} full @returns {Range} */
export function panned(range, by, full) {
  const length = range[1] - range[0];
  const start = Math.min(Math.max(full[0], range[0] + by), Math.max(full[0], full[1] - length));
  return [start, start + length];
}
