// @ts-check
/** What the grid says: of changes, of refusals, and of names that it proposes. */

import { plural } from "../words.js";

/** What was done. @param {{inserted: number, updated: number, deleted: number, moved: number}} report */
export function reportText(report) {
  const parts = [
    report.inserted && `${plural(report.inserted, "item")} put in`,
    report.updated && `${plural(report.updated, "item")} changed`,
    report.deleted && `${plural(report.deleted, "item")} taken out`,
    report.moved && `${plural(report.moved, "item")} moved`,
  ];
  return parts.filter(Boolean).join(", ") || "nothing changed";
}

/** Why half a pair cannot stand alone, without what is for programs. @param {string} text */
export function orphanText(text) {
  return text.split(" Nothing was written.")[0].replace(/^row /, "Item ").replace(/^Item None: /, "");
}

/** Why a value was refused, without what a reader of the grid sees anyway. @param {string} text */
export function reasonOf(text) {
  const reason = text.replace(/^row .*?, column '[^']*': /s, "").replace(/ Nothing was written\.$/, "");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** A name for a branch that is not taken among those that are known. @param {string} name @param {string[]} known */
export function branchName(name, known) {
  const stem = name.replace(/-b\d+$/, "");
  let number = 1;
  while (known.includes(`${stem}-b${number}`)) number += 1;
  return `${stem}-b${number}`;
}
