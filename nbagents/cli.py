"""The ``nbagents`` command."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import nbagents

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["copy_notebooks", "lab_command", "main", "notebooks_folder"]

FIRST = "01_first_run.ipynb"
_STOPPED = 130  # what shells give for Ctrl-C

_WHAT = "See, edit and rerun OpenAI agents inside a Jupyter notebook."
_FIRST = "First time? `nbagents lab` opens a notebook that runs without a key."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "lab":
        parser.error(f"unknown: {' '.join(rest)}")
    run = _COMMANDS.get(options.command)
    if run is None:
        parser.print_help()
        return 2
    try:
        return run(options, rest)
    except KeyboardInterrupt:
        print("\nnbagents: stopped; what was not finished is as it was", file=sys.stderr)
        return _STOPPED


def _lab(options: argparse.Namespace, rest: list[str]) -> int:
    try:
        copied = copy_notebooks(notebooks_folder(), options.folder)
    except OSError as exc:
        print(f"nbagents: cannot copy the notebooks to {options.folder}: {exc.strerror}", file=sys.stderr)
        return 1
    if copied:
        print(f"copied {', '.join(copied)} to {options.folder}")
    return subprocess.call(lab_command(options.folder / FIRST, rest))  # noqa: S603 - our own interpreter


def _record(options: argparse.Namespace, _: list[str]) -> int:
    from nbagents.replay.commands.commands import record_notebooks
    from nbagents.replay.commands.printer import Printer

    return record_notebooks(options.notebooks, Printer(sys.stdout))


def _replay(options: argparse.Namespace, _: list[str]) -> int:
    from nbagents.replay.commands.commands import check_notebooks, diff_notebooks
    from nbagents.replay.commands.printer import Printer

    printer = Printer(sys.stdout)
    if options.what == "check":
        return check_notebooks(options.notebooks, printer)
    return diff_notebooks(options.notebooks, printer, options.executed)


_COMMANDS = {"lab": _lab, "record": _record, "replay": _replay}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nbagents", description=_WHAT, epilog=_FIRST, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=nbagents.__version__)
    commands = parser.add_subparsers(dest="command")
    lab = commands.add_parser(
        "lab",
        help="copy the notebooks that come with the package and open them in JupyterLab",
        epilog="Other options, such as --no-browser or --port, are JupyterLab's own.",
    )
    lab.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("nbagents-notebooks"),
        help="where they are copied; %(default)s if not given",
    )
    _add_replay(commands)
    return parser


def _add_replay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    status = "Exit status: 0 all is well, 1 something was found, 2 the command could not be used."
    record = commands.add_parser("record", help="run notebooks with the model and keep its answers", epilog=status)
    record.add_argument(
        "notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help="what is run; it needs OPENAI_API_KEY"
    )
    replay = commands.add_parser("replay", help="run notebooks with the answers that were kept", epilog=status)
    what = replay.add_subparsers(dest="what", required=True)
    check = what.add_parser("check", help="say what no longer matches", epilog=status)
    check.add_argument(
        "notebooks",
        nargs="*",
        type=Path,
        metavar="NOTEBOOK",
        help="if none is given: all below this folder that were recorded",
    )
    diff = what.add_parser("diff", help="compare saved outputs with those of a replay", epilog=status)
    diff.add_argument(
        "notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help="one that was recorded; it is not changed"
    )
    diff.add_argument(
        "--executed",
        type=Path,
        metavar="NOTEBOOK",
        help="a run of the notebook to compare with, instead of a replay",
    )


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that come with the package (in a checkout, the checkout's own)."""
    package = Path(nbagents.__file__).parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def copy_notebooks(source: Path, target: Path) -> list[str]:
    """Copy the notebooks that the target does not have yet, and sounds; what is there is never overwritten.

    Args:
        source: Folder of ``*.ipynb`` and ``*.wav`` files.
        target: Folder to copy to; made when it is not there.

    Returns:
        The names that were copied, sorted.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for file in sorted([*source.glob("*.ipynb"), *source.glob("*.wav")]):
        if not (target / file.name).exists():
            shutil.copyfile(file, target / file.name)
            copied.append(file.name)
    return copied


def lab_command(notebook: Path, options: Sequence[str] = ()) -> list[str]:
    """Return the command that opens a notebook in this environment's JupyterLab.

    Args:
        notebook: The file to open.
        options: More options for JupyterLab.
    """
    # A fresh container's only user is often root, for whom Jupyter asks to be told so.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    place = [
        f"--ServerApp.root_dir={notebook.parent.absolute()}",
        # The address that is printed for `--no-browser` is the notebook's own too.
        f"--LabApp.default_url=/lab/tree/{quote(notebook.name)}",
    ]
    return [sys.executable, "-m", "jupyterlab", *place, *root, *options]


if __name__ == "__main__":
    sys.exit(main())
