// @ts-check
/** Which fields an item has that can be edited, and what a new item is asked for. */

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
  return FIELDS.filter(({ name }) => {
    if (name === "item") return true;
    if (name === "metadata") return !cannot.metadata && cells.type !== null;
    if (name === "tool" && (cells.arguments ?? null) === null) return false; // an output has its call's, and what runs at the API none
    return (cells[name] ?? null) !== null;
  });
}

/**
 * The cells of an item as far as its row tells them: enough to begin an edit at once, but for what is cut.
 * @param {import("./pages.js").Row} row @returns {Record<string, any>}
 */
export function cellsOf(row) {
  const cells = Object.fromEntries(["type", ...FIELDS.map(({ name }) => name)].map((name) => [name, row.cells[name] ?? null]));
  return { ...cells, item: undefined, stamp: row.stamp };
}

/** Whether all of a field is known. @param {Record<string, any>} cells @param {import("./pages.js").Row} row @param {string} field */
export function isWhole(cells, row, field) {
  return cells.item !== undefined || (field !== "item" && !row.cut.includes(field));
}

/** The field that a column of the table stands for. @param {string} column @param {Field[]} fields */
export function fieldFor(column, fields) {
  const wanted = column === "label" ? "role" : column;
  return (fields.find((field) => field.name === wanted) ?? fields[0]).name;
}

/**
 * The images that an item holds itself; one that is elsewhere is not fetched.
 * @param {string | null | undefined} item  its JSON @returns {string[]}  data URLs
 */
export function imagesOf(item) {
  if (!item?.includes("data:image/")) return [];
  try {
    const { content, output } = JSON.parse(item);
    const parts = [content, output].flatMap((each) => (Array.isArray(each) ? each : []));
    return parts.map((part) => part?.image_url).filter((url) => typeof url === "string" && url.startsWith("data:image/"));
  } catch {
    return [];
  }
}

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
