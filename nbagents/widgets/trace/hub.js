// @ts-check
/** What a trace widget does in a page: it takes rows, asks the kernel for more, and remembers how somebody looks at them. */

import { page } from "../live.js";
import { DerivedHub } from "./derived.js";
import { loadPlotly } from "./gantt.js";
import { emptyTable, keyOf, rowOfKey, spanKey, takeRows } from "./table.js";
import { placeOf, SPAN, TRACE } from "./tree.js";

const ECHO_MS = 5000;
const WHOLE_TRACE = 0xffffffff; // stands for a seq in the key of a trace's own row

/** A buffer's bytes as numbers; it may begin anywhere. @template T @param {DataView} view @param {new (buffer: ArrayBuffer) => T} Numbers @returns {T} */
function numbers(view, Numbers) {
  return new Numbers(/** @type {ArrayBuffer} */ (view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)));
}

const GONE = "the kernel is gone: run the cell again to ask for more";

export class TraceHub extends DerivedHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    this.ahead = 0; // the kernel's clock minus ours, microseconds
    this.gone = false; // the kernel: what is here can be looked at, nothing can be asked
    this.noPlotly = "";
    /** @type {any} */ this.plotly = null;
    /** @type {any} */ this.Plotly = null;
    /** @type {Map<number, any>} */ this.details = new Map();
    /** @type {any} */ this.session = null; // that of the span `key`: {key, found | asking | error}
    /** @type {any} */ this.cost = null;
    /** @type {any} */ this.others = null;
    this.said = ""; // the last answer to a request of the foot
    /** @type {Map<string, number>} */ this.asked = new Map();
    /** @type {any} */ this.clock = 0;
    this.chosen = NaN; // the key of what was chosen here; the trait follows it
    /** @type {Map<string, number>} */ this.sent = new Map(); // selections that the kernel was told, and when
  }

  /** @param {AbortSignal} [signal] */
  start(signal) {
    this.model.on("change:expanded", () => this.draw());
    this.model.on("change:selection", () => this.takeSelection());
    super.start(signal);
  }

  /** What was sent needs no kernel to be looked at; a view without its kernel says so where it would ask. */
  rest() {
    if (this.gone) return;
    if (!this.filled) return super.rest();
    this.gone = true;
    this.said = GONE;
    this.askForAll();
    this.draw();
  }

  answered() {
    if (this.gone) this.said = "";
    this.gone = false;
    super.answered();
  }

  /** @param {any} message @param {ArrayBuffer[]} [buffers] */
  send(message, buffers = []) {
    const ready = message.type === "ready";
    if (ready || !this.gone) super.send(message, buffers); // which may find that the kernel is gone
    if (this.gone && !ready) this.takeError({ about: message, text: GONE });
  }

  leave() {
    this.plotly?.reject(new Error("the kernel is gone"));
    clearTimeout(this.clock);
    this.clock = 0;
    super.leave();
  }

  // ------------------------------------------------------------------------------------------ messages

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    const take = /** @type {Record<string, () => void>} */ ({
      rows: () => this.takeRows(message, buffers),
      detail: () => Object.assign(this.details.get(this.keyOfSpan(message)) ?? {}, { error: null }, message),
      session: () => this.takeSession(message),
      path: () => this.takePath(message, buffers[0]),
      cost: () => (this.cost = message),
      others: () => (this.others = message.traces),
      compare: () => this.takeComparison(message),
      exported: () => (this.said = `saved ${message.path}`),
      plotly: () => this.plotly?.resolve(buffers[0]),
      error: () => this.takeError(message),
    })[message.type];
    take?.();
    this.draw();
  }

  /** @param {any} message @param {DataView[]} buffers */
  takeRows(message, [head, whole, times, usage]) {
    if (message.reset) this.table = emptyTable();
    else if (!this.filled) return; // this page has not been sent what the message adds to
    takeRows(this.table, JSON.parse(new TextDecoder().decode(head)), numbers(whole, Int32Array), numbers(times, Float64Array), numbers(usage, Float64Array));
    this.ahead = message.now_us - Date.now() * 1000;
    this.version += 1;
    this.moment = this.now();
    this.answered();
  }

  /** @param {any} message @param {DataView} buffer */
  takePath(message, buffer) {
    const steps = numbers(buffer, Float64Array);
    const own = new Map();
    let at = 0;
    for (const [traceId, count] of message.traces) {
      const trace = this.numberOf(traceId);
      for (const end = at + 3 * count; at < end; at += 3) {
        const key = keyOf(trace, steps[at]);
        if (!own.has(key)) own.set(key, []);
        own.get(key).push([steps[at + 1], steps[at + 2]]);
      }
    }
    this.path = own;
  }

  /** @param {any} message */
  takeComparison(message) {
    this.compared = message.pairs ? message : null;
    this.ui.range = null;
    this.ui.scrollTop = 0;
    this.ui.pair = NaN;
  }

  /** @param {any} message */
  takeError({ about, text }) {
    if (about?.type === "detail") Object.assign(this.details.get(this.keyOfSpan(about)) ?? {}, { error: text });
    else if (about?.type === "session") this.session = { key: this.keyOfSpan(about), error: text };
    else if (about?.type === "plotly") this.plotly?.reject(new Error(text));
    else if (["cost", "path", "others", "compare", "export"].includes(about?.type)) this.said = text;
    else this.fail(new Error(text));
  }

  // ------------------------------------------------------------------------------------------ drawing

  now() {
    return this.gone ? this.moment : Date.now() * 1000 + this.ahead;
  }

  drawNow() {
    const began = performance.now();
    this.askAgain();
    super.drawNow();
    if (!this.running || this.gone || this.clock) return;
    this.clock = setTimeout(() => {
      this.clock = 0;
      this.moment = this.now();
      this.draw();
    }, Math.max(100, 10 * (performance.now() - began)));
  }

  /** Ask for what follows from the rows, once they have changed; of a run that goes on not more than once a second. */
  askAgain() {
    if (this.figures.input && !this.gone && (this.expanded || !this.running)) this.ask("cost", this.running ? 5000 : 0);
    if (this.expanded && this.ui.critical && !this.compared) this.ask("path", this.running ? 1000 : 0);
  }

  /** @param {string} what @param {number} pause  milliseconds between two requests, while rows keep changing */
  ask(what, pause) {
    const last = this.memory.get(`ask ${what}`);
    const since = performance.now() - (this.asked.get(what) ?? -Infinity);
    if (last?.keys[0] === this.version || since < pause) return;
    this.memory.set(`ask ${what}`, { keys: [this.version], value: null });
    this.asked.set(what, performance.now());
    this.send({ type: what });
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

  get expanded() {
    return Boolean(this.model.get("expanded"));
  }

  set expanded(value) {
    this.model.set("expanded", value);
    if (!this.gone) this.model.save_changes();
  }

  // ------------------------------------------------------------------------------------------ what is chosen

  /** The key of what is chosen, or NaN. */
  get selected() {
    if (this.compared) return this.ui.pair;
    if (!Number.isNaN(this.chosen)) return this.chosen;
    const [traceId, seq = WHOLE_TRACE] = this.model.get("selection") ?? [];
    const number = traceId === undefined ? -1 : this.numberOf(traceId);
    return number < 0 ? NaN : keyOf(number, seq);
  }

  /** @param {number} key  of a span, trace or run, or NaN for nothing */
  select(key) {
    if (this.compared) this.ui.pair = key;
    else this.selectSpan(key);
    this.draw();
  }

  /** @param {number} key */
  selectSpan(key) {
    this.chosen = key;
    const number = Math.floor(key / 2 ** 32);
    const seq = key - number * 2 ** 32;
    const own = key >= 0 ? [this.table.traces[number].trace_id] : [];
    const selection = key >= 0 && seq !== WHOLE_TRACE ? [...own, seq] : own;
    this.sent.set(JSON.stringify(selection), performance.now());
    this.model.set("selection", selection);
    if (!this.gone) this.model.save_changes();
  }

  /** The kernel repeats what it was told, perhaps after something else was chosen here: that is no news. */
  takeSelection() {
    const told = this.sent.get(JSON.stringify(this.model.get("selection")));
    if (told === undefined || performance.now() - told > ECHO_MS) this.chosen = NaN;
    this.draw();
  }

  /** The row of the chosen span, or -1. */
  get selectedRow() {
    return this.selected >= 0 && !this.compared ? rowOfKey(this.table, this.selected) : -1;
  }

  /** Choose the next span that failed, after the chosen one or from the beginning; where types or conditions hide all, none. */
  selectNextError() {
    const { table, matching } = this;
    const failed = [...table.error.subarray(0, table.count).keys()]
      .filter((row) => table.error[row] >= 0 && (!matching || matching[row]) && placeOf(this.tree, spanKey(table, row)) >= 0);
    const next = failed.find((row) => row > this.selectedRow) ?? failed[0];
    if (next !== undefined) this.select(spanKey(table, next));
  }

  /** A span's payload; asked for when it is first wanted, and again when the span has ended since. @param {number} row */
  detail(row) {
    const { table } = this;
    const key = spanKey(table, row);
    const known = this.details.get(key);
    if (known && Object.is(known.ended, table.stop[row])) return known;
    const fresh = { ...known, error: null, ended: table.stop[row] };
    this.details.set(key, fresh);
    this.send({ type: "detail", trace_id: table.traces[table.trace[row]].trace_id, seq: table.seq[row] });
    return fresh;
  }

  /** Look for the session that keeps what the chosen span made. */
  showSession() {
    const row = this.selectedRow;
    if (row < 0) return;
    const { table } = this;
    this.session = { ...this.session, key: spanKey(table, row), asking: true };
    this.send({ type: "session", trace_id: table.traces[table.trace[row]].trace_id, seq: table.seq[row] });
    this.draw();
  }

  hideSession() {
    this.session = null;
    this.draw();
  }

  /** @param {any} message */
  takeSession(message) {
    const key = this.keyOfSpan(message);
    if (this.session?.key !== key) return; // closed, or asked of another span since
    this.session = { key, found: message.found };
    if (message.found) this.goToItem(message.found, false);
  }

  /** Go to the first of the items, once their grid has been drawn. @param {any} found @param {boolean} drawn */
  goToItem(found, drawn) {
    if (this.session?.found !== found) return;
    const grid = page().hubs.get(found.view_id);
    if (drawn) return this.guard(() => grid.goTo(found.positions[0]));
    requestAnimationFrame(() => this.goToItem(found, Boolean(grid?.filled)));
  }

  // ------------------------------------------------------------------------------------------ how it is looked at

  /** @param {Partial<TraceHub["ui"]>} change */
  set(change) {
    Object.assign(this.ui, change);
    this.draw();
  }

  /** @param {number} key */
  toggleFold(key) {
    this.set({ turned: toggled(this.ui.turned, key) });
  }

  /** @param {string} type */
  toggleType(type) {
    this.set({ hidden: toggled(this.ui.hidden, type) });
  }

  /** Open what a place is in, so that it has a row. @param {number} place */
  revealPlace(place) {
    const { tree } = this;
    const turned = new Set(this.ui.turned);
    for (let at = tree.parent[place]; at >= 0; at = tree.parent[at]) {
      if (tree.kind[at] === SPAN || tree.kind[at] === TRACE) turned.delete(tree.key[at]);
      else turned.add(tree.key[at]);
    }
    this.set({ turned });
  }
}

/** @template T @param {Set<T>} set @param {T} entry */
function toggled(set, entry) {
  const changed = new Set(set);
  if (!changed.delete(entry)) changed.add(entry);
  return changed;
}
