// @ts-check
/** A call from this page to a realtime model: sound both ways without the kernel, and the call's id for the kernel. */

import { soundContext } from "../sound/device.js";

const GATHER_MS = 1_000;

export class DirectCall {
  /** @param {(text: string) => void} ended  told when the call ends by itself */
  constructor(ended) {
    this.ended = ended;
    /** @type {RTCPeerConnection | null} */ this.peer = null;
    /** @type {MediaStream | null} */ this.stream = null;
    /** @type {AnalyserNode[]} */ this.meters = []; // of the user's sound, and of the agent's
    this.audio = new Audio();
    this.audio.autoplay = true;
  }

  /**
   * @param {{url: string, secret: string, constraints: MediaTrackConstraints}} ticket
   * @returns {Promise<string>} the call's id
   */
  async begin({ url, secret, constraints }) {
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    const peer = (this.peer = new RTCPeerConnection());
    for (const track of this.stream.getTracks()) peer.addTrack(track, this.stream);
    void this.measure(0, this.stream);
    peer.ontrack = ({ streams, track }) => {
      this.audio.srcObject = streams[0] ?? new MediaStream([track]);
      void this.measure(1, this.audio.srcObject);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed") this.ended("the call to the model was lost");
    };
    peer.createDataChannel("oai-events"); // the API wants one; the kernel has its own way to the events
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const headers = { Authorization: `Bearer ${secret}`, "Content-Type": "application/sdp" };
    const reply = await fetch(url, { method: "POST", body: peer.localDescription?.sdp, headers });
    if (!reply.ok) throw new Error(`the model refused the call: ${reply.status} ${(await reply.text()).slice(0, 200)}`);
    const id = reply.headers.get("Location")?.split("?")[0].split("/").pop();
    if (!id) throw new Error("the model's answer names no call");
    await peer.setRemoteDescription({ type: "answer", sdp: await reply.text() });
    return id;
  }

  /** Listen to how loud a stream is. @param {number} which @param {MediaStream} stream */
  async measure(which, stream) {
    try {
      const context = await soundContext();
      const meter = context.createAnalyser();
      meter.fftSize = 1024;
      context.createMediaStreamSource(stream).connect(meter);
      this.meters[which] = meter;
    } catch {
      // a page without an audio context has a call without meters
    }
  }

  /** @returns {number[]} how loud the user and the agent are, from 0 to 1 */
  levels() {
    return [0, 1].map((which) => {
      const samples = new Float32Array(1024);
      this.meters[which]?.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    });
  }

  /** @param {boolean} on  whether the microphone is heard */
  listen(on) {
    for (const track of this.stream?.getTracks() ?? []) track.enabled = on;
  }

  hangUp() {
    this.peer?.close();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.audio.srcObject = null;
    this.peer = this.stream = null;
    this.meters = [];
  }
}

/** Wait for the addresses of this machine, though not for ever. @param {RTCPeerConnection} peer */
function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(done, GATHER_MS);
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      done(undefined);
    };
  });
}
