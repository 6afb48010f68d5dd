// Rows of traces as the kernel sends them, made up for tests. The names of the columns are those of table.js.
import { emptyTable, takeRows } from "../../nbagents/widgets/trace/table.js";

const TEXTS = ["type", "name", "agent", "model", "error"];

/** A span by its place in the order of starting, its parent's, and when it started and ended (null: not yet). */
export function span(seq, parent, type, name, start, stop, more = {}) {
  return { trace: 0, seq, parent: parent ?? -1, type, name, start, stop: stop ?? NaN, ...more };
}

/** A table of spans; `traces` are [name, start, end, interrupted]. */
export function tableOf(spans, traces = [["lamp", 0, 100]], table = emptyTable()) {
  const known = new Map(table.names.map((name, code) => [name, code]));
  const fresh = [];
  const code = (text) => {
    if (text === undefined || text === null) return -1;
    if (!known.has(text)) {
      known.set(text, known.size);
      fresh.push(text);
    }
    return known.get(text);
  };
  const coded = spans.map((each) => ({ ...each, ...Object.fromEntries(TEXTS.map((name) => [name, code(each[name])])) }));
  const columns = (names) => names.flatMap((name) => coded.map((each) => each[name]));
  const used = coded.flatMap((each, place) => (each.input === undefined ? [] : [{ place, output: NaN, cached: NaN, reasoning: NaN, first: NaN, ...each }]));
  const head = {
    names: fresh,
    traces: traces.map(([name, started_us, ended_us, interrupted = false], number) => [number, { trace_id: `t${number}`, name, started_us, ended_us, group_id: null, interrupted }]),
  };
  return takeRows(
    table, head, Int32Array.from(columns(["trace", "seq", "parent", ...TEXTS])), Float64Array.from(columns(["start", "stop"])),
    Float64Array.from(["place", "input", "output", "cached", "reasoning", "first"].flatMap((name) => used.map((each) => each[name]))),
  );
}

export const NESTED = [
  span(0, null, "task", "task", 0, 100), span(1, 0, "agent", "triage", 0, 60), span(2, 1, "turn", "turn 1", 0, 60),
  span(3, 2, "response", "gpt", 1, 30, { input: 10, output: 5 }), span(4, 2, "function", "lookup", 31, 60), span(5, 0, "agent", "refunds", 60, 100),
];
