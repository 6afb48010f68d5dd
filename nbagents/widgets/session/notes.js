// @ts-check
/** What stands under the table: what was done or refused, and the session in figures. */

import { make, put } from "../live.js";
import { count, plural } from "../words.js";

/** What is said to the user, with what can be done about it. */
export class Bar {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    /** @type {any} */ this.drawn = undefined;
    this.element = make("div", "bar", { role: "status", hidden: "" });
    view.on(this.element, "keydown", (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && this.close());
  }

  /** Ask for what is to be filled in. */
  focus() {
    this.draw(); // at once, so that what is typed next goes there
    const input = this.element.querySelector("input");
    input?.focus();
    input?.select();
  }

  close() {
    this.hub.say("");
    this.view.table.focus();
  }

  draw() {
    const { note } = this.hub;
    this.element.hidden = !note;
    if (note === this.drawn) return;
    this.drawn = note;
    this.element.className = note?.bad ? "bar bad" : "bar";
    const actions = (note?.actions ?? []).map((/** @type {any} */ { label, run }) => this.action(label, run));
    this.element.replaceChildren(make("span", "said", {}, [note?.text.trim() ?? ""]), ...(note?.field ? this.fieldOf(note.field) : []), ...actions);
    if (note?.bad && this.view.table.scroller.matches(":focus")) actions[0]?.focus(); // it asks what is to be done
  }

  /** @param {string} label @param {() => any} run */
  action(label, run) {
    const element = make("button", "button framed", { type: "button" }, [label]);
    this.view.on(element, "click", () => {
      this.view.table.focus();
      run();
    });
    return element;
  }

  /** Something to fill in. @param {{label: string, value: string, verb: string, run: (value: string) => any}} field */
  fieldOf({ label, value, verb, run }) {
    const input = make("input", "search wide", { type: "text", "aria-label": label, spellcheck: "false" });
    input.value = value;
    const go = this.action(verb, () => run(input.value.trim()));
    this.view.on(input, "keydown", (/** @type {KeyboardEvent} */ { key }) => key === "Enter" && go.click());
    return [make("span", "", {}, [label]), input, go];
  }
}

/** The session in figures, and where it is kept. */
export class Foot {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.hub = hub;
    this.facts = make("span");
    this.fits = make("span");
    this.all = make("button", "link", { type: "button" }, ["Show all"]);
    this.edits = make("span");
    this.where = make("span", "where");
    this.wait = make("span", "wait", { hidden: "" }, [make("span", "pulse", { "aria-hidden": "true" }), "waiting for the kernel"]);
    this.element = make("div", "foot num", {}, [this.facts, this.fits, this.all, this.edits, this.where, make("span", "space"), this.wait]);
    view.on(this.all, "click", () => hub.showAll());
  }

  draw() {
    const { facts, isFiltered, pages, wire } = this.hub;
    const { items, turns, tokens, whole, undo } = facts.figures;
    put(this.facts, [plural(items, "item"), ...(whole ? [plural(turns, "turn"), `about ${plural(tokens, "token")}`] : ["reading…"])].join(" · "));
    put(this.fits, isFiltered && !pages.asked.size ? `${count(pages.fitting)} shown` : "");
    this.all.hidden = !isFiltered;
    put(this.edits, undo ? `${plural(undo, "edit")}, ${undo === 1 ? "undoable" : "all undoable"}` : "");
    put(this.where, facts.where);
    this.wait.hidden = !wire.isSlow;
  }
}
