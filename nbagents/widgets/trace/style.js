// @ts-check
/** How a trace view looks, on top of what all widgets share. */

import { ROW } from "./gantt.js";
import { THUMB } from "./toolbar.js";

export const AXIS = 24; // pixels of the time axis

export const STYLE = `
.strip { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 34px; padding: 4px 12px 4px 10px; white-space: nowrap; }
.strip:hover { background: var(--nb-hover); } .strip[aria-expanded=true] { border-bottom: 1px solid var(--nb-line); }
.caret, .fold { flex: none; width: 10px; height: 12px; position: relative; }
.caret::before, .fold::before { content: ""; position: absolute; left: 2px; top: 2px; border: 4px solid transparent; border-left: 5.5px solid var(--nb-faint); border-right: 0; }
[aria-expanded=true] > .caret::before, [aria-expanded=true] > .tree > .fold::before { transform: rotate(90deg); }
.name { flex: 0 10 auto; min-width: 60px; max-width: 40%; overflow: hidden; text-overflow: ellipsis; } .facts { flex: 0 1 auto; display: flex; flex-wrap: wrap; gap: 0 12px; color: var(--nb-dim); } .thumb { flex: 0 1000 ${THUMB.width}px; min-width: 0; }
.toolbar { flex-wrap: wrap; gap: 6px 4px; position: relative; } .toolbar .segments { margin-right: 4px; } .finding { flex: 1 1 auto; display: flex; align-items: center; gap: 4px; } .toolbar .search { flex: 0 1 132px; min-width: 74px; } .toolbar .space { flex: 1 1 0; } .toolbar .chips { margin-left: 4px; gap: 0; }
.segments { display: inline-flex; border-radius: 5px; box-shadow: inset 0 0 0 1px var(--nb-line); padding: 2px; } .segments .button { height: 20px; padding: 0 9px; } .segments .button[aria-pressed=true] { font-weight: 600; box-shadow: none; }
.chips { display: flex; flex-wrap: wrap; gap: 2px; } .chip { display: inline-flex; align-items: center; gap: 5px; padding: 1px 6px; border-radius: 4px; color: var(--nb-dim); white-space: nowrap; }
.chip:hover { background: var(--nb-line); } .chip[aria-pressed=false] { text-decoration: line-through; color: var(--nb-faint); } .chip[aria-pressed=false] .dot { background: none !important; box-shadow: inset 0 0 0 1.5px var(--nb-faint); }
.menu { position: absolute; z-index: 12; color: var(--nb-text); min-width: 220px; max-width: 420px; max-height: 320px; overflow: auto; padding: 6px; border: 1px solid var(--nb-line); border-radius: 6px; background: var(--nb-bg); box-shadow: 0 6px 20px rgb(0 0 0 / .18); }
.menu .choice { display: flex; gap: 14px; width: 100%; padding: 4px 8px; border-radius: 4px; white-space: nowrap; } .menu .choice:hover, .menu .choice:focus-visible { background: var(--nb-line); } .menu .choice b { flex: 1; overflow: hidden; text-overflow: ellipsis; }
.filters { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 6px 10px; align-items: center; padding: 4px; } .filters select, .filters input[type=text] { font: inherit; height: 24px; min-width: 0; width: 100%; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; padding: 0 6px; } .filters label { display: contents; color: var(--nb-dim); } .filters input[type=checkbox] { justify-self: start; margin: 0; } .filters .button { grid-column: 2; justify-self: end; } .filters .wrong { border-color: var(--nb-bad); }
.panes { display: grid; grid-template-columns: minmax(0, 1fr) 300px; --nb-tree: 250px; }
.scroller { position: relative; overflow: hidden auto; overscroll-behavior-y: auto; }
.pane { position: sticky; top: 0; overflow: hidden; user-select: none; } .label { user-select: text; } .clip { position: absolute; inset: ${AXIS}px 0 0 0; overflow: hidden; }
.axis { position: absolute; left: 0; right: 0; top: 0; height: ${AXIS}px; border-bottom: 1px solid var(--nb-line); color: var(--nb-faint); font-size: 11px; }
.axis .side { position: absolute; left: 10px; top: 4px; margin: 0; max-width: calc(var(--nb-tree) - 20px); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .axis span { position: absolute; top: 4px; margin-left: var(--nb-tree); white-space: nowrap; }
.lines { position: absolute; left: var(--nb-tree); right: 0; top: 0; bottom: 0; border-left: 1px solid var(--nb-line); overflow: hidden; } .line { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--nb-line); opacity: .7; }
.break { position: absolute; top: ${AXIS}px; bottom: 0; border: dashed var(--nb-faint); border-width: 0 1px; background: repeating-linear-gradient(-45deg, transparent 0 5px, var(--nb-line) 5px 6px); opacity: .75; }
.axis .gap { color: var(--nb-dim); background: var(--nb-bg); padding: 0 3px; transform: translateX(-50%); z-index: 1; font-style: italic; }
.plot, .plain { position: absolute; left: var(--nb-tree); right: 0; top: 0; pointer-events: none; overflow: hidden; }
.plot .main-svg { position: absolute; top: 0; left: 0; pointer-events: none; overflow: hidden; } .plot .svg-container { position: relative; }
.row { display: flex; height: ${ROW}px; cursor: default; } .row:hover { background: color-mix(in srgb, var(--nb-text) 4%, transparent); } .row.selected { background: color-mix(in srgb, var(--nb-accent) 15%, transparent); }
.tree { flex: none; width: var(--nb-tree); display: flex; align-items: center; gap: 6px; padding-right: 8px; white-space: nowrap; overflow: hidden; }
.label { overflow: hidden; text-overflow: ellipsis; flex: 1; min-width: 0; } .took { color: var(--nb-dim); } .failed .label { color: var(--nb-bad); } .interrupted .took { font-style: italic; } .trace .label { font-weight: 600; }
.chart { position: relative; flex: 1; min-width: 0; overflow: hidden; cursor: grab; touch-action: pan-y; }
.labels { position: absolute; left: var(--nb-tree); right: 0; top: 0; pointer-events: none; }
.beside { position: absolute; line-height: 16px; font-size: 11px; color: var(--nb-dim); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .beside.failed { color: var(--nb-bad); } .beside.inside { margin-top: 2px; padding: 0 5px; line-height: 12px; border-radius: 3px; background: var(--nb-bg); }
.none { position: absolute; left: 12px; top: ${AXIS + 8}px; color: var(--nb-dim); }
.details { position: relative; border-left: 1px solid var(--nb-line); padding: 10px 12px; overflow: auto; height: 0; min-height: 100%; overflow-wrap: anywhere; }
.details .pairs { grid-template-columns: 84px minmax(0, 1fr); } .share { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 10px; margin: 4px 0 10px; } .share span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bubbles { display: flex; flex-direction: column; gap: 5px; margin-bottom: 6px; } .bubble { max-width: 94%; padding: 5px 9px; border-radius: 8px; background: var(--nb-soft); white-space: pre-wrap; align-self: flex-start; max-height: 260px; overflow: auto; }
.bubble.user { align-self: flex-end; background: var(--nb-sel); } .bubble.call, .bubble.output, .bubble.json { font: 12px/1.45 var(--nb-mono); background: none; box-shadow: inset 0 0 0 1px var(--nb-line); } .bubble.output { border-left: 3px solid var(--nb-function); border-radius: 3px 8px 8px 3px; } .bubble.system, .bubble.developer, .bubble.reasoning { font-style: italic; color: var(--nb-dim); }
.who { font-size: 11px; color: var(--nb-faint); } .who.user { align-self: flex-end; } .link { padding: 2px 0; }
.tabrow { position: relative; } .tabrow > .button { position: absolute; right: -4px; top: -3px; }
.setting { margin: 8px 0 2px; color: var(--nb-dim); } .foot { align-items: baseline; flex-wrap: nowrap; } .foot .facts { flex-wrap: wrap; gap: 2px 16px; } .foot .link { padding: 0; color: var(--nb-dim); white-space: nowrap; } .foot .link.bad { color: var(--nb-bad); } .figure { border-collapse: collapse; width: 100%; margin: 6px 0 10px; } .figure th { text-align: right; font-weight: 400; color: var(--nb-dim); padding: 1px 0 1px 8px; } .figure td { text-align: right; padding: 1px 0 1px 8px; } .figure td:first-child { text-align: left; color: var(--nb-dim); padding-left: 0; }
.dock { padding: 8px 10px; border-top: 1px solid var(--nb-line); background: var(--nb-soft); } .dockhead { display: flex; align-items: center; gap: 8px; margin-bottom: 4px; }
.tip { max-width: 360px; }
:host([data-narrow]) .panes { grid-template-columns: minmax(0, 1fr); --nb-tree: 210px; } :host([data-narrow]) .details { position: relative; border-left: 0; border-top: 1px solid var(--nb-line); height: auto; min-height: 0; max-height: 320px; }
`;
