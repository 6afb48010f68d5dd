// @ts-check
/**
 * The tree of the rows that are shown: typed arrays in depth-first order, one place for each row that can be shown.
 *
 * Siblings that follow each other and are alike are one row with a count, which opens into them.
 */

import { inOrder, keyOf, marked, NONE, parentRows, STRUCTURE } from "./table.js";

export const SPAN = 0;
export const TRACE = 1;
export const RUN = 2; // siblings that are alike

const LEAST_RUN = 3;

/** @typedef {import("./table.js").Table} Table */
/**
 * @typedef {object} Tree
 * @property {number} count
 * @property {Uint8Array} kind  SPAN, TRACE or RUN
 * @property {Int32Array} of  the span's row, the trace's number, or the row of a run's first span
 * @property {Int32Array} depth @property {Int32Array} parent  a place, or -1
 * @property {Int32Array} after  the first place that is not inside this one
 * @property {Int32Array} members  of a run, else 1
 * @property {Float64Array} key  what a place is called while the tree grows
 * @property {Int32Array} failed  how many rows with an error come before this place
 */

/**
 * Rows in tree order. What is hidden hands its children to what it is in.
 * @param {Table} table @param {Set<string>} [hidden]  types left out, besides task and turn
 * @returns {Tree}
 */
export function buildTree(table, hidden = new Set()) {
  const order = inOrder(table);
  const above = shownParents(table, order, shownRows(table, hidden));
  const tree = emptyTree(2 * table.count + table.traces.length);
  const children = firstAndNext(table, order, above);
  if (table.traces.length > 1) addTraces(tree, table, children);
  else addInside(tree, table, children, table.count, NONE, 0);
  return closed(tree, table);
}

/** @param {number} size @returns {Tree} */
function emptyTree(size) {
  const whole = () => new Int32Array(size);
  return {
    count: 0, kind: new Uint8Array(size), of: whole(), depth: whole(), parent: whole(), after: whole(),
    members: whole(), key: new Float64Array(size), failed: new Int32Array(size + 1),
  };
}

/** @param {Table} table @param {Set<string>} hidden */
function shownRows(table, hidden) {
  const out = marked(table, hidden);
  const bookkeeping = marked(table, STRUCTURE);
  const shown = new Uint8Array(table.count);
  for (let row = 0; row < table.count; row++) {
    const type = table.type[row];
    shown[row] = Number(!out[type] && (!bookkeeping[type] || table.error[row] >= 0));
  }
  return shown;
}

/** For each row that is shown the nearest shown row that it is in, or -1; for others -2. @param {Table} table @param {Int32Array} order @param {Uint8Array} shown */
function shownParents(table, order, shown) {
  const parents = parentRows(table);
  const nearest = new Int32Array(table.count);
  for (const row of order) {
    const parent = parents[row];
    nearest[row] = parent < 0 ? NONE : shown[parent] ? parent : nearest[parent];
  }
  for (let row = 0; row < table.count; row++) if (!shown[row]) nearest[row] = -2;
  return nearest;
}

/** Children as linked lists: the first of each row, and the next sibling; the roots of a trace hang at count + its number. @param {Table} table @param {Int32Array} order @param {Int32Array} above */
function firstAndNext(table, order, above) {
  const { count, traces } = table;
  const first = new Int32Array(count + Math.max(1, traces.length)).fill(NONE);
  const next = new Int32Array(count).fill(NONE);
  for (let i = count - 1; i >= 0; i--) {
    const row = order[i];
    if (above[row] === -2) continue;
    const parent = above[row] < 0 ? count + table.trace[row] : above[row];
    next[row] = first[parent];
    first[parent] = row;
  }
  return { first, next };
}

/** @param {Tree} tree @param {Table} table @param {any} children */
function addTraces(tree, table, children) {
  const numbers = [...table.traces.keys()].sort((a, b) => table.traces[a].started_us - table.traces[b].started_us || a - b);
  for (const number of numbers) {
    const place = add(tree, TRACE, number, 0, NONE, keyOf(number, 0xffffffff));
    addInside(tree, table, children, table.count + number, place, 1);
  }
}

/** @param {Tree} tree @param {number} kind @param {number} of @param {number} depth @param {number} parent @param {number} key */
function add(tree, kind, of, depth, parent, key) {
  const place = tree.count++;
  tree.kind[place] = kind;
  tree.of[place] = of;
  tree.depth[place] = depth;
  tree.parent[place] = parent;
  tree.members[place] = 1;
  tree.key[place] = key;
  return place;
}

/**
 * Add what hangs at a row. Not recursive: a chain of 10,000 nested spans must not overflow the stack.
 * @param {Tree} tree @param {Table} table @param {{first: Int32Array, next: Int32Array}} children
 * @param {number} at @param {number} parent  a place @param {number} depth
 */
function addInside(tree, table, { first, next }, at, parent, depth) {
  const todo = [{ row: first[at], parent, depth, left: 0 }]; // left: members of a run still to come
  while (todo.length) {
    const top = todo[todo.length - 1];
    const { row } = top;
    if (row < 0) {
      todo.pop();
      continue;
    }
    const members = top.left ? 1 : runLength(table, next, row);
    if (members >= LEAST_RUN) {
      const run = add(tree, RUN, row, top.depth, top.parent, -1 - keyOf(table.trace[row], table.seq[row]));
      tree.members[run] = members;
      top.row = skip(next, row, members);
      todo.push({ row, parent: run, depth: top.depth + 1, left: members });
      continue;
    }
    const place = add(tree, SPAN, row, top.depth, top.parent, keyOf(table.trace[row], table.seq[row]));
    top.row = top.left === 1 ? NONE : next[row];
    top.left = Math.max(0, top.left - 1);
    if (first[row] >= 0) todo.push({ row: first[row], parent: place, depth: top.depth + 1, left: 0 });
  }
}

/** @param {Table} table @param {Int32Array} next @param {number} row */
function runLength(table, next, row) {
  let length = 1;
  for (let other = next[row]; other >= 0 && alike(table, row, other); other = next[other]) length += 1;
  return length;
}

/** Of one type, name and error: what failed is never merged with what did not. @param {Table} table @param {number} a @param {number} b */
function alike({ type, name, error }, a, b) {
  return type[a] === type[b] && name[a] === name[b] && error[a] === error[b];
}

/** @param {Int32Array} next @param {number} row @param {number} by */
function skip(next, row, by) {
  for (let i = 0; i < by; i++) row = next[row];
  return row;
}

/** Set where each place's inside ends, and count errors. @param {Tree} tree @param {Table} table */
function closed(tree, table) {
  for (let i = tree.count - 1; i >= 0; i--) {
    tree.after[i] = Math.max(tree.after[i], i + 1);
    const parent = tree.parent[i];
    if (parent >= 0) tree.after[parent] = Math.max(tree.after[parent], tree.after[i]);
  }
  for (let i = 0; i < tree.count; i++) {
    tree.failed[i + 1] = tree.failed[i] + Number(tree.kind[i] === SPAN && table.error[tree.of[i]] >= 0);
  }
  return tree;
}

/** How many rows inside a place have an error, itself not counted. @param {Tree} tree @param {number} place */
export function failedInside(tree, place) {
  return tree.failed[tree.after[place]] - tree.failed[place + 1];
}

/** Whether a place has others inside. @param {Tree} tree @param {number} place */
export function hasInside(tree, place) {
  return tree.after[place] > place + 1;
}

/** Runs are closed until they are opened, all else is open until it is folded. @param {Tree} tree @param {number} place @param {Set<number>} turned */
export function isFolded(tree, place, turned) {
  return (tree.kind[place] === RUN) !== turned.has(tree.key[place]);
}

/**
 * The places that have a row. While something is looked for, those that match do, with everything they are in.
 * @param {Tree} tree @param {{turned?: Set<number>, matching?: Uint8Array | null}} options  turned: folded or opened; matching: by row
 * @returns {Int32Array}
 */
export function visiblePlaces(tree, { turned = new Set(), matching = null }) {
  const found = new Int32Array(tree.count);
  let count = 0;
  const keep = matching && kept(tree, matching);
  for (let i = 0; i < tree.count; ) {
    if (keep && !keep[i]) {
      i += 1;
      continue;
    }
    found[count++] = i;
    i = !keep && isFolded(tree, i, turned) ? tree.after[i] : i + 1;
  }
  return found.subarray(0, count);
}

/** @param {Tree} tree @param {Uint8Array} matching */
function kept(tree, matching) {
  const keep = new Uint8Array(tree.count);
  for (let i = tree.count - 1; i >= 0; i--) {
    if (!keep[i] && !(tree.kind[i] === SPAN && matching[tree.of[i]])) continue;
    keep[i] = 1;
    if (tree.parent[i] >= 0) keep[tree.parent[i]] = 1;
  }
  return keep;
}

/** The place of a span, opening nothing. @param {Tree} tree @param {number} key */
export function placeOf(tree, key) {
  return tree.key.subarray(0, tree.count).indexOf(key);
}
