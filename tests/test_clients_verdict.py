"""The judge of the clients' job: it lets nothing pass that was put in the wrong place, or reads back otherwise."""

from __future__ import annotations

from clients.verdict import Call, Expected, Held, Turn, complaints, differences

ADA: tuple[Turn, ...] = (("user", "I am Ada"), ("assistant", "Hello Ada"))
GRACE: tuple[Turn, ...] = (("user", "I am Grace"), ("assistant", "Hello Grace"))
RAIN = Call("get_weather", "rain")


def held(name: bytes, *branches: tuple[Turn, ...], parent: bytes = b"", calls: tuple[Call, ...] = ()) -> Held:
    return Held(name, parent, branches, calls)


def test_conversations_in_sessions_of_their_own_are_right() -> None:
    sessions = [held(b"a", ADA), held(b"b", GRACE)]
    assert complaints([Expected(GRACE), Expected(ADA)], sessions, exact=True) == []


def test_a_conversation_in_two_sessions_is_wrong() -> None:
    sessions = [held(b"a", ADA[:1]), held(b"b", ADA[1:])]
    assert [said.partition(":")[0] for said in complaints([Expected(ADA)], sessions, exact=True)] == [
        "conversation 0 is in 0 sessions",
        "session 61 is no conversation",
        "session 62 is no conversation",
    ]


def test_two_conversations_in_one_session_are_wrong() -> None:
    expected = [Expected(ADA), Expected(GRACE)]
    assert "two conversations are in one session" in complaints(expected, [held(b"a", ADA, GRACE)], exact=False)
    assert complaints(expected, [held(b"a", ADA + GRACE)], exact=True)


def test_a_fork_that_nobody_made_is_wrong() -> None:
    said = complaints([Expected(ADA)], [held(b"a", ADA, ADA[:1])], exact=True)
    assert said == ["conversation 0: it has 2 branches"]


def test_a_call_that_is_missing_or_has_another_result_is_wrong() -> None:
    expected = [Expected(ADA, (RAIN,))]
    assert complaints(expected, [held(b"a", ADA, calls=(RAIN,))], exact=True) == []
    assert complaints(expected, [held(b"a", ADA)], exact=True)
    assert complaints(expected, [held(b"a", ADA, calls=(Call("get_weather", "sun"),))], exact=True)


def test_a_call_without_its_result_is_wrong_in_an_agent_too() -> None:
    expected = [Expected(ADA, (Call("shell", None),))]
    assert complaints(expected, [held(b"a", ADA, calls=(RAIN, Call("shell", "done")))], exact=False) == []
    assert complaints(expected, [held(b"a", ADA, calls=(RAIN, Call("shell", None)))], exact=False)
    assert complaints(expected, [held(b"a", ADA, calls=(RAIN,))], exact=False)


def test_an_agent_may_say_more_but_on_one_branch_and_in_order() -> None:
    more: tuple[Turn, ...] = (("user", "<context/>"), ("user", "<note/>\nI am Ada"), ("assistant", "Hello Ada"))
    title: tuple[Turn, ...] = (("user", "A title, please"), ("assistant", "Names"))
    assert complaints([Expected(ADA)], [held(b"a", title, more)], exact=False) == []
    assert complaints([Expected(ADA)], [held(b"a", more[:2], more[2:])], exact=False)
    assert complaints([Expected(ADA)], [held(b"a", more[::-1])], exact=False)


def test_a_sub_agent_belongs_below_its_parent() -> None:
    expected = [Expected(ADA), Expected(GRACE, parent=0)]
    assert complaints(expected, [held(b"a", ADA), held(b"b", GRACE, parent=b"a")], exact=False) == []
    assert complaints(expected, [held(b"a", ADA), held(b"b", GRACE)], exact=False)


def test_a_second_run_must_be_equal() -> None:
    first = [Expected(ADA, (RAIN,))]
    assert differences(first, [Expected(ADA, (RAIN,))]) == []
    assert differences(first, [Expected(ADA)]) == [f"conversation 0: the second run has None, the first {RAIN}"]
    assert differences(first, [Expected(GRACE, (RAIN,))])
    assert differences(first, []) == ["the second run held 0 conversations, the first 1"]
