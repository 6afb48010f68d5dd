// @ts-check
/**
 * The session widget: a session as a table that one can edit.
 *
 * Messages to the kernel; each but `ready` has {client, id}, and is answered
 *   {type: "ready"}                                  send the first page
 *   {type: "page", start, count, search, labels}     some of the rows that fit a search and labels ([] is all)
 *   {type: "cells", key}                             every cell of one row, whole
 *   {type: "items", keys}                            the JSON of some rows' items
 *   {type: "change", change, on_orphan, ...page}     change is {kind: "set" | "insert" | "delete" | "move", ...} as in sheet.py
 *   {type: "undo", ...page}, {type: "redo", ...page} page: the rows in sight, as for "page"; they come with the answer,
 *                                                    or where all are shown those where the change is
 *   {type: "version"}
 *   {type: "branch", new_id, at}, {type: "open", session_id}
 *   {type: "rest"}                                   nobody edits now: bring the saved form up to date
 *
 * Messages from the kernel; what they hold is JSON in buffer 0
 *   {type: "first"}                                  the first page, to every page of the notebook
 *   {type: "answer", client, id}                     what was asked for
 *   {type: "refused", client, id}                    {text, kind: "conflict" | "orphan" | "other", conflicts}
 *   {type: "changed", client}                        that page changed the session: others look again; null is all
 *   {type: "error", about, text}                     a request that failed (live.py)
 *
 * Rows are asked for a page at a time as one scrolls, and are in no trait. Whatever else writes to the session is seen
 * by asking for its version while the grid is in sight. What an item holds is set as text, never as HTML.
 */

import { Clipboard } from "./clipboard.js";
import { GridHub } from "./hub.js";
import { commandOf, rowWanted } from "./keys.js";
import { Menu } from "./menu.js";
import { Bar, Foot } from "./notes.js";
import { Pane } from "./pane.js";
import { PANE_STYLE, TABLE_STYLE } from "./style.js";
import { Table } from "./table.js";
import { Toolbar } from "./toolbar.js";
import { LiveView, make, widget } from "../live.js";

const NARROW = 760; // pixels

class Hub extends GridHub {
  newView() {
    return new View(this);
  }
}

class View extends LiveView {
  /** @param {GridHub} hub */
  constructor(hub) {
    super(hub, TABLE_STYLE + PANE_STYLE);
    this.inSight = true;
    this.sight = new IntersectionObserver((seen) => (this.inSight = seen[seen.length - 1].isIntersecting));
    this.table = new Table(this, hub);
    this.toolbar = new Toolbar(this, hub);
    this.menu = new Menu(this, hub);
    this.pane = new Pane(this, hub);
    this.clipboard = new Clipboard(this, hub);
    this.bar = new Bar(this, hub);
    this.foot = new Foot(this, hub);
    const panes = make("div", "panes", {}, [make("div", "table", {}, [this.table.scroller, this.menu.element]), this.pane.element]);
    this.box.append(this.toolbar.element, panes, this.bar.element, this.foot.element);
    this.listen();
  }

  /** @param {Element} place */
  mount(place) {
    super.mount(place);
    this.table.scroller.scrollTop = this.table.scrolled;
    this.sight.observe(this.root);
  }

  unmount() {
    this.sight.disconnect();
    super.unmount();
  }

  // ------------------------------------------------------------------------------------------ events

  listen() {
    const { hub, table } = this;
    this.on(table.scroller, "keydown", (event) => this.key(event));
    this.on(table.rows, "dblclick", () => this.edit());
    this.on(this.root, "keydown", (event) => event.key === "s" && (event.ctrlKey || event.metaKey) && this.saveNotebook(event));
    this.on(this.root, "focusout", (event) => this.root.contains(event.relatedTarget) || hub.changes.settle());
  }

  /** A key in the table. @param {KeyboardEvent} event */
  key(event) {
    const command = commandOf(event);
    if (!command || (command === "copy" && this.marked)) return;
    event.preventDefault();
    const { place, pages } = this.hub;
    const index = rowWanted(command, { index: place.index, rows: pages.fitting, page: this.table.page, chosen: place.row !== null });
    if (index !== undefined) place.go(index, { extend: event.shiftKey });
    else if (command === "left" || command === "right") this.table.sideways(command === "left" ? -1 : 1);
    else if (command === "all") place.chooseAll();
    else if (command === "copy") this.clipboard.copy();
    else if (command === "cut") this.cut();
    else if (command === "edit") this.edit();
    else if (command === "search") this.toolbar.search.focus();
    else if (command === "go to") this.askWhere();
    else if (command === "escape") this.escape();
    else this.toolbar.press(command);
  }

  /** Do what a button of the toolbar stands for. @param {string} name */
  command(name) {
    const { changes, editor } = this.hub;
    if (name === "add") {
      editor.begin();
      this.pane.focus();
    } else if (name === "branch") {
      changes.branch();
      this.bar.focus();
    } else /** @type {any} */ (changes)[name]();
  }

  /** Ask which item to go to. */
  askWhere() {
    const { hub } = this;
    const run = (/** @type {string} */ text) => {
      const position = Number(text.replaceAll(/\D/g, ""));
      hub.say("");
      if (position) hub.goTo(Math.min(position, hub.facts.figures.items));
    };
    hub.inquire("Go to item", { value: String(hub.place.row?.position || ""), verb: "Go", run });
    this.bar.focus();
  }

  /** The text that somebody marked with the mouse, which the browser copies by itself. */
  get marked() {
    return String(/** @type {any} */ (this.shadow).getSelection?.() ?? document.getSelection());
  }

  /** Copy what is chosen, and delete it where that can be done. */
  async cut() {
    if (await this.clipboard.copy()) this.toolbar.press("delete");
  }

  edit() {
    const { editor, place } = this.hub;
    if (!place.row) return;
    editor.turnTo(place.column);
    if (editor.cells) this.pane.focus();
  }

  escape() {
    const { hub, toolbar } = this;
    const { place } = hub;
    if (hub.note) hub.say("");
    else if (place.anchor !== place.index) place.go(place.index);
    else if (hub.isFiltered) {
      toolbar.search.value = "";
      hub.showAll();
    }
  }

  /** Hand the notebook its key for saving, which it does not hear from in here. @param {KeyboardEvent} event */
  async saveNotebook(event) {
    event.preventDefault();
    await this.hub.changes.settle();
    const { key, code, keyCode, ctrlKey, metaKey } = event;
    const copy = /** @type {any} */ ({ key, code, keyCode, ctrlKey, metaKey, bubbles: true, cancelable: true });
    this.root.parentElement?.dispatchEvent(new KeyboardEvent("keydown", copy));
  }

  // ------------------------------------------------------------------------------------------ drawing

  /** Scroll so that a row is in sight. @param {number} index */
  reveal(index) {
    this.table.reveal(index);
  }

  toTop() {
    this.table.scroller.scrollTop = 0;
  }

  draw() {
    if (!this.hub.facts) return;
    this.root.toggleAttribute("data-narrow", this.root.clientWidth < NARROW);
    for (const part of [this.toolbar, this.table, this.menu, this.bar, this.foot, this.pane]) part.draw();
  }
}

export default widget((model) => new Hub(model));
