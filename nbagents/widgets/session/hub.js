// @ts-check
/** What the page knows of one session: the rows that were sent, its figures, and what is shown of it. */

import { Changes } from "./changes.js";
import { COLUMNS } from "./columns.js";
import { Editor } from "./editor.js";
import { wantedLabels } from "./labels.js";
import { PAGE, pageOf, Pages } from "./pages.js";
import { Place } from "./place.js";
import { Wire } from "./wire.js";
import { LiveHub } from "../live.js";

const LOOK_MS = 1500; // between two looks for what somebody else wrote
const PAUSE_MS = 3000; // after a page that could not be read
const WAIT_MS = 800; // by then it is worth telling that one waits
const MOST_ASKED = 2; // pages that are on their way at a time, while one scrolls fast

/** One session widget; its views share what is here. */
export class GridHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    this.wire = new Wire((message) => this.send(message));
    this.pages = new Pages();
    /** @type {any} */ this.facts = null; // figures, cannot, session_id, where, sheets, version
    this.ui = { search: "", hidden: new Set(), columns: new Set(COLUMNS.filter((each) => each.on).map((each) => each.name)), widths: new Map(), menu: "", chose: false };
    /** @type {any} */ this.note = null; // {text, bad, actions: [{label, run}], field}
    this.pause = 0; // until when nothing is asked for, because it was refused
    this.polling = false;
    this.heard = 0; // when rows came last
    this.place = new Place(this);
    this.editor = new Editor(this);
    this.changes = new Changes(this);
  }

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    const read = () => JSON.parse(new TextDecoder().decode(buffers[0]));
    if (message.type === "first") this.takeFirst(read());
    else if (message.type === "changed") message.client === this.wire.client || this.refresh();
    else if (message.type === "error") this.wire.takeError(message) || this.say(message.text, { bad: true });
    else this.wire.take(message, read);
  }

  /** Ask the kernel. @param {any} request @returns {Promise<any>} */
  ask(request) {
    setTimeout(() => this.draw(), WAIT_MS);
    return this.wire.ask(request);
  }

  /** The kernel is there (again). @param {any} page */
  takeFirst(page) {
    if (!this.asking) return; // another page asked
    this.wire.drop("The kernel was restarted meanwhile.");
    this.pages.asked.clear();
    if (!page) this.facts ??= emptyFacts();
    else if (this.isFiltered) this.pages.growOld();
    else this.take(page);
    this.answered();
    this.poll();
  }

  /** Take in some rows, and how the session is now. @param {any} page */
  take(page) {
    const { rows, start, fitting, ...facts } = page;
    const before = this.facts;
    if (before && before.session_id !== facts.session_id) return this.takeOther(page);
    if (before && facts.version !== before.version) this.pages.growOld();
    this.heard = performance.now();
    this.facts = facts;
    this.pages.put(start, rows, fitting);
    if (!before) this.chooseColumns(rows);
    this.place.keep();
  }

  /** The grid shows another session from now on. @param {any} page */
  takeOther(page) {
    this.facts = null;
    this.pages.forget();
    this.place.forget();
    this.editor.forget();
    this.take(page);
    for (const view of this.views) view.toTop();
  }

  /** @param {import("./pages.js").Row[]} rows */
  chooseColumns(rows) {
    if (rows.length && rows.every((row) => !row.cells.created_at)) this.ui.columns.delete("created_at");
    if (rows.some((row) => row.cells.agent)) this.ui.columns.add("agent");
  }

  // ------------------------------------------------------------------------------------------ what is shown

  get isFiltered() {
    return Boolean(this.ui.search || this.ui.hidden.size);
  }

  get columns() {
    const { columns, widths } = this.ui;
    return COLUMNS.filter(({ name }) => columns.has(name)).map((each) => (widths.has(each.name) ? { ...each, width: `${widths.get(each.name)}px` } : each));
  }

  /** Why something cannot be done, or "". @param {string} what */
  cannot(what) {
    return this.facts?.cannot[what] ?? "";
  }

  /** Say something under the table. @param {string} text @param {{bad?: boolean, actions?: any[], field?: any}} [more] */
  say(text, { bad = false, actions = [], field = null } = {}) {
    this.note = text ? { text, bad, actions, field } : null;
    this.draw();
  }

  /** Ask under the table for something to fill in. @param {string} label @param {{value: string, verb: string, run: (value: string) => any}} field */
  inquire(label, { value, verb, run }) {
    this.say(" ", { field: { label, value, verb, run }, actions: [{ label: "Cancel", run: () => this.say("") }] });
  }

  /** Show what fits a search and the labels that are not hidden. */
  refilter() {
    const { row } = this.place;
    this.pages.forget();
    this.pages.fitting = 1; // so that a page is asked for
    this.place.toFirst();
    for (const view of this.views) view.toTop();
    if (!this.isFiltered && row?.position) this.goTo(row.position); // what was found is seen among what stands beside it
    this.draw();
  }

  showAll() {
    this.ui.search = "";
    this.ui.hidden.clear();
    this.refilter();
  }

  /** Go to a place of the whole history; a trace goes to what its span made. @param {number} position  from 1 */
  goTo(position) {
    this.place.goTo(position);
  }

  // ------------------------------------------------------------------------------------------ rows

  /** A part of what fits, as it is asked for. @param {number} index  of a row in it */
  window(index) {
    const { search, hidden } = this.ui;
    return { start: pageOf(Math.max(0, index)), count: PAGE, search, labels: wantedLabels(this.facts.figures.labels, hidden) };
  }

  /** Ask for the rows of a window that are not known. @param {number} first @param {number} last */
  load(first, last) {
    if (!this.facts || performance.now() < this.pause) return;
    for (const start of this.pages.missing(first, last)) if (this.pages.asked.size < MOST_ASKED) this.fetch(start);
  }

  /** @param {number} start */
  async fetch(start) {
    const { asked } = this.pages;
    const number = start / PAGE;
    const request = { type: "page", ...this.window(start) };
    asked.set(number, request);
    try {
      const page = await this.ask(request);
      this.pause = 0;
      if (asked.get(number) === request) this.guard(() => this.take(page)); // otherwise it is old already
    } catch (error) {
      asked.delete(number);
      this.pause = performance.now() + PAUSE_MS;
      this.say(/** @type {Error} */ (error).message, { bad: true });
    }
    this.draw();
  }

  refresh() {
    this.pages.growOld();
    this.draw();
  }

  /** Look again and again whether somebody else wrote, while the grid is in sight. */
  async poll() {
    if (this.polling) return;
    this.polling = true;
    while (this.alive) {
      const began = performance.now();
      if (this.isInSight && began - this.heard > LOOK_MS) await this.lookForOthers();
      const took = performance.now() - began; // a session that is slow to read is asked less often
      await new Promise((resolve) => setTimeout(resolve, Math.max(LOOK_MS, 20 * took)));
    }
    this.polling = false;
  }

  get isInSight() {
    return document.visibilityState === "visible" && [...this.views].some((view) => view.inSight);
  }

  async lookForOthers() {
    const version = await this.ask({ type: "version" }).catch(() => null);
    if (version !== null && (version !== this.facts?.version || this.pause)) this.refresh();
  }
}

function emptyFacts() {
  const figures = { items: 0, turns: 0, tokens: 0, labels: {}, whole: true, undo: 0, redo: false };
  return { figures, cannot: {}, session_id: "", where: "", sheets: [], version: "" };
}
