"""``%voice NAME`` and ``%%voice NAME``: a voice panel for an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from nbagents.notebook.magics import named

if TYPE_CHECKING:
    from nbagents.widgets.talk.voice_panel import VoicePanel

__all__ = ["VoiceMagics"]

_USAGE = "use %voice AGENT [SESSION]; with %%voice, each line of the cell is a sentence that may be said"


@magics_class
class VoiceMagics(Magics):
    """``%voice`` and ``%%voice``."""

    @line_cell_magic
    def voice(self, line: str, cell: str | None = None) -> VoicePanel:
        """Talk to an agent: ``%voice AGENT [SESSION]``.

        The lines of a ``%%voice`` cell are the sentences that may be said, which is what the recogniser that needs
        no key needs; OpenAI's hears anything and takes no notice of them.

        Args:
            line: The names of an agent, or of a ``VoicePipeline``, and of a session.
            cell: Sentences, one a line.

        Raises:
            UsageError: No such name.
        """
        from nbagents.voice.pipeline import VoicePipeline
        from nbagents.widgets.talk.voice_panel import VoicePanel

        agent, session = self._named(line)
        if isinstance(agent, VoicePipeline):
            return VoicePanel(agent)
        return VoicePanel(VoicePipeline(agent, stt_model=_recogniser(cell), session=session))

    def _named(self, line: str) -> tuple[Any, Any]:
        names = line.split()
        if not 1 <= len(names) <= 2:  # noqa: PLR2004 - see _USAGE
            raise UsageError(_USAGE)
        agent, *session = named(self.shell.user_ns if self.shell is not None else {}, names, _USAGE)
        return agent, session[0] if session else None


def _recogniser(cell: str | None) -> Any:  # noqa: ANN401 - a model of the SDK's, or None
    from nbagents.replay.wire.client import current_mode

    sentences = [text for line in (cell or "").splitlines() if (text := line.strip())]
    if not sentences or current_mode() != "offline":
        return None
    from nbagents.audio.sphinx import SphinxSTTModel

    return SphinxSTTModel(sentences=sentences)
