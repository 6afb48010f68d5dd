"""See, edit and rerun OpenAI agents inside a Jupyter notebook.

In a notebook, ``%load_ext nbagents`` (or ``nbagents.enable()``) is all there is to set up: from then on each agent
that runs appears under its cell. Without a key it answers by rule::

    %load_ext nbagents
    from agents import Agent, Runner
    from nbagents import SQLiteSession, last_trace

    session = SQLiteSession("support")  # kept in a file beside the notebook
    await Runner.run(Agent(name="Support"), "My lamp is blue.", session=session)
    session  # a table that you edit; await session.to_frame() is a DataFrame
    last_trace()  # what ran, as a chart

What there is, by what one wants: to *see* runs ``traces``, ``last_trace``, ``TraceStore``; to *keep and edit*
conversations ``SQLiteSession``, ``edit``, ``to_frame``, ``list_sessions``; to *run many* ``map_agent``,
``CachedAgent``, ``chat``; to *talk* ``VoicePanel``, ``RealtimePanel``. Every error is in ``nbagents.errors``.

Importing this package loads nothing heavy and starts nothing: each public name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nbagents.audio.wav import from_wav, to_wav
    from nbagents.notebook.enable import disable, enable
    from nbagents.realtime.agent import RealtimeAgent
    from nbagents.realtime.config import RealtimeConfig
    from nbagents.realtime.events import (
        RealtimeAudioEvent,
        RealtimeFunctionCallEvent,
        RealtimeRawEvent,
        RealtimeTextEvent,
    )
    from nbagents.realtime.session import RealtimeSession
    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.realtime import realtime_model
    from nbagents.replay.wire.client import openai_client, sync_openai_client
    from nbagents.run.batch.compare import compare
    from nbagents.run.batch.map_agent import map_agent
    from nbagents.run.cache.cached_agent import CachedAgent
    from nbagents.run.tools import execute_tools_parallel
    from nbagents.sessions.compressed_session import CompressedSession
    from nbagents.sessions.conversations.session import OpenAIConversationsSession
    from nbagents.sessions.redis.session import RedisSession
    from nbagents.sessions.sqlite.list_sessions import list_sessions, search_sessions
    from nbagents.sessions.sqlite.session import SQLiteSession
    from nbagents.sessions.table.apply_frame import apply_frame
    from nbagents.sessions.table.edit import edit
    from nbagents.sessions.table.edits import EditReport
    from nbagents.sessions.table.frame import to_frame
    from nbagents.tracing.capture.processor import NotebookTracingProcessor
    from nbagents.tracing.processors.console_processor import ConsoleTracingProcessor
    from nbagents.tracing.processors.exporters import add_exporter
    from nbagents.tracing.processors.file_processor import FileTracingProcessor
    from nbagents.tracing.record import SpanRecord, TraceRecord
    from nbagents.tracing.stored.store import TraceStore, last_trace, traces
    from nbagents.voice.config import VoicePipelineConfig
    from nbagents.voice.events import (
        VoiceStreamEventAgentResponse,
        VoiceStreamEventAudio,
        VoiceStreamEventError,
        VoiceStreamEventInterrupted,
        VoiceStreamEventTool,
        VoiceStreamEventTranscription,
        VoiceStreamEventTurnEnded,
    )
    from nbagents.voice.pipeline import VoicePipeline
    from nbagents.widgets.run.chat_panel import chat
    from nbagents.widgets.session.session_grid import SessionGrid
    from nbagents.widgets.sound.microphone import Microphone
    from nbagents.widgets.sound.speaker import Speaker
    from nbagents.widgets.talk.realtime_panel import RealtimePanel
    from nbagents.widgets.talk.voice_panel import VoicePanel
    from nbagents.widgets.trace.trace_view import TraceView

_EXPORTS = {
    "CachedAgent": "nbagents.run.cache.cached_agent",
    "Cassette": "nbagents.replay.cassette.cassette",
    "CompressedSession": "nbagents.sessions.compressed_session",
    "ConsoleTracingProcessor": "nbagents.tracing.processors.console_processor",
    "EditReport": "nbagents.sessions.table.edits",
    "Microphone": "nbagents.widgets.sound.microphone",
    "FileTracingProcessor": "nbagents.tracing.processors.file_processor",
    "NotebookTracingProcessor": "nbagents.tracing.capture.processor",
    "OpenAIConversationsSession": "nbagents.sessions.conversations.session",
    "RealtimeAgent": "nbagents.realtime.agent",
    "RealtimeAudioEvent": "nbagents.realtime.events",
    "RealtimeConfig": "nbagents.realtime.config",
    "RealtimeFunctionCallEvent": "nbagents.realtime.events",
    "RealtimePanel": "nbagents.widgets.talk.realtime_panel",
    "RealtimeRawEvent": "nbagents.realtime.events",
    "RealtimeSession": "nbagents.realtime.session",
    "RealtimeTextEvent": "nbagents.realtime.events",
    "RedisSession": "nbagents.sessions.redis.session",
    "SQLiteSession": "nbagents.sessions.sqlite.session",
    "SessionGrid": "nbagents.widgets.session.session_grid",
    "SpanRecord": "nbagents.tracing.record",
    "Speaker": "nbagents.widgets.sound.speaker",
    "TraceRecord": "nbagents.tracing.record",
    "TraceStore": "nbagents.tracing.stored.store",
    "TraceView": "nbagents.widgets.trace.trace_view",
    "VoicePanel": "nbagents.widgets.talk.voice_panel",
    "VoicePipeline": "nbagents.voice.pipeline",
    "VoicePipelineConfig": "nbagents.voice.config",
    "VoiceStreamEventAgentResponse": "nbagents.voice.events",
    "VoiceStreamEventAudio": "nbagents.voice.events",
    "VoiceStreamEventError": "nbagents.voice.events",
    "VoiceStreamEventInterrupted": "nbagents.voice.events",
    "VoiceStreamEventTool": "nbagents.voice.events",
    "VoiceStreamEventTranscription": "nbagents.voice.events",
    "VoiceStreamEventTurnEnded": "nbagents.voice.events",
    "add_exporter": "nbagents.tracing.processors.exporters",
    "apply_frame": "nbagents.sessions.table.apply_frame",
    "chat": "nbagents.widgets.run.chat_panel",
    "compare": "nbagents.run.batch.compare",
    "disable": "nbagents.notebook.enable",
    "edit": "nbagents.sessions.table.edit",
    "enable": "nbagents.notebook.enable",
    "execute_tools_parallel": "nbagents.run.tools",
    "from_wav": "nbagents.audio.wav",
    "last_trace": "nbagents.tracing.stored.store",
    "list_sessions": "nbagents.sessions.sqlite.list_sessions",
    "map_agent": "nbagents.run.batch.map_agent",
    "openai_client": "nbagents.replay.wire.client",
    "realtime_model": "nbagents.replay.realtime",
    "search_sessions": "nbagents.sessions.sqlite.list_sessions",
    "sync_openai_client": "nbagents.replay.wire.client",
    "to_frame": "nbagents.sessions.table.frame",
    "to_wav": "nbagents.audio.wav",
    "traces": "nbagents.tracing.stored.store",
}

__all__ = [
    "CachedAgent",
    "Cassette",
    "CompressedSession",
    "ConsoleTracingProcessor",
    "EditReport",
    "FileTracingProcessor",
    "Microphone",
    "NotebookTracingProcessor",
    "OpenAIConversationsSession",
    "RealtimeAgent",
    "RealtimeAudioEvent",
    "RealtimeConfig",
    "RealtimeFunctionCallEvent",
    "RealtimePanel",
    "RealtimeRawEvent",
    "RealtimeSession",
    "RealtimeTextEvent",
    "RedisSession",
    "SQLiteSession",
    "SessionGrid",
    "SpanRecord",
    "Speaker",
    "TraceRecord",
    "TraceStore",
    "TraceView",
    "VoicePanel",
    "VoicePipeline",
    "VoicePipelineConfig",
    "VoiceStreamEventAgentResponse",
    "VoiceStreamEventAudio",
    "VoiceStreamEventError",
    "VoiceStreamEventInterrupted",
    "VoiceStreamEventTool",
    "VoiceStreamEventTranscription",
    "VoiceStreamEventTurnEnded",
    "__version__",
    "add_exporter",
    "apply_frame",
    "chat",
    "compare",
    "disable",
    "edit",
    "enable",
    "execute_tools_parallel",
    "from_wav",
    "last_trace",
    "list_sessions",
    "map_agent",
    "openai_client",
    "realtime_model",
    "search_sessions",
    "sync_openai_client",
    "to_frame",
    "to_wav",
    "traces",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the table's values are classes and functions alike
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(__all__) | {"load_ipython_extension", "unload_ipython_extension"})


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - IPython passes its shell
    """Run by ``%load_ext nbagents``: the same as ``enable()``, with the magics."""
    from nbagents.notebook.extension import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - IPython passes its shell
    """Run by ``%unload_ext nbagents``."""
    from nbagents.notebook.extension import unload

    unload(ipython)
