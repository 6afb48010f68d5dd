// @ts-check
/**
 * The chat panel: talk to an agent, watch its tools, stop it, go back on what was said, look at each turn's trace.
 *
 * Messages from the kernel
 *   {type: "all", agent, session, branches, can_branch, turns}   everything
 *   {type: "turn", place, turn}       a turn that is new or has changed
 *   {type: "trace", trace_id, view_id}  the view that shows a turn's trace
 *   {type: "error", about, text}
 *   A turn: {asked, first, entries, state, error, seconds, tokens, trace_id}, its state "running", "done", "stopped" or
 *   "error"; an entry: {kind, text, name, call_id, output}, its kind "text", "tool" or "note".
 *
 * Messages to the kernel
 *   {type: "ready"}  {type: "send", text}  {type: "stop"}  {type: "edit", turn, text}
 *   {type: "switch", session_id}  {type: "trace", trace_id}
 *
 * Keys: Enter sends, Shift+Enter makes a new line, Esc stops or leaves an edit, ↑ in an empty box edits the last message.
 * How it comes to be shown is in live.js. Whatever came from a model or a tool is set as textContent.
 */

import { LiveHub, LiveView, make, put, widget } from "../live.js";
import { OPENED, showTrace, traceSlot } from "./opened_traces.js";
import { callText, count, duration } from "../words.js";

const NEAR = 40; // pixels from the end within which the list follows what is new

// ---------------------------------------------------------------------------------------------- pure

/** What stands below an answer. @param {any} turn */
export function turnFacts(turn) {
  const said = [];
  if (turn.state === "stopped") said.push("stopped");
  if (turn.seconds !== null) said.push(duration(turn.seconds * 1e6));
  if (turn.tokens) said.push(`${count(turn.tokens)} tokens`);
  return said.join(" · ");
}

// ---------------------------------------------------------------------------------------------- the model

class ChatHub extends LiveHub {
  /** @param {any} model */
  constructor(model) {
    super(model);
    /** @type {any} */ this.talk = null;
    this.editing = -1;
    this.open = -1; // the turn whose trace is open
    /** @type {Map<string, string>} */ this.traces = new Map();
  }

  newView() {
    return new ChatView(this);
  }

  get running() {
    return this.talk.turns.some((/** @type {any} */ turn) => turn.state === "running");
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === "all") Object.assign(this, { talk: message, editing: -1, open: -1 });
    else if (message.type === "turn" && this.talk) this.talk.turns[message.place] = message.turn;
    else if (message.type === "trace") this.traces.set(message.trace_id, message.view_id);
    else if (message.type === "error") this.trouble = message.text;
    for (const view of this.views) view.showTrouble();
    if (this.talk) this.answered();
  }

  /** @param {string} text */
  say(text) {
    if (!text.trim() || this.running) return false;
    this.send(this.editing >= 0 ? { type: "edit", turn: this.editing, text } : { type: "send", text });
    this.editing = -1;
    this.draw();
    return true;
  }

  /** @param {number} turn */
  edit(turn) {
    if (!this.talk.can_branch || this.running) return;
    this.editing = turn;
    this.draw();
  }

  /** @param {number} turn */
  show(turn) {
    this.open = this.open === turn ? -1 : turn;
    const id = this.talk.turns[turn].trace_id;
    if (this.open >= 0 && !this.traces.has(id)) this.send({ type: "trace", trace_id: id });
    this.draw();
  }
}

// ---------------------------------------------------------------------------------------------- a view

class ChatView extends LiveView {
  /** @param {ChatHub} hub */
  constructor(hub) {
    super(hub, STYLE);
    this.name = make("b");
    this.session = make("select", "session", { "aria-label": "Session" });
    this.hint = make("span", "hint dim");
    const head = make("div", "toolbar", {}, [this.name, this.session, make("span", "space"), this.hint]);
    this.list = make("div", "list", { role: "log", "aria-label": "Conversation" });
    this.empty = make("div", "empty", {}, ["Say something. Enter sends, Esc stops, ↑ goes back to your last message."]);
    this.text = make("textarea", "", { rows: "1", placeholder: "Message", "aria-label": "Message" });
    this.action = make("button", "button framed", { type: "button" });
    this.leave = make("button", "button", { type: "button" }, ["Cancel"]);
    this.box.append(head, this.list, make("div", "write", {}, [this.text, this.leave, this.action]));
    this.shadow.append(traceSlot());
    /** @type {{json: string, element: any}[]} */ this.drawn = [];
    this.wasEditing = -1;
    this.typing = false; // whether the box has the focus, also while the output is drawn anew
    this.following = true; // what is new, until a person scrolls up
    this.top = 0;
    this.on(this.list, "scroll", () => this.scrolled());
    this.on(this.text, "focus", () => (this.typing = true));
    this.on(this.text, "blur", () => setTimeout(() => (this.typing &&= !this.root.isConnected || this.focused)));
    this.on(this.text, "keydown", (event) => this.key(event));
    this.on(this.text, "input", () => this.fit());
    this.on(this.action, "click", () => this.act());
    this.on(this.leave, "click", () => this.cancel());
    this.on(this.session, "change", () => hub.send({ type: "switch", session_id: this.session.value }));
    this.on(this.root, "keydown", (event) => {
      if (event.key === "Escape") this.cancel();
    });
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight, isConnected } = this.list;
    if (!isConnected) return;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
    this.top = scrollTop;
  }

  get focused() {
    return this.shadow.activeElement === this.text;
  }

  /** @param {Element} place */
  mount(place) {
    super.mount(place);
    if (this.typing) this.text.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const hub = /** @type {ChatHub} */ (this.hub);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.act();
    } else if (event.key === "ArrowUp" && !this.text.value && hub.talk?.turns.length) {
      event.preventDefault();
      hub.edit(hub.talk.turns.length - 1);
    }
  }

  act() {
    const hub = /** @type {ChatHub} */ (this.hub);
    if (hub.running) hub.send({ type: "stop" });
    else if (hub.say(this.text.value)) this.fill("");
  }

  cancel() {
    const hub = /** @type {ChatHub} */ (this.hub);
    if (hub.running) hub.send({ type: "stop" });
    else if (hub.editing >= 0) {
      hub.editing = -1;
      this.fill("");
      hub.draw();
    }
  }

  /** @param {string} text */
  fill(text) {
    this.text.value = text;
    this.fit();
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(160, this.text.scrollHeight + 2)}px`;
  }

  draw() {
    const hub = /** @type {ChatHub} */ (this.hub);
    const talk = hub.talk;
    put(this.name, talk.agent);
    this.drawSessions(talk);
    this.drawTurns(hub);
    const editing = hub.editing >= 0;
    if (hub.editing !== this.wasEditing) {
      this.wasEditing = hub.editing;
      if (editing) {
        this.fill(talk.turns[hub.editing].asked);
        this.text.focus();
      }
    }
    put(this.action, hub.running ? "Stop" : editing ? "Run again from here" : "Send");
    put(this.hint, hub.running ? "answering…" : editing ? `goes on in a branch; ${talk.session} stays as it is` : "");
    this.leave.hidden = !editing || hub.running;
    showTrace(this.root, hub.open >= 0 ? (hub.traces.get(talk.turns[hub.open]?.trace_id) ?? "") : "");
  }

  /** @param {any} talk */
  drawSessions(talk) {
    const names = [...talk.branches, talk.session];
    if (this.session.dataset.names === names.join("\n")) return;
    this.session.dataset.names = names.join("\n");
    this.session.replaceChildren(...names.map((name) => make("option", "", { value: name }, [name])));
    this.session.value = talk.session;
    this.session.disabled = names.length < 2;
  }

  /** Turns that have not changed keep their elements, so that what is selected in them stays selected.
   * @param {ChatHub} hub */
  drawTurns(hub) {
    const list = this.list;
    const turns = hub.talk.turns;
    for (let i = 0; i < turns.length; i++) {
      const json = JSON.stringify([turns[i], hub.editing === i, hub.open === i, hub.talk.can_branch]);
      if (this.drawn[i]?.json === json) continue;
      const element = this.turn(turns[i], i, hub);
      if (this.drawn[i]) this.drawn[i].element.replaceWith(element);
      else list.append(element);
      this.drawn[i] = { json, element };
    }
    for (const gone of this.drawn.splice(turns.length)) gone.element.remove();
    if (turns.length) this.empty.remove();
    else list.append(this.empty);
    list.scrollTop = this.following ? list.scrollHeight : this.top; // a view that is put back starts at its top
  }

  /** @param {any} turn @param {number} place @param {ChatHub} hub */
  turn(turn, place, hub) {
    const again = make("button", "button edit", { type: "button", title: "Say something else here, and run again" }, ["Edit"]);
    again.hidden = !hub.talk.can_branch;
    this.on(again, "click", () => hub.edit(place));
    const asked = make("div", hub.editing === place ? "line user editing" : "line user", {}, [turn.asked]);
    const inside = [make("div", "asked", {}, [again, asked]), ...turn.entries.map((/** @type {any} */ entry) => entryElement(entry, turn.state === "running"))];
    if (turn.state === "running" && turn.entries.at(-1)?.kind !== "text") inside.push(make("span", "pulse"));
    if (turn.error) inside.push(make("div", "block error", { role: "alert" }, [turn.error]));
    if (turn.state !== "running") inside.push(this.turnFoot(turn, place, hub));
    return make("div", "turn", {}, inside);
  }

  /** @param {any} turn @param {number} place @param {ChatHub} hub */
  turnFoot(turn, place, hub) {
    const foot = make("div", "facts num", {}, [turnFacts(turn)]);
    if (!turn.trace_id) return foot;
    const open = hub.open === place;
    const trace = make("button", "link", { type: "button", "aria-expanded": String(open) }, [open ? "Hide trace" : "Trace"]);
    this.on(trace, "click", () => hub.show(place));
    foot.append(" ", trace);
    return foot;
  }
}

/** @param {any} entry @param {boolean} running  whether an answer may still come */
function entryElement(entry, running) {
  if (entry.kind === "note") return make("div", "note dim", {}, [entry.text]);
  if (entry.kind === "text") return make("div", "line", {}, [entry.text]);
  const card = make("details", "card", {}, [make("summary", "", {}, [callText(entry.name, entry.text)])]);
  const output = entry.output ?? (running ? "running…" : "no answer");
  card.append(make("div", "output", {}, [output]));
  card.firstChild.append(make("span", "dim", {}, [entry.output === null && running ? " …" : ` → ${output}`]));
  return card;
}

const STYLE = `
.session { font: inherit; font-size: 12px; height: 22px; max-width: 260px; color: var(--nb-dim); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 11px; padding: 0 6px; } .session:disabled { appearance: none; opacity: 1; padding: 0 9px; }
.hint { font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.list { display: flex; flex-direction: column; gap: 14px; padding: 12px; overflow-y: auto; max-height: 440px; min-height: 120px; }
.empty { margin: auto; color: var(--nb-faint); text-align: center; }
.turn { display: flex; flex-direction: column; align-items: flex-start; gap: 6px; }
.asked { align-self: flex-end; display: flex; align-items: center; gap: 6px; max-width: 86%; }
.line { max-width: 82%; padding: 5px 10px; border-radius: 9px; background: var(--nb-soft); overflow-wrap: anywhere; white-space: pre-wrap; }
.line.user { max-width: none; background: color-mix(in srgb, var(--nb-text) 8%, var(--nb-bg)); } .line.editing { box-shadow: inset 0 0 0 1px var(--nb-accent); }
.edit { opacity: 0; font-size: 12px; } .asked:hover .edit, .edit:focus-visible { opacity: 1; }
.card { max-width: 92%; border: 1px solid var(--nb-line); border-left: 3px solid var(--nb-function); border-radius: 6px; padding: 3px 9px; font: 12px/1.5 var(--nb-mono); overflow: hidden; }
.card summary { cursor: pointer; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; list-style: none; } .card summary::-webkit-details-marker { display: none; } .card[open] summary { white-space: pre-wrap; } .card[open] summary .dim { display: none; }
.output { margin: 4px 0 2px; padding-top: 4px; border-top: 1px solid var(--nb-line); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 240px; overflow: auto; }
.facts { font-size: 12px; color: var(--nb-faint); padding-left: 2px; min-height: 18px; } .note { font-size: 12px; padding-left: 2px; }
.link { font-size: 12px; margin-left: 6px; }
.block.error { align-self: stretch; margin: 0; }
.write { display: flex; flex-wrap: wrap; justify-content: flex-end; align-items: flex-end; gap: 6px; padding: 7px 10px; border-top: 1px solid var(--nb-line); background: var(--nb-soft); }
.write textarea { flex: 1 1 240px; min-width: 0; resize: none; font: inherit; min-height: 28px; padding: 4px 8px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; } .write textarea::placeholder { color: var(--nb-faint); }
.write .button { height: 28px; }
${OPENED}
`;

export default widget((model) => new ChatHub(model));
