// @ts-check
/** The form of a new item: its type, and what an item of that type holds. */

import { NEW } from "./fields.js";
import { make } from "../live.js";

/** The form of one view. */
export class Form {
  /** @param {any} view @param {import("./editor.js").Editor} editor */
  constructor(view, editor) {
    this.drawn = "";
    this.kind = make("select", "", { name: "kind", "aria-label": "Type" }, Object.keys(NEW).map((name) => make("option", "", {}, [name])));
    this.fields = make("div", "form");
    this.element = make("div", "form", {}, [labelled("Type", this.kind), this.fields]);
    view.on(this.element, "input", (/** @type {any} */ { target }) => editor.fill(target.name, target.value));
  }

  focus() {
    this.element.querySelector("textarea, input")?.focus();
  }

  /** @param {{kind: string, values: Record<string, string>}} fresh */
  draw({ kind, values }) {
    if (this.drawn !== kind) {
      this.drawn = kind;
      this.kind.value = kind;
      this.fields.replaceChildren(...NEW[kind].map(fieldInput));
    }
    for (const input of this.fields.querySelectorAll("input, textarea")) {
      const value = values[input.name] ?? "";
      if (input.value !== value) input.value = value;
    }
  }
}

/** @param {{field: string, title: string, code: boolean, long: boolean}} of */
function fieldInput({ field, title, code, long }) {
  const input = make(long ? "textarea" : "input", code ? "area code" : "area", { name: field, "aria-label": title, spellcheck: "false", dir: code ? "ltr" : "auto" });
  return labelled(title, input, long ? "long" : "");
}

/** @param {string} title @param {any} input @param {string} [className] */
function labelled(title, input, className = "") {
  return make("label", className, {}, [make("span", "dim", {}, [title]), input]);
}
