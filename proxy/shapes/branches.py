"""A session's messages -> its branches.

Knows nothing of a message but its id and its parent. A branch is born where a message gets a second child (or the
session a second root) and follows the first child from there on; so branches keep their numbers while a session grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

_ROOT = 0


class Node(Protocol):
    """What is known of a message here."""

    @property
    def id(self) -> int:
        """Its own number."""
        ...

    @property
    def parent(self) -> int:
        """That of the message before it, 0 at a root."""
        ...


N = TypeVar("N", bound=Node)


@dataclass(frozen=True, slots=True)
class Branch(Generic[N]):
    """One way through the tree: shared with another up to ``parent``, on its own from ``first`` to ``last``."""

    number: int
    parent: int
    first: N
    last: N
    length: int


@dataclass(frozen=True, slots=True)
class Fork(Generic[N]):
    """Another branch, and the message in which it goes a way of its own."""

    branch: Branch[N]
    message: N


@dataclass(frozen=True, slots=True)
class Step(Generic[N]):
    """A message on a branch, with the other branches that part right before it."""

    message: N
    forks: tuple[Fork[N], ...] = ()


class Tree(Generic[N]):
    """The messages of a session by their parents."""

    __slots__ = ("_children", "_parents", "_rows", "branches")

    def __init__(self, messages: Sequence[N]) -> None:
        self._rows: dict[int, N] = {}
        self._parents: dict[int, int] = {}
        self._children: dict[int, list[int]] = {}
        for row in messages:
            # A parent that has not been seen can't be drawn (and could be the message itself): its child is a root.
            parent = row.parent if row.parent in self._rows else _ROOT
            self._rows[row.id] = row
            self._parents[row.id] = parent
            self._children.setdefault(parent, []).append(row.id)
        self.branches = tuple(self._branch(number, id) for number, id in enumerate(self._births(), 1))

    def latest(self) -> Branch[N] | None:
        """The branch with the newest message."""
        place = {id: index for index, id in enumerate(self._rows)}
        return max(self.branches, key=lambda branch: place[branch.last.id], default=None)

    def holder(self, id: int) -> Branch[N] | None:
        """The branch on which a message stands of its own; None if there is no such message."""
        born = {born.first.id: born for born in self.branches}
        return self._holder(id, born) if id in self._rows else None

    def steps(self, branch: Branch[N]) -> list[Step[N]]:
        """The messages from the root to the branch's end, with the forks between them."""
        return self.some_steps(self.path(branch))

    def path(self, branch: Branch[N]) -> list[N]:
        """The messages from the root to the branch's end."""
        path: list[N] = []
        id = branch.last.id
        while id != _ROOT:
            path.append(self._rows[id])
            id = self._parents[id]
        return path[::-1]

    def some_steps(self, path: Sequence[N]) -> list[Step[N]]:
        """Some messages of a path, with the forks before each."""
        born = {born.first.id: born for born in self.branches}
        steps: list[Step[N]] = []
        for row in path:
            siblings = (other for other in self._children[self._parents[row.id]] if other != row.id)
            steps.append(Step(row, tuple(Fork(self._holder(other, born), self._rows[other]) for other in siblings)))
        return steps

    def _births(self) -> list[int]:
        first = {children[0] for parent, children in self._children.items() if parent != _ROOT}
        return [id for id in self._rows if id not in first]

    def _branch(self, number: int, first: int) -> Branch[N]:
        last, length = first, 1
        while last in self._children:
            last, length = self._children[last][0], length + 1
        return Branch(number, self._parents[first], self._rows[first], self._rows[last], length)

    def _holder(self, id: int, born: dict[int, Branch[N]]) -> Branch[N]:
        """The branch on which a message stands: the nearest born at it or above it."""
        while id not in born:
            id = self._parents[id]
        return born[id]
