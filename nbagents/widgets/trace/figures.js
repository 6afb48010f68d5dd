// @ts-check
/** What a run comes to: time, tokens, errors, spans by type. */

import { endsOf, marked, MODEL, NONE, parentRows, stateOf, STRUCTURE, stopOf, TOOL } from "./table.js";
import { plural } from "../words.js";

export const TYPES = [
  "agent", "response", "generation", "function", "mcp_tools", "handoff", "guardrail",
  "transcription", "speech", "speech_group", "custom", "task", "turn",
];

/** @typedef {import("./table.js").Table} Table */

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
 * How long each span was open while none of its children was; what has no row of its own (task, turn) hands its children up.
 * @param {Table} table @param {number[]} ends
 */
export function selfTimes(table, ends) {
  const handsUp = marked(table, STRUCTURE);
  const parents = parentRows(table);
  const own = Float64Array.from({ length: table.count }, (_, row) => stopOf(table, row, ends) - table.start[row]);
  const reached = table.start.slice(0, table.count); // of each span, up to where children have been counted
  for (const row of byStart(table.start.subarray(0, table.count))) {
    if (handsUp[table.type[row]]) continue;
    for (let parent = parents[row]; parent !== NONE; parent = handsUp[table.type[parent]] ? parents[parent] : NONE) {
      const from = Math.max(table.start[row], reached[parent]);
      const to = Math.min(stopOf(table, row, ends), stopOf(table, parent, ends));
      if (to <= from) continue;
      own[parent] -= to - from;
      reached[parent] = to;
    }
  }
  return own;
}

/**
 * How many spans of each type there are and their self time together, most first.
 * @param {Table} table @param {Float64Array} own @param {Uint8Array | null} matching
 * @returns {{type: string, count: number, time: number}[]}
 */
export function selfByType(table, own, matching) {
  const left = marked(table, STRUCTURE);
  const sums = new Map();
  for (let row = 0; row < table.count; row++) {
    const code = table.type[row];
    if (left[code] || (matching && !matching[row])) continue;
    if (!sums.has(code)) sums.set(code, { type: table.names[code], count: 0, time: 0 });
    const sum = sums.get(code);
    sum.count += 1;
    sum.time += own[row];
  }
  return [...sums.values()].sort((a, b) => b.time - a.time);
}
