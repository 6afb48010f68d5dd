// @ts-check
/** What somebody does to the rows: keys, wheel and pointer; and the tip under the pointer. */

import { make } from "../live.js";
import { tipLine } from "./details.js";
import { spanKey, textOf } from "./table.js";
import { panned, zoomed } from "./time.js";
import { duration } from "../words.js";

const PAGE = 10; // rows

export class Input {
  /** @param {import("./chart.js").Chart} chart @param {import("./hub.js").TraceHub} hub */
  constructor(chart, hub) {
    this.chart = chart;
    this.hub = hub;
    /** @type {any} */ this.held = null;
    this.listen();
  }

  listen() {
    const on = (/** @type {string} */ name, /** @type {(event: any) => any} */ work, options = {}) => this.chart.view.on(this.chart.scroller, name, work, options);
    on("scroll", () => this.hub.set({ scrollTop: this.chart.scroller.scrollTop }));
    on("keydown", (event) => this.key(event));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("pointerdown", (event) => this.grab(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointerleave", () => (this.chart.tip.hidden = true));
    on("dblclick", (event) => this.chart.onChart(event) && this.chart.zoomTo(null));
  }

  /** @param {number} factor */
  zoomBy(factor) {
    const { range, full } = this.chart.time();
    this.chart.zoomTo(zoomed(range, factor, (range[0] + range[1]) / 2, full));
  }

  // ------------------------------------------------------------------------------------------ keys

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = /** @type {Record<string, () => void>} */ ({
      ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), PageDown: () => this.step(PAGE), PageUp: () => this.step(-PAGE),
      Home: () => this.step(-Infinity), End: () => this.step(Infinity), ArrowRight: () => this.right(), ArrowLeft: () => this.left(),
      Enter: () => this.flip(), " ": () => this.flip(), "+": () => this.zoomBy(0.6), "=": () => this.zoomBy(0.6), "-": () => this.zoomBy(1 / 0.6),
      0: () => this.chart.zoomTo(null), Escape: () => this.hub.select(NaN),
    })[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {number} by */
  step(by) {
    const { rows } = this.hub;
    if (!rows.count) return;
    const row = this.chart.current();
    const from = row < 0 && Number.isFinite(by) ? -by : row; // with nothing chosen, any step goes to the first row
    const next = Math.min(Math.max(from + by, 0), rows.count - 1);
    this.hub.select(rows.kind === "lanes" ? this.nearestInLane(next) : rows.at(next).key);
    this.chart.reveal(next);
  }

  /** @param {number} lane */
  nearestInLane(lane) {
    const { table, selectedRow } = this.hub;
    const spans = this.spansOf(lane);
    const moment = selectedRow < 0 ? -Infinity : table.start[selectedRow];
    const at = spans.findIndex((row) => table.start[row] >= moment);
    return spanKey(this.hub.table, spans[at < 0 ? spans.length - 1 : at]);
  }

  /** @param {number} lane */
  spansOf(lane) {
    return this.hub.rows.bars(lane, { place: (moment) => moment, from: -Infinity, to: Infinity, near: 0 }).map((bar) => bar.row);
  }

  right() {
    const { rows } = this.hub;
    const row = this.chart.current();
    if (row < 0) return this.step(0);
    if (rows.kind === "lanes") return this.along(1);
    const { inner, folded, key } = rows.at(row);
    if (folded) this.hub.toggleFold(key);
    else if (inner) this.step(1);
  }

  left() {
    const { rows, matching, tree } = this.hub;
    const row = this.chart.current();
    if (row < 0) return;
    if (rows.kind === "lanes") return this.along(-1);
    const { inner, folded, key } = rows.at(row);
    if (inner && !folded && matching === null) return this.hub.toggleFold(key);
    const parent = rows.place(row) < 0 ? -1 : tree.parent[rows.place(row)];
    if (parent >= 0) this.step(rows.indexOf(tree.key[parent]) - row);
  }

  /** To the span before or after in a lane. @param {number} by */
  along(by) {
    const spans = this.spansOf(this.chart.current());
    const at = spans.indexOf(this.hub.selectedRow);
    this.hub.select(spanKey(this.hub.table, spans[Math.min(Math.max(at + by, 0), spans.length - 1)]));
  }

  flip() {
    const row = this.chart.current();
    if (row < 0) return this.step(0);
    const { inner, key } = this.hub.rows.at(row);
    if (inner) this.hub.toggleFold(key);
  }

  // ------------------------------------------------------------------------------------------ pointer

  /** @param {WheelEvent} event */
  wheel(event) {
    if (!this.chart.onChart(event)) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    // A wheel that passes over the chart on its way down the notebook must not be caught.
    const zooms = event.ctrlKey || event.metaKey || this.chart.view.shadow.activeElement === this.chart.scroller;
    if (!sideways && !zooms) return;
    event.preventDefault();
    const { range, full, perPixel, left } = this.chart.time();
    if (sideways) return this.chart.zoomTo(panned(range, (event.deltaX || event.deltaY) * perPixel, full));
    this.chart.zoomTo(zoomed(range, 1.0015 ** event.deltaY, range[0] + (event.clientX - left) * perPixel, full));
  }

  /** @param {PointerEvent} event */
  grab(event) {
    if (event.button !== 0) return;
    this.held = { x: event.clientX, range: this.chart.onChart(event) ? this.chart.time().range : null, moved: false };
    if (this.held.range && event.target !== this.chart.scroller) this.chart.scroller.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const by = this.held ? event.clientX - this.held.x : 0;
    if (this.held?.range && (this.held.moved || Math.abs(by) > 3)) {
      this.held.moved = true;
      const { perPixel, full } = this.chart.time();
      this.chart.zoomTo(panned(this.held.range, -by * perPixel, full));
    }
    this.showTip(event);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const held = this.held;
    this.held = null;
    if (!held || held.moved) return;
    const slot = this.chart.slotAt(event);
    if (!slot) return;
    const { rows } = this.hub;
    const row = rows.at(slot.index);
    if (event.composedPath().some((/** @type {any} */ at) => at.className === "fold")) this.hub.toggleFold(row.key);
    else if (rows.kind !== "lanes") this.hub.select(row.key);
    else {
      const bar = this.chart.barAt(slot, event);
      if (bar) this.hub.select(spanKey(this.hub.table, bar.row));
    }
  }

  /** @param {MouseEvent} event */
  showTip(event) {
    const slot = this.held?.moved || !this.chart.onChart(event) ? null : this.chart.slotAt(event);
    const said = slot ? this.tipOf(slot, event) : null;
    this.chart.tip.hidden = !said;
    if (!said) return;
    this.chart.tip.replaceChildren(make("b", "", {}, [said.name]), make("div", "dim num", {}, [said.line]));
    if (said.error) this.chart.tip.append(make("div", "bad", {}, [said.error.slice(0, 200)]));
    const box = this.chart.view.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - this.chart.tip.offsetWidth - 4);
    const below = event.clientY - box.top + 16;
    // Lab's output would get a scroll bar from a tip that reaches past its end.
    const y = below + this.chart.tip.offsetHeight > box.height ? below - this.chart.tip.offsetHeight - 24 : below;
    this.chart.tip.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
  }

  /** @param {any} slot @param {MouseEvent} event */
  tipOf(slot, event) {
    const { rows, table, figures } = this.hub;
    const row = rows.at(slot.index);
    if (rows.kind === "pairs") {
      const bar = this.chart.barAt(slot, event);
      return { name: row.label, line: `${row.type} · ${row.took}${bar ? ` · ${bar.side ? "other" : "this"} ${duration(bar.to - bar.from)}` : ""}`, error: "" };
    }
    const bar = rows.kind === "lanes" ? this.chart.barAt(slot, event) : (this.chart.barAt(slot, event) ?? slot.bars[0]);
    if (rows.kind === "lanes" && !bar) return null;
    if (!bar || row.type === "trace") return { name: row.full, line: `${row.type} · ${row.took}`, error: "" };
    return { name: table.names[table.name[bar.row]], line: tipLine(table, bar.row, figures.ends, bar.merged), error: textOf(table, "error", bar.row) };
  }
}
