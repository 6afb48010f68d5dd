"""Which recording answers which request, and what is said where none does."""

from __future__ import annotations

import asyncio

import pytest
from agents import Agent, Runner, function_tool

from nbagents.cli import main
from nbagents.errors import CassetteError, CassetteMissError, NetworkRefusedError, SecretFoundError
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.cassette.recording import Recording
from nbagents.replay.wire import client as seam

HEAD = '{"nbagents_cassette": 1}\n'


async def ask(client, text, **other):
    return (await client.responses.create(model="m", input=text, **other)).output_text


async def test_calls_of_one_cell_match_in_any_order(tape):
    """Concurrent calls are found by what they ask; equal ones come in the order in which they were recorded."""
    tape.server.says("a", "b", "b again")
    client = tape.record().openai_client()
    for text in ("A", "B", "B"):
        await ask(client, text)
    client = tape.replay().openai_client()
    found = await asyncio.gather(*(ask(client, text) for text in ("B", "A", "B")))
    assert sorted(found) == ["a", "b", "b again"]
    assert found[1] == "a"
    tape.cell("c1", "e2")
    assert [await ask(client, text) for text in ("B", "B", "A")] == ["b", "b again", "a"]


async def test_moved_cells_match_and_copied_cells_do_not_collide(tape):
    """A cell is known by its id: run in another order it has its own answers, though others ask the same."""
    tape.server.says("first", "copy")
    client = tape.record().openai_client()
    await ask(client, "Hi")
    tape.cell("c2")
    await ask(client, "Hi")
    client = tape.replay().openai_client()
    assert await ask(client, "Hi") == "copy"
    tape.cell("c1")
    assert await ask(client, "Hi") == "first"


async def test_swapped_cells_match_unless_one_asks_with_the_others_answer(tape):
    """Cells that stand alone may swap places; one whose history is another now is a miss that shows where."""
    tape.server.says("one", "two", "three")
    client = tape.record().openai_client()
    agent = Agent("A", model="m")
    first = await Runner.run(agent, "first")
    tape.cell("c2")
    await Runner.run(agent, [*first.to_input_list(), {"role": "user", "content": "second"}])
    tape.cell("c3")
    await ask(client, "alone")
    client = tape.replay().openai_client()
    assert await ask(client, "alone") == "three"
    tape.cell("c2")
    with pytest.raises(CassetteMissError) as caught:
        await Runner.run(agent, "second")
    assert (caught.value.cell, caught.value.nearest) == ("c2", ("c2", 1))
    assert "$.body.input" in caught.value.differences[0].path
    tape.cell("c1")
    assert (await Runner.run(agent, "first")).final_output == "one"


async def test_a_cell_that_is_recorded_again_replaces_its_calls(tape):
    """Running a cell again in mode record forgets what it recorded before, and no other cell's calls."""
    tape.server.says("old", "other", "new")
    client = tape.record().openai_client()
    await ask(client, "Hi")
    tape.cell("c2")
    await ask(client, "Ho")
    tape.cell("c1", "e2")
    await ask(client, "Hi")
    client = tape.replay().openai_client()
    assert await ask(client, "Hi") == "new"
    tape.cell("c2")
    assert await ask(client, "Ho") == "other"
    assert [(line["cell"], line["call"]) for line in tape.lines] == [("c2", 1), ("c1", 1)]


async def test_what_an_earlier_run_of_a_cell_still_asks_is_not_recorded(tape):
    """A task that was left running asks on after its cell has begun again: what the cell records now stays."""
    tape.server.says("old", "new", "late", "newer")
    client = tape.record().openai_client()
    for execution, text in (("e1", "A"), ("e2", "B"), ("e1", "C"), ("e2", "D")):
        tape.cell("c1", execution)
        await ask(client, text)
    tape.replay()
    assert [line["request"]["body"]["input"] for line in tape.lines] == ["B", "D"]


RECORD_TOO = """
import os, nbagents
from nbagents.errors import CassetteError
try:
    nbagents.enable(mode="record")
except CassetteError as exc:
    print(exc)
else:
    nbagents.sync_openai_client().responses.create(model="m", input="Ho")
"""


async def test_a_second_kernel_does_not_record_into_the_same_cassette(tape, run_python, tmp_path, capsys):
    """It is told at once, before it asks anything; when the first is done it may, and nothing is lost."""
    tape.server.says("one", "two")
    await ask(tape.record().openai_client(), "Hi")
    names = {
        "OPENAI_BASE_URL": tape.server.url,
        "NBAGENTS_CASSETTE": str(tape.path),
        "NBAGENTS_DB": str(tmp_path / "d"),
    }
    refused = run_python(RECORD_TOO, **names)
    assert "lamp.cassette.jsonl is being recorded by another kernel" in refused.stdout
    assert "%nbagents mode live" in refused.stdout
    tape.path.with_name("lamp.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    assert main(["record", str(tape.path.with_name("lamp.ipynb"))]) == 1
    assert "failed: " in capsys.readouterr().out
    assert len(tape.server.received) == 1
    seam.install("offline")
    assert run_python(RECORD_TOO, **names).stdout == ""
    assert [line["request"]["body"]["input"] for line in tape.lines] == ["Hi", "Ho"]


async def test_a_request_that_was_edited_in_the_file_is_what_it_says_now(tape):
    """An edit by hand of what was asked is seen: the miss shows it, and the request that it is now matches."""
    tape.server.says("a")
    await ask(tape.record().openai_client(), "Hi")
    tape.replay()
    tape.path.write_text(tape.path.read_text().replace('"input":"Hi"', '"input":"Hey"'))
    client = tape.replay().openai_client()
    with pytest.raises(CassetteMissError, match=r'\$\.body\.input: recorded "Hey", asked "Hi"'):
        await ask(client, "Hi")
    assert await ask(client, "Hey") == "a"


async def test_a_miss_says_what_differs(tape):
    """The error names the cell and shows by JSON path what differs from the nearest recording; nothing is sent."""
    tape.server.says("a", "b")
    client = tape.record().openai_client()
    await ask(client, "What is the capital of France?", temperature=0.5)
    await ask(client, "Something else altogether")
    client = tape.replay().openai_client()
    with pytest.raises(CassetteMissError) as caught:
        await ask(client, "What is the capital of Spain?", temperature=0.5)
    error = caught.value
    assert (error.cell, error.nearest, error.path) == ("c1", ("c1", 1), tape.path)
    assert [(d.path, d.recorded, d.asked) for d in error.differences] == [
        ("$.body.input", '"…t is the capital of France?"', '"…t is the capital of Spain?"')
    ]
    text = str(error)
    assert "cell c1 (ask())" in text
    assert "$.body.input" in text
    assert "nbagents record lamp.ipynb" in text


async def lamp(changed=None):
    @function_tool
    def switch(state: str) -> str:
        return "done"

    @function_tool(name_override="switch")
    def dimmer(level: int) -> str:
        return "done"

    agent = Agent("Lamp", instructions="Be brief.", model="gpt-4o", tools=[switch])
    if changed == "prompt":
        agent.instructions = "Be short."
    if changed == "tool":
        agent.tools = [dimmer]
    if changed == "model":
        agent.model = "gpt-4o-mini"
    return (await Runner.run(agent, "Hello")).final_output


@pytest.mark.parametrize(
    ("changed", "path"),
    [("prompt", "$.body.instructions"), ("tool", "$.body.tools[0].parameters"), ("model", "$.body.model")],
)
async def test_a_change_of_the_agent_is_a_miss_at_its_path(tape, changed, path):
    """One word of a prompt, a tool's schema and a model's name are each named where they differ."""
    tape.server.says("hello")
    tape.record()
    assert await lamp() == "hello"
    tape.replay()
    with pytest.raises(CassetteMissError) as caught:
        await lamp(changed)
    assert caught.value.differences
    assert all(one.path.startswith(path) for one in caught.value.differences)
    assert await lamp() == "hello"


async def test_a_call_too_many_says_so(tape):
    """The same request once more than it was recorded is a miss that says how often it was recorded."""
    tape.server.says("a")
    await ask(tape.record().openai_client(), "Hi")
    client = tape.replay().openai_client()
    await ask(client, "Hi")
    with pytest.raises(CassetteMissError, match="recorded 1 time for this cell, and is asked once more"):
        await ask(client, "Hi")


async def test_a_copy_that_was_never_recorded_says_so(tape):
    """A new cell that asks what another recorded is told which."""
    tape.server.says("a")
    await ask(tape.record().openai_client(), "Hi")
    tape.cell("c9")
    with pytest.raises(CassetteMissError, match="recorded for cell c1: is this cell a copy") as caught:
        await ask(tape.replay().openai_client(), "Hi")
    assert caught.value.cell == "c9"


async def test_what_was_not_asked_for_is_known(tape):
    """Recordings that no request used are listed."""
    tape.server.says("a", "b")
    client = tape.record().openai_client()
    for text in ("A", "B"):
        await ask(client, text)
    await ask(tape.replay().openai_client(), "B")
    assert [one.request["body"]["input"] for one in tape.player.unused] == ["A"]


async def test_a_secret_that_was_taken_out_matches_what_stands_there_now(tape):
    """Where another machine has another value of a secret variable, or none, the request matches all the same."""
    tape.environment.setenv("LAMP_TOKEN", "correct-horse-battery")
    tape.server.says("in")
    await ask(tape.record().openai_client(), "log in with correct-horse-battery now")
    assert "correct-horse-battery" not in tape.path.read_text()
    tape.environment.delenv("LAMP_TOKEN")
    client = tape.replay().openai_client()
    with pytest.raises(CassetteMissError):
        await ask(client, "log out with another now")
    assert await ask(client, "log in with another now") == "in"


async def test_a_secret_that_cannot_be_taken_out_ends_the_recording(tape):
    """A key inside a sound deletes the cassette, raises, and stops every later call before it is sent."""
    tape.server.says("fine")
    tape.server.answers.append((200, "audio/mpeg", [b"\xff\xfb sk-planted-0123456789abcdef \x00"]))
    client = tape.record().openai_client()
    await ask(client, "Hi")
    with pytest.raises(SecretFoundError) as caught:
        await client.audio.speech.create(model="t", voice="ash", input="Good day")
    assert not tape.path.exists()
    assert not tape.path.with_suffix(".files").exists()
    assert caught.value.kinds == ["key"]
    assert "sk-planted" not in str(caught.value)
    with pytest.raises(SecretFoundError):
        await ask(client, "Hi")
    assert len(tape.server.received) == 2


def test_a_written_secret_is_found_in_the_file(tmp_path):
    """What was written is read again: a secret that came that far deletes the file and raises."""
    cassette = Cassette(tmp_path / "lamp.cassette.jsonl")
    unclean = Recording("c1", 1, 0, "0" * 16, "2026-01-01", {"input": "AKIAIOSFODNN7EXAMPLQ"}, {"ms": 1})
    with pytest.raises(SecretFoundError, match="AWS key"):
        cassette.add(unclean)
    assert list(tmp_path.iterdir()) == []


async def test_no_socket_leaves_the_machine_in_replay(tape):
    """Whoever asks for it, another machine is refused with the cell's name; loopback is not."""
    tape.server.says("a")
    await ask(tape.record().openai_client(), "Hi")
    tape.replay()
    with pytest.raises(NetworkRefusedError, match="cell c1") as caught:
        await asyncio.open_connection("192.0.2.1", 80)
    assert (caught.value.host, caught.value.cell) == ("192.0.2.1", "c1")
    with pytest.raises(NetworkRefusedError):
        await asyncio.get_running_loop().getaddrinfo("example.org", 443)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", 9)


WHOLE = (
    '{"attempt":0,"call":1,"cell":"c1","hash":"0","recorded":"2026-01-01",'
    '"request":{},"response":{"ms":1,"status":200}}'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a cassette"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7\nsize 12\n", "git lfs pull"),
        (f"{HEAD}<<<<<<< HEAD\n{WHOLE}\n", "line 2 .* merge of two versions"),
        (f"{HEAD}{WHOLE.replace('1,', '1,,', 1)}\n", r"line 2 .* \(Expecting property name .* at column 23\)"),
        (f"{HEAD}{WHOLE}\n{WHOLE.replace('2026-01-01', 'yesterday')}\n", "line 3 .*: 'yesterday'"),
        (f"{HEAD}{WHOLE.replace('1', 'true', 1)}\n", "something else where call should be"),
        (f"{HEAD}{WHOLE.replace('200', 'null')}\n", r"something else where response\.status should be"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line_and_a_cure(text, said, tmp_path):
    """A pointer of Git LFS, a merge and an edit by hand are told apart; each says what to do."""
    path = tmp_path / "my lamp.cassette.jsonl"
    path.write_text(text)
    with pytest.raises(CassetteError, match=said) as caught:
        Cassette.read(path)
    assert "git lfs pull" in said or str(caught.value).endswith("nbagents record 'my lamp.ipynb'")


@pytest.mark.parametrize("change", [("\n", "\r\n"), (HEAD, f"\ufeff{HEAD}")])
def test_what_editors_and_git_do_to_a_text_file_does_not_matter(change, tmp_path):
    """Line ends of Windows and a byte order mark are read over."""
    path = tmp_path / "lamp.cassette.jsonl"
    path.write_text(f"{HEAD}{WHOLE}\n".replace(*change), encoding="utf-8", newline="")
    assert [one.cell for one in Cassette.read(path)] == ["c1"]


async def test_a_reply_that_was_edited_wrong_is_said(tape):
    """A line that is whole but whose reply cannot be played is an error of the cassette, with its cell."""
    tape.server.says("a")
    await ask(tape.record().openai_client(), "Hi")
    tape.replay()
    tape.path.write_text(tape.path.read_text().replace('"json":', '"events":[7],"json":'))
    with pytest.raises(CassetteError, match=r"the reply to POST responses \(cell c1, call 1\) .* is damaged"):
        await ask(tape.replay().openai_client(), "Hi")


async def test_a_missing_or_damaged_cassette_is_said_at_once(tape):
    """Mode replay without a cassette fails when it is chosen, and keeps the mode that was."""
    with pytest.raises(CassetteError, match="nbagents record"):
        tape.replay()
    tape.path.write_text("{}\n")
    with pytest.raises(CassetteError, match="is not a cassette"):
        tape.replay()
    tape.path.write_text('{"nbagents_cassette": 1}\n{"cell": "c1"}\n')
    with pytest.raises(CassetteError, match=r"line 2 of .* lacks attempt") as caught:
        tape.replay()
    assert caught.value.line == 2
    tape.path.write_text('{"nbagents_cassette": 99}\n')
    with pytest.raises(CassetteError, match="version 99"):
        tape.replay()
