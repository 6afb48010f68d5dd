// @ts-check
/** What the keys mean in the table. */

/** @type {Record<string, string>} */
const WITH_CTRL = { z: "undo", y: "redo", d: "duplicate", c: "copy", x: "cut", a: "all", home: "first", end: "last" };
/** @type {Record<string, string>} */
const WITH_ALT = { ArrowUp: "up", ArrowDown: "down" };
/** @type {Record<string, string>} */
const ALONE = {
  ArrowUp: "previous", ArrowDown: "next", PageUp: "page up", PageDown: "page down", Home: "first", End: "last", ArrowLeft: "left", ArrowRight: "right",
  Enter: "edit", F2: "edit", Delete: "delete", Backspace: "delete", Insert: "add", "+": "add", b: "branch", B: "branch", g: "go to", G: "go to", "/": "search", Escape: "escape",
};

/** The command of a key, or undefined. @param {KeyboardEvent} event @returns {string | undefined} */
export function commandOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey) return shiftKey && key.toLowerCase() === "z" ? "redo" : WITH_CTRL[key.toLowerCase()];
  return (altKey ? WITH_ALT : ALONE)[key];
}

/**
 * The row that a command goes to, or undefined where it goes nowhere.
 * @param {string} command @param {{index: number, rows: number, page: number, chosen: boolean}} at  rows in the table and in sight
 */
export function rowWanted(command, { index, rows, page, chosen }) {
  return { previous: index - 1, next: chosen ? index + 1 : index, "page up": index - page, "page down": index + page, first: 0, last: rows - 1 }[command];
}
