// @ts-check
/** The rows of a session as far as a page knows them, and which of them a scrolled window shows. */

export const ROW = 28; // pixels
export const PAGE = 100; // rows that are asked for in one go

/**
 * @typedef {object} Row  one item as the kernel sends it
 * @property {string} key @property {number} position @property {string} label @property {string} said
 * @property {Record<string, any>} cells @property {string[]} cut @property {number | null} partner
 * @property {string} stamp @property {string | null} problem
 */

/** Stands for the chosen row until its page is there. @type {Row} */
export const AWAITED = { key: "", position: 0, label: "", said: "", cells: {}, cut: [], partner: null, stamp: "", problem: null };

/** The rows that fit, as far as they were sent; a page that is old is shown until the new one is there. */
export class Pages {
  constructor() {
    /** @type {Map<number, Row[]>} */ this.pages = new Map();
    /** @type {Set<number>} */ this.fresh = new Set();
    /** @type {Map<number, object>} */ this.asked = new Map(); // those that are on their way
    this.fitting = 0;
  }

  /** What is known, and what is on its way, may have changed. */
  growOld() {
    this.fresh.clear();
    this.asked.clear();
  }

  /** Something else fits now. */
  forget() {
    this.growOld();
    this.pages.clear();
  }

  /** @param {number} start  a multiple of PAGE @param {Row[]} rows @param {number} fitting */
  put(start, rows, fitting) {
    const number = start / PAGE;
    this.fitting = fitting;
    this.pages.set(number, rows);
    this.fresh.add(number);
    this.asked.delete(number);
    for (const page of this.pages.keys()) if (page * PAGE >= fitting && page > 0) this.pages.delete(page);
  }

  /** @param {number} index @returns {Row | undefined} */
  row(index) {
    return index < this.fitting ? this.pages.get(Math.floor(index / PAGE))?.[index % PAGE] : undefined;
  }

  /** Whether a row is as it is now, as far as one knows. @param {number} index */
  isFresh(index) {
    return this.fresh.has(Math.floor(index / PAGE));
  }

  /** The index of a row that was sent and is not old, or -1. @param {string} key */
  find(key) {
    for (const [page, rows] of this.pages) {
      if (!this.fresh.has(page)) continue;
      const place = rows.findIndex((row) => row.key === key);
      if (place >= 0) return page * PAGE + place;
    }
    return -1;
  }

  /** The index of the row at a place of the whole history, if it was sent, or -1. @param {number} position */
  at(position) {
    for (const [page, rows] of this.pages) {
      const place = rows.findIndex((row) => row.position === position);
      if (place >= 0) return page * PAGE + place;
    }
    return -1;
  }

  /** Where the pages of some rows begin that must be asked for. @param {number} first @param {number} last */
  missing(first, last) {
    const end = Math.max(Math.min(last, this.fitting - 1), first);
    const starts = [];
    for (let page = Math.floor(first / PAGE); page * PAGE <= end; page++) {
      if (!this.fresh.has(page) && !this.asked.has(page)) starts.push(page * PAGE);
    }
    return starts;
  }
}

/** Where the page of a row begins. @param {number} index */
export function pageOf(index) {
  return Math.floor(index / PAGE) * PAGE;
}

/** Which rows a scrolled window shows, with one more on each side. @param {number} rows @param {number} top @param {number} height */
export function rowsIn(rows, top, height) {
  const first = Math.max(0, Math.floor(top / ROW) - 1);
  return { first, last: Math.min(rows - 1, Math.ceil((top + height) / ROW) + 1) };
}
