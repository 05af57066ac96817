"""What the index is asked for."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite.expressions import MOST_WORDS, Expression, expression
from storage.sqlite.indexing import Document, add


@pytest.fixture
def indexed(connection: sqlite3.Connection) -> sqlite3.Connection:
    """An index of a few words."""
    many = " ".join(f"pre{number:03}fix" for number in range(MOST_WORDS + 1))
    texts = ("a whale", "whalebone", "narwhale bay", many)
    add(connection, [Document(0, 0, row, "message", "user", 1, "", 1, text) for row, text in enumerate(texts, 1)])
    return connection


@pytest.mark.parametrize(
    ("needle", "asked"),
    [
        ("whale", 'text : ("narwhale" OR "whale" OR "whalebone")'),
        ("-whale", 'text : ("whale" OR "whalebone")'),
        ("whale-", 'text : ("narwhale" OR "whale")'),
        ("-whale-", 'text : ("whale")'),
        ("hale bay", 'text : ("narwhale bay" * OR "whale bay" *)'),
        ("hale b", 'text : ("narwhale" OR "whale")'),
        ("e bay", 'text : ("bay" *)'),
        ("e b", ""),
        ("fix", ""),
        ("fix bay", 'text : ("bay" *)'),
        ("=>", ""),
        ("你好", 'text : "你好"'),
        ("-你-", 'text : "你"'),
        ("你好吗", 'text : ("你好 好吗")'),
    ],
)
def test_a_needle_asks_for_the_words_that_it_may_stand_in(indexed: sqlite3.Connection, needle: str, asked: str) -> None:
    found = expression(indexed, needle)
    assert found is not None
    assert "".join(sorted(found.text)) == "".join(sorted(asked))
    assert not found.broad


def test_a_single_letter_of_a_script_without_spaces_is_best_left_for_later(indexed: sqlite3.Connection) -> None:
    assert expression(indexed, "你") == Expression('text : "你" *', broad=True)


@pytest.mark.parametrize("needle", ["walrus", "walrus x", "bone-"])
def test_a_part_that_no_word_holds_stands_nowhere(indexed: sqlite3.Connection, needle: str) -> None:
    assert (expression(indexed, needle) is None) == (needle != "bone-")
