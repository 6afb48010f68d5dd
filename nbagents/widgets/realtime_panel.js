// @ts-check
/**
 * The realtime panel: one big control, captions of both sides, tools as cards, where the time went, and every event.
 *
 * Messages from the kernel
 *   {type: "clear"}                             another conversation begins, or all of this one follows
 *   {type: "news", state, order, lines, log}    at most 25 times a second
 *       state: {status, trouble, agent, model, voice, hands_free, talking, user_speaks, thinks, speaks, direct, tally,
 *           times, events}
 *       order: the ids of all items; lines: those that are new or changed; log: rows that are new
 * Messages to the kernel
 *   {type: "ready"}
 *   {type: "connect"}, {type: "hang_up"}, {type: "interrupt"}
 *   {type: "talk", down}             push-to-talk
 *   {type: "hands_free", on}         whether the server finds the end of a turn
 *   {type: "text", text}             something said in writing
 *   {type: "approve", call_id}, {type: "reject", call_id}
 * By WebRTC the page has the sound to itself: {type: "call", url, secret} lets it call the model, to which it says
 * {type: "called", call_id} or {type: "lost", text}; {type: "hang_up", call_id?} ends it, or that one alone.
 *
 * Synced traits: view_id; microphone_id and speaker_id, the view_ids of the two widgets that carry the sound.
 *
 * Whatever came from a model, a tool or a person is set as textContent.
 */

import { meterShare } from "./device.js";
import { LiveHub, LiveView, make, page, put, widget } from "./live.js";
import { callText, microphoneIcon, TALK_LOOK } from "./talk.js";
import { DirectCall } from "./webrtc.js";
import { count, duration } from "./words.js";

const METER_MS = 100;
const MOST_LOG_ROWS = 2_000; // in the page; the kernel keeps all

/** @param {any} state @returns {string} what the control says */
export function saying(state) {
  const { status } = state;
  if (status !== "live") return { off: "Connect", connecting: "Connecting…", reconnecting: "Reconnecting…", failed: "Connect" }[status] ?? status;
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

/** Whether a row of the log is wanted. @param {any} entry @param {string} query @param {string} source */
export function wanted(entry, query, source) {
  if (source && entry.source !== source) return false;
  const text = query.trim().toLowerCase();
  return !text || [entry.type, entry.detail, entry.item_id].some((each) => each.toLowerCase().includes(text));
}

/** @param {number | null} cost */
export function money(cost) {
  return cost === null ? "" : `$${cost.toFixed(4)}`;
}

class PanelHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {any} */ this.state = null;
    /** @type {string[]} */ this.order = [];
    /** @type {Map<string, any>} */ this.lines = new Map();
    /** @type {Map<number, any>} */ this.log = new Map();
    this.meters = 0;
    /** @type {DirectCall | null} */ this.call = null;
    this.asked = false; // whether somebody pressed Connect in this page
    this.callId = "";
  }

  newView() {
    return new PanelView(this);
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === "clear") {
      this.order = [];
      this.lines.clear();
      this.log.clear();
    } else if (message.type === "news") this.news(message);
    else if (message.type === "call") void this.callModel(message);
    else if (message.type === "hang_up" && (message.call_id ?? this.callId) === this.callId) this.hangUp();
    else if (message.type === "error") this.fail(new Error(message.text));
  }

  /** @param {any} message */
  news({ state, order, lines, log }) {
    this.state = state;
    this.order = order;
    this.call?.listen(state.hands_free || state.talking);
    for (const line of lines) this.lines.set(line.id, line);
    for (const entry of log) this.log.set(entry.number, entry); // new, or one more piece of it
    while (this.log.size > MOST_LOG_ROWS) this.log.delete(this.log.keys().next().value ?? 0);
    this.followMeters();
    this.answered();
  }

  /** Call the model from here: where somebody asked for it, or a page that is seen. @param {any} ticket */
  async callModel({ url, secret }) {
    if (!this.asked && document.hidden) return;
    this.asked = false;
    this.hangUp();
    const call = (this.call = new DirectCall((text) => this.send({ type: "lost", text })));
    try {
      const constraints = this.microphone()?.model.get("constraints") ?? {};
      this.callId = await call.begin({ url, secret, constraints });
      this.send({ type: "called", call_id: this.callId });
      call.listen(this.state?.hands_free ?? true);
    } catch (/** @type {any} */ error) {
      this.hangUp();
      this.send({ type: "lost", text: `${error?.message ?? error}` });
    }
  }

  hangUp() {
    this.call?.hangUp();
    this.call = null;
  }

  leave() {
    super.leave();
    this.hangUp(); // no kernel, no microphone
  }

  /** How loud it is changes without a message. */
  followMeters() {
    const live = this.state.status === "live";
    if (live && !this.meters) this.meters = window.setInterval(() => this.drawMeters(), METER_MS);
    if (!live && this.meters) {
      clearInterval(this.meters);
      this.meters = 0;
      this.drawMeters();
    }
  }

  drawMeters() {
    for (const view of this.views) if (view.root.isConnected) view.drawMeters();
  }

  end() {
    clearInterval(this.meters);
    super.end();
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
  interrupt() {
    this.speaker()?.stop();
    this.send({ type: "interrupt" });
  }
}

const STYLE = `
.levels { display: grid; grid-template-columns: auto 1fr; gap: 3px 8px; align-items: center; width: 100%; font-size: 11px; color: var(--nb-dim); margin-top: auto; }
.meter { height: 5px; border-radius: 3px; background: var(--nb-line); overflow: hidden; } .meter > i { display: block; height: 100%; width: 0; border-radius: 3px; background: var(--nb-speech); } .meter.mine > i { background: var(--nb-accent); }
.middle { display: flex; flex-direction: column; min-width: 0; }
.captions { flex: 1; display: flex; flex-direction: column; gap: 8px; padding: 12px; overflow-y: auto; max-height: 360px; min-height: 150px; }
.line s { color: var(--nb-faint); text-decoration-color: var(--nb-faint); }
.cut { display: block; font-size: 11px; color: var(--nb-faint); }
.card .ask { display: flex; gap: 6px; margin: 4px 0 2px; font-family: var(--jp-ui-font-family, system-ui, sans-serif); }
.card.waits { border-color: var(--nb-response); border-left-color: var(--nb-response); }
.button.yes { background: var(--nb-accent); color: var(--nb-bg); } .button.yes:hover:not(:disabled) { background: color-mix(in srgb, var(--nb-accent) 85%, var(--nb-text)); color: var(--nb-bg); }
.write { display: flex; gap: 6px; padding: 7px 10px; border-top: 1px solid var(--nb-line); }
.write input { flex: 1; min-width: 0; font: inherit; height: 26px; padding: 0 8px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; } .write input::placeholder { color: var(--nb-faint); }
.write .button { height: 26px; }
.figures { display: grid; grid-template-columns: auto auto; gap: 2px 8px; color: var(--nb-dim); } .figures b { text-align: right; color: var(--nb-text); font-weight: 400; }
.log { border-top: 1px solid var(--nb-line); } .log .toolbar { border-bottom: 0; } .log .toolbar[aria-expanded=true] { border-bottom: 1px solid var(--nb-line); }
.rows { max-height: 220px; overflow-y: auto; font: 12px/1.6 var(--nb-mono); }
.event { display: grid; grid-template-columns: 64px 300px 44px minmax(0, 1fr); gap: 8px; padding: 0 10px; white-space: nowrap; } .event:hover { background: var(--nb-hover); } .event span { overflow: hidden; text-overflow: ellipsis; } .event .n { text-align: right; } .event.session { color: var(--nb-accent); } .event.bad { color: var(--nb-bad); }
.cut-note { padding: 2px 10px; color: var(--nb-faint); font-size: 12px; }
`;

class PanelView extends LiveView {
  /** @param {PanelHub} hub */
  constructor(hub) {
    super(hub, TALK_LOOK + STYLE);
    this.panel = /** @type {PanelHub} */ (hub);
    this.logOpen = false;
    this.source = "";
    this.query = "";
    /** @type {Map<string, any>} */ this.shown = new Map();
    this.box.append(make("div", "panel", {}, [this.makeSide(), this.makeMiddle(), this.makeFacts()]), this.makeLog());
    this.root.tabIndex = -1;
    this.on(this.root, "keydown", (event) => this.key(event, true));
    this.on(this.root, "keyup", (event) => this.key(event, false));
  }

  makeSide() {
    this.control = make("button", "control", { "aria-label": "connect" }, [microphoneIcon()]);
    this.words = make("div", "saying", { role: "status" });
    this.tip = make("div", "hint");
    this.free = make("button", "button framed", { "aria-pressed": "false" }, ["Hands-free"]);
    this.stop = make("button", "button framed", { title: "stop the agent (Esc)" }, ["Stop"]);
    this.hang = make("button", "button framed", {}, ["Hang up"]);
    this.mine = make("i");
    this.theirs = make("i");
    const meter = (/** @type {any} */ bar, /** @type {string} */ name, /** @type {string} */ className) =>
      make("span", `meter ${className}`, { role: "meter", "aria-label": name }, [bar]);
    const levels = make("div", "levels", {}, ["you", meter(this.mine, "how loud you are", "mine"), "agent", meter(this.theirs, "how loud the agent is", "")]);
    this.on(this.control, "pointerdown", () => this.press(true));
    for (const name of ["pointerup", "pointerleave", "pointercancel"]) this.on(this.control, name, () => this.talk(false));
    this.on(this.control, "keydown", (event) => event.key === "Enter" && this.press(true));
    this.on(this.free, "click", () => this.hub.send({ type: "hands_free", on: !this.panel.state.hands_free }));
    this.on(this.stop, "click", () => this.panel.interrupt());
    this.on(this.hang, "click", () => this.hub.send({ type: "hang_up" }));
    const buttons = make("div", "row", {}, [this.free, this.stop, this.hang]);
    return make("div", "side", {}, [this.control, this.words, this.tip, buttons, levels]);
  }

  makeMiddle() {
    this.captions = make("div", "captions", { role: "log", "aria-label": "captions" });
    this.following = true; // until a person scrolls up
    this.on(this.captions, "scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.captions;
      this.following = scrollHeight - scrollTop - clientHeight < 40;
    });
    this.empty = make("div", "empty", {}, ["What you and the agent say appears here as it is said."]);
    this.captions.append(this.empty);
    this.input = make("input", "", { placeholder: "Type instead of speaking", "aria-label": "say in writing" });
    this.sendButton = make("button", "button framed", {}, ["Send"]);
    const say = () => {
      if (!this.input.value.trim()) return;
      this.hub.send({ type: "text", text: this.input.value });
      this.input.value = "";
    };
    this.on(this.sendButton, "click", say);
    this.on(this.input, "keydown", (event) => event.key === "Enter" && !event.isComposing && say());
    return make("div", "middle", {}, [this.captions, make("div", "write", {}, [this.input, this.sendButton])]);
  }

  makeFacts() {
    this.turn = make("div");
    this.steps = make("div", "steps");
    this.figures = make("div", "figures num");
    this.said = make("div", "bad");
    return make("div", "facts", {}, [this.turn, this.steps, this.figures, this.said]);
  }

  makeLog() {
    this.logButton = make("button", "button", { "aria-expanded": "false" }, ["▸ Events"]);
    this.logCount = make("span", "dim num");
    this.find = make("input", "search", { placeholder: "Filter", "aria-label": "filter events", hidden: "" });
    this.only = make("button", "button", { hidden: "", "aria-pressed": "false" }, ["Session only"]);
    this.footer = make("span", "dim");
    this.rows = make("div", "rows", { hidden: "" });
    this.on(this.logButton, "click", () => {
      this.logOpen = !this.logOpen;
      this.hub.draw();
    });
    this.on(this.find, "input", () => {
      this.query = this.find.value;
      this.hub.draw();
    });
    this.on(this.only, "click", () => {
      this.source = this.source ? "" : "session";
      this.hub.draw();
    });
    this.bar = make("div", "toolbar", {}, [this.logButton, this.logCount, make("span", "space"), this.footer, this.only, this.find]);
    return make("div", "log", {}, [this.bar, this.rows]);
  }

  /** The control: it connects, and with push-to-talk it is what is held. @param {boolean} down */
  press(down) {
    const { status } = this.panel.state ?? { status: "off" };
    if (status === "off" || status === "failed") {
      this.panel.asked = true;
      this.hub.send({ type: "connect" });
    }
    else this.talk(down);
  }

  /** @param {boolean} down */
  talk(down) {
    const { status, hands_free, talking } = this.panel.state ?? {};
    if (hands_free || (status !== "live" && status !== "reconnecting") || (!down && !this.holding && !talking)) return;
    if (down === this.holding) return;
    this.holding = down;
    if (down) this.panel.speaker()?.stop();
    this.hub.send({ type: "talk", down });
    this.hub.draw();
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  key(event, down) {
    const target = /** @type {any} */ (event.composedPath()[0]);
    if (target.tagName === "INPUT") return;
    if (event.key === " ") {
      if (target.tagName === "BUTTON" && target !== this.control) return; // which space presses
      event.preventDefault();
      if (!down) this.talk(false);
      else if (!event.repeat && target === this.control) this.press(true);
      else if (!event.repeat) this.talk(true);
    } else if (event.key === "Escape" && down) this.panel.interrupt();
  }

  draw() {
    const { state } = this.panel;
    if (!state) return;
    this.drawSide(state);
    this.drawCaptions();
    this.drawFacts(state);
    this.drawLog(state);
    this.drawMeters();
  }

  /** @param {any} state */
  drawSide(state) {
    const live = state.status === "live";
    const words = saying(this.holding ? { ...state, talking: true, speaks: false } : state);
    put(this.words, words);
    put(this.tip, hint(state));
    this.control.setAttribute("aria-label", words);
    this.control.classList.toggle("live", live);
    this.control.classList.toggle("hot", live && (state.user_speaks || Boolean(this.holding)));
    this.control.classList.toggle("bad", state.status === "failed");
    this.free.setAttribute("aria-pressed", String(state.hands_free));
    put(this.free, state.hands_free ? "Hands-free ✓" : "Hands-free");
    this.stop.disabled = !live || !(state.speaks || state.thinks);
    this.hang.hidden = state.status === "off" || state.status === "failed";
    this.input.disabled = this.sendButton.disabled = !live;
  }

  drawMeters() {
    const live = this.panel.state?.status === "live";
    const share = (/** @type {any} */ device) => `${live ? (100 * meterShare(device?.level ?? 0)).toFixed(0) : 0}%`;
    const microphone = this.panel.microphone();
    this.mine.style.width = share(microphone);
    this.theirs.style.width = share(this.panel.speaker());
    const loud = live ? meterShare(microphone?.level ?? 0) : 0;
    this.control.style.boxShadow = loud > 0.05 ? `0 0 0 ${(4 + 8 * loud).toFixed(1)}px color-mix(in srgb, var(--nb-accent) 16%, transparent)` : "";
    const trouble = [microphone, this.panel.speaker()].find((device) => device?.text)?.text ?? "";
    put(this.said, [this.panel.state?.trouble, trouble].filter(Boolean).join(" "));
  }

  drawCaptions() {
    const { order, lines } = this.panel;
    const box = this.captions;
    this.empty.hidden = order.length > 0;
    for (const [id, element] of this.shown) {
      if (!order.includes(id)) {
        element.remove();
        this.shown.delete(id);
      }
    }
    let before = this.empty;
    for (const id of order) {
      const line = lines.get(id);
      if (!line) continue;
      const element = this.lineElement(line);
      if (before.nextSibling !== element) before.after(element);
      before = element;
    }
    if (this.following) box.scrollTop = box.scrollHeight;
  }

  /** @param {any} line */
  lineElement(line) {
    let element = this.shown.get(line.id);
    if (!element) this.shown.set(line.id, (element = make("div", "", { "data-id": line.id })));
    const key = JSON.stringify(line);
    if (element.dataset.key === key) return element;
    element.dataset.key = key;
    if (line.kind === "function_call") this.fillCard(element, line);
    else this.fillLine(element, line);
    return element;
  }

  /** @param {any} element @param {any} line */
  fillLine(element, line) {
    const [heard, rest] = heardOf(line);
    element.className = `line ${line.role}${line.final ? "" : " open"}`;
    const waiting = line.role === "user" ? "…" : "";
    element.replaceChildren(line.images ? `[${line.images} image${line.images === 1 ? "" : "s"}] ` : "", heard || (rest ? "" : waiting));
    if (rest) element.append(make("s", "", { title: "not heard: it was interrupted" }, [rest]));
    element.hidden = !line.text && !line.images && line.role !== "user";
    if (line.heard !== null) element.append(make("span", "cut", {}, ["interrupted"]));
  }

  /** @param {any} element @param {any} line */
  fillCard(element, line) {
    element.className = `card${line.state === "waits" ? " waits" : ""}`;
    const output = line.output === null ? "" : ` → ${line.output}`;
    element.replaceChildren(callText(line.name, line.arguments), make("span", "dim", {}, [output]));
    if (line.state === "runs") element.append(" ", make("span", "pulse"));
    if (line.state !== "waits") return;
    const yes = make("button", "button yes", {}, ["Approve"]);
    const no = make("button", "button framed", {}, ["Reject"]);
    this.on(yes, "click", () => this.answer(yes, no, "approve", line.call_id));
    this.on(no, "click", () => this.answer(yes, no, "reject", line.call_id));
    element.append(make("div", "ask", {}, [yes, no]));
  }

  /** @param {any} yes @param {any} no @param {string} type @param {string} call_id */
  answer(yes, no, type, call_id) {
    yes.disabled = no.disabled = true;
    this.hub.send({ type, call_id });
  }

  /** @param {any} state */
  drawFacts(state) {
    const { times, tally } = state;
    const sound = times.find((/** @type {any} */ step) => step.name === "first sound");
    this.turn.replaceChildren(
      make("b", "", {}, ["Last turn"]),
      make("span", "dim num", {}, [sound ? ` ${duration(sound.to * 1e6)} to first sound` : times.length ? "" : " none yet"]),
    );
    const whole = Math.max(0.001, ...times.map((/** @type {any} */ step) => step.to));
    this.steps.replaceChildren(...times.flatMap((/** @type {any} */ step) => this.step(step, whole)));
    const rows = [["tokens in, text", tally.input_text], ["tokens in, sound", tally.input_audio], ["tokens out, text", tally.output_text], ["tokens out, sound", tally.output_audio]];
    const cells = rows.flatMap(([name, n]) => [name, make("b", "", {}, [count(Number(n))])]);
    if (tally.cost !== null) cells.push("cost so far", make("b", "", {}, [money(tally.cost)]));
    this.figures.replaceChildren(...cells);
    put(this.footer, state.status === "off" ? "" : [state.agent, state.model, state.voice, state.direct ? "WebRTC" : ""].filter(Boolean).join(" · "));
  }

  /** @param {any} step @param {number} whole @returns {any[]} */
  step(step, whole) {
    const share = (/** @type {number} */ seconds) => `${((100 * seconds) / whole).toFixed(2)}%`;
    const model = step.name === "answering" || step.name === "first word" ? "model" : "";
    const bar = make("i", model);
    bar.style.left = share(step.from);
    bar.style.width = share(step.to - step.from);
    return [step.name, make("span", "bar", {}, [bar]), make("span", "num", {}, [duration((step.to - step.from) * 1e6)])];
  }

  /** @param {any} state */
  drawLog(state) {
    put(this.logButton, this.logOpen ? "▾ Events" : "▸ Events");
    this.logButton.setAttribute("aria-expanded", String(this.logOpen));
    this.find.hidden = this.only.hidden = this.rows.hidden = !this.logOpen;
    this.only.setAttribute("aria-pressed", String(this.source === "session"));
    put(this.logCount, state.events ? count(state.events) : "");
    if (!this.logOpen) return;
    const entries = [...this.panel.log.values()].filter((entry) => wanted(entry, this.query, this.source));
    const atEnd = this.rows.scrollHeight - this.rows.scrollTop - this.rows.clientHeight < 40;
    const shown = entries.slice(-300);
    const begun = this.panel.log.values().next().value?.at ?? 0;
    const rows = shown.map((entry) => this.eventRow(entry, begun));
    if (shown.length < entries.length) rows.unshift(make("div", "cut-note", {}, [`showing ${shown.length} of ${count(entries.length)} rows`]));
    this.rows.replaceChildren(...rows);
    if (atEnd) this.rows.scrollTop = this.rows.scrollHeight;
  }

  /** @param {any} entry @param {number} begun */
  eventRow(entry, begun) {
    const cells = [duration((entry.at - begun) * 1e6), entry.type, entry.count > 1 ? `×${count(entry.count)}` : "", entry.detail || entry.item_id];
    const bad = entry.type === "error" || entry.type === "overflow" ? " bad" : "";
    return make("div", `event ${entry.source}${bad}`, { title: entry.item_id }, cells.map((cell, n) => make("span", n === 2 ? "n dim" : n === 0 ? "dim num" : "", {}, [cell])));
  }
}

export default widget((model) => new PanelHub(model));
