"""A multipart form as JSON: fields as text, files as what identifies them, without the random boundary."""

from __future__ import annotations

import email.parser
import email.policy
from typing import Any

from nbagents._media import bytes_note
from nbagents.replay.cassette.sound import seconds_of

__all__ = ["form_of"]


def form_of(content_type: str, body: bytes) -> list[dict[str, Any]]:
    r"""Read a form.

    Args:
        content_type: The whole header, with the boundary.
        body: The form.

    Returns:
        One object for each part, in order: its name with its text, or its file's name, hash and seconds of sound.

    Example:
        >>> body = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ntts-1\r\n--x--\r\n'
        >>> form_of("multipart/form-data; boundary=x", body)
        [{'name': 'model', 'text': 'tts-1'}]
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    return [_part(part) for part in message.iter_parts()] if message.is_multipart() else []


def _part(part: Any) -> dict[str, Any]:  # noqa: ANN401 - the standard library types messages loosely
    name = part.get_param("name", header="content-disposition")
    data = part.get_payload(decode=True) or b""
    filename = part.get_filename()
    if filename is None:
        return {"name": name, "text": data.decode("utf-8", "replace")}
    kind = part.get_content_type()
    found = {"name": name, "filename": filename, "file": bytes_note(data, kind)}
    seconds = seconds_of(data, kind)
    return found if seconds is None else {**found, "seconds": seconds}
