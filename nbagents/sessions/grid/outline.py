"""A history in outline: of each row just what finds it, pairs it, and names its agent. Changed row by row."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from nbagents.sessions.items.agent import agents_of
from nbagents.sessions.items.label import label_of
from nbagents.sessions.items.rows import decode
from nbagents.sessions.table.columns import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbagents.sessions.items.rows import Item, RawRow

__all__ = ["BAD", "Outline", "names_of"]

BAD = "bad row"
"""The label of a row that holds no item, in counts and filters."""

_NAMELESS = "reasoning"  # stands for the id of reasoning that has none
_MOST_HANDOFF = 1000  # characters; the output of a handoff is a name and little else
_FEW = 32  # changes that are cheaper one by one than all at once


class _Entry(NamedTuple):
    """What is kept of a row."""

    kind: str
    label: str
    role: str | None
    call_id: str | None
    handoff: str | None
    metadata: str | None
    names: tuple[str, ...]
    text: str
    size: int
    tokens: int


class Outline:
    """The outline of some rows that stand side by side in a history.

    Example:
        >>> outline = Outline()
        >>> outline.put([(1, None, '{"role": "user", "content": "Is my lamp on its way?"}', None)])
        >>> outline.fitting("LAMP", ()), dict(outline.labels)
        ([1], {'user': 1})
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.labels: Counter[str] = Counter()
        self.size = 0  # bytes of all items
        self.tokens = 0
        self.turns = 0  # messages of the user
        self._entries: dict[int, _Entry] = {}
        self._named: dict[str, set[int]] = {}

    def put(self, rows: Iterable[RawRow]) -> None:
        """Take rows that are new or that changed."""
        entries = _entries_of(rows)
        new = [id_ for id_ in entries if id_ not in self._entries]
        self._forget(id_ for id_ in entries if id_ in self._entries)
        for id_, entry in entries.items():
            self._entries[id_] = entry
            self._count(entry, 1)
            for name in entry.names:
                self._named.setdefault(name, set()).add(id_)
        if len(new) > _FEW or not self.ids or (new and min(new) > self.ids[-1]):
            self.ids += sorted(new)
            self.ids.sort()  # quick: two runs that are sorted
        else:
            for id_ in new:
                insort(self.ids, id_)

    def drop(self, ids: Iterable[int | None]) -> None:
        """Forget rows that are gone."""
        gone = {id_ for id_ in ids if id_ in self._entries}
        self._forget(gone)
        if len(gone) > _FEW:
            self.ids = [id_ for id_ in self.ids if id_ not in gone]
        else:
            for id_ in gone:
                del self.ids[bisect_left(self.ids, id_)]

    def _forget(self, ids: Iterable[int | None]) -> None:
        for id_ in list(ids):
            entry = self._entries.pop(id_) if id_ is not None else None
            if id_ is None or entry is None:
                continue
            self._count(entry, -1)
            for name in entry.names:
                self._named[name].discard(id_)
                if not self._named[name]:
                    del self._named[name]
        self.labels += Counter()  # lets go of labels that are no more

    def _count(self, entry: _Entry, sign: int) -> None:
        self.labels[entry.label] += sign
        self.size += sign * entry.size
        self.tokens += sign * entry.tokens
        self.turns += sign * (entry.role == "user")

    def named(self, names: Iterable[str]) -> set[int]:
        """Return the ids of the rows that have one of some names (see ``names_of``)."""
        return {id_ for name in names for id_ in self._named.get(name, ())}

    def place(self, id_: int) -> int:
        """Return a row's place among those of the outline, from 0."""
        return bisect_left(self.ids, id_)

    def partner(self, id_: int) -> int | None:
        """Return the id of a call's output or an output's call, None where there is none."""
        entry = self._entries[id_]
        if entry.call_id is None or not entry.kind.endswith(("_call", "_output")):
            return None
        kind = entry.kind.removesuffix("_output")
        waiting: int | None = None
        for other in sorted(self._named[entry.call_id]):
            other_kind = self._entries[other].kind
            if other_kind == kind:
                waiting = other
            elif other_kind == f"{kind}_output" and waiting is not None:
                if id_ in {waiting, other}:
                    return other if id_ == waiting else waiting
                waiting = None
        return None

    def caller(self, id_: int) -> int | None:
        """Return the id of the call that names an output's tool, None where there is none."""
        entry = self._entries[id_]
        if entry.call_id is None or not entry.kind.endswith("_output"):
            return None
        calls = (other for other in self._named[entry.call_id] if self._entries[other].kind.endswith("_call"))
        return max((other for other in calls if other < id_), default=None)

    def agents(self, ids: Sequence[int]) -> dict[int, str | None]:
        """Return the agent of each of some rows, as far as the rows of the outline tell."""
        if not ids:
            return {}
        low, high = bisect_left(self.ids, min(ids)), bisect_left(self.ids, max(ids)) + 1
        while low > 0 and self._entries[self.ids[low]].role != "user":  # nobody is known once the user has spoken
            low -= 1
        span = self.ids[low:high]
        entries = [self._entries[id_] for id_ in span]
        columns: dict[str, list[str | None]] = {
            "role": [entry.role for entry in entries],
            "type": [entry.kind for entry in entries],
            "tool": [entry.handoff if entry.kind == "function_call" else None for entry in entries],
            "call_id": [entry.call_id for entry in entries],
            "output": [entry.handoff for entry in entries],
        }
        found = agents_of([(None, None, "", entry.metadata) for entry in entries], columns)
        known = dict(zip(span, found, strict=True))
        return {id_: known[id_] for id_ in ids}

    def fitting(self, search: str, labels: Sequence[str]) -> list[int]:
        """Return the ids of the rows that hold a text, in any case, and have one of some labels; none are all."""
        ids = self.ids
        if labels:
            wanted = set(labels)
            ids = [id_ for id_ in ids if self._entries[id_].label in wanted]
        if search:
            text = search.casefold()
            ids = [id_ for id_ in ids if text in self._entries[id_].text]
        return ids


def names_of(item: Item) -> tuple[str, ...]:
    """Return what other items may call an item by: its call id, and for reasoning its own.

    Example:
        >>> names_of({"type": "function_call", "call_id": "c1"}), names_of({"type": "reasoning"})
        (('c1',), ('reasoning',))
    """
    call_id = item.get("call_id")
    names: tuple[str, ...] = (call_id,) if isinstance(call_id, str) else ()
    if item.get("type") == "reasoning":
        own = item.get("id")
        names += (own if isinstance(own, str) and own else _NAMELESS,)
    return names


def _entries_of(rows: Iterable[RawRow]) -> dict[int, _Entry]:
    good, items, bad = decode(rows)
    reader = Reader()
    reader.take(items)
    columns = reader.columns(good)
    entries = {
        row[0]: _entry(columns, place, row, items[place]) for place, row in enumerate(good) if row[0] is not None
    }
    for row in bad:
        if row.id is not None:
            shown = row.data if isinstance(row.data, str) else bytes(row.data).decode(errors="replace")
            size = _size(row.data)
            entries[row.id] = _Entry(BAD, BAD, None, None, None, row.metadata, (), shown.casefold(), size, 0)
    return entries


_SEARCHED = ("type", "role", "text", "arguments", "output", "call_id")


def _entry(columns: Mapping[str, Sequence[str | None]], place: int, row: RawRow, item: Item) -> _Entry:
    kind, call_id, output = (columns[name][place] for name in ("type", "call_id", "output"))
    tool = columns["tool"][place] if kind == "function_call" else None
    handoff = output if output is not None and len(output) <= _MOST_HANDOFF and "assistant" in output else tool
    names = names_of(item)
    if call_id is not None and call_id not in names:  # a call id that is no text
        names += (call_id,)
    own = item.get("name")  # an output shows its call's tool, and is not found by it
    texts = [*(columns[name][place] for name in _SEARCHED), own if isinstance(own, str) else None, row[3]]
    text = "\n".join(filter(None, texts))
    role, tokens = columns["role"][place], int(columns["tokens"][place] or 0)
    label, text, size = label_of(kind, role), text.casefold(), _size(row[2])
    return _Entry(kind or "", label, role, call_id, handoff, row[3], names, text, size, tokens)


def _size(data: str | bytes) -> int:
    return len(data) if not isinstance(data, str) or data.isascii() else len(data.encode())
