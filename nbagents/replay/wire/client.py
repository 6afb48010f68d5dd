"""The OpenAI clients whose transport is the seam, and the one that agents use by default.

``install()`` gives the Agents SDK one ``AsyncOpenAI`` through its public ``set_default_openai_client``. Agents
look the default up at each run, so those made earlier use it too; those that hold it follow every change of mode,
because the mode acts in the transport and the client stays the same.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nbagents._location import current_environment, locate
from nbagents._now import set_clock
from nbagents.errors import ModeError
from nbagents.replay.mode import resolve_mode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openai import AsyncOpenAI, OpenAI

    from nbagents.replay.match.place import Before, Where
    from nbagents.replay.mode import Mode
    from nbagents.replay.wire.clients import AsyncSeamOpenAI, SeamOpenAI
    from nbagents.replay.wire.deck import Deck
    from nbagents.replay.wire.trace_export import TraceExport
    from nbagents.replay.wire.transport import Seam

__all__ = [
    "choose_mode",
    "current_deck",
    "current_mode",
    "install",
    "openai_client",
    "seam",
    "sync_openai_client",
    "uninstall",
]

_PLACEHOLDER_KEY = "no-key"  # local servers ask for none, but openai's client insists on one
_OPENAI_URL = "https://api.openai.com/v1"
_REACHING = frozenset({"live", "record"})


@dataclass
class _State:
    """The one seam of this process."""

    seam: Seam | None = None
    installed: AsyncOpenAI | None = None
    previous: AsyncOpenAI | None = None
    trace_export: TraceExport | None = None


_state = _State()
_lock = threading.RLock()
_clients: weakref.WeakSet[AsyncOpenAI | OpenAI] = weakref.WeakSet()

ClientT = TypeVar("ClientT", "AsyncSeamOpenAI", "SeamOpenAI")


def install(
    mode: str | None = None,
    *,
    where: Where | None = None,
    speed: float | None = None,
    before: Before | None = None,
) -> Mode:
    """Make the seam what agents use by default; again with another mode, switch it.

    Args:
        mode: "live", "offline", "record" or "replay"; None lets NBAGENTS_MODE, OPENAI_API_KEY and OPENAI_BASE_URL
            decide, and whether there is a cassette.
        where: Returns which cell runs; None leaves it as it is.
        speed: The factor on a recording's own times; None is NBAGENTS_REPLAY_SPEED.
        before: What was traced before into the same file; None leaves it as it is.

    Returns:
        The mode that applies now.

    Raises:
        ModeError: There is no such mode, or "live" or "record" has neither a key nor a server.
        ConfigError: The speed is not a number of 0 or more.
        CassetteError: The cassette is damaged, or in mode "replay" not there.
    """
    with _lock:
        chosen = choose_mode(mode)
        switched = _switch(chosen, where, speed, before)
        _derive_times(switched.deck)
        _install_client(switched)
        _install_trace_export(switched)
        return chosen


def uninstall() -> None:
    """Put back the default client and the trace exporter's connection as ``install`` found them.

    A default client that was set after ``install`` stays.
    """
    from agents.models import _openai_shared as shared  # the SDK has a public setter but no public getter

    from nbagents.replay.traces.trace_provider import restore
    from nbagents.replay.wire.guard import release

    with _lock:
        if _state.seam is not None:
            _state.seam.close_relay()
            _state.seam.deck.settle()
        release()
        restore()
        set_clock(None)
        if _state.installed is not None and shared.get_default_openai_client() is _state.installed:
            # The setter takes None in fact, not in its annotation.
            shared.set_default_openai_client(_state.previous)  # type: ignore[arg-type]
        _state.previous = None
        if _state.trace_export is not None:
            _state.trace_export.uninstall()
            _state.trace_export = None


def current_deck() -> Deck | None:
    """Return what is recorded on or replayed from, or None before the first use of the seam."""
    return None if _state.seam is None else _state.seam.deck


def current_mode() -> Mode:
    """Return the mode of the next request; before ``install``, the one it would choose."""
    return _state.seam.mode if _state.seam is not None else choose_mode()


def choose_mode(mode: str | None = None) -> Mode:
    """Return the mode that ``install`` would choose here.

    Args:
        mode: What is asked for; None lets the environment decide, and whether there is a cassette.

    Raises:
        ModeError: There is no such mode.
    """
    return resolve_mode(os.environ, mode, recorded=_cassette().is_file())


def openai_client() -> AsyncOpenAI:
    """Return a new asynchronous client that is live, offline, recorded or replayed, as the mode says.

    It may be closed like any other; the connections behind it stay.

    Raises:
        ModeError: The environment names a mode that cannot be used.

    Example:
        >>> async def ask(question):
        ...     answer = await openai_client().responses.create(model="gpt-4.1", input=question)
        ...     return answer.output_text
    """
    import openai

    from nbagents.replay.wire.clients import AsyncSeamOpenAI
    from nbagents.replay.wire.first_token import watch_async
    from nbagents.replay.wire.transport import AsyncSeamTransport

    current = seam()
    http_client = openai.DefaultAsyncHttpxClient(
        transport=AsyncSeamTransport(current), event_hooks={"response": [watch_async]}
    )
    return _follow(AsyncSeamOpenAI(api_key=_PLACEHOLDER_KEY, http_client=http_client), current)


def sync_openai_client() -> OpenAI:
    """Return a new synchronous client that is live, offline, recorded or replayed, as the mode says.

    Raises:
        ModeError: The environment names a mode that cannot be used.

    Example:
        >>> def ask(question):
        ...     return sync_openai_client().responses.create(model="gpt-4.1", input=question).output_text
    """
    import openai

    from nbagents.replay.wire.clients import SeamOpenAI
    from nbagents.replay.wire.first_token import watch
    from nbagents.replay.wire.transport import SeamTransport

    current = seam()
    http_client = openai.DefaultHttpxClient(transport=SeamTransport(current), event_hooks={"response": [watch]})
    return _follow(SeamOpenAI(api_key=_PLACEHOLDER_KEY, http_client=http_client), current)


def seam() -> Seam:
    """Return the one seam of this process; before ``install``, in the mode that it would choose.

    Raises:
        ModeError: The environment names a mode that cannot be used.
    """
    from nbagents.replay.wire.report import report_of

    with _lock:
        if _state.seam is not None:
            return _state.seam
        mode = choose_mode()
        report_of(os.environ).began(mode)
        return _switch(mode)


def _switch(
    mode: Mode, where: Where | None = None, speed: float | None = None, before: Before | None = None
) -> Seam:
    from nbagents.replay.wire.transport import Seam

    _check_reachable(mode, os.environ)
    switched = _state.seam or Seam(mode)
    switched.deck.before = before or switched.deck.before
    _load(switched.deck, mode, where, speed)
    switched.mode = mode
    _state.seam = switched
    for client in list(_clients):
        _configure(client, mode, os.environ)
    return switched


def _load(deck: Deck, mode: Mode, where: Where | None, speed: float | None) -> None:
    from nbagents.replay.wire.pace import checked_speed, replay_speed
    from nbagents.replay.wire.report import report_of

    deck.speed = replay_speed(os.environ) if speed is None else checked_speed(speed, name="speed")
    deck.where = where or deck.where
    deck.load(mode, _cassette(), report_of(os.environ))


def _cassette() -> Path:
    from nbagents.replay.cassette.path import cassette_path

    return cassette_path(locate(current_environment()), os.environ)


def _derive_times(deck: Deck) -> None:
    """Let ids and times of traces and sessions be the recording's in a replay, else their own."""
    from nbagents.replay.traces.trace_provider import derive, restore

    seed = str(deck.before.traces)
    if deck.clock is None:
        restore()
        set_clock(None)
    elif derive(deck.clock, deck.place, seed):
        set_clock(deck, seed)


def _install_client(switched: Seam) -> None:
    from agents import set_default_openai_client
    from agents.models._openai_shared import get_default_openai_client  # there is no public getter

    if _state.installed is None:
        _state.installed = openai_client()
    found = get_default_openai_client()
    if found is not _state.installed:
        _state.previous = found
        set_default_openai_client(_state.installed, use_for_tracing=False)
    _configure(_state.installed, switched.mode, os.environ)


def _install_trace_export(switched: Seam) -> None:
    from nbagents.replay.wire.trace_export import TraceExport

    if _state.trace_export is None:
        _state.trace_export = TraceExport(switched)
    _state.trace_export.install()


def _follow(client: ClientT, current: Seam) -> ClientT:
    client.seam = current
    _clients.add(client)
    _configure(client, current.mode, os.environ)
    return client


def _check_reachable(mode: Mode, variables: Mapping[str, str]) -> None:
    if mode in _REACHING and not (_key(variables) or variables.get("OPENAI_BASE_URL", "").strip()):
        raise ModeError(
            f"mode {mode!r} needs a model to reach: "
            "set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible server",
            name="mode",
            value=mode,
        )


def _configure(client: AsyncOpenAI | OpenAI, mode: Mode, variables: Mapping[str, str]) -> None:
    live = mode in _REACHING
    client.api_key = (_key(variables) if live else "") or _PLACEHOLDER_KEY
    client.base_url = variables.get("OPENAI_BASE_URL", "").strip() or _OPENAI_URL
    client.organization = variables.get("OPENAI_ORG_ID") if live else None
    client.project = variables.get("OPENAI_PROJECT_ID") if live else None
    client.websocket_base_url = variables.get("OPENAI_WEBSOCKET_BASE_URL")


def _key(variables: Mapping[str, str]) -> str:
    named = variables.get("OPENAI_API_KEY", "").strip()
    if named or "agents" not in sys.modules:
        return named
    from agents.models._openai_shared import get_default_openai_key  # what set_default_openai_key was given

    return get_default_openai_key() or ""
