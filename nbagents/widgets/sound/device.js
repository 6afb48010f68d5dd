// @ts-check
/**
 * What the microphone and the loudspeaker share in a page: who has the device, how it is opened, and what is said when
 * it cannot be.
 *
 * Several tabs may show one notebook. A Web Lock lets one of them have the device; the next gets it when that tab is
 * closed or reloaded, or at once when a person says so. Between browsers the kernel decides (`leave`).
 *
 * Messages to the kernel
 *   {type: "ready"}                                          a page started
 *   {type: "status", client, state, reason, text, devices}   how the device is; devices: [{id, name}]
 * Messages from the kernel
 *   {type: "known"}           the answer to ready: from now on `running` is followed
 *   {type: "leave", client}   another page has the device
 *
 * Synced traits: view_id, running (whether it is wanted), device (the id of the one that is wanted).
 */

import { LiveHub, LiveView, make, page, put } from "../live.js";
import { workletSource } from "./sound.js";

/** What is said when a device cannot be used, and what to do. @type {Record<string, (what: string) => string>} */
export const REASONS = {
  denied: (what) => `This page may not use the ${what}. Allow it beside the page's address, then press Try again.`,
  "no-device": (what) => `There is no ${what}. Connect one: it is found by itself.`,
  busy: (what) => `Another program has the ${what}. Close it there, then press Try again.`,
  insecure: (what) =>
    `A browser gives a ${what} only to https pages and to localhost, and this page is ${location.origin}. ` +
    "Open the notebook as http://localhost (with ssh -L from afar), or serve it with https.",
  blocked: (what) =>
    `${inVSCode() ? "VS Code" : "What shows this notebook"} does not let it use a ${what}. ` +
    "Open the notebook in JupyterLab in a browser: nbagents lab",
  failed: (what) => `The ${what} could not be opened.`,
};

const ERRORS = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "no-device", NotReadableError: "busy", AbortError: "busy",
};

const STATES = {
  off: "off", asking: "asking for permission…", click: "click anywhere in the page", live: "", elsewhere: "in another tab or browser", failed: "",
};

/** @type {Record<string, string>} */ const TITLES = { microphone: "Microphone", loudspeaker: "Loudspeaker" };

function inVSCode() {
  return location.protocol === "vscode-webview:";
}

/** A device cannot be used. */
export class DeviceError extends Error {
  /** @param {string} reason  a key of REASONS @param {unknown} [cause] */
  constructor(reason, cause) {
    super(reason, { cause });
    this.reason = reason;
  }

  /** @param {any} error  of the browser */
  static from(error) {
    if (error instanceof DeviceError) return error;
    const reason = ERRORS[/** @type {keyof ERRORS} */ (error?.name)] ?? "failed";
    return new DeviceError(reason === "denied" && (inVSCode() || notAllowedHere()) ? "blocked" : reason, error);
  }
}

function notAllowedHere() {
  /** @type {any} */ const { featurePolicy } = document; // where the browser has it
  return featurePolicy?.allowsFeature?.("microphone") === false;
}

/** The page's one audio context, with our processors; browsers allow only a few. @returns {Promise<AudioContext>} */
export function soundContext() {
  const shared = page();
  shared.sound ??= (async () => {
    const context = new AudioContext({ latencyHint: "interactive" });
    if (!context.audioWorklet) throw new DeviceError("insecure");
    const url = URL.createObjectURL(new Blob([workletSource()], { type: "text/javascript" }));
    try {
      await context.audioWorklet.addModule(url);
    } catch (error) {
      throw new DeviceError("blocked", error);
    } finally {
      URL.revokeObjectURL(url);
    }
    return context;
  })().catch((error) => {
    shared.sound = null; // so that trying again tries again
    throw error;
  });
  return shared.sound;
}

/** The name of this page, which the kernel tells pages apart by. */
function clientName() {
  const shared = page();
  shared.client ??= Math.random().toString(36).slice(2);
  return shared.client;
}

/** A microphone or loudspeaker: opened and closed as the kernel wants. */
export class DeviceHub extends LiveHub {
  /** @param {any} model @param {string} what @param {MediaDeviceKind} kind */
  constructor(model, what, kind) {
    super(model);
    this.what = what;
    this.kind = kind;
    this.client = clientName();
    this.state = "off";
    this.reason = this.text = "";
    this.level = 0;
    /** @type {{id: string, name: string}[]} */ this.devices = [];
    /** @type {Promise<void>} */ this.turn = Promise.resolve(); // openings and closings, one after another
    /** @type {(() => void) | null} */ this.release = null; // gives the lock back
    /** @type {AbortController | null} */ this.queued = null;
    this.ceded = false; // to another browser
  }

  /** Open the device, or change to another while it is open. @returns {Promise<void>} */
  async open() {}

  /** Close the device. */
  async close() {}

  /** @param {AbortSignal} [signal] */
  start(signal) {
    super.start(signal);
    for (const name of ["running", "device"]) this.model.on(`change:${name}`, () => this.follow());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.devicesChanged(), { signal });
    addEventListener("pagehide", () => this.tell("off"), { signal });
  }

  /** @param {any} message @param {DataView[]} _buffers */
  receive(message, _buffers) {
    if (message.type === "known") {
      this.answered();
      this.follow();
    } else if (message.type === "leave" && message.client === this.client && this.release) void this.cede();
    else if (message.type === "error") this.fail(new Error(message.text));
  }

  /** Make it as the kernel wants it. */
  follow() {
    this.turn = this.turn.then(() => this.settle()).catch((error) => this.fail(error));
    return this.turn;
  }

  async settle() {
    if (!this.alive || !this.filled || !this.model.get("running")) return this.shut("off");
    if (this.ceded || (!this.release && !(await this.hold()))) return this.tell("elsewhere");
    try {
      if (this.state !== "live") this.tell("asking");
      await this.open();
      await this.wake();
      await this.listDevices();
      this.tell("live");
    } catch (error) {
      const { reason, cause } = DeviceError.from(error);
      await this.shut("failed", reason, cause ? ` (${cause})` : "");
    }
  }

  /** Browsers let no page make or take sound before a person has done something in it. */
  async wake() {
    const context = await soundContext();
    if (context.state === "running") return;
    const resumed = context.resume();
    const soon = await Promise.race([resumed.then(() => true), new Promise((done) => setTimeout(done, 500))]);
    if (soon) return;
    this.tell("click");
    const again = () => void context.resume();
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, again, { capture: true });
    await resumed;
    for (const name of ["pointerdown", "keydown"]) document.removeEventListener(name, again, { capture: true });
  }

  /** Become the tab that has the device. @param {boolean} [steal] @returns {Promise<boolean>} */
  hold(steal = false) {
    if (!navigator.locks) return Promise.resolve(true); // an insecure page: the device itself will say so
    this.queued?.abort();
    const name = `nbagents-${this.model.get("view_id")}`;
    return new Promise((done) => {
      const keep = (/** @type {Lock | null} */ lock) => {
        done(lock !== null);
        return lock ? new Promise((release) => (this.release = () => release(null))) : this.queue(name);
      };
      navigator.locks.request(name, steal ? { steal } : { ifAvailable: true }, keep).catch((error) => {
        if (error.name === "AbortError") this.lose(); // stolen
        else done(true); // a page that may have no locks has no other tabs to fear
      });
    });
  }

  /** Wait for the lock, and take the device when the other tab is gone. @param {string} name */
  queue(name) {
    const waiting = (this.queued = new AbortController());
    const keep = () => new Promise((release) => {
      this.release = () => release(null);
      void this.follow();
    });
    navigator.locks.request(name, { signal: waiting.signal }, keep).catch((error) => {
      if (error.name === "AbortError" && !waiting.signal.aborted) this.lose(); // stolen
    });
  }

  /** Another tab has the device now. */
  lose() {
    this.release = null;
    void this.close();
    this.tell("elsewhere");
    if (navigator.locks) this.queue(`nbagents-${this.model.get("view_id")}`);
  }

  /** Take the device from the other tab. */
  async take() {
    this.ceded = false;
    if (!this.release) await this.hold(true);
    await this.follow();
  }

  /** Another browser has the device now. The lock is kept: another tab of this browser would take the device back. */
  async cede() {
    this.ceded = true;
    await this.close();
    this.tell("elsewhere");
  }

  /** @param {string} state @param {string} [reason] @param {string} [detail] */
  async shut(state, reason = "", detail = "") {
    await this.close();
    this.queued?.abort();
    this.release?.();
    this.queued = this.release = null;
    this.ceded = false;
    this.tell(state, reason, detail);
  }

  leave() {
    super.leave();
    void this.shut("off");
  }

  async devicesChanged() {
    const missing = this.state === "failed" && this.reason === "no-device";
    if (this.state !== "live" && !missing) return;
    if (missing) return void this.follow();
    await this.listDevices();
    this.tell("live");
  }

  async listDevices() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const ours = all.filter((device) => device.kind === this.kind && device.deviceId && device.deviceId !== "default");
    this.devices = ours.map(({ deviceId, label }) => ({ id: deviceId, name: label }));
  }

  /** Say how it is, here and in the kernel. @param {string} state @param {string} [reason] @param {string} [detail] */
  tell(state, reason = "", detail = "") {
    const text = reason ? REASONS[reason](this.what) + detail : "";
    const same = state === this.state && text === this.text && state !== "live";
    Object.assign(this, { state, reason, text });
    if (state !== "live") this.level = 0;
    if (!same && this.alive && this.filled)
      this.send({ type: "status", client: this.client, state, reason, text, devices: this.devices });
    this.draw();
  }
}

// ---------------------------------------------------------------------------------------------- one view

export const DEVICE_LOOK = `
.device { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 5px 10px; min-height: 36px; }
.meter { flex: none; width: 96px; height: 6px; border-radius: 3px; background: var(--nb-line); overflow: hidden; }
.meter > i { display: block; height: 100%; width: 0; border-radius: 3px; background: var(--nb-speech); }
.choose { font: inherit; min-width: 0; max-width: 240px; height: 24px; padding: 0 4px; color: var(--nb-text); background: var(--nb-bg); border: 1px solid var(--nb-line); border-radius: 4px; }
.saying { min-width: 0; overflow-wrap: anywhere; }
`;

/** How much of a meter a level fills: from -60 dB to 0 dB. @param {number} level  root mean square from 0 to 1 */
export function meterShare(level) {
  return level > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(level) / 3)) : 0;
}

/** A row: a button, how loud it is, the device, and what is to say. */
export class DeviceView extends LiveView {
  /** @param {DeviceHub} hub @param {string} button  what it does */
  constructor(hub, button) {
    super(hub, DEVICE_LOOK);
    this.button = make("button", "button framed", {}, [button]);
    this.choose = make("select", "choose", { "aria-label": `which ${hub.what}` });
    this.saying = make("span", "saying dim", { role: "status" });
    this.again = make("button", "button framed", {}, ["Try again"]);
    this.take = make("button", "button framed", {}, ["Use it here"]);
    this.meter = make("span", "meter", { role: "meter", "aria-label": `how loud the ${hub.what} is`, "aria-valuemax": "100" }, [make("i")]);
    this.box.append(make("div", "device", {}, [make("b", "", {}, [TITLES[hub.what]]), this.button, this.meter, this.choose, this.saying, this.again, this.take]));
    this.on(this.again, "click", () => hub.follow());
    this.on(this.take, "click", () => hub.take());
    this.on(this.choose, "change", () => {
      hub.model.set("device", this.choose.value);
      hub.model.save_changes();
    });
  }

  draw() {
    const { hub } = this;
    setMeter(this.meter, meterShare(hub.level));
    fillDevices(this.choose, hub);
    this.choose.hidden = hub.devices.length === 0;
    put(this.saying, hub.text || STATES[/** @type {keyof STATES} */ (hub.state)]);
    this.saying.classList.toggle("bad", hub.state === "failed");
    this.again.hidden = hub.state !== "failed";
    this.take.hidden = hub.state !== "elsewhere";
  }
}

/** Show how loud it is. @param {any} meter @param {number} share  from 0 to 1 */
export function setMeter(meter, share) {
  const percent = String(Math.round(100 * share));
  if (meter.getAttribute("aria-valuenow") === percent) return;
  meter.setAttribute("aria-valuenow", percent);
  meter.firstChild.style.width = `${percent}%`;
}

/** Offer the devices there are, and show which one is in use. @param {any} select @param {DeviceHub} hub */
export function fillDevices(select, hub) {
  const offered = [{ id: "", name: "default" }, ...hub.devices];
  const key = JSON.stringify(offered);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...offered.map(({ id, name }, n) => make("option", "", { value: id }, [name || `${hub.what} ${n}`])));
  }
  select.value = hub.model.get("device");
}
