"""A session's messages -> its branches.

Knows nothing of a message but its id and its parent. A branch is born where a message gets a second child (or the
session a second root) and follows the first child from there on; so branches keep their numbers while a session grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.records import MessageRow

_ROOT = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through the tree: shared with another up to ``parent``, on its own from ``first`` to ``last``."""

    number: int
    parent: int
    first: MessageRow
    last: MessageRow
    length: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Another branch, and the message in which it goes a way of its own."""

    branch: Branch
    message: MessageRow


@dataclass(frozen=True, slots=True)
class Step:
    """A message on a branch, with the other branches that part right before it."""

    message: MessageRow
    forks: tuple[Fork, ...] = ()


class Tree:
    """The messages of a session by their parents."""

    __slots__ = ("_children", "_parents", "_rows", "branches")

    def __init__(self, messages: Sequence[MessageRow]) -> None:
        self._rows: dict[int, MessageRow] = {}
        self._parents: dict[int, int] = {}
        self._children: dict[int, list[int]] = {_ROOT: []}
        for row in messages:
            self._add(row)
        self.branches = tuple(self._branch(number, id) for number, id in enumerate(self._births(), 1))

    def latest(self) -> Branch | None:
        """The branch with the newest message."""
        place = {id: index for index, id in enumerate(self._rows)}
        return max(self.branches, key=lambda branch: place[branch.last.id], default=None)

    def steps(self, branch: Branch) -> list[Step]:
        """The messages from the root to the branch's end, with the forks between them."""
        born = {born.first.id: born for born in self.branches}
        steps: list[Step] = []
        id = branch.last.id
        while id != _ROOT:
            parent = self._parents[id]
            siblings = (other for other in self._children[parent] if other != id)
            forks = tuple(Fork(self._holder(other, born), self._rows[other]) for other in siblings)
            steps.append(Step(self._rows[id], forks))
            id = parent
        return steps[::-1]

    def _add(self, row: MessageRow) -> None:
        # A parent that has not been seen can't be drawn (and could be the message itself): its child becomes a root.
        parent = row.parent if row.parent in self._rows else _ROOT
        self._rows[row.id] = row
        self._parents[row.id] = parent
        self._children[row.id] = []
        self._children[parent].append(row.id)

    def _births(self) -> list[int]:
        first = {children[0] for children in self._children.values() if children}
        roots = set(self._children[_ROOT][:1])
        return [id for id in self._rows if id in roots or id not in first]

    def _branch(self, number: int, first: int) -> Branch:
        last, length = first, 1
        while self._children[last]:
            last, length = self._children[last][0], length + 1
        return Branch(number, self._parents[first], self._rows[first], self._rows[last], length)

    def _holder(self, id: int, born: dict[int, Branch]) -> Branch:
        """The branch on which a message stands: the nearest born at it or above it."""
        while id not in born:
            id = self._parents[id]
        return born[id]
