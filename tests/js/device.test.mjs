// What is said when a device cannot be used. Each name states the rule that its test protects.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { featurePolicy: { allowsFeature: () => true } };
globalThis.location = { protocol: "http:", origin: "http://10.0.0.7:8888" };

const { DeviceError, REASONS } = await import("../../nbagents/widgets/sound/device.js");

const reasonOf = (name) => DeviceError.from(new DOMException("no", name)).reason;

test("each of the browser's errors has a reason that somebody can act on", () => {
  const names = ["NotAllowedError", "NotFoundError", "NotReadableError", "SecurityError", "TypeError"];
  assert.deepEqual(names.map(reasonOf), ["denied", "no-device", "busy", "denied", "failed"]);
  assert.equal(DeviceError.from(new DeviceError("insecure")).reason, "insecure");
});

test("VS Code and pages that may not have a microphone are told apart from a person who refused", () => {
  location.protocol = "vscode-webview:";
  assert.equal(reasonOf("NotAllowedError"), "blocked");
  assert.match(REASONS.blocked("microphone"), /^VS Code does not let it use a microphone.* nbagents lab$/);
  location.protocol = "http:";
  document.featurePolicy.allowsFeature = () => false;
  assert.equal(reasonOf("NotAllowedError"), "blocked");
  document.featurePolicy.allowsFeature = () => true;
  assert.equal(reasonOf("NotAllowedError"), "denied");
});

test("an insecure origin is named, with what to do", () => {
  assert.match(REASONS.insecure("microphone"), /http:\/\/10\.0\.0\.7:8888.*localhost.*https/);
});
