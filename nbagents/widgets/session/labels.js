// @ts-check
/** The labels of items, by which one filters: which are asked for, and in which order they stand. */

const LABELS = ["user", "assistant", "system", "developer", "call", "output", "reasoning"];

/** The labels that are asked for: none where all are shown. @param {Record<string, number>} labels @param {Set<string>} hidden */
export function wantedLabels(labels, hidden) {
  const shown = Object.keys(labels).filter((label) => !hidden.has(label));
  return shown.length === Object.keys(labels).length ? [] : shown;
}

/** Labels with their counts, the usual ones first. @param {Record<string, number>} labels @returns {[string, number][]} */
export function labelCounts(labels) {
  const place = (/** @type {string} */ label) => (LABELS.includes(label) ? LABELS.indexOf(label) : LABELS.length);
  return Object.entries(labels).sort((a, b) => place(a[0]) - place(b[0]) || a[0].localeCompare(b[0]));
}
