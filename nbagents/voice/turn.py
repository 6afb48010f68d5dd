"""One spoken turn: what was said, what was answered, and where the time went."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from nbagents._now import overall_us
from nbagents.audio.stages import stages

__all__ = ["STAGES", "ToolCall", "VoiceTurn"]

STAGES = ("heard", "transcribed", "first token", "first sound")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that was called in a turn, as it stands.

    Attributes:
        call_id: Which call.
        name: The tool's name.
        arguments: Its arguments, as JSON.
        output: What it returned, as text; None while it runs.
    """

    call_id: str
    name: str
    arguments: str
    output: str | None = None


@dataclass(slots=True)
class VoiceTurn:
    """One spoken turn.

    Attributes:
        number: Counts the turns of a pipeline, from 1.
        started_at: When the speech ended, in seconds since 1970.
        text: What was said.
        answer: What was answered: of an interrupted turn, what was heard of it.
        agent_name: Who answered; empty before anybody did.
        tools: The tools that were called, in order.
        interrupted: Whether somebody spoke before the answer was over.
        error: What failed, or None.
        trace_id: The turn's trace, or None where tracing is off.
        stages: For each of ``STAGES`` that was reached, how many ms after the end of the speech.
        said: The utterance, PCM16 at 16,000 Hz, where the pipeline keeps audio.
        spoken: The answer, PCM16 at 24,000 Hz, where the pipeline keeps audio.
    """

    number: int
    started_at: float = field(default_factory=lambda: overall_us() / 1e6)
    text: str = ""
    answer: str = ""
    agent_name: str = ""
    tools: list[ToolCall] = field(default_factory=list)
    interrupted: bool = False
    error: str | None = None
    trace_id: str | None = None
    stages: dict[str, float] = field(default_factory=dict)
    said: bytes | None = None
    spoken: bytes | None = None

    def reach(self, stage: str) -> None:
        """Note that a stage is reached now, the first time; a display may be reading them on another thread."""
        if stage not in self.stages:
            self.stages = {**self.stages, stage: overall_us() / 1e3 - 1e3 * self.started_at}

    @property
    def latency(self) -> dict[str, float]:
        """How long each stage took by itself, in ms; together they are the time to the first sound.

        Example:
            >>> VoiceTurn(1, stages={"heard": 500.0, "transcribed": 540.0}).latency
            {'heard': 500.0, 'transcribed': 40.0}
        """
        return {stage.name: stage.end - stage.begin for stage in stages(self.stages)}

    @property
    def understood(self) -> bool:
        """Whether it is known what was said; it may be nothing."""
        return "transcribed" in self.stages

    def facts(self) -> dict[str, Any]:
        """Return everything but the sound, as values for JSON."""
        kept = {name: value for name, value in asdict(self).items() if name not in {"said", "spoken"}}
        return {**kept, "latency": self.latency, "understood": self.understood}
