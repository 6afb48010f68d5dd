// @ts-check
/** The microphone and the loudspeaker in a panel one talks in: how loud, which, muted, and what keeps one from being heard. */

import { fillDevices, meterShare, setMeter } from "../sound/device.js";
import { make, put } from "../live.js";

/** @typedef {{words: string, hint: string, text: string, act: "" | "again" | "take"}} Hindrance */

/**
 * Why one is not heard, or does not hear, or null.
 * @param {any} microphone @param {any} speaker  hubs, as far as they are in this page @returns {Hindrance | null}
 */
export function hindrance(microphone, speaker) {
  const failed = [microphone, speaker].find((device) => device?.state === "failed");
  if (failed) return { words: `No ${failed.what}`, hint: "see above", text: failed.text, act: "again" };
  const away = [microphone, speaker].find((device) => device?.state === "elsewhere");
  if (away) return { words: "In another tab", hint: "", text: `Another tab or browser has the ${away.what}.`, act: "take" };
  if (microphone?.state === "asking") return { words: "May it listen?", hint: "the browser asks", text: "", act: "" };
  if (speaker?.state === "click" || microphone?.state === "click")
    return { words: "Click", hint: "anywhere in the page", text: "The browser asks for a click before it lets a page play sound.", act: "" };
  if (microphone?.model.get("muted")) return { words: "Muted", hint: "you are not heard", text: "", act: "" };
  return null;
}

const BUTTONS = { again: "Try again", take: "Use it here", "": "" };

/** Meters, mute, and the choice of a microphone; and a line above the panel where something is in the way. */
export class Devices {
  /** @param {any} view  the view it is part of */
  constructor(view) {
    this.panel = view.panel;
    this.told = ""; // what was in the way when the panel was drawn last
    this.mine = make("span", "meter mine", { role: "meter", "aria-label": "how loud you are", "aria-valuemax": "100" }, [make("i")]);
    this.theirs = make("span", "meter", { role: "meter", "aria-label": "how loud the agent is", "aria-valuemax": "100" }, [make("i")]);
    this.mute = make("button", "link", { type: "button" });
    this.choose = make("select", "choose", { "aria-label": "which microphone" });
    this.row = make("div", "levels", {}, ["you", this.mine, this.mute, "agent", this.theirs, make("span"), this.choose]);
    this.said = make("span");
    this.act = make("button", "button framed", { type: "button" });
    this.bar = make("div", "hindrance", { role: "alert", hidden: "" }, [this.said, this.act]);
    view.on(this.mute, "click", () => this.set({ muted: !this.panel.microphone().model.get("muted") }));
    view.on(this.choose, "change", () => this.set({ device: this.choose.value }));
    view.on(this.act, "click", () => this.help());
  }

  get hindrance() {
    return hindrance(this.panel.microphone(), this.panel.speaker());
  }

  /** @param {Record<string, any>} traits  of the microphone */
  set(traits) {
    const { model } = this.panel.microphone();
    model.set(traits);
    model.save_changes();
    this.panel.draw();
  }

  /** Do what the line's button offers, with each device that needs it. */
  help() {
    for (const device of [this.panel.microphone(), this.panel.speaker()]) {
      if (device?.state === "elsewhere") device.take();
      else if (device?.state === "failed") device.follow();
    }
  }

  /** @param {string} trouble  what else went wrong @param {boolean} listening  whether what is said is sent */
  draw(trouble, listening) {
    const microphone = this.panel.microphone();
    const [mine, theirs] = this.panel.levels().map((/** @type {number} */ level, /** @type {number} */ n) => meterShare(n || listening ? level : 0));
    setMeter(this.mine, mine);
    setMeter(this.theirs, theirs);
    this.mute.hidden = !microphone;
    put(this.mute, microphone?.model.get("muted") ? "Unmute" : "Mute");
    this.choose.hidden = !microphone || microphone.devices.length < 2;
    if (!this.choose.hidden) fillDevices(this.choose, microphone);
    const { words = "", text = "", act = "" } = this.hindrance ?? {};
    if (words !== this.told) this.panel.draw();
    this.told = words;
    put(this.said, [trouble, text].filter(Boolean).join(" "));
    put(this.act, BUTTONS[/** @type {keyof BUTTONS} */ (act)]);
    this.act.hidden = !act;
    this.bar.hidden = !this.said.textContent;
    return Math.max(mine, theirs);
  }
}

export const DEVICES_LOOK = `
.levels { display: grid; grid-template-columns: auto 1fr auto; gap: 3px 8px; align-items: center; width: 100%; font-size: 11px; color: var(--nb-dim); margin-top: auto; }
.levels .meter { width: auto; height: 5px; } .meter.mine > i { background: var(--nb-accent); } .levels .link { min-width: 42px; } .levels .choose { grid-column: 1 / -1; width: 100%; margin-top: 4px; }
.hindrance { display: flex; align-items: center; gap: 10px; padding: 6px 12px; color: var(--nb-bad); background: color-mix(in srgb, var(--nb-bad) 7%, var(--nb-bg)); border-bottom: 1px solid var(--nb-line); overflow-wrap: anywhere; } .hindrance .button { flex: none; margin-left: auto; }
`;
