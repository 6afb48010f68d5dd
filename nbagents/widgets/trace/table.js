// @ts-check
/**
 * Spans as columns: typed arrays that grow, and texts by their number, so that a hundred thousand spans are a few
 * arrays and a change of one is a change of one place in each.
 *
 * Times are microseconds since 1970. What is missing is -1 in a column of numbers of texts, NaN in all others.
 */

// The columns in the order in which they travel (see columns.py).
const WHOLE = ["trace", "seq", "parent", "type", "name", "agent", "model", "error"];
const TIMES = ["start", "stop"];
const USAGE = ["input", "output", "cached", "reasoning", "first"];

export const NONE = -1;
export const STRUCTURE = new Set(["task", "turn"]); // the SDK's own bookkeeping: their children stand for them
export const MODEL = new Set(["response", "generation"]);
export const TOOL = new Set(["function", "mcp_tools"]);

/**
 * @typedef {object} Trace
 * @property {string} trace_id @property {string} name @property {number} started_us @property {number | null} ended_us
 * @property {string | null} group_id @property {boolean} interrupted  it never ended, and never will
 */

/**
 * @typedef {object} Table
 * @property {number} count  of spans; the columns may be longer
 * @property {Trace[]} traces @property {string[]} names @property {Map<number, number>[]} places  by trace: seq to row
 * @property {Int32Array} trace @property {Int32Array} seq @property {Int32Array} parent  the parent's seq
 * @property {Int32Array} type @property {Int32Array} name @property {Int32Array} agent @property {Int32Array} model
 * @property {Int32Array} error @property {Float64Array} start @property {Float64Array} stop
 * @property {Float64Array} input @property {Float64Array} output @property {Float64Array} cached
 * @property {Float64Array} reasoning @property {Float64Array} first  first token, microseconds after the start
 */

/** @returns {Table} */
export function emptyTable() {
  /** @type {any} */
  const table = { count: 0, traces: [], names: [], places: [] };
  for (const column of WHOLE) table[column] = new Int32Array(16);
  for (const column of [...TIMES, ...USAGE]) table[column] = new Float64Array(16).fill(NaN);
  return table;
}

/**
 * Take in rows that are new or changed.
 * @param {Table} table
 * @param {{traces: [number, Trace][], names: string[]}} head  traces by their number, and texts that are new
 * @param {Int32Array} whole  one column after the other
 * @param {Float64Array} times @param {Float64Array} usage  its first column is the place in this message
 */
export function takeRows(table, head, whole, times, usage) {
  for (const [number, trace] of head.traces) table.traces[number] = trace;
  for (const name of head.names) table.names.push(name);
  const count = times.length / TIMES.length;
  const rows = new Int32Array(count);
  for (let i = 0; i < count; i++) rows[i] = place(table, whole[i], whole[count + i]);
  fill(table, WHOLE, whole, rows, 0);
  fill(table, TIMES, times, rows, 0);
  const used = usage.length / (USAGE.length + 1);
  fill(table, USAGE, usage, Int32Array.from({ length: used }, (_, i) => rows[usage[i]]), used);
  return table;
}

/** @param {any} table @param {string[]} columns @param {ArrayLike<number>} values @param {Int32Array} rows @param {number} from */
function fill(table, columns, values, rows, from) {
  columns.forEach((column, number) => {
    const target = table[column];
    const start = from + number * rows.length;
    for (let i = 0; i < rows.length; i++) target[rows[i]] = values[start + i];
  });
}

/** The row of a span, a new one if need be. @param {Table} table @param {number} trace @param {number} seq */
function place(table, trace, seq) {
  const places = (table.places[trace] ??= new Map());
  let row = places.get(seq);
  if (row === undefined) {
    row = table.count++;
    if (row === table.start.length) grow(table);
    places.set(seq, row);
  }
  return row;
}

/** @param {any} table */
function grow(table) {
  for (const column of [...WHOLE, ...TIMES, ...USAGE]) {
    const old = table[column];
    table[column] = new old.constructor(old.length * 2);
    if (old instanceof Float64Array) table[column].fill(NaN, old.length);
    table[column].set(old);
  }
}

/** @param {Table} table @param {number} row */
export function typeOf(table, row) {
  return table.names[table.type[row]];
}

/** A text of a row, or null. @param {Table} table @param {"name" | "agent" | "model" | "error"} column @param {number} row */
export function textOf(table, column, row) {
  return table[column][row] < 0 ? null : table.names[table[column][row]];
}

/** For each text, whether it is one of a set: a column is then tested without looking at texts. @param {Table} table @param {Set<string>} wanted */
export function marked(table, wanted) {
  return Uint8Array.from(table.names, (name) => Number(wanted.has(name)));
}

/**
 * How a span or trace stands: "running", "done" or "interrupted" (it never ended, and what it is in has).
 * @param {Trace} trace @param {number | null} [stop]  of a span; without one the trace itself is meant
 */
export function stateOf(trace, stop = trace.ended_us) {
  if (stop !== null && !Number.isNaN(stop)) return "done";
  return trace.ended_us !== null || trace.interrupted ? "interrupted" : "running";
}

/** For each trace the moment that stands for its end. @param {Table} table @param {number} now */
export function endsOf(table, now) {
  const ends = table.traces.map((trace) => trace.ended_us ?? (trace.interrupted ? trace.started_us : Math.max(now, trace.started_us)));
  if (!table.traces.some((trace) => stateOf(trace) === "interrupted")) return ends;
  for (let row = 0; row < table.count; row++) {
    const trace = table.trace[row];
    if (stateOf(table.traces[trace]) !== "interrupted") continue;
    const stop = table.stop[row];
    ends[trace] = Math.max(ends[trace], Number.isNaN(stop) ? table.start[row] : stop);
  }
  return ends;
}

/** Where a row ends; one that is open ends with its trace. @param {Table} table @param {number} row @param {number[]} ends */
export function stopOf(table, row, ends) {
  const stop = table.stop[row];
  return Math.max(table.start[row], Number.isNaN(stop) ? ends[table.trace[row]] : stop);
}

/** Rows in the order of starting, trace after trace. @param {Table} table @returns {Int32Array} */
export function inOrder(table) {
  const { count, trace, seq, traces } = table;
  const rank = new Int32Array(traces.length);
  [...traces.keys()].sort((a, b) => traces[a].started_us - traces[b].started_us || a - b).forEach((number, i) => (rank[number] = i));
  const rows = new Int32Array(count);
  let sorted = true;
  for (let row = 0; row < count; row++) {
    rows[row] = row;
    if (row && (rank[trace[row]] - rank[trace[row - 1]] || seq[row] - seq[row - 1]) < 0) sorted = false;
  }
  return sorted ? rows : rows.sort((a, b) => rank[trace[a]] - rank[trace[b]] || seq[a] - seq[b]);
}

/** What a span is called while rows come and go. @param {number} trace @param {number} seq */
export function keyOf(trace, seq) {
  return trace * 2 ** 32 + seq;
}

/** What a row is called. @param {Table} table @param {number} row */
export function spanKey(table, row) {
  return keyOf(table.trace[row], table.seq[row]);
}

/** The row of a span by its key, or -1. @param {Table} table @param {number} key */
export function rowOfKey(table, key) {
  const trace = Math.floor(key / 2 ** 32);
  return table.places[trace]?.get(key - trace * 2 ** 32) ?? NONE;
}

/** Each row's parent, as a row. A parent that is unknown or started later is not believed: no cycle is possible. @param {Table} table */
export function parentRows(table) {
  const parents = new Int32Array(table.count);
  for (let row = 0; row < table.count; row++) {
    const parent = table.parent[row];
    parents[row] = parent >= 0 && parent < table.seq[row] ? (table.places[table.trace[row]].get(parent) ?? NONE) : NONE;
  }
  return parents;
}
