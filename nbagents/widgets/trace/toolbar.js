// @ts-check
/** The strip, the toolbar, its menus and the foot: elements, and what they say. */

import { make } from "../live.js";
import { TYPES } from "./figures.js";
import { conditions } from "./filter.js";
import { clock, count, duration, plural } from "../words.js";
import { dollars } from "./details.js";

export const THUMB = { width: 190, height: 18, lanes: 4 };

/** @param {string} type */
export function colorOf(type) {
  return `var(--nb-${TYPES.includes(type) ? type : "custom"})`;
}

export function buildStrip() {
  const thumb = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const box = `0 0 ${THUMB.width} ${THUMB.height}`; // all of it is seen where it has less room
  for (const [name, value] of Object.entries({ viewBox: box, preserveAspectRatio: "none", height: THUMB.height, class: "thumb", "aria-hidden": "true" })) thumb.setAttribute(name, String(value));
  const pulse = make("span", "pulse", { "aria-hidden": "true", hidden: "" });
  const title = make("b", "name");
  const facts = make("span", "facts num");
  const strip = make("button", "strip", { type: "button", "aria-expanded": "false" }, [
    make("span", "caret", { "aria-hidden": "true" }), pulse, title, facts, make("span", "space"), thumb,
  ]);
  return { strip, pulse, title, facts, thumb };
}

/** @param {any} figures @param {any} cost */
export function stripFacts(figures, cost) {
  const facts = [duration(figures.took), plural(figures.spans, "span")];
  const tokens = figures.input + figures.output;
  if (tokens) facts.push(plural(tokens, "token"));
  if (typeof cost?.usd === "number" && cost.usd > 0) facts.push(dollars(cost.usd));
  if (figures.interrupted) facts.push("interrupted");
  return facts;
}

/** @param {SVGElement} thumb @param {{lane: number, x: number, right: number, type: string, error: boolean}[]} bars */
export function drawThumb(thumb, bars) {
  const paths = new Map();
  for (const bar of bars) {
    const color = bar.error ? "var(--nb-bad)" : colorOf(bar.type);
    const rectangle = `M${bar.x.toFixed(1)} ${1 + bar.lane * 4.6}h${(bar.right - bar.x).toFixed(1)}v3H${bar.x.toFixed(1)}z`;
    paths.set(color, (paths.get(color) ?? "") + rectangle);
  }
  fillPaths(thumb, paths);
}

/** @param {SVGElement} svg @param {Map<string, string>} paths  by colour */
export function fillPaths(svg, paths) {
  svg.replaceChildren(...[...paths].map(([color, d]) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    path.style.fill = color;
    return path;
  }));
}

/** @param {any} element @param {string[]} facts @param {number} errors @param {Node[]} [more] */
export function putFacts(element, facts, errors, more = []) {
  const parts = facts.map((fact) => make("span", "", {}, [fact]));
  if (errors) parts.push(make("span", "bad", {}, [plural(errors, "error")]));
  element.replaceChildren(...parts, ...more);
}

const FOLD = "Draw stretches in which nothing ran narrow";
const NO_GAPS = "There is no long stretch in which nothing ran";
const VIEWS = [["tree", "Tree"], ["agent", "Agents"], ["type", "Types"]];

export function buildToolbar() {
  const views = make("div", "segments", { role: "group", "aria-label": "Rows" }, VIEWS.map(([by, text]) => make("button", "button", { type: "button", "data-by": by }, [text])));
  const button = (/** @type {string} */ act, /** @type {string} */ text, /** @type {string} */ title) => make("button", "button", { type: "button", "data-act": act, title }, [text]);
  const critical = button("critical", "Critical path", "Underline what the end was waiting for");
  const fold = button("fold", "Fold gaps", FOLD);
  const compare = button("compare", "Compare", "Put another trace beside this one");
  const chips = make("div", "chips", { role: "group", "aria-label": "Span types" });
  const filter = button("filter", "Filter", "By agent, tool, error or duration");
  const search = make("input", "search", { type: "search", placeholder: "Search  /", "aria-label": "Search spans", spellcheck: "false" });
  const toolbar = make("div", "toolbar", {}, [views, critical, fold, compare, make("div", "finding", {}, [chips, make("span", "space"), filter, search])]);
  return { toolbar, views, critical, fold, compare, chips, filter, search };
}

/** @param {any} bar  as built @param {any} hub */
export function drawToolbar(bar, hub) {
  const { ui, compared } = hub;
  for (const button of bar.views.children) {
    button.setAttribute("aria-pressed", String(!compared && button.dataset.by === ui.by));
    button.disabled = Boolean(compared);
  }
  bar.critical.setAttribute("aria-pressed", String(ui.critical && !compared));
  bar.fold.setAttribute("aria-pressed", String(ui.fold && !compared));
  bar.critical.disabled = bar.filter.disabled = bar.search.disabled = Boolean(compared);
  const gaps = !compared && (ui.fold || hub.hasGaps);
  bar.fold.disabled = !gaps;
  bar.fold.title = gaps || compared ? FOLD : NO_GAPS;
  bar.compare.setAttribute("aria-pressed", String(Boolean(compared)));
  bar.compare.hidden = hub.table.traces.length !== 1 && !compared;
  const conditioned = conditions(ui.filter);
  bar.filter.setAttribute("aria-pressed", String(conditioned > 0));
  bar.filter.textContent = conditioned ? `Filter ${conditioned}` : "Filter";
}

/** @param {string} type @param {number} n @param {boolean} on */
export function chip(type, n, on) {
  const dot = make("i", "dot", { style: `background:${colorOf(type)}` });
  const element = make("button", "chip", { type: "button", "aria-pressed": String(on), title: on ? `Hide ${type} spans` : `Show ${type} spans` }, [
    dot, `${type} ${count(n)}`,
  ]);
  element.dataset.type = type;
  return element;
}

/** What can be looked for. @param {{agents: string[], tools: string[]}} choices @param {import("./filter.js").Filter} filter */
export function filterPanel(choices, filter) {
  const list = (/** @type {string} */ name, /** @type {string} */ any, /** @type {string[]} */ entries, /** @type {string} */ chosen) => {
    const options = [make("option", "", { value: "" }, [any]), ...entries.map((entry) => make("option", "", { value: entry }, [entry]))];
    const select = make("select", "", { name }, options);
    select.value = chosen;
    return make("label", "", {}, [make("span", "dim", {}, [name]), select]);
  };
  const least = make("input", "", { type: "text", name: "least", placeholder: "200 ms, 1.5 s, 2 min", value: filter.least ? `${filter.least / 1e6} s` : "" });
  const failed = make("input", "", { type: "checkbox", name: "failed" });
  failed.checked = filter.failed;
  return make("div", "filters", {}, [
    list("agent", "any agent", choices.agents, filter.agent), list("tool", "any tool", choices.tools, filter.tool),
    make("label", "", {}, [make("span", "dim", {}, ["at least"]), least]), make("label", "", {}, [make("span", "dim", {}, ["only errors"]), failed]),
    make("button", "button framed", { type: "button", "data-act": "clear" }, ["Clear"]),
  ]);
}

/** The traces to compare with. @param {any[] | null} others */
export function otherTraces(others) {
  if (!others) return [make("p", "dim", {}, ["Asking the kernel…"])];
  if (!others.length) return [make("p", "dim", {}, ["There is no other trace in this notebook's file."])];
  return others.map((other) => make("button", "choice num", { type: "button", "data-trace": other.trace_id }, [
    make("b", "", {}, [other.name]), make("span", "dim", {}, [clock(new Date(other.started_us / 1000)).time]), make("span", "", {}, [duration(other.took)]),
    make("span", "dim", {}, [plural(other.spans, "span")]), ...(other.errors ? [make("span", "bad", {}, [plural(other.errors, "error")])] : []),
  ]));
}

const FORMATS = [["html", "HTML", "one page that needs nothing"], ["json", "Perfetto", "and chrome://tracing"], ["jsonl", "JSON lines", "to read back or to process"], ["otlp.json", "OpenTelemetry", "for any collector"]];

/** What the traces can be written to, beside the notebook. */
export function exportFormats() {
  return FORMATS.map(([suffix, name, what]) => make("button", "choice", { type: "button", "data-suffix": suffix }, [make("b", "", {}, [name]), make("span", "dim", {}, [what])]));
}

const MOST_TYPES = 5;

/** Self time by type of span, of what matches. @param {any} hub */
export function selfFacts(hub) {
  if (hub.compared || !hub.selfByType.length) return "";
  const rest = hub.selfByType.slice(MOST_TYPES);
  const parts = hub.selfByType.slice(0, MOST_TYPES).map((/** @type {any} */ each) => `${each.type} ×${count(each.count)} ${duration(each.time)}`);
  if (rest.length) parts.push(`${plural(rest.length, "more type")} ${duration(rest.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.time, 0))}`);
  const whole = parts.map((/** @type {string} */ part) => part.replaceAll(" ", "\u00a0")); // a line breaks between two of them only
  return `self time${hub.matching ? " of what matches" : ""}: ${whole.join(" · ")}`;
}

/** What the foot says. @param {any} hub */
export function footFacts(hub) {
  const { figures, rows, compared, cost, ui } = hub;
  if (compared) {
    const cut = compared.pairs.length < compared.total ? `, those that changed most of ${count(compared.total)}` : "";
    return [`showing ${plural(compared.pairs.length, "place")} in the trees${cut}`];
  }
  const matching = hub.matching ? `${plural(hub.matching.reduce((/** @type {number} */ sum, /** @type {number} */ n) => sum + n, 0), "match").replace("matchs", "matches")}, ` : "";
  const parts = [`${plural(figures.spans, "span")}, ${matching}showing ${plural(rows.count, ui.by === "tree" ? "row" : "lane")}`];
  const times = [["model", figures.model], ["tools", figures.tools], ["idle", figures.idle]].filter(([, time]) => time);
  const worked = figures.model || figures.tools; // without either, all of it would be called idle
  parts.push([["took", figures.took], ...(worked ? times : [])].map(([what, time]) => `${what} ${duration(time)}`).join(" · "));
  const tokens = [[figures.input, "in"], [figures.output, "out"], [figures.cached, "cached"], [figures.reasoning, "reasoning"]].filter(([n], i) => n || (i < 2 && figures.input + figures.output));
  if (tokens.length) parts.push(tokens.map(([n, what]) => `${count(n)} ${what}`).join(" · "));
  if (cost?.calls) parts.push(typeof cost.usd !== "number" ? "cost unknown" : cost.usd ? dollars(cost.usd) : "no cost");
  return parts;
}
