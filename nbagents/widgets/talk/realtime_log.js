// @ts-check
/** Every event of a realtime conversation, in a table that opens below it and can be filtered. */

import { make, put } from "../live.js";
import { count, duration } from "../words.js";

const MOST_KEPT = 2_000; // rows in the page; the kernel keeps all
const MOST_SHOWN = 300;

/** Whether a row of the log is wanted. @param {any} entry @param {string} query @param {string} source */
export function wanted(entry, query, source) {
  if (source && entry.source !== source) return false;
  const text = query.trim().toLowerCase();
  return !text || [entry.type, entry.detail, entry.item_id].some((each) => each.toLowerCase().includes(text));
}

/** Keep rows that are new, or of which there is one more piece. @param {Map<number, any>} log @param {any[]} entries */
export function keep(log, entries) {
  for (const entry of entries) log.set(entry.number, entry);
  while (log.size > MOST_KEPT) log.delete(log.keys().next().value ?? 0);
}

export class EventTable {
  /** @param {any} view  the view it is part of */
  constructor(view) {
    this.open = false;
    this.source = "";
    this.query = "";
    this.toggle = make("button", "button", { "aria-expanded": "false" }, ["▸ Events"]);
    this.count = make("span", "dim num");
    this.about = make("span", "about dim");
    this.find = make("input", "search", { placeholder: "Filter", "aria-label": "filter events", hidden: "" });
    this.only = make("button", "button", { hidden: "", "aria-pressed": "false", title: "hide what the server sent" }, ["Session only"]);
    this.rows = make("div", "rows", { hidden: "" });
    view.on(this.toggle, "click", () => this.set(view, { open: !this.open }));
    view.on(this.find, "input", () => this.set(view, { query: this.find.value }));
    view.on(this.only, "click", () => this.set(view, { source: this.source ? "" : "session" }));
    const bar = make("div", "toolbar", {}, [this.toggle, this.count, make("span", "space"), this.about, this.only, this.find]);
    this.box = make("div", "log", {}, [bar, this.rows]);
  }

  /** @param {any} view @param {Partial<EventTable>} change */
  set(view, change) {
    Object.assign(this, change);
    view.hub.draw();
  }

  /** @param {any} state @param {Map<number, any>} log */
  draw(state, log) {
    put(this.toggle, this.open ? "▾ Events" : "▸ Events");
    this.toggle.setAttribute("aria-expanded", String(this.open));
    this.find.hidden = this.only.hidden = this.rows.hidden = !this.open;
    this.only.setAttribute("aria-pressed", String(this.source === "session"));
    put(this.count, state.events ? count(state.events) : "");
    const about = [state.agent, state.model, state.voice, state.direct ? "WebRTC" : ""].filter(Boolean).join(" · ");
    put(this.about, about);
    this.about.title = about;
    if (this.open) this.drawRows(log);
  }

  /** @param {Map<number, any>} log */
  drawRows(log) {
    const entries = [...log.values()].filter((entry) => wanted(entry, this.query, this.source));
    const atEnd = this.rows.scrollHeight - this.rows.scrollTop - this.rows.clientHeight < 40;
    const shown = entries.slice(-MOST_SHOWN);
    const begun = log.values().next().value?.at ?? 0;
    const rows = shown.map((entry) => row(entry, begun));
    if (shown.length < entries.length) rows.unshift(make("div", "cut", {}, [`showing ${shown.length} of ${count(entries.length)} rows`]));
    this.rows.replaceChildren(...rows);
    if (atEnd) this.rows.scrollTop = this.rows.scrollHeight;
  }
}

/** @param {any} entry @param {number} begun */
function row(entry, begun) {
  const bad = entry.type === "error" || entry.type === "overflow" ? " bad" : "";
  return make("div", `event ${entry.source}${bad}`, { title: entry.item_id }, [
    make("span", "dim num", {}, [duration((entry.at - begun) * 1e6)]),
    make("span", "", { title: entry.type }, [entry.type]),
    make("span", "n dim", {}, [entry.count > 1 ? `×${count(entry.count)}` : ""]),
    make("span", "", { title: entry.detail }, [entry.detail || entry.item_id]),
  ]);
}

export const LOG_LOOK = `
.log { border-top: 1px solid var(--nb-line); } .log .toolbar { border-bottom: 0; } .about { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .log .button { flex: none; }
.rows { max-height: 220px; overflow-y: auto; font: 12px/1.6 var(--nb-mono); border-top: 1px solid var(--nb-line); }
.event { display: grid; grid-template-columns: 60px minmax(0, 2fr) 40px minmax(0, 3fr); gap: 8px; padding: 0 10px; white-space: nowrap; } .event:hover { background: var(--nb-hover); } .event span { overflow: hidden; text-overflow: ellipsis; } .event .n { text-align: right; } .event.session { color: var(--nb-accent); } .event.bad { color: var(--nb-bad); }
.cut { padding: 2px 10px; color: var(--nb-faint); font-size: 12px; }
`;
