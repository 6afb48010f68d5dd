// @ts-check
/**
 * The voice panel: one big control, captions of both sides as they come, tools as cards, and where the time went.
 *
 * Messages from the kernel
 *   {type: "news", state, turns}    at most 25 times a second; `turns`: those that are new or changed
 *       state: {hands_free, talking, caption, answering, speaking, replaying, engines, trouble}
 *       turn: {number, text, understood, answer, agent_name, tools, interrupted, error, latency: {stage: ms}, …}
 * Messages to the kernel
 *   {type: "ready"}
 *   {type: "talk", down}            push-to-talk
 *   {type: "hands_free", on}
 *   {type: "stop"}                  the page is silent already
 *   {type: "replay", number}
 *
 * Synced traits: view_id; microphone_id and speaker_id, the view_ids of the two widgets that carry the sound.
 *
 * Whatever came from a model, a tool or a person is set as textContent.
 */

import { meterShare } from "./device.js";
import { LiveHub, LiveView, make, page, put, widget } from "./live.js";
import { callText, microphoneIcon, TALK_LOOK } from "./talk.js";
import { duration } from "./words.js";

const METER_MS = 60;
const STAGE_TYPES = { "first token": "model" }; // the others are sound's own

/**
 * What the control says, and what to do next.
 * @param {any} state @param {boolean} holding @param {boolean} focused  whether keys come here @returns {[string, string]}
 */
export function saying(state, holding, focused) {
  if (holding || state.talking) return ["Hearing you", "let go to send"];
  if (state.replaying) return [`Replaying turn ${state.replaying}`, "Esc stops"];
  if (state.speaking) return ["Speaking", state.hands_free ? "speak to interrupt" : "hold to interrupt"];
  if (state.caption) return ["Hearing you", ""];
  if (state.answering) return ["Thinking", "Esc stops"];
  if (state.hands_free) return ["Listening", "just speak"];
  return ["Ready", focused ? "hold space to talk" : "hold to talk"];
}

/** Where each stage's bar lies. @param {Record<string, number>} latency @returns {{name: string, ms: number, left: number, width: number}[]} */
export function bars(latency) {
  const whole = Math.max(1, Object.values(latency).reduce((sum, ms) => sum + ms, 0));
  let begin = 0;
  return Object.entries(latency).map(([name, ms]) => {
    const left = begin;
    begin += ms;
    return { name, ms, left: left / whole, width: ms / whole };
  });
}

/** @param {any} turn @returns {string} */
export function lastTurn(turn) {
  if (!turn) return "none yet";
  const total = Object.values(turn.latency).reduce((/** @type {number} */ sum, /** @type {any} */ ms) => sum + ms, 0);
  return "first sound" in turn.latency ? `${duration(total * 1000)} to first sound` : "";
}

class VoiceHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {any} */ this.state = null;
    /** @type {Map<number, any>} */ this.turns = new Map();
    this.meters = 0;
  }

  newView() {
    return new VoiceView(this);
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === "error") return this.fail(new Error(message.text));
    if (message.type !== "news") return;
    this.state = message.state;
    for (const turn of message.turns) this.turns.set(turn.number, turn);
    this.meters ||= window.setInterval(() => this.drawMeters(), METER_MS);
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

  /** Silence at once; the kernel learns how much was heard. */
  stop() {
    this.speaker()?.stop();
    this.send({ type: "stop" });
  }
}

const STYLE = `
.captions { display: flex; flex-direction: column; gap: 8px; padding: 12px 14px; overflow-y: auto; max-height: 400px; min-width: 0; }
.turn { display: flex; flex-direction: column; gap: 6px; }
.note { display: block; font-size: 11px; color: var(--nb-faint); }
.answer { display: flex; align-items: center; gap: 4px; } .answer .line { max-width: calc(82% - 28px); }
.again { flex: none; opacity: .4; width: 24px; height: 24px; justify-content: center; padding: 0; } .answer:hover .again, .again:focus-visible, .again[aria-pressed=true] { opacity: 1; }
.facts { display: flex; flex-direction: column; gap: 4px; }
.steps .took { text-align: right; }
.engines { color: var(--nb-faint); font-size: 12px; margin-top: auto; overflow-wrap: anywhere; }
`;

class VoiceView extends LiveView {
  /** @param {VoiceHub} hub */
  constructor(hub) {
    super(hub, TALK_LOOK + STYLE);
    this.voice = hub;
    this.holding = false;
    this.leftAt = -Infinity; // when it lost the focus
    /** @type {Map<number, any>} */ this.shown = new Map();
    this.box.append(make("div", "panel", {}, [this.makeSide(), this.makeCaptions(), this.makeFacts()]));
    this.root.tabIndex = -1;
    this.on(this.root, "keydown", (event) => this.key(event, true));
    this.on(this.root, "keyup", (event) => this.key(event, false));
    this.on(this.root, "focusin", () => this.hub.draw());
    this.on(this.root, "focusout", () => {
      this.leftAt = performance.now();
      this.talk(false);
      this.hub.draw();
    });
  }

  /** The kernel renews the static form after each turn, which puts the view in a new place. @param {Element} place */
  mount(place) {
    super.mount(place);
    if (performance.now() - this.leftAt < 500) this.root.focus({ preventScroll: true });
  }

  makeSide() {
    this.control = make("button", "control", {}, [microphoneIcon()]);
    this.words = make("div", "saying", { role: "status" });
    this.tip = make("div", "hint");
    this.free = make("button", "button framed", {}, ["Hands-free"]);
    this.stop = make("button", "button framed", { title: "stop the agent (Esc)" }, ["Stop"]);
    this.on(this.control, "pointerdown", (event) => {
      this.control.setPointerCapture?.(event.pointerId);
      this.talk(true);
    });
    for (const name of ["pointerup", "pointercancel"]) this.on(this.control, name, () => this.talk(false));
    this.on(this.free, "click", () => this.hub.send({ type: "hands_free", on: !this.voice.state.hands_free }));
    this.on(this.stop, "click", () => this.voice.stop());
    return make("div", "side", {}, [this.control, this.words, this.tip, make("div", "row", {}, [this.free, this.stop])]);
  }

  makeCaptions() {
    this.empty = make("div", "empty", {}, ["What you and the agent say appears here as it is said."]);
    this.now = make("div", "line user open");
    this.captions = make("div", "captions", { role: "log", "aria-label": "captions", tabindex: "0" }, [this.empty, this.now]);
    return this.captions;
  }

  makeFacts() {
    this.turn = make("span", "dim num");
    this.steps = make("div", "steps num");
    this.said = make("div", "bad", { role: "alert" });
    this.engines = make("div", "engines");
    return make("div", "facts", {}, [make("div", "", {}, [make("b", "", {}, ["Last turn"]), " ", this.turn]), this.steps, this.said, this.engines]);
  }

  /** @param {boolean} down */
  talk(down) {
    if (!this.voice.state || down === this.holding || (down && this.voice.state.hands_free)) return;
    this.holding = down;
    if (down) this.voice.speaker()?.stop();
    this.hub.send({ type: "talk", down });
    this.hub.draw();
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  key(event, down) {
    if (event.key === " ") {
      const target = /** @type {any} */ (event.composedPath()[0]);
      if (target.tagName === "BUTTON" && target !== this.control) return; // which space presses
      event.preventDefault(); // else the page scrolls
      if (!event.repeat) this.talk(down);
    } else if (event.key === "Escape" && down) this.voice.stop();
  }

  draw() {
    const { state } = this.voice;
    if (!state) return;
    this.drawSide(state);
    this.drawCaptions(state);
    this.drawFacts(state);
    this.drawMeters();
  }

  /** @param {any} state */
  drawSide(state) {
    const [words, hint] = saying(state, this.holding, this.root.contains(document.activeElement));
    put(this.words, words);
    put(this.tip, hint);
    this.control.setAttribute("aria-label", `${words}: ${hint}`);
    this.control.classList.toggle("live", this.voice.microphone()?.state === "live" && (state.hands_free || this.holding));
    this.control.classList.toggle("hot", this.holding || (state.hands_free && Boolean(state.caption)));
    this.free.setAttribute("aria-pressed", String(state.hands_free));
    put(this.free, state.hands_free ? "Hands-free ✓" : "Hands-free");
    this.stop.disabled = !(state.speaking || state.answering || state.replaying);
  }

  drawMeters() {
    const [microphone, speaker] = [this.voice.microphone(), this.voice.speaker()];
    const listening = this.holding || this.voice.state?.hands_free;
    const loud = meterShare((listening ? microphone?.level : 0) || speaker?.level || 0);
    this.control.style.boxShadow = loud > 0.05 ? `0 0 0 ${(4 + 8 * loud).toFixed(1)}px color-mix(in srgb, var(--nb-accent) 16%, transparent)` : "";
    const troubles = [microphone, speaker].map((device) => device?.text || (device?.state === "click" ? "Click in the page: the browser asks for it before it plays sound." : ""));
    put(this.said, [this.voice.state?.trouble, ...troubles].filter(Boolean).join(" "));
    this.control.classList.toggle("bad", microphone?.state === "failed");
  }

  /** @param {any} state */
  drawCaptions(state) {
    const { turns } = this.voice;
    const box = this.captions;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    for (const turn of turns.values()) this.drawTurn(turn, state);
    put(this.now, state.caption);
    this.now.hidden = !state.caption;
    this.empty.hidden = turns.size > 0 || Boolean(state.caption);
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  /** @param {any} turn @param {any} state */
  drawTurn(turn, state) {
    let element = this.shown.get(turn.number);
    if (!element) {
      this.shown.set(turn.number, (element = make("div", "turn")));
      this.now.before(element);
    }
    const replaying = state.replaying === turn.number;
    const key = JSON.stringify([turn, replaying]);
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    element.replaceChildren(...this.turnParts(turn, replaying));
  }

  /** @param {any} turn @param {boolean} replaying @returns {any[]} */
  turnParts(turn, replaying) {
    if (turn.interrupted && !turn.understood) return []; // its words are heard with those that followed
    const said = turn.text || (turn.understood ? "(nothing understood)" : "…");
    const parts = [make("div", `line user${turn.text ? "" : " open"}`, {}, [said])];
    for (const call of turn.tools) parts.push(this.card(call));
    if (turn.answer || turn.interrupted) parts.push(this.answer(turn, replaying));
    if (turn.error) parts.push(make("div", "bad", {}, [turn.error]));
    return parts;
  }

  /** @param {any} turn @param {boolean} replaying */
  answer(turn, replaying) {
    const line = make("div", "line", { title: turn.agent_name }, [turn.answer || "…"]);
    if (turn.interrupted) line.append(make("span", "note", {}, ["interrupted"]));
    const attributes = { title: replaying ? "stop" : "say it again", "aria-label": `say turn ${turn.number} again`, "aria-pressed": String(replaying) };
    const again = make("button", "button again", attributes, [replaying ? "■" : "▶"]);
    this.on(again, "click", () => (replaying ? this.voice.stop() : this.hub.send({ type: "replay", number: turn.number })));
    return make("div", "answer", {}, turn.answer ? [line, again] : [line]);
  }

  /** @param {any} call */
  card(call) {
    const card = make("div", "card", {}, [callText(call.name, call.arguments)]);
    if (call.output === null) card.append(" ", make("span", "pulse"));
    else card.append(make("span", "dim", {}, [` → ${call.output}`]));
    return card;
  }

  /** @param {any} state */
  drawFacts(state) {
    const turn = [...this.voice.turns.values()].at(-1);
    put(this.turn, lastTurn(turn));
    put(this.engines, state.engines);
    const key = JSON.stringify(turn?.latency ?? {});
    if (this.steps.dataset.key === key) return;
    this.steps.dataset.key = key;
    this.steps.replaceChildren(...bars(turn?.latency ?? {}).flatMap(({ name, ms, left, width }) => {
      const bar = make("i", STAGE_TYPES[/** @type {keyof STAGE_TYPES} */ (name)] ?? "");
      bar.style.left = `${(100 * left).toFixed(2)}%`;
      bar.style.width = `${(100 * width).toFixed(2)}%`;
      return [make("span", "", {}, [name]), make("span", "bar", {}, [bar]), make("span", "took", {}, [duration(ms * 1000)])];
    }));
  }
}

export default widget((model) => new VoiceHub(model));
