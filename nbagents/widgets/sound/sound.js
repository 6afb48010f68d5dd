// @ts-check
/**
 * Sound in a page: sample rates, a ring buffer, and the two processors that run on the browser's audio thread.
 *
 * The classes are pure JavaScript. Their source is handed to the audio thread as text, so that the widget's module
 * stays one file: each may use only the classes named in SOURCE, and nothing else of this module.
 */

export const SOUND_RATE = 24000; // Hz, in the kernel

/** Changes a sample rate: a windowed sinc, one set of coefficients for each phase between two samples. */
export class Resampler {
  phase = 0;
  rest = new Float32Array(0);

  /** @param {number} source @param {number} target  rates in Hz */
  constructor(source, target) {
    const divisor = Resampler.divisor(source, target);
    this.up = target / divisor;
    this.down = source / divisor;
    const ratio = Math.max(1, source / target);
    this.taps = 2 * Math.ceil(24 * ratio); // as many zero crossings on each side, whatever the ratio
    this.table = Resampler.coefficients(this.taps, this.up, 0.92 / ratio);
    this.reset();
  }

  reset() {
    this.phase = 0;
    this.rest = new Float32Array(this.taps / 2 - 1); // so that the first sample is in the middle of the filter
  }

  /** @param {number} a @param {number} b @returns {number} */
  static divisor(a, b) {
    return b ? Resampler.divisor(b, a % b) : a;
  }

  /** Low-pass filters, one for each phase. @param {number} taps @param {number} phases @param {number} cutoff  of half the source's rate */
  static coefficients(taps, phases, cutoff) {
    const table = new Float32Array(taps * phases);
    const half = taps / 2;
    for (let phase = 0; phase < phases; phase++) {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        const x = tap - half + 1 - phase / phases;
        const across = x / half;
        const window = Math.abs(across) >= 1 ? 0 : Resampler.bessel(9 * Math.sqrt(1 - across * across)) / Resampler.bessel(9);
        const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
        sum += table[phase * taps + tap] = window * sinc;
      }
      for (let tap = 0; tap < taps; tap++) table[phase * taps + tap] /= sum;
    }
    return table;
  }

  /** The modified Bessel function of order 0, which makes a Kaiser window. @param {number} x */
  static bessel(x) {
    let sum = 1;
    for (let term = 1, n = 1; term > 1e-9 * sum; n++) sum += term *= (x / (2 * n)) ** 2;
    return sum;
  }

  /** Take samples in and return those of the new rate that are ready. @param {Float32Array} samples */
  feed(samples) {
    const { taps, table, up, down } = this;
    const sound = new Float32Array(this.rest.length + samples.length);
    sound.set(this.rest);
    sound.set(samples, this.rest.length);
    const out = new Float32Array(Math.ceil((samples.length + taps) * up / down) + 1);
    let [at, made, phase] = [0, 0, this.phase];
    while (at + taps <= sound.length) {
      let sum = 0;
      for (let tap = 0, row = phase * taps; tap < taps; tap++) sum += sound[at + tap] * table[row + tap];
      out[made++] = sum;
      phase += down;
      at += Math.floor(phase / up);
      phase %= up;
    }
    this.phase = phase;
    this.rest = sound.slice(at);
    return out.subarray(0, made);
  }
}

/** Samples in the order in which they came; grows when it is full, so that nothing is lost. */
export class RingBuffer {
  /** @param {number} capacity */
  constructor(capacity) {
    this.samples = new Float32Array(capacity);
    this.start = 0;
    this.length = 0;
  }

  /** @param {Float32Array} samples */
  write(samples) {
    if (this.length + samples.length > this.samples.length) this.grow(this.length + samples.length);
    const end = (this.start + this.length) % this.samples.length;
    const first = Math.min(samples.length, this.samples.length - end);
    this.samples.set(samples.subarray(0, first), end);
    this.samples.set(samples.subarray(first), 0);
    this.length += samples.length;
  }

  /** Fill an array from the front, and the rest with silence. @param {Float32Array} out @returns {number} how many samples there were */
  read(out) {
    const taken = Math.min(out.length, this.length);
    const first = Math.min(taken, this.samples.length - this.start);
    out.set(this.samples.subarray(this.start, this.start + first));
    out.set(this.samples.subarray(0, taken - first), first);
    out.fill(0, taken);
    this.start = (this.start + taken) % this.samples.length;
    this.length -= taken;
    return taken;
  }

  /** Keep the beginning, going down to silence, and drop the rest. @param {number} samples */
  fade(samples) {
    this.length = Math.min(this.length, samples);
    for (let n = 0; n < this.length; n++) this.samples[(this.start + n) % this.samples.length] *= 1 - (n + 1) / this.length;
  }

  /** @param {number} needed */
  grow(needed) {
    const kept = new Float32Array(this.length);
    this.read(kept);
    this.samples = new Float32Array(2 * needed);
    this.samples.set(kept);
    this.start = 0;
    this.length = kept.length;
  }
}

/** Cuts samples into frames of PCM16. */
export class Framer {
  /** @param {number} size  samples in a frame */
  constructor(size) {
    this.frame = new Int16Array(size);
    this.filled = 0;
    this.squares = 0;
  }

  /** @param {Float32Array} samples @returns {{pcm: Int16Array, level: number}[]} */
  feed(samples) {
    const frames = [];
    for (const sample of samples) {
      this.squares += sample * sample;
      this.frame[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled < this.frame.length) continue;
      frames.push({ pcm: this.frame, level: Math.sqrt(this.squares / this.filled) });
      this.frame = new Int16Array(this.filled);
      this.filled = this.squares = 0;
    }
    return frames;
  }
}

/** What is played: counts, in samples of the kernel's rate, what has left for the loudspeaker. */
export class Playback {
  base = 0; // what was played before, in samples of the kernel's rate
  received = 0; // samples of the kernel's rate
  taken = 0; // samples of the device's rate
  flushed = true;

  /** @param {number} rate  of the device, in Hz @param {number} source  of what comes, in Hz */
  constructor(rate, source) {
    this.ratio = source / rate;
    this.fadeLength = Math.round(rate * 0.005); // too short to hear as sound, long enough not to click
    this.resampler = new Resampler(source, rate);
    this.ring = new RingBuffer(rate * 4);
    this.begin(0);
  }

  /** Count anew. @param {number} at */
  begin(at) {
    this.base = at;
    this.received = 0;
    this.taken = 0;
    this.flushed = true;
  }

  /** @param {Int16Array} pcm @param {number} at  which sample since the last clear is the first */
  write(pcm, at) {
    if (this.base + this.received !== at) this.begin(at);
    const samples = new Float32Array(pcm.length);
    for (let n = 0; n < pcm.length; n++) samples[n] = pcm[n] / 32768;
    this.ring.write(this.resampler.feed(samples));
    this.received += pcm.length;
    this.flushed = false;
  }

  /** @param {Float32Array} out @returns {number} how many samples there were */
  read(out) {
    if (!this.flushed && this.ring.length < out.length) {
      this.ring.write(this.resampler.feed(new Float32Array(this.resampler.taps / 2)));
      this.flushed = true;
    }
    const taken = this.ring.read(out);
    this.taken += taken;
    return taken;
  }

  /** Drop what was not played. @returns {number} samples that were played since the last clear */
  clear() {
    const played = this.played();
    this.ring.fade(this.fadeLength);
    this.resampler.reset();
    this.begin(0);
    return played;
  }

  played() {
    const done = this.flushed && this.ring.length === 0;
    return this.base + (done ? this.received : Math.min(this.received, Math.floor(this.taken * this.ratio)));
  }
}

// ---------------------------------------------------------------------------------------------- the audio thread

/** Run on the audio thread, with its globals. */
function registerProcessors() {
  /** @type {any} */ const scope = globalThis;

  class MicrophoneProcessor extends scope.AudioWorkletProcessor {
    /** @param {any} given */
    constructor({ processorOptions }) {
      super();
      this.resampler = new Resampler(scope.sampleRate, processorOptions.rate);
      this.framer = new Framer(processorOptions.frame);
      this.muted = processorOptions.muted;
      this.seq = 0;
      this.open = true;
      this.port.onmessage = (/** @type {any} */ { data }) => Object.assign(this, data);
    }

    /** @param {Float32Array[][]} inputs */
    process([[channel]]) {
      if (!channel) return this.open;
      for (const { pcm, level } of this.framer.feed(this.resampler.feed(channel))) {
        if (this.muted) pcm.fill(0);
        const loud = this.muted ? 0 : level;
        this.port.postMessage({ seq: this.seq++, at: Date.now(), level: loud, pcm: pcm.buffer }, [pcm.buffer]);
      }
      return this.open;
    }
  }

  class SpeakerProcessor extends scope.AudioWorkletProcessor {
    /** @param {any} given */
    constructor({ processorOptions }) {
      super();
      this.playback = new Playback(scope.sampleRate, processorOptions.rate);
      this.epoch = 0;
      this.quiet = 0;
      this.squares = 0;
      this.open = true;
      this.port.onmessage = (/** @type {any} */ { data }) => this[data.type](data);
    }

    /** @param {{epoch: number, at: number, pcm: ArrayBuffer}} message */
    sound({ epoch, at, pcm }) {
      if (epoch < this.epoch) return;
      this.epoch = epoch;
      this.playback.write(new Int16Array(pcm), at);
    }

    /** @param {{epoch: number, why: string}} message */
    clear({ epoch, why }) {
      const played = this.playback.clear();
      this.port.postMessage({ type: why, epoch: this.epoch, played });
      this.epoch = epoch;
    }

    close() {
      this.open = false;
    }

    /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
    process(_inputs, [[channel]]) {
      const busy = this.playback.read(channel) > 0;
      for (const sample of channel) this.squares += sample * sample;
      this.quiet += channel.length;
      const done = !busy && this.busy;
      if (done || (busy && this.quiet >= scope.sampleRate / 20)) {
        const level = Math.sqrt(this.squares / this.quiet);
        this.port.postMessage({ type: "played", epoch: this.epoch, played: this.playback.played(), level: done ? 0 : level });
        this.quiet = this.squares = 0;
      }
      this.busy = busy;
      return this.open;
    }
  }

  scope.registerProcessor("nbagents-microphone", MicrophoneProcessor);
  scope.registerProcessor("nbagents-speaker", SpeakerProcessor);
}

/** The source of all that the audio thread needs. */
export function workletSource() {
  return `${[Resampler, RingBuffer, Framer, Playback].join("\n")}\n(${registerProcessors})();`;
}
