"""What a grid needs of a session, whatever keeps it: pages of short rows, whole cells, and changes.

Rows are named by a *key* that stays while the row does: its id, or what stands for one where the session keeps
none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.table.edits import EditReport
    from nbagents.sessions.table.orphans import OnOrphan
    from nbagents.sessions.table.static import Glimpse

__all__ = ["Change", "Delete", "Figures", "Insert", "Move", "Page", "SetCell", "Sheet", "SheetRow", "Written"]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One item as a grid shows it; long text is cut.

    Attributes:
        key: Names the row.
        position: Its place in the whole history, from 1.
        label: What a person calls it: ``user``, ``assistant``, ``call``, ``output``, ``reasoning``, ...
        said: What it says, on one line of at most 300 characters.
        cells: The frame's columns but ``item``, each at most 300 characters; None where there is no such thing.
        cut: Columns that are longer than what is shown.
        partner: The place of a call's output or an output's call, None where there is none.
        stamp: Changes with the row; a change of the row says which stamp it was made on.
        problem: Why the row holds no item, None where it does.
    """

    key: str
    position: int
    label: str
    said: str
    cells: Mapping[str, str | int | None]
    cut: tuple[str, ...] = ()
    partner: int | None = None
    stamp: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A history in a few figures.

    Attributes:
        items: How many items there are.
        turns: Messages of the user, as far as ``whole`` tells.
        tokens: The estimate, likewise.
        labels: How many items have each label, likewise.
        whole: Whether the history was read through yet.
        undo: How many changes can be undone.
        redo: Whether there is one to redo.
    """

    items: int
    turns: int
    tokens: int
    labels: Mapping[str, int]
    whole: bool
    undo: int
    redo: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of what fits a search and a filter.

    Attributes:
        rows: The rows.
        start: The place of the first among those that fit, from 0.
        fitting: How many fit.
        version: Changes with the history.
        figures: The whole history in figures.
    """

    rows: Sequence[SheetRow]
    start: int
    fitting: int
    version: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class SetCell:
    """Give one cell another value.

    Attributes:
        key: The row.
        stamp: The row's stamp when it was shown.
        column: An editable column of the frame.
        value: The new value.
    """

    key: str
    stamp: str
    column: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a new row into the history, or copies of items that it may hold already.

    Attributes:
        before: The row they come before; None is the end.
        cells: The cells of a new row, as a frame has them.
        copies: The JSON of an item, of a list of items, or of one on each line; instead of cells.
    """

    before: str | None
    cells: Mapping[str, str | None] = field(default_factory=dict)
    copies: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove rows.

    Attributes:
        keys: The rows.
        stamps: Their stamps when they were shown.
    """

    keys: Sequence[str]
    stamps: Sequence[str]


@dataclass(frozen=True, slots=True)
class Move:
    """Move rows together, in their order.

    Attributes:
        keys: The rows.
        before: The row they come before; None is the end.
    """

    keys: Sequence[str]
    before: str | None


Change = SetCell | Insert | Delete | Move


@dataclass(frozen=True, slots=True)
class Written:
    """What a change did.

    Attributes:
        report: How many rows were inserted, updated, deleted and moved.
        keys: The rows that were touched, where they are now.
        position: The place of the first of them, from 1, or None.
        version: The history's version now.
    """

    report: EditReport
    keys: Sequence[str]
    position: int | None
    version: str


class Sheet(Protocol):
    """A session as a grid sees it."""

    @property
    def session_id(self) -> str:
        """The session."""

    @property
    def where(self) -> str:
        """What keeps it, in a few words."""

    @property
    def opened(self) -> str:
        """How it is opened, as Python."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop on which it must be asked; None is any."""

    @property
    def cannot(self) -> Mapping[str, str]:
        """What this session cannot do, and why, once a page was read; what is not named it can.

        ``edit``, ``insert``, ``delete``, ``move``, ``undo``, ``metadata``, ``branch``.
        """

    async def page(self, start: int, count: int, *, search: str = "", labels: Sequence[str] = ()) -> Page:
        """Return some of the rows that hold a text (any case, any column) and have one of the labels."""

    async def cells(self, key: str) -> Mapping[str, str | None]:
        """Return every cell of a row, whole, with ``item`` and ``stamp``.

        Raises:
            ConflictError: The row is gone.
        """

    async def items(self, keys: Sequence[str]) -> list[str]:
        """Return the JSON of the items that some rows hold, with their metadata in it.

        Raises:
            ConflictError: A row is gone.
        """

    async def change(self, change: Change, on_orphan: OnOrphan = "error") -> Written:
        """Change the history, in one transaction where the session can.

        Raises:
            ConflictError: A row is not what it was when it was shown; it holds both values.
            FrameError: The change is none that a history can have; nothing was written.
        """

    async def undo(self) -> Written | None:
        """Take the last change back; None where there is none."""

    async def redo(self) -> Written | None:
        """Make the change again that was taken back; None where there is none."""

    async def branch(self, new_id: str, at: str) -> Sheet:
        """Begin a session that holds the history through a row, and return its sheet."""

    async def version(self) -> str:
        """Return what changes with the history, at little cost."""

    def glimpse(self) -> Glimpse | None:
        """Return the end of the history without the event loop, None where it takes one."""
