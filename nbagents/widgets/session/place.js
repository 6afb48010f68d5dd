// @ts-check
/** Where one is in the table: the chosen row, those chosen with it, and the column. */

import { AWAITED } from "./pages.js";

/** @typedef {import("./pages.js").Row} Row */

/** The chosen rows of one grid. */
export class Place {
  /** @param {import("./hub.js").GridHub} hub */
  constructor(hub) {
    this.hub = hub;
    this.index = 0;
    this.anchor = 0;
    this.column = "said";
    /** @type {Row | null} */ this.row = null; // as it was when it was chosen
  }

  /** Another session is shown. */
  forget() {
    this.toFirst();
    this.row = null;
  }

  /** The first row is the one to begin at. */
  toFirst() {
    this.index = this.anchor = 0;
  }

  /** The chosen rows. @returns {[number, number]} */
  get range() {
    const { index, anchor } = this;
    return index < anchor ? [index, anchor] : [anchor, index];
  }

  /** @param {Row | null} row */
  choose(row) {
    this.row = row;
    this.hub.editor.show(row);
  }

  /** Go to a row. @param {number} index @param {{extend?: boolean, column?: string}} [options] */
  go(index, { extend = false, column = "" } = {}) {
    const { hub } = this;
    this.index = this.within(index);
    if (!extend) this.anchor = this.index;
    if (column) this.column = column;
    const row = hub.pages.row(this.index);
    if (row) this.choose(row);
    else if (hub.pages.fitting) this.choose(AWAITED); // what is typed meanwhile must not go to another row
    for (const view of hub.views) view.reveal(this.index);
    hub.draw();
  }

  /** Choose every row that fits. */
  chooseAll() {
    const { pages } = this.hub;
    if (!pages.fitting) return;
    this.index = 0;
    this.anchor = pages.fitting - 1;
    this.choose(pages.row(0) ?? AWAITED);
  }

  /** Go to a place of the whole history. @param {number} position  from 1 */
  goTo(position) {
    const { hub } = this;
    const known = hub.pages.at(position);
    if (known < 0 && hub.isFiltered) hub.showAll();
    const index = known < 0 ? position - 1 : known;
    hub.pages.fitting = Math.max(hub.pages.fitting, index + 1);
    this.go(index);
  }

  /** A change left a row at a place of the whole history: be there. @param {number} position @param {string} key */
  follow(position, key) {
    const { hub } = this;
    this.index = this.anchor = position - 1;
    hub.pages.fitting = Math.max(hub.pages.fitting, position);
    this.row = { ...AWAITED, key };
    if (hub.editor.row?.key !== key) hub.editor.show(this.row);
    for (const view of hub.views) view.reveal(this.index);
  }

  /** Rows came or went: stay on the row that is chosen. */
  keep() {
    const { pages } = this.hub;
    if (this.row && pages.isFresh(this.index) && pages.row(this.index)?.key !== this.row.key) {
      const index = pages.find(this.row.key);
      if (index >= 0) this.index = this.anchor = index;
    }
    this.index = this.within(this.index);
    this.anchor = this.within(this.anchor);
    if (!this.row) return;
    const row = pages.isFresh(this.index) ? pages.row(this.index) : undefined;
    if (row) this.choose(row); // it may stand elsewhere now, or be another
    if (!pages.fitting) this.choose(null);
  }

  /** @param {number} index */
  within(index) {
    return Math.max(0, Math.min(index, this.hub.pages.fitting - 1));
  }

  /** The chosen rows, those too that are out of sight. @returns {Promise<Row[]>} */
  async rows() {
    if (!this.row) return [];
    const { hub } = this;
    const [first, last] = this.range;
    const rows = [];
    for (let index = first; index <= last; index++) {
      if (!hub.pages.row(index)) hub.take(await hub.ask({ type: "page", ...hub.window(index) }));
      const row = hub.pages.row(index);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** The key of the row at a place of the whole history, or null past its end. @param {number} position  from 1 */
  async keyAt(position) {
    const { hub } = this;
    if (position > hub.facts.figures.items) return null;
    const known = hub.isFiltered ? undefined : hub.pages.row(position - 1);
    if (known) return known.key;
    const page = await hub.ask({ type: "page", start: position - 1, count: 1, search: "", labels: [] });
    return page.rows[0]?.key ?? null;
  }
}
