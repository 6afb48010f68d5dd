// @ts-check
/** Times, counts and shares as people read them; the same words as the static form has. */

/** @param {number} us */
export function duration(us) {
  if (us < 0) return "0 ms";
  const ms = us / 1000;
  if (ms < 1) return us === 0 ? "0 ms" : `${Math.max(0.1, Math.round(ms * 10) / 10)} ms`;
  if (ms < 99.5) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.995) return `${s.toFixed(2)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** A moment on the reader's clock. @param {Date} time @returns {{date: string, time: string}} */
export function clock(time) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return {
    date: [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-"),
    time: [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":"),
  };
}

/** @param {number} n */
export function count(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** @param {number} n @param {string} word */
export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** @param {number} part @param {number} whole */
export function percent(part, whole) {
  if (!(whole > 0)) return "";
  const value = (100 * part) / whole;
  return value > 0 && value < 1 ? "< 1 %" : `${Math.round(value)} %`;
}

/** A call in one line: `name(a="b", n=2)`. @param {string} name @param {string} json */
export function callText(name, json) {
  try {
    const values = JSON.parse(json || "{}");
    if (typeof values !== "object" || values === null) throw new Error("not an object");
    return `${name}(${Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(", ")})`;
  } catch {
    return `${name}(${json})`; // still being written, or not JSON
  }
}
