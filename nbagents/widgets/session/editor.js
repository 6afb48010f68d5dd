// @ts-check
/** What is read and edited beside the table, for every view of one grid: the chosen item, or a new one. */

import { Drafts } from "./drafts.js";
import { cellsOf, fieldFor, fieldsOf, isWhole, newCells } from "./fields.js";
import { editing } from "./text.js";
import { reasonOf } from "./words.js";

const SETTLE_MS = 60; // an item is asked for whole once one stays on it

/** The chosen item and its fields, and what was typed. */
export class Editor {
  /** @param {import("./hub.js").GridHub} hub */
  constructor(hub) {
    this.hub = hub;
    /** @type {any} */ this.row = null;
    /** @type {Record<string, string | null> | null} */ this.cells = null;
    /** @type {import("./fields.js").Field[]} */ this.fields = [];
    this.field = "";
    this.wanted = ""; // the field that was chosen, for rows that have it
    /** @type {any} */ this.shape = null;
    this.drafts = new Drafts();
    /** @type {{kind: string, values: Record<string, string>, problem?: import("./drafts.js").Problem} | null} */ this.fresh = null;
    this.saving = false;
    this.timer = 0;
  }

  /** Another session is shown. */
  forget() {
    this.drafts.clear();
    this.fresh = null;
    this.show(null);
  }

  // ------------------------------------------------------------------------------------------ which item

  /** @param {any} row */
  show(row) {
    const same = row && this.row && row.key === this.row.key;
    const known = same && this.cells && this.cells.stamp === row.stamp;
    this.row = row;
    if (!same) this.field = "";
    if (!known) this.set(row?.position ? cellsOf(row) : null);
  }

  /** @param {Record<string, string | null> | null} cells */
  set(cells) {
    this.cells = cells;
    this.fields = cells ? fieldsOf(cells, this.hub.facts.cannot) : [];
    const has = (/** @type {string} */ field) => this.fields.some(({ name }) => name === field);
    if (cells) this.use([this.field, this.wanted].find(has) ?? this.fields[0].name);
  }

  /** @param {string} field */
  use(field) {
    this.field = field;
    this.shape = editing(field, this.draft?.base ?? this.cells?.[field] ?? "");
    clearTimeout(this.timer);
    const { row } = this;
    if (!this.isReady || this.lacksImages) this.timer = setTimeout(() => this.load(row), SETTLE_MS);
    this.hub.draw();
  }

  /** Read an item whole. @param {any} row */
  async load(row) {
    try {
      const cells = await this.hub.ask({ type: "cells", key: row.key });
      if (this.row?.key === row.key) this.set(cells);
    } catch (error) {
      if (this.row?.key === row.key) this.hub.say(/** @type {Error} */ (error).message, { bad: true });
    }
    this.hub.draw();
  }

  /** Whether the field is known whole, so that it can be edited. */
  get isReady() {
    return this.cells !== null && isWhole(this.cells, this.row, this.field);
  }

  /** Whether the item holds images that are not here yet. */
  get lacksImages() {
    return this.cells?.item === undefined && /^\[.*image/.test(this.row?.said ?? "");
  }

  /** Turn to the field that a column stands for. @param {string} column */
  turnTo(column) {
    this.fresh = null;
    this.wanted = "";
    if (this.cells) this.use(fieldFor(column, this.fields));
  }

  // ------------------------------------------------------------------------------------------ drafts

  get draft() {
    return this.row ? this.drafts.get(this.row.key, this.field) : undefined;
  }

  get problem() {
    return this.row ? this.drafts.problem(this.row.key, this.field) : undefined;
  }

  get hasDrafts() {
    return this.drafts.size > 0 || this.fresh !== null;
  }

  /** @param {string} text */
  type(text) {
    const { cells, row, field } = this;
    if (!cells || !this.isReady) return;
    const began = this.draft ?? { base: cells[field] ?? "", stamp: cells.stamp ?? "" };
    this.drafts.put(row.key, field, { ...began, text });
    if (text === this.shape.shown) this.drop();
    this.hub.draw();
  }

  drop() {
    this.drafts.drop(this.row.key, this.field);
    if (this.cells) this.use(this.field);
  }

  /** Give up an edit; it can be brought back. */
  cancel() {
    const { draft } = this;
    if (this.fresh) this.fresh = null;
    else if (draft) this.dropFor(draft);
    this.hub.draw();
  }

  /** @param {import("./drafts.js").Draft} draft */
  dropFor(draft) {
    const { row, field } = this;
    const back = () => {
      this.drafts.put(row.key, field, draft);
      if (this.row?.key === row.key) this.use(field);
      this.hub.say("");
    };
    this.drop();
    this.hub.say("Edit dropped.", { actions: [{ label: "Bring it back", run: back }] });
  }

  // ------------------------------------------------------------------------------------------ saving

  /** Save what was typed. @returns {Promise<boolean>} whether nothing is left to do here */
  async save() {
    const { draft, row, field, shape } = this;
    if (!draft || this.saving) return !draft;
    const value = shape.read(draft.text);
    if (value === draft.base) {
      this.drop();
      return true;
    }
    const change = { kind: "set", key: row.key, stamp: draft.stamp, column: field, value: field === "metadata" && !value.trim() ? null : value };
    return this.whileSaving(
      () => this.hub.changes.change(change, { done: () => this.saved(row.key, field) }),
      async (error) => this.drafts.refuse(row.key, field, await this.problemOf(error, row.key, field, draft)),
    );
  }

  /**
   * Do some work, and say meanwhile that one saves.
   * @param {() => Promise<any>} work @param {(error: any) => any} refused  what to do where it fails
   * @returns {Promise<boolean>} whether it was done
   */
  async whileSaving(work, refused) {
    this.saving = true;
    this.hub.say("");
    try {
      return Boolean(await work());
    } catch (error) {
      await refused(error);
      return false;
    } finally {
      this.saving = false;
      this.hub.draw();
    }
  }

  /** A field was written; other edits of the item go on from what is stored now. @param {string} key @param {string} field */
  async saved(key, field) {
    this.drafts.drop(key, field);
    if (this.row?.key === key && this.cells) this.use(this.field);
    if (!this.drafts.has(key)) return;
    const { stamp } = await this.hub.ask({ type: "cells", key });
    for (const [name, draft] of this.drafts.of(key)) if (name !== "item") draft.stamp = stamp;
  }

  /**
   * Why a value was refused.
   * @param {any} error @param {string} key @param {string} field @param {import("./drafts.js").Draft} draft
   * @returns {Promise<import("./drafts.js").Problem>}
   */
  async problemOf(error, key, field, draft) {
    if (error.kind !== "conflict") return { text: reasonOf(error.message) };
    try {
      const cells = await this.hub.ask({ type: "cells", key });
      return { text: "Changed elsewhere meanwhile; nothing was written.", was: draft.base, now: cells[field], stamp: cells.stamp };
    } catch {
      return { text: "Deleted elsewhere meanwhile; nothing was written.", was: draft.base, now: null };
    }
  }

  /** Write what was typed over what somebody else wrote. */
  keepMine() {
    const { draft, problem, row, field } = this;
    if (!draft || !problem?.stamp) return Promise.resolve(false);
    this.drafts.put(row.key, field, { text: draft.text, base: problem.now ?? "", stamp: problem.stamp });
    return this.save();
  }

  takeTheirs() {
    const { row } = this;
    this.drop();
    this.load(row);
    this.hub.refresh();
  }

  // ------------------------------------------------------------------------------------------ a new item

  /** Begin a new item; one that was begun goes on. @param {string} [text]  what it says at first */
  begin(text = "") {
    this.fresh ??= { kind: "user", values: { call_id: `call_${Math.random().toString(16).slice(2, 14)}`, arguments: "{}", text } };
    this.hub.draw();
  }

  /** @param {string} name @param {string} value */
  fill(name, value) {
    const { fresh } = this;
    if (!fresh) return;
    if (name === "kind") fresh.kind = value;
    else fresh.values[name] = value;
    fresh.problem = undefined;
    this.hub.draw();
  }

  /** Add the new item. @returns {Promise<boolean>} whether nothing is left to do here */
  async add() {
    const { fresh } = this;
    if (!fresh || this.saving) return false;
    return this.whileSaving(
      () => this.hub.changes.insert(newCells(fresh.kind, fresh.values)),
      (error) => (fresh.problem = { text: reasonOf(error.message) }),
    );
  }

  added() {
    this.fresh = null;
  }
}
