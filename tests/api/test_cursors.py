from base64 import urlsafe_b64encode

import msgspec
import pytest

from proxy.api.cursors import cursor_of, place_of
from proxy.errors import BadRequest


def test_a_place_comes_back_as_it_went() -> None:
    cursor = cursor_of("log", (1, 2**63 - 1))
    assert cursor is not None
    assert place_of("log", cursor, 2) == (1, 2**63 - 1)
    assert (cursor_of("log", ()), place_of("log", None, 2), place_of("log", "", 2)) == (None, (), ())


def spelled(*pieces: object) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(pieces)).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "=",
        spelled(),
        spelled("other", 1),
        spelled("log"),
        spelled("log", -1),
        spelled("log", "1"),
        spelled("log", 2**63),
    ],
)
def test_what_this_list_never_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest, match="next_cursor") as caught:
        place_of("log", cursor, 1)
    assert caught.value.code == "bad_cursor"
