"""One turn on the SDK's voice pipeline: from an utterance to the last of its sound, or to the interruption."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from agents.voice import (
    AudioInput,
    STTModelSettings,
    TTSModelSettings,
    VoicePipeline,
    VoicePipelineConfig,
)

from nbagents.audio.detectors import DETECTOR_RATE
from nbagents.errors import VoiceError
from nbagents.voice.cut import cut_session
from nbagents.voice.events import (
    VoiceStreamEventAudio,
    VoiceStreamEventError,
    VoiceStreamEventInterrupted,
    VoiceStreamEventTranscription,
    VoiceStreamEventTurnEnded,
)
from nbagents.voice.heard import Spoken, SpokenTTSModel, first_words
from nbagents.voice.streamed import streamed
from nbagents.voice.utterance import HeardSTTModel
from nbagents.voice.workflow import AgentWorkflow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agents import Agent
    from agents.memory import Session

    from nbagents.audio.pcm16 import Samples
    from nbagents.voice.config import VoicePipelineConfig as Config
    from nbagents.voice.engines import Engines
    from nbagents.voice.events import VoiceStreamEvent
    from nbagents.voice.turn import VoiceTurn
    from nbagents.voice.utterance import Utterance

__all__ = ["Answering", "Talk", "split_text"]

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
_SHORTEST = 12  # characters: what is shorter is spoken with what follows


def split_text(text: str) -> tuple[str, str]:
    """Split off the sentences that are complete, for the SDK's ``text_splitter``.

    Example:
        >>> split_text("It is eighteen degrees. There is a lit")
        ('It is eighteen degrees.', 'There is a lit')
        >>> split_text("No. Wai")
        ('', 'No. Wai')
    """
    ends = [match for match in _SENTENCE_END.finditer(text) if match.start() >= _SHORTEST]
    return (text[: ends[-1].start()].strip(), text[ends[-1].end() :]) if ends else ("", text)


@dataclass(frozen=True, slots=True)
class Talk:
    """Who talks, and how.

    Attributes:
        agent: Who answers.
        session: The conversation.
        context: Passed to the agent's runs.
        engines: What hears and speaks.
        config: The pipeline's settings.
        group_id: Ties the traces of a conversation together.
    """

    agent: Agent[Any]
    session: Session
    context: object
    engines: Engines
    config: Config
    group_id: str


class Answering:
    """One turn, from the end of an utterance on; it can be interrupted until its last sound was heard.

    Args:
        talk: Who talks, and how.
        turn: Takes what happens down.
        tell: Is awaited with every event, in order.
        keep_audio: Whether the turn keeps its sound.
    """

    def __init__(
        self,
        talk: Talk,
        turn: VoiceTurn,
        tell: Callable[[VoiceStreamEvent], Awaitable[None]],
        *,
        keep_audio: bool,
    ) -> None:
        self.turn = turn
        self.samples: Samples = np.zeros(0, np.int16)
        self.spoken = Spoken()
        self.workflow = AgentWorkflow(talk.agent, talk.session, talk.context, turn, tell)
        self._session = talk.session
        self._engines = talk.engines
        self._tell = tell
        self._keep_audio = keep_audio
        self._task: asyncio.Task[None] | None = None
        self._complete = False  # there is nothing left but to say so
        self._interrupting = asyncio.Lock()
        self._settings = VoicePipelineConfig(
            workflow_name="Voice turn",
            group_id=talk.group_id,
            trace_include_sensitive_audio_data=False,
            stt_settings=STTModelSettings(language=talk.config.stt_language),
            tts_settings=TTSModelSettings(voice=_voice(talk.config), buffer_size=2, text_splitter=split_text),
        )

    def start(self, samples: Samples, utterance: Utterance | None) -> None:
        """Begin to answer.

        Args:
            samples: The utterance, int16 at 16 kHz.
            utterance: What a model that listens along has heard of it, or None.
        """
        self.samples = samples
        self.workflow.begin()
        self._task = asyncio.create_task(self._run(samples, utterance))
        self._task.add_done_callback(lambda _: self._let_go(utterance))  # also where it was cancelled unbegun

    @property
    def answering(self) -> bool:
        """Whether the answer is still being made."""
        return self._task is not None and not self._complete and not self._task.done()

    @property
    def audible(self) -> bool:
        """Whether there is sound that was not heard yet, or more to come."""
        return self.answering or self.spoken.heard_samples < self.spoken.handed_out

    async def done(self) -> None:
        """Wait until the answer is complete or was interrupted."""
        if self._task is not None:
            await asyncio.wait({self._task})
        async with self._interrupting:
            pass  # an interruption is over, and the session is what it will be

    async def interrupt(self, drop_sound: Callable[[], Awaitable[None]]) -> None:
        """Stop answering; the turn and the session keep what was heard. Again is nothing.

        Args:
            drop_sound: Forgets the sound that nobody has taken yet.
        """
        async with self._interrupting:
            if not self.turn.interrupted:
                await self._interrupt(drop_sound)

    async def _interrupt(self, drop_sound: Callable[[], Awaitable[None]]) -> None:
        turn, words, unfinished = self.turn, self.spoken.heard_words(), self.answering
        complete = turn.answer
        turn.interrupted = True
        turn.answer = first_words(complete, words)
        if unfinished and self._task is not None:
            self._task.cancel()
        await drop_sound()
        self.spoken.stop()
        await self._tell(VoiceStreamEventInterrupted(turn.answer))
        if unfinished and self._task is not None:
            await asyncio.wait({self._task})
            await self._tell(VoiceStreamEventTurnEnded(turn))
        try:
            if turn.text:
                await cut_session(self._session, self.workflow.before, turn.text, complete, words)
        except Exception as exc:  # noqa: BLE001 - any session's code; the talk goes on, and it is told
            await self._fail(exc)

    async def _run(self, samples: Samples, utterance: Utterance | None) -> None:
        try:
            await self._answer(samples, utterance)
        except Exception as exc:  # noqa: BLE001 - whatever a model or tool raises: it is told, and the next turn works
            await self._fail(exc)
        self._complete = True
        await self._tell(VoiceStreamEventTurnEnded(self.turn))

    def _let_go(self, utterance: Utterance | None) -> None:
        self.workflow.end()
        if utterance is not None:
            utterance.cancel()

    async def _answer(self, samples: Samples, utterance: Utterance | None) -> None:
        stt, tts = self._engines
        pipeline = VoicePipeline(
            workflow=self.workflow,
            stt_model=streamed(stt, self._partial) if utterance is None else HeardSTTModel(stt, utterance),
            tts_model=SpokenTTSModel(tts, self.spoken),
            config=self._settings,
        )
        if self._keep_audio:
            self.turn.said, self.turn.spoken = samples.tobytes(), b""
        result = await pipeline.run(AudioInput(samples, frame_rate=DETECTOR_RATE))
        async for event in result.stream():
            if event.type == "voice_stream_event_audio" and event.data is not None:
                await self._hand_out(event.data.tobytes())
        if self.turn.text and not self.turn.answer:
            raise VoiceError("the agent answered nothing", stage="answer")
        if self.turn.answer.strip() and not self.spoken.handed_out:
            raise VoiceError(f"{tts.model_name} made no sound of the answer", stage="speak")

    async def _partial(self, text: str) -> None:
        await self._tell(VoiceStreamEventTranscription(text, is_final=False))

    async def _hand_out(self, data: bytes) -> None:
        self.turn.reach("first sound")
        self.spoken.hand_out(len(data) // 2)
        if self.turn.spoken is not None:
            self.turn.spoken += data
        await self._tell(VoiceStreamEventAudio(data, "pcm16"))

    async def _fail(self, exc: Exception) -> None:
        error = (
            exc if isinstance(exc, VoiceError) else VoiceError(f"{type(exc).__name__}: {exc}", stage=self._stage())
        )
        if error is not exc:
            error.__cause__ = exc
        self.turn.error = f"{error.stage}: {error}"
        await self._tell(VoiceStreamEventError(error))

    def _stage(self) -> str:
        if not self.turn.understood:
            return "transcribe"
        return "speak" if any(not segment.complete for segment in self.spoken.segments) else "answer"


def _voice(config: Config) -> Any:  # noqa: ANN401 - the SDK names the voices of today; OpenAI may have more
    return config.tts_voice
