"""Whole runs of agents: what a first-time user sees."""

import json
from typing import Literal

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    ModelSettings,
    OpenAIChatCompletionsModel,
    Runner,
    SQLiteSession,
    function_tool,
    input_guardrail,
)
from pydantic import BaseModel

pytestmark = pytest.mark.usefixtures("offline")

ORDER = {"order_id": "A-1043", "item": "desk lamp", "status": "shipped", "total": 42.5, "arrives": "Friday"}


@function_tool
def lookup_order(order_id: str) -> dict:
    """Look up an order by its id."""
    return {**ORDER, "order_id": order_id}


@function_tool
def shipping_cost(weight_kg: float, country: str) -> str:
    """What it costs to ship a parcel, in euros."""
    return f"{weight_kg * 4:.2f} EUR to {country}"


@function_tool
def issue_refund(order_id: str, amount: float) -> str:
    """Refund an amount for an order."""
    return f"Refunded {amount:.2f} for order {order_id}."


@function_tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> str:
    """Get the current weather in a city."""
    return f"21 degrees {unit} in {city}"


@function_tool
def broken_tool(city: str) -> str:
    """Measure the noise in a city."""
    raise ValueError(f"no microphone in {city}")


@pytest.fixture
def triage():
    refunds = Agent("Refunds", tools=[issue_refund], handoff_description="Handles refunds and complaints.")
    return Agent("Triage", tools=[lookup_order, shipping_cost], handoffs=[refunds])


def steps(result):
    """The calls and handoffs of a run, by name and arguments."""
    raw = [item.raw_item for item in result.new_items if item.type in {"tool_call_item", "handoff_call_item"}]
    return [(one.name, json.loads(one.arguments)) for one in raw]


BROKEN_LAMP = "My lamp from order A-1043 arrived broken. I want a refund of $42.50."
REFUND_STEPS = [
    ("lookup_order", {"order_id": "A-1043"}),
    ("transfer_to_refunds", {}),
    ("issue_refund", {"order_id": "A-1043", "amount": 42.5}),
]
FOUND = "Order id: A-1043, item: desk lamp, status: shipped, total: 42.5, arrives: Friday."
REFUNDED = f"{FOUND} Refunded 42.50 for order A-1043."


async def test_support_looks_up_hands_off_and_refunds(triage):
    """The demo: a tool, a handoff and the next agent's tool, with arguments from the message."""
    result = await Runner.run(triage, BROKEN_LAMP)
    assert steps(result) == REFUND_STEPS
    assert (result.last_agent.name, result.final_output) == ("Refunds", REFUNDED)
    assert result.context_wrapper.usage.requests == 4
    assert result.context_wrapper.usage.total_tokens > 0


async def test_a_streamed_run_takes_the_same_steps(triage):
    """Streaming changes nothing but how it arrives."""
    result = Runner.run_streamed(triage, BROKEN_LAMP)
    deltas = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    assert steps(result) == REFUND_STEPS
    assert REFUNDED == result.final_output == "".join(deltas)


@pytest.mark.parametrize("streamed", [False, True])
async def test_chat_completions_take_the_same_steps(offline, triage, streamed):
    """An agent on the chat completions API does what one on the responses API does."""
    model = OpenAIChatCompletionsModel("gpt-4o", offline.openai_client())
    triage.model = triage.handoffs[0].model = model
    if streamed:
        result = Runner.run_streamed(triage, BROKEN_LAMP)
        assert [event async for event in result.stream_events()]
    else:
        result = await Runner.run(triage, BROKEN_LAMP)
    assert steps(result) == REFUND_STEPS
    assert result.final_output == REFUNDED


async def test_two_things_asked_for_are_two_calls_at_once(triage):
    """A message with two wishes makes two calls in one response."""
    result = await Runner.run(triage, "Where is order A-1043, and how much does it cost to ship 2.5 kg to France?")
    assert steps(result) == [
        ("lookup_order", {"order_id": "A-1043"}),
        ("shipping_cost", {"weight_kg": 2.5, "country": "France"}),
    ]
    assert result.context_wrapper.usage.requests == 2
    assert result.final_output.endswith("10.00 EUR to France.")


async def test_the_edited_session_changes_the_answer(triage):
    """The demo's second half: facts are in the session, so editing an item edits the answer."""
    session = SQLiteSession("demo")
    await Runner.run(triage, "My name is Ada. Where is order A-1043?", session=session)
    asked = await Runner.run(triage, "When does it arrive?", session=session)
    assert (steps(asked), asked.final_output) == ([], 'lookup_order returned: "arrives: Friday"')
    items = [
        json.loads(json.dumps(item).replace("Friday", "Monday").replace("Ada", "Grace"))
        for item in await session.get_items()
    ]
    await session.clear_session()
    await session.add_items(items)
    asked = await Runner.run(triage, "When does it arrive?", session=session)
    assert asked.final_output == 'lookup_order returned: "arrives: Monday"'
    named = await Runner.run(triage, "What is my name?", session=session)
    assert named.final_output == 'You said: "My name is Grace."'


async def test_what_was_done_earlier_is_enough_for_a_refund(triage):
    """A later message that names nothing uses what the session holds."""
    session = SQLiteSession("later")
    await Runner.run(triage, "Where is order A-1043?", session=session)
    result = await Runner.run(triage, "I want my money back.", session=session)
    assert steps(result) == [("transfer_to_refunds", {}), ("issue_refund", {"order_id": "A-1043", "amount": 42.5})]


async def test_weather_with_an_enum_and_a_list():
    """Each city is asked for once, with the unit that the message names."""
    result = await Runner.run(Agent("Weather", tools=[get_weather]), "Weather in Paris and Oslo in fahrenheit?")
    assert [a for _, a in steps(result)] == [
        {"city": "Paris", "unit": "fahrenheit"},
        {"city": "Oslo", "unit": "fahrenheit"},
    ]
    assert result.final_output == "21 degrees fahrenheit in Paris. 21 degrees fahrenheit in Oslo."


async def test_a_failing_tool_is_said_to_have_failed():
    """An error of a tool ends the turn; its reason is said where the SDK passes it on."""
    result = await Runner.run(Agent("Noise", tools=[broken_tool]), "How much noise is in Oslo?")
    assert result.final_output == "broken_tool failed."


class Homework(BaseModel):
    is_math_homework: bool
    reasoning: str


@pytest.mark.parametrize(
    ("message", "trips"), [("Solve 2x + 3 = 11 for my math homework", True), ("Hello!", False)]
)
async def test_a_guardrail_agent_judges_by_words(message, trips):
    """A guardrail's structured output says yes where the message is about what its field is named for."""
    judge = Agent("Judge", output_type=Homework)

    @input_guardrail
    async def no_homework(context, _, text):
        judged = await Runner.run(judge, text, context=context.context)
        return GuardrailFunctionOutput(
            judged.final_output, tripwire_triggered=judged.final_output.is_math_homework
        )

    guarded = Agent("Guarded", input_guardrails=[no_homework])
    if trips:
        with pytest.raises(InputGuardrailTripwireTriggered):
            await Runner.run(guarded, message)
    else:
        assert (await Runner.run(guarded, message)).final_output == "Hello! What can I do for you?"


class Summary(BaseModel):
    order_id: str
    status: Literal["pending", "shipped"]
    total: float
    late: bool
    note: str | None


async def test_a_final_output_is_filled_from_the_tools():
    """An output type is filled with what the tools returned."""
    result = await Runner.run(Agent("Sum", tools=[lookup_order], output_type=Summary), "Summarise order A-1043")
    summary = result.final_output
    assert (summary.order_id, summary.status, summary.total, summary.late) == ("A-1043", "shipped", 42.5, False)


async def test_an_agent_as_tool_runs_its_own_tools():
    """An agent used as a tool gets the request and answers with what its tools gave."""
    meteorologist = Agent("Meteorologist", tools=[get_weather])
    boss = Agent(
        "Boss", tools=[meteorologist.as_tool("ask_about_weather", "Answers questions about the weather.")]
    )
    result = await Runner.run(boss, "What is the weather in Oslo?")
    assert [name for name, _ in steps(result)] == ["ask_about_weather"]
    assert result.final_output == "21 degrees celsius in Oslo."


async def test_a_required_tool_is_called_and_the_run_ends():
    """tool_choice="required" forces a call, and the SDK's reset of it lets the run end."""
    agent = Agent("Forced", tools=[get_weather], model_settings=ModelSettings(tool_choice="required"))
    result = await Runner.run(agent, "Hello!")
    assert [name for name, _ in steps(result)] == ["get_weather"]
    kept = Agent(
        "Kept", tools=[get_weather], model_settings=ModelSettings(tool_choice="required"), reset_tool_choice=False
    )
    assert [name for name, _ in steps(await Runner.run(kept, "Hello!", max_turns=3))] == ["get_weather"]


async def test_the_same_run_gives_the_same_items(triage):
    """Two fresh runs of one message are equal to the last id."""
    first, second = [await Runner.run(triage, BROKEN_LAMP) for _ in range(2)]
    assert first.to_input_list() == second.to_input_list()
