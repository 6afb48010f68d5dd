"""See, edit and rerun OpenAI agents inside a Jupyter notebook.

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
    from nbagents.replay.cassette import Cassette
    from nbagents.replay.client import openai_client, sync_openai_client
    from nbagents.replay.realtime import realtime_model
    from nbagents.run.batch_compare import compare
    from nbagents.run.cached_agent import CachedAgent
    from nbagents.run.map_agent import map_agent
    from nbagents.run.tools import execute_tools_parallel
    from nbagents.sessions.apply_frame import apply_frame
    from nbagents.sessions.compressed_session import CompressedSession
    from nbagents.sessions.conversations_session import OpenAIConversationsSession
    from nbagents.sessions.edit import edit
    from nbagents.sessions.edits import EditReport
    from nbagents.sessions.frame import to_frame
    from nbagents.sessions.list_sessions import list_sessions, search_sessions
    from nbagents.sessions.redis_session import RedisSession
    from nbagents.sessions.sqlite_session import SQLiteSession
    from nbagents.tracing.console_processor import ConsoleTracingProcessor
    from nbagents.tracing.exporters import add_exporter
    from nbagents.tracing.file_processor import FileTracingProcessor
    from nbagents.tracing.processor import NotebookTracingProcessor
    from nbagents.tracing.record import SpanRecord, TraceRecord
    from nbagents.tracing.store import TraceStore, last_trace, traces
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
    from nbagents.widgets.chat_panel import chat
    from nbagents.widgets.microphone import Microphone
    from nbagents.widgets.realtime_panel import RealtimePanel
    from nbagents.widgets.session_grid import SessionGrid
    from nbagents.widgets.speaker import Speaker
    from nbagents.widgets.trace_view import TraceView
    from nbagents.widgets.voice_panel import VoicePanel

_EXPORTS = {
    "CachedAgent": "nbagents.run.cached_agent",
    "Cassette": "nbagents.replay.cassette",
    "CompressedSession": "nbagents.sessions.compressed_session",
    "ConsoleTracingProcessor": "nbagents.tracing.console_processor",
    "EditReport": "nbagents.sessions.edits",
    "Microphone": "nbagents.widgets.microphone",
    "FileTracingProcessor": "nbagents.tracing.file_processor",
    "NotebookTracingProcessor": "nbagents.tracing.processor",
    "OpenAIConversationsSession": "nbagents.sessions.conversations_session",
    "RealtimeAgent": "nbagents.realtime.agent",
    "RealtimeAudioEvent": "nbagents.realtime.events",
    "RealtimeConfig": "nbagents.realtime.config",
    "RealtimeFunctionCallEvent": "nbagents.realtime.events",
    "RealtimePanel": "nbagents.widgets.realtime_panel",
    "RealtimeRawEvent": "nbagents.realtime.events",
    "RealtimeSession": "nbagents.realtime.session",
    "RealtimeTextEvent": "nbagents.realtime.events",
    "RedisSession": "nbagents.sessions.redis_session",
    "SQLiteSession": "nbagents.sessions.sqlite_session",
    "SessionGrid": "nbagents.widgets.session_grid",
    "SpanRecord": "nbagents.tracing.record",
    "Speaker": "nbagents.widgets.speaker",
    "TraceRecord": "nbagents.tracing.record",
    "TraceStore": "nbagents.tracing.store",
    "TraceView": "nbagents.widgets.trace_view",
    "VoicePanel": "nbagents.widgets.voice_panel",
    "VoicePipeline": "nbagents.voice.pipeline",
    "VoicePipelineConfig": "nbagents.voice.config",
    "VoiceStreamEventAgentResponse": "nbagents.voice.events",
    "VoiceStreamEventAudio": "nbagents.voice.events",
    "VoiceStreamEventError": "nbagents.voice.events",
    "VoiceStreamEventInterrupted": "nbagents.voice.events",
    "VoiceStreamEventTool": "nbagents.voice.events",
    "VoiceStreamEventTranscription": "nbagents.voice.events",
    "VoiceStreamEventTurnEnded": "nbagents.voice.events",
    "add_exporter": "nbagents.tracing.exporters",
    "apply_frame": "nbagents.sessions.apply_frame",
    "chat": "nbagents.widgets.chat_panel",
    "compare": "nbagents.run.batch_compare",
    "disable": "nbagents.notebook.enable",
    "edit": "nbagents.sessions.edit",
    "enable": "nbagents.notebook.enable",
    "execute_tools_parallel": "nbagents.run.tools",
    "from_wav": "nbagents.audio.wav",
    "last_trace": "nbagents.tracing.store",
    "list_sessions": "nbagents.sessions.list_sessions",
    "map_agent": "nbagents.run.map_agent",
    "openai_client": "nbagents.replay.client",
    "realtime_model": "nbagents.replay.realtime",
    "search_sessions": "nbagents.sessions.list_sessions",
    "sync_openai_client": "nbagents.replay.client",
    "to_frame": "nbagents.sessions.frame",
    "to_wav": "nbagents.audio.wav",
    "traces": "nbagents.tracing.store",
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
