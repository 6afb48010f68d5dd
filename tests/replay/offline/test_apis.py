"""Both APIs, through openai's own clients: what comes back parses as the real thing."""

import json

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response

from nbagents.replay import offline as rules

WEATHER = {
    "name": "get_weather",
    "description": "Current weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
RESPONSES_TOOL = {"type": "function", **WEATHER}
CHAT_TOOL = {"type": "function", "function": WEATHER}
ASKED = "Weather in Paris and Rome?"

TEXT_EVENTS = ["created", "in_progress", "output_item.added", "content_part.added", "output_text.delta"]
TEXT_ENDS = ["output_text.done", "content_part.done", "output_item.done", "completed"]
CALL_EVENTS = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]


@pytest.fixture
def client(offline):
    return offline.sync_openai_client()


def squeezed(events):
    """Event types without repeats next to each other and without the common prefix."""
    types = [event.type.removeprefix("response.") for event in events]
    return [kind for at, kind in enumerate(types) if at == 0 or kind != types[at - 1]]


def test_a_response_has_calls_with_ids_of_their_own(client):
    """Calls have the API's shape, and ids that differ within the conversation."""
    first = client.responses.create(model="gpt-4o", input=ASKED, tools=[RESPONSES_TOOL])
    assert [item.name for item in first.output] == ["get_weather", "get_weather"]
    assert [json.loads(item.arguments) for item in first.output] == [{"city": "Paris"}, {"city": "Rome"}]
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"} for item in first.output
    ]
    history = [{"role": "user", "content": ASKED}, *(item.to_dict() for item in first.output), *results]
    second = client.responses.create(model="gpt-4o", input=history, tools=[RESPONSES_TOOL])
    assert second.output_text == "Weather for Paris: sunny. Weather for Rome: sunny."
    ids = [
        first.id,
        second.id,
        *(item.id for item in [*first.output, *second.output]),
        *(item.call_id for item in first.output),
    ]
    assert len(set(ids)) == len(ids)
    assert [one.split("_")[0] for one in ids] == ["resp", "resp", "fc", "fc", "msg", "call", "call"]


def test_a_response_echoes_what_was_asked_for(client):
    """The response has the settings of the request, counts tokens by its stated rule, and names no real model."""
    response = client.responses.create(model="gpt-4o", input="Hello!", temperature=0.5, metadata={"a": "b"})
    assert (
        response.model,
        response.temperature,
        response.metadata,
        response.status,
    ) == ("offline-rules", 0.5, {"a": "b"}, "completed")
    answer = "Hello! What can I do for you?"
    assert (2, -(-len(answer) // 4)) == (response.usage.input_tokens, response.usage.output_tokens)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def test_streamed_text_comes_in_the_apis_order(client):
    """A stream has every event of the API, numbered, and its deltas add up to the text."""
    events = list(client.responses.create(model="m", input="Hello!", stream=True))
    assert squeezed(events) == TEXT_EVENTS + TEXT_ENDS
    assert list(range(len(events))) == [event.sequence_number for event in events]
    assert (
        "".join(event.delta for event in events if event.type.endswith("text.delta"))
        == "Hello! What can I do for you?"
    )
    assert (events[0].response.status, events[-1].response.status) == ("in_progress", "completed")


def test_streamed_calls_come_in_the_apis_order(client):
    """Two calls are two items, each with its arguments in parts and whole."""
    events = list(client.responses.create(model="m", input=ASKED, tools=[RESPONSES_TOOL], stream=True))
    assert ["created", "in_progress", *CALL_EVENTS, *CALL_EVENTS, "completed"] == squeezed(events)
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert [event.arguments for event in done] == ['{"city": "Paris"}', '{"city": "Rome"}']
    assert [event.output_index for event in done] == [0, 1]


def test_streamed_and_plain_are_the_same_response(client):
    """What a stream completes with is the plain response, ids included."""
    plain = client.responses.create(model="m", input=ASKED, tools=[RESPONSES_TOOL])
    with client.responses.stream(model="m", input=ASKED, tools=[RESPONSES_TOOL]) as stream:
        streamed = stream.get_final_response()
    assert plain.id == streamed.id
    told = [(item.id, item.call_id, item.name, item.arguments) for item in plain.output]
    assert told == [(item.id, item.call_id, item.name, item.arguments) for item in streamed.output]
    assert plain.usage == streamed.usage


def test_a_completion_calls_and_answers(client):
    """Chat completions call tools and answer from their outputs like responses do."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]
    first = client.chat.completions.create(model="m", messages=messages, tools=[CHAT_TOOL])
    message = first.choices[0].message
    assert (first.choices[0].finish_reason, message.content) == ("tool_calls", None)
    outputs = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in message.tool_calls]
    second = client.chat.completions.create(
        model="m", messages=[*messages, message.to_dict(), *outputs], tools=[CHAT_TOOL]
    )
    assert (
        second.choices[0].finish_reason,
        second.choices[0].message.content,
    ) == ("stop", "Weather for Paris: sunny. Weather for Rome: sunny.")
    assert second.usage.total_tokens == second.usage.prompt_tokens + second.usage.completion_tokens > 0


def test_a_streamed_completion_adds_up(client):
    """The chunks of a stream make the plain completion, and usage comes where it was asked for."""
    messages = [{"role": "user", "content": ASKED}]
    with client.chat.completions.stream(model="m", messages=messages, tools=[CHAT_TOOL]) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [call.function.arguments for call in calls] == ['{"city": "Paris"}', '{"city": "Rome"}']
    chunks = list(
        client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "Hello!"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert all(isinstance(chunk, ChatCompletionChunk) for chunk in chunks)
    assert (
        "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello! What can I do for you?"
    )
    assert chunks[-1].usage.total_tokens > 0
    assert chunks[-2].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "key"), [("/v1/responses", "input"), ("/v1/chat/completions", "messages")])
def test_the_same_request_gives_the_same_bytes(path, key, stream):
    """Answers are deterministic to the byte, and another request has other ids."""

    def body(text):
        return json.dumps({"model": "m", key: [{"role": "user", "content": text}], "stream": stream}).encode()

    assert rules.answer("POST", path, body("Hello!")) == rules.answer("POST", path, body("Hello!"))
    assert rules.answer("POST", path, body("Hello!")).chunks != rules.answer("POST", path, body("Hello.")).chunks


def test_no_part_of_the_request_is_lost_in_the_bytes():
    """Text beyond ASCII, an unpaired surrogate and markup come back as text."""
    text = "My name is <img src=x onerror=alert(1)> \u00e9\ud800 \u65e5\u672c\u8a9e."
    body = json.dumps({"model": "m", "input": text}).encode()
    (chunk,) = rules.answer("POST", "/v1/responses", body).chunks
    response = Response.model_validate_json(chunk)
    assert text.replace("\ud800", "?") in response.output_text


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda c: c.embeddings.create(model="m", input="x"), openai.NotFoundError),
        (lambda c: c.images.generate(model="m", prompt="x"), openai.NotFoundError),
        (lambda c: c.audio.speech.create(model="m", voice="alloy", input="x"), openai.NotFoundError),
        (lambda c: c.models.list(), openai.NotFoundError),
        (lambda c: c.responses.retrieve("resp_1"), openai.NotFoundError),
        (
            lambda c: c.responses.create(model="m", input="x", tools=[{"type": "web_search"}]),
            openai.BadRequestError,
        ),
        (
            lambda c: c.responses.create(
                model="m", input=[{"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}]
            ),
            openai.BadRequestError,
        ),
    ],
)
def test_what_no_rule_can_do_is_refused_with_the_way_out(client, call, expected):
    """Anything but text and function tools raises openai's own error, which says how to reach a real model."""
    with pytest.raises(expected, match="OPENAI_API_KEY") as caught:
        call(client)
    assert "offline mode cannot" in caught.value.message
    assert caught.value.code == "offline_mode"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/responses", b"{", "body"),
        ("/v1/responses", b"[]", "body"),
        ("/v1/responses", b"{}", "input"),
        ("/v1/responses", b'{"input": 3}', "input"),
        ("/v1/responses", b'{"input": [3]}', "input"),
        ("/v1/responses", b'{"input": "x", "tools": {}}', "tools"),
        ("/v1/responses", b'{"input": "x", "tools": [{"type": "function"}]}', "tools"),
        ("/v1/responses", b'{"input": "x", "previous_response_id": "resp_1"}', "previous_response_id"),
        ("/v1/responses", b'{"input": "x", "conversation": "conv_1"}', "conversation"),
        ("/v1/chat/completions", b'{"messages": "x"}', "messages"),
        ("/v1/chat/completions", b'{"messages": [3]}', "messages"),
    ],
)
def test_a_malformed_request_is_a_bad_request(path, body, param):
    """What the API would refuse is refused in its shape, naming the part that is wrong."""
    answer = rules.answer("POST", path, body)
    error = json.loads(answer.chunks[0])["error"]
    assert (400, param, "false") == (answer.status, error["param"], answer.headers["x-should-retry"])


@pytest.mark.parametrize("prefix", ["/v1", "", "/openai/deployments/gpt-4o", "/api/v2"])
def test_any_prefix_of_the_path_is_answered(prefix):
    """A compatible server's base URL may have any path: its end decides."""
    assert rules.answer("POST", f"{prefix}/responses", b'{"input": "Hello!"}').status == 200


@pytest.mark.parametrize(
    "noise", [{"type": "reasoning", "id": "rs_1", "summary": []}, {"type": "web_search_call", "id": "ws_1"}]
)
def test_items_of_a_live_run_are_passed_over(client, noise):
    """A history that a real model made can go on offline: what no rule understands is left out."""
    history = [
        {"role": "user", "content": "My name is Ada."},
        noise,
        {"role": "user", "content": "What is my name?"},
    ]
    assert client.responses.create(model="m", input=history).output_text == 'You said: "My name is Ada."'
