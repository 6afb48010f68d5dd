// @ts-check
/** Items on their way to other places and back: what is copied, and what is pasted. */

import { cellText } from "./columns.js";
import { fieldFor, fieldsOf } from "./fields.js";
import { count, plural } from "../words.js";

const ITEMS = "application/x-nbagents-items"; // beside the text, where the browser keeps it
const MOST = 1000; // items

/** What one view hands to the clipboard, and takes from it. */
export class Clipboard {
  /** @param {any} view @param {import("./hub.js").GridHub} hub */
  constructor(view, hub) {
    this.view = view;
    this.hub = hub;
    /** @type {Record<string, string> | null} */ this.ready = null; // what is on its way to the clipboard
    view.on(view.root, "copy", (/** @type {ClipboardEvent} */ event) => this.give(event));
    view.on(view.table.scroller, "paste", (/** @type {ClipboardEvent} */ event) => this.take(event));
  }

  /** @param {ClipboardEvent} event */
  give(event) {
    if (!this.ready) return; // text that somebody marked
    for (const [kind, text] of Object.entries(this.ready)) event.clipboardData?.setData(kind, text);
    this.ready = null;
    event.preventDefault();
  }

  /** Copy the chosen cell, or the chosen items; both can be pasted as items. @returns {Promise<any>} the rows, if it was done */
  copy() {
    const { hub } = this;
    return hub.changes.run(async () => {
      const [first, last] = hub.place.range;
      if (last - first >= MOST) return hub.say(`At most ${count(MOST)} items are copied at once; session.export_jsonl() writes all of them.`);
      const rows = await hub.place.rows();
      if (!rows.length) return null;
      const items = (await hub.ask({ type: "items", keys: rows.map((row) => row.key) })).join("\n");
      const text = rows.length === 1 ? await this.cell(rows[0]) : items;
      this.hand({ "text/plain": text, ...(items ? { [ITEMS]: items } : {}) });
      hub.say(rows.length === 1 ? "Copied." : `Copied ${plural(rows.length, "item")}.`);
      return rows;
    });
  }

  /** What the chosen cell holds, whole. @param {import("./pages.js").Row} row */
  async cell(row) {
    const { column } = this.hub.place;
    const cells = await this.hub.ask({ type: "cells", key: row.key });
    const field = fieldFor(column, fieldsOf(cells));
    return column === "said" || field === column ? cells[field] : cellText(column, row, false).text;
  }

  /** @param {Record<string, string>} ready */
  hand(ready) {
    this.ready = ready;
    document.execCommand("copy"); // asks for it at once; where the page is no secure one there is no other way
    if (this.ready) throw new Error("The browser did not let the page copy.");
  }

  /** @param {ClipboardEvent} event */
  take(event) {
    const text = event.clipboardData?.getData(ITEMS) || event.clipboardData?.getData("text/plain");
    event.preventDefault();
    if (!text?.trim()) return;
    const why = this.hub.cannot("insert");
    if (why) return this.hub.say(why);
    const items = itemsIn(text);
    if (items) return this.hub.changes.paste(text, items);
    this.hub.editor.begin(text);
    this.view.pane.focus();
  }
}

/** How many items a text holds as JSON: one, a list, or one on each line; 0 where it is another text. @param {string} text */
export function itemsIn(text) {
  const isItem = (/** @type {any} */ value) => value !== null && typeof value === "object" && ("role" in value || "type" in value);
  for (const read of [() => [JSON.parse(text)].flat(), () => text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line))]) {
    try {
      const items = read();
      if (items.length && items.every(isItem)) return items.length;
    } catch {
      // no JSON
    }
  }
  return 0;
}
