"""The text inside an item, whatever shape its content has: read, and replaced without losing the rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbagents.sessions.items.rows import Item

__all__ = ["SEPARATOR", "media_of", "replace_text", "said_in", "text_of"]

SEPARATOR = "\n\n"

# Where each kind of part keeps its text.
_TEXT_KEYS = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "refusal": "refusal",
    "summary_text": "text",
    "reasoning_text": "text",
}


_MEDIA = {
    "input_image": "image",
    "input_file": "file",
    "input_audio": "recording",
    "computer_screenshot": "image",
}


def text_of(item: Item) -> str | None:
    """Return what a person would read: the content's text parts, or a reasoning item's summary.

    Args:
        item: Any item.

    Returns:
        The parts with an empty line between them, or None where the item has no text.

    Example:
        >>> text_of({"role": "user", "content": [{"type": "input_text", "text": "What is this?"},
        ...                                      {"type": "input_image", "image_url": "..."}]})
        'What is this?'
    """
    content = item.get("content")
    if type(content) is list and len(content) == 1 and "summary" not in item:  # nearly every answer of a model
        part = content[0]
        if type(part) is dict and part.get("type") == "output_text" and type(text := part.get("text")) is str:
            return text
    if isinstance(content, str):
        return content
    parts = _parts(item)
    return SEPARATOR.join([part[key] for part, key in parts]) if parts else None


def media_of(content: object) -> str:
    """Name what a message or an output holds beside text, in brackets; nothing where it holds no more.

    Args:
        content: The message's ``content``, or the ``output``.

    Example:
        >>> media_of([{"type": "input_image"}, {"type": "input_image"}])
        '[2 images]'
    """
    parts = content if isinstance(content, list) else [content]
    kinds = Counter(_MEDIA.get(str(part.get("type"))) for part in parts if isinstance(part, dict))
    names = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items() if kind]
    return f"[{', '.join(names)}]" if names else ""


def said_in(output: object) -> str | None:
    """Return what a person would read of a tool's output that is made of parts; None where it is not.

    Example:
        >>> said_in([{"type": "input_image", "image_url": "..."}, {"type": "input_text", "text": "Lamp, broken"}])
        '[image] Lamp, broken'
    """
    media = media_of(output)
    texts = text_of({"content": output}) if isinstance(output, list) else None
    return f"{media} {texts or ''}".strip() if media or texts is not None else None


def _parts(item: Item) -> list[tuple[dict[str, Any], str]]:
    """Return each part that has text, with the key that holds it."""
    found = []
    for field in ("summary", "content"):
        parts = item.get(field)
        for part in parts if isinstance(parts, list) else ():
            key = _TEXT_KEYS.get(str(part.get("type"))) if isinstance(part, dict) else None
            if key is not None and isinstance(part.get(key), str):
                found.append((part, key))
    return found


def replace_text(item: Item, text: str) -> None:
    """Put another text into an item, in place; annotations, images and the other parts stay.

    Where the text has several parts, the part that was changed must be the only one that can have been.

    Args:
        item: The item.
        text: The new text.

    Raises:
        ValueError: The item has no text, or it is not clear which part changed.

    Example:
        >>> item = {"content": [{"type": "output_text", "text": "Hi", "annotations": []}]}
        >>> replace_text(item, "Hello")
        >>> item
        {'content': [{'type': 'output_text', 'text': 'Hello', 'annotations': []}]}
    """
    if isinstance(item.get("content"), str):
        item["content"] = text
        return
    parts = _parts(item)
    if not parts:
        raise ValueError("the item has no text to edit; edit its item column")
    candidates = _candidates([part[key] for part, key in parts], text)
    if len(candidates) != 1:
        raise ValueError(
            f"the item's text has {len(parts)} parts and the edit lies not in exactly one; edit its item column"
        )
    place, new = candidates[0]
    part, key = parts[place]
    part[key] = new


def _candidates(texts: list[str], text: str) -> list[tuple[int, str]]:
    """Return each part that could have become something else to make the whole text, and what it became."""
    candidates = []
    for place in range(len(texts)):
        head = SEPARATOR.join([*texts[:place], ""])
        tail = SEPARATOR.join(["", *texts[place + 1 :]])
        if len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail):
            candidates.append((place, text[len(head) : len(text) - len(tail)]))
    return candidates
