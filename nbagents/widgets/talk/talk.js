// @ts-check
/**
 * What the panels one talks in share: the big control, captions, tools as cards, meters, and where the time went.
 *
 * Messages from the kernel
 *   {type: "news", reset, state, …}    at most 25 times a second; `reset` means: forget what was told before
 * Messages to the kernel
 *   {type: "talk", down}               push-to-talk
 *   {type: "hands_free", on}
 *   {type: "stop"}                     the page is silent already
 *
 * Synced traits: view_id; microphone_id and speaker_id, the view_ids of the two widgets that carry the sound.
 *
 * Whatever came from a model, a tool or a person is set as textContent.
 */

import { copyButton } from "../copy.js";
import { DEVICE_LOOK } from "../sound/device.js";
import { LiveHub, LiveView, make, page, put } from "../live.js";
import { Devices, DEVICES_LOOK } from "./devices.js";
import { callText, duration } from "../words.js";

const METER_MS = 60;
const MODEL_STAGES = new Set(["first token", "answering", "first word"]); // the others are sound's own
const REACHED = ["first sound", "first word", "first token"]; // what one waits for, the best first

/** @typedef {{name: string, begin: number, end: number}} Stage  in ms since the user was done */

/** Where each stage's bar lies, as shares of the whole. @param {Stage[]} stages @returns {{name: string, ms: number, left: number, width: number}[]} */
export function bars(stages) {
  const whole = Math.max(1, ...stages.map(({ end }) => end));
  return stages.map(({ name, begin, end }) => ({ name, ms: end - begin, left: begin / whole, width: (end - begin) / whole }));
}

/** @param {Stage[]} stages @param {boolean} busy  whether more may come @returns {string} */
export function lastTurn(stages, busy) {
  const reached = REACHED.map((each) => stages.find(({ name }) => name === each)).find(Boolean);
  if (reached) return `${duration(reached.end * 1000)} to ${reached.name}`;
  if (!stages.length) return "none yet";
  return busy ? "…" : "no answer";
}

/** A conversation as text, a line for each thing said. @param {[string, string][]} said  who, and what */
export function script(said) {
  return said.filter(([, what]) => what).map(([who, what]) => `${who}: ${what}\n`).join("");
}

/** A call and what came of it, in a line. @param {{name: string, arguments: string, output: string | null}} call */
export function called({ name, arguments: given, output }) {
  return callText(name, given) + (output === null ? "" : ` → ${output}`);
}

const MICROPHONE = "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3Zm6-3a6 6 0 0 1-12 0M12 18v3m-3 0h6";

/** A microphone, drawn. */
function microphoneIcon() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8", "stroke-linecap": "round" }))
    svg.setAttribute(name, value);
  path.setAttribute("d", MICROPHONE);
  svg.append(path);
  return svg;
}

// ---------------------------------------------------------------------------------------------- one model

export class TalkHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {any} */ this.state = null;
    this.meters = 0;
  }

  /** Forget what was told. */
  forget() {}

  /** Who said what, tools among them. @returns {[string, string][]} */
  said() {
    return [];
  }

  /** Take in what is new. @param {any} _message */
  news(_message) {}

  /** @param {any} message */
  receive(message) {
    if (message.type === "error") return this.fail(new Error(message.text));
    if (message.type !== "news") return;
    if (message.reset) this.forget();
    else if (!this.filled) return; // this page has not been told what the message adds to
    this.state = message.state;
    this.news(message);
    this.meters ||= window.setInterval(() => this.drawMeters(), METER_MS); // how loud it is changes without a message
    this.answered();
  }

  drawMeters() {
    for (const view of this.views) if (view.root.isConnected) view.drawMeters();
  }

  leave() {
    clearInterval(this.meters);
    this.meters = 0;
    super.leave();
  }

  /** @returns {any} the microphone in this page */
  microphone() {
    return page().hubs.get(this.model.get("microphone_id"));
  }

  /** @returns {any} the loudspeaker in this page */
  speaker() {
    return page().hubs.get(this.model.get("speaker_id"));
  }

  /** How loud the user and the agent are, from 0 to 1. @returns {number[]} */
  levels() {
    return [this.microphone(), this.speaker()].map((device) => device?.level ?? 0);
  }

  /** Silence at once; the kernel learns how much was heard. */
  stop() {
    this.speaker()?.stop();
    this.send({ type: "stop" });
  }
}

// ---------------------------------------------------------------------------------------------- one view

export class TalkView extends LiveView {
  /** @param {TalkHub} hub @param {string} style */
  constructor(hub, style) {
    super(hub, DEVICE_LOOK + DEVICES_LOOK + TALK_LOOK + style);
    this.panel = hub;
    this.devices = new Devices(this);
    this.advice = make("div", "advice"); // what would make it hear better
    this.holding = false;
    this.following = true; // the newest caption, until a person scrolls up
    this.leftAt = -Infinity; // when it lost the focus
    this.root.tabIndex = -1;
    this.on(this.root, "keydown", (event) => this.key(event, true));
    this.on(this.root, "keyup", (event) => this.key(event, false));
    this.on(this.root, "focusin", () => this.hub.draw());
    this.on(this.root, "focusout", () => {
      this.leftAt = performance.now();
      if (this.holding) this.talk(false);
      this.hub.draw();
    });
  }

  /** Whether one can talk now. */
  get connected() {
    return true;
  }

  /** Do what the control does where one cannot talk yet. */
  connect() {}

  /** The kernel renews the static form after each turn, which puts the view in a new place. @param {Element} place */
  mount(place) {
    super.mount(place);
    const nobody = document.activeElement === document.body;
    if (nobody && performance.now() - this.leftAt < 2000) this.root.focus({ preventScroll: true });
  }

  /** @param {HTMLElement[]} buttons  more of them */
  makeSide(...buttons) {
    this.control = make("button", "control", {}, [microphoneIcon()]);
    this.words = make("div", "saying", { role: "status" });
    this.tip = make("div", "hint");
    this.free = make("button", "button framed", {}, ["Hands-free"]);
    this.halt = make("button", "button framed", { title: "stop the agent (Esc)" }, ["Stop"]);
    this.on(this.control, "pointerdown", (event) => {
      this.control.setPointerCapture?.(event.pointerId);
      this.press();
    });
    for (const name of ["pointerup", "pointercancel"]) this.on(this.control, name, () => this.talk(false));
    this.on(this.control, "keydown", (event) => event.key === "Enter" && !this.connected && this.connect());
    this.on(this.free, "click", () => this.hub.send({ type: "hands_free", on: !this.panel.state.hands_free }));
    this.on(this.halt, "click", () => this.panel.stop());
    const row = make("div", "row", {}, [this.free, this.halt, ...buttons]);
    return make("div", "side", {}, [this.control, this.words, this.tip, row, this.devices.row]);
  }

  makeCaptions() {
    this.empty = make("div", "empty", {}, ["What you and the agent say appears here as it is said."]);
    this.captions = make("div", "captions", { role: "log", "aria-label": "captions", tabindex: "0" }, [this.empty]);
    this.on(this.captions, "scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.captions;
      this.following = scrollHeight - scrollTop - clientHeight < 40;
    });
    return this.captions;
  }

  /** @param {HTMLElement[]} below */
  makeFacts(...below) {
    this.turn = make("span", "dim num");
    this.steps = make("div", "steps num");
    this.copy = copyButton(this, "Copy transcript", () => script(this.panel.said()));
    return make("div", "facts", {}, [make("div", "", {}, [make("b", "", {}, ["Last turn"]), " ", this.turn]), this.steps, ...below, this.copy]);
  }

  /** The control goes down. */
  press() {
    if (this.connected) this.talk(true);
    else this.connect();
  }

  /** @param {boolean} down */
  talk(down) {
    const { state } = this.panel;
    if (!state || (down ? this.holding || state.hands_free || !this.connected : !this.holding && !state.talking)) return;
    this.holding = down;
    if (down) this.panel.speaker()?.stop();
    this.hub.send({ type: "talk", down });
    this.hub.draw();
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  key(event, down) {
    const target = /** @type {any} */ (event.composedPath()[0]);
    if (["INPUT", "SELECT"].includes(target.tagName)) return;
    if (event.key === " ") {
      if (target.tagName === "BUTTON" && target !== this.control) return; // which space presses
      event.preventDefault(); // else the page scrolls
      if (!down) this.talk(false);
      else if (!event.repeat && target === this.control) this.press();
      else if (!event.repeat) this.talk(true);
    } else if (event.key === "Escape" && down) this.panel.stop();
  }

  /** @param {[string, string]} says @param {{live: boolean, hot: boolean, stoppable: boolean}} how */
  drawSide(says, { live, hot, stoppable }) {
    const { hands_free } = this.panel.state;
    const stuck = stoppable || !this.connected ? null : this.devices.hindrance;
    const [words, hint] = stuck ? [stuck.words, stuck.hint] : says;
    put(this.words, words);
    put(this.tip, hint);
    this.control.setAttribute("aria-label", hint ? `${words}: ${hint}` : words);
    this.control.classList.toggle("live", live);
    this.control.classList.toggle("hot", hot);
    this.free.setAttribute("aria-pressed", String(hands_free));
    put(this.free, hands_free ? "Hands-free ✓" : "Hands-free");
    this.halt.disabled = !stoppable;
  }

  drawMeters() {
    const { state } = this.panel;
    const loud = this.devices.draw(state?.trouble ?? "", this.holding || state?.hands_free);
    this.control.style.boxShadow = loud > 0.05 ? `0 0 0 ${(4 + 8 * loud).toFixed(1)}px color-mix(in srgb, var(--nb-accent) 16%, transparent)` : "";
    this.control.classList.toggle("bad", this.devices.hindrance?.act === "again" || state?.status === "failed");
  }

  followCaptions() {
    if (this.following) this.captions.scrollTop = this.captions.scrollHeight;
  }

  /** @param {any} element @param {{name: string, arguments: string, output: string | null}} call @param {boolean} runs */
  fillCard(element, call, runs) {
    element.className = "card";
    element.replaceChildren(callText(call.name, call.arguments));
    if (call.output !== null) element.append(make("span", "dim", {}, [` → ${call.output}`]));
    else if (runs) element.append(" ", make("span", "pulse"));
  }

  /** @param {Stage[]} stages @param {boolean} busy */
  drawStages(stages, busy) {
    put(this.turn, lastTurn(stages, busy));
    this.copy.hidden = !this.panel.said().length;
    const key = JSON.stringify(stages);
    if (this.steps.dataset.key === key) return;
    this.steps.dataset.key = key;
    this.steps.replaceChildren(...bars(stages).flatMap(({ name, ms, left, width }) => {
      const bar = make("i", MODEL_STAGES.has(name) ? "model" : "");
      bar.style.left = `${(100 * left).toFixed(2)}%`;
      bar.style.width = `${(100 * width).toFixed(2)}%`;
      return [make("span", "", {}, [name]), make("span", "bar", {}, [bar]), make("span", "took", {}, [duration(ms * 1000)])];
    }));
  }
}

const TALK_LOOK = `
.panel { display: grid; grid-template-columns: 176px minmax(0, 1fr) 230px; min-height: 240px; }
.side { display: flex; flex-direction: column; align-items: center; gap: 7px; padding: 14px 10px 10px; border-right: 1px solid var(--nb-line); }
.control { width: 86px; height: 86px; margin: 6px; border-radius: 50%; display: grid; place-items: center; background: var(--nb-soft); color: var(--nb-dim); border: 4px solid var(--nb-line); transition: box-shadow .1s, border-color .15s; touch-action: none; user-select: none; }
.control svg { width: 30px; height: 30px; }
.control.live { background: var(--nb-sel); color: var(--nb-accent); border-color: color-mix(in srgb, var(--nb-accent) 35%, var(--nb-bg)); }
.control.hot { background: var(--nb-accent); color: var(--nb-bg); }
.control.bad { color: var(--nb-bad); border-color: color-mix(in srgb, var(--nb-bad) 40%, var(--nb-bg)); }
.saying { font-weight: 600; } .hint { color: var(--nb-dim); text-align: center; font-size: 12px; min-height: 18px; }
.row { display: flex; gap: 6px; flex-wrap: wrap; justify-content: center; }
.captions { flex: 1; display: flex; flex-direction: column; gap: 8px; padding: 12px 14px; overflow-y: auto; max-height: 380px; min-height: 150px; min-width: 0; }
.empty { margin: auto; color: var(--nb-faint); text-align: center; max-width: 320px; }
.line { max-width: 82%; padding: 5px 10px; border-radius: 9px; background: var(--nb-soft); overflow-wrap: anywhere; white-space: pre-wrap; align-self: flex-start; }
.line.user { align-self: flex-end; background: color-mix(in srgb, var(--nb-text) 8%, var(--nb-bg)); } .line.open { color: var(--nb-dim); }
.note { display: block; font-size: 11px; color: var(--nb-faint); }
.card { align-self: flex-start; max-width: 92%; border: 1px solid var(--nb-line); border-left: 3px solid var(--nb-function); border-radius: 6px; padding: 4px 9px; font: 12px/1.5 var(--nb-mono); overflow-wrap: anywhere; max-height: 200px; overflow-y: auto; flex: none; } .card .pulse { display: inline-block; }
.facts { display: flex; flex-direction: column; gap: 4px; padding: 10px 12px; border-left: 1px solid var(--nb-line); overflow: hidden; }
.steps { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 3px 8px; align-items: center; margin: 4px 0 8px; } .bar { position: relative; height: 7px; } .bar i { position: absolute; top: 0; height: 7px; border-radius: 2px; min-width: 2px; background: var(--nb-speech); } .bar i.model { background: var(--nb-response); } .took { text-align: right; }
.advice { color: var(--nb-faint); font-size: 12px; overflow-wrap: anywhere; } .advice:empty { display: none; }
.facts > .button { align-self: flex-start; margin: 0 -8px -4px; flex: none; }
.box { container-type: inline-size; }
@container (max-width: 640px) { .panel { grid-template-columns: 176px minmax(0, 1fr); } .facts { grid-column: 1 / 3; border-left: 0; border-top: 1px solid var(--nb-line); } }
@container (max-width: 400px) { .panel { grid-template-columns: minmax(0, 1fr); } .side { border-right: 0; border-bottom: 1px solid var(--nb-line); } .facts { grid-column: 1; } }
`;
