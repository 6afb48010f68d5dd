"""The whole rule: call what fits, else answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.replay.offline.answer import say
from nbagents.replay.offline.ask import Reply
from nbagents.replay.offline.choose import choose
from nbagents.replay.offline.structured import structured

if TYPE_CHECKING:
    from nbagents.replay.offline.ask import Ask

__all__ = ["decide"]


def decide(ask: Ask) -> Reply:
    """Decide what to reply to a request.

    Example:
        >>> from nbagents.replay.offline.ask import Ask, Said
        >>> decide(Ask("m", history=(Said("user", "Hello!"),))).text
        'Hello! What can I do for you?'
    """
    choice = choose(ask)
    if choice.calls:
        return Reply(calls=choice.calls)
    text = say(ask, choice)
    return Reply(text=text if ask.schema is None else structured(ask, text))
