// @ts-check
/**
 * What every widget of nbagents shares in a page: how it finds its place, looks, and says what went wrong.
 *
 * In JupyterLab nothing renders our widgets as views. A cell's HTML output holds elements of class
 * `nbagents-view-<view_id>` with static content inside; a model's hub shows a view in place of that content for as
 * long as its kernel lives; a trace's stays, as all but payloads is there. In a page that is opened without a kernel
 * nobody does, and the static content is what one sees.
 *
 * A widget's module derives a `LiveHub` (one for each model) and a `LiveView` (one for each place) and ends with
 * `export default widget((model) => new ItsHub(model))`. Every hub sends {type: "ready", asking} when a page starts and
 * again when the kernel may be another; it shows itself once it was answered (`answered()`). Until then it asks again,
 * by the same name: a first request can lie behind a cell that blocks, while a later one goes to another shell.
 *
 * Synced trait of every widget: view_id, which names its placeholders.
 */

// ---------------------------------------------------------------------------------------------- the page

/** What all views in one page share, whichever copy of this module they came with. */
export function page() {
  const key = Symbol.for("nbagents.page");
  /** @type {any} */ const scope = globalThis;
  scope[key] ??= { hubs: new Map(), plotly: null, watcher: null };
  return scope[key];
}

/** Show each view in the placeholders that are in the page now, and in those that come. */
function watchPage() {
  const shared = page();
  if (shared.watcher) return sweep();
  // Cells detach and come back while one scrolls, and outputs are drawn anew when they are updated.
  shared.watcher = new MutationObserver(sweep);
  shared.watcher.observe(document.body, { childList: true, subtree: true });
  sweep();
}

function sweep() {
  for (const place of document.getElementsByClassName("nbagents-live")) {
    const name = [...place.classList].find((each) => each.startsWith("nbagents-view-"));
    const hub = name && page().hubs.get(name.slice("nbagents-view-".length));
    if (hub && hub.alive && (hub.filled || hub.trouble) && place.lastElementChild?.className !== "nbagents-root") hub.guard(() => hub.mount(place));
  }
}

// ---------------------------------------------------------------------------------------------- one model

const [FIRST_PAUSE_MS, LAST_PAUSE_MS] = [150, 5_000];

/** One widget model; a view that is mounted again finds all as it was. */
export class LiveHub {
  /** @param {any} model */
  constructor(model) {
    this.model = model;
    this.alive = true;
    this.filled = false; // whether there is anything to draw yet
    this.trouble = "";
    /** @type {Set<any>} */ this.views = new Set();
    this.frame = 0;
    this.asking = ""; // the name of what is not answered yet
  }

  /** Make a view of this model. @returns {LiveView} */
  newView() {
    throw new Error("a hub makes its own views");
  }

  /** Take in a message from the kernel. @param {any} _message @param {DataView[]} _buffers */
  receive(_message, _buffers) {}

  /** Draw every view that is in the page. */
  drawNow() {
    for (const view of this.views) if (view.root.isConnected) view.draw();
  }

  /** @param {AbortSignal} [signal] */
  start(signal) {
    page().hubs.set(this.model.get("view_id"), this);
    this.model.on("msg:custom", (/** @type {any} */ message, /** @type {any} */ buffers) =>
      this.guard(() => this.receive(message, buffers ?? [])));
    this.model.on("comm_live_update", () => this.rest());
    signal?.addEventListener("abort", () => this.end());
    this.askForAll();
    watchPage();
  }

  /** Ask for everything, until it comes. */
  askForAll() {
    const asking = (this.asking = Math.random().toString(36).slice(2));
    const send = (/** @type {number} */ pause) => {
      if (this.asking !== asking) return;
      this.send({ type: "ready", asking });
      if (pause < LAST_PAUSE_MS) setTimeout(() => send(2 * pause), pause);
    };
    send(FIRST_PAUSE_MS);
  }

  /** The kernel answered: show what it said, also in places that show the static content. */
  answered() {
    const hidden = !this.filled || !this.alive;
    this.filled = this.alive = true;
    this.asking = "";
    if (hidden) sweep();
    this.draw();
  }

  /** The kernel may be gone: show the static content until it answers again. */
  rest() {
    if (!this.alive) return;
    this.leave();
    this.askForAll();
  }

  leave() {
    this.alive = false;
    for (const view of [...this.views]) view.unmount();
  }

  /** The widget was closed. */
  end() {
    this.leave();
    this.asking = "";
    page().hubs.delete(this.model.get("view_id"));
  }

  /** @param {any} message @param {ArrayBuffer[]} [buffers] */
  send(message, buffers = []) {
    try {
      this.model.send(message, undefined, buffers);
    } catch {
      this.rest(); // the way to the kernel is closed: it was shut down
    }
  }

  /** Run something; what goes wrong is shown in the cell. @param {() => any} work */
  guard(work) {
    try {
      return work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {any} error */
  fail(error) {
    console.warn("nbagents:", error);
    this.trouble = `nbagents could not draw this view: ${error?.message ?? error}`;
    if (!this.filled) sweep(); // where nothing was shown yet there was nowhere to say it
    for (const view of this.views) view.showTrouble();
  }

  /** Draw every view before the next frame. */
  draw() {
    if (this.frame || !this.filled) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.guard(() => this.drawNow());
    });
  }

  /** Show in an element, hiding what is in it. @param {Element} place */
  mount(place) {
    const spare = [...this.views].find((view) => !view.root.isConnected);
    (spare ?? this.newView()).mount(place);
    this.draw();
  }
}

// ---------------------------------------------------------------------------------------------- one view

/** A view of a model in one place of the page, in a shadow tree of its own. */
export class LiveView {
  /** @param {any} hub @param {string} style  the widget's own style sheet, after LOOK */
  constructor(hub, style) {
    this.hub = hub;
    this.root = make("div", "nbagents-root", { "data-lm-suppress-shortcuts": "true" });
    this.shadow = this.root.attachShadow({ mode: "open" });
    this.box = make("div", "box");
    this.trouble = make("div", "trouble", { role: "alert", hidden: "" });
    this.shadow.append(make("style", "", {}, [LOOK + style]), this.box, this.trouble);
    this.resizes = new ResizeObserver(() => hub.draw());
    this.themes = new MutationObserver(() => this.setTheme());
    // Lab acts on keys that reach its cells: in here they are ours.
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.stopPropagation());
    hub.views.add(this);
  }

  /** Show what is new. */
  draw() {}

  /** Listen; what goes wrong is shown in the cell.
   * @param {any} target @param {string} name @param {(event: any) => any} work @param {object} [options] */
  on(target, name, work, options = {}) {
    target.addEventListener(name, (/** @type {any} */ event) => this.hub.guard(() => work(event)), options);
  }

  /** @param {Element} place */
  mount(place) {
    for (const child of place.children) /** @type {HTMLElement} */ (child).style.display = "none";
    place.append(this.root);
    this.themes.observe(document.body, { attributes: true });
    this.themes.observe(document.documentElement, { attributes: true });
    this.setTheme();
    this.resizes.observe(this.root);
    this.showTrouble();
  }

  /** Give the place back to its static content. */
  unmount() {
    const place = this.root.parentElement;
    this.root.remove();
    for (const child of place?.children ?? []) /** @type {HTMLElement} */ (child).style.display = "";
    this.resizes.disconnect();
    this.themes.disconnect();
    this.hub.views.delete(this);
  }

  setTheme() {
    this.root.toggleAttribute("data-dark", isDark(getComputedStyle(this.box).backgroundColor));
    this.hub.draw();
  }

  showTrouble() {
    this.trouble.hidden = !this.hub.trouble;
    put(this.trouble, this.hub.trouble);
  }
}

/** What a widget's module exports. @param {(model: any) => LiveHub} makeHub */
export function widget(makeHub) {
  return {
    /** @param {{model: any, signal?: AbortSignal}} context */
    initialize({ model, signal }) {
      makeHub(model).start(signal);
    },
    /** @param {{model: any, el: HTMLElement}} context */
    render({ model, el }) {
      const hub = page().hubs.get(model.get("view_id"));
      const view = hub.newView();
      view.mount(el);
      hub.draw();
      return () => view.unmount();
    },
  };
}

// ---------------------------------------------------------------------------------------------- elements

/**
 * Make an element.
 * @param {string} tag @param {string} [className] @param {Record<string, string>} [attributes] @param {(globalThis.Node | string)[]} [inside]
 * @returns {any}
 */
export function make(tag, className = "", attributes = {}, inside = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/** Set an element's text, always as text. @param {any} element @param {string} text */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} color  as computed */
export function isDark(color) {
  const numbers = (color.match(/[\d.]+/g) ?? []).map(Number);
  if (numbers.length < 3 || numbers[3] === 0) return false;
  const whole = color.startsWith("color(") ? 1 : 255; // color(srgb 0.1 0.1 0.1) or rgb(25, 25, 25)
  return (0.299 * numbers[0] + 0.587 * numbers[1] + 0.114 * numbers[2]) / whole < 0.5;
}

// ---------------------------------------------------------------------------------------------- looks

// The page's theme gives background, text and accent; every other shade is mixed from these.
export const LOOK = `
:host { display: block; position: relative; font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); text-align: left; margin: 2px 0;
  --nb-bg: var(--jp-layout-color1, var(--vscode-editor-background, var(--colab-primary-surface-color, #fff)));
  --nb-text: var(--jp-ui-font-color1, var(--vscode-foreground, var(--colab-primary-text-color, #1f2328)));
  --nb-accent: var(--jp-brand-color1, var(--vscode-focusBorder, #0969da));
  --nb-soft: color-mix(in srgb, var(--nb-text) 4%, var(--nb-bg)); --nb-line: color-mix(in srgb, var(--nb-text) 14%, var(--nb-bg));
  --nb-dim: color-mix(in srgb, var(--nb-text) 72%, var(--nb-bg)); --nb-faint: color-mix(in srgb, var(--nb-text) 65%, var(--nb-bg));
  --nb-sel: color-mix(in srgb, var(--nb-accent) 15%, var(--nb-bg)); --nb-hover: color-mix(in srgb, var(--nb-text) 3.5%, var(--nb-bg));
  --nb-mono: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace);
  --nb-agent: #0072b2; --nb-response: #e69f00; --nb-generation: #e69f00; --nb-function: #009e73; --nb-mcp_tools: #009e73;
  --nb-handoff: #cc79a7; --nb-guardrail: #d55e00; --nb-transcription: #56b4e9; --nb-speech: #56b4e9; --nb-speech_group: #56b4e9;
  --nb-custom: #8c959f; --nb-task: #afb8c1; --nb-turn: #afb8c1; --nb-bad: #cf222e; }
:host([data-dark]) { --nb-agent: #4aa3df; --nb-task: #4b5563; --nb-turn: #4b5563; --nb-bad: #ff7b72; --nb-custom: #7d8794; }
*, *::before { box-sizing: border-box; }
[hidden] { display: none !important; }
b { font-weight: 600; } p { margin: 6px 0; } button { font: inherit; color: inherit; background: none; border: 0; margin: 0; padding: 0; cursor: pointer; text-align: left; }
.num { font-variant-numeric: tabular-nums; } .dim { color: var(--nb-dim); } .bad { color: var(--nb-bad); } .space { flex: 1; min-width: 0; }
.box { border: 1px solid var(--nb-line); border-radius: 6px; background: var(--nb-bg); color: var(--nb-text); overflow: hidden; }
.box :focus-visible { outline: 2px solid var(--nb-accent); outline-offset: -2px; border-radius: 4px; }
.pulse { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--nb-accent); animation: pulse 1.4s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: .25; transform: scale(.75); } }
@media (prefers-reduced-motion: reduce) { .pulse { animation: none; } }
.toolbar { display: flex; align-items: center; gap: 8px; padding: 5px 8px; border-bottom: 1px solid var(--nb-line); background: var(--nb-soft); }
.dot { flex: none; width: 8px; height: 8px; border-radius: 2px; display: inline-block; }
.search { font: inherit; width: 132px; flex: none; height: 24px; padding: 0 8px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; } .search::placeholder { color: var(--nb-faint); }
.pairs { display: grid; grid-template-columns: 72px minmax(0, 1fr); gap: 2px 8px; margin: 6px 0 10px; }
.tabs { display: flex; gap: 14px; border-bottom: 1px solid var(--nb-line); margin-bottom: 8px; } .tab, .subhead { color: var(--nb-dim); padding: 0 0 3px; margin-bottom: -1px; border-bottom: 2px solid transparent; } .subhead { margin: 10px 0 6px; font-weight: 600; color: var(--nb-text); }
.tab[aria-selected=true] { color: var(--nb-text); font-weight: 600; border-bottom-color: var(--nb-accent); }
.block { margin: 0 0 4px; padding: 6px 9px; border-radius: 6px; background: var(--nb-soft); font: 12px/1.45 var(--nb-mono); white-space: pre-wrap; overflow: auto; max-height: 260px; color: var(--nb-text); }
.block.error { color: var(--nb-bad); background: color-mix(in srgb, var(--nb-bad) 8%, var(--nb-bg)); margin-bottom: 10px; }
.foot { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 5px 10px; border-top: 1px solid var(--nb-line); background: var(--nb-soft); color: var(--nb-dim); font-size: 12px; } .foot .bad, .facts .bad { color: var(--nb-bad); }
.trouble { color: var(--nb-bad); font-size: 12px; padding: 3px 10px; }
.tip { position: absolute; left: 0; top: 0; z-index: 10; max-width: 340px; padding: 5px 9px; border: 1px solid var(--nb-line); border-radius: 5px; background: var(--nb-bg); color: var(--nb-text); box-shadow: 0 3px 12px rgb(0 0 0 / .16); font-size: 12px; pointer-events: none; overflow-wrap: anywhere; }
.button { display: inline-flex; align-items: center; gap: 5px; height: 24px; padding: 0 8px; border-radius: 4px; color: var(--nb-dim); white-space: nowrap; } .button:hover:not(:disabled) { background: var(--nb-line); color: var(--nb-text); } .button[aria-pressed=true], .button.framed { background: var(--nb-bg); color: var(--nb-text); box-shadow: inset 0 0 0 1px var(--nb-line); } .button:disabled { opacity: .45; cursor: default; }
.button.framed[aria-pressed=true], .button.framed[aria-pressed=true]:hover:not(:disabled) { background: var(--nb-sel); box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--nb-accent) 45%, var(--nb-bg)); }
.link { color: var(--nb-accent); } .link:hover { text-decoration: underline; }
`;
