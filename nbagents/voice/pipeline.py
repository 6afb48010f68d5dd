"""Speech in, speech out: an agent behind a stream of sound, with interruptions."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
from agents import Agent

from nbagents._given import check_given, check_session
from nbagents._loops import call_soon, unasked
from nbagents._now import overall_us
from nbagents.audio.detectors import DETECTOR_RATE
from nbagents.audio.resample import check_rate
from nbagents.errors import VoiceError
from nbagents.voice.answering import Answering, Talk
from nbagents.voice.config import VoicePipelineConfig
from nbagents.voice.ears import Ears
from nbagents.voice.engines import choose_engines
from nbagents.voice.event_queue import EventQueue
from nbagents.voice.turn import VoiceTurn

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from agents.memory import Session
    from agents.voice import STTModel, TTSModel

    from nbagents.audio.activity import SpeechEnded, VoiceActivity
    from nbagents.audio.pcm16 import Samples
    from nbagents.voice.events import VoiceStreamEvent
    from nbagents.voice.utterance import Utterance

__all__ = ["VoicePipeline"]

_NOTHING: Samples = np.zeros(0, np.int16)
_LONGEST = 60 * DETECTOR_RATE  # samples that are heard again: noise must not gather
_WAITING = 256  # events that wait for whoever iterates; past that the answer is made no faster than it is taken


class VoicePipeline:
    """Talks: finds utterances in a stream of sound, lets an agent answer, and speaks the answer.

    Each turn runs on the SDK's ``agents.voice.VoicePipeline`` and is a trace of its own.

    Args:
        agent: Who answers.
        config: The settings; the defaults where None.
        tts_model: What speaks; by default as ``config`` says.
        stt_model: What recognises; likewise.
        session: The conversation, any session of the SDK's protocol; by default one in memory.
        keep_audio: Whether ``turns`` keep what was said and spoken as sound, some 80 KB a second.

    Attributes:
        agent: Who answers next, after handoffs.
        session: The conversation.
        turns: What was said and answered so far.
        keep_audio: May be changed at any time.

    Raises:
        ConfigError: An argument that is of another kind.
        MissingExtraError: A local engine is not installed, and there is no key.

    Example:
        In a notebook, with a page's microphone and loudspeaker::

            pipeline, speaker = VoicePipeline(agent), Speaker()
            async for event in pipeline.process_audio_stream(Microphone()):
                match event:
                    case VoiceStreamEventTranscription(text, is_final=True):
                        print("you:", text)
                    case VoiceStreamEventAudio(data):
                        speaker.write(data)
                    case VoiceStreamEventInterrupted():
                        speaker.clear()
    """

    def __init__(  # noqa: PLR0913 - what a voice pipeline is made of; all but the agent have defaults
        self,
        agent: Agent[Any],
        config: VoicePipelineConfig | None = None,
        tts_model: TTSModel | None = None,
        stt_model: STTModel | None = None,
        session: Session | None = None,
        *,
        keep_audio: bool = False,
    ) -> None:
        self.config = config if config is not None else VoicePipelineConfig()
        fits = isinstance(self.config, VoicePipelineConfig)
        check_given("config", config, "an nbagents.VoicePipelineConfig", fits=fits)
        check_given(
            "agent", agent, 'an agents.Agent, such as Agent(name="Support")', fits=isinstance(agent, Agent)
        )
        if session is not None:
            check_session("session", session)
        self.agent = agent
        self.session = session if session is not None else _session_in_memory()
        self.turns: list[VoiceTurn] = []
        self.keep_audio = keep_audio
        self._engines = choose_engines(self.config, stt_model, tts_model)
        self._group_id = f"voice_{uuid.uuid4().hex}"
        self._current: Answering | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._interrupting: asyncio.Future[None] | None = None  # kept: a loop does not keep its tasks
        self._context: object = None
        self._activity: VoiceActivity | None = None
        self._held = False
        self._unheard = _NOTHING
        self._events = EventQueue(_WAITING)

    def __repr__(self) -> str:
        return f"<VoicePipeline {self.agent.name!r}, {self.engines}>"

    @property
    def engines(self) -> str:
        """Which models hear and speak, in a line."""
        return self._engines.note

    @property
    def engines_hint(self) -> str:
        """What would make them hear better, or nothing."""
        return self._engines.hint

    @property
    def tts_model(self) -> TTSModel:
        """What speaks."""
        return self._engines.tts

    @property
    def answering(self) -> bool:
        """Whether an answer is being made."""
        return self._current is not None and self._current.answering

    def report_played(self, samples: int) -> None:
        """Say how much of this turn's sound was really played; may be called on any thread.

        Without it, as much is taken for heard as can have been played since the turn's first sound.

        Args:
            samples: Samples at 24 kHz since the turn's first.
        """
        if self._current is not None:
            self._current.spoken.report(samples)

    def hold(self, down: bool) -> None:  # noqa: FBT001 - a button has two states
        """Say that the button of push-to-talk is held or let go; may be called on any thread.

        While it is held no silence ends the utterance. To end it, send an empty piece after letting go.
        """
        self._held = down  # for a stream that is only being begun
        if self._activity is not None:
            self._activity.held = down

    def interrupt(self) -> None:
        """Stop the answer, as speech does; may be called on any thread, and does nothing where nobody talks."""
        current, loop = self._current, self._loop
        if current is not None and loop is not None:
            call_soon(loop, self._interrupt_here, current)

    def _interrupt_here(self, current: Answering) -> None:
        if current is self._current:  # else another turn has begun meanwhile, which nobody wants to stop
            self._interrupting = unasked(asyncio.ensure_future(self.speech_started()))

    async def process_audio_stream(
        self, audio_stream: AsyncIterable[bytes], context: object = None
    ) -> AsyncIterator[VoiceStreamEvent]:
        """Talk for as long as a stream of sound lasts.

        Args:
            audio_stream: PCM16, in pieces of any length, at ``config.input_sample_rate`` or at the stream's own
                ``rate``. An empty piece says that the utterance is over, as when a button is let go.
            context: Passed to the agent's runs.

        Yields:
            Events in the order in which they happen. What fails is a ``VoiceStreamEventError``, and the next turn
            works.

        Raises:
            VoiceError: The pipeline is already talking.
            ConfigError: It is no stream, or its ``rate`` is not a sample rate.
        """
        if self._loop is not None:
            raise VoiceError(
                "this pipeline is talking already; end that stream first, or make another pipeline", stage="listen"
            )
        rate = check_rate(getattr(audio_stream, "rate", self.config.input_sample_rate), "rate")
        wanted = "a stream of sound, such as Microphone() or an async generator that yields bytes"
        check_given("audio_stream", audio_stream, wanted, fits=hasattr(audio_stream, "__aiter__"))
        self._loop, self._context, self._events = asyncio.get_running_loop(), context, EventQueue(_WAITING)
        self._activity = self.config.activity(rate)
        self._activity.held = self._held
        ears = Ears(self._activity, self._engines.stt, self)
        listening = asyncio.create_task(self._listen(ears, audio_stream))
        try:
            while (event := await self._events.get()) is not None:
                yield event
        finally:
            left = not listening.done()  # whoever iterated has left in the middle, and hears no more
            listening.cancel()
            ears.close()
            await asyncio.wait({listening})
            if left and self._current is not None:
                await self._events.leave()
                await self._current.interrupt(self._events.drop_sound)
            self._finish_turn()
            self._loop = None

    async def tell(self, event: VoiceStreamEvent) -> None:
        """Give an event to whoever iterates; called by the parts of the pipeline."""
        await self._events.put(event)

    async def speech_started(self) -> None:
        """Stop talking, since somebody else does; called by the parts of the pipeline."""
        current = self._current
        if current is not None and current.audible:
            await current.interrupt(self._events.drop_sound)
            if not current.turn.understood:  # a pause within a sentence: its beginning is heard with its end
                self._unheard = current.samples[-_LONGEST:]

    async def speech_ended(self, ended: SpeechEnded, utterance: Utterance | None) -> None:
        """Answer an utterance; called by the parts of the pipeline."""
        self._finish_turn()
        turn = VoiceTurn(len(self.turns) + 1, overall_us() / 1e6 - ended.silence_ms / 1000)
        turn.reach("heard")
        self.turns.append(turn)
        talk = Talk(self.agent, self.session, self._context, self._engines, self.config, self._group_id)
        self._current = Answering(talk, turn, self.tell, keep_audio=self.keep_audio)
        unheard, self._unheard = self._unheard, _NOTHING
        self._current.start(np.concatenate([unheard, ended.samples]), utterance)

    def _finish_turn(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            self.agent = current.workflow.agent

    async def _listen(self, ears: Ears, audio_stream: AsyncIterable[bytes]) -> None:
        try:
            await ears.listen(audio_stream)
            if self._current is not None:
                await self._current.done()
        finally:
            await self._events.end()


def _session_in_memory() -> Session:
    from nbagents.sessions.sqlite.session import SQLiteSession

    return SQLiteSession(f"voice-{uuid.uuid4().hex[:8]}", ":memory:")
