"""One answer at a time: decided by the offline rules, spoken by the engine, cancelled when the user speaks."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbagents.audio.pcm16 import RATE
from nbagents.realtime.local.asking import ask_of, usage_of
from nbagents.realtime.local.items import Refused, new_id
from nbagents.replay.offline.decide import decide
from nbagents.replay.offline.stream import pieces

if TYPE_CHECKING:
    from nbagents.realtime.local.call import Call
    from nbagents.replay.offline.ask import Called

__all__ = ["Answering"]

_CHUNK_MS = 100
_CHUNK = RATE * 2 * _CHUNK_MS // 1000


class Answering:
    """Makes the answers of one connection.

    Args:
        call: The connection.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._task: asyncio.Task[None] | None = None
        self.response_id = ""

    @property
    def active(self) -> bool:
        """Whether an answer is being made."""
        return self._task is not None and not self._task.done()

    def start(self, settings: dict[str, Any]) -> None:
        """Begin an answer.

        Args:
            settings: What ``response.create`` asks for besides the session's settings.

        Raises:
            Refused: One is being made.
        """
        if self.active:
            raise Refused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self.response_id}.",
            )
        self.response_id = new_id("resp")
        self._task = self._call.start(self._answer(_Answer(self._call, self.response_id, settings)))

    async def cancel(self, reason: str, response_id: str | None = None) -> None:
        """Stop the answer that is being made.

        Args:
            reason: The API's word for why.
            response_id: Only this one.

        Raises:
            Refused: There is none.
        """
        task = self._task
        if task is None or task.done() or response_id not in {None, self.response_id}:
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
        task.cancel(reason)
        with suppress(asyncio.CancelledError):
            await task

    @staticmethod
    async def _answer(answer: _Answer) -> None:
        try:
            await answer.make()
        except asyncio.CancelledError as exc:
            await answer.end("cancelled", str(exc.args[0]) if exc.args else "client_cancelled")
            raise


class _Answer:
    """One answer, from ``response.created`` to ``response.done``."""

    def __init__(self, call: Call, response_id: str, settings: dict[str, Any]) -> None:
        self._call = call
        self._id = response_id
        self._session = {**call.session, **{k: v for k, v in settings.items() if v is not None}}
        self._output: list[dict[str, Any]] = []
        self._usage: dict[str, Any] | None = None
        self._spoken_s = 0.0

    async def make(self) -> None:
        """Answer what the conversation holds, with a function call or by speaking, event by event."""
        call = self._call
        await call.emit("response.created", response=self._response("in_progress"))
        await call.hearing.transcribed()
        ask = ask_of(self._session, call.items.all())
        reply = await asyncio.to_thread(decide, ask)
        for number, called in enumerate(reply.calls):
            await self._call_function(called, number)
        if not reply.calls:
            await self._say(reply.text)
        self._usage = usage_of(ask, reply, call.hearing.heard_s, self._spoken_s)
        call.hearing.heard_s = 0.0
        await self.end("completed")

    async def end(self, status: str, reason: str | None = None) -> None:
        """Say that the answer is over.

        Args:
            status: In the API's words, such as ``"completed"`` or ``"cancelled"``.
            reason: Why, where it is not complete.
        """
        for index, item in enumerate(self._output):
            if item["status"] == "in_progress":
                item["status"] = "incomplete"
                await self._done(item, index)
        details = None if reason is None else {"type": status, "reason": reason}
        response = {**self._response(status), "status_details": details, "output": self._output}
        await self._call.emit("response.done", response={**response, "usage": self._usage})

    async def _call_function(self, called: Called, index: int) -> None:
        item = {
            "id": new_id("item"),
            "type": "function_call",
            "status": "in_progress",
            "name": called.name,
            "call_id": new_id("call"),
            "arguments": "",
        }
        await self._begin(item, index)
        place = self._place(item, index) | {"call_id": item["call_id"]}
        for piece in pieces(called.arguments):
            await self._call.emit("response.function_call_arguments.delta", **place, delta=piece)
        item |= {"arguments": called.arguments, "status": "completed"}
        await self._call.emit(
            "response.function_call_arguments.done", **place, name=called.name, arguments=called.arguments
        )
        await self._done(item, index)

    async def _say(self, text: str) -> None:
        item: dict[str, Any] = {
            "id": new_id("item"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        await self._begin(item, 0)
        spoken = "audio" in self._session["output_modalities"]
        place = self._place(item, 0) | {"content_index": 0}
        part = {"type": "audio", "transcript": ""} if spoken else {"type": "text", "text": ""}
        await self._call.emit("response.content_part.added", **place, part=part)
        key = "transcript" if spoken else "text"
        item["content"] = [{"type": "output_audio" if spoken else "output_text", key: text}]
        await (self._speak(text, item, place) if spoken else self._write(text, place))
        await self._call.emit("response.content_part.done", **place, part={**part, key: text})
        item["status"] = "completed"
        await self._done(item, 0)

    async def _write(self, text: str, place: dict[str, Any]) -> None:
        for piece in pieces(text):
            await self._call.emit("response.output_text.delta", **place, delta=piece)
        await self._call.emit("response.output_text.done", **place, text=text)

    async def _speak(self, text: str, item: dict[str, Any], place: dict[str, Any]) -> None:
        sound = await asyncio.to_thread(self._call.server.engines.speak, text)
        words = pieces(text)
        chunks = [sound[start : start + _CHUNK] for start in range(0, len(sound), _CHUNK)]
        # A call's sound is played as it comes; a client's own loudspeaker is sent it ahead.
        speed = 1.0 if self._call.id in self._call.server.peers else self._call.server.speed
        clock = asyncio.get_running_loop()
        begun = clock.time()
        for number, chunk in enumerate(chunks):
            first, last = (-(-n * len(words) // len(chunks)) for n in (number, number + 1))
            for word in words[first:last]:
                await self._call.emit("response.output_audio_transcript.delta", **place, delta=word)
            seconds = len(chunk) / 2 / RATE
            self._call.items.speak(item["id"], seconds * 1000)
            self._spoken_s += seconds
            await self._hand_out(chunk, place, first=number == 0)
            ahead = self._spoken_s / speed
            await asyncio.sleep(max(0.0, begun + ahead - clock.time()))
        await self._call.emit("response.output_audio.done", **place)
        if self._call.id in self._call.server.peers:
            await self._call.emit("output_audio_buffer.stopped", response_id=self._id)
        await self._call.emit("response.output_audio_transcript.done", **place, transcript=text)

    async def _hand_out(self, chunk: bytes, place: dict[str, Any], *, first: bool) -> None:
        peer = self._call.server.peers.get(self._call.id)
        if peer is None:
            delta = base64.b64encode(chunk).decode()
            await self._call.emit("response.output_audio.delta", **place, delta=delta)
            return
        if first:
            await self._call.emit("output_audio_buffer.started", response_id=self._id)
        peer(chunk)

    async def _begin(self, item: dict[str, Any], index: int) -> None:
        self._output.append(item)
        await self._call.emit(
            "response.output_item.added", response_id=self._id, output_index=index, item=dict(item)
        )
        await self._call.items.add(item)

    async def _done(self, item: dict[str, Any], index: int) -> None:
        await self._call.emit("conversation.item.done", previous_item_id=None, item=item)
        await self._call.emit("response.output_item.done", response_id=self._id, output_index=index, item=item)

    def _place(self, item: dict[str, Any], index: int) -> dict[str, Any]:
        return {"response_id": self._id, "item_id": item["id"], "output_index": index}

    def _response(self, status: str) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self._id,
            "status": status,
            "status_details": None,
            "output": [],
            "conversation_id": "conv_local",
            "output_modalities": self._session["output_modalities"],
            "max_output_tokens": "inf",
            "audio": {"output": self._session["audio"]["output"]},
            "usage": None,
            "metadata": None,
        }
