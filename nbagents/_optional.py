"""Optional packages: imported when first needed, and named with their cure when missing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from nbagents.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["require"]


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional module.

    Args:
        module: Its dotted name.
        extra: The extra of nbagents that installs it.

    Raises:
        MissingExtraError: It is not installed; the message holds the command that installs it.

    Example:
        >>> require("json", extra="none").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as exc:
        name = exc.name or module  # of what is missing: "redis", where "redis.exceptions" was asked for
        missing = f'{name!r} is not installed; get it with: pip install "nbagents[{extra}]"'
        raise MissingExtraError(missing, module=name, extra=extra) from exc
