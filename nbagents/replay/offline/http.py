"""What the rules hand to the transport: a status, headers and the body in chunks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Answer", "document", "events", "refuse"]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Attributes:
        status: The HTTP status.
        media_type: The body's type.
        chunks: The body; of a stream, one server-sent event each.
        words: Words the model said or passed to tools; 0 for an error.
    """

    status: int
    media_type: str
    chunks: tuple[bytes, ...]
    words: int = 0

    @property
    def streamed(self) -> bool:
        """Whether the chunks are events that belong apart in time."""
        return self.media_type == "text/event-stream"

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers; openai must not try a refusal again, it would be the same."""
        return {"content-type": self.media_type, "x-request-id": "req_offline", "x-should-retry": "false"}


def document(body: Any, *, words: int, status: int = 200) -> Answer:  # noqa: ANN401 - any JSON value
    """Answer with one JSON document.

    Example:
        >>> document({"ok": True}, words=1).chunks
        (b'{"ok":true}',)
    """
    return Answer(status, "application/json", (encode(body),), words)


def events(bodies: Iterable[dict[str, Any]], *, words: int, named: bool) -> Answer:
    """Answer with server-sent events.

    Args:
        bodies: The events' data, in order.
        words: Words in the whole answer.
        named: Whether an ``event:`` line repeats the type, as /v1/responses has it; without it the stream ends
            with ``[DONE]``, as /v1/chat/completions has it.
    """
    chunks = [_event(body, named=named) for body in bodies]
    if not named:
        chunks.append(b"data: [DONE]\n\n")
    return Answer(200, "text/event-stream", tuple(chunks), words)


def refuse(message: str, *, status: int = 400, code: str = "offline_mode", param: str | None = None) -> Answer:
    """Answer with an error in OpenAI's shape, from which openai makes its own exception.

    Example:
        >>> refuse("No.").status
        400
    """
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return document({"error": error}, words=0, status=status)


def encode(body: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Encode JSON compactly; unpaired surrogates, which UTF-8 cannot hold, become question marks."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _event(body: dict[str, Any], *, named: bool) -> bytes:
    head = f"event: {body['type']}\n".encode() if named else b""
    return head + b"data: " + encode(body) + b"\n\n"
