// @ts-check
/**
 * The progress widget: how far map_agent is, how long rows take, which failed, and each row's trace.
 *
 * Messages from the kernel
 *   {type: "state", reset, figures}, buffer 0: float32 [seconds, failed] of each row that ended since
 *       figures: {name, total, before, done, failed, tokens, cost, stopped, ended, seconds, rate, remaining, stoppable}
 *   {type: "report", latency, tokens, errors}  bins: [from, to, count]; errors: [kind, rows, first label]
 *   {type: "rows", kind, total, rows}  each row: [label, asked, said, failed, seconds, tokens, trace_id]
 *   {type: "trace", trace_id, view_id}  the view that shows a row's trace
 *   {type: "error", about, text}
 *
 * Messages to the kernel
 *   {type: "ready"}            send everything
 *   {type: "rows", kind}       send the rows that failed ("failed"), took longest ("slowest") or came last ("newest")
 *   {type: "trace", trace_id}  open a row's trace
 *   {type: "stop"}             start no more rows
 *
 * How it comes to be shown is in live.js. Whatever came from a model or a tool is set as textContent.
 */

import { LiveHub, LiveView, make, put, widget } from "../live.js";
import { OPENED, showTrace, traceSlot } from "./opened_traces.js";
import { count, duration, plural } from "../words.js";

const CHART = 64; // pixels
const ERRORS = 3; // kinds that are listed
const KINDS = ["failed", "slowest", "newest"];

// ---------------------------------------------------------------------------------------------- pure

/**
 * What the head says, in order.
 * @param {any} f  figures
 * @returns {{text: string, bad?: boolean}[]}
 */
export function facts(f) {
  const said = [{ text: `${count(f.done)} of ${plural(f.total, "row")}` }];
  if (f.before) said.push({ text: `${count(f.before)} from before` });
  if (f.rate > 0) said.push({ text: `${f.rate < 10 ? f.rate.toFixed(1) : count(f.rate)} rows/s` });
  if (f.ended) said.push({ text: duration(f.seconds * 1e6) });
  else if (f.remaining !== null) said.push({ text: `${remaining(f.remaining)} left` });
  if (f.tokens) said.push({ text: `${count(f.tokens)} tokens` });
  if (f.cost) said.push({ text: `$${f.cost.toFixed(4)}` });
  const parts = /** @type {{text: string, bad?: boolean}[]} */ (said);
  if (f.failed) parts.push({ text: `${count(f.failed)} failed`, bad: true });
  if (f.stopped) parts.push({ text: `stopped: ${f.stopped}`, bad: true });
  return parts;
}

/** How long it will take; more than whole seconds nobody can know. @param {number} seconds */
export function remaining(seconds) {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds * 1e6);
}

/** The largest of many numbers: more than fit into the arguments of Math.max. @param {number[]} numbers */
function largest(numbers) {
  return numbers.reduce((most, each) => Math.max(most, each), 1e-6);
}

/**
 * Latencies in columns of so many rows: the longest of each, and whether one of them failed.
 * @param {number[]} seconds @param {boolean[]} failed @param {number} size
 * @returns {{seconds: number, failed: boolean}[]}
 */
export function strip(seconds, failed, size) {
  const found = [];
  for (let i = 0; i < seconds.length; i += size) {
    found.push({ seconds: largest(seconds.slice(i, i + size)), failed: failed.slice(i, i + size).some(Boolean) });
  }
  return found;
}

/** The value below which a share of the numbers lies. @param {number[]} numbers @param {number} share */
export function quantile(numbers, share) {
  if (!numbers.length) return 0;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

// ---------------------------------------------------------------------------------------------- the model

class ProgressHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {any} */ this.figures = null;
    /** @type {number[]} */ this.seconds = [];
    /** @type {boolean[]} */ this.failed = [];
    this.kind = "";
    this.open = ""; // the trace that is open
    /** @type {any} */ this.table = null;
    /** @type {any} */ this.report = null;
    /** @type {Map<string, string>} */ this.traces = new Map();
    this.stopping = false;
  }

  newView() {
    return new ProgressView(this);
  }

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    if (message.type === "state") this.takeState(message, buffers[0]);
    else if (message.type === "report") this.takeReport(message);
    else if (message.type === "rows" && message.kind === this.kind) this.table = message;
    else if (message.type === "trace") this.traces.set(message.trace_id, message.view_id);
    else if (message.type === "error") this.trouble = message.text;
    for (const view of this.views) view.showTrouble();
    if (this.figures) this.answered();
  }

  /** @param {any} message @param {DataView} buffer */
  takeState(message, buffer) {
    if (message.reset) this.seconds = this.failed = /** @type {any[]} */ ([]);
    else if (!this.filled) return; // this page has not been sent what the message adds to
    const before = this.figures;
    this.figures = message.figures;
    const numbers = [];
    for (let i = 0; i + 4 <= buffer.byteLength; i += 4) numbers.push(buffer.getFloat32(i, true));
    this.seconds = [...this.seconds, ...numbers.filter((_, i) => i % 2 === 0)];
    this.failed = [...this.failed, ...numbers.filter((_, i) => i % 2 === 1).map(Boolean)];
    const news = !before || before.done !== message.figures.done || before.ended !== message.figures.ended;
    if (this.kind && news) this.send({ type: "rows", kind: this.kind });
  }

  /** A report shows at first what is most worth a look. @param {any} message */
  takeReport(message) {
    const first = !this.report;
    this.report = message;
    if (first) this.choose(message.errors.length ? "failed" : "slowest");
  }

  /** @param {string} kind */
  choose(kind) {
    this.kind = kind === this.kind ? "" : kind;
    this.table = null;
    this.open = "";
    if (this.kind) this.send({ type: "rows", kind });
    this.draw();
  }

  /** @param {string} trace */
  show(trace) {
    this.open = trace === this.open ? "" : trace;
    if (this.open && !this.traces.has(trace)) this.send({ type: "trace", trace_id: trace });
    this.draw();
  }

  stop() {
    this.stopping = true;
    this.send({ type: "stop" });
    this.draw();
  }
}

// ---------------------------------------------------------------------------------------------- a view

class ProgressView extends LiveView {
  /** @param {ProgressHub} hub */
  constructor(hub) {
    super(hub, STYLE);
    this.dot = make("span", "pulse");
    this.name = make("b");
    this.facts = make("span", "facts num");
    this.stopButton = make("button", "button framed", { type: "button" }, ["Stop"]);
    const head = make("div", "head", {}, [this.dot, this.name, this.facts, make("span", "space"), this.stopButton]);
    this.before = make("i", "before");
    this.done = make("i", "done");
    this.lost = make("i", "lost");
    this.bar = make("div", "bar", { role: "progressbar", "aria-valuemin": "0" }, [this.before, this.done, this.lost]);
    this.chart = make("canvas", "", { role: "img" });
    this.scale = make("div", "scale num dim");
    this.spread = make("div", "spread", { hidden: "" });
    this.tabs = KINDS.map((kind) => make("button", "button", { type: "button" }, [kind[0].toUpperCase() + kind.slice(1)]));
    const tools = make("div", "tools", {}, [...this.tabs, make("span", "space"), this.scale]);
    this.list = make("div", "list", { role: "list" });
    this.more = make("div", "more dim", { hidden: "" });
    this.box.append(head, this.bar, make("div", "chart", {}, [this.chart]), this.spread, tools, this.list, this.more);
    this.shadow.append(traceSlot());
    this.on(this.stopButton, "click", () => hub.stop());
    this.tabs.forEach((tab, i) => this.on(tab, "click", () => hub.choose(KINDS[i])));
    this.shownTable = this.shownReport = null;
  }

  draw() {
    const hub = /** @type {ProgressHub} */ (this.hub);
    const f = hub.figures;
    put(this.name, f.name);
    this.dot.hidden = f.ended;
    this.stopButton.hidden = f.ended || !f.stoppable;
    this.stopButton.disabled = hub.stopping;
    put(this.stopButton, hub.stopping ? "Stopping…" : "Stop");
    this.facts.replaceChildren(...facts(f).map((fact) => make("span", fact.bad ? "bad" : "", {}, [fact.text])));
    this.drawBar(f);
    this.drawChart(hub);
    this.drawReport(hub);
    this.drawTable(hub);
    showTrace(this.root, hub.traces.get(hub.open) ?? "");
  }

  /** @param {any} f */
  drawBar(f) {
    const share = (/** @type {number} */ n) => `${(100 * n) / Math.max(1, f.total)}%`;
    this.bar.setAttribute("aria-valuemax", String(f.total));
    this.bar.setAttribute("aria-valuenow", String(f.done));
    this.before.style.width = share(f.before);
    this.done.style.width = share(f.done - f.before - f.failed);
    this.lost.style.width = share(f.failed);
  }

  /** @param {ProgressHub} hub */
  drawChart(hub) {
    const width = Math.max(1, this.chart.parentElement.clientWidth - 20);
    const ratio = globalThis.devicePixelRatio || 1;
    Object.assign(this.chart, { width: width * ratio, height: CHART * ratio });
    Object.assign(this.chart.style, { width: `${width}px`, height: `${CHART}px` });
    this.chart.parentElement.hidden = hub.seconds.length === 0;
    const most = largest(hub.seconds);
    const expected = Math.max(1, hub.seconds.length, hub.figures.total - hub.figures.before);
    const size = Math.ceil(expected / Math.max(1, Math.floor(width / 3)));
    const columns = strip(hub.seconds, hub.failed, size);
    const look = getComputedStyle(this.box);
    const good = look.getPropertyValue("--nb-response");
    const bad = look.getPropertyValue("--nb-bad");
    const context = this.chart.getContext("2d");
    context.scale(ratio, ratio);
    // While rows come the chart grows to the right, as the bar above it does.
    const step = width / Math.max(Math.ceil(expected / size), 20);
    columns.forEach((one, i) => {
      const height = Math.max(1.5, (one.seconds / most) * (CHART - 2));
      context.fillStyle = one.failed ? bad : good;
      context.fillRect(i * step, CHART - height, Math.max(1, step - 1), height);
    });
    const words = `median ${duration(quantile(hub.seconds, 0.5) * 1e6)} · 95 % ${duration(quantile(hub.seconds, 0.95) * 1e6)} · longest ${duration(most * 1e6)}`;
    put(this.scale, hub.seconds.length ? words : "");
    this.chart.setAttribute("aria-label", `Time of each row as they ended: ${words}`);
  }

  /** @param {ProgressHub} hub */
  drawReport(hub) {
    const report = hub.report;
    if (this.shownReport === report) return;
    this.shownReport = report;
    this.spread.hidden = false;
    const time = (/** @type {number} */ value) => duration(value * 1e6);
    const parts = [bars("Latency", report.latency, time, "response")];
    if (report.tokens.at(-1)?.[1]) parts.push(bars("Tokens", report.tokens, count, "agent"));
    if (report.errors.length) parts.push(errorList(report.errors));
    this.spread.replaceChildren(...parts);
  }

  /** @param {ProgressHub} hub */
  drawTable(hub) {
    this.tabs.forEach((tab, i) => tab.setAttribute("aria-pressed", String(hub.kind === KINDS[i])));
    put(this.tabs[0], hub.figures.failed ? `Failed ${count(hub.figures.failed)}` : "Failed");
    this.tabs[0].disabled = !hub.figures.failed;
    for (const row of this.list.children) row.setAttribute("aria-expanded", String(row.dataset.trace === hub.open));
    this.list.hidden = !hub.kind;
    this.more.hidden = !hub.table || hub.table.rows.length >= hub.table.total;
    if (hub.table) put(this.more, `showing ${count(hub.table.rows.length)} of ${plural(hub.table.total, "row")}`);
    if (this.shownTable === hub.table) return;
    this.shownTable = hub.table;
    const rows = hub.table?.rows ?? [];
    this.list.replaceChildren(...rows.map((/** @type {any[]} */ row) => this.row(row)));
    if (hub.table && !rows.length) this.list.append(make("div", "more dim", {}, ["No rows yet"]));
  }

  /** @param {any[]} row */
  row([label, asked, said, failed, seconds, tokens, trace]) {
    const cells = [
      make("span", "label num dim", {}, [label]),
      make("span", "asked", { title: asked }, [asked]),
      make("span", failed ? "said bad" : "said dim", { title: said }, [said]),
      make("span", "took num", {}, [duration(seconds * 1e6)]),
      make("span", "took num dim", {}, [tokens ? plural(tokens, "token") : ""]),
    ];
    const row = make("button", "row", { type: "button", "aria-expanded": "false", title: "Show its trace" }, cells);
    row.dataset.trace = trace ?? "";
    row.disabled = !trace;
    this.on(row, "click", () => /** @type {ProgressHub} */ (this.hub).show(trace));
    return row;
  }
}

/**
 * How many rows have a value between two others.
 * @param {string} name @param {[number, number, number][]} bins @param {(value: number) => string} words @param {string} color
 */
function bars(name, bins, words, color) {
  const most = largest(bins.map((bin) => bin[2]));
  const drawn = bins.map(([from, to, n]) => {
    const bar = make("i", n ? "" : "none", { title: `${words(from)} to ${words(to)}: ${plural(n, "row")}` });
    bar.style.height = n ? `max(2px, ${(100 * n) / most}%)` : "1px";
    return bar;
  });
  const chart = make("div", "bars", { role: "img", "aria-label": `${name} of rows` }, drawn);
  chart.style.color = `var(--nb-${color})`;
  const ends = [words(bins[0]?.[0] ?? 0), words(bins.at(-1)?.[1] ?? 0)];
  const scale = make("div", "ends num dim", {}, ends.map((end) => make("span", "", {}, [end])));
  return make("div", "", {}, [make("div", "subject", {}, [name]), chart, scale]);
}

/** @param {[string, number, string][]} errors */
function errorList(errors) {
  const lines = errors.slice(0, ERRORS).map(([error, rows]) =>
    make("div", "kind", { title: error }, [make("span", "num bad", {}, [count(rows)]), make("span", "", {}, [error])]));
  if (errors.length > ERRORS) lines.push(make("div", "dim", {}, [`showing ${ERRORS} of ${plural(errors.length, "kind")}`]));
  return make("div", "errors", {}, [make("div", "subject", {}, ["Errors"]), ...lines]);
}

const STYLE = `
.head { display: flex; align-items: center; gap: 8px; padding: 6px 10px; min-height: 36px; }
.facts { display: flex; flex-wrap: wrap; gap: 0 14px; color: var(--nb-dim); }
.bar { display: flex; height: 4px; background: var(--nb-line); } .bar i { display: block; height: 100%; transition: width .2s linear; }
.before { background: var(--nb-faint); } .done { background: var(--nb-function); } .lost { background: var(--nb-bad); }
.chart { padding: 10px 10px 4px; } canvas { display: block; }
.tools { display: flex; align-items: center; gap: 4px; padding: 3px 6px 5px; } .scale { font-size: 12px; padding-right: 4px; }
.spread { display: flex; flex-wrap: wrap; gap: 8px 24px; padding: 8px 10px 6px; border-top: 1px solid var(--nb-line); }
.spread > div { flex: 1 1 150px; min-width: 0; } .spread > .errors { flex: 2 1 260px; }
.subject { font-size: 12px; font-weight: 600; margin-bottom: 4px; } .bars { display: flex; align-items: flex-end; gap: 1px; height: 44px; } .bars i { flex: 1; background: currentColor; } .bars .none { background: var(--nb-line); }
.ends { display: flex; justify-content: space-between; font-size: 12px; } .kind { display: flex; gap: 8px; font-size: 12px; margin-bottom: 2px; } .kind :last-child { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere; } .kind .num { flex: none; min-width: 24px; text-align: right; }
.list { border-top: 1px solid var(--nb-line); max-height: 260px; overflow: auto; }
.row { display: grid; grid-template-columns: 48px minmax(90px, 1fr) minmax(120px, 1.8fr) 60px 96px; gap: 10px; width: 100%; padding: 3px 10px; border-bottom: 1px solid var(--nb-line); align-items: baseline; }
.row:last-child { border-bottom: 0; } .row:hover:not(:disabled) { background: var(--nb-hover); } .row[aria-expanded=true]:not(:disabled) { background: var(--nb-sel); }
.row span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .row .asked, .row .said { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; white-space: normal; overflow-wrap: anywhere; } .took { text-align: right; }
.box { container-type: inline-size; } @container (max-width: 560px) { .row { grid-template-columns: 40px minmax(0, 1fr) auto auto; gap: 2px 10px; } .row .said { grid-area: 2 / 2 / 3 / 5; } .scale { text-align: right; } }
 .more { padding: 4px 10px; font-size: 12px; }
${OPENED}
`;

export default widget((model) => new ProgressHub(model));
