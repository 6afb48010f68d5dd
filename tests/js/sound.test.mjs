import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";

import { Framer, Playback, Resampler, RingBuffer, workletSource } from "../../nbagents/widgets/sound/sound.js";

const tone = (hertz, rate, seconds = 1) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / rate));
const rms = (samples) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

function inPieces(resampler, samples, size = 128) {
  const out = [];
  for (let at = 0; at < samples.length; at += size) out.push(...resampler.feed(samples.subarray(at, at + size)));
  return Float32Array.from(out);
}

for (const [source, target] of [[48000, 24000], [44100, 24000], [24000, 48000], [24000, 44100], [16000, 24000], [24000, 24000]]) {
  test(`a tone keeps its level and pitch from ${source} to ${target}`, () => {
    const out = inPieces(new Resampler(source, target), tone(1000, source));
    assert.ok(Math.abs(out.length - target) < 100, `${out.length}`);
    const expected = tone(1000, target);
    const error = out.subarray(200, -200).map((x, n) => x - expected[n + 200]);
    assert.ok(rms(error) < 0.003, `error ${rms(error)}`);
  });
}

test("a tone above half the new rate is gone, not folded back", () => {
  for (const source of [48000, 44100]) {
    const out = inPieces(new Resampler(source, 24000), tone(14000, source));
    assert.ok(rms(out.subarray(500)) < 0.5 * 10 ** (-60 / 20), `${20 * Math.log10(rms(out.subarray(500)) / 0.35)} dB`);
  }
});

test("how a stream is cut does not change what comes out", () => {
  const samples = tone(700, 44100, 0.3);
  assert.deepEqual(inPieces(new Resampler(44100, 24000), samples, 128), inPieces(new Resampler(44100, 24000), samples, 997));
});

test("a ring buffer gives back what came, in order, however it is cut, and grows", () => {
  const ring = new RingBuffer(8);
  const got = [];
  let next = 0;
  for (let round = 0; round < 200; round++) {
    ring.write(Float32Array.from({ length: round % 13 }, () => next++));
    const out = new Float32Array(round % 7);
    got.push(...out.subarray(0, ring.read(out)));
  }
  const rest = new Float32Array(ring.length);
  ring.read(rest);
  got.push(...rest);
  assert.deepEqual(got, Array.from({ length: next }, (_, n) => n));
  assert.equal(ring.read(new Float32Array(4).fill(1)), 0);
});

test("frames have the size that was asked for, and loud samples are clipped", () => {
  const framer = new Framer(480);
  const frames = [];
  for (let n = 0; n < 30; n++) frames.push(...framer.feed(new Float32Array(128).fill(n % 2 ? 2 : -2)));
  assert.equal(frames.length, Math.floor((30 * 128) / 480));
  assert.deepEqual(new Set(frames.flatMap((frame) => [...frame.pcm])), new Set([-32768, 32767]));
  assert.equal(frames[0].level, 2);
});

test("what was played is counted in the kernel's samples, to the last one", () => {
  const playback = new Playback(48000, 24000);
  const sound = new Int16Array(24000).fill(1000);
  for (let at = 0; at < 24000; at += 1200) playback.write(sound.subarray(at, at + 1200), at);
  const out = new Float32Array(128);
  let before = 0;
  let heard = 0;
  while (playback.read(out) > 0) {
    heard += out.filter((x) => Math.abs(x) > 0.02).length;
    assert.ok(playback.played() >= before);
    before = playback.played();
  }
  assert.equal(playback.played(), 24000);
  assert.ok(Math.abs(heard - 48000) < 200, `${heard}`);
});

test("clear drops what was not played and counts anew", () => {
  const playback = new Playback(48000, 24000);
  playback.write(new Int16Array(24000).fill(1000), 0);
  const out = new Float32Array(128);
  for (let n = 0; n < 75; n++) playback.read(out); // 0.2 s
  assert.equal(playback.clear(), 4800);
  let left = 0;
  while (playback.read(out) > 0) left += 128;
  assert.ok(left <= 512, "only a fade of 5 ms is left");
  assert.equal(playback.played(), 0);
});

test("a page that was reloaded goes on counting where it was", () => {
  const playback = new Playback(48000, 24000);
  playback.write(new Int16Array(1200), 9600);
  const out = new Float32Array(128);
  while (playback.read(out) > 0);
  assert.equal(playback.played(), 10800);
});

test("the audio thread's source needs nothing but its own globals", () => {
  const registered = {};
  const messages = [];
  const scope = {
    sampleRate: 48000,
    AudioWorkletProcessor: class {
      port = { postMessage: (message) => messages.push(message) };
    },
    registerProcessor: (name, processor) => (registered[name] = processor),
    Date, Math, Object, Int16Array, Float32Array,
  };
  vm.runInNewContext(workletSource(), scope);
  const microphone = new registered["nbagents-microphone"]({ processorOptions: { rate: 24000, frame: 480, muted: false } });
  for (let n = 0; n < 100; n++) microphone.process([[new Float32Array(128).fill(0.25)]]);
  assert.deepEqual(messages.map(({ seq }) => seq), [...Array(13).keys()]);
  const speaker = new registered["nbagents-speaker"]({ processorOptions: { rate: 24000 } });
  speaker.port.onmessage({ data: { type: "sound", epoch: 3, at: 0, pcm: new Int16Array(4800).fill(9).buffer } });
  for (let n = 0; n < 100; n++) speaker.process([], [[new Float32Array(128)]]);
  assert.equal(messages.at(-1).played, 4800);
  speaker.port.onmessage({ data: { type: "clear", epoch: 4, why: "cleared" } });
  assert.deepEqual({ ...messages.at(-1) }, { type: "cleared", epoch: 3, played: 4800 });
});
