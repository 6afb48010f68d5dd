// @ts-check
/** What the rows of a trace widget say, each thing worked out again only when what it follows from has changed. */

import { LiveHub } from "../live.js";
import { selfByType, selfTimes, summary, typeCounts } from "./figures.js";
import { matchingRows, noFilter } from "./filter.js";
import { buildLanes } from "./lanes.js";
import { laneRows, pairRows, shownPath, treeRows } from "./rows.js";
import { emptyTable, keyOf } from "./table.js";
import { foldedAxis, idleGaps, panned, plainAxis } from "./time.js";
import { buildTree, visiblePlaces } from "./tree.js";

export class DerivedHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    this.table = emptyTable();
    this.version = 0; // of the rows
    this.moment = 0; // when what still runs was last looked at
    this.ui = {
      by: /** @type {"tree" | "agent" | "type"} */ ("tree"), turned: /** @type {Set<number>} */ (new Set()), hidden: /** @type {Set<string>} */ (new Set()),
      filter: noFilter(), critical: false, fold: false, scrollTop: 0, range: /** @type {any} */ (null), tab: "Input", pair: NaN,
    };
    /** @type {any} */ this.compared = null;
    /** @type {any} */ this.path = null; // stretches by key
    /** @type {Map<string, {keys: any[], value: any}>} */ this.memory = new Map();
  }

  /** Work something out again only when one of the keys is another. @template T @param {string} name @param {any[]} keys @param {() => T} make @returns {T} */
  remembered(name, keys, make) {
    const known = this.memory.get(name);
    if (known && known.keys.every((key, i) => Object.is(key, keys[i]))) return known.value;
    const value = make();
    this.memory.set(name, { keys, value });
    return value;
  }

  get figures() {
    return this.remembered("figures", [this.version, this.moment], () => summary(this.table, this.moment));
  }

  get tree() {
    return this.remembered("tree", [this.version, this.ui.hidden], () => buildTree(this.table, this.ui.hidden));
  }

  get types() {
    return this.remembered("types", [this.version], () => typeCounts(this.table));
  }

  get matching() {
    const { filter } = this.ui;
    return this.remembered("matching", [this.version, filter, filter.least ? this.moment : 0], () => matchingRows(this.table, filter, this.figures.ends));
  }

  get selfTimes() {
    return this.remembered("self", [this.version, this.moment], () => selfTimes(this.table, this.figures.ends));
  }

  /** Self time by type, of what matches. */
  get selfByType() {
    return this.remembered("self by type", [this.selfTimes, this.matching], () => selfByType(this.table, this.selfTimes, this.matching));
  }

  /** The axis on which idle gaps are narrow, in microseconds since the start of the first trace. */
  get folded() {
    const { figures } = this;
    return this.remembered("folded", [this.version, this.moment], () => {
      const gaps = idleGaps(this.table, figures.ends, figures.start, figures.stop);
      return foldedAxis(gaps.map(([from, to]) => [from - figures.start, to - figures.start]), 0, figures.took);
    });
  }

  /** The axis that is drawn, likewise. */
  get axis() {
    return this.ui.fold && !this.compared ? this.folded : this.remembered("axis", [], plainAxis);
  }

  /** Whether there is a gap to fold; of a run that goes on that is not asked, as one may come. */
  get hasGaps() {
    return this.running || this.folded.gaps.length > 0;
  }

  /** How far the axis goes, and what of it is shown. */
  get range() {
    const longest = this.compared ? Math.max(this.compared.a.took, this.compared.b.took) : this.figures.took;
    /** @type {[number, number]} */ const full = [0, Math.max(1000, this.axis.place(longest)) * 1.01];
    /** @type {[number, number]} */ const shown = this.ui.range ? panned(this.ui.range, 0, full) : full;
    return { full, shown };
  }

  /** The rows that a view draws. */
  get rows() {
    const { table, ui, matching } = this;
    const path = this.shownPath;
    if (this.compared) return this.remembered("rows", [this.compared], () => pairRows(this.compared.pairs));
    const { ends } = this.figures;
    const keys = [this.version, this.moment, ui.by, ui.hidden, ui.turned, matching, path];
    return this.remembered("rows", keys, () => (ui.by === "tree"
      ? treeRows({ table, tree: this.tree, places: this.places, ends, turned: ui.turned, searching: matching !== null, path })
      : laneRows({ table, lanes: buildLanes(table, ui.by, ends, { hidden: ui.hidden, matching }), ends, by: ui.by, path })));
  }

  /** The critical path by the spans that have a row, where it is shown. */
  get shownPath() {
    const { table, ui, path } = this;
    if (!ui.critical || !path) return null;
    return this.remembered("path", [path, this.tree], () => shownPath(table, this.tree, path));
  }

  get places() {
    const { turned } = this.ui;
    return this.remembered("places", [this.tree, turned, this.matching], () => visiblePlaces(this.tree, { turned, matching: this.matching }));
  }

  get running() {
    return this.figures.running;
  }

  /** @param {string} traceId */
  numberOf(traceId) {
    return this.table.traces.findIndex((trace) => trace?.trace_id === traceId);
  }

  /** @param {{trace_id: string, seq: number}} span */
  keyOfSpan({ trace_id, seq }) {
    return keyOf(this.numberOf(trace_id), seq);
  }
}
