"""A tree that is written from its leaves: each line as its span ends, under the names of what it is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents._short import short
from nbagents.tracing.static.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Branch", "ConsoleTree"]

_WIDTH, _NAME = 48, 60


@dataclass(frozen=True, slots=True)
class Branch:
    """Something that other things happen in: a trace, or a span.

    Attributes:
        id: The SDK's id.
        title: What it is called.
    """

    id: str
    title: str


class ConsoleTree:
    """Remembers under which names the last line stands.

    Example:
        >>> tree = ConsoleTree()
        >>> trace, agent = Branch("t", "lamp"), Branch("a", "agent Support")
        >>> for line in [*tree.leaf([trace, agent], "function lookup", "12 ms"), *tree.end([trace], agent, "1 s")]:
        ...     print(line)
        ┌ lamp
        │ ┌ agent Support
        │ │ function lookup                                 12 ms
        │ └ agent Support                                     1 s
    """

    def __init__(self) -> None:
        self._path: list[str] = []
        self._told: set[str] = set()

    def leaf(self, inside: Sequence[Branch], title: str, facts: str) -> Iterator[str]:
        """Give the lines of something that nothing else was shown in.

        Args:
            inside: What it happened in, the outermost first.
            title: What it is called.
            facts: What is said of it.
        """
        yield from self._go_to(inside)
        yield _row("│ " * len(inside), title, facts)

    def end(self, inside: Sequence[Branch], branch: Branch, facts: str) -> Iterator[str]:
        """Give the lines of something that others may have been shown in."""
        if branch.id not in self._told:
            yield from self.leaf(inside, branch.title, facts)
            return
        ids = [one.id for one in inside]
        if self._path[: len(ids)] != ids:
            yield from self._go_to(inside)
        yield _row(f"{'│ ' * len(inside)}└ ", branch.title, facts)
        self._path = ids
        self._told.discard(branch.id)

    def detail(self, inside: Sequence[Branch], text: str) -> str:
        """Return a line that says more of the last one."""
        return f"{'│ ' * len(inside)}    {text}"

    def _go_to(self, inside: Sequence[Branch]) -> Iterator[str]:
        ids = [branch.id for branch in inside]
        common = 0
        while common < min(len(ids), len(self._path)) and ids[common] == self._path[common]:
            common += 1
        for depth in range(common, len(inside)):
            begun = inside[depth].id in self._told  # it goes on after a line of another branch
            yield f"{'│ ' * depth}{'├' if begun else '┌'} {short(one_line(inside[depth].title), _NAME)}"
            self._told.add(inside[depth].id)
        self._path = ids


def _row(indent: str, title: str, facts: str) -> str:
    took, _, rest = facts.partition("   ")
    name = short(one_line(title), _NAME)
    return f"{(indent + name).ljust(_WIDTH)}{took:>9}   {rest}".rstrip()
