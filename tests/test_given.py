"""What is given instead of what is wanted is named, whichever public name it is given to."""

from __future__ import annotations

import inspect

import agents
import pandas as pd
import pytest
from agents import Agent

import nbagents
from nbagents.errors import ConfigError
from nbagents.tracing.files.export import export
from nbagents.voice.save import save_turns

AGENT = Agent(name="A")
ROWS = pd.Series(["a?"])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("session", lambda: nbagents.edit(5)),
        ("session", lambda: nbagents.to_frame(5)),
        ("session", lambda: nbagents.apply_frame(5, pd.DataFrame())),
        ("session", lambda: nbagents.SQLiteSession("a", ":memory:").compare(5)),
        ("session", lambda: nbagents.chat(AGENT, 5)),
        ("session", lambda: nbagents.VoicePipeline(AGENT, session=5)),
        ("frame", lambda: nbagents.SQLiteSession("a", ":memory:").apply_frame(5)),
        ("frame", lambda: nbagents.apply_frame(agents.SQLiteSession("a"), 5)),
        ("items", lambda: nbagents.SQLiteSession("a", ":memory:").add_items(5)),
        ("items", lambda: nbagents.SQLiteSession("a", ":memory:").add_items("t1")),
        ("a", lambda: nbagents.compare(5, 5)),
        ("base_session", lambda: nbagents.CompressedSession(5)),
        ("records", lambda: nbagents.TraceView(5)),
        ("records", lambda: nbagents.TraceView(["t1"])),
        ("agent", lambda: nbagents.chat(5)),
        ("agent", lambda: nbagents.map_agent(5, ROWS)),
        ("agent", lambda: nbagents.VoicePipeline(5)),
        ("agent", lambda: nbagents.RealtimePanel(5)),
        ("data", lambda: nbagents.map_agent(AGENT, 5)),
        ("input", lambda: nbagents.map_agent(AGENT, ROWS, input=5)),
        ("session", lambda: nbagents.map_agent(AGENT, ROWS, session="t1")),
        ("concurrency", lambda: nbagents.map_agent(AGENT, ROWS, concurrency="many")),
        ("limit", lambda: nbagents.traces("many")),
        ("trace_id", lambda: nbagents.TraceStore().get(5)),
        ("db", lambda: nbagents.enable(5)),
        ("db_path", lambda: nbagents.SQLiteSession("a", 5)),
        ("limit", lambda: nbagents.SQLiteSession("a", ":memory:").get_items("many")),
        ("db_path", lambda: nbagents.list_sessions(5)),
        ("path", lambda: nbagents.TraceStore(5)),
        ("file_path", lambda: nbagents.FileTracingProcessor(5)),
        ("source", lambda: nbagents.from_wav(5)),
        ("audio_stream", lambda: anext(nbagents.VoicePipeline(AGENT).process_audio_stream(5))),
        ("config", lambda: nbagents.RealtimeAgent("A", config=5)),
        ("tools", lambda: nbagents.RealtimeAgent("A", tools="t1")),
        ("cache_size", lambda: nbagents.CachedAgent(name="A", cache_size="many")),
        ("tools_and_args", lambda: nbagents.execute_tools_parallel(5)),
        ("path", lambda: nbagents.SQLiteSession("a", ":memory:").export_jsonl(5)),
        ("path", lambda: nbagents.SQLiteSession("a", ":memory:").import_jsonl(5)),
        ("path", lambda: nbagents.TraceStore().to_dataset(path=5)),
        ("chosen", lambda: nbagents.TraceStore().to_dataset(5)),
        ("chosen", lambda: nbagents.TraceStore().to_dataset(["t1"])),
        ("path", lambda: nbagents.Cassette.read(5)),
        ("pipeline", lambda: nbagents.VoicePanel(5)),
        ("recorder", lambda: nbagents.Microphone.from_recorder(5)),
        ("path", lambda: nbagents.TraceStore().import_(5)),
        ("path", lambda: export([], 5)),
        ("path", lambda: save_turns([], 5)),
        ("older_than", lambda: nbagents.TraceStore().prune(older_than=5)),
    ],
)
async def test_something_else_is_an_error_that_names_it(name, call):
    """The error has the argument's name and value as fields, and says what to give."""
    with pytest.raises(ConfigError, match="; give ") as caught:
        given = call()
        if inspect.isawaitable(given):
            await given
    assert (caught.value.name, caught.value.value in {5, "t1", "many"}) == (name, True)


@pytest.mark.parametrize("name", [None, "", 5])
def test_a_session_has_a_name(name):
    """What cannot name a session is refused when it is given, not stored as a row that nobody finds again."""
    with pytest.raises(ConfigError, match="use text"):
        nbagents.SQLiteSession(name, ":memory:")


def test_what_is_made_says_what_it_is(tmp_path):
    """A plain Python prompt shows no bare address for anything that a user makes."""
    made = [
        nbagents.Cassette("lamp.cassette.jsonl"),
        nbagents.ConsoleTracingProcessor(),
        nbagents.FileTracingProcessor(tmp_path / "traces.jsonl"),
        nbagents.NotebookTracingProcessor(tmp_path / "lamp.db"),
        nbagents.RealtimeAgent("Support"),
        nbagents.RealtimePanel(nbagents.RealtimeAgent("Support")),
        nbagents.SQLiteSession("support"),
        nbagents.Speaker(),
        nbagents.TraceStore(tmp_path / "lamp.db"),
        nbagents.VoicePipeline(AGENT),
        nbagents.VoicePanel(AGENT),
    ]
    for one in made:
        assert type(one).__name__ in repr(one)
        assert " object at 0x" not in repr(one)
