// @ts-check
/** The details pane: what one reads about a span, a run of siblings, a pair of spans, or the whole trace. Elements only. */

import { make } from "../live.js";
import { extent, signed, spanRow, spansAt } from "./rows.js";
import { rowOfKey, stopOf, textOf, typeOf } from "./table.js";
import { clock, count, duration, percent, plural } from "../words.js";

// What the SDK says in place of the words of a tool's error, and what brings them back.
const WITHHELD = "Tool execution failed. Error details are redacted.";
const WHY_WITHHELD = "The SDK keeps a tool's own words out of traces. Make it with function_tool(failure_error_function=…), a function of yours, and they are here.";

export const TABS = ["Input", "Output", "Settings", "Raw"];

const FIELD_OF = /** @type {Record<string, string>} */ ({ Input: "input", Output: "output" });

/** @typedef {import("./table.js").Table} Table */
/** @typedef {[string, string][]} Facts */

/** Tokens of a row in words. @param {Table} table @param {number} row */
export function tokensOf(table, row) {
  const { input, output, cached, reasoning } = table;
  if (Number.isNaN(input[row]) && Number.isNaN(output[row])) return "";
  const extra = [
    cached[row] ? `${count(cached[row])} cached` : "", // NaN is not known, and not said
    reasoning[row] ? `${count(reasoning[row])} reasoning` : "",
  ];
  return [`${count(input[row] || 0)} in`, `${count(output[row] || 0)} out`, ...extra].filter(Boolean).join(" · ");
}

/** @param {Table} table @param {number} row @param {number[]} ends @param {number} [merged] */
export function tipLine(table, row, ends, merged = 1) {
  const own = spanRow(table, row, ends);
  const took = own.state === "done" ? own.took : own.state;
  return [own.type, took, tokensOf(table, row), merged > 1 ? `and ${plural(merged - 1, "more span")} close by` : ""].filter(Boolean).join(" · ");
}

/** @param {number} us  since 1970 */
function moment(us) {
  const { date, time } = clock(new Date(us / 1000));
  return `${date} ${time}`;
}

/** A price in US dollars. @param {number} usd */
export function dollars(usd) {
  return usd >= 0.01 || usd === 0 ? `$${usd.toFixed(usd < 1 ? 4 : 2)}` : `$${usd.toPrecision(2)}`;
}

/**
 * @param {Table} table @param {number} row @param {any} figures
 * @param {{self: number, detail: any, path: [number, number][] | undefined}} more
 */
export function aboutSpan(table, row, figures, { self, detail, path }) {
  const name = table.names[table.name[row]];
  const took = stopOf(table, row, figures.ends) - table.start[row];
  const own = spanRow(table, row, figures.ends);
  const share = (/** @type {number} */ time) => [duration(time), percent(time, figures.took) && `${percent(time, figures.took)} of the run`].filter(Boolean).join(" · ");
  /** @type {Facts} */
  const facts = [["started", `+${duration(table.start[row] - figures.start)}`], ["took", share(took)]];
  if (self < took) facts.push(["self time", duration(self)]);
  if (!Number.isNaN(table.first[row])) facts.push(["first token", `after ${duration(table.first[row])}`]);
  if (own.state !== "done") facts.push(["state", own.state]);
  for (const column of /** @type {const} */ (["agent", "model"])) {
    const text = textOf(table, column, row);
    if (text !== null && text !== name) facts.push([column, text]);
  }
  const tokens = tokensOf(table, row);
  if (tokens) facts.push(["tokens", tokens]);
  if (detail?.cost) facts.push(["cost", dollars(detail.cost)]);
  if (path) facts.push(["on the path", share(path.reduce((sum, [from, to]) => sum + to - from, 0))]);
  return [heading(name, typeOf(table, row)), pairs(facts)];
}

/** Siblings that are alike: their times together. @param {Table} table @param {import("./tree.js").Tree} tree @param {number} place @param {any} figures */
export function aboutRun(table, tree, place, figures) {
  const rows = spansAt(tree, place);
  const times = rows.map((row) => stopOf(table, row, figures.ends) - table.start[row]).sort((a, b) => a - b);
  const { start, stop } = extent(table, rows, figures.ends);
  const at = (/** @type {number} */ share) => duration(times[Math.min(times.length - 1, Math.floor(share * times.length))]);
  /** @type {Facts} */
  const facts = [
    ["started", `+${duration(start - figures.start)}`], ["took", duration(stop - start)], ["together", duration(times.reduce((sum, time) => sum + time, 0))],
    ["shortest", at(0)], ["median", at(0.5)], ["longest", at(1)],
  ];
  const name = table.names[table.name[rows[0]]];
  return [heading(`${name} ×${count(rows.length)}`, typeOf(table, rows[0])), pairs(facts), hint("They follow each other and are alike; → opens them one by one.")];
}

/** @param {Table} table @param {any} figures @param {any} path  the critical path, or null */
export function aboutTraces(table, figures, path) {
  /** @type {Facts} */
  const facts = [["started", moment(figures.start)], ["took", duration(figures.took)], ["spans", count(figures.spans)]];
  const groups = [...new Set(table.traces.map((trace) => trace.group_id).filter(Boolean))];
  if (groups.length === 1) facts.push(["group", String(groups[0])]);
  if (figures.input + figures.output) facts.push(["tokens", `${count(figures.input)} in · ${count(figures.output)} out`]);
  const waited = path ? [make("div", "subhead", {}, ["What the end waited for"]), pathShares(table, path, figures)] : [];
  return [heading(figures.name, ""), pairs(facts), ...waited, hint("Choose a span to see what went in and what came out.")];
}

/** The longest parts of the critical path. @param {Table} table @param {Map<number, [number, number][]>} path @param {any} figures */
function pathShares(table, path, figures) {
  const parts = [...path].map(([key, stretches]) => ({ key, own: stretches.reduce((sum, [from, to]) => sum + to - from, 0) }));
  parts.sort((a, b) => b.own - a.own);
  const lines = parts.slice(0, 8).flatMap(({ key, own }) => [
    make("span", "", {}, [table.names[table.name[rowOfKey(table, key)]]]),
    make("span", "dim", {}, [`${duration(own)} · ${percent(own, figures.took)}`]),
  ]);
  if (parts.length > 8) lines.push(make("span", "dim", {}, [`showing 8 of ${plural(parts.length, "span")}`]));
  return make("div", "share num", {}, lines);
}

/** Two traces. @param {any} compared @param {any | null} pair */
export function aboutPair(compared, pair) {
  const { a, b } = compared;
  const whole = [
    ["took", duration(a.took), duration(b.took), signed(b.took - a.took)],
    ["tokens", count(a.tokens), count(b.tokens), delta(b.tokens - a.tokens)],
    ["spans", count(a.spans), count(b.spans), delta(b.spans - a.spans)],
    ["errors", count(a.errors), count(b.errors), delta(b.errors - a.errors)],
  ];
  const legend = make("div", "pairs num", {}, [["this", "custom", a], ["other", "agent", b]].flatMap(([side, color, trace]) => [
    make("span", "dim", {}, [make("i", "dot", { style: `background:var(--nb-${color})` }), ` ${side}`]), make("span", "", {}, [`${trace.name}, ${moment(trace.started_us)}`]),
  ]));
  const parts = [heading("Compared", ""), legend, figureTable(whole)];
  if (pair) parts.push(make("div", "subhead", {}, [pair.name, " ", make("span", "dim", {}, [pair.type])]), figureTable(pairFigures(pair)));
  return parts;
}

/** @param {any} pair */
function pairFigures({ a, b, figures }) {
  const time = (/** @type {any} */ stretch) => (stretch ? stretch[1] - stretch[0] : null);
  const said = (/** @type {any} */ value) => (value === null ? "–" : duration(value));
  const lines = [["took", said(time(a)), said(time(b)), signed((time(b) ?? 0) - (time(a) ?? 0))]];
  for (const [name, label, say] of /** @type {const} */ ([["input", "tokens in", count], ["output", "tokens out", count], ["cost", "cost", dollars]])) {
    const [before, after] = [figures[`${name}_a`], figures[`${name}_b`]];
    if (typeof before !== "number" && typeof after !== "number") continue;
    const text = (/** @type {any} */ value) => (typeof value === "number" ? say(value) : "–");
    const change = Number(after ?? 0) - Number(before ?? 0);
    lines.push([label, text(before), text(after), name === "cost" ? `${change < 0 ? "−" : "+"}${dollars(Math.abs(change))}` : delta(change)]);
  }
  return lines;
}

/** @param {number} change */
function delta(change) {
  return change === 0 ? "±0" : `${change > 0 ? "+" : "−"}${count(Math.abs(change))}`;
}

/** @param {string[][]} lines */
function figureTable(lines) {
  const head = make("tr", "", {}, ["", "this", "other", "change"].map((text) => make("th", "", {}, [text])));
  return make("table", "figure num", {}, [head, ...lines.map((cells) => make("tr", "", {}, cells.map((text) => make("td", "", {}, [text]))))]);
}

/** @param {string} name @param {string} type */
function heading(name, type) {
  return make("div", "heading", {}, [make("b", "", {}, [name]), " ", make("span", "dim", {}, [type])]);
}

/** @param {Facts} facts */
function pairs(facts) {
  return make("div", "pairs num", {}, facts.flatMap(([name, value]) => [make("span", "dim", {}, [name]), make("span", "", {}, [value])]));
}

/** @param {string} text */
function hint(text) {
  return make("p", "dim", {}, [text]);
}

// ---------------------------------------------------------------------------------------------- payloads

/**
 * What went in and came out.
 * @param {{type: string, state: string, error: string | null}} span @param {any} detail  as the kernel sent it, or what is known so far
 * @param {string} tab @param {any} session  where it was asked for @param {Node} copy  the button that copies what the tab shows
 */
export function payload(span, detail, tab, session, copy) {
  const error = detail?.fields?.error?.text ?? span.error;
  const parts = error ? [make("pre", "block error", { tabindex: "0" }, [error])] : [];
  if (error?.includes(WITHHELD)) parts.push(hint(WHY_WITHHELD));
  const waiting = span.state === "running" && detail?.fields && !detail.fields.input && !detail.fields.output;
  if (waiting) return [...parts, hint("Still running: its payload is stored when it ends.")];
  const kept = ["response", "generation", "function"].includes(span.type) && detail?.fields;
  return [...parts, tabs(tab, detail, copy), ...tabContent(detail, tab), ...(kept ? sessionPart(session) : [])];
}

/**
 * What a tab shows, to be pasted elsewhere: a payload as it is, or all of them as JSON; what was cut says so.
 * @param {any} detail  as the kernel sent it @param {string} tab
 */
export function copied(detail, tab) {
  const fields = Object.entries(detail?.fields ?? {}).filter(([, field]) => field);
  const whole = (/** @type {any} */ { text, shown, total }) => (shown < total ? `${text}\n… the first ${count(shown)} of ${plural(total, "character")}` : text);
  if (FIELD_OF[tab]) return fields.filter(([name]) => name === FIELD_OF[tab]).map(([, field]) => whole(field)).join("");
  if (tab === "Settings") return asJSON((detail?.settings ?? []).map((/** @type {[string, any]} */ [name, field]) => [name, field && parsed(whole(field))]));
  return asJSON(fields.map(([name, field]) => [name, parsed(whole(field))]));
}

/** @param {[string, any][]} entries */
function asJSON(entries) {
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {string} chosen @param {any} detail @param {Node} copy */
function tabs(chosen, detail, copy) {
  const names = TABS.filter((name) => name !== "Settings" || detail?.settings?.length || chosen === name);
  const buttons = names.map((name) => {
    const on = name === chosen;
    return make("button", "tab", { type: "button", role: "tab", "aria-selected": String(on), tabindex: on ? "0" : "-1" }, [name]);
  });
  return make("div", "tabrow", {}, [make("div", "tabs", { role: "tablist" }, buttons), ...(detail?.fields ? [copy] : [])]);
}

/** @param {any} detail @param {string} tab */
function tabContent(detail, tab) {
  if (detail?.error) return [make("pre", "block error", {}, [detail.error])];
  if (!detail?.fields) return [hint("Asking the kernel…")];
  const { fields, chat, settings } = detail;
  if (tab === "Raw") return raw(fields);
  if (tab === "Settings") return settings.length ? settings.flatMap(setting) : [hint("No settings were kept.")];
  const output = said(fields.output, chat?.output, "No output.");
  if (tab === "Output") return output;
  return [...said(fields.input, chat?.input, "No input."), ...(fields.output ? [make("div", "subhead", {}, ["Output"]), ...output] : [])];
}

/** @param {any} fields */
function raw(fields) {
  const parts = Object.entries(fields).filter(([, field]) => field).flatMap(([name, field]) => [make("div", "setting", {}, [name]), ...block(field, "")]);
  return parts.length ? parts : [hint("Nothing was kept.")];
}

/** @param {[string, any]} entry */
function setting([name, field]) {
  return [make("div", "setting", {}, [name]), ...block(field, "none")];
}

/** @param {any} field @param {any} chat @param {string} nothing */
function said(field, chat, nothing) {
  if (!chat) return block(field, nothing);
  const cut = chat.shown < chat.total ? [hint(`showing the newest ${count(chat.shown)} of ${plural(chat.total, "message")}`)] : [];
  return [...cut, make("div", "bubbles", {}, bubbles(chat.bubbles))];
}

/** @param {any[]} list */
function bubbles(list) {
  let before = "";
  return list.flatMap(({ who, kind, name, text }) => {
    const label = who === before ? [] : [make("span", `who ${who === "user" ? "user" : ""}`, {}, [who])];
    before = who;
    const look = ["user", "system", "developer"].includes(who) ? who : ["call", "output", "reasoning", "message"].includes(kind) ? kind : "json";
    const shown = text?.text ?? "";
    const rest = text && text.shown < text.total ? ` … ${count(text.shown)} of ${plural(text.total, "character")}` : "";
    return [...label, make("div", `bubble ${look}`, { tabindex: "0" }, [kind === "call" ? `${name}(${shown})` : shown, rest])];
  });
}

/** @param {any} field @param {string} nothing */
function block(field, nothing) {
  if (!field) return [hint(nothing)];
  const text = make("pre", "block", { tabindex: "0" }, [field.text]);
  if (field.shown >= field.total) return [text];
  return [text, hint(`showing first ${count(field.shown)} of ${count(field.total)} characters`)];
}

/** The way to the session that keeps what the span made. @param {any} session  of this span, or null */
function sessionPart(session) {
  if (!session) return [make("button", "link", { type: "button", "data-act": "session" }, ["Show in session ↗"])];
  if (session.asking) return [hint("Asking the kernel…")];
  if (session.error) return [make("pre", "block error", {}, [session.error])];
  if (!session.found) return [hint("No session in this notebook's file has it: the run had no session, or keeps it elsewhere.")];
  return [make("button", "link", { type: "button", "data-act": "hide" }, ["Hide the session"])];
}
