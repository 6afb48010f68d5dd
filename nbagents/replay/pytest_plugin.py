"""``pytest --nbmake`` replays by itself: a notebook with a cassette beside it runs in mode replay.

Each such notebook gets a database of its own, so that no earlier run changes what it asks. NBAGENTS_MODE, where it
is set, decides instead; whatever the mode, the kernel is told which notebook it runs. The summary at the end says
what was replayed, which recordings nothing asked for, and where rules answered for want of a cassette;
``--nbagents-strict`` makes unused recordings fail the run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents.replay.cassette.path import ENDING
from nbagents.replay.wire.report import VARIABLE, read_report

if TYPE_CHECKING:
    import pytest

__all__ = ["Replays", "pytest_addoption", "pytest_configure"]

_PROPERTY = "nbagents_replay"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--nbagents-strict``."""
    group = parser.getgroup("nbagents", "notebooks with recorded model calls")
    group.addoption(
        "--nbagents-strict", action="store_true", help="fail where a recorded call of a notebook is not used"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Watch for notebooks where nbmake runs them."""
    if config.pluginmanager.hasplugin("nbmake"):
        config.pluginmanager.register(Replays(strict=config.getoption("--nbagents-strict")), "nbagents-replays")


@dataclass(eq=False)  # pytest keeps plugins in sets
class Replays:
    """The notebooks of one test run.

    Attributes:
        strict: Whether a recording that nothing asked for fails the run.
    """

    strict: bool
    _saved: dict[str, str | None] = field(default_factory=dict)
    _folder: Path | None = None
    _lines: list[str] = field(default_factory=list)
    _unused: int = 0
    _ruled: list[str] = field(default_factory=list)

    def pytest_runtest_setup(self, item: Any) -> None:  # noqa: ANN401 - nbmake's item has no type
        """Point the kernel that nbmake will start to the cassette."""
        if not getattr(item, "nbmake", False):
            return
        variables = {"NBAGENTS_NOTEBOOK": str(item.path)}
        if (os.environ.get("NBAGENTS_MODE") or "replay") == "replay":
            self._folder = Path(tempfile.mkdtemp(prefix="nbagents-"))
            variables[VARIABLE] = str(self._folder / "report.jsonl")
            cassette = Path(item.path).with_suffix(ENDING)
            if cassette.is_file():
                variables |= {
                    "NBAGENTS_MODE": "replay",
                    "NBAGENTS_CASSETTE": str(cassette),
                    "NBAGENTS_DB": str(self._folder / "notebook.db"),
                }
        self._set(variables)

    def pytest_runtest_teardown(self, item: Any) -> None:  # noqa: ANN401 - as above
        """Note what was replayed, and put the environment back."""
        for name, value in self._saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._saved = {}
        if self._folder is None:
            return
        folder, self._folder = self._folder, None
        said = _said(item.nodeid.partition("::")[0], Path(item.path).with_suffix(ENDING), folder / "report.jsonl")
        item.user_properties.append((_PROPERTY, said))  # reports also come from the workers of pytest-xdist
        shutil.rmtree(folder, ignore_errors=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take up what was replayed."""
        if report.when == "teardown":
            said: list[Any] = [value for name, value in report.user_properties if name == _PROPERTY]
            for lines, unused, ruled in said:
                self._lines += lines
                self._unused += unused
                self._ruled += ruled

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a strict run in which recordings were not used."""
        if self.strict and self._unused and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401 - pytest's reporter is private
        """Print what was replayed."""
        lines = [*self._lines]
        if self._ruled:
            lines.append(f"no cassette, so that rules answered: {', '.join(sorted(set(self._ruled)))}")
        if lines:
            terminalreporter.section("nbagents replay")
            for line in lines:
                terminalreporter.write_line(line)

    def _set(self, variables: dict[str, str]) -> None:
        self._saved = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)


def _said(name: str, path: Path, report: Path) -> tuple[list[str], int, list[str]]:
    """Return what one run did in lines, how many recordings it did not use, and its name where rules answered."""
    from nbagents.errors import CassetteError
    from nbagents.replay.cassette.cassette import Cassette
    from nbagents.replay.commands.check import replayed

    outcome = read_report(report)
    if not path.is_file():
        return [], 0, [name] * (outcome.modes[-1:] == ["offline"])
    try:
        cassette = Cassette.read(path)
    except CassetteError as exc:
        return [f"{name}: {exc}"], 0, []
    findings = replayed(cassette, outcome, None)
    lines = [f"{name}: {len(outcome.used)} of {len(cassette)} recorded calls used"]
    lines += [f"  {one.kind}: {one.text}".replace("\n", "\n    ") for one in findings]
    return lines, sum(one.kind == "unused" for one in findings), []
