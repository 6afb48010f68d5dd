from __future__ import annotations

import json

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from nbagents.errors import FrameError
from nbagents.sessions.grid.around import rows_around
from nbagents.sessions.grid.changes import (
    NoRoomError,
    edited_row,
    inserted_row,
    laid_out,
    plan_of,
    settled_slots,
)
from nbagents.sessions.grid.outline import names_of
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell
from nbagents.sessions.items.rows import decode
from nbagents.sessions.table.edited import Wanted
from nbagents.sessions.table.orphans import settle_orphans

BAD = "{broken"


def message(role, text="Hi"):
    return {"role": role, "content": text}


def call(name, kind="function_call"):
    return {"type": kind, "call_id": name, "name": "f", "arguments": "{}"}


def output(name, kind="function_call"):
    return {"type": f"{kind}_output", "call_id": name, "output": "x"}


def reasoning(name):
    return {"type": "reasoning", "summary": [], **({"id": name} if name else {})}


def rows_of(items, step=1024):
    return [
        (place * step, "2026-01-01 10:00:00", item if isinstance(item, str) else json.dumps(item), None)
        for place, item in enumerate(items, 1)
    ]


class InMemory:
    """A history to look things up in, and the ids of its table."""

    def __init__(self, rows):
        self.all = rows
        self.seen = set()

    def _told(self, rows):
        self.seen.update(row[0] for row in rows)
        return rows

    def rows(self, ids):
        return self._told([row for row in self.all if row[0] in ids])

    def beside(self, id_, count, *, after):
        if after:
            return self._told([row for row in self.all if row[0] > id_][:count])
        return self._told([row for row in reversed(self.all) if id_ is None or row[0] < id_][:count])

    def named(self, names):
        return self._told(
            [row for row in self.all for item in decode([row])[1] if set(names_of(item)) & set(names)]
        )

    def every(self):
        return self._told(self.all)

    def last(self):
        return self.all[-1][0] if self.all else 0

    def between(self, low, high):
        return [row[0] for row in self.all if low <= row[0] <= high]


def news_of(rows, change):
    """The rows that a change edits or brings."""
    if isinstance(change, SetCell):
        row = next(row for row in rows if row[0] == int(change.key))
        return [edited_row(row, change, row[0], session_id="s")]
    return [inserted_row(change.cells, session_id="s")] if isinstance(change, Insert) else []


def ids_in(change):
    keys = [change.key] if isinstance(change, SetCell) else getattr(change, "keys", [])
    points = [change.before and int(change.before)] if isinstance(change, Insert | Move) else []
    return [int(key) for key in keys], points


def outcome(work):
    """What comes of it: the history, or the words of the error."""
    try:
        return work()
    except FrameError as exc:
        return str(exc)


def written(rows, plan):
    """The history that a plan leaves, as texts."""
    left = {row[0]: row[2] for row in rows if row[0] not in plan.deleted}
    left.update({row.id: row.data for row in [*plan.updated, *plan.inserted]})
    return [left[id_] for id_ in sorted(left)]


def nearby(rows, change, policy):
    """The history after a change, from the rows around it."""
    lookup = InMemory(rows)
    news = news_of(rows, change)
    ids, points = ids_in(change)
    names = {name for row in news for name in names_of(row.item)}
    some = rows_around(lookup, lookup.rows(ids), points, names)
    slots = settled_slots(
        laid_out(some, {row[0]: row[0] for row in rows}, change, news), some, policy, session_id="s"
    )
    try:
        plan, _ = plan_of(slots, lookup)
    except NoRoomError as full:
        tail = [row for row in rows if row[0] >= full.high]
        some = sorted({row[0]: row for row in [*some, *tail]}.values())
        slots = laid_out(some, {row[0]: row[0] for row in rows}, change, news)
        slots = settled_slots(slots, some, policy, session_id="s")
        plan, _ = plan_of(slots, lookup, renumber_from=full.high)
    return [text for text in written(rows, plan) if text != BAD]


def whole(rows, change, policy):
    """The history after a change, from all rows and ``settle_orphans`` as it stands."""
    good, items, _ = decode(rows)
    before = [Wanted(row[0], row[0], row[2], None, item) for row, item in zip(good, items, strict=True)]
    news = news_of(rows, change)
    ids, points = ids_in(change)
    after = [row for row in before if row.id not in ids] if isinstance(change, Delete | Move) else list(before)
    if isinstance(change, SetCell):
        after = [news[0] if row.id == news[0].id else row for row in before]
    if points:
        moved = news or [row for row in before if row.id in ids]
        order = [row[0] for row in rows]
        later = order[order.index(points[0]) :] if points[0] else []
        place = next((place for place, row in enumerate(after) if row.id in later), len(after))
        after[place:place] = moved
    return [row.data for row in settle_orphans(after, before, policy, session_id="s")]


ITEMS = st.one_of(
    st.sampled_from([message("user"), message("assistant"), call("a"), output("a"), call("b"), output("b")]),
    st.builds(call, st.sampled_from("ab"), st.sampled_from(["custom_tool_call", "computer_call"])),
    st.builds(output, st.sampled_from("ab"), st.just("custom_tool_call")),
    st.builds(reasoning, st.sampled_from(["r", "q", "p", ""])),
    st.just(BAD),
)


@st.composite
def edits(draw):
    """A short history of any kind, at wide or at dense ids, and a change of it."""
    rows = rows_of(draw(st.lists(ITEMS, min_size=1, max_size=14)), draw(st.sampled_from([1, 1024])))
    good = [row[0] for row in decode(rows)[0]]
    keys = [str(row[0]) for row in rows]
    before = draw(st.sampled_from([*keys, None]))
    kinds = ["delete", "insert", *(["move", "set"] if good else [])]
    kind = draw(st.sampled_from(kinds))
    event(kind)
    if kind == "delete":
        named = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
        return rows, Delete(named, [""] * len(named))
    some = st.sampled_from([str(id_) for id_ in good])
    item = draw(ITEMS.filter(lambda item: item != BAD))
    if item["type" if "type" in item else "role"] == "computer_call":
        item = message("user")
    if kind == "insert":
        return rows, Insert(before, {"item": json.dumps(item)})
    if kind == "move":
        return rows, Move(draw(st.lists(some, min_size=1, max_size=3, unique=True)), before)
    return rows, SetCell(draw(some), "", "item", json.dumps({**item, "edited": True}))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits(), st.sampled_from(["error", "pair", "stub"]))
@example(
    (
        rows_of([reasoning("r"), message("user"), message("user"), reasoning("r"), message("assistant")]),
        SetCell("5120", "", "item", json.dumps(message("user"))),
    ),
    "error",
)
def test_what_stands_around_a_change_is_enough(edit, policy):
    """Orphans are settled among a few rows, and it comes to the same as settling the whole history."""
    rows, change = edit
    expected = outcome(lambda: whole(rows, change, policy))
    assert outcome(lambda: nearby(rows, change, policy)) == expected
