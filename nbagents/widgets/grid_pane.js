// @ts-check
/** The pane beside the grid: one item whole, to read and to edit. What is typed is kept until it is saved or dropped. */

import { cellsOf, editing, fieldFor, fieldsOf, isWhole, NEW, newCells } from "./grid_rows.js";
import { make, put } from "./live.js";
import { count } from "./words.js";

const ROLES = ["user", "assistant", "system", "developer"];
const SETTLE_MS = 60; // an item is asked for once one stays on it

/**
 * @typedef {object} Draft  an edit that is not saved yet
 * @property {string} text  as typed @property {string} base  the stored value it began from @property {string} stamp
 * @typedef {{text: string, was?: string, now?: string | null, stamp?: string}} Problem  why a value was refused
 */

/** What the pane shows, for every view of one grid. */
export class Pane {
  /** @param {any} hub */
  constructor(hub) {
    this.hub = hub;
    /** @type {any} */ this.row = null;
    /** @type {Record<string, string | null> | null} */ this.cells = null;
    /** @type {import("./grid_rows.js").Field[]} */ this.fields = [];
    this.field = "";
    this.wanted = ""; // the field that was chosen, for rows that have it
    /** @type {any} */ this.shape = null;
    /** @type {Map<string, Map<string, Draft>>} */ this.drafts = new Map();
    /** @type {Map<string, Problem>} */ this.problems = new Map();
    /** @type {{kind: string, values: Record<string, string>} | null} */ this.fresh = null;
    this.saving = false;
    this.timer = 0;
  }

  /** An element that shows it. */
  element() {
    const view = new PaneView(this);
    /** @type {any} */ (view.root).pane = view;
    return view.root;
  }

  /** @param {any} root */
  draw(root) {
    root.pane.draw();
  }

  /** @param {any} root */
  focus(root) {
    root.pane.focus();
  }

  /** Forget everything: another session is shown. */
  forget() {
    this.drafts.clear();
    this.problems.clear();
    this.fresh = null;
    this.show(null);
  }

  // ------------------------------------------------------------------------------------------ which item

  /** @param {any} row */
  show(row) {
    const same = row && this.row && row.key === this.row.key;
    this.row = row;
    if (!same) this.field = "";
    if (!same || !this.cells) this.set(row?.position ? cellsOf(row) : null);
    clearTimeout(this.timer);
    if (row) this.timer = setTimeout(() => this.load(row), same ? 0 : SETTLE_MS);
  }

  /** @param {any} row */
  async load(row) {
    if (!row.position) return; // its page comes first
    try {
      const cells = await this.hub.ask({ type: "cells", key: row.key });
      if (this.row?.key === row.key) this.set(cells);
    } catch (error) {
      if (this.row?.key === row.key) this.hub.say(/** @type {Error} */ (error).message, { bad: true });
    }
    this.hub.draw();
  }

  /** @param {Record<string, string | null> | null} cells */
  set(cells) {
    this.cells = cells;
    this.fields = cells ? fieldsOf(cells, this.hub.facts.cannot) : [];
    const has = (/** @type {string} */ field) => this.fields.some(({ name }) => name === field);
    if (cells) this.use([this.field, this.wanted].find(has) ?? this.fields[0].name);
  }

  /** @param {string} field */
  use(field) {
    this.field = field;
    const base = this.draft?.base ?? this.cells?.[field] ?? "";
    this.shape = editing(field, base);
    this.hub.draw();
  }

  /** Whether the field is known whole, so that it can be edited. */
  get isReady() {
    return this.cells !== null && isWhole(this.cells, this.row, this.field);
  }

  /** Edit the field that a column stands for. @param {any} root @param {string} column */
  edit(root, column) {
    this.fresh = null;
    if (!this.cells) return;
    this.wanted = "";
    this.use(fieldFor(column, this.fields));
    this.focus(root);
  }

  // ------------------------------------------------------------------------------------------ drafts

  get place() {
    return `${this.row?.key} ${this.field}`;
  }

  /** @returns {Draft | undefined} */
  get draft() {
    return this.row ? this.drafts.get(this.row.key)?.get(this.field) : undefined;
  }

  get problem() {
    return this.problems.get(this.place);
  }

  get hasDrafts() {
    return this.drafts.size > 0 || this.fresh !== null;
  }

  /** @param {string} key */
  isDraft(key) {
    return this.drafts.has(key);
  }

  /** @param {string} text */
  type(text) {
    if (!this.cells || !this.isReady) return;
    const key = this.row.key;
    const drafts = this.drafts.get(key) ?? new Map();
    this.drafts.set(key, drafts);
    const draft = drafts.get(this.field) ?? { base: this.cells[this.field] ?? "", stamp: this.cells.stamp };
    drafts.set(this.field, { ...draft, text });
    this.problems.delete(this.place);
    if (text === this.shape.shown) this.drop();
    this.hub.draw();
  }

  drop() {
    const drafts = this.drafts.get(this.row.key);
    drafts?.delete(this.field);
    if (!drafts?.size) this.drafts.delete(this.row.key);
    this.problems.delete(this.place);
    if (this.cells) this.use(this.field);
  }

  /** Give up an edit; it can be brought back. */
  cancel() {
    const { draft, row, field } = this;
    if (this.fresh) this.fresh = null;
    else if (draft) {
      this.drop();
      const back = () => {
        this.drafts.set(row.key, new Map(this.drafts.get(row.key)).set(field, draft));
        if (this.row?.key === row.key) this.use(field);
        this.hub.say("");
      };
      this.hub.say("Edit dropped.", { actions: [{ label: "Bring it back", run: back }] });
    }
    this.hub.draw();
  }

  /** Save what was typed. @returns {Promise<boolean>} whether nothing is left to do here */
  async save() {
    const { draft, row, field, place, shape } = this;
    if (!draft || this.saving) return !draft;
    const value = shape.read(draft.text);
    if (value === draft.base) {
      this.drop();
      return true;
    }
    this.saving = true;
    let saved = false;
    const done = () => {
      saved = true;
      this.saved(row.key, field);
    };
    const change = { kind: "set", key: row.key, stamp: draft.stamp, column: field, value: field === "metadata" && !value.trim() ? null : value };
    try {
      this.hub.say("");
      await this.hub.change(change, { done });
    } catch (error) {
      this.problems.set(place, await this.problemOf(/** @type {any} */ (error), row.key, field, draft));
    }
    this.saving = false;
    this.hub.draw();
    return saved;
  }

  /** A field was written; other edits of the item go on from what is stored now. @param {string} key @param {string} field */
  async saved(key, field) {
    const drafts = this.drafts.get(key);
    drafts?.delete(field);
    if (!drafts?.size) this.drafts.delete(key);
    this.problems.delete(`${key} ${field}`);
    if (!drafts?.size) return;
    const { stamp } = await this.hub.ask({ type: "cells", key });
    for (const [name, draft] of drafts) if (name !== "item") draft.stamp = stamp;
  }

  /** @param {any} error @param {string} key @param {string} field @param {Draft} draft @returns {Promise<Problem>} */
  async problemOf(error, key, field, draft) {
    if (error.kind !== "conflict") return { text: reasonOf(error.message) };
    try {
      const cells = await this.hub.ask({ type: "cells", key });
      return { text: "Changed elsewhere meanwhile; nothing was written.", was: draft.base, now: cells[field], stamp: cells.stamp };
    } catch {
      return { text: "Deleted elsewhere meanwhile; nothing was written.", was: draft.base, now: null };
    }
  }

  /** Write what was typed over what somebody else wrote. */
  keepMine() {
    const { draft, problem } = this;
    if (!draft || !problem?.stamp) return Promise.resolve(false);
    draft.stamp = problem.stamp;
    draft.base = problem.now ?? "";
    this.problems.delete(this.place);
    return this.save();
  }

  takeTheirs() {
    const { row } = this;
    this.drop();
    this.show(row);
    this.hub.refresh();
  }

  // ------------------------------------------------------------------------------------------ a new item

  begin() {
    this.fresh ??= { kind: "user", values: { call_id: `call_${Math.random().toString(16).slice(2, 14)}`, arguments: "{}" } };
    this.hub.draw();
  }

  /** @returns {Promise<boolean>} */
  async add() {
    const { fresh } = this;
    if (!fresh || this.saving) return false;
    this.saving = true;
    try {
      this.hub.say("");
      await this.hub.insert(newCells(fresh.kind, fresh.values));
    } catch (error) {
      this.problems.set("new", { text: reasonOf(/** @type {Error} */ (error).message) });
    }
    this.saving = false;
    this.hub.draw();
    return this.fresh === null;
  }

  added() {
    this.fresh = null;
    this.problems.delete("new");
  }
}

/** What went wrong, without what a reader of the grid sees anyway. @param {string} text */
export function reasonOf(text) {
  const reason = text.replace(/^row .*?, column '[^']*': /s, "").replace(/ Nothing was written\.$/, "");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

// ---------------------------------------------------------------------------------------------- one view

class PaneView {
  /** @param {Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.drawn = "";
    this.title = make("b", "");
    this.state = make("span", "dim");
    this.tabs = make("div", "tabs", { role: "tablist" });
    this.area = make("textarea", "area", { spellcheck: "false", "aria-label": "Value" });
    this.role = make("select", "area", { "aria-label": "Role" }, ROLES.map((name) => make("option", "", {}, [name])));
    this.form = make("div", "form");
    this.problem = make("div", "problem", { role: "alert" });
    this.hint = make("p", "dim hint");
    this.save = make("button", "button framed", { type: "button" });
    this.cancel = make("button", "button", { type: "button" }, ["Cancel", make("kbd", "", {}, ["Esc"])]);
    this.partner = make("button", "link", { type: "button", title: "Go to the other half" });
    this.mine = make("button", "button framed", { type: "button" }, ["Keep mine"]);
    this.theirs = make("button", "button framed", { type: "button" });
    this.actions = make("div", "actions", {}, [this.save, this.cancel, make("span", "space"), this.partner]);
    this.empty = make("div", "empty dim", {}, HELP.map(([keys, what]) => make("div", "", {}, [make("kbd", "", {}, [keys]), make("span", "", {}, [what])])));
    this.choices = make("div", "actions", {}, [this.mine, this.theirs]);
    this.middle = make("div", "middle", {}, [this.form, this.area, this.role, this.hint, this.problem, this.empty]);
    this.root = make("div", "side", { role: "region", "aria-label": "Chosen item" }, [
      make("div", "heading", {}, [this.title, " ", this.state]), this.tabs, this.middle, this.actions, this.choices,
    ]);
    this.listen();
  }

  listen() {
    const { pane } = this;
    const on = (/** @type {any} */ target, /** @type {string} */ name, /** @type {(event: any) => any} */ work) =>
      target.addEventListener(name, (/** @type {any} */ event) => pane.hub.guard(() => work(event)));
    on(this.area, "input", () => pane.type(this.area.value));
    on(this.role, "change", () => pane.type(this.role.value));
    on(this.save, "click", () => this.done());
    on(this.cancel, "click", () => this.leave());
    on(this.mine, "click", () => pane.keepMine().then((saved) => saved && this.toTable()));
    on(this.theirs, "click", () => {
      pane.takeTheirs();
      this.toTable();
    });
    on(this.partner, "click", () => pane.hub.goTo(pane.row.partner));
    on(this.tabs, "click", (event) => this.turn(event.target.closest("[data-field]")?.dataset.field));
    on(this.tabs, "keydown", (event) => this.tabKey(event));
    on(this.form, "input", (event) => this.fill(event.target));
    on(this.root, "keydown", (event) => this.key(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape") this.leave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.done();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  tabKey(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const names = this.pane.fields.map(({ name }) => name);
    this.turn(names[(names.indexOf(this.pane.field) + by + names.length) % names.length]);
    requestAnimationFrame(() => this.tabs.querySelector("[aria-selected=true]")?.focus());
  }

  /** @param {string | undefined} field */
  turn(field) {
    if (!field) return;
    this.pane.wanted = field;
    this.pane.use(field);
  }

  async done() {
    if (await (this.pane.fresh ? this.pane.add() : this.pane.save())) this.toTable();
  }

  leave() {
    this.pane.cancel();
    this.toTable();
  }

  toTable() {
    /** @type {any} */ (this.root.getRootNode()).querySelector(".scroller")?.focus();
  }

  focus() {
    this.draw();
    const first = this.pane.fresh ? this.form.querySelector("textarea, input") : this.area.hidden ? this.role : this.area;
    first?.focus();
    if (first === this.area) first.setSelectionRange(first.value.length, first.value.length);
  }

  /** @param {any} input */
  fill(input) {
    const { fresh } = this.pane;
    if (!fresh) return;
    if (input.name === "kind") fresh.kind = input.value;
    else fresh.values[input.name] = input.value;
    this.pane.problems.delete("new");
    this.pane.hub.draw();
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    const { fresh, row, cells } = this.pane;
    this.form.hidden = !fresh;
    this.empty.hidden = Boolean(fresh || row);
    this.actions.hidden = !fresh && !cells;
    this.choices.hidden = true;
    this.tabs.hidden = Boolean(fresh) || !cells;
    if (fresh) this.drawNew(fresh);
    else if (row) this.drawItem(row);
    else this.drawNothing();
  }

  drawNothing() {
    put(this.title, "");
    put(this.state, "Choose an item to read and edit it.");
    for (const part of [this.area, this.role, this.hint, this.problem, this.partner]) part.hidden = true;
  }

  /** @param {any} row */
  drawItem(row) {
    const { cells, field, fields, draft, hub, saving } = this.pane;
    const why = row.problem ? `${row.problem}; it can only be deleted` : hub.cannot("edit");
    put(this.title, row.position ? `Item ${count(row.position)}` : "");
    put(this.state, [row.label, draft ? "edited, not saved" : ""].filter(Boolean).join(" · "));
    this.drawTabs(fields, field);
    const isRole = field === "role" && !why && (!cells || ROLES.includes(cells.role ?? ""));
    this.role.hidden = !isRole || !cells;
    this.area.hidden = isRole && Boolean(cells);
    const text = cells ? (draft?.text ?? this.pane.shape.shown) : "";
    const element = isRole ? this.role : this.area;
    if (element.value !== text) element.value = text;
    this.area.readOnly = !this.pane.isReady || Boolean(why);
    this.area.classList.toggle("code", Boolean(cells) && fields.some(({ name, code }) => name === field && code));
    this.drawHint(why);
    this.drawProblem(this.pane.problem);
    this.drawActions(saving ? "Saving…" : "Save", !draft || saving || Boolean(why));
    this.drawPartner(row);
  }

  /** @param {string} why */
  drawHint(why) {
    const returns = this.pane.cells && this.pane.shape?.returns;
    const hint = why ? `Read only: ${why}.` : returns ? `${returns} stands for a carriage return.` : "";
    this.hint.hidden = !hint;
    put(this.hint, hint);
  }

  /** @param {import("./grid_rows.js").Field[]} fields @param {string} chosen */
  drawTabs(fields, chosen) {
    const drafts = this.pane.row && this.pane.drafts.get(this.pane.row.key);
    const drawn = JSON.stringify([fields.map(({ name }) => name), chosen, [...(drafts?.keys() ?? [])]]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = this.tabs.contains(/** @type {any} */ (this.root.getRootNode()).activeElement);
    this.tabs.replaceChildren(
      ...fields.map(({ name, title }) => {
        const on = name === chosen;
        const tab = make("button", "tab", { type: "button", role: "tab", "aria-selected": String(on), tabindex: on ? "0" : "-1" }, [title + (drafts?.has(name) ? " •" : "")]);
        tab.dataset.field = name;
        return tab;
      }),
    );
    if (focused) this.tabs.querySelector("[aria-selected=true]")?.focus();
  }

  /** @param {Problem | undefined} problem */
  drawProblem(problem) {
    this.problem.hidden = !problem;
    if (problem === this.drawnProblem) return;
    this.drawnProblem = problem;
    if (!problem) return;
    const values = problem.was === undefined ? [] : [["Was", problem.was || "(empty)"], ["Now", problem.now ?? "(nothing)"]];
    const pairs = values.flatMap(([name, value]) => [make("span", "dim", {}, [name]), make("pre", "block", { tabindex: "0" }, [value])]);
    this.problem.replaceChildren(make("div", "bad", {}, [problem.text]), make("div", "values", {}, pairs));
  }

  /** @param {string} word @param {boolean} off */
  drawActions(word, off) {
    if (this.drawnWord !== word) this.save.replaceChildren(word, make("kbd", "", {}, ["Ctrl+Enter"]));
    this.drawnWord = word;
    this.save.disabled = off;
    const conflict = this.pane.fresh ? undefined : this.pane.problem;
    this.choices.hidden = conflict?.was === undefined;
    this.actions.hidden = !this.choices.hidden;
    this.mine.hidden = !conflict?.stamp;
    put(this.theirs, conflict?.stamp ? "Take theirs" : "Drop mine");
    this.cancel.hidden = !this.pane.draft && !this.pane.fresh;
  }

  /** @param {any} row */
  drawPartner(row) {
    const half = row.label === "call" || row.label === "output";
    this.partner.hidden = !half || row.partner === null;
    if (half && row.partner !== null) put(this.partner, row.label === "call" ? `Output ${count(row.partner)} →` : `← Call ${count(row.partner)}`);
  }

  /** @param {{kind: string, values: Record<string, string>}} fresh */
  drawNew(fresh) {
    const { row, hub, saving } = this.pane;
    for (const part of [this.area, this.role, this.hint, this.partner]) part.hidden = true;
    put(this.title, "New item");
    put(this.state, row?.position ? `after ${count(row.position)}` : "at the end");
    this.drawForm(fresh);
    this.drawProblem(this.pane.problems.get("new"));
    this.drawActions(saving ? "Adding…" : "Add", saving || Boolean(hub.cannot("insert")));
  }

  /** @param {{kind: string, values: Record<string, string>}} fresh */
  drawForm({ kind, values }) {
    if (this.drawnKind !== kind) {
      this.drawnKind = kind;
      const select = make("select", "", { name: "kind", "aria-label": "Type" }, Object.keys(NEW).map((name) => make("option", "", {}, [name])));
      const parts = NEW[kind].map(({ field, title, code, long }) => {
        const input = make(long ? "textarea" : "input", code ? "area code" : "area", { name: field, "aria-label": title, spellcheck: "false" });
        return make("label", long ? "long" : "", {}, [make("span", "dim", {}, [title]), input]);
      });
      this.form.replaceChildren(make("label", "", {}, [make("span", "dim", {}, ["Type"]), select]), ...parts);
    }
    for (const input of this.form.querySelectorAll("select, input, textarea")) {
      const value = input.name === "kind" ? kind : (values[input.name] ?? "");
      if (input.value !== value) input.value = value;
    }
  }
}

const HELP = [
  ["↑ ↓", "choose; with Shift several"],
  ["Enter", "edit"],
  ["+", "add an item"],
  ["Delete", "delete"],
  ["Ctrl+Z", "undo, Ctrl+Y redo"],
  ["/", "search"],
];

export const PANE_STYLE = `
.side { display: flex; flex-direction: column; gap: 8px; min-width: 0; padding: 9px 12px; border-left: 1px solid var(--nb-line); overflow: auto; height: 0; min-height: 100%; overflow-wrap: anywhere; }
.side .tabs { margin: 0; flex-wrap: wrap; gap: 4px 12px; flex: none; } .side .tab { padding-bottom: 4px; font-size: 12px; }
.middle { display: flex; flex-direction: column; gap: 8px; flex: 1; min-height: 0; overflow: auto; padding: 1px; margin: -1px; }
.area { font: inherit; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 5px; padding: 7px 9px; width: 100%; } textarea.area { flex: 1 1 56px; min-height: 56px; resize: none; white-space: pre-wrap; tab-size: 2; } .area.code { font: 12px/1.5 var(--nb-mono); } select.area { flex: none; padding: 4px 6px; }
.side .area:focus-visible { outline: 2px solid var(--nb-accent); outline-offset: -1px; border-radius: 5px; } .area:read-only:not(select) { background: var(--nb-soft); }
.actions { display: flex; align-items: center; gap: 6px; flex: none; } kbd { font: 11px var(--nb-mono); color: var(--nb-faint); } .button kbd { margin-left: 2px; }
.hint { margin: 0; font-size: 12px; } .problem { flex: none; font-size: 12px; } .values { display: grid; grid-template-columns: 32px minmax(0, 1fr); align-items: baseline; gap: 4px 6px; margin-top: 4px; } .values .block { max-height: 52px; margin: 0; padding: 3px 8px; }
.form { display: flex; flex-direction: column; gap: 6px; flex: 1; min-height: 0; } .form label { display: grid; grid-template-columns: 72px minmax(0, 1fr); align-items: center; gap: 4px 8px; } .form label.long { display: flex; flex-direction: column; align-items: stretch; flex: 1; } .form input.area { padding: 3px 8px; } .form select { font: inherit; color: inherit; background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; padding: 2px 4px; }
.empty { display: grid; gap: 4px; margin-top: 2px; } .empty div { display: grid; grid-template-columns: 64px minmax(0, 1fr); align-items: baseline; }
:host([data-narrow]) .side { border-left: 0; border-top: 1px solid var(--nb-line); height: auto; min-height: 190px; }
`;
