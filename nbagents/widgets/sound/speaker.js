// @ts-check
/**
 * The loudspeaker: PCM16 at 24 kHz from the kernel is played without a gap, and what was really played is reported.
 *
 * Messages from the kernel, beside those of device.js
 *   {type: "sound", epoch, at}, buffer 0: PCM16   `at` is which sample since the last clear is the first
 *   {type: "clear", epoch}                        be silent; what comes from now on is of this epoch
 * Messages to the kernel
 *   {type: "played", client, epoch, played}       samples that have left the loudspeaker, 20 times a second
 *   {type: "cleared", client, epoch, played}      the same, at the moment of a clear
 *   {type: "stopped", client, epoch, played}      the same, when somebody pressed stop
 *
 * A report is sent when the sound has been heard, which is later than when it was handed to the device.
 */

import { DeviceHub, DeviceView, soundContext } from "./device.js";
import { widget } from "../live.js";
import { SOUND_RATE } from "./sound.js";

class SpeakerHub extends DeviceHub {
  /** @param {any} model */
  constructor(model) {
    super(model, "loudspeaker", "audiooutput");
    /** @type {AudioWorkletNode | null} */ this.node = null;
    /** @type {any} */ this.context = null;
    this.epoch = 0;
    this.playing = false;
  }

  newView() {
    return new SpeakerView(this);
  }

  /** @param {any} message @param {DataView[]} buffers */
  receive(message, buffers) {
    super.receive(message, buffers);
    if (message.type === "sound") this.sound(message, buffers[0]);
    else if (message.type === "clear") this.clear(message.epoch, "cleared");
  }

  /** @param {{epoch: number, at: number}} message @param {DataView} data */
  sound({ epoch, at }, data) {
    if (epoch < this.epoch) return; // was stopped here, which the kernel did not know yet
    this.epoch = epoch;
    const pcm = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    this.node?.port.postMessage({ type: "sound", epoch, at, pcm }, [pcm]);
  }

  /** @param {number} epoch @param {string} why */
  clear(epoch, why) {
    if (epoch <= this.epoch) return;
    this.epoch = epoch;
    this.node?.port.postMessage({ type: "clear", epoch, why });
  }

  /** Be silent now, before the kernel knows. */
  stop() {
    if (this.playing) this.clear(this.epoch + 1, "stopped");
  }

  async open() {
    const context = (this.context = /** @type {any} */ (await soundContext()));
    if (context.setSinkId && context.sinkId !== this.model.get("device")) await this.choose(context);
    if (this.node) return;
    this.node = new AudioWorkletNode(context, "nbagents-speaker", { outputChannelCount: [1], processorOptions: { rate: SOUND_RATE } });
    this.node.port.onmessage = ({ data }) => this.report(data);
    this.node.connect(context.destination);
  }

  /** @param {any} context */
  async choose(context) {
    try {
      await context.setSinkId(this.model.get("device"));
    } catch (/** @type {any} */ error) {
      if (error.name !== "NotFoundError") throw error;
      await context.setSinkId(""); // it is not there any more
    }
  }

  /** @param {{type: string, epoch: number, played: number, level?: number}} data */
  report({ type, epoch, played, level = 0 }) {
    this.level = level;
    this.playing = type === "played" && level > 0;
    this.draw();
    const delay = this.context.outputLatency || 0;
    const heard = type === "played" ? played : Math.max(0, played - Math.round(delay * SOUND_RATE));
    const say = () => this.send({ type, client: this.client, epoch, played: heard });
    if (type === "played") setTimeout(say, delay * 1000);
    else say();
  }

  async close() {
    this.node?.port.postMessage({ type: "close" });
    this.node?.disconnect();
    this.node = null;
    this.playing = false;
  }
}

class SpeakerView extends DeviceView {
  /** @param {SpeakerHub} hub */
  constructor(hub) {
    super(hub, "Stop");
    this.on(this.button, "click", () => hub.stop());
  }

  draw() {
    super.draw();
    /** @type {any} */ (this.button).disabled = !(/** @type {SpeakerHub} */ (this.hub).playing);
  }
}

export default widget((model) => new SpeakerHub(model));
