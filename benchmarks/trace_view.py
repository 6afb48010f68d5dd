"""The trace view beside a plain ``px.timeline``, both in one Chromium page and one run.

python benchmarks/trace_view.py

A page asks a server on loopback for what a kernel would send, and draws it with the widget's own module. A time
ends when the frame that shows the result has been painted. plotly.js is loaded before; without it the same bars
are there as plain paths.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from array import array
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from agents.tracing import custom_span, set_trace_processors, trace

from nbagents._sqlite import connect, migrate
from nbagents.notebook.cells import Cell
from nbagents.notebook.painter import Painter
from nbagents.notebook.strips import Strip
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.rows import SpanRow
from nbagents.tracing.stored.store import TraceStore
from nbagents.widgets.bundle import mime_bundle
from nbagents.widgets.trace.trace_view import TraceView

T0 = 1_760_000_000_000_000
STEPS = 60  # of zoom and pan
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
INSERT = f"INSERT INTO nb_spans ({', '.join(SpanRow._fields)}) VALUES ({', '.join('?' * len(SpanRow._fields))})"


def rows(count):
    """Make the spans of agents that each ask a model, call tools and ask again; about one in 800 fails."""
    made = []

    def add(parent, kind, name, times, **more):
        parent_id = None if parent is None else f"span_{parent:024x}"
        ids = ("big", len(made), f"span_{len(made):024x}", parent_id)
        made.append(SpanRow(*ids, kind, name, *(T0 + at for at in times), **more))
        return len(made) - 1

    root = add(None, "task", "job", (0, count * 1000))
    for number in range((count - 1) // 8 + 1):
        at, who = number * 8000, f"worker {number % 7}"
        inside = add(root, "agent", who, (at, at + 7900), agent=who)
        model = {"agent": who, "model": "gpt-4o", "input_tokens": 90, "output_tokens": 20}
        add(inside, "response", "gpt-4o", (at + 10, at + 3000), **model)
        for call in range(5):
            error = "ValueError: no such order" if (number * 5 + call) % 499 == 0 else None
            begin = at + 3000 + 500 * call
            name = ("lookup", "search", "check")[call % 3]
            add(inside, "function", name, (begin, begin + 400), agent=who, error=error)
        add(inside, "response", "gpt-4o", (at + 6000, at + 7800), **model)
    return made[:count]


def store(folder, count):
    path = Path(folder) / f"{count}.db"
    with closing(connect(path)) as connection:
        migrate(connection, path)
        with connection:
            trace = ("big", "Long run", T0, T0 + count * 1000, "gone:1:0")
            connection.execute(
                "INSERT INTO nb_traces (trace_id, name, started_us, ended_us, writer) VALUES (?, ?, ?, ?, ?)",
                trace,
            )
            connection.executemany(INSERT, rows(count))
    return TraceStore(path)


def timeline(count):
    """Return the figure that one would draw by hand."""
    import pandas as pd
    import plotly.express as px

    frame = pd.DataFrame(rows(count))
    for column in ("started_us", "ended_us"):
        frame[column] = pd.to_datetime(frame[column], unit="us")
    return px.timeline(frame, x_start="started_us", x_end="ended_us", y="seq", color="type", hover_name="name")


class Kernel:
    """What answers the page: one view, and the messages that it sent in answer to a request."""

    def __init__(self, stores):
        self.stores = stores
        self.view = None

    def open(self, count):
        """Do what showing a trace does in a kernel: read it, make its view and its static form."""
        self.view = self.stores[count].last().view()
        html, text = self.view.static_forms()
        bundle = mime_bundle(self.view, html, text, "lab")
        return [{"view_id": self.view.view_id, "html": bundle["text/html"], "esm": self.view._esm}]  # noqa: SLF001 - as a page gets it

    def ask(self, message):
        sent = []
        self.view.send = lambda content, buffers=(): sent.append((content, buffers))
        self.view._handle_custom_msg(message, [])  # noqa: SLF001 - as a comm does
        return sent

    def figure(self, count):
        return [json.loads(timeline(count).to_json())]


def serve(kernel):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(b"<!doctype html><body></body>", "text/html")

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = getattr(kernel, self.path[1:])(body)
            messages = [entry if isinstance(entry, tuple) else (entry, ()) for entry in answer]
            heads = [[content, [len(buffer) for buffer in buffers]] for content, buffers in messages]
            head = json.dumps(heads).encode()
            parts = [buffer for _, buffers in messages for buffer in buffers]
            self.reply(b"".join([len(head).to_bytes(4, "little"), head, *parts]), "application/octet-stream")

        def reply(self, body, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


PAGE = Path(__file__).with_suffix(".js").read_text()


def saved(bundle):
    """Return what a notebook weighs that holds one output, in bytes."""
    output = {"output_type": "display_data", "metadata": {}, "data": bundle}
    cell = {
        "cell_type": "code",
        "id": "c",
        "source": "trace",
        "metadata": {},
        "execution_count": 1,
        "outputs": [output],
    }
    return len(
        json.dumps(
            {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False
        ).encode()
    )


def sizes(store_, count):
    record = store_.last()
    view = record.view()
    ours = saved(mime_bundle(view, *view.static_forms(), "lab"))
    theirs = saved({"application/vnd.plotly.v1+json": json.loads(timeline(count).to_json())})
    return ours / 1000, theirs / 1000


def p95(times):
    return statistics.quantiles(times, n=20)[-1]


def line(what, theirs, ours, goal, unit="ms"):
    shown = "-" if theirs is None else f"{theirs:,.0f} {unit}"
    met = "" if ours <= goal else "   missed"
    print(f"  {what:46} {shown:>12} {ours:>9,.0f} {unit:3} {goal:>9,} {unit}{met}")
    return ours <= goal


def measure(page):
    """Print the table; whether its goals are met."""
    page.evaluate("post('open', 200)")
    page.evaluate("loadPlotly()")
    page.evaluate("open_(200)")  # what is compiled once in a page
    theirs = page.evaluate("plain(10_000)")
    met = []
    for count, first, zoom in ((10_000, 300, 50), (100_000, 1500, 60)):
        opened = [page.evaluate(f"open_({count})") for _ in range(3)]
        moves = page.evaluate(f"moves({STEPS})")
        scrolls = page.evaluate(f"scrolls({STEPS})")
        nodes = page.evaluate("shadow.querySelectorAll('*').length")
        page.evaluate("shadow.querySelector('[data-by=agent]').click()")
        lanes = page.evaluate(f"moves({STEPS})")
        bare = theirs if count == 10_000 else None
        name = f"{count:,} spans"
        met += [
            line(
                f"{name}: first paint from the store",
                bare and bare["first"],
                statistics.median(o["first"] for o in opened),
                first,
            ),
            line(f"{name}: zoom or pan step, p95", bare and p95(bare["times"]), p95(moves), zoom),
            line(f"{name}: the same in swimlanes, p95", bare and p95(bare["times"]), p95(lanes), zoom),
            line(f"{name}: scroll step, p95", None, p95(scrolls), zoom),
            line(f"{name}: DOM nodes", bare and bare["nodes"], nodes, 1500, ""),
        ]
    return met


class Screen:
    """A strip without a notebook: what it is told of runs, it sends to its view at the painter's pace."""

    def __init__(self, store_):
        self.strip = Strip(Cell("cell", "execution"), store_, "lab", cell_ended=False)
        self.view = TraceView(store=store_)
        self.strip._view, self.strip._shown = self.view, True  # noqa: SLF001 - as after its first display
        self.painter = Painter()
        self.sent = []
        self.view.send = lambda _, buffers: self.sent.append((time.time(), buffers))

    def trace_started(self, _trace_id, _name):
        return "cell"

    def committed(self, traces, spans):
        self.strip.merge(traces, spans)
        self.painter.mark(self.strip)


def live(folder):
    """Return how long after its start each span was on its way to the page, in ms, and how often anything was."""
    path = Path(folder) / "live.db"
    screen = Screen(TraceStore(path))
    processor = NotebookTracingProcessor(path, observer=screen)
    set_trace_processors([processor])
    began = time.time()
    with trace("live"):
        for _ in range(60):
            with custom_span("step"):
                time.sleep(0.07)
    took = time.time() - began
    processor.force_flush()
    processor.shutdown()
    seen = {}
    for moment, (_, whole, times, _) in screen.sent:
        count = len(times) // 16
        for seq, start in zip(array("i", whole)[count : 2 * count], array("d", times)[:count], strict=True):
            seen.setdefault(seq, 1000 * (moment - start / 1e6))
    screen.painter.stop()
    return list(seen.values()), (len(screen.sent) - 1) / took


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    if CHROMIUM is None:
        print("no Chromium on PATH: not measured")
        return 0
    from playwright.sync_api import sync_playwright

    print(f"  {'':46} {'px.timeline':>12} {'ours':>13} {'goal':>12}")
    with tempfile.TemporaryDirectory() as folder:
        stores = {count: store(folder, count) for count in (200, 10_000, 100_000)}
        server = serve(Kernel(stores))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 1200, "height": 900})
            page.add_init_script(PAGE)
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            met = measure(page)
            chromium.close()
        server.shutdown()
        late, often = live(folder)
        met += [
            line("live: from a span's start to its message, p95", None, p95(late), 500),
            line("live: messages a second", None, often, 4, "/s"),
        ]
        for count, goal in ((200, 60), (100_000, 100)):
            ours, theirs = sizes(stores[count], count)
            met.append(line(f"{count:,} spans: saved notebook", theirs, ours, goal, "KB"))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
