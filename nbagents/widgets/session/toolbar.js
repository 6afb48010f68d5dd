// @ts-check
/** The toolbar: the session's name, what can be done, and the search. */

import { make, put } from "../live.js";

const SEARCH_MS = 120; // after the last letter

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

/** The toolbar of one view. */
export class Toolbar {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    this.drawnSheets = "";
    this.name = make("b", "name");
    this.sheets = make("select", "sheets", { "aria-label": "Session", hidden: "" });
    this.buttons = commandButtons();
    this.search = make("input", "search", { type: "search", placeholder: "Search  /", "aria-label": "Search items", spellcheck: "false" });
    this.element = make("div", "toolbar", { role: "toolbar", "aria-label": "Session" }, [
      this.name, this.sheets, make("span", "buttons", {}, Object.values(this.buttons)), make("span", "space"), this.search,
    ]);
    this.listen();
  }

  listen() {
    const { view, hub } = this;
    for (const [name, element] of Object.entries(this.buttons)) view.on(element, "click", () => this.press(name));
    view.on(this.search, "input", () => this.searchSoon());
    view.on(this.search, "keydown", (/** @type {KeyboardEvent} */ event) => this.searchKey(event));
    view.on(this.sheets, "change", () => hub.changes.open(this.sheets.value));
  }

  /** A command, by its button or its key; one that is greyed out says why. @param {string} name */
  press(name) {
    const element = this.buttons[name];
    this.view.table.focus();
    if (element.getAttribute("aria-disabled") === "true") this.hub.say(element.title);
    else this.view.command(name);
  }

  searchSoon() {
    clearTimeout(this.searching);
    this.searching = setTimeout(() => {
      if (this.hub.ui.search === this.search.value) return;
      this.hub.ui.search = this.search.value;
      this.hub.refilter();
    }, SEARCH_MS);
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.searchSoon();
    } else if (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown") this.view.table.focus();
    else return;
    event.preventDefault();
  }

  draw() {
    this.drawName();
    const { hub } = this;
    const { figures } = hub.facts;
    const nothing = hub.place.row ? "" : "Choose an item first.";
    const order = hub.isFiltered ? "Clear the search and the filter to change the order." : nothing;
    this.allow("undo", hub.cannot("undo") || (figures.undo ? "" : "Nothing to undo yet."));
    this.allow("redo", hub.cannot("undo") || (figures.redo ? "" : "Nothing to redo."));
    this.allow("add", hub.cannot("insert"));
    this.allow("duplicate", hub.cannot("insert") || nothing);
    this.allow("delete", hub.cannot("delete") || nothing);
    this.allow("up", hub.cannot("move") || order);
    this.allow("down", hub.cannot("move") || order);
    this.allow("branch", hub.cannot("branch") || nothing);
  }

  drawName() {
    const { sheets, session_id } = this.hub.facts;
    const several = sheets.length > 1;
    put(this.name, session_id);
    this.name.hidden = several;
    this.sheets.hidden = !several;
    if (several && this.drawnSheets !== String(sheets)) {
      this.drawnSheets = String(sheets);
      this.sheets.replaceChildren(...sheets.map((/** @type {string} */ name) => make("option", "", {}, [name])));
    }
    this.sheets.value = session_id;
  }

  /** Grey a command out and say why, or not. @param {string} name @param {string} why */
  allow(name, why) {
    const element = this.buttons[name];
    element.setAttribute("aria-disabled", String(Boolean(why)));
    element.title = why || element.dataset.title;
  }
}

/** @returns {Record<string, any>} */
function commandButtons() {
  return {
    undo: commandButton("undo", "Undo", "Undo the last edit  (Ctrl+Z)"),
    redo: commandButton("redo", "Redo", "Redo  (Ctrl+Y)"),
    add: commandButton("add", "Add", "Add an item after the chosen one  (+)"),
    duplicate: commandButton("copy", "Duplicate", "Copy the chosen item; a call with its output  (Ctrl+D)"),
    delete: commandButton("bin", "Delete", "Delete the chosen items  (Delete)"),
    up: commandButton("up", "", "Move up  (Alt+↑)"),
    down: commandButton("down", "", "Move down  (Alt+↓)"),
    branch: commandButton("branch", "Branch here", "Begin a session that ends with the chosen item  (B)"),
  };
}

/** @param {keyof typeof ICONS} name @param {string} label @param {string} title */
function commandButton(name, label, title) {
  return make("button", "button", { type: "button", title, "data-title": title, "aria-label": label || title }, [icon(name), make("span", "word", {}, [label])]);
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) element.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  element.append(path);
  return element;
}
