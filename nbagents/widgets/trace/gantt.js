// @ts-check
/** Bars: what Plotly is given, the same as plain paths until plotly.js is there, and the Gantt in small. */

import { page } from "../live.js";
import { stopOf, typeOf } from "./table.js";
import { SPAN } from "./tree.js";

export const ROW = 24; // pixels
export const LABEL_GAP = 6; // between a bar and what is said of it
const LEAST_LABEL = 60; // less of a text says nothing

/**
 * Which rows a scrolled window shows.
 * @param {number} rows @param {number} scrollTop @param {number} height  both in pixels
 */
export function windowOf(rows, scrollTop, height) {
  const top = Math.min(Math.max(0, scrollTop), Math.max(0, rows * ROW - height));
  const first = Math.floor(top / ROW);
  return { first, last: Math.min(rows, Math.ceil((top + height) / ROW)), offset: top - first * ROW };
}

/**
 * @typedef {object} Drawn  a bar as it is drawn
 * @property {number} y  its middle, in rows @property {number} thick  of a row @property {number} from @property {number} to  places on the axis
 * @property {string} color @property {boolean} failed @property {boolean} open
 */

/**
 * What Plotly draws: numbers and colours only.
 * @param {Drawn[]} bars
 * @param {{x: [number, number], y: [number, number], width: number, height: number, bad: string, least: number}} frame
 */
export function figure(bars, { x, y, width, height, bad, least }) {
  // A bar that goes on far outside would lose precision.
  const inside = (/** @type {number} */ at) => Math.min(Math.max(at, x[0] - least * 9), x[1] + least * 9);
  const drawn = bars.map((bar) => ({ ...bar, from: inside(bar.from), to: inside(Math.max(bar.to, bar.from + least)) }));
  const trace = {
    type: "bar", orientation: "h", hoverinfo: "skip", cliponaxis: true,
    base: drawn.map((bar) => bar.from), x: drawn.map((bar) => bar.to - bar.from), y: drawn.map((bar) => bar.y),
    width: drawn.map((bar) => bar.thick),
    marker: {
      color: drawn.map((bar) => bar.color), cornerradius: 2,
      line: { color: bad, width: drawn.map((bar) => (bar.failed ? 1.5 : 0)) },
      ...(drawn.some((bar) => bar.open) && { pattern: { shape: drawn.map((bar) => (bar.open ? "/" : "")), size: 5, solidity: 0.35, fillmode: "overlay" } }),
    },
  };
  const axis = { visible: false, fixedrange: true, zeroline: false };
  const layout = {
    width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, barmode: "overlay", showlegend: false, dragmode: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { ...axis, range: x }, yaxis: { ...axis, range: y },
  };
  return { data: [trace], layout, config: { staticPlot: true, displayModeBar: false } };
}

/** The same bars as paths, one for each colour. @param {Drawn[]} bars @param {any} frame  as of `figure` @returns {Map<string, string>} */
export function paths(bars, { x, y, width, height, least }) {
  const across = width / (x[1] - x[0]);
  const down = height / (y[0] - y[1]);
  const found = new Map();
  for (const bar of bars) {
    const left = Math.max(-9, (bar.from - x[0]) * across);
    const right = Math.min(width + 9, (Math.max(bar.to, bar.from + least) - x[0]) * across);
    if (right <= left) continue;
    const top = (bar.y - bar.thick / 2 - y[1]) * down;
    const path = `M${left.toFixed(1)} ${top.toFixed(1)}H${right.toFixed(1)}v${(bar.thick * down).toFixed(1)}H${left.toFixed(1)}z`;
    found.set(bar.color, (found.get(bar.color) ?? "") + path);
  }
  return found;
}

/**
 * The Gantt in small: a lane for each depth; a bar that would add less than a pixel is left to the one before it.
 * @param {import("./table.js").Table} table @param {import("./tree.js").Tree} tree @param {number[]} ends
 * @param {{width: number, lanes: number, start: number, stop: number}} size
 * @returns {{lane: number, x: number, right: number, type: string, error: boolean}[]}
 */
export function thumbnail(table, tree, ends, { width, lanes, start, stop }) {
  const scale = width / Math.max(1, stop - start);
  const roots = table.traces.length > 1 ? 1 : 0;
  /** @type {any[]} */
  const newest = [];
  const bars = [];
  for (let place = 0; place < tree.count; place++) {
    if (tree.kind[place] !== SPAN) continue;
    const row = tree.of[place];
    const error = table.error[row] >= 0;
    const lane = error ? lanes - 1 : Math.min(lanes - 1, Math.max(0, tree.depth[place] - roots));
    const x = (table.start[row] - start) * scale;
    const right = Math.max(x + 1.5, (stopOf(table, row, ends) - start) * scale);
    const type = typeOf(table, row);
    const last = newest[2 * lane + Number(error)];
    if (last && x <= last.right + 0.5 && right - last.right < 1) {
      if (last.type === type) last.right = Math.max(last.right, right);
      continue;
    }
    bars.push((newest[2 * lane + Number(error)] = { lane, x, right, type, error }));
  }
  return bars;
}

// ---------------------------------------------------------------------------------------------- plotly.js

/**
 * plotly.js, once per page, from the kernel of whichever view asks first.
 * @param {any} hub
 * @returns {Promise<any>}
 */
export function loadPlotly(hub) {
  const shared = page();
  if (!shared.plotly) {
    shared.plotly = new Promise((resolve, reject) => {
      hub.plotly = { resolve, reject };
      hub.send({ type: "plotly" });
    }).then(evaluatePlotly);
    shared.plotly.catch(() => (shared.plotly = null)); // the next view asks again
  }
  return shared.plotly;
}

/**
 * Run plotly.js as a module of its own: the names that loaders look for are undefined in it, so that it does not
 * register itself with the page's require.js, and it leaves no global behind.
 * @param {DataView} bytes
 */
async function evaluatePlotly(bytes) {
  /** @type {any} */ const scope = globalThis;
  const before = { Plotly: scope.Plotly, moduleName: scope.moduleName };
  const source = new Blob(["var define, exports, module, require;\n", /** @type {any} */ (bytes)], { type: "text/javascript" });
  const url = URL.createObjectURL(source);
  try {
    await import(/* webpackIgnore: true */ url);
    if (!scope.Plotly) throw new Error("plotly.js defined nothing");
    return scope.Plotly;
  } finally {
    URL.revokeObjectURL(url);
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete scope[name];
      else scope[name] = value;
    }
  }
}

/**
 * Where what is said of a bar has room: before it, after it, or on a bar that fills the chart.
 * @param {number} left @param {number} right @param {number} width @param {number} wide  pixels, the last those of what is said
 * @returns {{side: "before" | "after" | "inside", room: number}}
 */
export function labelSide(left, right, width, wide) {
  const [before, after] = [left - LABEL_GAP, width - right - LABEL_GAP];
  if (before >= wide) return { side: "before", room: before };
  const [side, room] = after >= before ? /** @type {const} */ (["after", after]) : /** @type {const} */ (["before", before]);
  return room >= Math.min(wide, LEAST_LABEL) ? { side, room } : { side: "inside", room: width };
}
