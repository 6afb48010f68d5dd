// @ts-check
/** What one can do to a session in the grid: each command asks the kernel, and says what became of it. */

import { Refusal } from "./wire.js";
import { branchName, orphanText, reasonOf, reportText } from "./words.js";
import { count, plural } from "../words.js";

/** The commands that change the session of one grid. */
export class Changes {
  /** @param {import("./hub.js").GridHub} hub */
  constructor(hub) {
    this.hub = hub;
    this.touched = false; // whether anything was written since the saved form was made
  }

  /** Run a command of the user's; a refusal is said. @param {() => Promise<any>} work */
  async run(work) {
    try {
      this.hub.say("");
      return await work();
    } catch (error) {
      this.hub.say(reasonOf(/** @type {Error} */ (error).message), { bad: true });
      return null;
    } finally {
      this.hub.draw();
    }
  }

  /** Ask for something that writes, and for the rows that are shown after it. @param {any} request */
  async write(request) {
    const { hub } = this;
    const written = await hub.ask({ ...request, ...hub.window(hub.place.index) });
    if (written) this.wrote(written);
    return written;
  }

  /** @param {any} written */
  wrote({ position, keys, page }) {
    const { hub } = this;
    this.touched = true;
    hub.pages.growOld();
    if (position && !hub.isFiltered) hub.place.follow(position, keys[0]);
    if (page) hub.take(page);
    hub.draw();
  }

  /**
   * Change the session; where half a pair would stand alone, offer what can be done about it.
   * @param {any} change @param {{on_orphan?: string, done?: (written: any) => void}} [options]
   */
  async change(change, { on_orphan = "error", done } = {}) {
    try {
      const written = await this.write({ type: "change", change, on_orphan });
      done?.(written);
      return written;
    } catch (error) {
      if (!(error instanceof Refusal) || error.kind !== "orphan") throw error;
      this.offer(error.message, change, done);
      return null;
    }
  }

  /** @param {string} why @param {any} change @param {((written: any) => void) | undefined} done */
  offer(why, change, done) {
    const again = (/** @type {string} */ on_orphan) => () => this.run(() => this.change(change, { on_orphan, done }));
    const actions = [
      ...(change.kind === "insert" ? [] : [{ label: "Remove the other half too", run: again("pair") }]),
      { label: "Add a stand-in output", run: again("stub") },
      { label: "Cancel", run: () => this.hub.say("") },
    ];
    this.hub.say(orphanText(why), { bad: true, actions });
  }

  undo() {
    return this.walk("undo", "Undone", "Nothing to undo.");
  }

  redo() {
    return this.walk("redo", "Redone", "Nothing to redo.");
  }

  /** @param {string} type @param {string} done @param {string} nothing */
  walk(type, done, nothing) {
    return this.run(async () => {
      const written = await this.write({ type });
      this.hub.say(written ? `${done}: ${reportText(written.report)}.` : nothing);
    });
  }

  delete() {
    const { hub } = this;
    return this.run(async () => {
      const rows = await hub.place.rows();
      if (!rows.length) return;
      const change = { kind: "delete", keys: rows.map((row) => row.key), stamps: rows.map((row) => row.stamp) };
      await this.change(change, { done: ({ report }) => hub.say(`Deleted ${plural(report.deleted, "item")}.`, { actions: this.undoing }) });
    });
  }

  duplicate() {
    const { hub } = this;
    const { place } = hub;
    return this.run(async () => {
      const rows = (await place.rows()).filter((row) => row.position);
      if (!rows.length) return;
      const places = new Set(rows.flatMap(({ position, partner }) => [position, ...(partner ? [partner] : [])]));
      const sorted = [...places].sort((a, b) => a - b);
      const keys = await Promise.all(sorted.map((position) => place.keyAt(position)));
      const copies = (await hub.ask({ type: "items", keys })).join("\n");
      await this.change({ kind: "insert", before: await place.keyAt(sorted[sorted.length - 1] + 1), copies });
    });
  }

  /** Put items in after the chosen ones. @param {string} copies  their JSON @param {number} items  how many */
  paste(copies, items) {
    const { hub } = this;
    return this.run(async () => {
      const rows = await hub.place.rows();
      const after = rows.length ? rows[rows.length - 1].position : hub.facts.figures.items;
      const before = await hub.place.keyAt(after + 1);
      await this.change({ kind: "insert", before, copies }, { done: ({ report }) => this.pasted(report.inserted, items) });
    });
  }

  /** @param {number} inserted @param {number} given */
  pasted(inserted, given) {
    const { place } = this.hub;
    place.anchor = place.within(place.index + inserted - 1);
    const without = inserted < given ? " Reasoning was left out: it belongs to what the model made of it." : "";
    this.hub.say(`Pasted ${plural(inserted, "item")}.${without}`, { actions: this.undoing });
  }

  /** The offer to undo, where that can be done. */
  get undoing() {
    return this.hub.cannot("undo") ? [] : [{ label: "Undo", run: () => this.undo() }];
  }

  up() {
    return this.move(-1);
  }

  down() {
    return this.move(1);
  }

  /** Move the chosen rows by one place. @param {number} by  -1 or 1 */
  move(by) {
    const { hub } = this;
    const { place } = hub;
    return this.run(async () => {
      if (hub.isFiltered) return hub.say("Clear the search and the filter to change the order.");
      const rows = await place.rows();
      if (!rows.length) return;
      const to = by < 0 ? rows[0].position - 1 : rows[rows.length - 1].position + 2;
      if (to < 1 || to > hub.facts.figures.items + 1) return;
      const change = { kind: "move", keys: rows.map((row) => row.key), before: await place.keyAt(to) };
      await this.change(change, { done: () => (place.anchor = place.index + rows.length - 1) });
    });
  }

  /** Add an item after the chosen one. @param {Record<string, string>} cells */
  async insert(cells) {
    const { place, facts, editor } = this.hub;
    const position = place.row?.position || facts.figures.items;
    return this.change({ kind: "insert", before: await place.keyAt(position + 1), cells }, { done: () => editor.added() });
  }

  /** Ask for the name of a branch. */
  branch() {
    const { hub } = this;
    const { row } = hub.place;
    if (!row?.position) return hub.say("Choose the item that the branch ends with.");
    const value = branchName(hub.facts.session_id, hub.facts.sheets);
    hub.inquire(`Branch at item ${count(row.position)} as`, { value, verb: "Branch", run: (name) => this.makeBranch(name, row.key) });
  }

  /** @param {string} new_id @param {string} at */
  makeBranch(new_id, at) {
    const { hub } = this;
    return this.run(async () => {
      const { session_id, opened } = await hub.ask({ type: "branch", new_id, at });
      hub.facts.sheets = [...new Set([...hub.facts.sheets, session_id])];
      hub.say(`Branched: ${opened}`, { actions: [{ label: "Show it here", run: () => this.open(session_id) }] });
    });
  }

  /** @param {string} session_id */
  open(session_id) {
    return this.run(() => this.hub.ask({ type: "open", session_id }));
  }

  /** Nobody edits any more: the saved form may be made anew. */
  async settle() {
    if (!this.touched || this.hub.editor.hasDrafts) return;
    this.touched = false;
    await this.hub.ask({ type: "rest" }).catch(() => {});
  }
}
