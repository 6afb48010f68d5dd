"""A widget's ES module as one text: what it imports from beside it is written into it.

A page loads a widget's module from a text that has no address, so that an import of a file beside it would find
nothing. In the checkout the files stay plain modules that Node and TypeScript read as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["module_text"]

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[a-z_/]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)


def module_text(path: Path) -> str:
    """Return a module with every module that it imports by name, each once.

    Args:
        path: The module's file.

    Example:
        >>> from pathlib import Path
        >>> text = module_text(Path(__file__).with_name("trace") / "trace_view.js")
        >>> "import {" in text, text.count("class LiveHub")
        (False, 1)
    """
    return "".join(_parts(path, set()))


def _parts(path: Path, seen: set[Path]) -> list[str]:
    source = path.read_text(encoding="utf-8")
    before = []
    for match in _IMPORT.finditer(source):
        beside = (path.parent / match[1]).resolve()
        if beside not in seen:
            seen.add(beside)
            before += [_EXPORT.sub("", part) for part in _parts(beside, seen)]
    return [*before, _IMPORT.sub("", source)]
