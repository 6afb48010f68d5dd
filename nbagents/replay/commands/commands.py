"""``nbagents record``, ``nbagents replay check`` and ``nbagents replay diff``.

===========  ==================================================================
exit status  meaning
===========  ==================================================================
0            all is well (there may be warnings)
1            something was found: see the lines that were printed
2            the command could not be used: a file that is not there, no notebook
130          it was stopped by Ctrl-C
===========  ==================================================================
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents._static_table import many
from nbagents.errors import ReplayError
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.cassette.hold import hold
from nbagents.replay.cassette.path import ENDING
from nbagents.replay.commands import check
from nbagents.replay.commands.compare import compare
from nbagents.replay.commands.execute import Executed, execute, read_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nbagents.replay.commands.check import Finding
    from nbagents.replay.commands.printer import Printer
    from nbagents.replay.mode import Mode


__all__ = ["cassettes_alone", "check_notebooks", "diff_notebooks", "notebooks_with_cassettes", "record_notebooks"]

OK, FOUND, USAGE = 0, 1, 2
_KEPT = "recorded, but it does not replay, so the old cassette stays"
_UNSAVED = "recorded, but what is secret is not saved, so the old cassette and outputs stay"
_DIFFERS = "a cell must ask the same in each run, without the time, random numbers or paths in what it says"
_CHANGED = "the notebook was changed while it was being recorded, so it and its old cassette stay; record again"
_WITH_IDS = 5  # the minor version of the notebook format, 4, since which cells have ids


def record_notebooks(paths: Sequence[Path], printer: Printer) -> int:
    """Run notebooks with the model, keep what it answered, and save the outputs that a replay gives.

    A cassette takes the place of the old one only when the notebook runs to its end and replays.

    Args:
        paths: The notebooks.
        printer: Prints what is found, and where it is.

    Returns:
        The exit status.
    """
    if not _all_there(paths, printer):
        return USAGE
    return _each(paths, lambda path: _record(path, printer), printer)


def check_notebooks(paths: Sequence[Path], printer: Printer) -> int:
    """Replay notebooks and say what no longer matches.

    Args:
        paths: The notebooks; none stands for all below the working folder that have a cassette.
        printer: Prints what is found, and where it is.

    Returns:
        The exit status.
    """
    alone = [] if paths else list(cassettes_alone(Path()))
    chosen = paths or list(notebooks_with_cassettes(Path()))
    if not chosen and not alone:
        printer.line("no notebook here has a cassette; make one with: nbagents record NOTEBOOK")
        return USAGE
    if not _all_there(chosen, printer):
        return USAGE
    return max(
        _each(chosen, lambda path: _check(path, printer), printer),
        *(_say(path, [check.alone(path)], printer) for path in alone),
        OK,
    )


def diff_notebooks(paths: Sequence[Path], printer: Printer, executed: Path | None = None) -> int:
    """Compare saved outputs with those of a replay, cell by cell.

    Args:
        paths: The notebooks.
        printer: Prints what is found, and where it is.
        executed: A notebook that was run already, to compare the only one of ``paths`` with; None replays.

    Returns:
        The exit status.
    """
    if executed is not None and len(paths) > 1:
        printer.line("--executed is one notebook's run: name the one notebook to compare it with")
        return USAGE
    if not _all_there([*paths, *([executed] if executed else [])], printer):
        return USAGE
    return _each(paths, lambda path: _diff(path, printer, executed), printer)


def notebooks_with_cassettes(folder: Path) -> Iterator[Path]:
    """Yield the notebooks below a folder that have a cassette, in order; hidden folders are left out."""
    return (notebook for _, notebook in _pairs(folder) if notebook.is_file())


def cassettes_alone(folder: Path) -> Iterator[Path]:
    """Yield the cassettes below a folder whose notebook is not beside them, likewise; a script's own is none."""
    return (
        path for path, notebook in _pairs(folder) if not notebook.exists() and path.name != f"nbagents{ENDING}"
    )


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each cassette below a folder with the notebook that belongs to it."""
    for cassette in sorted(folder.rglob(f"*{ENDING}")):
        if not any(part.startswith(".") for part in cassette.relative_to(folder).parts):
            yield cassette, cassette.with_name(f"{cassette.name.removesuffix(ENDING)}.ipynb")


def _each(paths: Sequence[Path], work: Callable[[Path], list[Finding]], printer: Printer) -> int:
    """Do the same with each notebook; what is wrong with one stops none of the others."""
    bad = []
    for path in paths:
        try:
            findings = work(path)
        except ReplayError as exc:
            findings = [check.Finding("failed", str(exc))]
        except OSError as exc:
            findings = [check.Finding("failed", f"{exc.strerror}: {exc.filename}")]
        if _say(path, findings, printer) != OK:
            bad.append(path.as_posix())
    if len(paths) > 1:
        rest = f"; look at: {', '.join(bad)}" if bad else ""
        printer.line(f"{len(paths) - len(bad)} of {len(paths)} notebooks are ok{rest}")
    return FOUND if bad else OK


def _record(path: Path, printer: Printer) -> list[Finding]:
    with hold(_cassette(path)):
        _give_ids(path, printer)
        return _record_held(path, _cassette(path), printer)


def _record_held(path: Path, target: Path, printer: Printer) -> list[Finding]:
    before = path.read_bytes()
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".nbagents-") as folder:
        fresh = Path(folder, target.name)
        made = _run(path, "record", fresh, printer)
        if made.error is not None:
            return [check.failed(made.outcome, "record", made.error)]
        if not fresh.exists():
            return [check.nothing_recorded(made.outcome)]
        again = _run(path, "replay", fresh, printer)
        cassette = Cassette.read(fresh)
        secret = [*check.secrets(fresh), *check.shown(again.notebook)]
        if secret:
            return [*secret, check.Finding("failed", _UNSAVED)]
        findings = check.replayed(cassette, again.outcome, again.error)
        if findings:
            differs = any(one.kind in {"missing", "unused"} for one in findings)
            return [*findings, check.Finding("failed", f"{_KEPT}: {_DIFFERS}" if differs else _KEPT)]
        if path.read_bytes() != before:
            return [check.Finding("failed", _CHANGED)]
        _put(cassette, target)
    _save(again, path)
    printer.line(f"{path}: {many(len(cassette), 'call')} recorded in {target.name}")
    return []


def _give_ids(path: Path, printer: Printer) -> None:
    """Calls are found by their cell's id. Where a file has none, JupyterLab makes up others each time."""
    import nbformat

    notebook = read_notebook(path)
    if notebook.nbformat_minor < _WITH_IDS:
        made = nbformat.v4.upgrade(notebook, from_minor=notebook.nbformat_minor)  # type: ignore[no-untyped-call]  # nbformat's
        nbformat.write(made, path)  # type: ignore[no-untyped-call]  # nbformat's
        printer.line(f"{path}: its cells had no ids, by which calls are found; they have now")


def _put(cassette: Cassette, target: Path) -> None:
    old = Cassette(target)
    old.delete()
    if cassette.folder.is_dir():
        old.folder.mkdir(exist_ok=True)
        for path in cassette.folder.iterdir():
            path.replace(old.folder / path.name)
    cassette.path.replace(target)


def _save(executed: Executed, path: Path) -> None:
    import nbformat

    nbformat.write(executed.notebook, path)  # type: ignore[no-untyped-call]  # nbformat's


def _check(path: Path, printer: Printer) -> list[Finding]:
    target = _cassette(path)
    cassette = Cassette.read(target)
    saved = read_notebook(path)
    made = _run(path, "replay", target, printer)
    found = [*check.secrets(target), *check.shown(saved), *check.replayed(cassette, made.outcome, made.error)]
    if made.error is None:
        found += check.stale(compare(saved, made.notebook))
    return found + check.age((one.recorded for one in cassette), datetime.now(UTC).date())


def _diff(path: Path, printer: Printer, executed: Path | None) -> list[Finding]:
    saved = read_notebook(path)
    if executed is not None:
        return check.stale(compare(saved, read_notebook(executed)))
    made = _run(path, "replay", _cassette(path), printer)
    if made.error is not None:
        return [check.failed(made.outcome, "replay", made.error)]
    return check.stale(compare(saved, made.notebook))


def _run(path: Path, mode: Mode, cassette: Path, printer: Printer) -> Executed:
    variables = {"NBAGENTS_MODE": mode, "NBAGENTS_CASSETTE": str(cassette.absolute())}
    return execute(path, variables, lambda cell, of: printer.passing(f"{path}: {mode} cell {cell} of {of}"))


def _cassette(path: Path) -> Path:
    return path.with_suffix(ENDING)


def _all_there(paths: Sequence[Path], printer: Printer) -> bool:
    lacking = [path for path in paths if not path.is_file()]
    for path in lacking:
        printer.line(f"there is no notebook {path}")
    return not lacking


def _say(path: Path, findings: Sequence[Finding], printer: Printer) -> int:
    for one in findings:
        printer.line(f"{path}: {'warning: ' if one.warning else ''}{one.kind}: {one.text}")
    if not findings:
        printer.line(f"{path}: ok")
    return FOUND if any(not one.warning for one in findings) else OK
