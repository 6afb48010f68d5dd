// @ts-check
/** The columns of the table, and what a row says in each. */

import { clock, count } from "../words.js";

/** The columns that can be shown; `on` are those that are at first. */
export const COLUMNS = [
  { name: "position", title: "#", width: "var(--digits)", on: true },
  { name: "label", title: "type", width: "calc(68px + var(--digits))", on: true },
  { name: "agent", title: "agent", width: "92px", on: false },
  { name: "said", title: "text", width: "minmax(190px, 1fr)", on: true },
  { name: "tokens", title: "tokens", width: "68px", on: true },
  { name: "created_at", title: "time", width: "78px", on: true },
  { name: "id", title: "id", width: "88px", on: false },
  { name: "role", title: "role", width: "88px", on: false },
  { name: "tool", title: "tool", width: "128px", on: false },
  { name: "arguments", title: "arguments", width: "200px", on: false },
  { name: "output", title: "output", width: "200px", on: false },
  { name: "call_id", title: "call_id", width: "128px", on: false },
  { name: "metadata", title: "metadata", width: "160px", on: false },
];

const DIGITS = 44; // pixels of --digits where there are two
const REST = 28; // beside all columns
const GIVES_WAY = ["created_at", "tokens", "agent"];

/**
 * The columns that fit: where there is little room the text has it.
 * @template {{name: string, width: string}} C @param {C[]} columns @param {number} room  pixels @returns {C[]}
 */
export function fittingColumns(columns, room) {
  const leaving = GIVES_WAY.find((name) => columns.some((column) => column.name === name));
  return !leaving || leastWidth(columns) <= room ? columns : fittingColumns(columns.filter(({ name }) => name !== leaving), room);
}

/** How wide the table must at least be, in pixels. @param {{width: string}[]} columns */
export function leastWidth(columns) {
  const least = (/** @type {string} */ width) => parseInt(/\d+/.exec(width)?.[0] ?? "0", 10) + (width.includes("--digits") ? DIGITS : 0);
  return REST + columns.reduce((sum, { width }) => sum + least(width), 0);
}

/**
 * What a cell says, and its title.
 * @param {string} name @param {import("./pages.js").Row} row @param {boolean} isDraft  whether it is edited and not saved
 * @returns {{text: string, title: string}}
 */
export function cellText(name, row, isDraft) {
  if (name === "position") return { text: count(row.position) + (isDraft ? " •" : ""), title: isDraft ? "Edited, not yet saved" : "" };
  if (name === "label") return { text: labelText(row), title: row.problem ?? (isLone(row) ? LONE[row.label] : (row.cells.type ?? "")) };
  if (name === "said") return { text: row.said, title: row.problem ?? "" };
  if (name === "created_at") {
    const { short, full } = timeOf(row.cells.created_at);
    return { text: short, title: full };
  }
  const value = row.cells[name];
  return { text: value === undefined ? "" : name === "tokens" ? count(value) : String(value), title: "" };
}

/** A row's label; where its other half is not beside it, with its place. @param {import("./pages.js").Row} row */
export function labelText({ label, partner, position }) {
  if (partner === null || Math.abs(partner - position) === 1) return label;
  return `${label} ${label === "call" ? "→" : "←"} ${count(partner)}`;
}

/**
 * How a row is drawn that is half of a pair.
 * @param {import("./pages.js").Row | undefined} row @param {import("./pages.js").Row | null} chosen
 */
export function pairClass(row, chosen) {
  if (!row || !isHalf(row) || !row.cells.call_id) return ""; // what runs at the API has no output of its own
  const near = row.partner !== null && Math.abs(row.partner - row.position) === 1;
  const linked = chosen && row.partner !== null && row.partner === chosen.position;
  return ["pair", row.label, isLone(row) && "lone", near && "near", linked && "linked"].filter(Boolean).join(" ");
}

/** @type {Record<string, string>} */
const LONE = { call: "This call has no output after it; the model API refuses that", output: "This output has no call before it; the model API refuses that" };

/** Whether a row lacks its other half. @param {import("./pages.js").Row} row */
function isLone(row) {
  return isHalf(row) && row.partner === null && Boolean(row.cells.call_id);
}

/** Whether a row is a tool call or an output. @param {import("./pages.js").Row} row */
export function isHalf({ label }) {
  return label === "call" || label === "output";
}

/** A stored time, UTC, as the reader's clock shows it. @param {string | undefined} text @returns {{short: string, full: string}} */
export function timeOf(text) {
  const time = text ? new Date(`${text.replace(" ", "T").replace(/Z$/, "")}Z`) : null;
  if (!time || Number.isNaN(time.getTime())) return { short: text ?? "", full: text ?? "" };
  const shown = clock(time);
  return { short: shown.time, full: `${shown.date} ${shown.time}` };
}
