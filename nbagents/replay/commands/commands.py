"""``nbagents record``, ``nbagents replay check`` and ``nbagents replay diff``.

===========  ==================================================================
exit status  meaning
===========  ==================================================================
0            all is well (there may be warnings)
1            something was found: see the lines that were printed
2            the command could not be used: a file that is not there, no notebook
===========  ==================================================================
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents.errors import CassetteError
from nbagents.replay.cassette.cassette import Cassette
from nbagents.replay.commands import check
from nbagents.replay.commands.compare import compare
from nbagents.replay.commands.execute import Executed, execute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nbagents.replay.commands.check import Finding

    Write = Callable[[str], object]

__all__ = ["check_notebooks", "diff_notebooks", "notebooks_with_cassettes", "record_notebooks"]

OK, FOUND, USAGE = 0, 1, 2


def record_notebooks(paths: Sequence[Path], write: Write) -> int:
    """Run notebooks with the model, keep what it answered, and save the outputs that a replay gives.

    A cassette takes the place of the old one only when the notebook runs to its end and replays.

    Args:
        paths: The notebooks.
        write: Takes a line.

    Returns:
        The exit status.
    """
    if not _all_there(paths, write):
        return USAGE
    return max([_record(path, write) for path in paths])


def check_notebooks(paths: Sequence[Path], write: Write) -> int:
    """Replay notebooks and say what no longer matches.

    Args:
        paths: The notebooks; none stands for all below the working folder that have a cassette.
        write: Takes a line.

    Returns:
        The exit status.
    """
    chosen = paths or list(notebooks_with_cassettes(Path()))
    if not chosen:
        write("no notebook here has a cassette; make one with: nbagents record NOTEBOOK")
        return USAGE
    if not _all_there(chosen, write):
        return USAGE
    return max([_say(path, _check(path, write), write) for path in chosen])


def diff_notebooks(paths: Sequence[Path], write: Write, executed: Path | None = None) -> int:
    """Compare saved outputs with those of a replay, cell by cell.

    Args:
        paths: The notebooks.
        write: Takes a line.
        executed: A notebook that was run already, to compare the only one of ``paths`` with; None replays.

    Returns:
        The exit status.
    """
    if not _all_there([*paths, *([executed] if executed else [])], write):
        return USAGE
    return max([_say(path, _diff(path, write, executed), write) for path in paths])


def notebooks_with_cassettes(folder: Path) -> Iterator[Path]:
    """Yield the notebooks below a folder that have a cassette, in order; hidden folders are left out."""
    for cassette in sorted(folder.rglob("*.cassette.jsonl")):
        notebook = cassette.with_name(cassette.name.removesuffix(".cassette.jsonl") + ".ipynb")
        hidden = any(part.startswith(".") for part in notebook.relative_to(folder).parts)
        if notebook.is_file() and not hidden:
            yield notebook


def _record(path: Path, write: Write) -> int:
    target = _cassette(path)
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".nbagents-") as folder:
        fresh = Path(folder, target.name)
        made = _run(path, "record", fresh, write)
        if made.error is not None:
            return _say(path, [check.Finding("failed", made.error)], write)
        if not fresh.exists():
            return _say(path, [check.Finding("missing", "no model was asked, so nothing was recorded")], write)
        again = _run(path, "replay", fresh, write)
        cassette = Cassette.read(fresh)
        findings = [*check.secrets(fresh), *check.replayed(cassette, again.outcome, again.error)]
        if findings:
            write(f"{path.name}: recorded, but it does not replay; the old cassette stays")
            return _say(path, findings, write)
        _put(cassette, target)
    _save(again, path)
    write(f"{path.name}: {len(cassette)} calls recorded in {target.name}")
    return OK


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


def _check(path: Path, write: Write) -> list[Finding]:
    target = _cassette(path)
    try:
        cassette = Cassette.read(target)
    except CassetteError as exc:
        return [check.Finding("failed", str(exc))]
    saved = json.loads(path.read_text(encoding="utf-8"))
    made = _run(path, "replay", target, write)
    found = [*check.secrets(target), *check.replayed(cassette, made.outcome, made.error)]
    if made.error is None:
        found += check.stale(compare(saved, made.notebook))
    return found + check.age((one.recorded for one in cassette), datetime.now(UTC).date())


def _diff(path: Path, write: Write, executed: Path | None) -> list[Finding]:
    saved = json.loads(path.read_text(encoding="utf-8"))
    if executed is not None:
        return check.stale(compare(saved, json.loads(executed.read_text(encoding="utf-8"))))
    made = _run(path, "replay", _cassette(path), write)
    if made.error is not None:
        return [check.Finding("failed", made.error)]
    return check.stale(compare(saved, made.notebook))


def _run(path: Path, mode: str, cassette: Path, write: Write) -> Executed:
    variables = {"NBAGENTS_MODE": mode, "NBAGENTS_CASSETTE": str(cassette.absolute())}
    return execute(path, variables, lambda cell, of: write(f"{path.name}: {mode} cell {cell} of {of}"))


def _cassette(path: Path) -> Path:
    return path.with_suffix(".cassette.jsonl")


def _all_there(paths: Sequence[Path], write: Write) -> bool:
    lacking = [path for path in paths if not path.is_file()]
    for path in lacking:
        write(f"there is no notebook {path}")
    return not lacking


def _say(path: Path, findings: Sequence[Finding], write: Write) -> int:
    for one in findings:
        write(f"{path.name}: {'warning: ' if one.warning else ''}{one.kind}: {one.text}")
    if not findings:
        write(f"{path.name}: ok")
    return FOUND if any(not one.warning for one in findings) else OK
