// @ts-check
/** The session grid without a page: which rows are known, which fields an item has, and texts made fit to edit. */

export const ROW = 28; // pixels
export const PAGE = 100; // rows that are asked for in one go

/**
 * @typedef {object} Row  one item as the kernel sends it
 * @property {string} key @property {number} position @property {string} label @property {string} said
 * @property {Record<string, any>} cells @property {string[]} cut @property {number | null} partner
 * @property {string} stamp @property {string | null} problem
 */

// ---------------------------------------------------------------------------------------------- rows that are known

/** The rows that fit, as far as they were sent; a page that is old is shown until the new one is there. */
export class Pages {
  constructor() {
    /** @type {Map<number, Row[]>} */ this.pages = new Map();
    /** @type {Set<number>} */ this.fresh = new Set();
    this.fitting = 0;
  }

  /** What is known may have changed. */
  growOld() {
    this.fresh.clear();
  }

  /** Something else fits now. */
  forget() {
    this.pages.clear();
    this.fresh.clear();
  }

  /** @param {number} start  a multiple of PAGE @param {Row[]} rows @param {number} fitting */
  put(start, rows, fitting) {
    this.fitting = fitting;
    this.pages.set(start / PAGE, rows);
    this.fresh.add(start / PAGE);
    for (const page of this.pages.keys()) if (page * PAGE >= fitting && page > 0) this.pages.delete(page);
  }

  /** @param {number} index @returns {Row | undefined} */
  row(index) {
    return index < this.fitting ? this.pages.get(Math.floor(index / PAGE))?.[index % PAGE] : undefined;
  }

  /** Whether a row is as it is now, as far as one knows. @param {number} index */
  isFresh(index) {
    return this.fresh.has(Math.floor(index / PAGE));
  }

  /** The index of a row that was sent and is not old, or -1. @param {string} key */
  find(key) {
    for (const [page, rows] of this.pages) {
      if (!this.fresh.has(page)) continue;
      const place = rows.findIndex((row) => row.key === key);
      if (place >= 0) return page * PAGE + place;
    }
    return -1;
  }

  /** Where the first page of some rows begins that must be asked for, or -1. @param {number} first @param {number} last */
  missing(first, last) {
    const end = Math.max(Math.min(last, this.fitting - 1), first);
    for (let page = Math.floor(first / PAGE); page * PAGE <= end; page++) if (!this.fresh.has(page)) return page * PAGE;
    return -1;
  }
}

/** Which rows a scrolled window shows, with one more on each side. @param {number} rows @param {number} top @param {number} height */
export function rowsIn(rows, top, height) {
  const first = Math.max(0, Math.floor(top / ROW) - 1);
  return { first, last: Math.min(rows - 1, Math.ceil((top + height) / ROW) + 1) };
}

/** The labels that are asked for: none where all are shown. @param {Record<string, number>} labels @param {Set<string>} hidden */
export function wantedLabels(labels, hidden) {
  const shown = Object.keys(labels).filter((label) => !hidden.has(label));
  return shown.length === Object.keys(labels).length ? [] : shown;
}

const LABELS = ["user", "assistant", "system", "developer", "call", "output", "reasoning"];

/** Labels with their counts, the usual ones first. @param {Record<string, number>} labels @returns {[string, number][]} */
export function labelCounts(labels) {
  const place = (/** @type {string} */ label) => (LABELS.includes(label) ? LABELS.indexOf(label) : LABELS.length);
  return Object.entries(labels).sort((a, b) => place(a[0]) - place(b[0]) || a[0].localeCompare(b[0]));
}

/** A stored time, UTC, as the reader's clock shows it. @param {string | undefined} text @returns {{short: string, full: string}} */
export function clock(text) {
  const time = text ? new Date(`${text.replace(" ", "T").replace(/Z$/, "")}Z`) : null;
  if (!time || Number.isNaN(time.getTime())) return { short: text ?? "", full: text ?? "" };
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return { short: [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":"), full: time.toLocaleString() };
}

/** A name for a branch that is not taken among those that are known. @param {string} name @param {string[]} known */
export function branchName(name, known) {
  const stem = name.replace(/-b\d+$/, "");
  let number = 1;
  while (known.includes(`${stem}-b${number}`)) number += 1;
  return `${stem}-b${number}`;
}

// ---------------------------------------------------------------------------------------------- fields of an item

/** @typedef {{name: string, title: string, code: boolean}} Field  a column of one item that can be edited */

const FIELDS = [
  { name: "text", title: "Text", code: false },
  { name: "arguments", title: "Arguments", code: true },
  { name: "output", title: "Output", code: true },
  { name: "role", title: "Role", code: false },
  { name: "tool", title: "Tool", code: true },
  { name: "call_id", title: "Call id", code: true },
  { name: "metadata", title: "Meta", code: true },
  { name: "item", title: "JSON", code: true },
];

/**
 * What of an item can be edited, the most telling first.
 * @param {Record<string, string | null>} cells  every cell, whole @param {Record<string, string>} cannot
 * @returns {Field[]}
 */
export function fieldsOf(cells, cannot = {}) {
  const isOutput = Boolean(cells.type?.endsWith("_output")); // its tool is its call's
  return FIELDS.filter(({ name }) => {
    if (name === "item") return true;
    if (name === "metadata") return !cannot.metadata && cells.type !== null;
    return (cells[name] ?? null) !== null && !(name === "tool" && isOutput);
  });
}

/**
 * The cells of an item as far as its row tells them: enough to begin an edit at once, but for what is cut.
 * @param {Row} row @returns {Record<string, any>}
 */
export function cellsOf(row) {
  const cells = Object.fromEntries(["type", ...FIELDS.map(({ name }) => name)].map((name) => [name, row.cells[name] ?? null]));
  return { ...cells, item: undefined, stamp: row.stamp };
}

/** Whether all of a field is known. @param {Record<string, any>} cells @param {Row} row @param {string} field */
export function isWhole(cells, row, field) {
  return cells.item !== undefined || (field !== "item" && !row.cut.includes(field));
}

/** The field that a column of the table stands for. @param {string} column @param {Field[]} fields */
export function fieldFor(column, fields) {
  const wanted = column === "label" ? "role" : column;
  return (fields.find((field) => field.name === wanted) ?? fields[0]).name;
}

// ---------------------------------------------------------------------------------------------- texts to edit

const STYLES = [{ comma: ", ", colon: ": " }, { comma: ",", colon: ":" }];
const STRUCTURE = /^[{}[\],:]$/;
const JSON_FIELDS = new Set(["item", "metadata", "arguments", "output"]);

/**
 * How a text is shown in an editor, and read back from it to the byte: JSON is indented, where that can be undone
 * exactly, and a carriage return, which a text area would swallow, is a sign of its own.
 * @param {string} field @param {string} text
 */
export function editing(field, text) {
  const style = JSON_FIELDS.has(field) && /^[[{]/.test(text) ? STYLES.find((each) => respaced(indented(text), each) === text) : undefined;
  const sign = ["␍", "⏎", "\ue00d"].find((each) => !text.includes(each)) ?? "";
  const returns = text.includes("\r") ? sign : "";
  return {
    returns,
    shown: style ? indented(text) : returns ? text.replaceAll("\r", returns) : text,
    /** @param {string} edited */
    read: (edited) => (style ? respaced(edited, style) : returns ? edited.replaceAll(returns, "\r") : edited),
  };
}

/** The strings of a JSON text, and what stands between them. @param {string} text */
function tokens(text) {
  return text.match(/"(?:[^"\\]|\\[^])*(?:"|$)|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
}

/** JSON text with other space between its tokens. @param {string} text @param {{comma: string, colon: string}} style */
export function respaced(text, { comma, colon }) {
  let out = "";
  let last = ",";
  for (const token of tokens(text)) {
    const apart = !STRUCTURE.test(token) && !STRUCTURE.test(last); // no JSON, and must not become some
    out += (apart ? " " : "") + (token === "," ? comma : token === ":" ? colon : token);
    last = token;
  }
  return out;
}

/** JSON text in lines. @param {string} text */
export function indented(text) {
  let depth = 0;
  let out = "";
  const all = tokens(text);
  all.forEach((token, i) => {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    const empty = closes && /^[[{]$/.test(all[i - 1] ?? "");
    if (closes) depth = Math.max(0, depth - 1);
    if (closes && !empty) out += `\n${"  ".repeat(depth)}`;
    out += token === ":" ? ": " : token;
    if (opens) depth += 1;
    if (token === "," || (opens && !/^[\]}]$/.test(all[i + 1] ?? ""))) out += `\n${"  ".repeat(depth)}`;
  });
  return out;
}

// ---------------------------------------------------------------------------------------------- new items

/** What a new item of each kind is asked for. @type {Record<string, {field: string, title: string, code: boolean, long: boolean}[]>} */
export const NEW = {
  user: [{ field: "text", title: "Text", code: false, long: true }],
  assistant: [{ field: "text", title: "Text", code: false, long: true }],
  system: [{ field: "text", title: "Text", code: false, long: true }],
  developer: [{ field: "text", title: "Text", code: false, long: true }],
  call: [
    { field: "tool", title: "Tool", code: true, long: false },
    { field: "call_id", title: "Call id", code: true, long: false },
    { field: "arguments", title: "Arguments", code: true, long: true },
  ],
  output: [
    { field: "call_id", title: "Call id", code: true, long: false },
    { field: "output", title: "Output", code: true, long: true },
  ],
  JSON: [{ field: "item", title: "Item", code: true, long: true }],
};

/** The cells of a new item. @param {string} kind @param {Record<string, string>} values */
export function newCells(kind, values) {
  const given = Object.fromEntries(NEW[kind].map(({ field }) => [field, values[field] ?? ""]));
  if (kind === "JSON") return given;
  if (kind === "call") return { type: "function_call", ...given };
  if (kind === "output") return { type: "function_call_output", ...given };
  return { role: kind, ...given };
}
