// @ts-check
/** Edits that are not saved yet, and why some were refused: kept until they are saved or dropped. */

/**
 * @typedef {object} Draft  an edit that is not saved yet
 * @property {string} text  as typed @property {string} base  the stored value it began from @property {string} stamp
 * @typedef {{text: string, was?: string, now?: string | null, stamp?: string}} Problem  why a value was refused
 */

/** The drafts of one grid, by row and field. */
export class Drafts {
  constructor() {
    /** @type {Map<string, Map<string, Draft>>} */ this.drafts = new Map();
    /** @type {Map<string, Problem>} */ this.problems = new Map();
  }

  get size() {
    return this.drafts.size;
  }

  clear() {
    this.drafts.clear();
    this.problems.clear();
  }

  /** Whether anything of a row is edited. @param {string} key */
  has(key) {
    return this.drafts.has(key);
  }

  /** The fields of a row that are edited, with their drafts. @param {string} key @returns {[string, Draft][]} */
  of(key) {
    return [...(this.drafts.get(key) ?? [])];
  }

  /** @param {string} key @param {string} field @returns {Draft | undefined} */
  get(key, field) {
    return this.drafts.get(key)?.get(field);
  }

  /** Keep a draft; what was wrong with the one before is no more. @param {string} key @param {string} field @param {Draft} draft */
  put(key, field, draft) {
    if (!this.drafts.has(key)) this.drafts.set(key, new Map());
    this.drafts.get(key)?.set(field, draft);
    this.problems.delete(`${key} ${field}`);
  }

  /** @param {string} key @param {string} field */
  drop(key, field) {
    const drafts = this.drafts.get(key);
    drafts?.delete(field);
    if (!drafts?.size) this.drafts.delete(key);
    this.problems.delete(`${key} ${field}`);
  }

  /** @param {string} key @param {string} field @returns {Problem | undefined} */
  problem(key, field) {
    return this.problems.get(`${key} ${field}`);
  }

  /** A draft was refused. @param {string} key @param {string} field @param {Problem} problem */
  refuse(key, field, problem) {
    this.problems.set(`${key} ${field}`, problem);
  }
}
