"""Lines of text in a file: written whole or not at all, and read without a word lost."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from nbagents.errors import StoreOpenError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["read_lines", "write_lines"]


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a file anew, each line ended by a line feed.

    Raises:
        StoreOpenError: It cannot be written; what was there is still there.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        unfinished.replace(path)
    except OSError as exc:
        raise StoreOpenError(f"cannot write {path}: {exc.strerror}; name another file", path=path) from exc
    finally:
        with suppress(OSError):
            unfinished.unlink()


def read_lines(path: Path) -> list[str]:
    """Read a file's lines; only a line feed ends one, and empty ones do not count.

    Raises:
        StoreOpenError: It cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise StoreOpenError(f"cannot read {path}: {exc.strerror}", path=path) from exc
    except UnicodeDecodeError as exc:
        raise StoreOpenError(f"{path} is not UTF-8 ({exc.reason} at byte {exc.start})", path=path) from exc
    return [line for line in text.split("\n") if line.strip()]
