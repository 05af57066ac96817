import json

import pytest

from proxy.standin.answers import chopped, failure, misbehaved, noise, of, sliced
from proxy.standin.faults import Faults


def test_a_failure_has_openais_shape() -> None:
    answer = failure(429, "Slow down.")
    error = json.loads(b"".join(answer.pieces))["error"]
    assert error == {"message": "Slow down.", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}


def test_an_asked_status_replaces_the_answer_and_brings_its_headers() -> None:
    answer = misbehaved(of({}), Faults(status=503, retry_after="2", headers="X-A: 1\nSet-Cookie: a=b"))
    assert answer.status == 503
    assert answer.headers == ((b"x-a", b"1"), (b"set-cookie", b"a=b"), (b"retry-after", b"2"))


def test_a_good_status_leaves_the_body() -> None:
    answer = misbehaved(of({}), Faults(status=202))
    assert (answer.status, b"".join(answer.pieces)) == (202, b"{}")


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 200_000])
def test_noise_has_its_size_and_is_the_start_of_longer_noise(size: int) -> None:
    made = b"".join(noise(size))
    assert len(made) == size
    assert b"".join(noise(size + 1000)).startswith(made)


def test_pieces_are_placed_and_cut_at_the_marks() -> None:
    assert list(sliced([b"abc", b"def"], [4, None, 0])) == [(0, b"abc"), (3, b"d"), (4, b"ef")]
    assert list(sliced([b"abc"], [3, 9])) == [(0, b"abc")]


def test_chopping_ignores_what_the_pieces_mean() -> None:
    assert list(chopped([b"abc", b"de"], 2)) == [b"ab", b"cd", b"e"]
