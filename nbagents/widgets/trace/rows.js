// @ts-check
/**
 * What the rows of a view are: of a tree, of swimlanes, or of two traces side by side. The view draws any of them.
 *
 * @typedef {import("./table.js").Table} Table
 * @typedef {import("./lanes.js").Bar} Bar
 *
 * @typedef {object} Row
 * @property {number} key  what is selected with it, or NaN @property {string} type @property {string} label @property {string} full  the whole name
 * @property {number} depth @property {boolean} inner  whether it can be opened @property {boolean} folded
 * @property {string} state @property {boolean} failed @property {string} took @property {string} beside  said beside its bar
 *
 * @typedef {object} Seen
 * @property {(moment: number) => number} place @property {number} from @property {number} to @property {number} near  what is closer is one bar
 *
 * @typedef {object} Rows
 * @property {string} kind  "tree", "lanes" or "pairs" @property {number} count @property {(i: number) => Row} at
 * @property {(i: number, seen: Seen) => Bar[]} bars @property {(i: number) => [number, number][]} path  stretches of the critical path
 * @property {(key: number) => number} indexOf @property {(i: number) => number} place  in the tree, or -1
 */

import { barsBetween } from "./lanes.js";
import { NONE, parentRows, rowOfKey, spanKey, stateOf, stopOf, textOf, typeOf } from "./table.js";
import { failedInside, hasInside, isFolded, RUN, SPAN, TRACE } from "./tree.js";
import { count, duration, plural } from "../words.js";

/**
 * @param {object} given
 * @param {Table} given.table @param {import("./tree.js").Tree} given.tree @param {Int32Array} given.places  those with a row
 * @param {number[]} given.ends @param {Set<number>} given.turned @param {boolean} given.searching @param {Map<number, [number, number][]> | null} given.path  by span
 * @returns {Rows}
 */
export function treeRows({ table, tree, places, ends, turned, searching, path }) {
  const folded = (/** @type {number} */ place) => hasInside(tree, place) && !searching && isFolded(tree, place, turned);
  return {
    kind: "tree", count: places.length,
    at: (i) => treeRow(table, tree, places[i], ends, folded(places[i])),
    bars: (i, seen) => barsBetween(rowOf(table, tree, places[i], ends), spansAt(tree, places[i]), ends, seen),
    path: once((i) => (path ? pathInside(table, tree, places[i], folded(places[i]), path) : [])),
    indexOf: (key) => places.findIndex((place) => tree.key[place] === key),
    place: (i) => places[i],
  };
}

/** Work something out once for each row: a view asks with every step of a zoom. @template T @param {(i: number) => T} make */
function once(make) {
  /** @type {Map<number, T>} */
  const known = new Map();
  return (/** @type {number} */ i) => {
    const found = known.get(i) ?? make(i);
    known.set(i, found);
    return found;
  };
}

/** A trace's own row is drawn like a span of its length. @param {Table} table @param {import("./tree.js").Tree} tree @param {number} place @param {number[]} ends @returns {any} */
function rowOf(table, tree, place, ends) {
  if (tree.kind[place] !== TRACE) return table;
  const trace = table.traces[tree.of[place]];
  const at = tree.of[place];
  return { start: { [at]: trace.started_us }, stop: { [at]: ends[at] }, error: { [at]: -1 }, trace: { [at]: at } };
}

/** The spans whose bars a place shows. @param {import("./tree.js").Tree} tree @param {number} place */
export function spansAt(tree, place) {
  if (tree.kind[place] !== RUN) return [tree.of[place]];
  const spans = [];
  for (let i = place + 1; i < tree.after[place]; i = tree.after[i]) spans.push(tree.of[i]);
  return spans;
}

/** @param {Table} table @param {import("./tree.js").Tree} tree @param {number} place @param {number[]} ends @param {boolean} folded @returns {Row} */
function treeRow(table, tree, place, ends, folded) {
  const base = { key: tree.key[place], depth: tree.depth[place], inner: hasInside(tree, place), folded };
  const inside = folded && tree.kind[place] !== RUN ? failedInside(tree, place) : 0;
  if (tree.kind[place] === TRACE) return { ...base, ...traceRow(table, tree.of[place], ends), beside: inside ? plural(inside, "error") : "" };
  const row = tree.of[place];
  const own = spanRow(table, row, ends);
  if (tree.kind[place] === SPAN) return { ...base, ...own, beside: own.beside || (inside ? plural(inside, "error") : "") };
  const failed = failedInside(tree, place);
  const n = tree.members[place];
  const { start, stop } = extent(table, spansAt(tree, place), ends);
  return {
    ...base, ...own, label: `${own.label} ×${count(n)}`, failed: failed > 0, took: duration(stop - start),
    beside: own.failed ? own.beside : failed ? plural(failed, "error") : `${count(n)} ${own.type === "function" ? "calls" : "times"}`,
  };
}

/** @param {Table} table @param {number} number @param {number[]} ends */
function traceRow(table, number, ends) {
  const trace = table.traces[number];
  return {
    type: "trace", label: trace.name, full: trace.name, state: stateOf(trace), failed: false,
    took: stateOf(trace) === "interrupted" ? "interrupted" : duration(ends[number] - trace.started_us),
  };
}

/** @param {Table} table @param {number} row @param {number[]} ends */
export function spanRow(table, row, ends) {
  const name = table.names[table.name[row]];
  const type = typeOf(table, row);
  const state = stateOf(table.traces[table.trace[row]], table.stop[row]);
  const error = textOf(table, "error", row);
  return {
    type, label: type === "handoff" && !name.startsWith("→") ? `→ ${name}` : name, full: name, state, failed: error !== null,
    took: state === "interrupted" ? "interrupted" : duration(stopOf(table, row, ends) - table.start[row]),
    beside: error === null ? "" : shortError(error),
  };
}

/** From the first start to the last end of spans. @param {Table} table @param {ArrayLike<number>} rows @param {number[]} ends */
export function extent(table, rows, ends) {
  let start = Infinity;
  let stop = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    start = Math.min(start, table.start[rows[i]]);
    stop = Math.max(stop, stopOf(table, rows[i], ends));
  }
  return { start, stop };
}

/** @param {Table} table @param {import("./tree.js").Tree} tree @param {number} place @param {boolean} folded @param {Map<number, [number, number][]>} path */
function pathInside(table, tree, place, folded, path) {
  /** @type {[number, number][]} */
  const found = [];
  for (let i = place; i < (folded ? tree.after[place] : place + 1); i++) {
    if (tree.kind[i] === SPAN) found.push(...(path.get(spanKey(table, tree.of[i])) ?? []));
  }
  return joined(found);
}

/**
 * The critical path by the spans that have a place: what is waited for in a hidden turn is waited for in its agent.
 * @param {Table} table @param {import("./tree.js").Tree} tree @param {Map<number, [number, number][]>} own  by span
 * @returns {Map<number, [number, number][]>}
 */
export function shownPath(table, tree, own) {
  const shown = new Uint8Array(table.count);
  for (let i = 0; i < tree.count; i++) if (tree.kind[i] === SPAN) shown[tree.of[i]] = 1;
  const parents = parentRows(table);
  const path = new Map();
  for (const [key, stretches] of own) {
    let row = rowOfKey(table, key);
    while (row !== NONE && !shown[row]) row = parents[row];
    if (row === NONE) continue;
    const at = spanKey(table, row);
    path.set(at, joined([...(path.get(at) ?? []), ...stretches]));
  }
  return path;
}

/** Stretches that touch, as one. @param {[number, number][]} stretches @returns {[number, number][]} */
export function joined(stretches) {
  /** @type {[number, number][]} */
  const found = [];
  for (const [from, to] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

/**
 * @param {object} given
 * @param {Table} given.table @param {import("./lanes.js").Lane[]} given.lanes @param {number[]} given.ends
 * @param {"agent" | "type"} given.by @param {Map<number, [number, number][]> | null} given.path
 * @returns {Rows}
 */
export function laneRows({ table, lanes, ends, by, path }) {
  return {
    kind: "lanes", count: lanes.length,
    at: (i) => ({
      key: NaN, type: by === "type" ? lanes[i].type : "agent", label: lanes[i].label, full: lanes[i].label, depth: 0, inner: false, folded: false,
      state: "done", failed: false, took: lanes[i].label && plural(lanes[i].members, "span"), beside: "",
    }),
    bars: (i, seen) => barsBetween(table, lanes[i].rows, ends, seen),
    path: once((i) => (path ? joined(lanes[i].rows.flatMap((row) => path.get(spanKey(table, row)) ?? [])) : [])),
    indexOf: (key) => (Number.isNaN(key) ? -1 : lanes.findIndex((lane) => lane.rows.some((row) => spanKey(table, row) === key))),
    place: () => -1,
  };
}

/**
 * @typedef {object} Pair  a place in the trees of two traces; times since the start of each, in microseconds
 * @property {string} name @property {string} type @property {number} depth
 * @property {[number, number] | null} a @property {[number, number] | null} b
 * @property {Record<string, number | string | null>} figures  of both, and what changed
 */

/** @param {Pair[]} pairs @returns {Rows} */
export function pairRows(pairs) {
  const change = (/** @type {Pair} */ { a, b }) => (b ? b[1] - b[0] : 0) - (a ? a[1] - a[0] : 0);
  return {
    kind: "pairs", count: pairs.length,
    at: (i) => ({
      key: i, type: pairs[i].type, label: pairs[i].name, full: pairs[i].name, depth: pairs[i].depth, inner: false, folded: false, state: "done",
      failed: false, took: signed(change(pairs[i])), beside: pairs[i].a && pairs[i].b ? "" : pairs[i].a ? "only this" : "only other",
    }),
    bars: (i) => /** @type {any} */ ([pairs[i].a, pairs[i].b].flatMap((stretch, side) => (
      stretch ? [{ row: i, side, from: stretch[0], to: stretch[1], merged: 1, longest: 0, failed: false, open: false }] : []))),
    path: () => [],
    indexOf: (key) => (Number.isInteger(key) && key < pairs.length ? key : -1),
    place: () => -1,
  };
}

/** A change of a duration. @param {number} us */
export function signed(us) {
  return Math.round(us) === 0 ? "±0" : `${us > 0 ? "+" : "−"}${duration(Math.abs(us))}`;
}

/** @param {string} error */
export function shortError(error) {
  const line = error.split("\n", 1)[0];
  const name = /^([A-Za-z_][\w.]*(?:Error|Exception|Warning))\b/.exec(line);
  if (name) return name[1];
  return line.length > 28 ? `${line.slice(0, 27)}…` : line;
}
