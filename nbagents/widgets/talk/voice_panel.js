// @ts-check
/**
 * The voice panel: one big control, captions of both sides as they come, tools as cards, and where the time went.
 *
 * Messages from the kernel, beside what talk.js says
 *   {type: "news", reset, state, turns}    `turns`: those that are new or changed
 *       state: {hands_free, talking, caption, answering, speaking, replaying, engines, hint, trouble}
 *       turn: {number, text, understood, answer, agent_name, tools, interrupted, error, stages, …}
 * Messages to the kernel
 *   {type: "replay", number}
 */

import { make, put, widget } from "../live.js";
import { called, TalkHub, TalkView } from "./talk.js";

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

class VoiceHub extends TalkHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {Map<number, any>} */ this.turns = new Map();
  }

  newView() {
    return new VoiceView(this);
  }

  forget() {
    this.turns.clear();
  }

  /** @returns {[string, string][]} */
  said() {
    return [...this.turns.values()].flatMap(({ text, tools, answer, agent_name, interrupted }) => [
      ["you", text], ...tools.map((/** @type {any} */ call) => ["tool", called(call)]), [agent_name || "agent", answer + (interrupted ? " (interrupted)" : "")],
    ]);
  }

  /** @param {any} message */
  news({ turns }) {
    for (const turn of turns) this.turns.set(turn.number, turn);
  }
}

const STYLE = `
.turn { display: flex; flex-direction: column; gap: 6px; }
.answer { display: flex; align-items: center; gap: 4px; } .answer .line { max-width: calc(82% - 28px); }
.again { flex: none; width: 24px; height: 24px; justify-content: center; padding: 0; }
.engines { color: var(--nb-dim); font-size: 12px; margin-top: auto; overflow-wrap: anywhere; }
`;

class VoiceView extends TalkView {
  /** @param {VoiceHub} hub */
  constructor(hub) {
    super(hub, STYLE);
    this.voice = hub;
    /** @type {Map<number, any>} */ this.shown = new Map();
    this.now = make("div", "line user open");
    this.engines = make("div", "engines");
    this.box.append(this.devices.bar, make("div", "panel", {}, [this.makeSide(), this.makeCaptions(), this.makeFacts(this.engines, this.advice)]));
    this.captions.append(this.now);
  }

  draw() {
    const { state } = this.panel;
    if (!state) return;
    const busy = state.speaking || state.answering || Boolean(state.replaying);
    this.drawSide(saying(state, this.holding, this.root.contains(document.activeElement)), {
      live: this.panel.microphone()?.state === "live" && (state.hands_free || this.holding),
      hot: this.holding || (state.hands_free && Boolean(state.caption)),
      stoppable: busy,
    });
    this.drawCaptions(state);
    this.drawStages([...this.voice.turns.values()].at(-1)?.stages ?? [], busy);
    put(this.engines, state.engines);
    put(this.advice, state.hint);
    this.drawMeters();
  }

  /** @param {any} state */
  drawCaptions(state) {
    const { turns } = this.voice;
    for (const turn of turns.values()) this.drawTurn(turn, state);
    put(this.now, state.caption);
    this.now.hidden = !state.caption;
    this.empty.hidden = turns.size > 0 || Boolean(state.caption);
    this.followCaptions();
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
    for (const call of turn.tools) {
      const card = make("div");
      this.fillCard(card, call, true);
      parts.push(card);
    }
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
}

export default widget((model) => new VoiceHub(model));
