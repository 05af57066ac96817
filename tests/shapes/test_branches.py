from collections.abc import Sequence

from proxy.shapes.branches import Branch, Tree
from storage.records import MessageRow
from tests.cli.rows import chain, message_row


def rows(*pairs: tuple[int, int]) -> list[MessageRow]:
    return [message_row(id, parent) for id, parent in pairs]


def path(tree: Tree[MessageRow], branch: Branch[MessageRow]) -> list[int]:
    return [step.message.id for step in tree.steps(branch)]


def forks(tree: Tree[MessageRow], branch: Branch[MessageRow]) -> dict[int, list[int]]:
    return {step.message.id: [fork.branch.number for fork in step.forks] for step in tree.steps(branch) if step.forks}


def latest(tree: Tree[MessageRow]) -> Branch[MessageRow]:
    branch = tree.latest()
    assert branch is not None
    return branch


# 1 ─ 2 ─ 3 ─ 4 ─ 8
#      ├─ 5 ─ 6
#      └─ 7
FORKED = rows((1, 0), (2, 1), (3, 2), (4, 3), (5, 2), (6, 5), (7, 2), (8, 4))


def test_an_unforked_conversation_is_one_branch() -> None:
    tree = Tree(chain("user", "assistant", "user"))
    assert len(tree.branches) == 1
    assert path(tree, tree.branches[0]) == [1, 2, 3]
    assert forks(tree, tree.branches[0]) == {}


def test_a_branch_shares_its_prefix() -> None:
    tree = Tree(FORKED)
    assert [path(tree, branch) for branch in tree.branches] == [[1, 2, 3, 4, 8], [1, 2, 5, 6], [1, 2, 7]]
    assert [branch.length for branch in tree.branches] == [5, 2, 1]
    assert [branch.parent for branch in tree.branches] == [0, 2, 2]


def test_a_fork_is_marked_where_branches_part_with_all_others_named() -> None:
    tree = Tree(FORKED)
    assert [forks(tree, branch) for branch in tree.branches] == [{3: [2, 3]}, {5: [1, 3]}, {7: [1, 2]}]


def test_a_fork_of_a_fork_names_the_branch_it_came_from() -> None:
    tree = Tree(rows((1, 0), (2, 1), (3, 1), (4, 3), (5, 3)))
    assert [path(tree, branch) for branch in tree.branches] == [[1, 2], [1, 3, 4], [1, 3, 5]]
    assert forks(tree, tree.branches[2]) == {3: [1], 5: [2]}


def test_branches_keep_their_numbers_while_a_session_grows() -> None:
    for length in range(1, len(FORKED) + 1):
        numbers = [branch.first.id for branch in Tree(FORKED[:length]).branches]
        assert numbers == [1, 5, 7][: len(numbers)]


def test_the_latest_branch_is_the_one_with_the_newest_message() -> None:
    assert latest(Tree(FORKED)).number == 1
    assert latest(Tree(FORKED[:-1])).number == 3
    assert Tree([]).latest() is None


def test_a_second_root_is_a_branch_too() -> None:
    tree = Tree(rows((1, 0), (2, 1), (3, 0)))
    assert [path(tree, branch) for branch in tree.branches] == [[1, 2], [3]]
    assert forks(tree, tree.branches[1]) == {3: [1]}


def test_a_parent_that_is_not_there_makes_a_root_and_no_loop() -> None:
    assert paths(rows((5, 4), (6, 6), (7, 5))) == [[5, 7], [6]]


def paths(messages: Sequence[MessageRow]) -> list[list[int]]:
    tree = Tree(messages)
    return [path(tree, branch) for branch in tree.branches]


def test_a_long_conversation_needs_no_recursion() -> None:
    tree = Tree(chain(*["user", "assistant"] * 5_000))
    assert len(tree.steps(latest(tree))) == 10_000
