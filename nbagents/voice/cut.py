"""A session after an interrupted turn: it holds what was heard, and nothing that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from nbagents.voice.heard import first_words, word_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents import TResponseInputItem
    from agents.memory import Session

__all__ = ["WINDOW", "added_since", "cut_session", "heard_items"]

WINDOW = 200  # items that are looked at: a turn adds fewer


async def cut_session(session: Session, before: Sequence[Any], said: str, answer: str, heard_words: int) -> None:
    """Take back what an interrupted turn added to a session, but for what was heard.

    Args:
        session: Any session of the SDK's protocol.
        before: The newest ``WINDOW`` items from before the turn, oldest first.
        said: What the person said, which began the turn.
        answer: What the agent had answered so far, the words that were not heard included.
        heard_words: How many words of it were heard.
    """
    added = added_since(before, list(await session.get_items(2 * WINDOW)))
    kept = [added[0] if added else {"role": "user", "content": said}, *heard_items(added[1:], answer, heard_words)]
    same = 0
    while same < min(len(added), len(kept)) and added[same] == kept[same]:
        same += 1
    for _ in added[same:]:
        await session.pop_item()
    if kept[same:]:
        await session.add_items(cast("list[TResponseInputItem]", kept[same:]))


def added_since(before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    """Return the items that came after a history's newest ones.

    Args:
        before: The newest ``WINDOW`` items from then, oldest first; fewer are the whole history.
        after: The newest items of now, oldest first, at least as many as then and all that came since.

    Example:
        >>> added_since(["hello"], ["hello", "hello", "yes"])
        ['hello', 'yes']
    """
    known = list(before)
    whole = len(known) < WINDOW
    ends = [len(known)] if whole else range(len(after), len(known) - 1, -1)
    return next((list(after[end:]) for end in ends if list(after[end - len(known) : end]) == known), [])


def heard_items(added: Sequence[Any], answer: str, heard_words: int) -> list[Any]:
    """Return what of a turn's items was heard: complete tool calls, and the first words of its messages.

    Args:
        added: The items that the turn stored after what was said.
        answer: All that the agent had answered, in case its message was not stored yet.
        heard_words: How many words were heard.

    Example:
        >>> heard_items([{"role": "assistant", "content": "It rains in Paris."}], "It rains in Paris.", 2)
        [{'role': 'assistant', 'content': 'It rains'}]
        >>> heard_items([], "It rains", 0)
        []
    """
    answered = {item["call_id"] for item in added if item.get("type") == "function_call_output"}
    kept: list[Any] = []
    left, stored = heard_words, 0
    for item in added:
        if item.get("type") == "function_call" and item["call_id"] not in answered:
            continue
        if item.get("role") != "assistant":
            kept.append(item)
            continue
        text = _text(item)
        stored += word_count(text)
        if left >= word_count(text):
            kept.append(item)
        elif left:
            kept.append(_said(first_words(text, left)))
        left = max(0, left - word_count(text))
    if left and stored < word_count(answer):
        rest = " ".join(answer.split()[stored:])
        kept.append(_said(first_words(rest, left)))
    return _without_loose_reasoning(kept)


def _said(text: str) -> dict[str, Any]:
    """Return a message in its shortest form: an id would stand for the whole of it at OpenAI."""
    return {"role": "assistant", "content": text}


def _text(item: dict[str, Any]) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or () if isinstance(part, dict))


def _without_loose_reasoning(items: list[Any]) -> list[Any]:
    """Drop reasoning whose message or call is gone: the API refuses it."""
    followers = [*items[1:], None]
    return [
        item
        for item, after in zip(items, followers, strict=False)
        if item.get("type") != "reasoning" or (after is not None and "id" in after)
    ]
