"""The input buffer: sound in, voice activity, turns and their transcripts out."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from nbagents.audio.activity import PRE_ROLL_MS, SpeechEnded, SpeechStarted, VoiceActivity
from nbagents.audio.detectors import DETECTOR_RATE
from nbagents.audio.pcm16 import RATE
from nbagents.errors import MissingExtraError
from nbagents.realtime.local.items import Refused, new_id
from nbagents.replay.offline.stream import pieces

if TYPE_CHECKING:
    from nbagents.realtime.local.call import Call

__all__ = ["Hearing"]

_BYTES_PER_MS = RATE * 2 // 1000
_SHORTEST_MS = 100  # the API commits no less
_LONGEST_MS = 60_000  # without voice activity, so that a forgotten microphone cannot fill the memory
_PIECE = 20 * _BYTES_PER_MS  # so that where speech begins is known well, however much comes at once


class Hearing:
    """What a client's microphone sends.

    Args:
        call: The connection.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._buffer = bytearray()
        self._sent_ms = 0.0
        self._item_id = ""
        self._activity: VoiceActivity | None = None
        self._transcripts: dict[str, asyncio.Task[str]] = {}
        self.heard_s = 0.0  # since the last answer
        self._silence_ms: int | None = None

    def configure(self) -> None:
        """Take the session's turn detection."""
        turns = self._turns
        if turns is None:
            self._activity = None
        elif self._activity is None or turns.get("silence_duration_ms") != self._silence_ms:
            self._silence_ms = turns.get("silence_duration_ms")
            self._activity = self._listen()

    def _listen(self) -> VoiceActivity | None:
        try:
            return VoiceActivity(RATE, silence_duration_ms=self._silence_ms or 500)
        except MissingExtraError as exc:  # what is typed is answered all the same
            self._call.start(self._call.refuse(Refused("server_error", f"no voice activity: {exc}"), None))
            return None

    def prepare(self) -> None:
        """Load what it takes to hear what is expected, while nobody speaks yet."""
        self._call.start(asyncio.to_thread(self._call.server.engines.prepare, self._expected))

    async def append(self, audio: str) -> None:
        """Take in sound, and say what was noticed in it."""
        await self.take(base64.b64decode(audio))

    async def take(self, sound: bytes) -> None:
        """Do as ``append``, with the samples as they are: PCM16 at 24 kHz."""
        for start in range(0, len(sound), _PIECE):
            await self._piece(sound[start : start + _PIECE])

    async def commit(self) -> None:
        """End a turn, as push-to-talk does.

        Raises:
            Refused: There is too little sound.
        """
        milliseconds = len(self._buffer) / _BYTES_PER_MS
        if milliseconds < _SHORTEST_MS:
            raise Refused(
                "input_audio_buffer_commit_empty",
                f"Error committing input audio buffer: buffer too small. Expected at least {_SHORTEST_MS}ms of "
                f"audio, but buffer only has {milliseconds:.2f}ms of audio.",
            )
        await self._turn(self._item_id or new_id("item"))

    def clear(self) -> None:
        """Forget what was heard."""
        self._buffer.clear()
        self._item_id = ""
        if self._activity is not None:
            self._activity.reset()

    async def transcribed(self) -> None:
        """Wait until what was said so far is known."""
        if self._transcripts:
            await asyncio.gather(*self._transcripts.values(), return_exceptions=True)

    @property
    def _turns(self) -> dict[str, Any] | None:
        turns: dict[str, Any] | None = self._call.session["audio"]["input"]["turn_detection"]
        return turns

    @property
    def _expected(self) -> tuple[str, ...]:
        prompt = (self._call.session["audio"]["input"]["transcription"] or {}).get("prompt") or ""
        return tuple(line.strip() for line in prompt.splitlines() if line.strip())

    async def _piece(self, sound: bytes) -> None:
        self._sent_ms += len(sound) / _BYTES_PER_MS
        self._buffer += sound
        if self._activity is None:
            del self._buffer[: max(0, len(self._buffer) - _LONGEST_MS * _BYTES_PER_MS)]
            return
        for noticed in list(self._activity.feed(np.frombuffer(sound, "<i2"))):
            if isinstance(noticed, SpeechStarted):
                await self._started(len(noticed.samples) * 1000 / DETECTOR_RATE)
            elif isinstance(noticed, SpeechEnded):
                await self._ended()
        if not self._item_id:
            del self._buffer[: max(0, len(self._buffer) - 2 * PRE_ROLL_MS * _BYTES_PER_MS)]

    async def _started(self, before_ms: float) -> None:
        turns = self._turns or {}
        self._item_id = new_id("item")
        kept = min(len(self._buffer), int(before_ms) * _BYTES_PER_MS)
        del self._buffer[: len(self._buffer) - kept]
        start = max(0, int(self._sent_ms - before_ms))
        await self._call.emit("input_audio_buffer.speech_started", audio_start_ms=start, item_id=self._item_id)
        if turns.get("interrupt_response") and self._call.answering.active:
            await self._call.answering.cancel("turn_detected")

    async def _ended(self) -> None:
        item_id = self._item_id
        await self._call.emit(
            "input_audio_buffer.speech_stopped", audio_end_ms=int(self._sent_ms), item_id=item_id
        )
        await self._turn(item_id)
        if (self._turns or {}).get("create_response"):
            if self._call.answering.active:
                await self._call.answering.cancel("turn_detected")
            self._call.answering.start({})

    async def _turn(self, item_id: str) -> None:
        sound = bytes(self._buffer)
        self.clear()
        self.heard_s += len(sound) / _BYTES_PER_MS / 1000
        previous = self._call.items.last_id
        await self._call.emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        item = {
            "id": item_id,
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        before = await self._call.items.add(item)
        await self._call.emit("conversation.item.done", previous_item_id=before, item=item)
        task = self._call.start(self._transcribe(item, sound))
        self._transcripts[item_id] = task
        task.add_done_callback(lambda _: self._transcripts.pop(item_id, None))

    async def _transcribe(self, item: dict[str, Any], sound: bytes) -> str:
        text = await asyncio.to_thread(self._call.server.engines.transcribe, sound, self._expected)
        item["content"][0]["transcript"] = text
        if self._call.session["audio"]["input"]["transcription"] is not None:
            place = {"item_id": item["id"], "content_index": 0}
            name = "conversation.item.input_audio_transcription"
            for piece in pieces(text):
                await self._call.emit(f"{name}.delta", **place, delta=piece)
            usage = {"type": "duration", "seconds": len(sound) / _BYTES_PER_MS / 1000}
            await self._call.emit(f"{name}.completed", **place, transcript=text, usage=usage)
        return text
