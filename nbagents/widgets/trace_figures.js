// @ts-check
/** What a run comes to: time, tokens, errors, spans by type. */

import { endsOf, marked, MODEL, stateOf, STRUCTURE, stopOf, TOOL } from "./trace_table.js";
import { plural } from "./words.js";

export const TYPES = [
  "agent", "response", "generation", "function", "mcp_tools", "handoff", "guardrail",
  "transcription", "speech", "speech_group", "custom", "task", "turn",
];

/** @typedef {import("./trace_table.js").Table} Table */

/** Length of the union of stretches. @param {ArrayLike<number>} starts @param {ArrayLike<number>} stops */
export function covered(starts, stops) {
  let total = 0;
  let reached = -Infinity;
  for (const i of byStart(starts)) {
    if (stops[i] <= reached) continue;
    total += stops[i] - Math.max(starts[i], reached);
    reached = stops[i];
  }
  return total;
}

/** Places in the order of their values; spans come in nearly this order, so that looking first is worth it. @param {ArrayLike<number>} values */
export function byStart(values) {
  const places = Int32Array.from({ length: values.length }, (_, i) => i);
  for (let i = 1; i < values.length; i++) {
    if (values[i] < values[i - 1]) return places.sort((a, b) => values[a] - values[b] || a - b);
  }
  return places;
}

/**
 * What the strip and the foot say.
 * @param {Table} table @param {number} now  microseconds since 1970
 */
export function summary(table, now) {
  const { traces } = table;
  const ends = endsOf(table, now);
  const start = traces.reduce((first, trace) => Math.min(first, trace.started_us), traces[0]?.started_us ?? 0);
  const stop = ends.reduce((last, end) => Math.max(last, end), start);
  const model = stretches(table, ends, MODEL);
  const busy = stretches(table, ends, new Set([...MODEL, ...TOOL]));
  const modelTime = covered(model.starts, model.stops);
  const busyTime = covered(busy.starts, busy.stops);
  return {
    name: traces.length === 1 ? traces[0].name : traces.length ? plural(traces.length, "trace") : "No trace yet",
    running: traces.some((trace) => stateOf(trace) === "running"),
    interrupted: traces.some((trace) => stateOf(trace) === "interrupted"),
    start, stop, ends, took: stop - start, spans: table.count, errors: failures(table), ...tokens(table),
    model: modelTime, tools: busyTime - modelTime, // what a model call covers is the model's
    idle: Math.max(0, covered(traces.map((trace) => trace.started_us), ends) - busyTime),
  };
}

/** @param {Table} table @param {number[]} ends @param {Set<string>} types */
function stretches(table, ends, types) {
  const wanted = marked(table, types);
  const starts = [];
  const stops = [];
  for (let row = 0; row < table.count; row++) {
    if (!wanted[table.type[row]]) continue;
    starts.push(table.start[row]);
    stops.push(stopOf(table, row, ends));
  }
  return { starts, stops };
}

/** @param {Table} table */
function failures(table) {
  let errors = 0;
  for (let row = 0; row < table.count; row++) if (table.error[row] >= 0) errors += 1;
  return errors;
}

/** Agent, task and turn spans repeat what the model calls in them used. @param {Table} table */
function tokens(table) {
  const wanted = marked(table, MODEL);
  const sums = { input: 0, output: 0, cached: 0, reasoning: 0 };
  for (let row = 0; row < table.count; row++) {
    if (!wanted[table.type[row]]) continue;
    sums.input += table.input[row] || 0; // NaN is unknown
    sums.output += table.output[row] || 0;
    sums.cached += table.cached[row] || 0;
    sums.reasoning += table.reasoning[row] || 0;
  }
  return sums;
}

/** How many spans of each type there are, in a fixed order, without task and turn. @param {Table} table @returns {[string, number][]} */
export function typeCounts(table) {
  const counts = new Map();
  for (let row = 0; row < table.count; row++) counts.set(table.type[row], (counts.get(table.type[row]) ?? 0) + 1);
  const place = (/** @type {string} */ type) => (TYPES.includes(type) ? TYPES.indexOf(type) : TYPES.length);
  return [...counts].map(([code, n]) => /** @type {[string, number]} */ ([table.names[code], n]))
    .filter(([type]) => !STRUCTURE.has(type)).sort((a, b) => place(a[0]) - place(b[0]));
}

/**
 * How long a span was open while none of its children was.
 * @param {Table} table @param {number} row @param {number[]} ends
 */
export function selfTime(table, row, ends) {
  const stop = stopOf(table, row, ends);
  const starts = [];
  const stops = [];
  for (let other = 0; other < table.count; other++) {
    if (table.parent[other] !== table.seq[row] || table.trace[other] !== table.trace[row]) continue;
    starts.push(Math.max(table.start[other], table.start[row]));
    stops.push(Math.min(stopOf(table, other, ends), stop));
  }
  return Math.max(0, stop - table.start[row] - covered(starts, stops));
}
