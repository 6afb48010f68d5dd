"""Which cell is running? Read from the request that the kernel is answering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cell", "cell_of", "current_cell"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One execution of one cell.

    Attributes:
        id: The cell's id in the notebook, or the execution's where the front end names none.
        execution: The id of the request that runs it; running the cell again makes another.
    """

    id: str
    execution: str


def cell_of(request: Mapping[str, Any]) -> Cell | None:
    """Return the cell that an execute request runs, or None for any other message.

    Args:
        request: A Jupyter message (its ``header`` and ``metadata`` are read), as the kernel keeps it.

    Example:
        >>> cell_of({"header": {"msg_type": "execute_request", "msg_id": "m1"}, "metadata": {"cellId": "c7"}})
        Cell(id='c7', execution='m1')
        >>> cell_of({"header": {"msg_type": "comm_msg", "msg_id": "m2"}}) is None
        True
    """
    header = request.get("header") or {}
    if header.get("msg_type") != "execute_request":
        return None
    execution = str(header["msg_id"])
    metadata = request.get("metadata") or {}
    return Cell(str(metadata.get("cellId") or execution), execution)


def current_cell(shell: Any) -> Cell | None:  # noqa: ANN401 - IPython's shell is untyped
    """Return the cell this code was started by.

    The kernel keeps its request in a context variable, so a task made in an earlier cell still finds that cell,
    and a plain thread finds the newest one.
    """
    kernel = getattr(shell, "kernel", None)
    return None if kernel is None else cell_of(kernel.get_parent("shell"))
