"""Listening: a stream of bytes becomes utterances, and whoever speaks is noticed at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from nbagents._loops import unasked
from nbagents.audio.activity import SpeechEnded, SpeechHeard, SpeechStarted
from nbagents.audio.pcm16 import from_bytes
from nbagents.errors import AudioError, NbAgentsError, VoiceError
from nbagents.voice.events import VoiceStreamEventError, VoiceStreamEventTranscription
from nbagents.voice.utterance import ListeningModel, Utterance

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from agents.voice import STTModel

    from nbagents.audio.activity import VoiceActivity
    from nbagents.voice.events import VoiceStreamEvent

__all__ = ["Conversation", "Ears"]


class Conversation(Protocol):
    """What is done about what is heard."""

    async def tell(self, event: VoiceStreamEvent) -> None:
        """Say what happened."""

    async def speech_started(self) -> None:
        """Stop talking: somebody else does."""

    async def speech_ended(self, ended: SpeechEnded, utterance: Utterance | None) -> None:
        """Answer."""


class Ears:
    """Listens to one stream.

    Args:
        activity: Finds utterances.
        model: Recognises them; one that listens along gives partial transcripts.
        conversation: Is told.
    """

    def __init__(self, activity: VoiceActivity, model: STTModel, conversation: Conversation) -> None:
        self._activity = activity
        self._model = model
        self._conversation = conversation
        self._odd = b""  # half a sample, whose other half is in the next piece
        self._utterance: Utterance | None = None

    async def listen(self, audio_stream: AsyncIterable[bytes]) -> None:
        """Listen until the stream ends; one that breaks off is told, and what was said before is answered."""
        loading = self._load()
        try:
            async for piece in audio_stream:
                await self._take(piece)
            self._check_whole()
        except NbAgentsError as exc:
            await self._conversation.tell(VoiceStreamEventError(exc))
        except Exception as exc:  # noqa: BLE001 - whatever a stream raises: it is told
            error = VoiceError(f"the sound broke off: {type(exc).__name__}: {exc}", stage="listen")
            error.__cause__ = exc
            await self._conversation.tell(VoiceStreamEventError(error))
        await self._hear(self._activity.end())
        await loading

    def _load(self) -> asyncio.Future[None]:
        """Let the model load while nobody speaks yet; what is wrong with it is told by the first turn."""

        def load() -> None:
            """Load the model; on a thread, as it may take seconds."""
            if isinstance(self._model, ListeningModel):
                with suppress(NbAgentsError):
                    self._model.load()

        return unasked(asyncio.ensure_future(asyncio.to_thread(load)))

    async def _take(self, piece: bytes) -> None:
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise AudioError(f"a stream of sound yields bytes, not {type(piece).__name__}")
        if not len(piece):
            await self._hear(self._activity.end())
            return
        data = self._odd + bytes(piece)
        whole = len(data) // 2 * 2
        self._odd = data[whole:]
        await self._hear(self._activity.feed(from_bytes(data[:whole])))

    def _check_whole(self) -> None:
        if self._odd:
            raise AudioError("the stream ended in the middle of a sample: PCM16 has two bytes for each")

    async def _hear(self, heard: Iterable[SpeechStarted | SpeechHeard | SpeechEnded]) -> None:
        for what in heard:
            if isinstance(what, SpeechEnded):
                utterance, self._utterance = self._utterance, None
                await self._conversation.speech_ended(what, utterance)
                continue
            if isinstance(what, SpeechStarted):
                await self._conversation.speech_started()
                self._utterance = self._new_utterance()
            if self._utterance is not None:
                self._utterance.feed(what.samples)

    def _new_utterance(self) -> Utterance | None:
        return Utterance(self._model, self._partial) if isinstance(self._model, ListeningModel) else None

    async def _partial(self, text: str) -> None:
        await self._conversation.tell(VoiceStreamEventTranscription(text, is_final=False))

    def close(self) -> None:
        """Listen no more."""
        if self._utterance is not None:
            self._utterance.cancel()
