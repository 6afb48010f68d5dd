// @ts-check
/** Which spans somebody looks for: by words, agent, tool, error and duration. */

import { marked, STRUCTURE, stopOf, TOOL } from "./table.js";

/** @typedef {import("./table.js").Table} Table */
/**
 * @typedef {object} Filter
 * @property {string} query  in any of a span's texts @property {string} agent @property {string} tool  "" is any
 * @property {boolean} failed  only spans with an error @property {number} least  microseconds
 */

/** @returns {Filter} */
export function noFilter() {
  return { query: "", agent: "", tool: "", failed: false, least: 0 };
}

/** How many conditions there are besides the words. @param {Filter} filter */
export function conditions(filter) {
  return [filter.agent, filter.tool, filter.failed, filter.least].filter(Boolean).length;
}

/**
 * Which rows match, or null where everything does.
 * @param {Table} table @param {Filter} filter @param {number[]} ends  of the traces
 * @returns {Uint8Array | null}
 */
export function matchingRows(table, filter, ends) {
  const query = filter.query.trim().toLowerCase();
  if (!query && !conditions(filter)) return null;
  const worded = Uint8Array.from(table.names, (name) => Number(name.toLowerCase().includes(query)));
  const tools = marked(table, TOOL);
  const bookkeeping = marked(table, STRUCTURE);
  const agent = filter.agent ? table.names.indexOf(filter.agent) : 0;
  const tool = filter.tool ? table.names.indexOf(filter.tool) : 0;
  const matching = new Uint8Array(table.count);
  for (let row = 0; row < table.count; row++) {
    matching[row] = Number(
      (!bookkeeping[table.type[row]] || table.error[row] >= 0) && (!query || says(table, row, worded)) && (!filter.agent || table.agent[row] === agent) &&
      (!filter.tool || (tools[table.type[row]] && table.name[row] === tool)) && (!filter.failed || table.error[row] >= 0) &&
      (!filter.least || stopOf(table, row, ends) - table.start[row] >= filter.least),
    );
  }
  return matching;
}

/** @param {Table} table @param {number} row @param {Uint8Array} worded */
function says({ name, type, error, agent, model }, row, worded) {
  return worded[name[row]] || worded[type[row]] || worded[error[row]] || worded[agent[row]] || worded[model[row]];
}

/** The agents and the tools there are, for a list to choose from. @param {Table} table */
export function choices(table) {
  const tools = marked(table, TOOL);
  const found = { agents: new Set(), tools: new Set() };
  for (let row = 0; row < table.count; row++) {
    found.agents.add(table.agent[row]);
    if (tools[table.type[row]]) found.tools.add(table.name[row]);
  }
  const named = (/** @type {Set<number>} */ codes) => [...codes].filter((code) => code >= 0).map((code) => table.names[code]).sort();
  return { agents: named(found.agents), tools: named(found.tools) };
}

/**
 * A duration as somebody types it ("200 ms", "1.5s", "2 min"; a bare number is seconds), in microseconds; 0 for none, NaN for another text.
 * @param {string} text
 */
export function microsecondsOf(text) {
  if (!text.trim()) return 0;
  const parts = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|min|m|h)?\s*$/.exec(text);
  if (!parts) return NaN;
  const units = { us: 1, µs: 1, ms: 1e3, s: 1e6, min: 60e6, m: 60e6, h: 3600e6 };
  return Number(parts[1]) * units[/** @type {keyof typeof units} */ (parts[2] ?? "s")];
}
