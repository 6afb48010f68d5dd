// @ts-check
/**
 * The trace widget: a strip that opens into a tree and a Gantt chart which share rows.
 *
 * Messages from the kernel
 *   {type: "rows", reset, now_us, columns: {traces, spans}}, buffer 0: JSON {traces: [[...]], spans: [[...]]}
 *       rows that are new or changed, each a list in the order of its columns; `reset` means: forget all others.
 *   {type: "detail", trace_id, seq, fields}
 *       the payload of one span; each of fields.input, output, data, error is null or {text, shown, total}.
 *   {type: "plotly"}, buffer 0: plotly.min.js
 *   {type: "error", about, text}
 *       a request that failed in the kernel; `about` is the request itself.
 *
 * Messages to the kernel
 *   {type: "ready"}                   send every row (when a page starts, and again when it is reloaded)
 *   {type: "detail", trace_id, seq}   send one span's payload
 *   {type: "plotly"}                  send plotly.js (once per page: see loadPlotly)
 *
 * Synced traits: view_id (names the placeholders in the page), expanded, selection ([trace_id, seq] or []). Rows are
 * never in traits: a saved widget state must stay small.
 * How it comes to be shown is in live.js.
 *
 * Whatever came from a model or a tool is set as textContent. Plotly gets numbers and colours only, never text.
 */

import { LiveHub, LiveView, make, page, put, widget } from "./live.js";
import { count, duration, percent, plural } from "./words.js";

export const ROW = 24;
const AXIS = 24;
const MIN_ROWS = 10;
const MAX_ROWS = 18;
const MIN_SPAN_US = 20; // the closest zoom
const STRUCTURE = new Set(["task", "turn"]); // the SDK's own bookkeeping: their children stand for them
const MODEL = new Set(["response", "generation"]);
const TOOL = new Set(["function", "mcp_tools"]);
const TYPES = [
  "agent", "response", "generation", "function", "mcp_tools", "handoff", "guardrail",
  "transcription", "speech", "speech_group", "custom", "task", "turn",
];


// ---------------------------------------------------------------------------------------------- pure: rows

/** @returns {{traces: Map<string, any>, spans: Map<string, Map<number, any>>}} */
export function emptyRows() {
  return { traces: new Map(), spans: new Map() };
}

/**
 * Take in rows that are new or changed.
 * @param {ReturnType<typeof emptyRows>} rows
 * @param {{traces: any[][], spans: any[][]}} delta
 * @param {{traces: string[], spans: string[]}} columns
 */
export function applyDelta(rows, delta, columns) {
  for (const cells of delta.traces) {
    const trace = named(cells, columns.traces);
    rows.traces.set(trace.trace_id, trace);
  }
  for (const cells of delta.spans) {
    const span = named(cells, columns.spans);
    let spans = rows.spans.get(span.trace_id);
    if (!spans) rows.spans.set(span.trace_id, (spans = new Map()));
    spans.set(span.seq, span);
  }
  return rows;
}

/** @param {any[]} cells @param {string[]} columns @returns {any} */
function named(cells, columns) {
  /** @type {any} */
  const row = {};
  columns.forEach((column, i) => (row[column] = cells[i]));
  return row;
}

/**
 * How a span or trace stands: "running", "done" or "interrupted" (it never ended, and what it is in has).
 * @param {any} trace @param {any} [span]
 */
export function stateOf(trace, span = trace) {
  if (span.ended_us !== null) return "done";
  return trace.ended_us !== null || trace.interrupted ? "interrupted" : "running";
}

/** The moment that stands for the end of what has none. @param {any} trace @param {any[]} spans @param {number} now */
export function lastMoment(trace, spans, now) {
  if (trace.ended_us !== null) return trace.ended_us;
  if (stateOf(trace) === "running") return Math.max(now, trace.started_us);
  return spans.reduce((last, span) => Math.max(last, span.ended_us ?? span.started_us), trace.started_us);
}

// ---------------------------------------------------------------------------------------------- pure: the tree

/**
 * @typedef {object} Node
 * @property {string} key  @property {any} trace  @property {any} span  the span, or null for a trace's own row
 * @property {string} name @property {string} type @property {string|null} error @property {string} state
 * @property {number} start @property {number} stop  microseconds since 1970; a running span stops now
 * @property {number} depth @property {number} parent  index of the parent's node, or -1
 * @property {number} after  index of the first node that is not inside this one
 */

/**
 * Spans in tree order. What is hidden hands its children to what it is in.
 * @param {ReturnType<typeof emptyRows>} rows
 * @param {{now: number, hidden?: Set<string>}} options  hidden: types left out, besides task and turn
 * @returns {Node[]}
 */
export function buildTree(rows, { now, hidden = new Set() }) {
  /** @type {Node[]} */
  const nodes = [];
  const traces = [...rows.traces.values()].sort((a, b) => a.started_us - b.started_us);
  for (const trace of traces) {
    const spans = [...(rows.spans.get(trace.trace_id) ?? new Map()).values()].sort((a, b) => a.seq - b.seq);
    const end = lastMoment(trace, spans, now);
    const several = traces.length > 1;
    const own = nodes.length;
    if (several) nodes.push(traceNode(trace, end));
    addSpans(nodes, trace, spans, end, hidden, several ? own : -1);
    if (several) nodes[own].after = nodes.length;
  }
  return nodes;
}

/** @param {any} trace @param {number} end @returns {Node} */
function traceNode(trace, end) {
  return {
    key: trace.trace_id, trace, span: null, name: trace.name, type: "trace", error: null, state: stateOf(trace),
    start: trace.started_us, stop: end, depth: 0, parent: -1, after: 0,
  };
}

/** @param {Node[]} nodes @param {any} trace @param {any[]} spans @param {number} end @param {Set<string>} hidden @param {number} root */
function addSpans(nodes, trace, spans, end, hidden, root) {
  const children = childrenOf(spans, hidden);
  const from = nodes.length;
  const base = root < 0 ? 0 : 1;
  // Not recursive: a chain of 10,000 nested spans must not overflow the stack.
  const todo = (children.get(null) ?? []).map((span) => ({ span, depth: base, parent: root })).reverse();
  while (todo.length) {
    const { span, depth, parent } = /** @type {any} */ (todo.pop());
    const index = nodes.length;
    nodes.push(spanNode(trace, span, end, depth, parent));
    const inside = children.get(span.seq) ?? [];
    for (let i = inside.length - 1; i >= 0; i--) todo.push({ span: inside[i], depth: depth + 1, parent: index });
  }
  closeNodes(nodes, from);
}

/** Set where each node's inside ends, from the last node back. @param {Node[]} nodes @param {number} from */
function closeNodes(nodes, from) {
  for (let i = nodes.length - 1; i >= from; i--) {
    nodes[i].after = Math.max(nodes[i].after, i + 1);
    const parent = nodes[i].parent;
    if (parent >= from) nodes[parent].after = Math.max(nodes[parent].after, nodes[i].after);
  }
}

/** @param {any} trace @param {any} span @param {number} end @param {number} depth @param {number} parent @returns {Node} */
function spanNode(trace, span, end, depth, parent) {
  return {
    key: `${span.trace_id} ${span.seq}`, trace, span, name: span.name, type: span.type, error: span.error,
    state: stateOf(trace, span), start: span.started_us,
    stop: Math.max(span.started_us, span.ended_us ?? end), depth, parent, after: 0,
  };
}

/**
 * @param {any[]} spans @param {Set<string>} hidden
 * @returns {Map<number|null, any[]>} the shown children of each shown span, by its seq
 */
function childrenOf(spans, hidden) {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const shown = (/** @type {any} */ span) => !hidden.has(span.type) && (!STRUCTURE.has(span.type) || span.error !== null);
  // A parent starts before its children; one that does not is not believed, so that no cycle is possible.
  const above = (/** @type {any} */ span) => {
    const parent = byId.get(span.parent_id);
    return parent && parent.seq < span.seq ? parent : null;
  };
  const children = new Map();
  for (const span of spans) {
    if (!shown(span)) continue;
    let parent = above(span);
    while (parent && !shown(parent)) parent = above(parent);
    const seq = parent ? parent.seq : null;
    if (!children.has(seq)) children.set(seq, []);
    children.get(seq).push(span);
  }
  return children;
}

/**
 * Indices of the nodes that have a row: those inside a folded one have none; while searching, those that match do,
 * with everything they are in.
 * @param {Node[]} nodes @param {{folded?: Set<string>, query?: string}} options
 * @returns {number[]}
 */
export function visibleRows(nodes, { folded = new Set(), query = "" }) {
  const wanted = query.trim().toLowerCase();
  return wanted ? matchingRows(nodes, wanted) : unfoldedRows(nodes, folded);
}

/** @param {Node[]} nodes @param {Set<string>} folded */
function unfoldedRows(nodes, folded) {
  const rows = [];
  for (let i = 0; i < nodes.length; i = folded.has(nodes[i].key) ? nodes[i].after : i + 1) rows.push(i);
  return rows;
}

/** @param {Node[]} nodes @param {string} wanted */
function matchingRows(nodes, wanted) {
  const keep = new Uint8Array(nodes.length);
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!keep[i] && !matches(nodes[i], wanted)) continue;
    keep[i] = 1;
    if (nodes[i].parent >= 0) keep[nodes[i].parent] = 1;
  }
  const rows = [];
  for (let i = 0; i < nodes.length; i++) if (keep[i]) rows.push(i);
  return rows;
}

/** @param {Node} node @param {string} wanted  in lower case */
export function matches(node, wanted) {
  const of = [node.name, node.type, node.error, node.span?.agent, node.span?.model];
  return of.some((text) => typeof text === "string" && text.toLowerCase().includes(wanted));
}

/** How many spans of each type there are, in a fixed order. @param {ReturnType<typeof emptyRows>} rows */
export function typeCounts(rows) {
  const counts = new Map();
  for (const span of allSpans(rows)) counts.set(span.type, (counts.get(span.type) ?? 0) + 1);
  const place = (/** @type {string} */ type) => (TYPES.includes(type) ? TYPES.indexOf(type) : TYPES.length);
  return [...counts].sort((a, b) => place(a[0]) - place(b[0]));
}

/** @param {ReturnType<typeof emptyRows>} rows */
function* allSpans(rows) {
  for (const spans of rows.spans.values()) yield* spans.values();
}

// ---------------------------------------------------------------------------------------------- pure: figures

/** Length of the union of intervals. @param {[number, number][]} intervals */
export function covered(intervals) {
  let total = 0;
  let reached = -Infinity;
  for (const [start, stop] of [...intervals].sort((a, b) => a[0] - b[0])) {
    if (stop <= reached) continue;
    total += stop - Math.max(start, reached);
    reached = stop;
  }
  return total;
}

/**
 * What the strip and the footer say.
 * @param {ReturnType<typeof emptyRows>} rows @param {number} now
 */
export function summary(rows, now) {
  const traces = [...rows.traces.values()];
  const figures = {
    name: traces.length === 1 ? traces[0].name : traces.length ? plural(traces.length, "trace") : "No trace yet",
    spans: 0, errors: 0, input: 0, output: 0, cached: 0,
    running: traces.some((trace) => stateOf(trace) === "running"),
    interrupted: traces.some((trace) => stateOf(trace) === "interrupted"),
    start: 0, stop: 0, model: 0, tools: 0, idle: 0, took: 0,
  };
  /** @type {[number, number][]} */ const model = [];
  /** @type {[number, number][]} */ const tools = [];
  /** @type {[number, number][]} */ const whole = [];
  for (const trace of traces) {
    const spans = [...(rows.spans.get(trace.trace_id) ?? new Map()).values()];
    const end = lastMoment(trace, spans, now);
    whole.push([trace.started_us, end]);
    for (const span of spans) addSpan(figures, span, end, MODEL.has(span.type) ? model : TOOL.has(span.type) ? tools : null);
  }
  figures.start = whole.reduce((first, [start]) => Math.min(first, start), whole[0]?.[0] ?? 0);
  figures.stop = whole.reduce((last, [, stop]) => Math.max(last, stop), 0);
  const busy = covered([...model, ...tools]);
  figures.took = figures.stop - figures.start;
  figures.model = covered(model);
  figures.tools = busy - figures.model; // what a model call covers is the model's
  figures.idle = Math.max(0, covered(whole) - busy);
  return figures;
}

/** @param {any} figures @param {any} span @param {number} end @param {[number, number][] | null} time */
function addSpan(figures, span, end, time) {
  figures.spans += 1;
  if (span.error !== null) figures.errors += 1;
  if (time) time.push([span.started_us, span.ended_us ?? end]);
  if (!MODEL.has(span.type)) return; // agent, task and turn spans repeat what the model calls in them used
  figures.input += span.input_tokens ?? 0;
  figures.output += span.output_tokens ?? 0;
  figures.cached += span.cached_tokens ?? 0;
}

// ---------------------------------------------------------------------------------------------- pure: geometry

/**
 * Which rows a scrolled window shows.
 * @param {number} rows @param {number} scrollTop @param {number} height  both in pixels
 */
export function windowOf(rows, scrollTop, height) {
  const top = Math.min(Math.max(0, scrollTop), Math.max(0, rows * ROW - height));
  const first = Math.floor(top / ROW);
  return { first, last: Math.min(rows, Math.ceil((top + height) / ROW)), offset: top - first * ROW };
}

/**
 * Round moments on a time axis, with their labels.
 * @param {number} from @param {number} to  microseconds since the start @param {number} wanted  about how many
 */
export function ticks(from, to, wanted) {
  const step = roundStep((to - from) / Math.max(1, wanted));
  const found = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) found.push({ at: i * step, label: tickLabel(i * step, step) });
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

/**
 * Zoom about a moment, staying inside the run.
 * @param {[number, number]} range @param {number} factor below 1 goes closer @param {number} about @param {[number, number]} full
 * @returns {[number, number]}
 */
export function zoomed(range, factor, about, full) {
  const length = Math.min(full[1] - full[0], Math.max(MIN_SPAN_US, (range[1] - range[0]) * factor));
  const share = (about - range[0]) / (range[1] - range[0] || 1);
  return panned([about - share * length, about + (1 - share) * length], 0, full);
}

/** @param {[number, number]} range @param {number} by @param {[number, number]} full @returns {[number, number]} */
export function panned(range, by, full) {
  const length = range[1] - range[0];
  const start = Math.min(Math.max(full[0], range[0] + by), Math.max(full[0], full[1] - length));
  return [start, start + length];
}

/**
 * The Gantt in small: a lane for each depth; a bar that would add less than a pixel is left to the one before it.
 * @param {Node[]} nodes @param {number} from @param {number} to @param {{width: number, lanes: number}} size
 * @returns {{lane: number, x: number, right: number, type: string, error: boolean}[]}
 */
export function thumbnail(nodes, from, to, { width, lanes }) {
  const scale = width / Math.max(1, to - from);
  /** @type {Map<string, any>} */
  const newest = new Map();
  const bars = [];
  const roots = nodes.some((node) => node.type === "trace") ? 1 : 0;
  for (const node of nodes) {
    if (node.type === "trace") continue;
    const error = node.error !== null;
    const lane = error ? lanes - 1 : Math.min(lanes - 1, node.depth - roots);
    const x = (node.start - from) * scale;
    const right = Math.max(x + 1.5, (node.stop - from) * scale);
    const last = newest.get(`${lane} ${error}`);
    if (last && x <= last.right + 0.5 && right - last.right < 1) {
      if (last.type === node.type) last.right = Math.max(last.right, right);
      continue;
    }
    const bar = { lane, x, right, type: node.type, error };
    newest.set(`${lane} ${error}`, bar);
    bars.push(bar);
  }
  return bars;
}

/**
 * What Plotly draws: a bar for each row, numbers and colours only.
 * @param {{row: number, from: number, to: number, color: string, error: boolean, open: boolean}[]} bars  microseconds
 * @param {{x: [number, number], y: [number, number], width: number, height: number, bad: string, least: number}} frame
 */
export function figure(bars, { x, y, width, height, bad, least }) {
  const inside = (/** @type {number} */ at) => Math.min(Math.max(at, x[0] - least * 9), x[1] + least * 9);
  const drawn = bars.map((bar) => ({ ...bar, from: inside(bar.from), to: inside(Math.max(bar.to, bar.from + least)) }));
  const trace = {
    type: "bar", orientation: "h", hoverinfo: "skip", cliponaxis: true,
    base: drawn.map((bar) => bar.from), x: drawn.map((bar) => bar.to - bar.from), y: drawn.map((bar) => bar.row),
    width: 14 / ROW,
    marker: {
      color: drawn.map((bar) => bar.color), cornerradius: 2,
      line: { color: bad, width: drawn.map((bar) => (bar.error ? 1.5 : 0)) },
      pattern: { shape: drawn.map((bar) => (bar.open ? "/" : "")), size: 5, solidity: 0.35, fillmode: "overlay" },
    },
  };
  const axis = { visible: false, fixedrange: true, zeroline: false };
  const layout = {
    width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, barmode: "overlay", showlegend: false, dragmode: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { ...axis, range: x }, yaxis: { ...axis, range: y },
  };
  return { data: [trace], layout, config: { staticPlot: true, displayModeBar: false } };
}

/**
 * plotly.js, once per page, from the kernel of whichever view asks first.
 * @param {any} hub
 * @returns {Promise<any>}
 */
function loadPlotly(hub) {
  const shared = page();
  if (!shared.plotly) {
    shared.plotly = new Promise((resolve, reject) => {
      hub.plotly = { resolve, reject };
      hub.send({ type: "plotly" });
    }).then(evaluatePlotly);
    shared.plotly.catch(() => (shared.plotly = null)); // the next view asks again
  }
  return shared.plotly;
}

/**
 * Run plotly.js as a module of its own: the names that loaders look for are undefined in it, so that it does not
 * register itself with the page's require.js, and it leaves no global behind.
 * @param {DataView} bytes
 */
async function evaluatePlotly(bytes) {
  /** @type {any} */ const scope = globalThis;
  const before = { Plotly: scope.Plotly, moduleName: scope.moduleName };
  const source = new Blob(["var define, exports, module, require;\n", /** @type {any} */ (bytes)], { type: "text/javascript" });
  const url = URL.createObjectURL(source);
  try {
    await import(/* webpackIgnore: true */ url);
    if (!scope.Plotly) throw new Error("plotly.js defined nothing");
    return scope.Plotly;
  } finally {
    URL.revokeObjectURL(url);
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete scope[name];
      else scope[name] = value;
    }
  }
}

// ---------------------------------------------------------------------------------------------- one model

/** One widget model: its rows, and how it is shown. */
class Hub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    this.rows = emptyRows();
    this.ahead = 0; // the kernel's clock minus ours, microseconds
    this.noPlotly = "";
    /** @type {any} */ this.plotly = null;
    /** @type {any} */ this.Plotly = null;
    this.ui = { folded: new Set(), hidden: new Set(), query: "", scrollTop: 0, range: /** @type {any} */ (null), tab: "Input" };
    /** @type {Map<string, any>} */ this.details = new Map();
    /** @type {any} */ this.cache = null;
    /** @type {any} */ this.clock = 0;
  }

  newView() {
    return new View(this);
  }

  /** @param {AbortSignal} [signal] */
  start(signal) {
    this.model.on("change:expanded", () => this.draw());
    this.model.on("change:selection", () => this.draw());
    super.start(signal);
  }

  leave() {
    super.leave();
    this.plotly?.reject(new Error("the kernel is gone"));
    clearTimeout(this.clock);
    this.clock = 0;
  }

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    if (message.type === "rows") this.takeRows(message, buffers[0]);
    else if (message.type === "detail") this.takeDetail(message);
    else if (message.type === "plotly") this.plotly?.resolve(buffers[0]);
    else if (message.type === "error") this.takeError(message);
  }

  /** @param {any} message @param {DataView} buffer */
  takeRows(message, buffer) {
    if (message.reset) this.rows = emptyRows();
    applyDelta(this.rows, JSON.parse(new TextDecoder().decode(buffer)), message.columns);
    this.ahead = message.now_us - Date.now() * 1000;
    this.cache = null;
    this.answered();
  }

  /** @param {any} message */
  takeDetail({ trace_id, seq, fields }) {
    const detail = this.details.get(`${trace_id} ${seq}`);
    if (detail) Object.assign(detail, { fields, error: null });
    this.draw();
  }

  /** @param {any} message */
  takeError({ about, text }) {
    if (about?.type === "detail") Object.assign(this.details.get(`${about.trace_id} ${about.seq}`) ?? {}, { error: text });
    else if (about?.type === "plotly") this.plotly?.reject(new Error(text));
    else this.fail(new Error(text));
    this.draw();
  }

  now() {
    return Date.now() * 1000 + this.ahead;
  }

  changed() {
    this.cache = null;
    this.draw();
  }

  drawNow() {
    const began = performance.now();
    super.drawNow();
    if (!this.content().figures.running || this.clock) return;
    this.clock = setTimeout(() => {
      this.clock = 0;
      this.changed();
    }, Math.max(100, 10 * (performance.now() - began)));
  }

  /** The tree, its visible rows and the figures, worked out once for each change. */
  content() {
    if (!this.cache) {
      const now = this.now();
      const figures = summary(this.rows, now);
      const nodes = buildTree(this.rows, { now, hidden: this.ui.hidden });
      this.cache = { figures, nodes, shown: visibleRows(nodes, this.ui), types: typeCounts(this.rows) };
    }
    return this.cache;
  }

  get expanded() {
    return Boolean(this.model.get("expanded"));
  }

  set expanded(value) {
    this.model.set("expanded", value);
    this.model.save_changes();
  }

  /** The key of the selected row, or "". */
  get selected() {
    return (this.model.get("selection") ?? []).join(" ");
  }

  /** @param {Node | null} node */
  select(node) {
    this.model.set("selection", node ? (node.span ? [node.span.trace_id, node.span.seq] : [node.trace.trace_id]) : []);
    this.model.save_changes();
    this.draw();
  }

  /** A span's payload; asked for when it is first wanted, and again when the span has ended since. @param {Node} node */
  detail(node) {
    const known = this.details.get(node.key);
    if (known && known.ended === node.span.ended_us) return known;
    const fresh = { fields: known?.fields ?? null, error: null, ended: node.span.ended_us };
    this.details.set(node.key, fresh);
    this.send({ type: "detail", trace_id: node.span.trace_id, seq: node.span.seq });
    return fresh;
  }

  /** @param {string} key */
  toggleFold(key) {
    if (!this.ui.folded.delete(key)) this.ui.folded.add(key);
    this.changed();
  }

  /** @param {string} type */
  toggleType(type) {
    if (!this.ui.hidden.delete(type)) this.ui.hidden.add(type);
    this.changed();
  }

  wantPlotly() {
    if (this.Plotly || this.noPlotly || this.waiting) return;
    this.waiting = true;
    loadPlotly(this)
      .then((Plotly) => (this.Plotly = Plotly))
      .catch((error) => (this.noPlotly = `Plain bars: plotly.js could not be loaded (${error.message})`))
      .then(() => {
        this.waiting = false;
        this.draw();
      });
  }
}

// ---------------------------------------------------------------------------------------------- one view

/** @param {string} type */
function colorOf(type) {
  return `var(--nb-${TYPES.includes(type) ? type : "custom"})`;
}

const INSET = 7; // pixels left free on both sides of the chart
const THUMB = { width: 190, height: 18, lanes: 4 };

class View extends LiveView {
  /** @type {any} */ thumb;
  /** @type {any} */ colors;
  drawnChips = "";

  /** @param {Hub} hub */
  constructor(hub) {
    super(hub, STYLE);
    this.rowPool = /** @type {any[]} */ ([]);
    this.drawnDetail = "";
    this.narrow = false;
    this.build();
    this.listen();
  }

  unmount() {
    if (this.plotted) this.hub.Plotly?.purge(this.plot);
    super.unmount();
  }

  build() {
    this.box.append(this.buildStrip(), this.buildBody());
    this.tip = make("div", "tip", { role: "tooltip", hidden: "" });
    this.shadow.append(this.tip);
  }

  buildStrip() {
    this.caret = make("span", "caret", { "aria-hidden": "true" });
    this.pulse = make("span", "pulse", { "aria-hidden": "true", hidden: "" });
    this.title = make("b", "name");
    this.facts = make("span", "facts num");
    this.thumb = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ ...THUMB, lanes: "", class: "thumb", "aria-hidden": "true" })) {
      if (name !== "lanes") this.thumb.setAttribute(name, String(value));
    }
    this.strip = make("button", "strip", { type: "button", "aria-expanded": "false" }, [
      this.caret, this.pulse, this.title, this.facts, make("span", "space"), this.thumb,
    ]);
    return this.strip;
  }

  buildBody() {
    this.chips = make("div", "chips", { role: "group", "aria-label": "Span types" });
    this.search = make("input", "search", { type: "search", placeholder: "Search  /", "aria-label": "Search spans", spellcheck: "false" });
    this.axis = make("div", "axis num", { "aria-hidden": "true", title: "Wheel zooms, drag pans, double-click shows the whole run" });
    this.rowsBox = make("div", "rows");
    this.plot = make("div", "plot", { "aria-hidden": "true" });
    this.lines = make("div", "lines", { "aria-hidden": "true" });
    this.none = make("div", "none", { hidden: "" }, ["No span matches."]);
    this.pane = make("div", "pane", {}, [this.lines, this.axis, make("div", "clip", {}, [this.rowsBox, this.plot]), this.none]);
    this.spacer = make("div", "spacer", {}, [this.pane]);
    this.scroller = make("div", "scroller", { tabindex: "0", role: "tree", "aria-label": "Spans" }, [this.spacer]);
    this.about = make("div");
    this.payload = make("div");
    this.side = make("div", "details", { role: "region", "aria-label": "Selected span" }, [this.about, this.payload]);
    this.foot = make("div", "foot num");
    this.body = make("div", "body", { hidden: "" }, [
      make("div", "toolbar", {}, [this.chips, make("span", "space"), this.search]),
      make("div", "panes", {}, [this.scroller, this.side]),
      this.foot,
    ]);
    return this.body;
  }

  // ------------------------------------------------------------------------------------------ events

  listen() {
    const { hub } = this;
    const on = this.on.bind(this);
    on(this.strip, "click", () => (hub.expanded = !hub.expanded));
    on(this.search, "input", () => {
      hub.ui.query = this.search.value;
      hub.changed();
    });
    on(this.search, "keydown", (event) => this.searchKey(event));
    on(this.chips, "click", (event) => {
      const chip = event.target.closest(".chip");
      if (chip) hub.toggleType(chip.dataset.type);
    });
    on(this.scroller, "scroll", () => {
      hub.ui.scrollTop = this.scroller.scrollTop;
      hub.draw();
    });
    on(this.scroller, "keydown", (event) => this.key(event));
    on(this.scroller, "wheel", (event) => this.wheel(event), { passive: false });
    on(this.scroller, "pointerdown", (event) => this.grab(event));
    on(this.scroller, "pointermove", (event) => this.move(event));
    on(this.scroller, "pointerup", (event) => this.release(event));
    on(this.scroller, "pointerleave", () => (this.tip.hidden = true));
    on(this.scroller, "dblclick", (event) => this.onChart(event) && this.zoomTo(null));
    on(this.side, "click", (event) => this.pickTab(event));
    on(this.side, "keydown", (event) => this.tabKey(event));
  }

  setTheme() {
    this.colors = null;
    super.setTheme();
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = this.hub.ui.query = "";
      this.hub.changed();
    } else if (event.key === "Escape" || event.key === "ArrowDown" || event.key === "Enter") {
      this.scroller.focus();
      if (event.key !== "Escape") this.step(0);
    } else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), PageDown: () => this.step(MIN_ROWS),
      PageUp: () => this.step(-MIN_ROWS), Home: () => this.step(-Infinity), End: () => this.step(Infinity),
      ArrowRight: () => this.open(), ArrowLeft: () => this.shut(), Enter: () => this.flip(), " ": () => this.flip(),
      "/": () => this.search.focus(), "+": () => this.zoomBy(0.6), "=": () => this.zoomBy(0.6),
      "-": () => this.zoomBy(1 / 0.6), "0": () => this.zoomTo(null), Escape: () => this.hub.select(null),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The selected node and its row. */
  current() {
    const { nodes, shown } = this.hub.content();
    const row = shown.findIndex((/** @type {number} */ i) => nodes[i].key === this.hub.selected);
    return { nodes, shown, row, node: row < 0 ? null : nodes[shown[row]] };
  }

  /** @param {number} by */
  step(by) {
    const { nodes, shown, row } = this.current();
    if (!shown.length) return;
    const from = row < 0 && Number.isFinite(by) ? -by : row; // with nothing chosen, any step goes to the first row
    const next = Math.min(Math.max(from + by, 0), shown.length - 1);
    this.hub.select(nodes[shown[next]]);
    this.reveal(next);
  }

  /** @param {number} row */
  reveal(row) {
    const height = this.rowsHeight();
    const top = this.scroller.scrollTop;
    if (row * ROW < top) this.scroller.scrollTop = row * ROW;
    else if ((row + 1) * ROW > top + height) this.scroller.scrollTop = (row + 1) * ROW - height;
  }

  open() {
    const { node, row, nodes, shown } = this.current();
    if (!node) return this.step(0);
    if (this.hub.ui.folded.has(node.key)) this.hub.toggleFold(node.key);
    else if (nodes[shown[row + 1]]?.depth > node.depth) this.step(1);
  }

  shut() {
    const { node, nodes, shown, row } = this.current();
    if (!node) return;
    const foldable = node.after > shown[row] + 1 && !this.hub.ui.query;
    if (foldable && !this.hub.ui.folded.has(node.key)) return this.hub.toggleFold(node.key);
    if (node.parent >= 0) this.step(shown.indexOf(node.parent) - row);
    else if (nodes.length === 0) this.step(0);
  }

  flip() {
    const { node, shown, row } = this.current();
    if (!node) this.step(0);
    else if (node.after > shown[row] + 1) this.hub.toggleFold(node.key);
  }

  /** Whether an event is on the chart's side. @param {MouseEvent} event */
  onChart(event) {
    return event.clientX >= this.plot.getBoundingClientRect().left;
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (!this.onChart(event)) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    // A wheel that passes over the chart on its way down the notebook must not be caught.
    const zooms = event.ctrlKey || event.metaKey || this.shadow.activeElement === this.scroller;
    if (!sideways && !zooms) return;
    event.preventDefault();
    const { range, full, perPixel, left } = this.time();
    if (sideways) return this.zoomTo(panned(range, (event.deltaX || event.deltaY) * perPixel, full));
    const about = range[0] + (event.clientX - left) * perPixel;
    this.zoomTo(zoomed(range, 1.0015 ** event.deltaY, about, full));
  }

  /** @param {PointerEvent} event */
  grab(event) {
    if (event.button !== 0) return;
    this.held = { x: event.clientX, range: this.onChart(event) ? this.time().range : null, moved: false };
    if (this.held.range && event.target !== this.scroller) this.scroller.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const by = this.held ? event.clientX - this.held.x : 0;
    if (this.held?.range && (this.held.moved || Math.abs(by) > 3)) {
      this.held.moved = true;
      const { perPixel, full } = this.time();
      this.zoomTo(panned(this.held.range, -by * perPixel, full));
    }
    this.showTip(event);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const held = this.held;
    this.held = null;
    if (!held || held.moved) return;
    const row = this.rowAt(event);
    if (!row) return;
    const node = row.node;
    if (event.composedPath().some((/** @type {any} */ at) => at.className === "fold")) this.hub.toggleFold(node.key);
    else this.hub.select(node);
  }

  /** The row under the pointer. @param {MouseEvent} event */
  rowAt(event) {
    return this.rowPool.find((row) => {
      const { top, bottom } = row.element.getBoundingClientRect();
      return row.node && event.clientY >= top && event.clientY < bottom;
    });
  }

  /** @param {MouseEvent} event */
  showTip(event) {
    const row = this.held?.moved || !this.onChart(event) ? null : this.rowAt(event);
    this.tip.hidden = !row;
    if (!row) return;
    const { node } = row;
    this.tip.replaceChildren(make("b", "", {}, [node.name]), make("div", "dim num", {}, [tipLine(node)]));
    if (node.error) this.tip.append(make("div", "bad", {}, [node.error.slice(0, 200)]));
    const box = this.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - this.tip.offsetWidth - 4);
    const below = event.clientY - box.top + 16;
    // Lab's output would get a scroll bar from a tip that reaches past its end.
    const y = below + this.tip.offsetHeight > box.height ? below - this.tip.offsetHeight - 24 : below;
    this.tip.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
  }

  /** @param {number} factor */
  zoomBy(factor) {
    const { range, full } = this.time();
    this.zoomTo(zoomed(range, factor, (range[0] + range[1]) / 2, full));
  }

  /** @param {[number, number] | null} range  null is the whole run, and follows it while it grows */
  zoomTo(range) {
    const { full } = this.time();
    const whole = range && range[0] <= full[0] && range[1] >= full[1];
    this.hub.ui.range = whole ? null : range;
    this.hub.draw();
  }

  /** @param {MouseEvent} event */
  pickTab(event) {
    const tab = /** @type {any} */ (event.target).closest?.("[role=tab]");
    if (!tab) return;
    this.hub.ui.tab = tab.textContent;
    this.hub.draw();
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || !(/** @type {any} */ (event.target).closest("[role=tab]"))) return;
    const next = (TABS.indexOf(this.hub.ui.tab) + by + TABS.length) % TABS.length;
    this.hub.ui.tab = TABS[next];
    this.drawSide(this.hub.content());
    this.side.querySelectorAll("[role=tab]")[next].focus();
    event.preventDefault();
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    const content = this.hub.content();
    const { expanded } = this.hub;
    this.drawStrip(content, expanded);
    this.body.hidden = !expanded;
    if (!expanded) return;
    this.hub.wantPlotly();
    this.narrow = this.root.clientWidth < 760;
    this.root.toggleAttribute("data-narrow", this.narrow);
    this.drawChips(content);
    this.drawRows(content);
    this.drawSide(content);
    this.drawFoot(content);
  }

  /** @param {any} content @param {boolean} expanded */
  drawStrip({ figures, nodes }, expanded) {
    this.strip.setAttribute("aria-expanded", String(expanded));
    put(this.title, figures.name);
    this.pulse.hidden = !figures.running;
    const facts = [duration(figures.took), plural(figures.spans, "span")];
    const tokens = figures.input + figures.output;
    if (tokens) facts.push(plural(tokens, "token"));
    if (figures.interrupted) facts.push("interrupted");
    putFacts(this.facts, facts, figures.errors);
    this.thumb.style.display = expanded ? "none" : "";
    if (!expanded) this.drawThumb(nodes, figures);
  }

  /** @param {Node[]} nodes @param {any} figures */
  drawThumb(nodes, figures) {
    const paths = new Map();
    for (const bar of thumbnail(nodes, figures.start, figures.stop, THUMB)) {
      const color = bar.error ? "var(--nb-bad)" : colorOf(bar.type);
      const rectangle = `M${bar.x.toFixed(1)} ${1 + bar.lane * 4.6}h${(bar.right - bar.x).toFixed(1)}v3H${bar.x.toFixed(1)}z`;
      paths.set(color, (paths.get(color) ?? "") + rectangle);
    }
    this.thumb.replaceChildren(...[...paths].map(([color, d]) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      path.style.fill = color;
      return path;
    }));
  }

  /** @param {any} content */
  drawChips({ types }) {
    const key = types.map((/** @type {any} */ entry) => entry.join(" ")).join() + [...this.hub.ui.hidden].join();
    if (this.drawnChips === key) return;
    this.drawnChips = key;
    const focused = /** @type {any} */ (this.shadow.activeElement)?.dataset?.type;
    const listed = types.filter((/** @type {any} */ [type]) => !STRUCTURE.has(type));
    this.chips.replaceChildren(...listed.map((/** @type {any} */ [type, n]) => chip(type, n, !this.hub.ui.hidden.has(type))));
    if (focused) [...this.chips.children].find((/** @type {any} */ each) => each.dataset.type === focused)?.focus();
  }

  rowsHeight() {
    const least = this.narrow ? 3 : MIN_ROWS; // details beside the rows need the height
    return Math.min(Math.max(this.hub.content().shown.length, least), MAX_ROWS) * ROW;
  }

  /** Where time is: the shown range, all of it, and the chart's place. */
  time() {
    const { figures } = this.hub.content();
    /** @type {[number, number]} */ const full = [0, Math.max(1000, figures.stop - figures.start) * 1.01];
    /** @type {[number, number]} */ const range = this.hub.ui.range ? panned(this.hub.ui.range, 0, full) : full;
    const box = this.plot.getBoundingClientRect();
    const perPixel = (range[1] - range[0]) / Math.max(1, box.width - 2 * INSET);
    return { full, range, perPixel, left: box.left + INSET, width: box.width, start: figures.start };
  }

  /** @param {any} content */
  drawRows({ nodes, shown }) {
    const height = this.rowsHeight();
    this.scroller.style.height = `${height + AXIS}px`;
    this.spacer.style.height = `${Math.max(shown.length * ROW, height) + AXIS}px`;
    this.pane.style.height = `${height + AXIS}px`;
    this.plot.style.height = `${height}px`;
    if (this.scroller.scrollTop !== this.hub.ui.scrollTop) this.scroller.scrollTop = this.hub.ui.scrollTop;
    const seen = windowOf(shown.length, this.hub.ui.scrollTop, height);
    const time = this.time();
    this.rowsBox.style.transform = `translateY(${-seen.offset}px)`;
    this.none.hidden = shown.length > 0;
    this.drawTicks(time);
    this.fillRows(nodes, shown, seen, time);
    this.drawPlot(nodes, shown, seen, time, height);
  }

  /** @param {any} time */
  drawTicks({ range, perPixel, width }) {
    const marks = ticks(range[0], range[1], width / 90).map((tick) => ({ ...tick, x: INSET + (tick.at - range[0]) / perPixel }));
    const lines = marks.map(({ x }) => make("i", "line", { style: `left:${x}px` }));
    const labels = marks.filter(({ x }) => x < width - 28).map(({ x, label }) => make("span", "", { style: `left:${x + 4}px` }, [label]));
    this.lines.replaceChildren(...lines);
    this.axis.replaceChildren(...labels);
  }

  /** @param {Node[]} nodes @param {number[]} shown @param {any} seen @param {any} time */
  fillRows(nodes, shown, seen, time) {
    const needed = seen.last - seen.first;
    while (this.rowPool.length < needed) this.rowPool.push(makeRow(this.rowsBox));
    const selected = this.hub.selected;
    let active = "";
    this.rowPool.forEach((row, i) => {
      const index = shown[seen.first + i];
      row.element.hidden = i >= needed;
      row.node = i < needed ? nodes[index] : null;
      if (!row.node) return;
      row.element.id = `row-${seen.first + i}`;
      if (row.node.key === selected) active = row.element.id;
      this.fillRow(row, index, seen.first + i, time, row.node.key === selected);
    });
    if (active) this.scroller.setAttribute("aria-activedescendant", active);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  /** @param {any} row @param {number} index @param {number} place @param {any} time @param {boolean} selected */
  fillRow(row, index, place, time, selected) {
    const { node, element } = row;
    const { nodes, shown } = this.hub.content();
    const inner = node.after > index + 1;
    const folded = inner && !(place + 1 < shown.length && nodes[shown[place + 1]].parent === index);
    element.className = `row${selected ? " selected" : ""}${node.error ? " failed" : ""} ${node.state}`;
    element.setAttribute("aria-level", String(node.depth + 1));
    element.setAttribute("aria-selected", String(selected));
    element.setAttribute("aria-posinset", String(place + 1));
    element.setAttribute("aria-setsize", String(shown.length));
    if (inner) element.setAttribute("aria-expanded", String(!folded));
    else element.removeAttribute("aria-expanded");
    row.fold.style.visibility = inner ? "" : "hidden";
    row.tree.style.paddingLeft = `${6 + Math.min(node.depth, 10) * 16}px`;
    row.dot.style.background = node.type === "trace" ? "transparent" : colorOf(node.type);
    put(row.name, node.type === "handoff" && !node.name.startsWith("→") ? `→ ${node.name}` : node.name);
    row.name.title = node.name;
    put(row.took, node.state === "interrupted" ? "interrupted" : duration(node.stop - node.start));
    this.placeBar(row, time);
  }

  /** The plain bar, shown while there is no Plotly, and the error beside it. @param {any} row @param {any} time */
  placeBar({ node, bar, label }, { range, perPixel, width, start }) {
    const x = (/** @type {number} */ at) => INSET + (at - start - range[0]) / perPixel;
    const left = Math.max(x(node.start), -9);
    const right = Math.min(Math.max(x(node.stop), left + 2), width + 9);
    bar.style.display = this.hub.Plotly ? "none" : "";
    bar.style.left = `${left}px`;
    bar.style.width = `${Math.max(0, right - left)}px`;
    bar.style.background = node.type === "trace" ? "var(--nb-turn)" : colorOf(node.type);
    put(label, node.error ? shortError(node.error) : "");
    if (!node.error) return;
    const before = left > 110;
    label.style.left = before ? "" : `${Math.min(Math.max(right, 0) + 6, width - 60)}px`;
    label.style.right = before ? `${width - left + 6}px` : "";
  }

  /** @param {Node[]} nodes @param {number[]} shown @param {any} seen @param {any} time @param {number} height */
  drawPlot(nodes, shown, seen, time, height) {
    const { Plotly } = this.hub;
    if (!Plotly || !(time.width > 2 * INSET)) return;
    this.colors ??= this.readColors();
    const colors = this.colors;
    const bars = shown.slice(seen.first, seen.last).map((index, i) => {
      const node = nodes[index];
      return {
        row: seen.first + i, from: node.start - time.start, to: node.stop - time.start,
        color: colors[node.type] ?? colors[node.type === "trace" ? "turn" : "custom"],
        error: node.error !== null, open: node.state === "interrupted",
      };
    });
    const pad = INSET * time.perPixel;
    const top = seen.first - 0.5 + seen.offset / ROW;
    const { data, layout, config } = figure(bars, {
      x: [time.range[0] - pad, time.range[1] + pad], y: [top + height / ROW, top],
      width: time.width, height, bad: colors.bad, least: 2 * time.perPixel,
    });
    this.plotted = true;
    Plotly.react(this.plot, data, layout, config);
  }

  /** The colours of the types in this theme, as Plotly needs them. */
  readColors() {
    const style = getComputedStyle(this.box);
    /** @type {Record<string, string>} */
    const colors = {};
    for (const name of [...TYPES, "bad"]) colors[name] = style.getPropertyValue(`--nb-${name}`).trim();
    return colors;
  }

  /** @param {any} content */
  drawSide(content) {
    const node = content.nodes.find((/** @type {Node} */ each) => each.key === this.hub.selected);
    const detail = node?.span ? this.hub.detail(node) : null;
    this.about.replaceChildren(...(node ? aboutNode(node, content.figures) : aboutRun(content.figures)));
    // Text that somebody may be reading or selecting is left alone while the run goes on.
    const key = JSON.stringify([node?.key, node?.state, node?.error, detail, this.hub.ui.tab]);
    if (this.drawnDetail === key) return;
    this.drawnDetail = key;
    this.payload.replaceChildren(...(node ? payload(node, detail, this.hub.ui.tab) : []));
  }

  /** @param {any} content */
  drawFoot({ figures, shown }) {
    const parts = [`${plural(figures.spans, "span")}, showing ${plural(shown.length, "row")}`];
    const times = [["model", figures.model], ["tools", figures.tools], ["idle", figures.idle]].filter(([, time]) => time);
    parts.push(times.map(([what, time]) => `${what} ${duration(time)}`).join(" · "));
    if (figures.input || figures.output) parts.push(`${count(figures.input)} in · ${count(figures.output)} out · ${count(figures.cached)} cached`);
    putFacts(this.foot, parts, figures.errors, this.hub.noPlotly);
  }
}

/** @param {any} element @param {string[]} facts @param {number} errors @param {string} [note] */
function putFacts(element, facts, errors, note = "") {
  const parts = facts.map((fact) => make("span", "", {}, [fact]));
  if (errors) parts.push(make("span", "bad", {}, [plural(errors, "error")]));
  if (note) parts.push(make("span", "bad", {}, [note]));
  element.replaceChildren(...parts);
}

/** @param {string} error */
export function shortError(error) {
  const line = error.split("\n", 1)[0];
  const name = /^([A-Za-z_][\w.]*(?:Error|Exception|Warning))\b/.exec(line);
  if (name) return name[1];
  return line.length > 28 ? `${line.slice(0, 27)}…` : line;
}

/** @param {any} span */
export function tokensOf(span) {
  if (!span || (span.input_tokens === null && span.output_tokens === null)) return "";
  const extra = [
    span.cached_tokens ? `${count(span.cached_tokens)} cached` : "",
    span.reasoning_tokens ? `${count(span.reasoning_tokens)} reasoning` : "",
  ];
  return [`${count(span.input_tokens ?? 0)} in`, `${count(span.output_tokens ?? 0)} out`, ...extra].filter(Boolean).join(" · ");
}

/** @param {Node} node */
export function tipLine(node) {
  const took = node.state === "done" ? duration(node.stop - node.start) : node.state;
  return [node.type, took, tokensOf(node.span)].filter(Boolean).join(" · ");
}

/** @param {string} type @param {number} n @param {boolean} on */
function chip(type, n, on) {
  const dot = make("i", "dot", { style: `background:${colorOf(type)}` });
  const element = make("button", "chip", { type: "button", "aria-pressed": String(on), title: on ? `Hide ${type} spans` : `Show ${type} spans` }, [
    dot, `${type} ${count(n)}`,
  ]);
  element.dataset.type = type;
  return element;
}

/** @param {any} parent */
function makeRow(parent) {
  const fold = make("span", "fold", { "aria-hidden": "true" });
  const dot = make("i", "dot");
  const name = make("span", "label");
  const took = make("span", "took num");
  const tree = make("div", "tree", {}, [fold, dot, name, took]);
  const bar = make("i", "bar");
  const label = make("span", "beside");
  const element = make("div", "row", { role: "treeitem" }, [tree, make("div", "chart", {}, [bar, label])]);
  parent.append(element);
  return { element, tree, fold, dot, name, took, bar, label, node: null };
}

const TABS = ["Input", "Output", "Raw"];

/** @param {Node} node @param {any} figures */
function aboutNode(node, figures) {
  const heading = make("div", "heading", {}, [make("b", "", {}, [node.name]), " ", make("span", "dim", {}, [node.type])]);
  return [heading, pairs(factsOf(node, figures))];
}

/** @param {Node} node @param {any} figures @returns {[string, string][]} */
function factsOf(node, figures) {
  const took = node.stop - node.start;
  const share = percent(took, figures.stop - figures.start);
  /** @type {[string, string][]} */
  const facts = [
    ["started", `+${duration(node.start - figures.start)}`],
    ["took", `${duration(took)}${share && ` · ${share} of the run`}`],
  ];
  if (node.state !== "done") facts.push(["state", node.state]);
  for (const name of ["agent", "model"]) if (node.span?.[name] && node.span[name] !== node.name) facts.push([name, node.span[name]]);
  const tokens = tokensOf(node.span);
  if (tokens) facts.push(["tokens", tokens]);
  return facts;
}

/** @param {any} figures */
function aboutRun(figures) {
  const tokens = figures.input + figures.output;
  /** @type {[string, string][]} */
  const facts = [["started", new Date(figures.start / 1000).toLocaleTimeString()], ["took", duration(figures.took)], ["spans", count(figures.spans)]];
  if (tokens) facts.push(["tokens", `${count(figures.input)} in · ${count(figures.output)} out`]);
  const heading = make("div", "heading", {}, [make("b", "", {}, [figures.name])]);
  return [heading, pairs(facts), make("p", "dim", {}, ["Choose a span to see what went in and what came out."])];
}

/** @param {[string, string][]} facts */
function pairs(facts) {
  return make("div", "pairs num", {}, facts.flatMap(([name, value]) => [make("span", "dim", {}, [name]), make("span", "", {}, [value])]));
}

/** @param {Node} node @param {any} detail @param {string} tab */
function payload(node, detail, tab) {
  const error = detail?.fields?.error?.text ?? node.error;
  const parts = error ? [make("pre", "block error", { tabindex: "0" }, [error])] : [];
  if (!node.span) return parts;
  const waiting = node.state === "running" && detail?.fields && !detail.fields.input && !detail.fields.output;
  const content = waiting ? [make("p", "dim", {}, ["Still running: its payload is stored when it ends."])] : tabContent(detail, tab);
  return [...parts, tabs(tab), ...content];
}

/** @param {string} chosen */
function tabs(chosen) {
  const buttons = TABS.map((name) => {
    const on = name === chosen;
    return make("button", "tab", { type: "button", role: "tab", "aria-selected": String(on), tabindex: on ? "0" : "-1" }, [name]);
  });
  return make("div", "tabs", { role: "tablist" }, buttons);
}

/** @param {any} detail @param {string} tab */
function tabContent(detail, tab) {
  if (detail?.error) return [make("pre", "block error", {}, [detail.error])];
  if (!detail?.fields) return [make("p", "dim", {}, ["Asking the kernel…"])];
  const { input, output, data } = detail.fields;
  if (tab === "Raw") return block(data, "No further data.");
  if (tab === "Output") return block(output, "No output.");
  return [...block(input, "No input."), ...(output ? [make("div", "subhead", {}, ["Output"]), ...block(output, "")] : [])];
}

/** @param {any} field @param {string} nothing */
function block(field, nothing) {
  if (!field) return [make("p", "dim", {}, [nothing])];
  const text = make("pre", "block", { tabindex: "0" }, [field.text]);
  if (field.shown >= field.total) return [text];
  return [text, make("p", "dim", {}, [`showing first ${count(field.shown)} of ${count(field.total)} characters`])];
}

// ---------------------------------------------------------------------------------------------- looks

const STYLE = `
.strip { display: flex; align-items: center; gap: 12px; width: 100%; height: 34px; padding: 0 12px 0 10px; white-space: nowrap; }
.strip:hover { background: var(--nb-hover); } .strip[aria-expanded=true] { border-bottom: 1px solid var(--nb-line); }
.caret, .fold { flex: none; width: 10px; height: 12px; position: relative; }
.caret::before, .fold::before { content: ""; position: absolute; left: 2px; top: 2px; border: 4px solid transparent; border-left: 5.5px solid var(--nb-faint); border-right: 0; }
[aria-expanded=true] > .caret::before, [aria-expanded=true] > .tree > .fold::before { transform: rotate(90deg); }
.name { overflow: hidden; text-overflow: ellipsis; min-width: 40px; } .facts { display: flex; gap: 12px; color: var(--nb-dim); } .thumb { flex: none; overflow: hidden; }
.chips { display: flex; flex-wrap: wrap; gap: 2px; } .chip { display: inline-flex; align-items: center; gap: 5px; padding: 1px 6px; border-radius: 4px; color: var(--nb-dim); white-space: nowrap; }
.chip:hover { background: var(--nb-line); } .chip[aria-pressed=false] { text-decoration: line-through; opacity: .6; } .chip[aria-pressed=false] .dot { background: none !important; box-shadow: inset 0 0 0 1.5px var(--nb-faint); }
.panes { display: grid; grid-template-columns: minmax(0, 1fr) 288px; --nb-tree: 250px; }
.scroller { position: relative; overflow: hidden auto; overscroll-behavior-y: auto; }
.pane { position: sticky; top: 0; overflow: hidden; } .clip { position: absolute; inset: ${AXIS}px 0 0 0; overflow: hidden; }
.axis { position: absolute; left: 0; right: 0; top: 0; height: ${AXIS}px; border-bottom: 1px solid var(--nb-line); padding-left: var(--nb-tree); color: var(--nb-faint); font-size: 11px; }
.axis { display: block; } .axis span { position: absolute; top: 4px; margin-left: var(--nb-tree); }
.lines { position: absolute; left: var(--nb-tree); right: 0; top: 0; bottom: 0; border-left: 1px solid var(--nb-line); overflow: hidden; } .line { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--nb-line); opacity: .7; }
.plot { position: absolute; left: var(--nb-tree); right: 0; top: 0; pointer-events: none; overflow: hidden; }
.plot .main-svg { position: absolute; top: 0; left: 0; pointer-events: none; overflow: hidden; } .plot .svg-container { position: relative; }
.row { display: flex; height: ${ROW}px; cursor: default; } .row:hover { background: color-mix(in srgb, var(--nb-text) 4%, transparent); } .row.selected { background: color-mix(in srgb, var(--nb-accent) 15%, transparent); }
.tree { flex: none; width: var(--nb-tree); display: flex; align-items: center; gap: 6px; padding-right: 8px; white-space: nowrap; overflow: hidden; }
.label { overflow: hidden; text-overflow: ellipsis; flex: 1; min-width: 0; } .took { color: var(--nb-dim); } .failed .label { color: var(--nb-bad); } .interrupted .took { font-style: italic; }
.chart { position: relative; flex: 1; min-width: 0; overflow: hidden; cursor: grab; touch-action: pan-y; } .bar { position: absolute; top: 5px; height: 14px; border-radius: 2px; } .failed .bar { box-shadow: 0 0 0 1.5px var(--nb-bad); }
.beside { position: absolute; top: 4px; font-size: 11px; color: var(--nb-bad); white-space: nowrap; max-width: 200px; overflow: hidden; text-overflow: ellipsis; }
.none { position: absolute; left: 12px; top: ${AXIS + 8}px; color: var(--nb-dim); }
.details { border-left: 1px solid var(--nb-line); padding: 10px 12px; overflow: auto; height: 0; min-height: 100%; overflow-wrap: anywhere; }
:host([data-narrow]) .panes { grid-template-columns: minmax(0, 1fr); --nb-tree: 210px; } :host([data-narrow]) .details { border-left: 0; border-top: 1px solid var(--nb-line); height: auto; min-height: 0; max-height: 320px; } :host([data-narrow]) .thumb { width: 110px; }
`;

export default widget((model) => new Hub(model));
