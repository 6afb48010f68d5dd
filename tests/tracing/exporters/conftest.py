"""A loopback server that takes what other tools' packages send, and a process that runs an agent beside each."""

from __future__ import annotations

import email
import gzip
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nbagents.tracing.stored.store import TraceStore


@dataclass
class Arrived:
    """One span as another tool sees it: times in seconds since 1970, and all it says of an error."""

    id: str
    parent: str | None
    name: str
    start: float
    end: float
    error: str = ""


INGEST = {  # LangSmith's client asks for all of it
    "use_multipart_endpoint": True,
    "size_limit": 100,
    "size_limit_bytes": 20_000_000,
    "scale_up_nthreads_limit": 16,
    "scale_up_qsize_trigger": 1_000,
}


class Sink(ThreadingHTTPServer):
    """Answers what each package asks for, and keeps what it sends."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.bodies = {}
        self.said = ""
        self.answers = {
            "/api/apikey/login": {"org_info": [{"id": "o", "name": "lamp", "api_url": self.url}]},
            "/v1/project": {"id": "p", "name": "lamp"},
            "/v1/info": {"project_name": "lamp", "project_url": self.url},
            "/v3/auth/token": {"token": "t", "project_id": "p", "project_prem_status": "pro"},
            "/info": {"version": "0.8.0", "batch_ingest_config": INGEST},
        }


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = self.headers.get("content-length")
        body = self.chunks() if length is None else self.rfile.read(int(length))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            body = f"Content-Type: {kind}\r\n\r\n".encode() + body
        self.server.bodies.setdefault(self.path, []).append(body)
        self.do_GET()

    def chunks(self):
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        return found

    def do_GET(self):
        data = json.dumps(self.server.answers.get(self.path.split("?")[0], {})).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def otlp(sink):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for body in sink.bodies["/v1/traces"]:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                said = {pair.key: pair.value.string_value for pair in span.attributes}
                failed = span.status.code == span.status.STATUS_CODE_ERROR or any("error" in key for key in said)
                yield Arrived(
                    span.span_id.hex(),
                    span.parent_span_id.hex() or None,
                    said.get("logfire.msg", span.name),
                    span.start_time_unix_nano / 1e9,
                    span.end_time_unix_nano / 1e9,
                    f"{span.status.message} {said} {span.events}" if failed else "",
                )


def braintrust(sink):
    rows = {}
    for row in (row for body in sink.bodies["/logs3"] for row in json.loads(body)["rows"]):
        known = rows.setdefault(row["span_id"], {})
        known.update({**row, "metrics": {**known.get("metrics", {}), **row.get("metrics", {})}})
    for span_id, row in rows.items():
        parents = row.get("span_parents") or [None]
        times = row["metrics"]["start"], row["metrics"]["end"]
        yield Arrived(span_id, parents[0], row["span_attributes"]["name"], *times, str(row.get("error") or ""))


def langsmith(sink):
    runs = {}
    for body in sink.bodies["/runs/multipart"]:
        for part in email.message_from_bytes(body).get_payload():
            _, run_id, *field = part.get_param("name", header="content-disposition").split(".")
            value = json.loads(part.get_payload(decode=True))
            known = runs.setdefault(run_id, {})
            known.update({field[0]: value} if field else {k: v for k, v in value.items() if v is not None})
    for run_id, run in runs.items():
        times = (datetime.fromisoformat(run[name]).timestamp() for name in ("start_time", "end_time"))
        yield Arrived(run_id, run.get("parent_run_id"), run["name"], *times, str(run.get("error") or ""))


# What another tool needs: a cell that sets it up, and one that sends what it holds.
SET_UP = {
    "otlp": ["add_exporter('otlp', endpoint=URL, service_name='lamp')", ""],
    "logfire": [
        """
import logfire
there = logfire.AdvancedOptions(base_url=URL)
add_exporter('logfire', token='t', console=False, inspect_arguments=False, advanced=there)
""",
        "logfire.force_flush()",
    ],
    "braintrust": [
        "add_exporter('braintrust', project='lamp', api_key='k', app_url=URL)",
        "import braintrust; braintrust.flush()",
    ],
    "agentops": [
        """
key, spans = '11111111-1111-1111-1111-111111111111', f'{URL}/v1/traces'
add_exporter('agentops', api_key=key, endpoint=URL, exporter_endpoint=spans, auto_start_session=False)
""",
        "from agentops.sdk.core import tracer; tracer.provider.force_flush()",
    ],
    "mlflow": ["import mlflow; mlflow.openai.autolog()", "mlflow.flush_trace_async_logging()"],
    "langsmith": [
        """
from langsmith.integrations.openai_agents_sdk import OpenAIAgentsTracingProcessor
theirs = globals().get('theirs') or OpenAIAgentsTracingProcessor()
set_trace_processors([theirs])
""",
        "from langsmith.run_trees import get_cached_client; get_cached_client().flush()",
    ],
}
# Those that keep to themselves share a kernel; the others set up OpenTelemetry for all of a process.
KERNELS = (("langsmith", "otlp", "braintrust"), ("logfire",), ("agentops",), ("mlflow",))
READ = {"braintrust": braintrust, "langsmith": langsmith}

NOTEBOOK = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
URL, SET_UP, SEND = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
shell.user_ns["URL"] = URL
def cell(code):
    result = shell.run_cell(code)
    result.raise_error()
cell('''
from agents import Agent, Runner, Usage, custom_span, function_tool, trace
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.tracing import set_trace_processors
from nbagents import TraceStore, add_exporter, enable
set_trace_processors([])  # the SDK's own goes to OpenAI
enable(mode="offline")
@function_tool
def lookup(order_id: str) -> str:
    return f"{order_id}: shipped"
usage = Usage(requests=1, input_tokens=10, output_tokens=3, total_tokens=13)
call = function_call("lookup", {"order_id": "A-1"}, call_id="call-1")
model = ScriptedModel([[call], [assistant_message("done")]], emit_traces=True, default_usage=usage)
agent = Agent("triage", tools=[lookup], model=model)
''')
for code in SET_UP:
    cell(code)
    cell(code)  # as people do
cell('''
await Runner.run(agent, "where is A-1?")
with trace("steps"), custom_span("outer"), custom_span("inner") as span:
    span.set_error({"message": "no such order", "data": {"id": 1}})
''')
for code in SEND:
    cell(code)
"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """Start all of them at once: most of their time is importing."""
    started = {}
    for names in KERNELS:
        sink, folder = Sink(), tmp_path_factory.mktemp(names[0])
        set_up, send = (json.dumps([SET_UP[name][part] for name in names]) for part in (0, 1))
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        there = {
            "NBAGENTS_DB": str(folder / "lamp.db"),
            "IPYTHONDIR": str(folder),
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{sink.url}/v1/traces",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "MLFLOW_TRACKING_URI": sink.url,
            "LANGSMITH_ENDPOINT": sink.url,
            "LANGSMITH_API_KEY": "k",
            "LANGSMITH_TRACING": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing of a test leaves this machine
            "DO_NOT_TRACK": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", NOTEBOOK, sink.url, set_up, send],
            cwd=folder,
            env={**os.environ, **there},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started |= dict.fromkeys(names, (process, sink, folder))
    yield started
    for process, sink, _ in started.values():
        process.kill()
        process.wait()
        process.stdout.close()
        sink.shutdown()
        sink.server_close()


@pytest.fixture
def beside(notebooks):
    """Wait for one, and give what arrived elsewhere, what is in our own file, and what was printed."""

    def read(name):
        process, sink, folder = notebooks[name]
        if process.returncode is None:
            sink.said, _ = process.communicate(timeout=100)
        assert process.returncode == 0, sink.said
        return list(READ.get(name, otlp)(sink)), TraceStore(folder / "lamp.db").records(), sink.said

    return read
