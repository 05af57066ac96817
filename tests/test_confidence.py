import json
import math

import pytest

from proxy.confidence import confidence_of


def test_it_is_the_geometric_mean_of_the_tokens_probabilities() -> None:
    tokens = [{"token": "a", "logprob": math.log(0.5), "top_logprobs": [{"token": "b", "logprob": -9.0}]}]
    tokens.append({"token": "c", "logprob": math.log(0.125), "top_logprobs": []})
    assert confidence_of(json.dumps([{"content": tokens, "refusal": None}]).encode()) == 250_000


def test_of_several_choices_the_first_one_counts() -> None:
    choices = [{"content": [{"logprob": 0.0}]}, {"content": [{"logprob": -5.0}]}]
    assert confidence_of(json.dumps(choices).encode()) == 1_000_000


def test_the_older_layout_is_read_too() -> None:
    legacy = [{"tokens": ["a", "b"], "token_logprobs": [None, math.log(0.25), True]}]
    assert confidence_of(json.dumps(legacy).encode()) == 250_000


def test_they_are_found_inside_a_message() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "", "logprobs": [{"logprob": 0}]}]}
    assert confidence_of(json.dumps(message).encode()) == 1_000_000


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'"logprob"', b'{"logprob"', b'[null, 1, "logprob"]', b'{"logprob":true}']
)
def test_where_there_are_none_nobody_knows(data: bytes) -> None:
    assert confidence_of(data) is None


def test_a_probability_is_never_above_one() -> None:
    assert confidence_of(b'{"logprob": 0.01}') == 1_000_000


def test_alternatives_do_not_count() -> None:
    assert confidence_of(b'{"logprob": 0, "other": [{"token_logprobs": [0]}]}') == 1_000_000
    assert confidence_of(b'{"top_logprobs": [1], "a": {"logprob": 0}}') == 1_000_000
