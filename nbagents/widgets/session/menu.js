// @ts-check
/** The menus of the table's head: which types and which columns are shown. */

import { COLUMNS } from "./columns.js";
import { labelCounts } from "./labels.js";
import { make } from "../live.js";
import { count } from "../words.js";

/** The menu of one view, of types or of columns. */
export class Menu {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    this.drawn = "";
    this.element = make("div", "menu", { hidden: "" });
    view.on(this.element, "change", (/** @type {any} */ event) => this.pick(event.target));
    view.on(view.table.head, "click", (/** @type {any} */ event) => this.toggle(event.target.closest("[data-menu]")?.dataset.menu ?? ""));
    view.on(view.root, "keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.close());
    view.on(view.shadow, "mousedown", (/** @type {any} */ event) => event.target.closest(".menu, [data-menu]") || this.close());
  }

  /** Open a menu, or close it where it is open; "" closes. @param {string} name */
  toggle(name) {
    const { ui } = this.hub;
    ui.menu = ui.menu === name ? "" : name;
    this.drawn = "";
    this.hub.draw();
    if (ui.menu) requestAnimationFrame(() => this.element.querySelector("input")?.focus());
    else this.view.table.focus();
  }

  close() {
    if (this.hub.ui.menu) this.toggle("");
  }

  /** @param {HTMLInputElement} box */
  pick(box) {
    const { ui } = this.hub;
    const isLabel = ui.menu === "labels"; // of types those are kept that are hidden
    if (!isLabel && !ui.chose) ui.columns = new Set(this.view.table.names);
    ui.chose ||= !isLabel;
    const kept = isLabel ? ui.hidden : ui.columns;
    if (box.checked !== isLabel) kept.add(box.value);
    else kept.delete(box.value);
    if (isLabel) this.hub.refilter();
    this.hub.draw();
  }

  draw() {
    const { ui, facts } = this.hub;
    this.element.hidden = !ui.menu;
    const drawn = ui.menu && JSON.stringify([ui.menu, facts.figures.labels]);
    if (!ui.menu || drawn === this.drawn) return;
    this.drawn = drawn;
    this.element.className = `menu ${ui.menu}`;
    const shown = new Set(this.view.table.names);
    const lines = ui.menu === "labels"
      ? labelCounts(facts.figures.labels).map(([label, n]) => menuLine(label, label, count(n), !ui.hidden.has(label)))
      : COLUMNS.map(({ name, title }) => menuLine(name, title, "", shown.has(name)));
    this.element.replaceChildren(...lines);
  }
}

/** @param {string} value @param {string} title @param {string} figure @param {boolean} checked */
function menuLine(value, title, figure, checked) {
  const box = make("input", "", { type: "checkbox", value });
  box.checked = checked;
  return make("label", "", {}, [box, make("span", "", {}, [title]), make("span", "dim num", {}, [figure])]);
}
