// @ts-check
/**
 * The realtime panel: one big control, captions of both sides, tools as cards, where the time went, and every event.
 *
 * Messages from the kernel, beside what talk.js says
 *   {type: "news", reset, state, order, lines, log}
 *       state: {status, trouble, agent, model, voice, hint, hands_free, talking, user_speaks, thinks, speaks, direct, tally,
 *           stages, events}
 *       order: the ids of all items; lines: those that are new or changed; log: rows that are new
 * Messages to the kernel
 *   {type: "connect"}, {type: "hang_up"}
 *   {type: "text", text}             something said in writing
 *   {type: "approve", call_id}, {type: "reject", call_id}
 * By WebRTC the page has the sound to itself: {type: "call", url, secret} lets it call the model, to which it says
 * {type: "called", call_id} or {type: "lost", text}; {type: "hang_up", call_id?} ends it, or that one alone.
 */

import { make, put, widget } from "../live.js";
import { EventTable, keep, LOG_LOOK } from "./realtime_log.js";
import { called, TalkHub, TalkView } from "./talk.js";
import { DirectCall } from "./webrtc.js";
import { count } from "../words.js";

const NOT_LIVE = { off: "Connect", connecting: "Connecting…", reconnecting: "Reconnecting…", failed: "Connect" };

/** @param {any} state @returns {string} what the control says */
export function saying(state) {
  const { status } = state;
  if (status !== "live") return NOT_LIVE[/** @type {keyof NOT_LIVE} */ (status)];
  if (state.speaks) return "Speaking";
  if (state.user_speaks || state.talking) return "Hearing you";
  if (state.thinks) return "Thinking";
  return state.hands_free ? "Listening" : "Ready";
}

/** @param {any} state @returns {string} what to do next */
export function hint(state) {
  if (state.status === "off") return "click to begin";
  if (state.status === "failed") return "click to try again";
  if (state.status !== "live") return "";
  if (state.speaks) return state.hands_free ? "speak or press Stop to interrupt" : "hold to interrupt";
  return state.hands_free ? "just speak" : "hold space to talk";
}

/** A text's part that was heard, and the rest. @param {any} line @returns {[string, string]} */
export function heardOf(line) {
  if (line.heard === null || line.heard === undefined) return [line.text, ""];
  return line.text.startsWith(line.heard) ? [line.heard, line.text.slice(line.heard.length)] : [line.heard, ""];
}

/** @param {number | null} cost */
export function money(cost) {
  return cost === null ? "" : `$${cost.toFixed(4)}`;
}

class PanelHub extends TalkHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {string[]} */ this.order = [];
    /** @type {Map<string, any>} */ this.lines = new Map();
    /** @type {Map<number, any>} */ this.log = new Map();
    /** @type {DirectCall | null} */ this.call = null;
    this.pressed = false; // whether somebody pressed Connect in this page
    this.callId = "";
  }

  newView() {
    return new PanelView(this);
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === "call") void this.callModel(message);
    else if (message.type !== "hang_up") super.receive(message);
    else if ((message.call_id ?? this.callId) === this.callId) this.hangUp();
  }

  forget() {
    this.order = [];
    this.lines.clear();
    this.log.clear();
  }

  /** @returns {[string, string][]} */
  said() {
    return this.order.map((id) => this.lines.get(id)).map((line) => {
      if (line.kind === "function_call") return ["tool", called(line)];
      const [heard, rest] = heardOf(line);
      return [line.role === "user" ? "you" : this.state.agent, heard + (rest ? " (interrupted)" : "")];
    });
  }

  /** @param {any} message */
  news({ state, order, lines, log }) {
    this.order = order;
    this.listen();
    for (const line of lines) this.lines.set(line.id, line);
    keep(this.log, log);
  }

  /** Let the call hear what is meant for it. */
  listen() {
    const muted = this.microphone()?.model.get("muted");
    this.call?.listen(!muted && (this.state?.hands_free || this.state?.talking));
  }

  draw() {
    this.listen(); // somebody may have muted the microphone
    super.draw();
  }

  /** Call the model from here: where somebody asked for it, or a page that is seen. @param {any} ticket */
  async callModel({ url, secret }) {
    if (!this.pressed && document.hidden) return;
    this.pressed = false;
    this.hangUp();
    const call = (this.call = new DirectCall((text) => this.send({ type: "lost", text })));
    try {
      const constraints = this.microphone()?.model.get("constraints") ?? {};
      this.callId = await call.begin({ url, secret, constraints });
      this.send({ type: "called", call_id: this.callId });
      this.listen();
    } catch (/** @type {any} */ error) {
      this.hangUp();
      this.send({ type: "lost", text: `${error?.message ?? error}` });
    }
  }

  levels() {
    return this.call ? this.call.levels() : super.levels();
  }

  hangUp() {
    this.call?.hangUp();
    this.call = null;
  }

  leave() {
    super.leave();
    this.hangUp(); // no kernel, no microphone
  }
}

const STYLE = `
.middle { display: flex; flex-direction: column; min-width: 0; }
.line s { color: var(--nb-faint); text-decoration-color: var(--nb-faint); }
.ask { display: flex; align-items: center; gap: 6px; margin: 4px 0 2px; font-family: var(--jp-ui-font-family, system-ui, sans-serif); }
.card.waits { border-color: var(--nb-response); border-left-color: var(--nb-response); }
.button.yes { background: var(--nb-accent); color: var(--nb-bg); } .button.yes:hover:not(:disabled) { background: color-mix(in srgb, var(--nb-accent) 85%, var(--nb-text)); color: var(--nb-bg); }
.write { display: flex; gap: 6px; padding: 7px 10px; border-top: 1px solid var(--nb-line); }
.write input { flex: 1; min-width: 0; font: inherit; height: 26px; padding: 0 8px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; } .write input::placeholder { color: var(--nb-faint); }
.write .button { height: 26px; }
.figures { display: grid; grid-template-columns: auto auto; gap: 2px 8px; color: var(--nb-dim); } .figures b { text-align: right; color: var(--nb-text); font-weight: 400; }
`;

class PanelView extends TalkView {
  /** @param {PanelHub} hub */
  constructor(hub) {
    super(hub, STYLE + LOG_LOOK);
    this.talks = hub;
    /** @type {Map<string, any>} */ this.shown = new Map();
    this.hang = make("button", "button framed", {}, ["Hang up"]);
    this.on(this.hang, "click", () => this.hub.send({ type: "hang_up" }));
    this.figures = make("div", "figures num");
    this.events = new EventTable(this);
    const panes = [this.makeSide(this.hang), this.makeMiddle(), this.makeFacts(this.figures, this.advice)];
    this.box.append(this.devices.bar, make("div", "panel", {}, panes), this.events.box);
  }

  makeMiddle() {
    this.input = make("input", "", { placeholder: "Type instead of speaking", "aria-label": "say in writing" });
    this.sendButton = make("button", "button framed", {}, ["Send"]);
    const say = () => {
      if (!this.input.value.trim()) return;
      this.hub.send({ type: "text", text: this.input.value });
      this.input.value = "";
    };
    this.on(this.sendButton, "click", say);
    this.on(this.input, "keydown", (event) => event.key === "Enter" && !event.isComposing && say());
    return make("div", "middle", {}, [this.makeCaptions(), make("div", "write", {}, [this.input, this.sendButton])]);
  }

  get connected() {
    return ["live", "reconnecting"].includes(this.panel.state?.status);
  }

  connect() {
    if (!["off", "failed"].includes(this.panel.state?.status)) return;
    this.talks.pressed = true;
    this.hub.send({ type: "connect" });
  }

  draw() {
    const { state } = this.panel;
    if (!state) return;
    const live = state.status === "live";
    const words = saying(this.holding ? { ...state, talking: true, speaks: false } : state);
    const busy = live && (state.speaks || state.thinks);
    this.drawSide([words, hint(state)], { live, hot: live && (state.user_speaks || this.holding), stoppable: busy });
    this.hang.hidden = state.status === "off" || state.status === "failed";
    this.input.disabled = this.sendButton.disabled = !live;
    this.drawCaptions();
    const tools = [...this.talks.lines.values()].some((line) => ["waits", "runs"].includes(line.state));
    this.drawStages(state.stages, live && (busy || tools));
    this.drawFigures(state.tally);
    put(this.advice, state.hint);
    this.events.draw(state, this.talks.log);
    this.drawMeters();
  }

  drawCaptions() {
    const { order, lines } = this.talks;
    this.empty.hidden = order.length > 0;
    for (const [id, element] of this.shown) {
      if (!lines.has(id)) {
        element.remove();
        this.shown.delete(id);
      }
    }
    let before = this.empty;
    for (const id of order) {
      const element = this.lineElement(lines.get(id));
      if (before.nextSibling !== element) before.after(element);
      before = element;
    }
    this.followCaptions();
  }

  /** @param {any} line */
  lineElement(line) {
    let element = this.shown.get(line.id);
    if (!element) this.shown.set(line.id, (element = make("div", "", { "data-id": line.id })));
    const live = this.talks.state.status === "live";
    const key = JSON.stringify([line, line.state === "waits" && live]);
    if (element.dataset.key === key) return element;
    element.dataset.key = key;
    if (line.kind === "function_call") this.fillCall(element, line, live);
    else this.fillLine(element, line);
    return element;
  }

  /** @param {any} element @param {any} line */
  fillLine(element, line) {
    const [heard, rest] = heardOf(line);
    element.className = `line ${line.role}${line.final ? "" : " open"}`;
    const waiting = line.role !== "user" ? "" : line.final ? "(nothing understood)" : "…";
    element.classList.toggle("open", !line.final || !line.text);
    element.replaceChildren(line.images ? `[${line.images} image${line.images === 1 ? "" : "s"}] ` : "", heard || (rest ? "" : waiting));
    if (rest) element.append(make("s", "", { title: "not heard: it was interrupted" }, [rest]));
    element.hidden = !line.text && !line.images && line.role !== "user";
    if (line.heard !== null) element.append(make("span", "note", {}, ["interrupted"]));
  }

  /** @param {any} element @param {any} line @param {boolean} live  whether an answer would reach the agent */
  fillCall(element, line, live) {
    this.fillCard(element, line, line.state === "runs");
    element.classList.toggle("waits", line.state === "waits");
    if (line.state !== "waits") return;
    const yes = make("button", "button yes", {}, ["Approve"]);
    const no = make("button", "button framed", {}, ["Reject"]);
    yes.disabled = no.disabled = !live;
    this.on(yes, "click", () => this.answer(yes, no, "approve", line.call_id));
    this.on(no, "click", () => this.answer(yes, no, "reject", line.call_id));
    element.append(make("div", "ask", {}, live ? [yes, no] : [yes, no, make("span", "dim", {}, ["not connected"])]));
  }

  /** @param {any} yes @param {any} no @param {string} type @param {string} call_id */
  answer(yes, no, type, call_id) {
    yes.disabled = no.disabled = true;
    this.hub.send({ type, call_id });
  }

  /** @param {any} tally */
  drawFigures(tally) {
    const rows = [["tokens in, text", tally.input_text], ["tokens in, sound", tally.input_audio], ["tokens out, text", tally.output_text], ["tokens out, sound", tally.output_audio]];
    const cells = rows.flatMap(([name, n]) => [name, make("b", "", {}, [count(Number(n))])]);
    if (tally.cost !== null) cells.push("cost so far", make("b", "", {}, [money(tally.cost)]));
    this.figures.replaceChildren(...cells);
  }
}

export default widget((model) => new PanelHub(model));
