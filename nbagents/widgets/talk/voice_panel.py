"""The voice panel: a spoken conversation under a cell, with captions, tools, and where the time went.

The protocol is written at the top of ``voice_panel.js``; this side of it, beside what ``talk.py`` says:

=====================  ==========================================================================
from the page          what is done
=====================  ==========================================================================
``replay`` (number)    a turn's answer is played again
=====================  ==========================================================================
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents._given import check_given
from nbagents._short import short
from nbagents.audio.stages import stages
from nbagents.errors import ConfigError
from nbagents.voice.conversation import Conversation
from nbagents.voice.events import (
    VoiceStreamEventAgentResponse,
    VoiceStreamEventAudio,
    VoiceStreamEventError,
    VoiceStreamEventInterrupted,
    VoiceStreamEventTranscription,
    VoiceStreamEventTurnEnded,
)
from nbagents.voice.frame import turns_frame
from nbagents.voice.pipeline import VoicePipeline
from nbagents.voice.save import save_turns
from nbagents.voice.static import turns_html, turns_text
from nbagents.widgets.module import module_text
from nbagents.widgets.talk.talk import TalkPanel
from nbagents.widgets.wire import CAPTION_CHARACTERS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

    from nbagents.tracing.record import TraceRecord
    from nbagents.voice.events import VoiceStreamEvent
    from nbagents.voice.turn import VoiceTurn
    from nbagents.widgets.live import Request

__all__ = ["VoicePanel"]

PRE_ROLL_FRAMES = 15  # 300 ms from before the button was pressed


class VoicePanel(TalkPanel):
    """A spoken conversation with an agent, under a cell.

    Push the round button or hold the space bar to talk, or turn on hands-free. It runs on a thread of its own, so
    that it goes on while a cell is busy. Every turn is a trace of its own.

    Args:
        pipeline: What hears, answers and speaks; an agent of the SDK's is given a pipeline with the defaults.
        context: Passed to the agent's runs.
        keep_audio: Whether what was said and spoken is kept, for ``save`` and to replay it as it sounded; None
            leaves it as the pipeline has it.

    Attributes:
        pipeline: As given.

    Raises:
        ConfigError: An argument that does not exist, or no pipeline.

    Example:
        In a cell::

            panel = VoicePanel(VoicePipeline(agent, session=SQLiteSession("talk")))
            panel
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))
    _KNOWN: ClassVar = ("pipeline", "context", "keep_audio")

    def __init__(
        self,
        pipeline: Any,  # noqa: ANN401 - a pipeline, or an agent of the SDK's
        *,
        context: object = None,
        keep_audio: bool | None = None,
        **unknown: object,
    ) -> None:
        self.pipeline = _pipeline_of(pipeline)
        if keep_audio is not None:
            self.pipeline.keep_audio = keep_audio
        self._open_devices()
        self._conversation = Conversation(self.pipeline, self._take, context, self.microphone.rate)
        self._hands_free = self._talking = False
        self._caption = ""  # what is understood of an utterance that goes on
        self._trouble = ""
        self._replaying: int | None = None
        self._made: int | None = None  # the turn that is being spoken anew
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL_FRAMES)
        self._sent: dict[int, dict[str, Any]] = {}
        self.microphone.on_frame(self._on_heard)
        self.speaker.on_played(self._on_played)
        self.speaker.on_stop(self._on_stopped)
        super().__init__(unknown)

    @property
    def turns(self) -> list[VoiceTurn]:
        """What was said and answered so far."""
        return self.pipeline.turns

    def talk(self, down: bool) -> None:  # noqa: FBT001 - a button has two states
        """Press or let go the button of push-to-talk."""
        with self._lock:
            if down == self._talking:
                return
            self._talking = down
            waiting = [] if self._hands_free else list(self._before)
            self._before.clear()
        self._conversation.start()
        self.pipeline.hold(down)
        if down:
            self.stop()
            self.microphone.start()
            for frame in waiting:
                self._conversation.feed(frame)
        else:
            self._conversation.feed(b"")
            self._renew_static_form()  # not while the button is held: it is drawn anew, and would be let go
        self._paint_soon()

    def hands_free(self, on: bool) -> None:  # noqa: FBT001 - a switch has two states
        """Listen to all that is heard, or to nothing; silence ends an utterance."""
        self._hands_free = on
        if on:
            self._conversation.start()
            self.microphone.start()
        else:
            self._conversation.feed(b"")
            self.microphone.stop()
        self._paint_soon()

    def stop(self) -> None:
        """End the answer at once, or what is replayed; the session keeps what was heard."""
        self._replaying = self._made = None
        self.pipeline.interrupt()
        self.speaker.clear()
        self._paint_soon()

    def replay(self, number: int) -> None:
        """Play a turn's answer again: as it sounded where audio was kept, else spoken anew.

        Args:
            number: The turn, from 1.

        Raises:
            ConfigError: There is no such turn.
        """
        turn = self._turn(number)
        self.stop()
        self._replaying = number
        if turn.spoken:
            self.speaker.write(turn.spoken)
        else:
            self._made = number
            threading.Thread(target=lambda: asyncio.run(self._speak(turn)), daemon=True).start()
        self._paint_soon()

    def trace(self, number: int | None = None) -> TraceRecord:
        """Return a turn's trace, from the file beside the notebook.

        Args:
            number: The turn, from 1; None is the last.

        Raises:
            ConfigError: There is no such turn.
            TraceNotFoundError: It is not in the file: nbagents was not enabled.
        """
        from nbagents.tracing.stored.store import TraceStore

        turn = self._turn(len(self.turns) if number is None else number)
        return TraceStore().get(turn.trace_id or "")

    def transcript(self) -> pd.DataFrame:
        """Return the conversation as a frame, one row for each turn; times in ms by stage."""
        return turns_frame(self.turns)

    def save(self, path: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write the conversation as JSON lines and, where audio was kept, as a WAV file.

        Args:
            path: The files' name, without an ending.

        Returns:
            The files that were written.

        Raises:
            OSError: The folder does not exist, or cannot be written.
        """
        return save_turns(self.turns, path)

    def close(self) -> None:
        """Hear and say no more."""
        if "_conversation" in vars(self):  # not where __init__ raised
            self._conversation.stop()
        super().close()

    def static_forms(self) -> tuple[str, str]:
        """Return the transcript and the latencies: HTML without a script, and the same facts as text."""
        return turns_html(self.turns, self.pipeline.engines), turns_text(self.turns, self.pipeline.engines)

    def _turn(self, number: int) -> VoiceTurn:
        if not 1 <= number <= len(self.turns):
            raise ConfigError(
                f"there is no turn {number}; there are {len(self.turns)}", name="number", value=number
            )
        return self.turns[number - 1]

    async def _speak(self, turn: VoiceTurn) -> None:
        from agents.voice import TTSModelSettings

        try:
            async for chunk in self.pipeline.tts_model.run(turn.answer, TTSModelSettings()):
                if self._made != turn.number:
                    return
                self.speaker.write(chunk)
        except Exception as exc:  # noqa: BLE001 - said in the panel: this thread has nobody to raise to
            self._trouble = f"{type(exc).__name__}: {exc}"
        if self._made == turn.number:
            self._made = None
            self._on_played(self.speaker.played)

    def _on_heard(self, frame: bytes) -> None:
        if self._hands_free or self._talking:
            self._conversation.feed(frame)
        else:
            self._before.append(frame)

    def _on_played(self, played: int) -> None:
        if self._replaying is None:
            self.pipeline.report_played(played)
        if not self.speaker.playing and self._made is None:
            self._replaying = None
            self._paint_soon()

    def _on_stopped(self, played: int) -> None:
        if self._replaying is None:
            self.pipeline.report_played(played)
            self.pipeline.interrupt()
        self._replaying = self._made = None
        self._paint_soon()

    def _take(self, event: VoiceStreamEvent) -> None:
        match event:
            case VoiceStreamEventAudio():
                self.speaker.write(event.audio_data)
            case VoiceStreamEventInterrupted() if self._replaying is None:
                self.speaker.clear()
            case VoiceStreamEventTranscription(is_final=False):
                self._caption = event.text
            case VoiceStreamEventTranscription():
                self._caption = ""
                self.speaker.clear()  # counts the samples of this turn from 0
            case VoiceStreamEventError():
                self._trouble = str(event.error)
            case VoiceStreamEventAgentResponse():
                self._trouble = ""
            case VoiceStreamEventTurnEnded() if not self._talking:
                self._renew_static_form()
        self._paint_soon()

    def _news(self, *, reset: bool) -> dict[str, Any]:
        told = {turn.number: _facts(turn) for turn in self.turns}
        changed = [facts for number, facts in told.items() if reset or self._sent.get(number) != facts]
        self._sent = told
        return {"turns": changed}

    def _state(self) -> dict[str, Any]:
        return {
            "hands_free": self._hands_free,
            "talking": self._talking,
            "caption": self._caption,
            "answering": self.pipeline.answering,
            "speaking": self.speaker.playing,
            "replaying": self._replaying,
            "engines": self.pipeline.engines,
            "hint": self.pipeline.engines_hint,
            "trouble": self._trouble,
        }

    def _on_talk(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.talk(bool(message["down"]))

    def _on_hands_free(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.hands_free(bool(message["on"]))

    def _on_stop(self, _message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.stop()

    def _on_replay(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self.replay(int(message["number"]))

    _requests: ClassVar[Mapping[str, Request]] = {
        **TalkPanel._requests,  # noqa: SLF001 - its own
        "talk": _on_talk,
        "hands_free": _on_hands_free,
        "stop": _on_stop,
        "replay": _on_replay,
    }


def _facts(turn: VoiceTurn) -> dict[str, Any]:
    facts = turn.facts()
    for call in facts["tools"]:
        call["output"] = None if call["output"] is None else short(call["output"], CAPTION_CHARACTERS)
    return {**facts, "stages": [stage.facts() for stage in stages(turn.stages)]}


def _pipeline_of(given: Any) -> VoicePipeline:  # noqa: ANN401 - a pipeline, or an agent of the SDK's
    from agents import Agent

    if isinstance(given, VoicePipeline):
        return given
    check_given("pipeline", given, "an nbagents.VoicePipeline, or an agents.Agent", fits=isinstance(given, Agent))
    return VoicePipeline(given)
