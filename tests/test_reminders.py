"""Late system messages, carried by users' messages."""

from __future__ import annotations

from proxy.messages import Message
from proxy.plans import Insert
from proxy.reminders import carried
from proxy.tracks import Track
from tests.talks import assistant, calls, count, heard, result, system, user

NOTE = "<system_message>\nBe brief.\n</system_message>\n\n"
BRIEF = system("Be brief.")


def track(*tail: Message, cut: int = 10) -> Track:
    return Track(length=cut + len(tail), tail=tuple(heard(list(tail))))


def test_without_late_system_messages_all_stays_as_it_is() -> None:
    one = carried(track(user("a"), assistant("b"), user("c")), count)
    assert (one.spans, one.inserts, one.front, one.tokens) == (((10, 13),), (), (), 0)


def test_the_user_right_behind_it_carries_it() -> None:
    one = carried(track(user("a"), assistant("b"), BRIEF, BRIEF, user("c")), count)
    assert one.spans == ((10, 12), (14, 15))
    assert one.inserts == (Insert(14, NOTE), Insert(14, NOTE))
    assert one.tokens == 2 * count("<system_message>\n\n</system_message>\n\n")


def test_one_that_stands_elsewhere_stays_with_the_user_before_it_whatever_follows() -> None:
    loop = (user("a"), calls("x"), result("x", "1"), BRIEF, calls("y"), result("y", "2"))
    assert carried(track(*loop), count).inserts == (Insert(10, NOTE),)
    assert carried(track(*loop, assistant("b"), user("c")), count).inserts == (Insert(10, NOTE),)
    assert carried(track(user("a"), BRIEF), count).inserts == (Insert(10, NOTE),)
    assert carried(track(user("a"), BRIEF, assistant("b"), user("c")), count).inserts == (Insert(10, NOTE),)


def test_with_no_user_before_it_the_next_one_carries_it() -> None:
    one = carried(track(assistant("a"), BRIEF, assistant("b"), user("c")), count)
    assert one.inserts == (Insert(13, NOTE),)


def test_where_there_is_no_user_it_joins_the_leading_system_text() -> None:
    one = carried(track(calls("x"), BRIEF, result("x", "1")), count)
    assert (one.spans, one.inserts, one.front) == (((10, 11), (12, 13)), (), ((11, 12),))


def test_what_the_system_says_after_an_answer_is_asked_as_a_users_message() -> None:
    one = carried(track(user("a"), BRIEF, assistant("b"), BRIEF, system("Go on.")), count)
    assert one.spans == ((10, 11), (12, 13))
    assert one.inserts == (Insert(10, NOTE),)
    assert one.asked == NOTE + NOTE.replace("Be brief.", "Go on.")
    assert one.tokens == 3 * count("<system_message>\n\n</system_message>\n\n")


def test_what_it_says_last_after_a_user_or_a_result_is_carried() -> None:
    one = carried(track(user("a"), calls("x"), result("x", "1"), BRIEF, BRIEF), count)
    assert (one.spans, one.inserts, one.asked) == (((10, 13),), (Insert(10, NOTE), Insert(10, NOTE)), "")


def test_one_that_says_nothing_is_left_out() -> None:
    one = carried(track(user("a"), assistant("b"), system(""), user("c")), count)
    assert (one.spans, one.inserts) == (((10, 12), (13, 14)), ())
