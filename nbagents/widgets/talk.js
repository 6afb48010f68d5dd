// @ts-check
/** What the panels one talks in share: the big control, captions, tools as cards, and bars for where the time went. */

/** Arguments as one would write the call. @param {string} name @param {string} json */
export function callText(name, json) {
  try {
    const values = JSON.parse(json || "{}");
    const parts = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    return `${name}(${parts.join(", ")})`;
  } catch {
    return `${name}(${json})`;
  }
}

const MICROPHONE = "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3Zm6-3a6 6 0 0 1-12 0M12 18v3m-3 0h6";

/** A microphone, drawn. */
export function microphoneIcon() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8", "stroke-linecap": "round" }))
    svg.setAttribute(name, value);
  path.setAttribute("d", MICROPHONE);
  svg.append(path);
  return svg;
}

export const TALK_LOOK = `
.panel { display: grid; grid-template-columns: 152px minmax(0, 1fr) 240px; min-height: 240px; }
.side { display: flex; flex-direction: column; align-items: center; gap: 7px; padding: 14px 10px 10px; border-right: 1px solid var(--nb-line); }
.control { width: 86px; height: 86px; margin: 6px; border-radius: 50%; display: grid; place-items: center; background: var(--nb-soft); color: var(--nb-dim); border: 4px solid var(--nb-line); transition: box-shadow .1s, border-color .15s; touch-action: none; user-select: none; }
.control svg { width: 30px; height: 30px; }
.control.live { background: var(--nb-sel); color: var(--nb-accent); border-color: color-mix(in srgb, var(--nb-accent) 35%, var(--nb-bg)); }
.control.hot { background: var(--nb-accent); color: var(--nb-bg); }
.control.bad { color: var(--nb-bad); border-color: color-mix(in srgb, var(--nb-bad) 40%, var(--nb-bg)); }
.saying { font-weight: 600; } .hint { color: var(--nb-dim); text-align: center; font-size: 12px; min-height: 18px; }
.row { display: flex; gap: 6px; flex-wrap: wrap; justify-content: center; }
.empty { margin: auto; color: var(--nb-faint); text-align: center; max-width: 320px; }
.line { max-width: 82%; padding: 5px 10px; border-radius: 9px; background: var(--nb-soft); overflow-wrap: anywhere; white-space: pre-wrap; align-self: flex-start; }
.card { align-self: flex-start; max-width: 92%; border: 1px solid var(--nb-line); border-left: 3px solid var(--nb-function); border-radius: 6px; padding: 4px 9px; font: 12px/1.5 var(--nb-mono); overflow-wrap: anywhere; }
.facts { padding: 10px 12px; border-left: 1px solid var(--nb-line); overflow: hidden; }
.line.user { align-self: flex-end; background: color-mix(in srgb, var(--nb-text) 8%, var(--nb-bg)); } .line.open { color: var(--nb-dim); }
.steps { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 3px 8px; align-items: center; margin: 4px 0 12px; } .bar { position: relative; height: 7px; } .bar i { position: absolute; top: 0; height: 7px; border-radius: 2px; min-width: 2px; background: var(--nb-speech); } .bar i.model { background: var(--nb-response); }
@media (max-width: 760px) { .panel { grid-template-columns: 128px minmax(0, 1fr); } .facts { grid-column: 1 / 3; border-left: 0; border-top: 1px solid var(--nb-line); } }
`;
