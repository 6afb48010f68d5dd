"""When are two model calls the same? When their canonical requests are: the form that cassettes use.

The ids of items (of a message, of a tool's call) differ from run to run and mean nothing, so they are numbered.
An id in a text is what somebody asks about: unlike a cassette, which knows the order of its calls, a cache must
tell two of those apart, so they are part of the key.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from agents.items import ItemHelpers
from agents.models.openai_responses import Converter

from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.match.canonical import canonical_request, hash_of
from nbagents.replay.match.volatile import Numbering
from nbagents.replay.wire.ask import Ask
from nbagents.tracing.capture.encode import encode

if TYPE_CHECKING:
    from agents import (
        AgentOutputSchemaBase,
        Handoff,
        Model,
        ModelResponse,
        ModelSettings,
        ModelTracing,
        Tool,
        TResponseInputItem,
    )
    from openai.types.responses.response_prompt_param import ResponsePromptParam

__all__ = ["KeyMaker", "ModelCall"]

_MAX_KNOWN = 1_000  # requests whose key is kept, so that a hit need not make the canonical form again
_NOT_ASKED = frozenset({"extra_headers", "retry", "timeout", "preserve_raw_usage"})  # no answer depends on them
_ID_FIELDS = ("id", "call_id", "approval_request_id")


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What the SDK's runner asks of a model: the arguments of ``Model.get_response``, in their order."""

    system_instructions: str | None
    input: str | list[TResponseInputItem]
    model_settings: ModelSettings
    tools: list[Tool]
    output_schema: AgentOutputSchemaBase | None
    handoffs: list[Handoff[Any, Any]]
    tracing: ModelTracing
    previous_response_id: str | None
    conversation_id: str | None
    prompt: ResponsePromptParam | None

    @property
    def afresh(self) -> bool:
        """Whether it is marked as sampled afresh: its settings carry the header ``Cache-Control: no-store``."""
        headers = self.model_settings.extra_headers or {}
        asked = {name.lower(): str(value).lower() for name, value in headers.items()}
        return "no-store" in asked.get("cache-control", "")

    async def ask(self, model: Model) -> ModelResponse:
        """Make the call.

        Args:
            model: Who is asked.
        """
        return await model.get_response(**self._arguments)

    def stream(self, model: Model) -> Any:  # noqa: ANN401 - the SDK says iterator, and gives generators, which are closed
        """Make the call, and stream the answer.

        Args:
            model: Who is asked.
        """
        return model.stream_response(**self._arguments)

    @property
    def _arguments(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def body(self, model: str, *, stream: bool) -> dict[str, Any]:
        """Return the request as a JSON object, in the words of the Responses API where it has one.

        Args:
            model: The model's name.
            stream: Whether the answer is streamed.
        """
        settings = self.model_settings
        body: dict[str, Any] = {
            field.name: value
            for field in fields(settings)
            if field.name not in _NOT_ASKED and (value := getattr(settings, field.name)) is not None
        }
        body |= {
            "model": model,
            "stream": stream,
            "instructions": self.system_instructions,
            "input": ItemHelpers.input_to_new_input_list(self.input),
            "tools": Converter.convert_tools(
                self.tools, self.handoffs, allow_opaque_tool_search_surface=True
            ).tools,
            "previous_response_id": self.previous_response_id,
            "conversation": self.conversation_id,
            "prompt": self.prompt,
        }
        if self.output_schema is not None and not self.output_schema.is_plain_text():
            body["text"] = Converter.get_response_format(self.output_schema)
        return body


class KeyMaker:
    """Makes keys of model calls, and remembers those of the newest."""

    def __init__(self) -> None:
        self._scrubber = Scrubber()
        self._known: OrderedDict[str, str] = OrderedDict()

    def key(self, call: ModelCall, model: str, *, stream: bool) -> str:
        """Return the key of a call, 16 hexadecimal digits.

        Args:
            call: What is asked.
            model: The model's name.
            stream: Whether the answer is streamed; the two are kept apart.
        """
        text = encode(call.body(model, stream=stream))
        key = self._known.get(text)
        if key is None:
            key = self._known[text] = self._make(call, text)
            if len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return key

    def holds_secret(self, text: str) -> bool:
        """Tell whether a text has something in it that no file may hold."""
        return bool(self._scrubber.hits(text))

    def _make(self, call: ModelCall, text: str) -> str:
        ask = Ask("POST", "/v1/responses", content_type="application/json", body=text.encode())
        numbering = Numbering()
        asked = canonical_request(ask, self._scrubber, numbering)
        of_items = _item_ids(call.input)
        return hash_of({"asked": asked, "about": [one for one in numbering.ids if one not in of_items]})


def _item_ids(items: Any) -> set[str]:  # noqa: ANN401 - text, or what the SDK's many kinds of item have in common
    if isinstance(items, str):
        return set()
    return {str(item[name]) for item in items if isinstance(item, dict) for name in _ID_FIELDS if item.get(name)}
