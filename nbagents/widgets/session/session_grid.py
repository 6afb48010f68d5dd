"""The session widget: a session as a table that one can edit.

The protocol is written at the top of ``session_grid.js``; this side of it:

==================================  =========================================================================
from the page                       what is answered
==================================  =========================================================================
``ready``                           the first page, to every page that is open
``page`` (start, count, search,     some of the rows that fit
labels)
``cells`` (key)                     every cell of one row, whole
``items`` (keys)                    the JSON of some rows' items
``change`` (change, on_orphan)      what was written, with ``page``: the rows that are in sight then
``undo``, ``redo``                  likewise, or null
``branch`` (new_id, at)             how the branch is opened
``open`` (session_id)               nothing; every page is told to look again
``version``                         the history's version
``rest``                            nothing: nobody edits now, so the static form is brought up to date
==================================  =========================================================================

The session is asked on the event loop it is bound to, or on one of our own, never on the thread that a message
arrives on: a blocked cell does not stop it, and it does not stop a cell.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.errors import ConflictError, OrphanError
from nbagents.sessions.grid.sheet import Delete, Insert, Move, SetCell, SheetRow
from nbagents.sessions.grid.sheets import sheet_of
from nbagents.sessions.loops.background import BACKGROUND
from nbagents.sessions.table.static import said_only, static_forms
from nbagents.widgets.live import LiveWidget
from nbagents.widgets.module import module_text

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Awaitable, Callable, Mapping

    from agents.memory import Session

    from nbagents.sessions.grid.sheet import Change, Page, Sheet, Written
    from nbagents.widgets.live import Request

__all__ = ["SessionGrid"]

_FIRST = 100  # rows that come unasked
_MOST = 1000  # rows in one message
_ROW = tuple(field.name for field in dataclasses.fields(SheetRow) if field.name != "cells")
_CHANGES: Mapping[str, type[Change]] = {"set": SetCell, "insert": Insert, "delete": Delete, "move": Move}


class SessionGrid(LiveWidget):
    """A session as an editable table; ``nbagents.edit(session)`` makes one.

    Args:
        session: Any session that satisfies ``agents.memory.Session``.

    Raises:
        ConfigError: An argument that does not exist.

    Example:
        >>> from nbagents import SQLiteSession
        >>> SessionGrid(SQLiteSession("doc", ":memory:"))
        SessionGrid('doc')
    """

    _esm = module_text(Path(__file__).with_suffix(".js"))

    _KNOWN: ClassVar = ("session",)

    def __init__(self, session: Session, **unknown: object) -> None:
        sheet = sheet_of(session)
        self._sheet: Sheet = sheet
        self._sheets = {sheet.session_id: sheet}
        self._displays: list[str] = []
        super().__init__(unknown)

    def __repr__(self) -> str:
        return f"SessionGrid({self._sheet.session_id!r})"

    def static_forms(self) -> tuple[str, str]:
        """Return the newest items as HTML without a script, and the same as text."""
        name = self._sheet.session_id
        try:
            glimpse = self._sheet.glimpse()
        except Exception as exc:  # noqa: BLE001 - whatever keeps the session from being read, the cell goes on
            forms = said_only(f"session {name}: cannot be read now ({exc})")
        else:
            later = said_only(f"session {name}: shown once its event loop is free")
            forms = static_forms(name, glimpse) if glimpse else later
        return forms["text/html"], forms["text/plain"]

    def _ipython_display_(self, **_options: object) -> None:
        """Show itself, so that the static form beside it can be brought up to date later."""
        display_id = uuid.uuid4().hex
        self._displays.append(display_id)
        self._publish(display_id, update=False)
        if self._sheet.loop is not None:
            self._ask(self._settle())

    async def _settle(self) -> None:
        """Read the session once, and leave what it holds in the notebook."""
        await self._sheet.version()
        self._renew()

    def _renew(self) -> None:
        for display_id in self._displays:
            self._publish(display_id, update=True)

    def _publish(self, display_id: str, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data, _ = self._repr_mimebundle_()
        publish_display_data(  # type: ignore[no-untyped-call]  # IPython's
            data, transient={"display_id": display_id}, update=update
        )

    # ----------------------------------------------------------------------------------------- requests

    def _ask(self, work: Any) -> concurrent.futures.Future[Any]:  # noqa: ANN401 - any coroutine
        """Begin work where the session lives."""
        loop = self._sheet.loop
        return BACKGROUND.submit(work) if loop is None else asyncio.run_coroutine_threadsafe(work, loop)

    def _on_ask(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._ask(self._answer(message))

    async def _answer(self, message: dict[str, Any]) -> None:
        to = {name: message.get(name) for name in ("client", "id")}
        try:
            self._send_json({"type": "answer", **to}, await self._asked[message["type"]](self, message))
        except Exception as exc:  # noqa: BLE001 - what fails is said in the page
            self._send_json({"type": "refused", **to}, _refusal(exc))

    def _send_json(self, message: dict[str, Any], document: object) -> None:
        """Send JSON apart: a text may hold half a surrogate pair, which the kernel's own messages cannot."""
        self.send(message, [json.dumps(document, separators=(",", ":")).encode()])

    def _on_ready(self, message: dict[str, Any], _buffers: list[memoryview]) -> None:
        self._ask(self._first_page(message))

    async def _first_page(self, message: dict[str, Any]) -> None:
        try:
            page = await self._sheet.page(0, _FIRST)
        except Exception as exc:  # noqa: BLE001 - what fails is said in the page
            self.send({"type": "error", "about": message, "text": str(exc)})
            self._send_json({"type": "first"}, None)
        else:
            self._send_json({"type": "first"}, self._page(page))

    def _page(self, page: Page) -> dict[str, Any]:
        sheet = self._sheet
        return {
            "rows": [_row(row) for row in page.rows],
            "start": page.start,
            "fitting": page.fitting,
            "version": page.version,
            "figures": dataclasses.asdict(page.figures),
            "session_id": sheet.session_id,
            "where": sheet.where,
            "sheets": [*self._sheets],
            "cannot": dict(sheet.cannot),
        }

    async def _asked_page(self, message: dict[str, Any]) -> dict[str, Any]:
        count = min(int(message["count"]), _MOST)
        page = await self._sheet.page(
            int(message["start"]), count, search=str(message.get("search", "")), labels=message.get("labels") or ()
        )
        return self._page(page)

    async def _asked_cells(self, message: dict[str, Any]) -> Mapping[str, str | None]:
        return await self._sheet.cells(str(message["key"]))

    async def _asked_items(self, message: dict[str, Any]) -> list[str]:
        return await self._sheet.items([str(key) for key in message["keys"]])

    async def _asked_change(self, message: dict[str, Any]) -> dict[str, Any] | None:
        given = dict(message["change"])
        change = _CHANGES[given.pop("kind")](**given)
        return await self._told(message, await self._sheet.change(change, message.get("on_orphan", "error")))

    async def _asked_undo(self, message: dict[str, Any]) -> dict[str, Any] | None:
        return await self._told(message, await self._sheet.undo())

    async def _asked_redo(self, message: dict[str, Any]) -> dict[str, Any] | None:
        return await self._told(message, await self._sheet.redo())

    async def _told(self, message: dict[str, Any], written: Written | None) -> dict[str, Any] | None:
        """Tell the other pages to look again, and answer the one that asked with what it looks at now."""
        if written is None:
            return None
        self.send({"type": "changed", "client": message["client"]})
        count = int(message["count"])
        if written.position is not None and not (message["search"] or message["labels"]):
            message = message | {"start": (written.position - 1) // count * count}
        try:
            page = await self._asked_page(message)
        except Exception:  # noqa: BLE001 - it is written all the same; the page asks for its rows once more, and is told
            page = None
        return dataclasses.asdict(written) | {"page": page}

    async def _asked_branch(self, message: dict[str, Any]) -> dict[str, Any]:
        sheet = await self._sheet.branch(str(message["new_id"]), str(message["at"]))
        self._sheets[sheet.session_id] = sheet
        return {"session_id": sheet.session_id, "opened": sheet.opened}

    async def _asked_open(self, message: dict[str, Any]) -> None:
        self._sheet = self._sheets[message["session_id"]]
        self.send({"type": "changed", "client": None})

    async def _asked_version(self, _message: dict[str, Any]) -> str:
        return await self._sheet.version()

    async def _asked_rest(self, _message: dict[str, Any]) -> None:
        self._renew()

    _asked: ClassVar[Mapping[str, Callable[[Any, dict[str, Any]], Awaitable[object]]]] = {
        "page": _asked_page,
        "cells": _asked_cells,
        "items": _asked_items,
        "change": _asked_change,
        "undo": _asked_undo,
        "redo": _asked_redo,
        "branch": _asked_branch,
        "open": _asked_open,
        "version": _asked_version,
        "rest": _asked_rest,
    }
    _requests: ClassVar[Mapping[str, Request]] = {"ready": _on_ready, **dict.fromkeys(_asked, _on_ask)}


def _row(row: SheetRow) -> dict[str, Any]:
    """Return a row for the page, without its empty cells; ``dataclasses.asdict`` takes several times as long."""
    cells = {name: value for name, value in row.cells.items() if value is not None}
    return {name: getattr(row, name) for name in _ROW} | {"cells": cells}


def _refusal(exc: Exception) -> dict[str, Any]:
    """Return what a page shows of an error."""
    kind = "conflict" if isinstance(exc, ConflictError) else "orphan" if isinstance(exc, OrphanError) else "other"
    conflicts = [dataclasses.asdict(each) for each in exc.conflicts] if isinstance(exc, ConflictError) else []
    return {"text": str(exc) or type(exc).__name__, "kind": kind, "conflicts": conflicts}
