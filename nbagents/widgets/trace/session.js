// @ts-check
/** The session that keeps what a span made: its grid, under the view. */

import { make, put } from "../live.js";
import { count } from "../words.js";

export class SessionDock {
  /** @param {any} root  of the view; the grid's place is its child, where a grid looks for places */
  constructor(root) {
    this.root = root;
    this.said = make("span", "dim num");
    this.close = make("button", "button", { type: "button" }, ["Close"]);
    const head = make("div", "dockhead", {}, [this.said, make("span", "space"), this.close]);
    this.element = make("div", "dock", { hidden: "", role: "region", "aria-label": "Session" }, [head, make("slot", "", { name: "session" })]);
    this.shown = "";
  }

  /** @param {any} session  as the hub has it, or null */
  draw(session) {
    if (session?.asking) return;
    const found = session?.found;
    this.element.hidden = !found;
    if (found) put(this.said, whichItems(found));
    if (this.shown === (found?.view_id ?? "")) return;
    this.shown = found?.view_id ?? "";
    this.root.replaceChildren(...(found ? [make("div", `nbagents-live nbagents-view-${found.view_id}`, { slot: "session" })] : []));
    if (found) this.element.scrollIntoView({ block: "nearest" });
  }
}

/** Which items of a session are meant. @param {{session_id: string, positions: number[], total: number}} found */
export function whichItems({ session_id, positions, total }) {
  const [first, last] = [positions[0], positions[positions.length - 1]];
  const inRow = last - first === positions.length - 1;
  const meant = positions.length === 1 ? `item ${count(first)}` : inRow ? `items ${count(first)}–${count(last)}` : `items ${positions.map(count).join(", ")}`;
  return `The span made ${meant} of ${count(total)} in the session ${session_id}`;
}
