"""A real kernel, driven by messages as a front end drives it."""

from __future__ import annotations

import os
import queue
from dataclasses import dataclass, field

import pytest
from jupyter_client import KernelManager

TIMEOUT = 60


@dataclass
class Reply:
    """What one cell sent back: its error's name, its streams' text, and every message with it as parent."""

    error: str = ""
    text: str = ""
    messages: list = field(default_factory=list)


class Kernel:
    """One kernel process and what it published."""

    def __init__(self, folder, **variables):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("NBAGENTS_", "OPENAI_", "JPY_"))}
        env |= {"NBAGENTS_OFFLINE_SPEED": "0", "IPYTHONDIR": str(folder / "ipython"), **variables}
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)
        self.published = []

    def send(self, code, cell_id=None):
        """Start a cell and return its execution's id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg(
            "execute_request", content, metadata={"cellId": cell_id} if cell_id else {}
        )
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def until(self, condition):
        """Read published messages until one satisfies the condition, and return it."""
        for message in self.published:
            if condition(message):
                return message
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=TIMEOUT)
            except queue.Empty:
                raise AssertionError("the kernel went quiet before what was waited for") from None
            self.published.append(message)
            if condition(message):
                return message

    def wait(self, execution):
        """Wait for a cell's end and return what it sent."""
        self.until(
            lambda m: (
                m["parent_header"].get("msg_id") == execution
                and m["msg_type"] == "status"
                and m["content"]["execution_state"] == "idle"
            )
        )
        reply = Reply()
        for message in self.published:
            if message["parent_header"].get("msg_id") != execution:
                continue
            reply.messages.append(message)
            if message["msg_type"] == "stream":
                reply.text += message["content"]["text"]
            elif message["msg_type"] == "error":
                reply.error = message["content"]["ename"]
        return reply

    def run(self, code, cell_id=None):
        """Run a cell to its end; it must not raise."""
        return self.ended(self.send(code, cell_id))

    def ended(self, execution):
        """Wait for a cell that must not raise."""
        reply = self.wait(execution)
        lines = [line for m in reply.messages if m["msg_type"] == "error" for line in m["content"]["traceback"]]
        assert not reply.error, "\n".join(lines)
        return reply

    def displays(self, execution):
        """The newest data of each display that appeared under an execution, in order of appearing."""
        shown = {}
        for message in self.published:
            identity = message["content"].get("transient", {}).get("display_id")
            appeared = (
                message["msg_type"] == "display_data" and message["parent_header"].get("msg_id") == execution
            )
            changed = message["msg_type"] == "update_display_data" and identity in shown
            if appeared or changed:
                shown[identity] = message["content"]["data"]
        return list(shown.values())

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


PRELUDE = """
from agents import Agent, Runner, function_tool, trace, custom_span
from agents.testing import ScriptedModel, assistant_message, function_call

@function_tool
def lookup_order(order_id: str) -> str:
    "Look an order up."
    return f"{order_id}: shipped"

def scripted(name="triage"):
    call = function_call("lookup_order", {"order_id": "A-1043"}, call_id="call-1")
    steps = [[call], [assistant_message("It is on its way.")]]
    return Agent(name=name, tools=[lookup_order], model=ScriptedModel(steps, emit_traces=True))
"""


@pytest.fixture
def start(tmp_path):
    """Start a kernel with variables, with `%load_ext nbagents` and an agent ready unless bare."""
    kernels = []

    def start(*, bare=False, **variables):
        kernel = Kernel(tmp_path, **variables)
        kernels.append(kernel)
        if not bare:
            kernel.run("%load_ext nbagents\n" + PRELUDE)
        return kernel

    yield start
    for kernel in kernels:
        kernel.stop()
