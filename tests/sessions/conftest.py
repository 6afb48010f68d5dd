from __future__ import annotations

import pytest

from nbagents.sessions.sqlite_session import SQLiteSession

HISTORY = [
    {"role": "user", "content": "My lamp arrived broken, order A-1043."},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up."}]},
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "lookup_order",
        "arguments": '{"order_id": "A-1043"}',
        "status": "completed",
    },
    {"type": "function_call_output", "call_id": "call_1", "output": '{"status": "delivered"}'},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [
            {
                "type": "output_text",
                "text": "I'm sorry about the lamp.",
                "annotations": [{"type": "url_citation", "url": "https://example.com"}],
                "logprobs": [],
            }
        ],
    },
]


@pytest.fixture
def history():
    """A turn with reasoning, a tool call, its output and an answer."""
    import copy

    return copy.deepcopy(HISTORY)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notebook.nbagents.db"


@pytest.fixture
async def session(path):
    async with SQLiteSession("support-42", path) as session:
        yield session


@pytest.fixture
async def filled(session, history):
    await session.add_items(history)
    return session
