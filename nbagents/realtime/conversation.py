"""The conversation as the server's events tell it: items in their order by id, however late an event comes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.realtime.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Conversation", "Line"]

_PCM16_BYTES_PER_MS, _G711_BYTES_PER_MS = 48, 8
_TEXTS = ("transcript", "text")


@dataclass(frozen=True)
class Line:
    """One item of a conversation.

    Attributes:
        item_id: The server's id.
        kind: ``"message"``, ``"function_call"`` or ``"function_call_output"``.
        role: ``"user"``, ``"assistant"`` or ``"system"``; ``"tool"`` for the other kinds.
        text: What was said or written, or a tool's output.
        final: Whether the text will not grow any more.
        spoken: Whether it was speech.
        heard_ms: After an interruption, how much of the speech was heard; None where all of it was.
        heard: The text as far as it was heard, by its share of the speech.
        images: Images of a user's message, as URLs.
        name: A function's name.
        arguments: A call's arguments, as JSON.
        call_id: The call that a function's call and output share.
        output: What the call gave, where it ended.
        at: When it first appeared, in seconds since 1970.
    """

    item_id: str
    kind: str = "message"
    role: str = "assistant"
    text: str = ""
    final: bool = False
    spoken: bool = False
    heard_ms: int | None = None
    heard: str | None = None
    images: tuple[str, ...] = ()
    name: str = ""
    arguments: str = ""
    call_id: str = ""
    output: str | None = None
    at: float = field(default_factory=time.time, compare=False)


class Conversation:
    """Items in conversation order; may be read on any thread.

    Example:
        >>> talk = Conversation()
        >>> talk.apply({"type": "conversation.item.added", "previous_item_id": None, "item": {"id": "a",
        ...     "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}})
        ('a',)
        >>> [line.text for line in talk.lines()]
        ['Hi']
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._order = Order()
        self._lines: dict[str, Line] = {}
        self._audio_ms: dict[str, float] = {}
        self._bytes_per_ms = _PCM16_BYTES_PER_MS
        self.response_id: str | None = None
        self.speaking = False  # the user, as the server hears it
        self.aloud = False  # the agent, in a call that a browser made

    def lines(self) -> list[Line]:
        """Return the items, oldest first."""
        with self._lock:
            return [self._lines[item_id] for item_id in self._order.ids if item_id in self._lines]

    def line(self, item_id: str) -> Line | None:
        """Return one item."""
        return self._lines.get(item_id)

    @property
    def idle(self) -> bool:
        """Whether nobody speaks and no answer is being made."""
        return self.response_id is None and not self.speaking

    def apply(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        """Take in one event of the server.

        Args:
            event: The event.

        Returns:
            The ids of the items that changed.
        """
        take = self._take.get(str(event.get("type")))
        if take is None:
            return ()
        with self._lock:
            changed = take(self, event)
        return () if changed is None else (changed,)

    def returned(self, call_id: str, output: str) -> str | None:
        """Note a tool's output as it is sent, and return the id of its call's item."""
        with self._lock:
            for line in self._lines.values():
                if line.kind == "function_call" and line.call_id == call_id:
                    self._lines[line.item_id] = replace(line, output=output)
                    return line.item_id
        return None

    def forget_response(self) -> None:
        """Note that the connection on which an answer was being made is gone."""
        with self._lock:
            self.response_id, self.speaking = None, False
            self._order.begin_again()
            for line in self._lines.values():
                if not line.final:
                    self._lines[line.item_id] = replace(line, final=True)

    def _added(self, event: Mapping[str, Any]) -> str:
        item_id = str(event["item"]["id"])
        self._order.place(item_id, event.get("previous_item_id"))
        return self._item(event["item"], done=False)

    def _done(self, event: Mapping[str, Any]) -> str:
        self._order.place_last(str(event["item"]["id"]))
        return self._item(event["item"], done=True)

    def _item(self, item: Mapping[str, Any], *, done: bool) -> str:
        item_id = str(item["id"])
        self._lines[item_id] = _merged(self._lines.get(item_id), item, done=done)
        if item.get("type") == "function_call_output":
            self.returned(str(item.get("call_id")), str(item.get("output")))
        return item_id

    def _committed(self, event: Mapping[str, Any]) -> str:
        item_id = str(event["item_id"])
        self._order.place(item_id, event.get("previous_item_id"))
        self._lines.setdefault(item_id, Line(item_id, role="user", spoken=True))
        return item_id

    def _said(self, event: Mapping[str, Any]) -> str:
        line = self._get(event, "assistant" if event["type"].startswith("response.") else "user")
        spoken = "audio" in event["type"]
        self._lines[line.item_id] = replace(line, text=line.text + event["delta"], spoken=spoken)
        return line.item_id

    def _all_said(self, event: Mapping[str, Any]) -> str:
        role = "assistant" if event["type"].startswith("response.") else "user"
        line = self._get(event, role)
        text = str(event.get("transcript") or event.get("text") or "").strip()
        spoken = "transcript" in event
        self._lines[line.item_id] = replace(line, text=text or line.text, spoken=spoken, final=True)
        return line.item_id

    def _audio(self, event: Mapping[str, Any]) -> None:
        item_id, data = str(event["item_id"]), event["delta"]
        self._audio_ms[item_id] = self._audio_ms.get(item_id, 0) + len(data) * 3 / 4 / self._bytes_per_ms

    def _truncated(self, event: Mapping[str, Any]) -> str:
        line = self._get(event, "assistant")
        heard_ms = int(event.get("audio_end_ms") or 0)
        heard = _share(line.text, heard_ms, self._audio_ms.get(line.item_id, 0))
        self._lines[line.item_id] = replace(line, heard_ms=heard_ms, heard=heard, final=True)
        return line.item_id

    def _deleted(self, event: Mapping[str, Any]) -> str:
        item_id = str(event["item_id"])
        self._lines.pop(item_id, None)
        self._order.remove(item_id)
        return item_id

    def _session(self, event: Mapping[str, Any]) -> None:
        output = (event["session"].get("audio") or {}).get("output") or {}
        telephone = (output.get("format") or {}).get("type") in {"audio/pcmu", "audio/pcma"}
        self._bytes_per_ms = _G711_BYTES_PER_MS if telephone else _PCM16_BYTES_PER_MS

    def _response(self, event: Mapping[str, Any]) -> None:
        response = event["response"]
        self.response_id = response.get("id") if event["type"] == "response.created" else None

    def _speech(self, event: Mapping[str, Any]) -> None:
        self.speaking = event["type"].endswith("started")

    def _aloud(self, event: Mapping[str, Any]) -> None:
        self.aloud = event["type"].endswith("started")

    def _get(self, event: Mapping[str, Any], role: str) -> Line:
        item_id = str(event["item_id"])
        self._order.place_last(item_id)
        return self._lines.setdefault(item_id, Line(item_id, role=role))

    _take: ClassVar[dict[str, Callable[[Any, Mapping[str, Any]], str | None]]] = {
        "conversation.item.added": _added,
        "conversation.item.created": _added,
        "conversation.item.done": _done,
        "response.output_item.done": _done,
        "input_audio_buffer.committed": _committed,
        "conversation.item.input_audio_transcription.delta": _said,
        "conversation.item.input_audio_transcription.completed": _all_said,
        "response.output_audio_transcript.delta": _said,
        "response.output_audio_transcript.done": _all_said,
        "response.output_text.delta": _said,
        "response.output_text.done": _all_said,
        "response.output_audio.delta": _audio,
        "conversation.item.truncated": _truncated,
        "conversation.item.deleted": _deleted,
        "session.created": _session,
        "session.updated": _session,
        "response.created": _response,
        "response.done": _response,
        "input_audio_buffer.speech_started": _speech,
        "input_audio_buffer.speech_stopped": _speech,
        "output_audio_buffer.started": _aloud,
        "output_audio_buffer.stopped": _aloud,
        "output_audio_buffer.cleared": _aloud,
    }


def _merged(line: Line | None, item: Mapping[str, Any], *, done: bool) -> Line:
    kind = str(item.get("type"))
    line = line or Line(str(item["id"]), kind=kind, role=str(item.get("role") or "tool"))
    if kind == "message":
        parts = item.get("content") or []
        text = "".join(str(part[key]) for part in parts for key in _TEXTS if part.get(key))
        images = tuple(str(part["image_url"]) for part in parts if part.get("image_url"))
        spoken = line.spoken or any("audio" in str(part.get("type")) for part in parts)
        final = line.final or bool(text and (done or item.get("status") == "completed"))
        return replace(line, text=text or line.text, spoken=spoken, images=images or line.images, final=final)
    if kind == "function_call":
        return replace(
            line,
            name=str(item.get("name") or line.name),
            arguments=str(item.get("arguments") or line.arguments),
            call_id=str(item.get("call_id") or line.call_id),
            final=done,
        )
    return replace(line, call_id=str(item.get("call_id")), text=str(item.get("output") or ""), final=True)


def _share(text: str, heard_ms: float, all_ms: float) -> str:
    """Cut a text after the words that were heard, speech being about even.

    Example:
        >>> _share("one two three four", 500, 1000)
        'one two'
    """
    if all_ms <= 0 or heard_ms >= all_ms:
        return text
    cut = int(len(text) * heard_ms / all_ms)
    whole = text[:cut] if cut >= len(text) or text[cut].isspace() else text[:cut].rpartition(" ")[0]
    return whole.rstrip()
