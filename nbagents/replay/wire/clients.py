"""OpenAI's clients, which let an error of ours through: openai itself would make one of its own of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai

from nbagents.replay.wire.playback import ERROR

if TYPE_CHECKING:
    import httpx2

__all__ = ["AsyncSeamOpenAI", "SeamOpenAI"]


class AsyncSeamOpenAI(openai.AsyncOpenAI):
    """``AsyncOpenAI`` on the seam."""

    def _make_status_error(
        self, err_msg: str, *, body: object, response: httpx2.Response
    ) -> openai.APIStatusError:
        error = response.extensions.get(ERROR)
        if isinstance(error, Exception):
            raise error
        return super()._make_status_error(err_msg, body=body, response=response)


class SeamOpenAI(openai.OpenAI):
    """``OpenAI`` on the seam."""

    def _make_status_error(
        self, err_msg: str, *, body: object, response: httpx2.Response
    ) -> openai.APIStatusError:
        error = response.extensions.get(ERROR)
        if isinstance(error, Exception):
            raise error
        return super()._make_status_error(err_msg, body=body, response=response)
