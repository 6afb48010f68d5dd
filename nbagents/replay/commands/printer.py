"""What the commands print: lines that stay, and on a terminal one that says where they are and is written over."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TextIO

__all__ = ["Printer"]


@dataclass
class Printer:
    """Prints lines.

    Attributes:
        stream: Where to; what passes is written over on a terminal, and stays elsewhere, as in a CI's log.
    """

    stream: TextIO
    _passing: bool = False

    def line(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(text, file=self.stream, flush=True)

    def passing(self, text: str) -> None:
        """Print a line that is of interest only until the next one."""
        if not self.stream.isatty():
            self.line(text)
            return
        self._clear()
        self.stream.write(text[: shutil.get_terminal_size().columns - 1])
        self.stream.flush()
        self._passing = True

    def _clear(self) -> None:
        if self._passing:
            self.stream.write("\r\x1b[2K")  # to the line's begin, and delete it
            self._passing = False
