// @ts-check
/** The pane beside the table: the chosen item whole, or a new one, with what can be done to it. */

import { isHalf } from "./columns.js";
import { imagesOf } from "./fields.js";
import { Form } from "./form.js";
import { make, put } from "../live.js";
import { count } from "../words.js";

const ROLES = ["user", "assistant", "system", "developer"];

const HELP = [
  ["↑ ↓", "choose; with Shift several"],
  ["Enter", "edit"],
  ["+", "add an item"],
  ["Delete", "delete"],
  ["Ctrl+C", "copy, Ctrl+V paste"],
  ["Ctrl+Z", "undo, Ctrl+Y redo"],
  ["/", "search"],
  ["G", "go to an item"],
];

/** The pane of one view. */
export class Pane {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    this.editor = hub.editor;
    this.drawnTabs = "";
    /** @type {any} */ this.drawnProblem = undefined;
    this.drawnWord = "";
    /** @type {string | null | undefined} */ this.drawnItem = null;
    this.form = new Form(view, this.editor);
    this.build();
    this.listen();
  }

  build() {
    this.title = make("b");
    this.state = make("span", "dim");
    this.tabs = make("div", "tabs", { role: "tablist" });
    this.area = make("textarea", "area", { spellcheck: "false", "aria-label": "Value" });
    this.role = make("select", "area", { "aria-label": "Role" }, ROLES.map((name) => make("option", "", {}, [name])));
    this.problem = make("div", "problem", { role: "alert" });
    this.images = make("div", "images");
    this.hint = make("p", "dim hint");
    this.empty = make("div", "empty dim", {}, HELP.map(([keys, what]) => make("div", "", {}, [make("kbd", "", {}, [keys]), make("span", "", {}, [what])])));
    this.buildActions();
    const middle = make("div", "middle", {}, [this.form.element, this.images, this.area, this.role, this.hint, this.problem, this.empty]);
    this.element = make("div", "side", { role: "region", "aria-label": "Chosen item" }, [
      make("div", "heading", {}, [this.title, " ", this.state]), this.tabs, middle, this.actions, this.choices,
    ]);
  }

  buildActions() {
    this.save = make("button", "button framed", { type: "button" });
    this.cancel = make("button", "button", { type: "button" }, ["Cancel", make("kbd", "", {}, ["Esc"])]);
    this.partner = make("button", "link", { type: "button", title: "Go to the other half" });
    this.mine = make("button", "button framed", { type: "button" }, ["Keep mine"]);
    this.theirs = make("button", "button framed", { type: "button" });
    this.actions = make("div", "actions", {}, [this.save, this.cancel, make("span", "space"), this.partner]);
    this.choices = make("div", "actions", {}, [this.mine, this.theirs]);
  }

  listen() {
    const { view, editor } = this;
    view.on(this.area, "input", () => editor.type(this.area.value));
    view.on(this.role, "change", () => editor.type(this.role.value));
    view.on(this.save, "click", () => this.done());
    view.on(this.cancel, "click", () => this.leave());
    view.on(this.mine, "click", () => editor.keepMine().then((saved) => saved && view.table.focus()));
    view.on(this.theirs, "click", () => {
      editor.takeTheirs();
      view.table.focus();
    });
    view.on(this.partner, "click", () => this.hub.goTo(editor.row.partner));
    view.on(this.tabs, "click", (/** @type {any} */ event) => this.turn(event.target.closest("[data-field]")?.dataset.field));
    view.on(this.tabs, "keydown", (/** @type {KeyboardEvent} */ event) => this.tabKey(event));
    view.on(this.element, "keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  // ------------------------------------------------------------------------------------------ events

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
    const names = this.editor.fields.map(({ name }) => name);
    this.turn(names[(names.indexOf(this.editor.field) + by + names.length) % names.length]);
    requestAnimationFrame(() => this.tabs.querySelector("[aria-selected=true]")?.focus());
  }

  /** @param {string | undefined} field */
  turn(field) {
    if (!field) return;
    this.editor.wanted = field;
    this.editor.use(field);
  }

  async done() {
    if (await (this.editor.fresh ? this.editor.add() : this.editor.save())) this.view.table.focus();
  }

  leave() {
    this.editor.cancel();
    this.view.table.focus();
  }

  focus() {
    this.draw();
    if (this.editor.fresh) return this.form.focus();
    const { area } = this;
    (area.hidden ? this.role : area).focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  // ------------------------------------------------------------------------------------------ drawing

  draw() {
    const { fresh, row, cells } = this.editor;
    this.form.element.hidden = !fresh;
    this.empty.hidden = Boolean(fresh || row);
    this.actions.hidden = !fresh && !cells;
    this.choices.hidden = true;
    this.tabs.hidden = Boolean(fresh) || !cells;
    if (fresh) this.drawNew(fresh);
    else if (row) this.drawItem(row);
    else this.drawNothing();
  }

  drawNothing() {
    this.say("", "Choose an item to read and edit it.");
    this.hideItem();
    this.problem.hidden = true;
  }

  /** Nothing of an item is shown. */
  hideItem() {
    for (const part of [this.images, this.area, this.role, this.hint, this.partner]) part.hidden = true;
  }

  /** @param {string} title @param {string} state */
  say(title, state) {
    put(this.title, title);
    put(this.state, state);
  }

  /** @param {NonNullable<import("./editor.js").Editor["fresh"]>} fresh */
  drawNew(fresh) {
    const { row, saving } = this.editor;
    this.say("New item", row?.position ? `after ${count(row.position)}` : "at the end");
    this.hideItem();
    this.form.draw(fresh);
    this.drawProblem(fresh.problem);
    this.drawActions(saving ? "Adding…" : "Add", saving || Boolean(this.hub.cannot("insert")));
  }

  /** @param {any} row */
  drawItem(row) {
    const { draft, problem, saving } = this.editor;
    const why = row.problem ? `${row.problem}; it can only be deleted` : this.hub.cannot("edit");
    this.say(row.position ? `Item ${count(row.position)}` : "", [row.label, draft ? "edited, not saved" : ""].filter(Boolean).join(" · "));
    this.drawTabs();
    this.drawImages();
    this.drawValue(why);
    this.drawHint(why);
    this.drawProblem(problem);
    this.drawActions(saving ? "Saving…" : "Save", !draft || saving || Boolean(why));
    this.drawPartner(row);
  }

  drawTabs() {
    const { row, fields, field: chosen, drafts } = this.editor;
    const edited = new Set(drafts.of(row.key).map(([name]) => name));
    const drawn = JSON.stringify([fields.map(({ name }) => name), chosen, [...edited]]);
    if (drawn === this.drawnTabs) return;
    this.drawnTabs = drawn;
    const focused = this.tabs.contains(this.view.shadow.activeElement);
    this.tabs.replaceChildren(...fields.map(({ name, title }) => fieldTab(name, title, { edited: edited.has(name), on: name === chosen })));
    if (focused) this.tabs.querySelector("[aria-selected=true]")?.focus();
  }

  drawImages() {
    const { cells, field } = this.editor;
    const item = field === "item" ? null : cells?.item;
    if (item !== this.drawnItem) this.images.replaceChildren(...imagesOf(item).map((src) => make("img", "", { src, alt: "Image of the item" })));
    this.drawnItem = item;
    this.images.hidden = !this.images.childElementCount;
  }

  /** @param {string} why  it cannot be edited */
  drawValue(why) {
    const { cells, field, fields, draft, shape, isReady } = this.editor;
    const isRole = cells !== null && field === "role" && !why && ROLES.includes(cells.role ?? "");
    const element = isRole ? this.role : this.area;
    this.role.hidden = !isRole;
    this.area.hidden = isRole;
    const text = cells ? (draft?.text ?? shape.shown) : "";
    if (element.value !== text) element.value = text;
    this.area.readOnly = !isReady || Boolean(why);
    const isCode = cells !== null && fields.some(({ name, code }) => name === field && code);
    this.area.classList.toggle("code", isCode);
    this.area.dir = isCode ? "ltr" : "auto";
  }

  /** @param {string} why */
  drawHint(why) {
    const { cells, shape } = this.editor;
    const hint = why ? `Read only: ${why}.` : cells && shape.returns ? `${shape.returns} stands for a carriage return.` : "";
    this.hint.hidden = !hint;
    put(this.hint, hint);
  }

  /** @param {import("./drafts.js").Problem | undefined} problem */
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
    const { fresh, draft, problem } = this.editor;
    const conflict = fresh ? undefined : problem;
    this.choices.hidden = conflict?.was === undefined;
    this.actions.hidden = !this.choices.hidden;
    this.mine.hidden = !conflict?.stamp;
    put(this.theirs, conflict?.stamp ? "Take theirs" : "Drop mine");
    this.cancel.hidden = !draft && !fresh;
  }

  /** @param {any} row */
  drawPartner(row) {
    this.partner.hidden = !isHalf(row) || row.partner === null;
    if (!this.partner.hidden) put(this.partner, row.label === "call" ? `Output ${count(row.partner)} →` : `← Call ${count(row.partner)}`);
  }
}

/** @param {string} name @param {string} title @param {{edited: boolean, on: boolean}} as */
function fieldTab(name, title, { edited, on }) {
  return make("button", edited ? "tab edited" : "tab", { type: "button", role: "tab", "aria-selected": String(on), tabindex: on ? "0" : "-1", "data-field": name }, [title]);
}
