// @ts-check
/**
 * The trace widget: a strip that opens into a tree and a Gantt chart which share rows.
 *
 * Messages from the kernel
 *   {type: "rows", reset, now_us}, buffers: JSON {traces, names}, whole numbers, times, usage (see table.js)
 *       rows that are new or changed; `reset` means: forget all others.
 *   {type: "detail", trace_id, seq, fields, chat, settings, cost}
 *       the payload of one span; each of fields.input, output, data, error is null or {text, shown, total}.
 *   {type: "session", trace_id, seq, found}   {session_id, positions, total, view_id of its grid}, or null
 *   {type: "path", traces}, buffer 0: doubles  the steps of the critical path: seq, start, end
 *   {type: "cost", usd, text, calls}          usd is null where a price is not known, which text explains
 *   {type: "others", traces}                  what it can be compared with
 *   {type: "compare", a, b, pairs, total}     two traces, aligned; pairs null: no more
 *   {type: "exported", path}                  where they were written
 *   {type: "plotly"}, buffer 0: plotly.min.js
 *   {type: "error", about, text}              a request that failed in the kernel; `about` is the request itself.
 *
 * Messages to the kernel
 *   {type: "ready", asking}                   send every row (when a page starts, and again when it is reloaded)
 *   {type: "detail" | "session", trace_id, seq}   of one span
 *   {type: "path" | "cost" | "others"}
 *   {type: "compare", trace_id}               with this trace, or null
 *   {type: "export", suffix}                  write them beside the notebook
 *   {type: "plotly"}                          send plotly.js (once per page: see loadPlotly)
 *
 * Synced traits: view_id (names the placeholders in the page), expanded, selection ([trace_id, seq], [trace_id] or []).
 * Rows are never in traits: a saved widget state must stay small. How it comes to be shown is in live.js.
 *
 * Whatever came from a model or a tool is set as textContent. Plotly gets numbers and colours only, never text.
 */

import { copyButton } from "../copy.js";
import { LiveView, make, put, widget } from "../live.js";
import { Chart } from "./chart.js";
import { aboutPair, aboutRun, aboutSpan, aboutTraces, copied, payload, TABS } from "./details.js";
import { choices, microsecondsOf, noFilter } from "./filter.js";
import { thumbnail } from "./gantt.js";
import { spanRow } from "./rows.js";
import { STYLE } from "./style.js";
import { textOf } from "./table.js";
import { TraceHub } from "./hub.js";
import { SessionDock } from "./session.js";
import { buildStrip, buildToolbar, chip, drawThumb, drawToolbar, exportFormats, filterPanel, footFacts, otherTraces, putFacts, selfFacts, stripFacts, THUMB } from "./toolbar.js";
import { placeOf } from "./tree.js";
import { plural } from "../words.js";

class Hub extends TraceHub {
  newView() {
    return new View(this);
  }
}

class View extends LiveView {
  dock = new SessionDock(this.root);

  /** @param {TraceHub} hub */
  constructor(hub) {
    super(hub, STYLE);
    this.top = buildStrip();
    this.bar = buildToolbar();
    this.chart = new Chart(this, hub);
    this.drawnChips = "";
    this.drawnDetail = "";
    this.drawnSelected = NaN;
    this.menuOf = "";
    /** @type {any} */ this.drawnOthers = undefined; // the traces in the menu
    /** @type {any} */ this.menuAt = null; // its button
    this.build();
    this.listen();
  }

  build() {
    const { hub } = this;
    this.about = make("div");
    this.payload = make("div");
    this.side = make("div", "details", { role: "region", "aria-label": "Selected span" }, [this.about, this.payload]);
    this.copy = copyButton(this, "Copy", () => copied(hub.detail(hub.selectedRow), hub.ui.tab));
    this.facts = make("div", "facts num");
    this.errors = make("button", "link bad", { type: "button", title: "Go to the next error (e)" });
    this.export = make("button", "link", { type: "button", "aria-haspopup": "dialog" }, ["Export ▾"]);
    this.foot = make("div", "foot", {}, [this.facts, this.errors, make("span", "space"), this.export]);
    this.menu = make("div", "menu", { hidden: "", role: "dialog" });
    const panes = make("div", "panes", {}, [this.chart.scroller, this.side]);
    this.body = make("div", "body", { hidden: "" }, [this.bar.toolbar, panes, this.foot, this.dock.element]);
    this.box.append(this.top.strip, this.body);
    this.shadow.append(this.chart.tip, this.menu);
  }

  unmount() {
    super.unmount();
    this.chart.purge();
  }

  // ------------------------------------------------------------------------------------------ events

  listen() {
    const { hub, bar } = this;
    this.on(this.top.strip, "click", () => (hub.expanded = !hub.expanded));
    this.on(bar.search, "input", () => hub.set({ filter: { ...hub.ui.filter, query: bar.search.value }, scrollTop: 0 }));
    this.on(bar.search, "keydown", (event) => this.searchKey(event));
    this.on(bar.toolbar, "click", (event) => this.press(event.target.closest("button")));
    this.on(this.errors, "click", () => this.nextError());
    this.on(this.chart.scroller, "keydown", (event) => {
      if (!["/", "e"].includes(event.key) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (event.key === "/") bar.search.focus();
      else this.nextError();
    });
    this.on(this.export, "click", () => this.toggleMenu("export", this.export));
    this.on(this.menu, "change", (event) => this.changeFilter(event.target));
    this.on(this.menu, "click", (event) => this.choose(event.target.closest("button")));
    this.on(this.shadow, "keydown", (event) => {
      if (event.key === "Escape" && this.menuOf) this.closeMenu();
    });
    this.on(this.root, "pointerdown", (event) => {
      const inside = event.composedPath().some((/** @type {any} */ at) => at === this.menu || at === bar.toolbar || at === this.export);
      if (!inside) this.closeMenu();
    });
    this.on(this.side, "click", (event) => this.pickInSide(event.target));
    this.on(this.side, "keydown", (event) => this.tabKey(event));
    this.on(this.dock.close, "click", () => hub.hideSession());
  }

  setTheme() {
    super.setTheme();
    this.chart.colors = null; // they are read from the page when bars are drawn next
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    const { hub, bar } = this;
    if (event.key === "Escape" && bar.search.value) {
      bar.search.value = "";
      hub.set({ filter: { ...hub.ui.filter, query: "" } });
    } else if (event.key === "Escape" || event.key === "ArrowDown" || event.key === "Enter") {
      this.chart.scroller.focus();
      if (event.key !== "Escape") this.chart.input.step(0);
    } else return;
    event.preventDefault();
  }

  /** A button of the toolbar. @param {HTMLElement | null} button */
  press(button) {
    if (!button) return;
    const { hub } = this;
    const { by, type, act } = button.dataset;
    if (by) this.show(by);
    else if (type) hub.toggleType(type);
    else if (act === "critical") hub.set({ critical: !hub.ui.critical });
    else if (act === "fold") hub.set({ fold: !hub.ui.fold, range: null });
    else if (act === "compare" && hub.compared) hub.send({ type: "compare", trace_id: null });
    else if (act) this.toggleMenu(act, button);
  }

  /** @param {any} by  what rows are */
  show(by) {
    this.hub.set({ by, scrollTop: 0 });
    this.revealChosen();
  }

  /** Bring what is chosen into sight. */
  revealChosen() {
    const { hub } = this;
    if (hub.ui.by === "tree" && !Number.isNaN(hub.selected)) {
      const place = placeOf(hub.tree, hub.selected);
      if (place >= 0) hub.revealPlace(place);
    }
    const row = this.chart.current();
    if (row >= 0) hub.guard(() => this.chart.draw(this.chart.narrow) ?? this.chart.reveal(row));
  }

  nextError() {
    this.hub.selectNextError();
    this.revealChosen();
  }

  // ------------------------------------------------------------------------------------------ menus

  /** @param {string} name @param {HTMLElement} button */
  toggleMenu(name, button) {
    if (this.menuOf === name) return this.closeMenu();
    this.menuOf = name;
    if (name === "compare") {
      this.hub.others = null;
      this.drawnOthers = undefined;
      this.hub.send({ type: "others" });
    } else if (name === "export") this.menu.replaceChildren(...exportFormats());
    else this.menu.replaceChildren(filterPanel(choices(this.hub.table), this.hub.ui.filter));
    this.menu.setAttribute("aria-label", name);
    this.menu.hidden = false;
    this.menuAt = button;
    this.placeMenu();
    this.hub.draw();
  }

  /** Beside its button, and inside the view. */
  placeMenu() {
    const box = this.root.getBoundingClientRect();
    const at = this.menuAt.getBoundingClientRect();
    const above = at.bottom + this.menu.offsetHeight > box.bottom && at.top - this.menu.offsetHeight > box.top;
    this.menu.style.top = `${above ? at.top - box.top - this.menu.offsetHeight - 4 : at.bottom - box.top + 4}px`;
    this.menu.style.left = `${Math.max(4, Math.min(at.left - box.left, box.width - this.menu.offsetWidth - 8))}px`;
  }

  closeMenu() {
    this.menuOf = "";
    this.menu.hidden = true;
  }

  /** @param {HTMLInputElement} input */
  changeFilter(input) {
    const { hub } = this;
    const value = input.name === "failed" ? input.checked : input.name === "least" ? microsecondsOf(input.value) : input.value;
    input.classList.toggle("wrong", Number.isNaN(value));
    if (!Number.isNaN(value)) hub.set({ filter: { ...hub.ui.filter, [input.name]: value }, scrollTop: 0 });
  }

  /** @param {HTMLElement | null} button */
  choose(button) {
    if (!button) return;
    const { hub } = this;
    if (button.dataset.trace) hub.send({ type: "compare", trace_id: button.dataset.trace });
    if (button.dataset.suffix) hub.send({ type: "export", suffix: button.dataset.suffix });
    if (button.dataset.act === "clear") hub.set({ filter: { ...noFilter(), query: hub.ui.filter.query } });
    this.closeMenu();
  }

  // ------------------------------------------------------------------------------------------ details

  /** @param {any} target */
  pickInSide(target) {
    const { hub } = this;
    const tab = target.closest?.("[role=tab]");
    if (tab) hub.set({ tab: tab.textContent });
    const act = target.closest?.("[data-act]")?.dataset.act;
    if (act === "session") hub.showSession();
    if (act === "hide") hub.hideSession();
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const by = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1 })[event.key];
    const tab = /** @type {any} */ (event.target).closest("[role=tab]");
    if (!by || !tab) return;
    const shown = [...this.side.querySelectorAll("[role=tab]")];
    const next = (shown.indexOf(tab) + by + shown.length) % shown.length;
    this.hub.set({ tab: shown[next].textContent });
    this.drawSide();
    this.side.querySelectorAll("[role=tab]")[next].focus();
    event.preventDefault();
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    const { hub } = this;
    this.drawStrip();
    this.body.hidden = !hub.expanded;
    if (!hub.expanded) return this.closeMenu();
    hub.wantPlotly();
    const narrow = this.root.clientWidth < 760;
    this.root.toggleAttribute("data-narrow", narrow);
    this.drawChips();
    drawToolbar(this.bar, hub);
    this.chart.draw(narrow);
    this.drawSide();
    this.drawFoot();
    this.dock.draw(hub.session);
    if (this.menuOf === "compare" && this.drawnOthers !== hub.others) {
      this.drawnOthers = hub.others;
      this.menu.replaceChildren(...otherTraces(hub.others));
    }
    if (this.menuOf) this.placeMenu();
  }

  drawStrip() {
    const { hub, top } = this;
    const { figures } = hub;
    top.strip.setAttribute("aria-expanded", String(hub.expanded));
    put(top.title, hub.compared ? `${hub.compared.a.name} → ${hub.compared.b.name}` : figures.name);
    top.pulse.hidden = !figures.running;
    putFacts(top.facts, stripFacts(figures, hub.cost), figures.errors);
    top.thumb.style.display = hub.expanded ? "none" : "";
    if (!hub.expanded) drawThumb(top.thumb, thumbnail(hub.table, hub.tree, figures.ends, { ...THUMB, start: figures.start, stop: figures.stop }));
  }

  drawChips() {
    const { hub, bar } = this;
    bar.chips.hidden = Boolean(hub.compared);
    const key = hub.types.join() + [...hub.ui.hidden].join();
    if (this.drawnChips === key) return;
    this.drawnChips = key;
    const focused = /** @type {any} */ (this.shadow.activeElement)?.dataset?.type;
    bar.chips.replaceChildren(...hub.types.map((/** @type {[string, number]} */ [type, n]) => chip(type, n, !hub.ui.hidden.has(type))));
    if (focused) [...bar.chips.children].find((/** @type {any} */ each) => each.dataset.type === focused)?.focus();
  }

  drawSide() {
    const { hub } = this;
    const row = hub.selectedRow;
    this.about.replaceChildren(...this.aboutChosen(row));
    const detail = row < 0 ? null : hub.detail(row);
    const session = hub.session?.key === hub.selected ? hub.session : null;
    const own = row < 0 ? null : spanRow(hub.table, row, hub.figures.ends);
    // Text that somebody may be reading or selecting is left alone while the run goes on.
    const key = JSON.stringify([String(hub.selected), own?.state, own?.beside, detail, session, hub.ui.tab]);
    if (this.drawnDetail === key) return;
    this.drawnDetail = key;
    if (!Object.is(this.drawnSelected, hub.selected)) this.side.scrollTop = 0;
    this.drawnSelected = hub.selected;
    const span = own && { type: own.type, state: own.state, error: textOf(hub.table, "error", row) };
    this.payload.replaceChildren(...(span ? payload(span, detail, TABS.includes(hub.ui.tab) ? hub.ui.tab : TABS[0], session, this.copy) : []));
  }

  /** @param {number} row */
  aboutChosen(row) {
    const { hub } = this;
    const { table, figures, selected } = hub;
    if (hub.compared) return aboutPair(hub.compared, hub.compared.pairs[selected] ?? null);
    const path = hub.shownPath;
    if (row >= 0) return aboutSpan(table, row, figures, { self: hub.selfTimes[row], detail: hub.details.get(selected), path: path?.get(selected) });
    const place = selected < 0 ? placeOf(hub.tree, selected) : -1;
    return place >= 0 ? aboutRun(table, hub.tree, place, figures) : aboutTraces(table, figures, path);
  }

  drawFoot() {
    const { hub } = this;
    const notes = [selfFacts(hub), hub.noPlotly, hub.said].filter(Boolean).map((text) => make("span", text === hub.noPlotly ? "bad" : "", {}, [text]));
    putFacts(this.facts, footFacts(hub), 0, notes);
    const { errors } = hub.figures;
    this.errors.hidden = hub.compared || !errors;
    put(this.errors, plural(errors, "error"));
    if (hub.cost?.text) this.facts.title = hub.cost.text;
  }
}

export default widget((model) => new Hub(model));
