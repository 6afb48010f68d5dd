// @ts-check
/** The table of one view: a head, and as many rows as are in sight. */

import { cellText, fittingColumns, isHalf, leastWidth, pairClass } from "./columns.js";
import { AWAITED, ROW, rowsIn } from "./pages.js";
import { make, put } from "../live.js";

const MAX_ROWS = 14;
const MIN_ROWS = 9;
const NARROWEST = 40; // pixels

/** Shows the rows of a hub; a row that scrolls out of sight becomes another one. */
export class Table {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    /** @type {any[]} */ this.pool = [];
    this.drawnHead = "";
    this.drawnFitting = 0;
    this.scrolled = 0;
    this.wasAtEnd = false;
    this.head = make("div", "head", { role: "row", "aria-rowindex": "1" });
    this.rows = make("div", "rows", { role: "rowgroup" });
    this.none = make("div", "none dim", { hidden: "" });
    this.scroller = make("div", "scroller", { tabindex: "0", role: "grid", "aria-label": "Items", "aria-multiselectable": "true" }, [this.head, this.rows, this.none]);
    view.on(this.scroller, "scroll", () => this.onScroll());
    view.on(this.rows, "mousedown", (/** @type {MouseEvent} */ event) => this.press(event));
    view.on(this.head, "pointerdown", (/** @type {PointerEvent} */ event) => this.drag(event));
    view.on(this.head, "dblclick", (/** @type {any} */ { target }) => this.widen(target.dataset.grip, 0));
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  onScroll() {
    const { scroller } = this;
    this.scrolled = scroller.scrollTop;
    this.wasAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 2;
    this.hub.draw();
  }

  /** @param {MouseEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {any} */ (target.closest(".row"));
    if (!row || event.button !== 0) return;
    const column = /** @type {any} */ (target.closest("[data-column]"))?.dataset.column ?? "";
    if (event.shiftKey) event.preventDefault();
    this.hub.place.go(row.index, { extend: event.shiftKey, column });
  }

  /** Make a column as wide as it is drawn. @param {PointerEvent} event */
  drag(event) {
    const grip = /** @type {any} */ (event.target);
    const name = grip.dataset.grip;
    if (!name || event.button !== 0) return;
    event.preventDefault();
    const wide = grip.parentElement.offsetWidth - event.clientX;
    grip.setPointerCapture(event.pointerId);
    grip.onpointermove = (/** @type {PointerEvent} */ moved) => this.widen(name, wide + moved.clientX);
    grip.onlostpointercapture = () => (grip.onpointermove = null);
  }

  /** @param {string | undefined} name @param {number} pixels  0 is what it was at first */
  widen(name, pixels) {
    if (!name) return;
    const { widths } = this.hub.ui;
    if (pixels) widths.set(name, Math.max(NARROWEST, Math.round(pixels)));
    else widths.delete(name);
    this.hub.draw();
  }

  /** Go to the column beside. @param {number} by  -1 or 1 */
  sideways(by) {
    const { place } = this.hub;
    const { names } = this;
    place.column = names[Math.max(0, Math.min(names.length - 1, names.indexOf(place.column) + by))];
    this.hub.draw();
    this.rows.querySelector(".selected .on")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  // ------------------------------------------------------------------------------------------ scrolling

  /** How many rows are in sight. */
  get page() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
  }

  /** Scroll so that a row is in sight. @param {number} index */
  reveal(index) {
    const { scroller } = this;
    const top = index * ROW;
    const room = scroller.clientHeight - ROW; // the head covers one row
    this.growTo(Math.max(index + 1, this.hub.pages.fitting));
    if (Math.abs(top - scroller.scrollTop) > 2 * room) scroller.scrollTop = top - room / 2; // with what stands beside it
    else if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + room) scroller.scrollTop = top + ROW - room;
  }

  /** @param {number} rows */
  growTo(rows) {
    const height = `${rows * ROW}px`;
    if (this.rows.style.height !== height) this.rows.style.height = height;
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    this.drawHead();
    this.resize();
    this.drawRows();
    const { pages, isFiltered } = this.hub;
    this.none.hidden = pages.fitting > 0 || pages.asked.size > 0;
    put(this.none, isFiltered ? "No item matches." : "No items yet. A run with this session adds some, and so does + Add.");
  }

  /** Those that one chose, or as many as there is room for. */
  get columns() {
    const { columns, ui } = this.hub;
    return ui.chose ? columns : fittingColumns(columns, this.scroller.clientWidth);
  }

  /** @returns {string[]} */
  get names() {
    return this.columns.map(({ name }) => name);
  }

  drawHead() {
    const { columns } = this;
    const { ui } = this.hub;
    const { style } = this.view.box;
    const rest = columns.some(({ width }) => width.includes("fr")) ? "22px" : "minmax(22px, 1fr)";
    style.setProperty("--cols", `${columns.map(({ width }) => width).join(" ")} ${rest}`);
    style.setProperty("--wide", `${leastWidth(columns)}px`);
    const drawn = `${this.names} ${ui.hidden.size}`;
    if (drawn === this.drawnHead) return;
    this.drawnHead = drawn;
    this.head.replaceChildren(...columns.map((column) => headCell(column, ui.hidden.size > 0)), columnsButton());
  }

  /** Be as high as the rows need, and follow the end where one is at the end. */
  resize() {
    const { scroller, hub } = this;
    const { items } = hub.facts.figures;
    const { fitting } = hub.pages;
    this.view.box.style.setProperty("--digits", `${28 + 8 * Math.max(2, String(items).length)}px`);
    scroller.style.height = `${(Math.max(MIN_ROWS, Math.min(MAX_ROWS, items)) + 1) * ROW + 1}px`;
    const grew = fitting > this.drawnFitting && this.drawnFitting > 0;
    this.drawnFitting = fitting;
    this.growTo(fitting);
    if (grew && this.wasAtEnd && !scroller.matches(":focus-within")) scroller.scrollTop = scroller.scrollHeight;
    scroller.setAttribute("aria-rowcount", String(fitting + 1));
  }

  drawRows() {
    const { hub, scroller } = this;
    const { first, last } = rowsIn(hub.pages.fitting, scroller.scrollTop, scroller.clientHeight - ROW);
    hub.load(first, Math.max(first, last));
    while (this.pool.length <= last - first) this.pool.push(makeRow(this.rows));
    const [from, to] = hub.place.range;
    const { names } = this;
    this.pool.forEach((row, i) => {
      const index = first + i;
      row.element.hidden = index > last;
      if (index <= last) drawRow(row, names, index, hub, Boolean(hub.place.row) && index >= from && index <= to);
    });
  }
}

/** @param {{name: string, title: string}} column @param {boolean} isFiltered */
function headCell({ name, title }, isFiltered) {
  const grip = make("i", "grip", { "data-grip": name, title: "Drag to make the column wider; double-click to undo that", "aria-hidden": "true" });
  if (name !== "label") return make("div", `cell ${name}`, { role: "columnheader" }, [title, grip]);
  const caret = make("i", "caret", { "aria-hidden": "true" });
  const button = make("button", isFiltered ? "sort active" : "sort", { type: "button", title: "Show some types only", "data-menu": "labels" }, [title, caret]);
  return make("div", `cell ${name}`, { role: "columnheader" }, [button, grip]);
}

function columnsButton() {
  return make("button", "more", { type: "button", title: "Choose columns", "aria-label": "Choose columns", "data-menu": "columns" }, ["⋯"]);
}

/** @param {any} parent */
function makeRow(parent) {
  const element = make("div", "row", { role: "row" });
  parent.append(element);
  return { element, cells: /** @type {any[]} */ ([]), columns: "" };
}

/** @param {any} row @param {string[]} columns @param {number} index @param {import("./hub.js").GridHub} hub @param {boolean} selected */
function drawRow(row, columns, index, hub, selected) {
  const { element } = row;
  const item = hub.pages.row(index);
  if (row.columns !== String(columns)) {
    row.columns = String(columns);
    row.cells = columns.map((name) => make("div", `cell ${name}`, { role: "gridcell", "data-column": name, dir: name === "said" ? "auto" : "ltr" }));
    element.replaceChildren(...row.cells);
  }
  element.index = index;
  element.style.top = `${index * ROW}px`;
  element.id = `row-${index}`;
  element.className = ["row", selected && "selected", !item && "unknown", pairClass(item, hub.place.row), item?.problem && "failed"].filter(Boolean).join(" ");
  element.setAttribute("aria-rowindex", String(index + 2));
  element.setAttribute("aria-selected", String(selected));
  const isDraft = Boolean(item && hub.editor.drafts.has(item.key));
  const on = selected && index === hub.place.index ? hub.place.column : "";
  row.cells.forEach((/** @type {any} */ cell, /** @type {number} */ i) => drawCell(cell, columns[i], item, { isDraft, on: columns[i] === on }));
}

/** @param {any} cell @param {string} name @param {import("./pages.js").Row | undefined} item @param {{isDraft: boolean, on: boolean}} as */
function drawCell(cell, name, item, { isDraft, on }) {
  cell.classList.toggle("on", on);
  const { text, title } = item ? cellText(name, item, isDraft) : { text: "", title: "" };
  put(cell, text);
  if (cell.title !== title) cell.title = title;
  if (name !== "said") return;
  const { said, problem } = item ?? AWAITED;
  cell.classList.toggle("code", isHalf(item ?? AWAITED));
  cell.classList.toggle("bad", said.startsWith("✗") || problem !== null);
}
