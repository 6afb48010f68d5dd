// @ts-check
/** Traces that are opened inside another widget: the kernel makes a view of one, this shows it below the widget. */

import { make } from "../live.js";

/** What a widget's style sheet needs for it. */
export const OPENED = "::slotted(.nbagents-live) { display: block; margin-top: 6px; }";

/** Where an opened trace is shown. */
export function traceSlot() {
  return make("slot", "", { name: "trace" });
}

/**
 * Show a trace's view, or none. It is a widget of its own; its place lies outside of the shadow tree, where it is
 * looked for.
 * @param {HTMLElement} root  the view that it is shown in
 * @param {string} viewId  "" shows none
 */
export function showTrace(root, viewId) {
  const shown = /** @type {HTMLElement | null} */ (root.querySelector(":scope > .nbagents-live"));
  if ((shown?.dataset.view ?? "") === viewId) return;
  shown?.remove();
  if (!viewId) return;
  const place = make("div", `nbagents-live nbagents-view-${viewId}`, { slot: "trace" });
  place.dataset.view = viewId;
  root.append(place);
}
