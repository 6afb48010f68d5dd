// @ts-check
/** A stored text made fit to edit, and read back from the editor to the byte. */

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
  const sign = ["↵", "␍", "\ue00d"].find((each) => !text.includes(each)) ?? "";
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

