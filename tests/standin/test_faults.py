import pytest

from proxy.standin.faults import WELL_BEHAVED, Faults, FaultsError, directive, read, wishes


def test_nothing_asked_is_a_well_behaved_answer() -> None:
    assert read(wishes("")) is WELL_BEHAVED


def test_a_header_is_a_list_of_names_with_values_and_a_bare_name_means_yes() -> None:
    assert read(wishes("status=429; retry_after=2;no_done")) == Faults(status=429, retry_after="2", no_done=True)


def test_values_are_url_decoded() -> None:
    assert read(wishes("text=a%3Bb%3Dc%20%C3%A9")).text == "a;b=c é"


@pytest.mark.parametrize("asked", ["stauts=429", "status=abc", "cut=-1", "encoding=rot13", "chop=0"])
def test_a_wish_that_makes_no_sense_is_refused_with_the_known_ones(asked: str) -> None:
    with pytest.raises(FaultsError, match="known are status"):
        read(wishes(asked))


def test_a_directive_is_taken_out_of_the_message() -> None:
    assert directive("Hello [[status=429;retry_after=2]]") == ("Hello", {"status": "429", "retry_after": "2"})


@pytest.mark.parametrize("text", ["plain ", "a[[0]]", "[[1,2],[3,4]]", "if [[ -f x ]]; then", "[[wiki link]]"])
def test_other_double_brackets_are_just_text(text: str) -> None:
    assert directive(text) == (text, {})
