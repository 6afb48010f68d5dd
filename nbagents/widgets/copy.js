// @ts-check
/** A button that puts a text on the clipboard, and says so. */

import { make, put } from "./live.js";

const SAID_MS = 2_000;

/**
 * @param {any} view  the view it is part of @param {string} words  what is copied, such as "Copy transcript"
 * @param {() => string} text
 */
export function copyButton(view, words, text) {
  const button = make("button", "button", { type: "button", "aria-live": "polite" }, [words]);
  view.on(button, "click", async () => {
    put(button, (await written(text())) ? "Copied" : "The browser did not allow it");
    setTimeout(() => put(button, words), SAID_MS);
  });
  return button;
}

/** @param {string} text @returns {Promise<boolean>} whether it was taken */
async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byHand(text); // a page over http has no clipboard of its own
  }
}

/** @param {string} text */
function byHand(text) {
  const field = make("textarea", "", { style: "position: fixed; opacity: 0" });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
