"""A real JupyterLab, driven in a real Chromium.

`lab` is one server for the whole run; `notebook` makes notebooks and opens them, each in a page of its own::

    def test_something(notebook):
        page = notebook(["1 + 1"])
        page.run_all()
        assert page.outputs(0)[0]["data"]["text/plain"] == "2"

The browser lives as long as a module: Playwright's sync API occupies the thread's event loop while it is up, and
the async tests of other folders need it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

CHECKOUT = Path(__file__).parents[2]
collect_ignore_glob = ["*_rows.py", "*_runs.py", "*_peer.py"]  # programs of their own, run in kernels and by tests
ARTIFACTS = CHECKOUT / "artifacts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
START_SECONDS = 90
WAIT_MS = 60_000
FAILED = pytest.StashKey[bool]()

LAB_FLAGS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.disable_check_xsrf=True",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
)
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--force-color-profile=srgb",
)

# The notebook, also while a dialog has the focus and there is no current widget.
PANEL = """
globalThis.nbTestPanel = () =>
    [...jupyterapp.shell.widgets("main")].find(each => each.context && each.content?.widgets);
"""

# What JupyterLab itself writes to the console of a healthy page.
NOT_OURS = (
    "favicon",
    "/api/kernels",  # a kernel that was shut down on purpose
    "/api/sessions",
    "/api/contents",
    "Failed to load resource",
    "WebSocket",
    "Canceled future",
    "Could not send widget sync message",  # ipywidgets, likewise
)


def pytest_collection_modifyitems(items):
    """Skip what cannot run here, naming what is missing."""
    reason = _missing()
    for item in items:
        if item.get_closest_marker("browser") and reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember whether a test failed, so that its pages can be kept as pictures."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def _missing():
    if CHROMIUM is None:
        return f"no Chromium: none of {', '.join(BROWSERS)} is on PATH"
    try:
        import playwright.sync_api  # noqa: F401 - only whether it is there
    except ImportError:
        return "the Python package playwright is not installed"
    return None


@dataclass
class Lab:
    """A running server.

    Attributes:
        url: Where it listens.
        folder: The folder it serves.
    """

    url: str
    folder: Path

    def shutdown_kernels(self):
        """End every kernel, as closing the machine would; the notebooks' files stay."""
        for session in self.api("api/sessions"):
            self.api(f"api/sessions/{session['id']}", method="DELETE")

    def api(self, path, method="GET"):
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            body = reply.read()
        return json.loads(body) if body else None


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """One JupyterLab for the whole run, with its own configuration, kernels and folder."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    _decline_news(home / "settings")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                *LAB_FLAGS,
                f"--ServerApp.port={port}",
                f"--ServerApp.root_dir={folder}",
            ],
            env=_environment(home),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        lab = Lab(f"http://127.0.0.1:{port}", folder)
        try:
            _wait_until_up(lab, server, home / "server.log")
            yield lab
            lab.shutdown_kernels()
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait()


def _decline_news(settings):
    """Answer JupyterLab's question about news, which would lie over the page."""
    file = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))


def _environment(home):
    """The caller's environment without keys, and with every Jupyter folder in a temporary place."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "NBAGENTS_", "JUPYTER_"))
    }
    folders = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    passed = {name: os.environ[name] for name in ("NBAGENTS_MODE", "NBAGENTS_DB") if name in os.environ}
    return kept | passed | {name: str(path) for name, path in folders.items()} | {"PYTHONPATH": str(CHECKOUT)}


def _wait_until_up(lab, server, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"jupyter lab ended with {server.returncode}:\n{log.read_text()[-2000:]}")
        try:
            lab.api("api/status")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)  # a server announces itself to nobody: there is only asking
        else:
            return
    pytest.fail(f"jupyter lab did not answer within {START_SECONDS} s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def browser():
    """Chromium, for one module."""
    yield from launch()


def launch(*flags):
    """Start Chromium; what is waited for in it may take as long as a slow machine needs."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *flags])
        yield chromium
        chromium.close()


def launch_talking(folder, said, *flags):
    """Start Chromium with a fake microphone that says the same (int16 at 48 kHz) again and again."""
    from nbagents.audio.wav import to_wav

    file = folder / "said.wav"
    file.write_bytes(to_wav(said, 48_000))
    sound = (f"--use-file-for-fake-audio-capture={file}", "--autoplay-policy=no-user-gesture-required")
    yield from launch(*sound, *flags)


@dataclass
class NotebookPage:
    """A notebook that is open in a page of its own.

    Attributes:
        lab: The server.
        path: The notebook's file, as the server names it.
        page: Playwright's page.
        problems: Page errors and console errors so far, without JupyterLab's own.
    """

    lab: Lab
    path: str
    page: object
    problems: list[str] = field(default_factory=list)

    def open(self):
        """Load the page (again) and wait until the notebook is there; starts a kernel."""
        self.page.goto(f"{self.lab.url}/lab/tree/{self.path}?reset", wait_until="commit")
        self.page.wait_for_function(
            "() => window.jupyterapp && nbTestPanel()?.content.widgets.length && nbTestPanel().context.isReady",
            timeout=WAIT_MS,
        )

    def open_without_kernel(self):
        """Load the page with no kernel at all, as on a machine that cannot run the notebook."""
        self.lab.shutdown_kernels()
        self.page.route(re.compile(r"/api/(kernels|sessions)(\?|$)"), _no_kernel)
        self.open()

    def reload(self):
        """Reload the page; the kernel goes on, and is idle again when this returns."""
        self.page.reload(wait_until="commit")
        self.page.wait_for_function(
            "() => window.jupyterapp && nbTestPanel()?.context.isReady"
            " && nbTestPanel().sessionContext?.session?.kernel?.status === 'idle'",
            timeout=WAIT_MS,
        )

    def command(self, name, arguments=None):
        """Execute one of JupyterLab's commands and wait for it."""
        self.page.evaluate(
            "async ([name, arguments_]) => { await jupyterapp.commands.execute(name, arguments_); }",
            [name, arguments or {}],
        )

    def run_all(self):
        """Run every cell and wait until the last has ended; a cell that raises fails the test."""
        self._wait_for_kernel()
        self.command("notebook:run-all-cells")
        for index in range(len(self.sources())):
            for output in self.outputs(index):
                assert output["output_type"] != "error", "\n".join(output["traceback"])

    def start(self, index):
        """Run one cell and return at once."""
        self._wait_for_kernel()
        self.page.evaluate(
            """index => {
                const notebook = nbTestPanel().content;
                notebook.activeCellIndex = index;
                jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def run(self, source):
        """Append a code cell, run it, wait for it, and return its outputs."""
        index = self.append(source)
        self._wait_for_kernel()
        self.page.evaluate(
            """async index => {
                nbTestPanel().content.activeCellIndex = index;
                await jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )
        self.settle()
        return self.outputs(index)

    def settle(self):
        """Wait until the page has nothing left to do: after a run JupyterLab still scrolls and takes the focus."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestIdleCallback(() =>"
            " requestAnimationFrame(() => requestIdleCallback(done)))))"
        )

    def append(self, source):
        """Append a code cell and return its index."""
        return self.page.evaluate(
            """source => {
                const shared = nbTestPanel().content.model.sharedModel;
                shared.addCell({cell_type: 'code', source});
                return shared.cells.length - 1;
            }""",
            source,
        )

    def outputs(self, index):
        """Return a cell's outputs, as the notebook's file would hold them."""
        return self.page.evaluate(
            "index => nbTestPanel().content.model.sharedModel.getCell(index).getOutputs?.() ?? []",
            index,
        )

    def sources(self):
        """Return every cell's source."""
        return self.page.evaluate(
            "() => nbTestPanel().content.model.sharedModel.cells.map(cell => cell.getSource())"
        )

    def cell(self, index):
        """Return Playwright's locator of one cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def theme(self, name):
        """Switch to ``light`` or ``dark``."""
        self.command("apputils:change-theme", {"theme": f"JupyterLab {name.capitalize()}"})
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{str(name == 'light').lower()}']", state="attached"
        )
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def save(self):
        """Save and return the file's notebook."""
        self.command("docmanager:save")
        return nbformat.read(self.lab.folder / self.path, as_version=4)

    def restart_kernel(self):
        """Restart the kernel without asking."""
        self.page.evaluate("async () => { await nbTestPanel().sessionContext.session.kernel.restart(); }")
        self._wait_for_kernel()

    def shutdown_kernel(self):
        """Shut the kernel down as the menu does; the page stays open."""
        self.page.evaluate("async () => { await nbTestPanel().sessionContext.shutdown(); }")

    def wait_for(self, expression, argument=None):
        """Wait until a JavaScript expression is true in the page."""
        return self.page.wait_for_function(expression, arg=argument, timeout=WAIT_MS)

    def screenshot(self, name, locator=None):
        """Keep a picture in ``artifacts/``."""
        ARTIFACTS.mkdir(exist_ok=True)
        (locator or self.page).screenshot(path=ARTIFACTS / f"{name}.png")

    def close(self):
        """Close the page."""
        self.page.close()

    def _wait_for_kernel(self):
        self.wait_for(
            "() => nbTestPanel().sessionContext.session?.kernel?.connectionStatus === 'connected'"
            " && nbTestPanel().sessionContext.session.kernel.info"
            " && nbTestPanel().sessionContext.isReady"
        )


@pytest.fixture
def notebook(lab, browser, request):
    """Make a notebook from cell sources, open it in its own page, and fail on any error the page reports."""
    opened = []

    def make(cells, *, name=None, width=1200, height=1000, start=True, beside=None):
        path = f"{name or request.node.name}.ipynb"
        if isinstance(cells, (str, os.PathLike)):
            shutil.copy(cells, lab.folder / path)
        elif cells is not None:
            (lab.folder / path).write_text(json.dumps(_document(cells)))
        if beside is None:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.set_default_timeout(WAIT_MS)
        else:  # in another tab of the same browser
            context = beside.page.context
        page = context.new_page()
        notebook_page = NotebookPage(lab, path, page)
        page.add_init_script(PANEL)
        _listen(page, notebook_page.problems)
        opened.append(notebook_page)
        if start:
            notebook_page.open()
        return notebook_page

    yield make
    for n, page in enumerate(opened):
        if request.node.stash.get(FAILED, False) and not page.page.is_closed():
            page.screenshot(f"failed-{request.node.name}-{n}")
        page.page.context.close()
    lab.shutdown_kernels()
    assert [problem for page in opened for problem in page.problems] == []


def _no_kernel(route):
    """Say that nothing runs, and never answer a request to start something: a refusal would open a dialog."""
    if route.request.method == "GET":
        route.fulfill(json=[])


def _listen(page, problems):
    def note(text):
        if not any(known in text for known in NOT_OURS):
            problems.append(text)

    page.on("pageerror", lambda error: note(f"page error: {error}"))
    page.on("console", lambda said: said.type == "error" and note(f"console error: {said.text} {said.location}"))


def _document(cells):
    """A notebook of code cells."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{n}",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": cell,
            }
            for n, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
