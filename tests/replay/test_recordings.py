"""Real traffic: recorded by `nbagents record` from a server that is then ended, and replayed without it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import nbformat
import pytest

from nbagents.cli import main
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.commands.execute import execute

AGENTS = "%load_ext nbagents\nimport json, nbagents\nfrom agents import Agent, Runner, function_tool\n"
SHOW = """
import json, nbagents
print(json.dumps(items, default=str))
for span in nbagents.last_trace().spans:
    print(span.type, span.name, span.span_id, span.started_us, span.ended_us)
"""

HANDOFF = """
@function_tool
def random_number() -> int:
    return 4

second = Agent('agent2', instructions='Return double the number')
first = Agent('agent1', tools=[random_number], handoffs=[second])
result = await Runner.run(first, 'Generate a random number then, hand off to agent2.')
items = result.to_input_list()
"""

TOOL_ERROR = """
@function_tool
def tool() -> str:
    raise RuntimeError('broken')

result = await Runner.run(Agent('A', tools=[tool]), 'Call the tool.')
items = result.to_input_list()
"""

TWO_TURNS = """
agent = Agent('A')
first = await Runner.run(agent, '2+2?')
second = await Runner.run(agent, first.to_input_list() + [{'role': 'user', 'content': '4?'}])
items = second.to_input_list()
"""

STREAMED = """
@function_tool
def get_capital(country: str) -> str:
    return 'Paris'

result = Runner.run_streamed(Agent('A', tools=[get_capital]), 'What is the capital of France?')
kinds = [event.type async for event in result.stream_events()]
items = [kinds, result.to_input_list()]
"""

REASONING = """
@function_tool
def tool(x: str = '') -> str:
    return 'done'

client = nbagents.openai_client()
answers = [await client.responses.create(model='o3', input=str(n)) for n in range(2)]
items = [answer.model_dump(mode='json') for answer in answers]

"""

VOICE = """
import hashlib
client = nbagents.openai_client()
heard = await client.audio.transcriptions.create(model='gpt-4o-transcribe', file=('a.wav', b'RIFF' + bytes(64)))
stream = await client.responses.create(model='gpt-4o', input=heard.text, stream=True)
said = [event.type async for event in stream]
sound = await client.audio.speech.create(
    model='gpt-4o-mini-tts', voice='ash', input=heard.text, response_format='pcm')
items = [heard.text, said, len(sound.content), hashlib.sha256(sound.content).hexdigest()]
"""

# The conversation of one realtime model: what a session tells, with the hash of each sound.
TALK = """
import hashlib, os
from agents.realtime import RealtimeAgent, RealtimeRunner
from nbagents.replay.realtime import realtime_model

@function_tool
def get_weather(city: str) -> str:
    return 'It is foggy and 12 degrees in London.'

def told(event):
    kind = event.data.type if event.type == 'raw_model_event' else event.type
    sound = getattr(getattr(event, 'audio', None), 'data', None)
    if sound is not None:
        return [kind, len(sound), hashlib.sha256(sound).hexdigest()]
    if kind == 'raw_server_event':
        return [kind, json.dumps(event.data.data, sort_keys=True)]
    return [kind, repr(event.data)] if event.type == 'raw_model_event' else [kind]

settings = {{'model_name': 'gpt-realtime', 'output_modalities': [{modality!r}]}}
runner = RealtimeRunner(RealtimeAgent('A', tools=[get_weather]), model=realtime_model())
config = {{'url': os.environ.get('REALTIME_URL', ''), 'api_key': 'none', 'initial_model_settings': settings}}
items = []
async with await runner.run(model_config=config) as session:
    {say}
    async for event in session:
        items.append(told(event))
        if [one[0] for one in items].count('turn_ended') == {turns}:
            break
"""
ORDERED = ("raw_server_event", "audio", "transcript_delta", "turn_started", "turn_ended", "usage")
TOLD = TALK.format(modality="text", say="await session.send_message('What is the weather in London?')", turns=2)
SPOKEN = TALK.format(modality="audio", say="await session.send_audio(bytes(4800))", turns=1)

PLAIN = "\nimport json\nprint(json.dumps(items))"


HTTP = [
    ("handoff", HANDOFF, SHOW),
    ("tool_error", TOOL_ERROR, SHOW),
    ("two_turns", TWO_TURNS, SHOW),
    ("streamed_tool_call", STREAMED, SHOW),
    ("reasoning_with_tool_calls", REASONING, PLAIN),
    ("voice_turn", VOICE, PLAIN),
]
REALTIME = [("realtime_tool_call", TOLD), ("realtime_spoken_turn", SPOKEN)]


def test_none_is_left_out():
    """Every recording that is there is recorded and replayed below."""
    there = {path.stem for path in (Path(__file__).parents[3] / "shared" / "recordings").glob("*.json")}
    if not there:
        pytest.skip("needs shared/recordings beside the checkout")
    assert there == {name for name, *_ in (*HTTP, *REALTIME)}


@pytest.mark.parametrize(("name", "source", "show"), HTTP, ids=[name for name, *_ in HTTP])
def test_real_traffic_is_the_same_again(name, source, show, recording, environment, tmp_path, monkeypatch, capsys):
    """Items, spans and sound of a replay are those of the recording, and two replays are byte-identical."""
    monkeypatch.chdir(tmp_path)
    environment.setenv("OPENAI_BASE_URL", recording(name))
    cells = [nbformat.v4.new_code_cell(text, id=f"c{n}") for n, text in enumerate((AGENTS, source, show))]
    path = tmp_path / "lamp.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    live = execute(path, {"NBAGENTS_MODE": "live"}, lambda *_: None)
    assert live.error is None
    environment.setenv("OPENAI_BASE_URL", recording(name))
    assert main(["record", "lamp.ipynb"]) == 0, capsys.readouterr().out
    recording.stop()
    environment.delenv("OPENAI_BASE_URL")
    again = execute(path, {"NBAGENTS_MODE": "replay"}, lambda *_: None)
    assert again.error is None
    saved = nbformat.read(path, as_version=4)  # what the first replay gave
    assert json.dumps(again.notebook, sort_keys=True) == json.dumps(saved, sort_keys=True)
    assert printed(live.notebook)[0] == printed(again.notebook)[0]
    assert kinds(live.notebook) == kinds(again.notebook)
    strips = [o for o in again.notebook.cells[1].outputs if o.output_type == "display_data"]
    assert len(strips) == (show == SHOW)


@pytest.mark.parametrize(("name", "source"), REALTIME, ids=[name for name, _ in REALTIME])
def test_a_real_conversation_is_the_same_again(
    name, source, recording, environment, tmp_path, monkeypatch, capsys
):
    """What a session hears of a replayed realtime model is what it heard: events, tools, sound byte for byte."""
    monkeypatch.chdir(tmp_path)
    environment.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")  # what is recorded here is not HTTP
    cells = [nbformat.v4.new_code_cell(text, id=f"c{n}") for n, text in enumerate((AGENTS, source, PLAIN))]
    path = tmp_path / "lamp.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    environment.setenv("REALTIME_URL", recording(name, "--fill-audio", "200"))
    live = execute(path, {"NBAGENTS_MODE": "live"}, lambda *_: None)
    assert live.error is None
    assert main(["record", "lamp.ipynb"]) == 0, capsys.readouterr().out
    recording.stop()
    environment.delenv("REALTIME_URL")
    environment.delenv("OPENAI_BASE_URL")
    assert main(["replay", "check", "lamp.ipynb"]) == 0, capsys.readouterr().out
    heard = json.loads(printed(live.notebook)[0])
    again = json.loads(printed(nbformat.read(path, as_version=4))[0])
    assert [one for one in again if one[0] in ORDERED] == [one for one in heard if one[0] in ORDERED]
    assert sorted(again, key=repr) == sorted(heard, key=repr)  # what our own side adds comes when it is ready
    pieces = [one for one in heard if one[0] == "audio" and len(one) == 3]
    (call,) = Cassette.read(tmp_path / "lamp.cassette.jsonl")
    sounds = call.response.get("sounds", {}).values()
    assert len(sounds) == bool(pieces) == (source == SPOKEN)
    for sound in sounds:
        assert sound["seconds"] == pytest.approx(0.2 * len(pieces))  # as the server filled them
        assert sound["transcript"] == "Hello, Marcelo! Great to meet you. How can I help you today?"
        data = (tmp_path / "lamp.cassette.files" / sound["name"]).read_bytes()
        cut = [data[at : at + 9600] for at in range(0, len(data), 9600)]
        assert [["audio", len(one), hashlib.sha256(one).hexdigest()] for one in cut] == pieces


def printed(notebook):
    return "".join(o["text"] for o in notebook.cells[-1].outputs if o.output_type == "stream").splitlines()


def kinds(notebook):
    """Types and names of the spans."""
    return [line.split()[:2] for line in printed(notebook)[1:]]
