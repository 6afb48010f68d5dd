"""What each frame was read from, so that writing it back can tell an edit from somebody else's change.

A frame carries a token in its ``attrs``, plain text that survives copies. The rows it stands for are kept here,
those of the last reads only.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbagents.sessions.items.rows import RawRow

__all__ = ["READS", "Owner", "Read", "Reads"]

_KEPT_READS = 64
_KEPT_ROWS = 100_000

Owner = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a history.

    Attributes:
        owner: The file, the table and the session.
        rows: The rows as the frame shows them.
        written: The rows as they were once its edited frame was written, None before.
    """

    owner: Owner
    rows: Sequence[RawRow]
    written: Sequence[RawRow] | None = None


class Reads:
    """The last reads of this process, by token.

    Args:
        reads: How many are kept.
        rows: How many rows they may have together; the newest read is kept in any case.
    """

    def __init__(self, reads: int = _KEPT_READS, rows: int = _KEPT_ROWS) -> None:
        self._most_reads = reads
        self._most_rows = rows
        self._lock = threading.Lock()
        self._reads: OrderedDict[str, Read] = OrderedDict()
        self._forgotten: set[Owner] = set()

    def keep(self, read: Read, token: str | None = None) -> str:
        """Remember a read under a new token, or in place of an earlier one; the oldest are forgotten."""
        token = token or secrets.token_hex(8)
        with self._lock:
            self._reads[token] = read
            self._reads.move_to_end(token)
            rows = sum(len(kept.rows) for kept in self._reads.values())
            while len(self._reads) > 1 and (len(self._reads) > self._most_reads or rows > self._most_rows):
                _, oldest = self._reads.popitem(last=False)
                rows -= len(oldest.rows)
                self._forgotten.add(oldest.owner)
        return token

    def get(self, token: str) -> Read | None:
        """Return a read, None where it was forgotten."""
        with self._lock:
            return self._reads.get(token)

    def nearest(self, owner: Owner, shown: Mapping[int, object]) -> str | None:
        """Return the read that a frame without a token must come from: the one it differs least from.

        A frame that is older than the newest read is nearest to its own read, so that writing it back is seen as
        the conflict it is. Where its own read may have been forgotten, there is no telling.

        Args:
            owner: The session.
            shown: The frame's item text by id.

        Returns:
            The read's token, or None.
        """
        with self._lock:
            mine = {token: read for token, read in self._reads.items() if read.owner == owner}
            if owner in self._forgotten:
                return None
        fitting = [token for token, read in mine.items() if shown.keys() <= {row[0] for row in read.rows}]
        return min(
            fitting,
            key=lambda token: (_distance(mine[token].rows, shown), mine[token].written is not None),
            default=None,
        )


def _distance(rows: Sequence[RawRow], shown: Mapping[int, object]) -> int:
    return sum(1 for row in rows if row[0] is None or shown.get(row[0]) != row[2])


READS = Reads()
