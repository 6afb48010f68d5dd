// @ts-check
/** How the grid looks, on top of what all widgets share. */

import { ROW } from "./pages.js";

export const TABLE_STYLE = `
.toolbar { gap: 4px 6px; } .toolbar .search { flex: 0 1 132px; min-width: 84px; } :host([data-narrow]) .toolbar { flex-wrap: wrap; } :host([data-narrow]) .search { flex-grow: 1; } .name { padding: 0 4px; max-width: 240px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.buttons { display: flex; } .buttons .button { padding: 0 7px; } :host([data-narrow]) .buttons { flex-wrap: wrap; } .icon { width: 14px; height: 14px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round; } .word:empty { display: none; }
.button[aria-disabled=true] { opacity: .42; cursor: default; } .button[aria-disabled=true]:hover { background: none; color: var(--nb-dim); }
.sheets { font: inherit; font-weight: 600; max-width: 170px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; padding: 0 2px; height: 24px; }
.panes { display: grid; grid-template-columns: minmax(0, 1fr) minmax(272px, 33%); }
.table { position: relative; min-width: 0; }
.scroller { position: relative; overflow: auto; overscroll-behavior-y: auto; } .scroller:focus-visible { outline: none; }
.head, .row { display: grid; grid-template-columns: var(--cols); min-width: max(100%, var(--wide)); height: ${ROW}px; border-bottom: 1px solid var(--nb-line); }
.head { position: sticky; top: 0; z-index: 2; background: var(--nb-bg); color: var(--nb-dim); }
.rows { position: relative; min-width: max(100%, var(--wide)); }
.row { position: absolute; left: 0; right: 0; cursor: default; border-bottom-color: color-mix(in srgb, var(--nb-line) 60%, transparent); } .row:hover { background: var(--nb-hover); } .row.linked { background: color-mix(in srgb, var(--nb-function) 9%, transparent); } .row.selected { background: var(--nb-sel); }
.cell { position: relative; padding: 0 8px; line-height: ${ROW - 1}px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.cell.position, .cell.tokens, .cell.created_at, .cell.id { font-variant-numeric: tabular-nums; color: var(--nb-dim); } .cell.position, .cell.label, .cell.agent { color: var(--nb-dim); } .head .cell { color: var(--nb-dim); }
.cell.position { padding-left: 12px; } .cell.tokens { text-align: right; padding-right: 10px; } .cell.code, .cell.arguments, .cell.output, .cell.call_id, .cell.metadata, .cell.tool { font: 12px/${ROW - 1}px var(--nb-mono); } .head .cell { font: inherit; line-height: ${ROW - 1}px; }
.cell.bad { color: var(--nb-bad); } .unknown .cell::after { content: ""; display: block; width: 60%; height: 8px; margin-top: 10px; border-radius: 4px; background: var(--nb-line); opacity: .6; }
.scroller:focus .cell.on { box-shadow: inset 0 0 0 1.5px var(--nb-accent); border-radius: 3px; }
.row.pair .cell.label { padding: 0 2px 0 18px; } .row.pair .cell.label::before { content: ""; position: absolute; left: 8px; top: 5px; bottom: 5px; width: 2.5px; border-radius: 2px; background: var(--nb-function); }
.row.pair.near.call .cell.label::before { bottom: -1px; border-radius: 2px 2px 0 0; } .row.pair.near.output .cell.label::before { top: -1px; border-radius: 0 0 2px 2px; } .row.pair.lone .cell.label::before { background: none; border: 1px dashed var(--nb-bad); }
.sort { display: inline-flex; align-items: center; gap: 5px; } .sort.active { color: var(--nb-accent); font-weight: 600; } .sort .caret { border: 3.5px solid transparent; border-top: 4.5px solid currentColor; border-bottom: 0; opacity: .7; }
.grip { position: absolute; right: 0; top: 5px; bottom: 5px; width: 7px; cursor: col-resize; touch-action: none; border-right: 1px solid transparent; } .head:hover .grip { border-color: var(--nb-line); } .grip:hover, .grip:active { border-right: 2px solid var(--nb-accent) !important; }
.more { position: absolute; right: 2px; top: 2px; height: 23px; padding: 0 7px; border-radius: 4px; background: var(--nb-bg); color: var(--nb-dim); } .more:hover, .sort:hover { color: var(--nb-text); }
.menu { position: absolute; top: ${ROW}px; z-index: 5; min-width: 170px; max-height: min(320px, calc(100% - ${ROW + 6}px)); overflow: auto; padding: 5px; border: 1px solid var(--nb-line); border-radius: 6px; background: var(--nb-bg); box-shadow: 0 6px 20px rgb(0 0 0 / .16); } .menu.labels { left: 56px; } .menu.columns { right: 4px; }
.menu label { display: flex; align-items: center; gap: 8px; padding: 2px 6px; border-radius: 4px; cursor: pointer; } .menu label:hover { background: var(--nb-hover); } .menu label span:nth-child(2) { flex: 1; } .menu input { accent-color: var(--nb-accent); margin: 0; }
.none { position: absolute; left: 12px; top: ${ROW + 10}px; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; padding: 6px 10px; border-top: 1px solid var(--nb-line); overflow-wrap: anywhere; } .bar.bad .said { color: var(--nb-bad); } .bar .said:empty { display: none; } .wide { width: 200px; }
.link { color: var(--nb-accent); } .link:hover { text-decoration: underline; } .where { color: var(--nb-good, #1a7f37); } :host([data-dark]) .where { color: #3fb950; } .foot > span:empty { display: none; } .wait { display: inline-flex; align-items: center; gap: 6px; }
:host([data-narrow]) .panes { grid-template-columns: minmax(0, 1fr); } :host([data-narrow]) .word { display: none; }
`;

export const PANE_STYLE = `
.side { display: flex; flex-direction: column; gap: 8px; min-width: 0; padding: 9px 12px; border-left: 1px solid var(--nb-line); overflow: auto; height: 0; min-height: 100%; overflow-wrap: anywhere; }
.side .tabs { margin: 0; flex-wrap: wrap; gap: 4px 12px; flex: none; } .side .tab { position: relative; padding-bottom: 4px; font-size: 12px; } .tab.edited::after { content: "•"; position: absolute; left: 100%; margin-left: 1px; }
.middle { display: flex; flex-direction: column; gap: 8px; flex: 1; min-height: 0; overflow: auto; padding: 1px; margin: -1px; }
.area { font: inherit; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 5px; padding: 7px 9px; width: 100%; } textarea.area { flex: 1 1 56px; min-height: 56px; resize: none; white-space: pre-wrap; tab-size: 2; } .area.code { font: 12px/1.5 var(--nb-mono); } select.area { flex: none; padding: 4px 6px; }
.side .area:focus-visible { outline: 2px solid var(--nb-accent); outline-offset: -1px; border-radius: 5px; } .area:read-only:not(select) { background: var(--nb-soft); }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; flex: none; } .actions .link { white-space: nowrap; } kbd { font: 11px var(--nb-mono); color: var(--nb-faint); } .button kbd { margin-left: 2px; }
.images { display: flex; flex-wrap: wrap; gap: 6px; flex: none; } .images img { max-width: 100%; max-height: 120px; border: 1px solid var(--nb-line); border-radius: 4px; }
.hint { margin: 0; font-size: 12px; } .problem { flex: none; font-size: 12px; } .values { display: grid; grid-template-columns: 32px minmax(0, 1fr); align-items: baseline; gap: 4px 6px; margin-top: 4px; } .values .block { max-height: 52px; margin: 0; padding: 3px 8px; }
.form { display: flex; flex-direction: column; gap: 6px; flex: 1; min-height: 0; } .form label { display: grid; grid-template-columns: 72px minmax(0, 1fr); align-items: center; gap: 4px 8px; } .form label.long { display: flex; flex-direction: column; align-items: stretch; flex: 1; } .form input.area { padding: 3px 8px; } .form select { font: inherit; color: inherit; background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; padding: 2px 4px; }
.empty { display: grid; gap: 4px; margin-top: 2px; } .empty div { display: grid; grid-template-columns: 64px minmax(0, 1fr); align-items: baseline; }
:host([data-narrow]) .side { border-left: 0; border-top: 1px solid var(--nb-line); height: auto; min-height: 240px; }
`;
