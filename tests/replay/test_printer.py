"""What the commands print, on a terminal and in a log."""

from __future__ import annotations

import io

from nbagents.replay.commands.printer import Printer


class Terminal(io.StringIO):
    def isatty(self):
        return True


def said(stream):
    printer = Printer(stream)
    printer.passing("cell 1 of 2")
    printer.passing("cell 2 of 2")
    printer.line("ok")
    printer.line("done")
    return stream.getvalue()


def test_what_passes_is_written_over_on_a_terminal():
    """On a terminal only what stays is left to read; in a log each line is kept, so that one sees what hung."""
    assert said(io.StringIO()) == "cell 1 of 2\ncell 2 of 2\nok\ndone\n"
    over = "\r\x1b[2K"
    assert said(Terminal()) == f"cell 1 of 2{over}cell 2 of 2{over}ok\ndone\n"
