"""From a request's method, path and bytes to an answer's bytes."""

from __future__ import annotations

import json
from typing import Any

from nbagents.errors import OfflineError
from nbagents.replay.offline import chat, responses
from nbagents.replay.offline.body import BadRequestError
from nbagents.replay.offline.decide import decide
from nbagents.replay.offline.http import Answer, document, events, refuse
from nbagents.replay.offline.ids import Ids
from nbagents.replay.offline.stream import response_events

__all__ = ["answer"]

_CURE = (
    "Set OPENAI_API_KEY (or OPENAI_BASE_URL for a compatible server) and restart the kernel to use a real model."
)


def answer(method: str, path: str, body: bytes) -> Answer:
    """Answer one request to the API, whatever the prefix of its path.

    Args:
        method: The HTTP method.
        path: The URL's path.
        body: The request's body.

    Example:
        >>> answer("POST", "/v1/embeddings", b"{}").status
        404
        >>> answer("POST", "/v1/responses", b'{"model": "m", "input": "Hello!"}').status
        200
    """
    endpoint = path.rstrip("/")
    if method == "POST" and endpoint.endswith("/traces/ingest"):
        return document({}, words=0)  # what the SDK's trace exporter sends stays here
    handler = next((found for end, found in _HANDLERS.items() if endpoint.endswith(end)), None)
    if method != "POST" or handler is None:
        return refuse(
            f"offline mode cannot answer {method} {path}: it has rules for text only. {_CURE}", status=404
        )
    try:
        return handler(_parsed(body, path))
    except BadRequestError as exc:
        return refuse(str(exc), code="invalid_request", param=exc.param)
    except OfflineError as exc:
        return refuse(f"{exc}. {_CURE}")


def _responses(body: dict[str, Any]) -> Answer:
    reply = decide(responses.read(body))
    response = responses.write(body, reply, Ids(body))
    if body.get("stream"):
        return events(response_events(response), words=reply.words, named=True)
    return document(response, words=reply.words)


def _chat(body: dict[str, Any]) -> Answer:
    reply = decide(chat.read(body))
    if body.get("stream"):
        return events(chat.chunks(body, reply, Ids(body)), words=reply.words, named=False)
    return document(chat.write(body, reply, Ids(body)), words=reply.words)


_HANDLERS = {"/responses": _responses, "/chat/completions": _chat}


def _parsed(body: bytes, path: str) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError as exc:
        raise BadRequestError(f"the body is not JSON: {exc}", endpoint=path, param="body") from exc
    if not isinstance(parsed, dict):
        raise BadRequestError("the body is not a JSON object.", endpoint=path, param="body")
    return parsed
