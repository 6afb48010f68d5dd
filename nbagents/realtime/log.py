"""Every event of a session as rows that stay small: what comes in pieces is one row with a count."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents.realtime.events import RealtimeRawEvent

if TYPE_CHECKING:
    import pandas as pd

    from nbagents.realtime.events import RealtimeEvent

__all__ = ["Entry", "EventLog"]

# What the server's own events say too.
_TOLD_TWICE = frozenset({
    "audio", "audio_end", "text", "user_caption", "function_call", "speech_started", "speech_stopped",
    "response_start", "response_end", "history",
})  # fmt: skip
_LONGEST = 120  # characters of a detail
_DETAILS = ("transcript", "text", "delta", "arguments")


@dataclass(slots=True)
class Entry:
    """One row of the log.

    Attributes:
        number: Its place, from 1.
        at: When the first of its events came, in seconds since 1970.
        last_at: When the last of them came.
        source: ``"server"`` or ``"session"``.
        type: The server's name of the event, or ours.
        item_id: The item it is about, or empty.
        detail: What it says, in short.
        count: How many events it stands for: pieces of one item that follow each other.
    """

    number: int
    at: float
    last_at: float
    source: str
    type: str
    item_id: str
    detail: str
    count: int = 1


class EventLog:
    """The events of a session, in the order they came; may be used from any thread.

    Example:
        >>> from nbagents.realtime.events import RealtimeRawEvent
        >>> log = EventLog()
        >>> for _ in range(3):
        ...     _ = log.add(RealtimeRawEvent(data={"type": "response.output_audio.delta", "item_id": "a"}))
        >>> [(entry.type, entry.count) for entry in log.entries()]
        [('response.output_audio.delta', 3)]
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._open: dict[tuple[str, str], Entry] = {}
        self._news: dict[int, Entry] = {}
        self._events = 0
        self._lock = threading.Lock()

    def add(self, event: RealtimeEvent) -> Entry | None:
        """Take in an event, and return the row that is new or changed.

        Args:
            event: Any event of the session.
        """
        if event.type in _TOLD_TWICE:
            return None
        if isinstance(event, RealtimeRawEvent):
            source, name, data = "server", event.name, event.data
        else:
            source, name, data = "session", event.type, vars(event)
        item_id, detail = _about(data) if isinstance(data, dict) else ("", "")
        with self._lock:
            self._events += 1
            open_entry = self._open.get((name, item_id)) if name.endswith(".delta") else None
            if open_entry is not None:
                open_entry.count += 1
                open_entry.last_at = event.at
                self._news[open_entry.number] = open_entry
                return open_entry
            entry = Entry(len(self._entries) + 1, event.at, event.at, source, name, item_id, detail)
            self._entries.append(entry)
            self._open[name, item_id] = entry
            self._news[entry.number] = entry
            return entry

    def entries(self) -> list[Entry]:
        """Return the rows."""
        with self._lock:
            return list(self._entries)

    def take_news(self, most: int) -> list[Entry]:
        """Return rows that are new or changed since they were last taken, for the one page that shows them.

        Args:
            most: How many at most; the others come the next time.
        """
        with self._lock:
            return [self._news.pop(number) for number in list(self._news)[:most]]

    def begin_again(self) -> None:
        """Let every row be news."""
        with self._lock:
            self._news = {entry.number: entry for entry in self._entries}

    @property
    def events(self) -> int:
        """How many events there were."""
        return self._events

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a frame: time, source, type, item_id, detail, count."""
        import pandas as pd

        rows = [(e.at, e.source, e.type, e.item_id, e.detail, e.count) for e in self.entries()]
        frame = pd.DataFrame(rows, columns=["time", "source", "type", "item_id", "detail", "count"])
        frame["time"] = pd.to_datetime(frame["time"], unit="s", utc=True).astype("datetime64[us, UTC]")
        frame.index += 1
        return frame


def _about(data: dict[str, Any]) -> tuple[str, str]:
    inner = data.get("item") or data.get("response") or data.get("error") or {}
    inner = inner if isinstance(inner, dict) else {}
    item_id = str(data.get("item_id") or inner.get("id") or data.get("call_id") or "")
    if data.get("type") == "response.output_audio.delta":
        return item_id, ""
    told = next((data[key] for key in _DETAILS if isinstance(data.get(key), str) and data[key]), None)
    if told is None:
        told = inner.get("message") or inner.get("status") or data.get("message") or data.get("status") or ""
    names = [str(data[key]) for key in ("tool_name", "from_agent", "to_agent", "queue") if data.get(key)]
    text = " ".join([*names, " ".join(str(told).split())]).strip()
    return item_id, short(text, _LONGEST)
