import asyncio
import logging

import openai
import pytest
from agents import Agent, Runner, set_default_openai_client
from agents.models._openai_shared import get_default_openai_client
from agents.tracing.processors import default_exporter

from nbagents.errors import ModeError
from nbagents.replay.wire import client as seam

HELLO = "Hello! What can I do for you?"


async def test_an_agent_made_before_install_runs_offline(environment):
    """Agents look the client up at each run, so install works for those that exist already."""
    agent = Agent("Early")
    seam.install("offline")
    try:
        result = await Runner.run(agent, "Hello!")
    finally:
        seam.uninstall()
    assert result.final_output == HELLO


def test_install_is_idempotent_and_uninstall_puts_back(environment):
    """Any number of installs is undone by one uninstall; a second uninstall does nothing."""
    mine = openai.AsyncOpenAI(api_key="mine")
    before = get_default_openai_client()
    set_default_openai_client(mine, use_for_tracing=False)
    try:
        assert [seam.install(), seam.install()] == ["offline", "offline"]
        installed = get_default_openai_client()
        assert installed is not mine
        seam.uninstall()
        assert get_default_openai_client() is mine
        seam.uninstall()
        assert get_default_openai_client() is mine
    finally:
        set_default_openai_client(before, use_for_tracing=False)


def test_uninstall_leaves_a_client_that_was_set_later(offline):
    """What the user set after install is theirs and stays."""
    mine = openai.AsyncOpenAI(api_key="mine")
    set_default_openai_client(mine, use_for_tracing=False)
    offline.uninstall()
    assert get_default_openai_client() is mine
    set_default_openai_client(None, use_for_tracing=False)


async def test_switching_the_mode_keeps_the_client(offline, environment, server):
    """Another mode acts in the transport: agents, and clients held since before, follow it both ways."""
    url, received = server
    held, sync_held = offline.openai_client(), offline.sync_openai_client()
    installed = get_default_openai_client()
    environment.setenv("OPENAI_BASE_URL", url)
    environment.setenv("OPENAI_API_KEY", "sk-real")
    assert offline.install() == "live"
    assert get_default_openai_client() is installed
    assert (await Runner.run(Agent("A"), "Hello!")).final_output == "from the server"
    assert (await held.responses.create(model="m", input="Hello!")).output_text == "from the server"
    assert sync_held.responses.create(model="m", input="Hello!").output_text == "from the server"
    assert {"Bearer sk-real"} == {one["headers"]["authorization"] for one in received}
    offline.install("offline")
    assert (await held.responses.create(model="m", input="Hello!")).output_text == HELLO
    assert (await Runner.run(Agent("A"), "Hello!")).final_output == HELLO
    assert len(received) == 3


async def test_a_server_without_a_key_gets_a_placeholder(environment, server):
    """A local server asks for no key: live mode needs only OPENAI_BASE_URL."""
    url, received = server
    environment.setenv("OPENAI_BASE_URL", url)
    assert seam.install() == "live"
    try:
        result = await Runner.run(Agent("A"), "Hello!")
    finally:
        environment.delenv("OPENAI_BASE_URL")
        seam.install("offline")
        seam.uninstall()
    assert result.final_output == "from the server"
    assert received[0]["headers"]["authorization"] == "Bearer no-key"
    assert received[0]["path"] == "/v1/responses"


def test_live_without_anything_to_reach_says_what_to_set(environment):
    """Live mode with neither key nor server is an error at install, and changes nothing."""
    before = get_default_openai_client()
    with pytest.raises(ModeError, match="OPENAI_API_KEY"):
        seam.install("live")
    assert get_default_openai_client() is before


def test_offline_clients_hold_no_real_key(offline, environment):
    """With a key set and mode offline, the key is in no client."""
    environment.setenv("OPENAI_API_KEY", "sk-real")
    environment.setenv("OPENAI_ORG_ID", "org-real")
    offline.install("offline")
    for client in (offline.openai_client(), offline.sync_openai_client(), get_default_openai_client()):
        assert client.api_key != "sk-real"
        assert client.organization is None


def test_live_clients_have_openais_own_settings(offline, environment):
    """Timeouts and retries in live mode are those of a plain client."""
    environment.setenv("OPENAI_API_KEY", "sk-real")
    environment.setenv("OPENAI_ORG_ID", "org-real")
    offline.install()
    ours, plain = offline.openai_client(), openai.AsyncOpenAI()
    for name in ("timeout", "max_retries", "base_url", "organization", "project", "api_key", "websocket_base_url"):
        assert getattr(plain, name) == getattr(ours, name), name


def test_a_closed_client_leaves_the_others_open(offline):
    """Closing one client closes nothing that others use."""
    with offline.sync_openai_client() as client:
        client.responses.create(model="m", input="Hello!")
    assert offline.sync_openai_client().responses.create(model="m", input="Hello!").output_text == HELLO


def test_the_complaint_about_a_missing_key_is_hidden_only_while_installed(offline, caplog):
    """The SDK's line about the missing key does not appear; other lines, and the line after uninstall, do."""
    logger = logging.getLogger("openai.agents")
    complaint = "OPENAI_API_KEY is not set, skipping trace export"
    with caplog.at_level(logging.WARNING, logger="openai.agents"):
        logger.warning(complaint)
        logger.warning("something else")
        assert caplog.messages == ["something else"]
        offline.uninstall()
        logger.warning(complaint)
        assert caplog.messages == ["something else", complaint]


def test_the_exporters_connection_is_put_back(environment):
    """Uninstall gives the SDK's trace exporter the connection it had."""
    exporter = default_exporter()
    before = exporter._client
    seam.install("offline")
    seam.install("offline")
    assert exporter._client is not before
    seam.uninstall()
    assert exporter._client is before


_RUN_WITH_A_GUARD = """
import sys
opened = []
def guard(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        opened.append((event, args[-1]))
sys.addaudithook(guard)
import asyncio, agents
from nbagents.replay.wire.client import install, openai_client, sync_openai_client
print(install("offline"))
async def main():
    agent = agents.Agent("A")
    print((await agents.Runner.run(agent, "Hello!")).final_output)
    result = agents.Runner.run_streamed(agent, "Hello!")
    async for _ in result.stream_events(): pass
    await openai_client().chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello!"}])
    for call in (openai_client().embeddings.create(model="m", input="x"), openai_client().models.list()):
        try: await call
        except Exception as exc: print(type(exc).__name__)
    agents.set_default_openai_responses_transport("websocket")
    try: await agents.Runner.run(agent, "Hello!")
    except Exception as exc: print(type(exc).__name__)
asyncio.run(main())
sync_openai_client().responses.create(model="m", input="Hello!")
agents.tracing.get_trace_provider().force_flush()
agents.tracing.get_trace_provider().shutdown()
connects = [one for one in opened if one[0] != "socket.connect" or isinstance(one[1], tuple)]
print("sockets:", connects)
"""


@pytest.mark.parametrize("key", ["", "sk-real"])
def test_offline_opens_no_socket(run_python, key):
    """Offline, nothing connects or looks a name up: no model call, and no trace export with a key set."""
    done = run_python(_RUN_WITH_A_GUARD, OPENAI_API_KEY=key)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "offline"
    assert HELLO in lines
    assert lines[-1] == "sockets: []"
    assert "NotFoundError" in lines
    assert "skipping trace export" not in done.stderr


def test_before_enable_a_client_resolves_the_mode_itself(run_python):
    """A client made before enable() is on the seam too, in the mode the environment names, and says so once."""
    script = (
        "import sys\nfrom nbagents import sync_openai_client\n"
        "print(sync_openai_client().responses.create(model='m', input='Hello!').output_text)\n"
        "print('agents' in sys.modules)\n"
    )
    done = run_python(script)
    assert done.returncode == 0, done.stderr
    notice, _, answer, agents_loaded = done.stdout.splitlines()
    assert notice.startswith("nbagents is offline")
    assert (answer, agents_loaded) == (HELLO, "False")


def test_the_module_of_clients_is_light(run_python):
    """Importing the seam loads neither openai nor agents: enable() decides when."""
    done = run_python(
        "import sys, nbagents.replay.wire.client\nprint({'openai', 'agents', 'httpx2'} & set(sys.modules))"
    )
    assert done.stdout.strip() == "set()", done.stderr


async def test_live_is_the_real_thing(offline, environment, recording):
    """Recorded replies of the real API pass through live mode unchanged, streamed ones too."""
    environment.setenv("OPENAI_BASE_URL", recording("streamed_tool_call"))
    offline.install()
    stream = await offline.openai_client().responses.create(
        model="gpt-4o", input="What is the capital of France?", stream=True
    )
    events = [event async for event in stream]
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    (call,) = events[-1].response.output
    assert (call.name, call.arguments) == ("get_capital", '{"country":"France"}')


async def test_live_runs_a_recorded_handoff(offline, environment, recording):
    """A run of agents in live mode gets the API's own tool call and handoff."""
    from agents import function_tool

    environment.setenv("OPENAI_BASE_URL", recording("handoff"))
    offline.install()

    @function_tool
    def random_number() -> int:
        return 4

    second = Agent("agent2", instructions="Return double the number")
    first = Agent("agent1", tools=[random_number], handoffs=[second])
    result = await Runner.run(first, "Generate a random number then, hand off to agent2.")
    assert result.last_agent.name == "agent2"
    assert "The random number generated is 4" in result.final_output
    assert result.context_wrapper.usage.total_tokens == 107


def test_each_event_loop_has_its_own_connections(environment, server):
    """Several asyncio.run in one script work live: a connection is not used on a loop it was not made on."""
    url, received = server
    environment.setenv("OPENAI_BASE_URL", url)
    seam.install()

    async def ask():
        result = await Runner.run(Agent("A"), "Hello!")
        await seam._state.seam.live_async.aclose()  # else its socket is reported when the loop is gone
        return result.final_output

    try:
        assert [asyncio.run(ask()) for _ in range(2)] == ["from the server"] * 2
    finally:
        environment.delenv("OPENAI_BASE_URL")
        seam.install("offline")
        seam.uninstall()
    assert len(received) == 2
