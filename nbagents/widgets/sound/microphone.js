// @ts-check
/**
 * The microphone: frames of PCM16, mono, at 24 kHz, made on the audio thread and sent to the kernel.
 *
 * Messages to the kernel, beside those of device.js
 *   {type: "frame", client, seq, at}, buffer 0: PCM16   `at` is when it was complete, in ms since 1970 by this machine
 *
 * Synced traits, beside those of device.js: muted (silence is sent), frame_ms, constraints (of getUserMedia).
 */

import { DeviceError, DeviceHub, DeviceView, soundContext } from "./device.js";
import { make, put, widget } from "../live.js";
import { SOUND_RATE } from "./sound.js";

class MicrophoneHub extends DeviceHub {
  /** @param {any} model */
  constructor(model) {
    super(model, "microphone", "audioinput");
    /** @type {MediaStream | null} */ this.stream = null;
    /** @type {MediaStreamAudioSourceNode | null} */ this.source = null;
    /** @type {AudioWorkletNode | null} */ this.node = null;
    this.opened = ""; // the device that is open
  }

  newView() {
    return new MicrophoneView(this);
  }

  /** @param {AbortSignal} [signal] */
  start(signal) {
    super.start(signal);
    this.model.on("change:muted", () => {
      this.node?.port.postMessage({ muted: this.model.get("muted") });
      this.draw();
    });
  }

  async open() {
    const wanted = this.model.get("device");
    const ended = !this.stream || this.stream.getAudioTracks().some((track) => track.readyState === "ended");
    if (!ended && this.opened === wanted) return;
    const stream = await this.ask(wanted);
    const context = await soundContext();
    this.node ??= this.makeNode(context);
    const source = context.createMediaStreamSource(stream);
    source.connect(this.node);
    this.source?.disconnect(); // the new one is there already: nothing is missed
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    Object.assign(this, { stream, source, opened: wanted });
    // A device that is pulled out ends its track: the default takes its place.
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.follow());
  }

  /** @param {string} wanted  the id of a device, or empty @returns {Promise<MediaStream>} */
  async ask(wanted) {
    if (!globalThis.isSecureContext) throw new DeviceError("insecure");
    if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("blocked");
    const audio = { channelCount: 1, ...this.model.get("constraints") };
    if (!wanted) return navigator.mediaDevices.getUserMedia({ audio });
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: { ...audio, deviceId: { exact: wanted } } });
    } catch (/** @type {any} */ error) {
      if (!["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
      return navigator.mediaDevices.getUserMedia({ audio }); // it is not there any more
    }
  }

  /** @param {AudioContext} context */
  makeNode(context) {
    const processorOptions = {
      rate: SOUND_RATE, frame: (SOUND_RATE * this.model.get("frame_ms")) / 1000, muted: this.model.get("muted"),
    };
    const node = new AudioWorkletNode(context, "nbagents-microphone", { channelCount: 1, channelCountMode: "explicit", processorOptions });
    node.port.onmessage = ({ data }) => this.frameCame(data);
    node.connect(context.destination); // gives silence; what leads nowhere is not run
    return node;
  }

  /** @param {{seq: number, at: number, level: number, pcm: ArrayBuffer}} frame */
  frameCame({ seq, at, level, pcm }) {
    if (this.state !== "live") return;
    this.level = level;
    this.send({ type: "frame", client: this.client, seq, at }, [pcm]);
    this.draw();
  }

  async close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.source?.disconnect();
    this.node?.port.postMessage({ open: false });
    this.node?.disconnect();
    this.stream = this.source = this.node = null;
  }
}

class MicrophoneView extends DeviceView {
  /** @param {MicrophoneHub} hub */
  constructor(hub) {
    super(hub, "");
    this.mute = make("button", "button framed");
    this.button.after(this.mute);
    this.on(this.button, "click", () => this.set({ running: !hub.model.get("running") }));
    this.on(this.mute, "click", () => this.set({ muted: !hub.model.get("muted") }));
  }

  /** @param {Record<string, any>} traits */
  set(traits) {
    this.hub.model.set(traits);
    this.hub.model.save_changes();
    this.hub.draw();
  }

  draw() {
    super.draw();
    const [running, muted] = [this.hub.model.get("running"), this.hub.model.get("muted")];
    put(this.button, running ? "Turn off" : "Turn on");
    put(this.mute, muted ? "Unmute" : "Mute");
    this.mute.hidden = !running;
  }
}

export default widget((model) => new MicrophoneHub(model));
