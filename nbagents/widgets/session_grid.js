// @ts-check
/**
 * The session widget: a session as a table that one can edit.
 *
 * Messages to the kernel; each but `ready` has {client, id}, and is answered
 *   {type: "ready"}                                  send the first page
 *   {type: "page", start, count, search, labels}     some of the rows that fit a search and labels ([] is all)
 *   {type: "cells", key}                             every cell of one row, whole
 *   {type: "change", change, on_orphan}              change is {kind: "set" | "insert" | "delete" | "move", ...} as in sheet.py
 *   {type: "undo"}, {type: "redo"}, {type: "version"}
 *   {type: "branch", new_id, at}, {type: "open", session_id}
 *   {type: "rest"}                                   nobody edits now: bring the saved form up to date
 *
 * Messages from the kernel; what they hold is JSON in buffer 0
 *   {type: "first"}                                  the first page, to every page of the notebook
 *   {type: "answer", client, id}                     what was asked for
 *   {type: "refused", client, id}                    {text, kind: "conflict" | "orphan" | "other", conflicts}
 *   {type: "changed"}                                somebody changed the session by this widget: look again
 *   {type: "error", about, text}                     a request that failed (live.py)
 *
 * Rows are asked for a page at a time as one scrolls, and are in no trait. Whatever else writes to the session is seen
 * by asking for its version while the grid is in sight. What an item holds is set as text, never as HTML.
 */

import { Pane, PANE_STYLE } from "./grid_pane.js";
import { branchName, clock, labelCounts, PAGE, Pages, ROW, rowsIn, wantedLabels } from "./grid_rows.js";
import { LiveHub, LiveView, make, put, widget } from "./live.js";
import { count, plural } from "./words.js";

const LOOK_MS = 1500; // between two looks for what somebody else wrote
const PAUSE_MS = 3000; // after a page that could not be read
const MOST_BYTES = 8_000_000; // of a message; a larger one would close the connection
const MAX_ROWS = 14;
const MIN_ROWS = 9;
const NARROW = 760; // pixels

/** The columns that can be shown; `on` are those that are at first. */
const COLUMNS = [
  { name: "position", title: "#", width: "var(--digits)", on: true },
  { name: "label", title: "type", width: "90px", on: true },
  { name: "agent", title: "agent", width: "92px", on: false },
  { name: "said", title: "text", width: "minmax(180px, 1fr)", on: true },
  { name: "tokens", title: "tokens", width: "68px", on: true },
  { name: "created_at", title: "time", width: "78px", on: true },
  { name: "id", title: "id", width: "88px", on: false },
  { name: "role", title: "role", width: "88px", on: false },
  { name: "tool", title: "tool", width: "128px", on: false },
  { name: "arguments", title: "arguments", width: "200px", on: false },
  { name: "output", title: "output", width: "200px", on: false },
  { name: "call_id", title: "call_id", width: "128px", on: false },
  { name: "metadata", title: "metadata", width: "160px", on: false },
];

/** Stands for the chosen row until its page is there. @type {any} */
const AWAITED = { key: "", position: 0, label: "", said: "", cells: {}, cut: [], partner: null, stamp: "", problem: null };

/** A request that was refused: nothing was written. */
class Refusal extends Error {
  /** @param {{text: string, kind: string, conflicts: any[]}} answer */
  constructor({ text, kind, conflicts }) {
    super(text);
    this.kind = kind;
    this.conflicts = conflicts;
  }
}

// ---------------------------------------------------------------------------------------------- one model

class Hub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    this.client = Math.random().toString(36).slice(2);
    /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void, since: number}>} */ this.waiting = new Map();
    this.asked = 0;
    this.pages = new Pages();
    /** @type {any} */ this.facts = null; // figures, cannot, session_id, where, sheets, version
    this.ui = { search: "", hidden: new Set(), columns: new Set(COLUMNS.filter((each) => each.on).map((each) => each.name)), menu: "" };
    this.cursor = { index: 0, anchor: 0, column: "said" };
    /** @type {import("./grid_rows.js").Row | null} */ this.current = null;
    /** @type {any} */ this.note = null; // {text, bad, actions: [{label, run}], field}
    this.loading = false;
    this.pause = 0; // until when nothing is asked for, because it was refused
    this.polling = 0;
    this.touched = false; // whether anything was written since the saved form was made
    this.pane = new Pane(this);
  }

  newView() {
    return new View(this);
  }

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    const read = () => JSON.parse(new TextDecoder().decode(buffers[0]));
    if (message.type === "first") return this.takeFirst(read());
    if (message.type === "changed") return this.refresh();
    if (message.type === "error") return this.takeError(message);
    const asker = message.client === this.client ? this.waiting.get(message.id) : undefined;
    if (!asker) return; // another page asked
    this.waiting.delete(message.id);
    if (message.type === "answer") asker.resolve(read());
    else asker.reject(new Refusal(read()));
  }

  /** Ask the kernel. @param {any} request @returns {Promise<any>} */
  ask(request) {
    const id = ++this.asked;
    const message = { ...request, client: this.client, id };
    if (JSON.stringify(message).length > MOST_BYTES) {
      return Promise.reject(new Error("This is more than a page can send to its kernel (8 MB); write it with apply_frame()."));
    }
    setTimeout(() => this.draw(), 800); // by then it is worth telling that one waits
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, since: performance.now() });
      this.send(message);
    });
  }

  get isSlow() {
    return [...this.waiting.values()].some(({ since }) => performance.now() - since > 700);
  }

  /** @param {any} message */
  takeError(message) {
    const asker = this.waiting.get(message.about?.id);
    this.waiting.delete(message.about?.id);
    if (asker) asker.reject(new Error(message.text));
    else this.say(message.text, { bad: true });
  }

  /** The kernel is there (again). @param {any} page */
  takeFirst(page) {
    for (const { reject } of this.waiting.values()) reject(new Error("The kernel was restarted meanwhile."));
    this.waiting.clear();
    if (!page) this.facts ??= emptyFacts();
    else if (this.isFiltered) this.pages.growOld();
    else this.take(page);
    this.answered();
    this.poll();
  }

  /** @param {any} page */
  take(page) {
    const { rows, start, fitting, ...facts } = page;
    const before = this.facts;
    if (before && before.session_id !== facts.session_id) return this.takeOther(page);
    if (before && facts.version !== before.version) this.pages.growOld();
    this.facts = facts;
    this.pages.put(start, rows, fitting);
    if (!before) this.chooseColumns(rows);
    this.keepPlace();
  }

  /** The grid shows another session from now on. @param {any} page */
  takeOther(page) {
    this.facts = null;
    this.pages.forget();
    this.cursor = { ...this.cursor, index: 0, anchor: 0 };
    this.current = null;
    this.pane.forget();
    this.take(page);
    for (const view of this.views) view.scroller.scrollTop = 0;
  }

  /** @param {import("./grid_rows.js").Row[]} rows */
  chooseColumns(rows) {
    if (rows.length && rows.every((row) => !row.cells.created_at)) this.ui.columns.delete("created_at");
    if (rows.some((row) => row.cells.agent)) this.ui.columns.add("agent");
  }

  /** Rows came or went: stay on the row that is chosen. */
  keepPlace() {
    const { cursor, current } = this;
    if (current && this.pages.isFresh(cursor.index) && this.pages.row(cursor.index)?.key !== current.key) {
      const index = this.pages.find(current.key);
      if (index >= 0) Object.assign(cursor, { index, anchor: index });
    }
    cursor.index = Math.max(0, Math.min(cursor.index, this.pages.fitting - 1));
    cursor.anchor = Math.max(0, Math.min(cursor.anchor, this.pages.fitting - 1));
    const row = this.pages.isFresh(cursor.index) ? this.pages.row(cursor.index) : undefined;
    if (current && row && (row.key !== current.key || row.stamp !== current.stamp)) this.choose(row);
    if (current && !this.pages.fitting) this.choose(null);
  }

  get isFiltered() {
    return Boolean(this.ui.search || this.ui.hidden.size);
  }

  get columns() {
    return COLUMNS.filter(({ name }) => this.ui.columns.has(name));
  }

  /** Why something cannot be done, or "". @param {string} what */
  cannot(what) {
    return this.facts?.cannot[what] ?? "";
  }

  // ------------------------------------------------------------------------------------------ rows

  /** Ask for the rows of a window that are not known. @param {number} first @param {number} last */
  load(first, last) {
    if (this.loading || !this.facts || performance.now() < this.pause) return;
    const start = this.pages.missing(first, last);
    if (start < 0) return;
    this.loading = true;
    const { search, hidden } = this.ui;
    const wanted = `${search} ${[...hidden]}`;
    this.ask({ type: "page", start, count: PAGE, search, labels: wantedLabels(this.facts.figures.labels, hidden) })
      .then((page) => {
        this.loading = false;
        this.pause = 0;
        if (wanted === `${this.ui.search} ${[...this.ui.hidden]}`) this.take(page);
        this.draw();
      })
      .catch((error) => {
        this.loading = false;
        this.pause = performance.now() + PAUSE_MS;
        this.say(error.message, { bad: true });
      });
  }

  refresh() {
    this.pages.growOld();
    this.draw();
  }

  /** Show what fits a search and the labels that are not hidden. */
  refilter() {
    this.pages.forget();
    this.pages.fitting = 1; // so that a page is asked for
    this.cursor = { ...this.cursor, index: 0, anchor: 0 };
    for (const view of this.views) view.scroller.scrollTop = 0;
    this.draw();
  }

  showAll() {
    this.ui.search = "";
    this.ui.hidden.clear();
    this.refilter();
  }

  /** Look again and again whether somebody else wrote, while the grid is in sight. */
  async poll() {
    if (this.polling) return;
    this.polling = 1;
    while (this.alive) {
      const began = performance.now();
      if (document.visibilityState === "visible" && [...this.views].some((view) => view.inSight)) {
        const version = await this.ask({ type: "version" }).catch(() => null);
        if (version !== null && (version !== this.facts?.version || this.pause)) this.refresh();
      }
      const took = performance.now() - began; // a session that is slow to read is asked less often
      await new Promise((resolve) => setTimeout(resolve, Math.max(LOOK_MS, 20 * took)));
    }
    this.polling = 0;
  }

  // ------------------------------------------------------------------------------------------ where one is

  /** @param {import("./grid_rows.js").Row | null} row */
  choose(row) {
    this.current = row;
    this.pane.show(row);
  }

  /** Go to a row. @param {number} index @param {{extend?: boolean, column?: string}} [options] */
  go(index, { extend = false, column = "" } = {}) {
    const { cursor } = this;
    cursor.index = Math.max(0, Math.min(index, this.pages.fitting - 1));
    if (!extend) cursor.anchor = cursor.index;
    if (column) cursor.column = column;
    const row = this.pages.row(cursor.index);
    if (row) this.choose(row);
    else if (this.pages.fitting) this.choose(AWAITED); // what is typed meanwhile must not go to another row
    for (const view of this.views) view.reveal(cursor.index);
    this.draw();
  }

  /** Go to a place of the whole history, from 1. @param {number} position */
  goTo(position) {
    const here = [...this.pages.pages.values()].flat().find((row) => row.position === position);
    const index = here ? this.pages.find(here.key) : position - 1;
    if (!here && this.isFiltered) this.showAll();
    this.pages.fitting = Math.max(this.pages.fitting, index + 1);
    this.go(index);
  }

  /** The chosen rows. @returns {[number, number]} */
  get range() {
    const { index, anchor } = this.cursor;
    return index < anchor ? [index, anchor] : [anchor, index];
  }

  /** The chosen rows as they are known, those too that are out of sight. @returns {Promise<import("./grid_rows.js").Row[]>} */
  async chosen() {
    if (!this.current) return [];
    const [first, last] = this.range;
    const rows = [];
    for (let index = first; index <= last; index++) {
      if (!this.pages.row(index)) {
        const { search, hidden } = this.ui;
        const start = Math.floor(index / PAGE) * PAGE;
        this.take(await this.ask({ type: "page", start, count: PAGE, search, labels: wantedLabels(this.facts.figures.labels, hidden) }));
      }
      const row = this.pages.row(index);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** The key of the row at a place of the whole history, or null past its end. @param {number} position  from 1 */
  async keyAt(position) {
    if (position > this.facts.figures.items) return null;
    const known = this.isFiltered ? undefined : this.pages.row(position - 1);
    if (known) return known.key;
    const page = await this.ask({ type: "page", start: position - 1, count: 1, search: "", labels: [] });
    return page.rows[0]?.key ?? null;
  }

  // ------------------------------------------------------------------------------------------ changes

  /** Say something under the table. @param {string} text @param {{bad?: boolean, actions?: any[], field?: any}} [more] */
  say(text, { bad = false, actions = [], field = null } = {}) {
    this.note = text ? { text, bad, actions, field } : null;
    this.draw();
  }

  /** Run a command of the user's; a refusal is said. @param {() => Promise<any>} work */
  async run(work) {
    try {
      this.say("");
      return await work();
    } catch (error) {
      this.say(/** @type {Error} */ (error).message, { bad: true });
      return null;
    } finally {
      this.draw();
    }
  }

  /**
   * Change the session; where half a pair would stand alone, offer what can be done about it.
   * @param {any} change @param {{on_orphan?: string, done?: (written: any) => void}} [options]
   */
  async change(change, { on_orphan = "error", done } = {}) {
    try {
      const written = await this.ask({ type: "change", change, on_orphan });
      this.wrote(written);
      done?.(written);
      return written;
    } catch (error) {
      if (!(error instanceof Refusal) || error.kind !== "orphan") throw error;
      const again = (/** @type {string} */ policy) => () => this.run(() => this.change(change, { on_orphan: policy, done }));
      const actions = [
        ...(change.kind === "insert" ? [] : [{ label: "Remove the other half too", run: again("pair") }]),
        { label: "Add a stand-in output", run: again("stub") },
        { label: "Cancel", run: () => this.say("") },
      ];
      this.say(orphanText(error.message), { bad: true, actions });
      return null;
    }
  }

  /** @param {any} written */
  wrote(written) {
    this.touched = true;
    this.refresh();
    if (written?.position && !this.isFiltered) {
      this.cursor.index = this.cursor.anchor = written.position - 1;
      this.pages.fitting = Math.max(this.pages.fitting, written.position);
      this.current = { ...AWAITED, key: written.keys[0] };
      if (this.pane.row?.key !== this.current.key) this.pane.show(this.current);
      for (const view of this.views) view.reveal(this.cursor.index);
    }
  }

  undo() {
    return this.walk("undo", "Nothing to undo.");
  }

  redo() {
    return this.walk("redo", "Nothing to redo.");
  }

  /** @param {"undo" | "redo"} type @param {string} nothing */
  walk(type, nothing) {
    return this.run(async () => {
      const written = await this.ask({ type });
      if (written) this.wrote(written);
      this.say(written ? `${type === "undo" ? "Undone" : "Redone"}: ${reportText(written.report)}.` : nothing);
    });
  }

  remove() {
    return this.run(async () => {
      const rows = await this.chosen();
      if (!rows.length) return;
      const change = { kind: "delete", keys: rows.map((row) => row.key), stamps: rows.map((row) => row.stamp) };
      const undo = { label: "Undo", run: () => this.undo() };
      await this.change(change, {
        done: (written) => this.say(`Deleted ${plural(written.report.deleted, "item")}.`, { actions: this.cannot("undo") ? [] : [undo] }),
      });
    });
  }

  duplicate() {
    return this.run(async () => {
      const row = this.current;
      if (!row?.position) return;
      const after = Math.max(row.position, row.partner ?? 0);
      await this.change({ kind: "insert", before: await this.keyAt(after + 1), like: row.key });
    });
  }

  /** Move the chosen rows by one place. @param {number} by  -1 or 1 */
  move(by) {
    return this.run(async () => {
      if (this.isFiltered) return this.say("Clear the search and the filter to change the order.");
      const rows = await this.chosen();
      if (!rows.length) return;
      const to = by < 0 ? rows[0].position - 1 : rows[rows.length - 1].position + 2;
      if (to < 1 || to > this.facts.figures.items + 1) return;
      const { length } = rows;
      await this.change(
        { kind: "move", keys: rows.map((row) => row.key), before: await this.keyAt(to) },
        { done: () => (this.cursor.anchor = this.cursor.index + length - 1) },
      );
    });
  }

  /** Add an item after the chosen one. @param {Record<string, string>} cells */
  async insert(cells) {
    const position = this.current?.position || this.facts.figures.items;
    return this.change({ kind: "insert", before: await this.keyAt(position + 1), cells }, { done: () => this.pane.added() });
  }

  askBranch() {
    const row = this.current;
    if (!row?.position) return this.say("Choose the item that the branch ends with.");
    const name = branchName(this.facts.session_id, this.facts.sheets);
    const field = { label: `Branch at item ${count(row.position)} as`, value: name, run: (/** @type {string} */ id) => this.branch(id, row.key) };
    this.say(" ", { field, actions: [{ label: "Cancel", run: () => this.say("") }] });
  }

  /** @param {string} name @param {string} at */
  branch(name, at) {
    return this.run(async () => {
      const { session_id, opened } = await this.ask({ type: "branch", new_id: name, at });
      this.facts.sheets = [...new Set([...this.facts.sheets, session_id])];
      this.say(`Branched: ${opened}`, { actions: [{ label: "Show it here", run: () => this.open(session_id) }] });
    });
  }

  /** @param {string} session_id */
  open(session_id) {
    return this.run(() => this.ask({ type: "open", session_id }));
  }

  /** Nobody edits any more: the saved form may be made anew. */
  async settle() {
    if (!this.touched || this.pane.hasDrafts) return;
    this.touched = false;
    await this.ask({ type: "rest" }).catch(() => {});
  }
}

function emptyFacts() {
  const figures = { items: 0, turns: 0, tokens: 0, labels: {}, whole: true, undo: 0, redo: false };
  return { figures, cannot: {}, session_id: "", where: "", sheets: [], version: "" };
}

/** What a reader of the grid needs of it, without what is for programs. @param {string} text */
function orphanText(text) {
  return text.split(" Nothing was written.")[0].replace(/^row /, "Item ").replace(/^Item None: /, "");
}

/** @param {{inserted: number, updated: number, deleted: number, moved: number}} report */
export function reportText(report) {
  const parts = [
    report.inserted && `${plural(report.inserted, "item")} put in`,
    report.updated && `${plural(report.updated, "item")} changed`,
    report.deleted && `${plural(report.deleted, "item")} taken out`,
    report.moved && `${plural(report.moved, "item")} moved`,
  ];
  return parts.filter(Boolean).join(", ") || "nothing changed";
}

// ---------------------------------------------------------------------------------------------- one view

class View extends LiveView {
  /** @param {Hub} hub */
  constructor(hub) {
    super(hub, STYLE + PANE_STYLE);
    this.hub = hub;
    /** @type {any[]} */ this.pool = [];
    this.drawnHead = "";
    this.drawnMenu = "";
    this.scrolled = 0;
    this.wasAtEnd = false;
    this.inSight = true;
    this.build();
    this.listen();
    this.sight = new IntersectionObserver((seen) => (this.inSight = seen[seen.length - 1].isIntersecting));
  }

  /** @param {Element} place */
  mount(place) {
    super.mount(place);
    this.scroller.scrollTop = this.scrolled;
    this.sight.observe(this.root);
  }

  unmount() {
    this.sight.disconnect();
    super.unmount();
  }

  build() {
    this.box.append(this.buildToolbar(), this.buildPanes(), this.buildBar(), this.buildFoot());
  }

  buildToolbar() {
    this.name = make("b", "name");
    this.sheets = make("select", "sheets", { "aria-label": "Session", hidden: "" });
    /** @type {Record<string, any>} */
    this.buttons = {
      undo: button("undo", "Undo", "Undo the last edit  (Ctrl+Z)"),
      redo: button("redo", "Redo", "Redo  (Ctrl+Y)"),
      add: button("add", "Add", "Add an item after the chosen one  (+)"),
      duplicate: button("copy", "Duplicate", "Copy the chosen item; a call with its output  (Ctrl+D)"),
      delete: button("bin", "Delete", "Delete the chosen items  (Delete)"),
      up: button("up", "", "Move up  (Alt+↑)"),
      down: button("down", "", "Move down  (Alt+↓)"),
      branch: button("branch", "Branch here", "Begin a session that ends with the chosen item  (B)"),
    };
    this.search = make("input", "search", { type: "search", placeholder: "Search  /", "aria-label": "Search items", spellcheck: "false" });
    return make("div", "toolbar", { role: "toolbar", "aria-label": "Session" }, [
      this.name, this.sheets, make("span", "buttons", {}, Object.values(this.buttons)), make("span", "space"), this.search,
    ]);
  }

  buildPanes() {
    this.head = make("div", "head", { role: "row", "aria-rowindex": "1" });
    this.rows = make("div", "rows", { role: "rowgroup" });
    this.none = make("div", "none dim", { hidden: "" });
    this.scroller = make("div", "scroller", { tabindex: "0", role: "grid", "aria-label": "Items", "aria-multiselectable": "true" }, [this.head, this.rows, this.none]);
    this.menu = make("div", "menu", { hidden: "" });
    this.side = this.hub.pane.element();
    return make("div", "panes", {}, [make("div", "table", {}, [this.scroller, this.menu]), this.side]);
  }

  buildBar() {
    this.bar = make("div", "bar", { role: "status", hidden: "" });
    return this.bar;
  }

  buildFoot() {
    this.facts = make("span");
    this.edits = make("span");
    this.fits = make("span");
    this.all = make("button", "link", { type: "button" }, ["Show all"]);
    this.where = make("span", "where");
    this.wait = make("span", "wait", { hidden: "" }, [make("span", "pulse", { "aria-hidden": "true" }), "waiting for the kernel"]);
    return make("div", "foot num", {}, [this.facts, this.fits, this.all, this.edits, this.where, make("span", "space"), this.wait]);
  }

  // ------------------------------------------------------------------------------------------ events

  listen() {
    const { hub } = this;
    const commands = {
      undo: () => hub.undo(), redo: () => hub.redo(), add: () => this.add(), duplicate: () => hub.duplicate(), delete: () => hub.remove(),
      up: () => hub.move(-1), down: () => hub.move(1), branch: () => this.branch(),
    };
    for (const [name, run] of Object.entries(commands)) {
      const element = this.buttons[name];
      this.on(element, "click", () => {
        this.scroller.focus({ preventScroll: true });
        if (element.getAttribute("aria-disabled") === "true") hub.say(element.title);
        else run();
      });
    }
    this.on(this.search, "input", () => this.searchSoon());
    this.on(this.search, "keydown", (event) => this.searchKey(event));
    this.on(this.sheets, "change", () => hub.open(this.sheets.value));
    this.on(this.all, "click", () => hub.showAll());
    this.on(this.scroller, "scroll", () => this.onScroll());
    this.on(this.rows, "mousedown", (event) => this.press(event));
    this.on(this.rows, "dblclick", () => this.edit());
    this.on(this.head, "click", (event) => this.openMenu(event.target.closest("[data-menu]")?.dataset.menu ?? ""));
    this.on(this.menu, "change", (event) => this.pick(event.target));
    this.on(this.scroller, "keydown", (event) => this.key(event));
    this.on(this.root, "keydown", (event) => event.key === "Escape" && hub.ui.menu && this.openMenu(""));
    this.on(this.shadow, "mousedown", (event) => hub.ui.menu && !event.target.closest(".menu, [data-menu]") && this.openMenu(""));
    this.on(this.root, "keydown", (event) => event.key === "s" && (event.ctrlKey || event.metaKey) && this.saveNotebook(event));
    this.on(this.root, "focusout", (event) => this.root.contains(event.relatedTarget) || hub.settle());
  }

  onScroll() {
    const { scroller } = this;
    this.scrolled = scroller.scrollTop;
    this.wasAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 2;
    this.hub.draw();
  }

  searchSoon() {
    clearTimeout(this.searching);
    this.searching = setTimeout(() => {
      if (this.hub.ui.search === this.search.value) return;
      this.hub.ui.search = this.search.value;
      this.hub.refilter();
    }, 120);
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.searchSoon();
    } else if (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown") this.scroller.focus();
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {any} */ (target.closest(".row"));
    if (!row || event.button !== 0) return;
    const column = /** @type {any} */ (target.closest("[data-column]"))?.dataset.column ?? "";
    if (event.shiftKey) event.preventDefault();
    this.hub.go(row.index, { extend: event.shiftKey, column });
  }

  /** @param {string} menu */
  openMenu(menu) {
    const { ui } = this.hub;
    ui.menu = ui.menu === menu ? "" : menu;
    this.drawnMenu = "";
    this.hub.draw();
    if (ui.menu) requestAnimationFrame(() => this.menu.querySelector("input")?.focus());
    else this.scroller.focus();
  }

  /** @param {HTMLInputElement} box */
  pick(box) {
    const { ui } = this.hub;
    const set = ui.menu === "labels" ? ui.hidden : ui.columns;
    const add = ui.menu === "labels" ? !box.checked : box.checked;
    if (add) set.add(box.value);
    else set.delete(box.value);
    if (ui.menu === "labels") this.hub.refilter();
    this.hub.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const run = command ? this.commandKey(event) : event.altKey ? this.altKey(event) : this.plainKey(event);
    if (!run) return;
    event.preventDefault();
    run();
  }

  /** @param {KeyboardEvent} event @returns {(() => any) | undefined} */
  commandKey(event) {
    const { hub } = this;
    const key = event.key.toLowerCase();
    if (key === "z") return () => this.command(event.shiftKey ? "redo" : "undo");
    if (key === "y") return () => this.command("redo");
    if (key === "d") return () => this.command("duplicate");
    if (key === "home") return () => hub.go(0, { extend: event.shiftKey });
    if (key === "end") return () => hub.go(hub.pages.fitting - 1, { extend: event.shiftKey });
    return undefined;
  }

  /** @param {KeyboardEvent} event @returns {(() => any) | undefined} */
  altKey(event) {
    if (event.key === "ArrowUp") return () => this.command("up");
    if (event.key === "ArrowDown") return () => this.command("down");
    return undefined;
  }

  /** @param {KeyboardEvent} event @returns {(() => any) | undefined} */
  plainKey(event) {
    const { hub } = this;
    const { index } = hub.cursor;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    const to = { ArrowUp: index - 1, ArrowDown: hub.current ? index + 1 : index, PageUp: index - page, PageDown: index + page, Home: 0, End: hub.pages.fitting - 1 }[event.key];
    if (to !== undefined) return () => hub.go(to, { extend: event.shiftKey });
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return () => this.sideways(event.key === "ArrowLeft" ? -1 : 1);
    if (event.key === "Enter" || event.key === "F2") return () => this.edit();
    if (event.key === "Delete" || event.key === "Backspace") return () => this.command("delete");
    if (event.key === "Insert" || event.key === "+") return () => this.command("add");
    if (event.key === "b" || event.key === "B") return () => this.command("branch");
    if (event.key === "/") return () => this.search.focus();
    if (event.key === "Escape") return () => this.escape();
    return undefined;
  }

  /** Hand the notebook its key for saving, which it does not hear from in here. @param {KeyboardEvent} event */
  async saveNotebook(event) {
    event.preventDefault();
    await this.hub.settle();
    const { key, code, keyCode, ctrlKey, metaKey } = event;
    const copy = /** @type {any} */ ({ key, code, keyCode, ctrlKey, metaKey, bubbles: true, cancelable: true });
    this.root.parentElement?.dispatchEvent(new KeyboardEvent("keydown", copy));
  }

  /** @param {string} name */
  command(name) {
    this.buttons[name].click();
  }

  /** @param {number} by */
  sideways(by) {
    const names = this.hub.columns.map((column) => column.name);
    const place = Math.max(0, Math.min(names.length - 1, names.indexOf(this.hub.cursor.column) + by));
    this.hub.cursor.column = names[place];
    this.hub.draw();
    this.rows.querySelector(".selected .on")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  escape() {
    const { hub } = this;
    if (hub.note) hub.say("");
    else if (hub.cursor.anchor !== hub.cursor.index) hub.go(hub.cursor.index);
    else if (hub.isFiltered) {
      this.search.value = "";
      hub.showAll();
    }
  }

  edit() {
    if (this.hub.current) this.hub.pane.edit(this.side, this.hub.cursor.column);
  }

  add() {
    this.hub.pane.begin();
    this.hub.pane.focus(this.side);
  }

  branch() {
    this.hub.askBranch();
    this.drawBar(); // at once, so that what is typed next goes there
    this.bar.querySelector("input")?.focus();
    this.bar.querySelector("input")?.select();
  }

  /** Scroll so that a row is in sight. @param {number} index */
  reveal(index) {
    const { scroller } = this;
    const top = index * ROW;
    const room = scroller.clientHeight - ROW; // the head covers one row
    this.growTo(Math.max(index + 1, this.hub.pages.fitting));
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + room) scroller.scrollTop = top + ROW - room;
  }

  /** @param {number} rows */
  growTo(rows) {
    const height = `${rows * ROW}px`;
    if (this.rows.style.height !== height) this.rows.style.height = height;
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    const { hub } = this;
    if (!hub.facts) return;
    this.root.toggleAttribute("data-narrow", this.root.clientWidth < NARROW);
    this.drawToolbar();
    this.drawHead();
    this.drawRows();
    this.drawMenu();
    this.drawBar();
    this.drawFoot();
    hub.pane.draw(this.side);
  }

  drawToolbar() {
    const { hub } = this;
    const { facts } = hub;
    put(this.name, facts.session_id);
    const several = facts.sheets.length > 1;
    this.name.hidden = several;
    this.sheets.hidden = !several;
    if (several && this.drawnSheets !== String(facts.sheets)) {
      this.drawnSheets = String(facts.sheets);
      this.sheets.replaceChildren(...facts.sheets.map((/** @type {string} */ name) => make("option", "", {}, [name])));
    }
    this.sheets.value = facts.session_id;
    const nothing = hub.current ? "" : "Choose an item first.";
    const order = hub.isFiltered ? "Clear the search and the filter to change the order." : nothing;
    this.allow("undo", hub.cannot("undo") || (facts.figures.undo ? "" : "Nothing to undo yet."));
    this.allow("redo", hub.cannot("undo") || (facts.figures.redo ? "" : "Nothing to redo."));
    this.allow("add", hub.cannot("insert"));
    this.allow("duplicate", hub.cannot("insert") || nothing);
    this.allow("delete", hub.cannot("delete") || nothing);
    this.allow("up", hub.cannot("move") || order);
    this.allow("down", hub.cannot("move") || order);
    this.allow("branch", hub.cannot("branch") || nothing);
  }

  /** Grey a command out and say why, or not. @param {string} name @param {string} why */
  allow(name, why) {
    const element = this.buttons[name];
    element.setAttribute("aria-disabled", String(Boolean(why)));
    element.title = why || element.dataset.title;
  }

  drawHead() {
    const { hub } = this;
    const drawn = `${hub.columns.map((column) => column.name)} ${hub.ui.hidden.size}`;
    if (drawn === this.drawnHead) return;
    this.drawnHead = drawn;
    this.box.style.setProperty("--cols", `${hub.columns.map((column) => column.width).join(" ")} 22px`);
    const wide = hub.columns.reduce((sum, { width }) => sum + parseInt(/\d+/.exec(width)?.[0] ?? "0", 10), 0);
    this.box.style.setProperty("--wide", `${wide + 80}px`);
    this.head.replaceChildren(...hub.columns.map((column) => this.headCell(column)), this.columnsButton());
  }

  /** @param {{name: string, title: string}} column */
  headCell({ name, title }) {
    const inside = name === "label"
      ? [make("button", this.hub.ui.hidden.size ? "sort active" : "sort", { type: "button", title: "Show some types only" }, [title, make("i", "caret", { "aria-hidden": "true" })])]
      : [title];
    if (name === "label") inside[0].dataset.menu = "labels";
    return make("div", `cell ${name}`, { role: "columnheader" }, inside);
  }

  columnsButton() {
    const element = make("button", "more", { type: "button", title: "Choose columns", "aria-label": "Choose columns" }, ["⋯"]);
    element.dataset.menu = "columns";
    return element;
  }

  drawRows() {
    const { hub, scroller } = this;
    const { fitting } = hub.pages;
    this.box.style.setProperty("--digits", `${28 + 8 * Math.max(2, String(hub.facts.figures.items).length)}px`);
    const shown = Math.max(MIN_ROWS, Math.min(MAX_ROWS, hub.facts.figures.items));
    scroller.style.height = `${(shown + 1) * ROW + 1}px`;
    const grew = fitting > (this.drawnFitting ?? fitting);
    this.drawnFitting = fitting;
    this.growTo(fitting);
    if (grew && this.wasAtEnd && !scroller.matches(":focus-within")) scroller.scrollTop = scroller.scrollHeight;
    scroller.setAttribute("aria-rowcount", String(fitting + 1));
    const { first, last } = rowsIn(fitting, scroller.scrollTop, scroller.clientHeight - ROW);
    hub.load(first, Math.max(first, last));
    while (this.pool.length <= last - first) this.pool.push(makeRow(this.rows));
    const [from, to] = hub.range;
    this.pool.forEach((row, i) => {
      const index = first + i;
      row.element.hidden = index > last;
      if (index <= last) drawRow(row, index, hub, Boolean(hub.current) && index >= from && index <= to);
    });
    this.none.hidden = fitting > 0 || hub.loading;
    put(this.none, hub.isFiltered ? "No item fits." : "No items yet. A run with this session adds some, and so does + Add.");
  }

  drawMenu() {
    const { hub } = this;
    const { menu } = hub.ui;
    this.menu.hidden = !menu;
    const drawn = menu && JSON.stringify([menu, hub.facts.figures.labels]);
    if (!menu || drawn === this.drawnMenu) return;
    this.drawnMenu = drawn;
    this.menu.className = `menu ${menu}`;
    const lines = menu === "labels"
      ? labelCounts(hub.facts.figures.labels).map(([label, n]) => menuLine(label, label, count(n), !hub.ui.hidden.has(label)))
      : COLUMNS.map(({ name, title }) => menuLine(name, title, "", hub.ui.columns.has(name)));
    this.menu.replaceChildren(...lines);
  }

  drawBar() {
    const { note } = this.hub;
    this.bar.hidden = !note;
    if (note === this.drawnNote) return;
    this.drawnNote = note;
    this.bar.className = note?.bad ? "bar bad" : "bar";
    const actions = (note?.actions ?? []).map((/** @type {any} */ action) => {
      const element = make("button", "button framed", { type: "button" }, [action.label]);
      this.on(element, "click", () => {
        this.scroller.focus();
        action.run();
      });
      return element;
    });
    this.bar.replaceChildren(make("span", "said", {}, [note?.text.trim() ?? ""]), ...(note?.field ? this.fieldOf(note.field) : []), ...actions);
  }

  /** A name to fill in. @param {any} field */
  fieldOf(field) {
    const input = make("input", "search wide", { type: "text", "aria-label": field.label, spellcheck: "false" });
    input.value = field.value;
    const go = make("button", "button framed", { type: "button" }, ["Branch"]);
    const run = () => {
      this.scroller.focus();
      field.run(input.value.trim());
    };
    this.on(go, "click", run);
    this.on(input, "keydown", (event) => {
      if (event.key === "Enter") run();
      if (event.key === "Escape") {
        this.hub.say("");
        this.scroller.focus();
      }
    });
    return [make("span", "", {}, [field.label]), input, go];
  }

  drawFoot() {
    const { hub } = this;
    const { figures, where } = hub.facts;
    const { items, turns, tokens, whole, undo } = figures;
    put(this.facts, [plural(items, "item"), ...(whole ? [plural(turns, "turn"), `about ${plural(tokens, "token")}`] : ["reading…"])].join(" · "));
    put(this.fits, hub.isFiltered && !hub.loading ? `${count(hub.pages.fitting)} shown` : "");
    this.all.hidden = !hub.isFiltered;
    put(this.edits, undo ? `${plural(undo, "edit")}, ${undo === 1 ? "undoable" : "all undoable"}` : "");
    put(this.where, where);
    this.wait.hidden = !hub.isSlow;
  }
}

const ICONS = {
  undo: "M5.5 3 2.5 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H7",
  redo: "M10.5 3l3 3-3 3M13 6H6.5a3.5 3.5 0 0 0 0 7H9",
  add: "M8 3v10M3 8h10",
  copy: "M6 6h7v7H6zM3.5 10H3V3h7v.5",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  up: "M8 13V3.5M4 7l4-4 4 4",
  down: "M8 3v9.5M4 9l4 4 4-4",
  branch: "M5 3v10M11 3v2.5a3 3 0 0 1-3 3H5M3.5 3h3M3.5 13h3M9.5 3h3",
};

/** @param {string} name */
function icon(name) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) element.setAttribute(key, value);
  path.setAttribute("d", ICONS[/** @type {keyof typeof ICONS} */ (name)]);
  element.append(path);
  return element;
}

/** @param {string} name @param {string} label @param {string} title */
function button(name, label, title) {
  const element = make("button", "button", { type: "button", title }, [icon(name), make("span", "word", {}, [label])]);
  element.setAttribute("aria-label", label || title);
  element.dataset.title = title;
  return element;
}

/** @param {string} value @param {string} title @param {string} figure @param {boolean} checked */
function menuLine(value, title, figure, checked) {
  const box = make("input", "", { type: "checkbox", value });
  box.checked = checked;
  return make("label", "", {}, [box, make("span", "", {}, [title]), make("span", "dim num", {}, [figure])]);
}

/** @param {any} parent */
function makeRow(parent) {
  const element = make("div", "row", { role: "row" });
  parent.append(element);
  return { element, cells: /** @type {any[]} */ ([]), columns: "" };
}

/** @param {any} row @param {number} index @param {Hub} hub @param {boolean} selected */
function drawRow(row, index, hub, selected) {
  const { element } = row;
  const item = hub.pages.row(index);
  const columns = hub.columns.map((column) => column.name);
  if (row.columns !== String(columns)) {
    row.columns = String(columns);
    row.cells = columns.map((name) => cellOf(name));
    element.replaceChildren(...row.cells);
  }
  element.index = index;
  element.style.top = `${index * ROW}px`;
  element.id = `row-${index}`;
  element.className = ["row", selected && "selected", !item && "unknown", pairClass(item, hub.current), item?.problem && "failed"].filter(Boolean).join(" ");
  element.setAttribute("aria-rowindex", String(index + 2));
  element.setAttribute("aria-selected", String(selected));
  row.cells.forEach((/** @type {any} */ cell, /** @type {number} */ i) => drawCell(cell, columns[i], item, selected && index === hub.cursor.index && columns[i] === hub.cursor.column, hub));
}

/** @param {string} name */
function cellOf(name) {
  const element = make("div", `cell ${name}`, { role: "gridcell" });
  element.dataset.column = name;
  return element;
}

/** @param {any} item @param {any} current */
function pairClass(item, current) {
  if (!item || (item.label !== "call" && item.label !== "output")) return "";
  const near = item.partner !== null && Math.abs(item.partner - item.position) === 1;
  const linked = current && item.partner !== null && item.partner === current.position;
  return ["pair", item.label, item.partner === null && "lone", near && "near", linked && "linked"].filter(Boolean).join(" ");
}

/** @param {any} cell @param {string} name @param {any} item @param {boolean} on @param {Hub} hub */
function drawCell(cell, name, item, on, hub) {
  cell.classList.toggle("on", on);
  const { text, title } = item ? cellText(name, item, hub) : { text: "", title: "" };
  put(cell, text);
  if (cell.title !== title) cell.title = title;
  if (name !== "said") return;
  cell.classList.toggle("code", Boolean(item) && (item.label === "call" || item.label === "output"));
  cell.classList.toggle("bad", Boolean(item) && (item.said.startsWith("✗") || item.problem !== null));
}

/** @param {string} name @param {any} item @param {Hub} hub @returns {{text: string, title: string}} */
function cellText(name, item, hub) {
  if (name === "position") return { text: `${count(item.position)}${hub.pane.isDraft(item.key) ? " •" : ""}`, title: hub.pane.isDraft(item.key) ? "Edited, not yet saved" : "" };
  if (name === "label") return { text: labelText(item), title: item.problem ?? item.cells.type ?? "" };
  if (name === "said") return { text: item.said, title: item.problem ?? "" };
  if (name === "created_at") {
    const { short, full } = clock(item.cells.created_at);
    return { text: short, title: full };
  }
  const value = item.cells[name];
  return { text: value === undefined ? "" : name === "tokens" ? count(value) : String(value), title: "" };
}

/** A row's label; where its other half is not beside it, with its place. @param {any} item */
export function labelText(item) {
  if (item.partner === null || Math.abs(item.partner - item.position) === 1) return item.label;
  return `${item.label} ${item.label === "call" ? "→" : "←"} ${count(item.partner)}`;
}

// ---------------------------------------------------------------------------------------------- looks

const STYLE = `
.toolbar { gap: 4px 6px; } .toolbar .search { flex: 0 1 132px; min-width: 84px; } :host([data-narrow]) .toolbar { flex-wrap: wrap; } .name { padding: 0 4px; max-width: 240px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.buttons { display: flex; } .buttons .button { padding: 0 7px; } :host([data-narrow]) .buttons { flex-wrap: wrap; } .icon { width: 14px; height: 14px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round; } .word:empty { display: none; }
.button[aria-disabled=true] { opacity: .42; cursor: default; } .button[aria-disabled=true]:hover { background: none; color: var(--nb-dim); }
.sheets { font: inherit; font-weight: 600; max-width: 170px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; padding: 0 2px; height: 24px; }
.panes { display: grid; grid-template-columns: minmax(0, 1fr) minmax(272px, 33%); }
.table { position: relative; min-width: 0; }
.scroller { position: relative; overflow: auto; overscroll-behavior-y: auto; } .scroller:focus-visible { outline: none; }
.head, .row { display: grid; grid-template-columns: var(--cols); min-width: max(100%, var(--wide)); height: ${ROW}px; border-bottom: 1px solid var(--nb-line); }
.head { position: sticky; top: 0; z-index: 2; background: var(--nb-bg); color: var(--nb-dim); }
.rows { position: relative; min-width: max(100%, var(--wide)); }
.row { position: absolute; left: 0; right: 0; cursor: default; border-bottom-color: color-mix(in srgb, var(--nb-line) 60%, transparent); } .row:hover { background: var(--nb-hover); } .row.linked { background: color-mix(in srgb, var(--nb-function) 9%, transparent); } .row.selected { background: var(--nb-sel); }
.cell { position: relative; padding: 0 8px; line-height: ${ROW - 1}px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.cell.position, .cell.tokens, .cell.created_at, .cell.id { font-variant-numeric: tabular-nums; color: var(--nb-dim); } .cell.position, .cell.label, .cell.agent { color: var(--nb-dim); } .head .cell { color: var(--nb-dim); }
.cell.position { padding-left: 12px; } .cell.tokens { text-align: right; padding-right: 10px; } .cell.code, .cell.arguments, .cell.output, .cell.call_id, .cell.metadata, .cell.tool { font: 12px/${ROW - 1}px var(--nb-mono); } .head .cell { font: inherit; line-height: ${ROW - 1}px; }
.cell.bad { color: var(--nb-bad); } .unknown .cell::after { content: ""; display: block; width: 60%; height: 8px; margin-top: 10px; border-radius: 4px; background: var(--nb-line); opacity: .6; }
.scroller:focus .cell.on { box-shadow: inset 0 0 0 1.5px var(--nb-accent); border-radius: 3px; }
.row.pair .cell.label { padding-left: 18px; } .row.pair .cell.label::before { content: ""; position: absolute; left: 8px; top: 5px; bottom: 5px; width: 2.5px; border-radius: 2px; background: var(--nb-function); }
.row.pair.near.call .cell.label::before { bottom: -1px; border-radius: 2px 2px 0 0; } .row.pair.near.output .cell.label::before { top: -1px; border-radius: 0 0 2px 2px; } .row.pair.lone .cell.label::before { background: none; border: 1px dashed var(--nb-bad); }
.sort { display: inline-flex; align-items: center; gap: 5px; } .sort.active { color: var(--nb-accent); font-weight: 600; } .sort .caret { border: 3.5px solid transparent; border-top: 4.5px solid currentColor; border-bottom: 0; opacity: .7; }
.more { position: absolute; right: 2px; top: 2px; height: 23px; padding: 0 7px; border-radius: 4px; background: var(--nb-bg); color: var(--nb-dim); } .more:hover, .sort:hover { color: var(--nb-text); }
.menu { position: absolute; top: ${ROW}px; z-index: 5; min-width: 170px; max-height: 320px; overflow: auto; padding: 5px; border: 1px solid var(--nb-line); border-radius: 6px; background: var(--nb-bg); box-shadow: 0 6px 20px rgb(0 0 0 / .16); } .menu.labels { left: 56px; } .menu.columns { right: 4px; }
.menu label { display: flex; align-items: center; gap: 8px; padding: 2px 6px; border-radius: 4px; cursor: pointer; } .menu label:hover { background: var(--nb-hover); } .menu label span:nth-child(2) { flex: 1; } .menu input { accent-color: var(--nb-accent); margin: 0; }
.none { position: absolute; left: 12px; top: ${ROW + 10}px; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; padding: 6px 10px; border-top: 1px solid var(--nb-line); overflow-wrap: anywhere; } .bar.bad .said { color: var(--nb-bad); } .bar .said:empty { display: none; } .wide { width: 200px; }
.link { color: var(--nb-accent); } .link:hover { text-decoration: underline; } .where { color: var(--nb-good, #1a7f37); } :host([data-dark]) .where { color: #3fb950; } .foot > span:empty { display: none; } .wait { display: inline-flex; align-items: center; gap: 6px; }
:host([data-narrow]) .panes { grid-template-columns: minmax(0, 1fr); } :host([data-narrow]) .word { display: none; }
`;

export default widget((model) => new Hub(model));
