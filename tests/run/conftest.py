"""Models that count, servers that misbehave, and traces that go to a file and nowhere else."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from pathlib import Path

import pytest
from agents import ModelResponse, Usage
from agents.testing import ScriptedModel, assistant_message
from agents.tracing import get_trace_provider
from openai import AsyncOpenAI

from nbagents.tracing.processor import NotebookTracingProcessor
from nbagents.tracing.store import TraceStore

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(autouse=True)
def path(tmp_path):
    """The one file of a test; what is run is traced into it."""
    provider = get_trace_provider()
    before = list(provider._multi_processor._processors)
    path = tmp_path / "lamp.nbagents.db"
    processor = NotebookTracingProcessor(path)
    provider.set_processors([processor])
    yield path
    processor.shutdown()
    provider.set_processors(before)


@pytest.fixture
def store(path):
    return TraceStore(path)


class Counting(ScriptedModel):
    """Answers with what it was asked and how many calls that makes; waits where it is told to."""

    def __init__(self, error=None):
        super().__init__([])
        self.asked = []
        self.error = error
        self.gate = None
        self.model = "gpt-4o"

    async def _answer(self, question):
        text = question if isinstance(question, str) else question[-1]["content"]
        self.asked.append(text)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return assistant_message(f"{text} #{len(self.asked)}")

    async def get_response(self, system_instructions, input, *_more, **_state):  # noqa: A002 - the SDK's signature
        message = await self._answer(input)
        usage = Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
        return ModelResponse(output=[message], usage=usage, response_id=None)

    async def stream_response(self, *asked, **state):
        response = await self.get_response(*asked, **state)
        async for event in ScriptedModel([response.output]).stream_response(*asked, **state):
            yield event


@pytest.fixture
def counting():
    return Counting


@pytest.fixture
def recordings():
    """Serve a recording of real traffic; gives a client and what stops the server."""
    if not (SHARED / "recordings").is_dir():
        pytest.skip("the recordings are not beside this checkout (../shared/recordings)")
    spec = importlib.util.spec_from_file_location("openai_replay", SHARED / "tools" / "openai_replay.py")
    replay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replay)

    def serve(name):
        recording = json.loads((SHARED / "recordings" / f"{name}.json").read_text())
        port, server = replay.serve_http(recording, 0, False, None)  # noqa: FBT003 - the tool's own signature
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)

        async def stop():
            await client.close()
            server.shutdown()
            server.server_close()
            thread.join()

        return client, stop

    return serve
