// @ts-check
/** The rows: names and times on the left, bars on the right, sharing rows; and the window on them. */

import { make, put } from "../live.js";
import { TYPES } from "./figures.js";
import { figure, LABEL_GAP, labelSide, paths, ROW, windowOf } from "./gantt.js";
import { fewer } from "./lanes.js";
import { AXIS } from "./style.js";
import { Input } from "./input.js";
import { ticks } from "./time.js";
import { colorOf, fillPaths } from "./toolbar.js";
import { duration } from "../words.js";

const INSET = 7; // pixels left free on both sides of the chart
const LETTER = 6.2; // about as wide as one is beside a bar
const MOST_LABEL = 200;
const LEAST_ROWS = 12;
const MOST_ROWS = 18;
const MOST_BARS = 160; // what Plotly redraws within a frame or two
const THICK = 14 / ROW;
const LINE = 2.5 / ROW; // the critical path, under a bar

export class Chart {
  plain = document.createElementNS("http://www.w3.org/2000/svg", "svg");

  /** @param {import("../live.js").LiveView} view @param {import("./hub.js").TraceHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    this.pool = /** @type {any[]} */ ([]);
    this.narrow = false;
    this.plotted = false;
    /** @type {any} */ this.colors = null;
    this.build();
    this.input = new Input(this, hub);
  }

  build() {
    this.axis = make("div", "axis num", { "aria-hidden": "true", title: "Click, then the wheel zooms; drag pans; double-click shows the whole run" });
    this.rowsBox = make("div", "rows");
    this.plot = make("div", "plot", { "aria-hidden": "true" });
    this.plain.setAttribute("class", "plain");
    this.labels = make("div", "labels", { "aria-hidden": "true" });
    this.lines = make("div", "lines", { "aria-hidden": "true" });
    this.none = make("div", "none", { hidden: "" }, ["No span matches."]);
    this.pane = make("div", "pane", {}, [this.lines, this.axis, make("div", "clip", {}, [this.rowsBox, this.plain, this.plot, this.labels]), this.none]);
    this.spacer = make("div", "spacer", {}, [this.pane]);
    this.scroller = make("div", "scroller", { tabindex: "0", role: "tree", "aria-label": "Spans" }, [this.spacer]);
    this.tip = make("div", "tip", { role: "tooltip", hidden: "" });
  }

  /** The row of what is chosen, or -1. */
  current() {
    return this.hub.rows.indexOf(this.hub.selected);
  }

  /** @param {number} row */
  reveal(row) {
    const height = this.rowsHeight();
    const top = this.hub.ui.scrollTop;
    if (row * ROW < top) this.hub.set({ scrollTop: row * ROW });
    else if ((row + 1) * ROW > top + height) this.hub.set({ scrollTop: (row + 1) * ROW - height });
  }

  /** The row under the pointer. @param {MouseEvent} event */
  slotAt(event) {
    return this.pool.find(({ element, index }) => {
      const { top, bottom } = element.getBoundingClientRect();
      return index >= 0 && event.clientY >= top && event.clientY < bottom;
    });
  }

  /** The bar under the pointer, or the nearest within some pixels. @param {any} slot @param {MouseEvent} event */
  barAt(slot, event) {
    const { range, perPixel, left } = this.time();
    const at = range[0] + (event.clientX - left) * perPixel;
    const away = (/** @type {any} */ bar) => Math.max(bar.from - at, at - bar.to, 0);
    const nearest = slot.bars.reduce((/** @type {any} */ best, /** @type {any} */ bar) => (best && away(best) <= away(bar) ? best : bar), null);
    return nearest && away(nearest) <= 4 * perPixel ? nearest : null;
  }

  /** Whether an event is on the chart's side. @param {MouseEvent} event */
  onChart(event) {
    return event.clientX >= this.plot.getBoundingClientRect().left;
  }

  purge() {
    if (this.plotted) this.hub.Plotly?.purge(this.plot);
  }

  // ------------------------------------------------------------------------------------------ time

  /** Where time is: the shown range, all of it, and the chart's place. */
  time() {
    const { full, shown: range } = this.hub.range;
    const box = this.plot.getBoundingClientRect();
    const perPixel = (range[1] - range[0]) / Math.max(1, box.width - 2 * INSET);
    return { full, range, perPixel, left: box.left + INSET, width: box.width };
  }

  /** @param {[number, number] | null} range  null is the whole run, and follows it while it grows */
  zoomTo(range) {
    const { full } = this.hub.range;
    const whole = range && range[0] <= full[0] && range[1] >= full[1];
    this.hub.set({ range: whole ? null : range });
  }

  // ------------------------------------------------------------------------------------------ drawing

  rowsHeight() {
    const least = this.narrow ? 3 : LEAST_ROWS; // details beside the rows need the height
    return Math.min(Math.max(this.hub.rows.count, least), MOST_ROWS) * ROW;
  }

  /** @param {boolean} narrow */
  draw(narrow) {
    this.narrow = narrow;
    const { rows, ui } = this.hub;
    const height = this.rowsHeight();
    this.scroller.style.height = `${height + AXIS}px`;
    this.spacer.style.height = `${Math.max(rows.count * ROW, height) + AXIS}px`;
    this.pane.style.height = `${height + AXIS}px`;
    this.plot.style.height = `${height}px`;
    if (this.scroller.scrollTop !== ui.scrollTop) this.scroller.scrollTop = ui.scrollTop;
    const seen = windowOf(rows.count, ui.scrollTop, height);
    const time = this.time();
    for (const box of [this.rowsBox, this.labels]) box.style.transform = `translateY(${-seen.offset}px)`;
    this.none.hidden = rows.count > 0;
    this.drawTicks(time);
    this.fillRows(seen, time);
    this.drawBars(seen, time, height);
  }

  /** @param {any} time */
  drawTicks({ range, perPixel, width }) {
    const { axis } = this.hub;
    const at = (/** @type {number} */ place) => INSET + (place - range[0]) / perPixel;
    const marks = ticks(range[0], range[1], width / 90, axis).map((tick) => ({ ...tick, x: at(tick.at) }));
    const gaps = axis.gaps.map(([from, to]) => ({ x: at(axis.place(from)), wide: axis.width / perPixel, hides: to - from }))
      .filter(({ x, wide }) => x + wide > 0 && x < width);
    this.lines.replaceChildren(
      ...marks.map(({ x }) => make("i", "line", { style: `left:${x}px` })),
      ...gaps.map(({ x, wide }) => make("i", "break", { style: `left:${x}px;width:${wide}px` })),
    );
    const clear = (/** @type {number} */ x) => gaps.every((gap) => Math.abs(gap.x + gap.wide / 2 - x - 12) > 52);
    this.axis.replaceChildren(
      make("b", "side dim", {}, [this.hub.compared ? "change, other minus this" : ""]),
      ...marks.filter(({ x, label }) => x + 8 + LETTER * label.length < width && clear(x)).map(({ x, label }) => make("span", "", { style: `left:${x + 4}px` }, [label])),
      ...gaps.map(({ x, wide, hides }) => make("span", "gap", { style: `left:${Math.min(Math.max(x + wide / 2, 30), width - 30)}px` }, [`⋯ ${duration(hides)}`])),
    );
  }

  /** @param {{first: number, last: number}} seen @param {any} time */
  fillRows(seen, time) {
    const { rows, figures, axis, selected } = this.hub;
    const needed = seen.last - seen.first;
    while (this.pool.length < needed) this.pool.push(makeSlot(this.rowsBox, this.labels, this.pool.length));
    const pad = INSET * time.perPixel;
    const place = this.hub.compared ? (/** @type {number} */ moment) => moment : (/** @type {number} */ moment) => axis.place(moment - figures.start);
    const range = { place, from: time.range[0] - pad, to: time.range[1] + pad, near: time.perPixel };
    const each = [];
    for (let i = 0; i < needed; i++) each.push(rows.bars(seen.first + i, range));
    const drawn = rows.kind === "pairs" ? each : fewer(each, MOST_BARS, time.perPixel);
    const active = rows.indexOf(selected);
    this.pool.forEach((slot, i) => {
      slot.element.hidden = slot.label.hidden = i >= needed;
      slot.index = i < needed ? seen.first + i : -1;
      slot.bars = i < needed ? drawn[i] : [];
      if (i < needed) this.fillRow(slot, rows.at(slot.index), slot.index === active, time);
    });
    if (active >= seen.first && active < seen.last) this.scroller.setAttribute("aria-activedescendant", `row-${active}`);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  /** @param {any} slot @param {import("./rows.js").Row} row @param {boolean} selected @param {any} time */
  fillRow(slot, row, selected, time) {
    const { element } = slot;
    element.id = `row-${slot.index}`;
    element.className = `row ${row.type === "trace" ? "trace " : ""}${selected ? "selected " : ""}${row.failed ? "failed " : ""}${row.state}`;
    const aria = { level: row.depth + 1, selected, posinset: slot.index + 1, setsize: this.hub.rows.count, description: row.beside };
    for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, String(value));
    if (row.inner) element.setAttribute("aria-expanded", String(!row.folded));
    else element.removeAttribute("aria-expanded");
    slot.fold.style.visibility = row.inner ? "" : "hidden";
    slot.tree.style.paddingLeft = `${6 + Math.min(row.depth, 10) * 16}px`;
    slot.dot.style.background = row.type === "trace" || !row.label ? "transparent" : colorOf(row.type);
    put(slot.name, row.label);
    slot.name.title = row.full;
    put(slot.took, row.took);
    this.placeLabel(slot, row, time);
  }

  /** What is said beside a bar, where it has room. @param {any} slot @param {import("./rows.js").Row} row @param {any} time */
  placeLabel({ bars, label }, row, { range, perPixel, width }) {
    put(label, "");
    if (!bars.length || !row.beside) return;
    const x = (/** @type {number} */ at) => INSET + (at - range[0]) / perPixel;
    const left = x(bars[0].from);
    const right = Math.max(left + 2, x(Math.max(...bars.map((/** @type {any} */ bar) => bar.to))));
    const { side, room } = labelSide(left, right, width, LETTER * row.beside.length);
    if (side === "inside" && !row.failed) return; // not worth covering a bar: the name says how many
    put(label, row.beside);
    label.className = `beside num ${row.failed ? "failed " : ""}${side}`;
    label.style.left = side === "before" ? "" : `${Math.max(side === "after" ? right : left, 0) + LABEL_GAP}px`;
    label.style.right = side === "before" ? `${Math.max(width - left, 0) + LABEL_GAP}px` : "";
    label.style.maxWidth = `${Math.min(room, MOST_LABEL)}px`;
  }

  /** @param {{first: number, offset: number}} seen @param {any} time @param {number} height */
  drawBars(seen, time, height) {
    if (!(time.width > 2 * INSET)) return;
    this.colors ??= this.readColors();
    const { Plotly } = this.hub;
    const bars = this.pool.flatMap((slot) => (slot.index < 0 ? [] : this.drawnBars(slot, time.perPixel)));
    const pad = INSET * time.perPixel;
    const top = seen.first - 0.5 + seen.offset / ROW;
    const frame = {
      x: /** @type {[number, number]} */ ([time.range[0] - pad, time.range[1] + pad]), y: /** @type {[number, number]} */ ([top + height / ROW, top]),
      width: time.width, height, bad: this.colors.bad, least: 2 * time.perPixel,
    };
    this.plain.style.display = Plotly ? "none" : "";
    if (!Plotly) {
      this.plain.setAttribute("width", String(time.width));
      this.plain.setAttribute("height", String(height));
      return fillPaths(this.plain, paths(bars, frame));
    }
    const { data, layout, config } = figure(bars, frame);
    this.plotted = true;
    Plotly.react(this.plot, data, layout, config);
  }

  /** A row's bars, and the critical path under them. @param {any} slot @param {number} perPixel @returns {import("./gantt.js").Drawn[]} */
  drawnBars(slot, perPixel) {
    const { rows, figures, axis, selectedRow, table } = this.hub;
    const row = rows.at(slot.index);
    if (rows.kind === "pairs") {
      return slot.bars.map((/** @type {any} */ bar) => ({
        y: slot.index + (bar.side ? 0.19 : -0.19), thick: 0.3, from: bar.from, to: bar.to, color: this.colors[bar.side ? "agent" : "custom"], failed: false, open: false,
      }));
    }
    const color = (/** @type {any} */ bar) => this.colors[row.type === "trace" ? "turn" : (table.names[table.type[bar.row]])] ?? this.colors.custom;
    const bars = slot.bars.map((/** @type {any} */ bar) => ({
      y: slot.index, thick: rows.kind === "lanes" && bar.row === selectedRow ? 0.85 : THICK, from: bar.from, to: bar.to, color: color(bar), failed: bar.failed,
      open: bar.open && row.state === "interrupted",
    }));
    const lines = rows.path(slot.index).map(([from, to]) => ({
      y: slot.index + THICK / 2 + LINE / 2, thick: LINE, from: axis.place(from - figures.start), to: axis.place(to - figures.start), color: this.colors.text, failed: false, open: false,
    })).filter((line) => line.to - line.from >= 3 * perPixel); // shorter ones would be dots
    return [...bars, ...lines];
  }

  /** The colours of the types in this theme, as Plotly needs them. */
  readColors() {
    const style = getComputedStyle(this.view.box);
    /** @type {Record<string, string>} */
    const colors = { text: style.color };
    for (const name of [...TYPES, "bad"]) colors[name] = style.getPropertyValue(`--nb-${name}`).trim();
    return colors;
  }
}

/** @param {any} parent @param {any} labels  what is said of bars, above them @param {number} place */
function makeSlot(parent, labels, place) {
  const fold = make("span", "fold", { "aria-hidden": "true" });
  const dot = make("i", "dot");
  const name = make("span", "label");
  const took = make("span", "took num");
  const tree = make("div", "tree", {}, [fold, dot, name, took]);
  const label = make("span", "beside", { style: `top:${4 + place * ROW}px` });
  labels.append(label);
  const element = make("div", "row", { role: "treeitem" }, [tree, make("div", "chart")]);
  parent.append(element);
  return { element, tree, fold, dot, name, took, label, index: -1, bars: [] };
}
