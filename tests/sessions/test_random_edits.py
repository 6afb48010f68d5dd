"""Random edits of every kind: frame, table, log and undo agree after each, and no orphan reaches the model."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import agents
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from nbagents.errors import OrphanError
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.sessions.table.orphans import lone

POLICIES = st.sampled_from(["error", "pair", "stub"])
SEEDS = st.integers(0, 2**32)


class RandomEdits(RuleBasedStateMachine):
    """One session, edited in every way there is; ``mirror`` is its table as adds and the log tell it."""

    edits = 0

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.db"
        self.runner = asyncio.Runner()
        self.session = SQLiteSession("s", self.path)
        self.names = itertools.count()
        self.mirror = {}
        self.steps = 0

    def table(self):
        if not self.path.exists():
            return {}
        with closing(sqlite3.connect(self.path)) as connection:
            return dict(connection.execute("SELECT id, message_data FROM agent_messages ORDER BY id"))

    def run(self, awaitable):
        return self.runner.run(_awaited(awaitable))

    def edit(self, awaitable):
        """Make an edit; one that is refused must have written nothing."""
        before = self.table()
        try:
            self.run(awaitable)
        except OrphanError:
            assert self.table() == before
        type(self).edits += 1

    def add(self, items, session=None):
        known = self.table()
        self.run((session or self.session).add_items(items))
        self.mirror |= {id_: data for id_, data in self.table().items() if id_ not in known}

    @rule(role=st.sampled_from(["user", "assistant"]))
    def say(self, role):
        self.add([{"role": role, "content": f"text {next(self.names)}"}])

    @rule(parallel=st.booleans(), reasoned=st.booleans())
    def turn(self, parallel, reasoned):
        number = next(self.names)
        calls = [f"c{number}", f"d{number}"][: 1 + parallel]
        reasoning = {"type": "reasoning", "id": f"rs_{number}", "summary": []}
        self.add(
            [
                {"role": "user", "content": f"question {number}"},
                *([reasoning] if reasoned else []),
                *(
                    {"type": "function_call", "id": f"fc_{c}", "call_id": c, "name": "f", "arguments": "{}"}
                    for c in calls
                ),
                *({"type": "function_call_output", "call_id": c, "output": c} for c in calls),
                {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": "Done."},
            ]
        )

    @rule()
    def plain_sdk_code_adds(self):
        theirs = agents.SQLiteSession("s", self.path)
        self.add([{"role": "user", "content": f"theirs {next(self.names)}"}], theirs)
        theirs.close()

    @rule(seed=SEEDS)
    def set_text(self, seed):
        frame = self.run(self.session.to_frame())
        places = [place for place, role in enumerate(frame["role"]) if role]
        if places:
            frame.loc[random.Random(seed).choice(places), "text"] = f"edited {next(self.names)}\nline"
            self.edit(self.session.apply_frame(frame))

    @rule(seed=SEEDS, policy=POLICIES)
    def delete(self, seed, policy):
        frame = self.run(self.session.to_frame())
        chance = random.Random(seed)
        kept = [place for place in frame.index if chance.random() > 0.3]
        self.edit(self.session.apply_frame(frame.loc[kept], policy))

    @rule(seed=SEEDS, policy=POLICIES)
    def move(self, seed, policy):
        frame = self.run(self.session.to_frame())
        order = list(frame.index)
        if order:
            chance = random.Random(seed)
            moved = order.pop(chance.randrange(len(order)))
            order.insert(chance.randint(0, len(order)), moved)
            self.edit(self.session.apply_frame(frame.loc[order], policy))

    @rule(seed=SEEDS, policy=POLICIES, tags=st.booleans())
    def insert(self, seed, policy, tags):
        frame = self.run(self.session.to_frame()).astype(object)
        place = random.Random(seed).randint(0, len(frame))
        new = {"role": "user", "text": f"new {next(self.names)}", "metadata": '{"agent": "a"}' if tags else None}
        rows = [frame.iloc[:place], pd.DataFrame([new]), frame.iloc[place:]]
        whole = pd.concat([part for part in rows if len(part)]).reindex(columns=frame.columns)
        whole.attrs = frame.attrs
        self.edit(self.session.apply_frame(whole.reset_index(drop=True), policy))

    @rule()
    def pop(self):
        items = self.run(self.session.get_items(2))
        if items and "role" in items[-1] and items[0].get("type") != "reasoning":
            self.edit(self.session.pop_item())

    @rule()
    def clear(self):
        self.edit(self.session.clear_session())

    @rule(steps=st.integers(1, 5))
    def undo(self, steps):
        self.edit(self.session.undo(steps))

    @rule(steps=st.integers(1, 5))
    def redo(self, steps):
        self.edit(self.session.redo(steps))

    @invariant()
    def frame_table_and_items_agree(self):
        table = self.table()
        frame = self.run(self.session.to_frame())
        items = self.run(self.session.get_items())
        assert frame["id"].tolist() == list(table)
        assert frame["item"].tolist() == list(table.values())
        assert items == [json.loads(data) for data in table.values()]

    @invariant()
    def the_log_tells_the_table(self):
        log = self.run(self.session.edit_log(rows=True))
        new = log[log["step"] > self.steps]
        for _, rows in new.groupby("step"):
            for row in rows.itertuples():
                if row.before is not None:
                    gone = row.was_id if not pd.isna(row.was_id) else row.id
                    assert self.mirror.pop(gone) == row.before
            self.mirror |= {row.id: row.after for row in rows.itertuples() if row.after is not None}
        self.steps = max([self.steps, *log["step"]])
        assert dict(sorted(self.mirror.items())) == self.table()

    @invariant()
    def no_orphan_reaches_the_model(self):
        items = self.run(self.session.get_items())
        assert lone(items) == {}
        ids = [item["id"] for item in items if "id" in item]
        assert len(ids) == len(set(ids))
        for before, item in itertools.pairwise(items):
            if item.get("id", "").startswith("fc_c") and before.get("type") == "reasoning":
                assert item["call_id"][1:] == before["id"].removeprefix("rs_")

    def teardown(self):
        """Everything undone and made again is what it was."""
        try:
            self.run(self.session.redo(10_000))
            table = self.table()
            self.run(self.session.undo(10_000))
            self.run(self.session.redo(10_000))
        except OrphanError:
            pass  # what was added since depends on an edit
        else:
            assert self.table() == table
        self.run(self.session.close())
        self.runner.close()
        self.folder.cleanup()


async def _awaited(awaitable):
    return await awaitable


@pytest.mark.parametrize(
    ("runs", "steps"), [(5, 25), pytest.param(400, 50, marks=pytest.mark.soak)], ids=["short", "soak"]
)
def test_random_edits(figure, runs, steps):
    """After each of thousands of edits the frame, the table, the log and undo agree, and no orphan is left."""
    RandomEdits.edits = 0
    run_state_machine_as_test(
        RandomEdits,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    figure(f"{RandomEdits.edits:,} random edits: frame, table, log and undo agree after each; 0 orphans")
