"""Plans: always valid, below the threshold, and the same for the same history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.compaction import STEPS, Planner
from proxy.fences import BRIDGE, OMITTED, SHORTENED
from proxy.memory import Tracks
from proxy.messages import Message, Role
from proxy.plans import Plan
from proxy.shares import Budget
from proxy.tracks import Heard, Track
from tests.talks import (
    assistant,
    calls,
    chat,
    count,
    flaws,
    forwarded,
    heard,
    histories,
    loop,
    plan_of,
    planner,
    result,
    system,
    texts,
    user,
    weigh,
    weight,
)

thresholds = st.integers(60, 700)


def ends(messages: list[Message]) -> list[int]:
    """The lengths at which the history was a request."""
    asking = {Role.USER, Role.TOOL}
    return [
        at + 1
        for at, message in enumerate(messages)
        if message.role in asking and (at + 1 == len(messages) or messages[at + 1].role is Role.ASSISTANT)
    ]


# Any history


@given(histories(), thresholds)
@settings(max_examples=150, deadline=None)
def test_a_plan_is_valid_whenever_the_history_was(messages: list[Message], threshold: int) -> None:
    assert flaws(forwarded(messages, plan_of(messages, threshold))) == []


@given(histories(), thresholds)
@settings(max_examples=150, deadline=None)
def test_the_last_message_keeps_its_own_text(messages: list[Message], threshold: int) -> None:
    last = forwarded(messages, plan_of(messages, threshold))[-1]
    assert last.own == len(messages) - 1
    assert last.message.role is messages[-1].role
    assert last.message.text.endswith(messages[-1].text)
    assert last.message.role is Role.USER or last.message == messages[-1]


@given(histories(), thresholds)
@settings(max_examples=150, deadline=None)
def test_nothing_above_the_threshold_is_forwarded(messages: list[Message], threshold: int) -> None:
    plan = plan_of(messages, threshold)
    sent = forwarded(messages, plan)
    assert weight(sent) <= threshold or plan.exceeds
    if plan.exceeds:
        start = max(at for at, message in enumerate(messages) if message.tool_calls)
        turn = weigh(messages[start]) + (len(messages) - start) * (4 + count(SHORTENED))
        assert turn + count(OMITTED) + 4 > threshold


@given(histories(), thresholds)
@settings(max_examples=100, deadline=None)
def test_system_text_goes_as_it_came(messages: list[Message], threshold: int) -> None:
    sent = forwarded(messages, plan_of(messages, threshold))
    own = [one.message for one in sent if one.message.role is Role.SYSTEM]
    assert own == [message for message in messages if message.role is Role.SYSTEM]


@given(histories(), thresholds, st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_a_plan_depends_on_the_history_alone(messages: list[Message], threshold: int, step: int) -> None:
    one = planner(threshold)
    history = heard(messages)
    track = Track()
    for start in range(0, len(history), step):
        track = one.follow(track, history[start : start + step])
        one.plan(track)
    assert one.plan(track) == plan_of(messages, threshold)


@given(histories(), thresholds)
@settings(max_examples=100, deadline=None)
def test_between_two_closings_the_forwarded_prefix_only_grows(messages: list[Message], threshold: int) -> None:
    before: Plan | None = None
    for length in ends(messages):
        plan = plan_of(messages[:length], threshold, recall=False)
        if before is not None and before.closing == plan.closing and before.head == plan.head and not plan.clips:
            was = forwarded(messages[:length], before)
            assert before.clips or forwarded(messages[:length], plan)[: len(was)] == was
        before = plan


@given(histories(), thresholds)
@settings(max_examples=60, deadline=None)
def test_a_history_below_the_threshold_goes_as_it_came(messages: list[Message], threshold: int) -> None:
    plan = plan_of(messages, 100 * threshold * len(messages))
    assert not plan.changes
    assert plan.spans == ((0, len(messages)),)
    assert plan.sent == plan.forwarded


# Talk


def test_the_record_stands_in_place_of_what_was_closed() -> None:
    messages = chat(100)
    plan = plan_of(messages, 1500)
    sent = forwarded(messages, plan)
    assert plan.changes
    assert [one.message.role for one in sent[:3]] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert sent[0].message.text == plan.head
    assert sent[1].message.text == BRIDGE
    assert plan.forwarded < plan.sent


def test_a_short_first_message_is_kept_as_it_is() -> None:
    messages = [user("I run a bakery."), assistant("Good."), *chat(60)]
    assert plan_of(messages, 900).head.startswith("I run a bakery.\n\n<")


def test_a_question_brings_back_what_it_asks_for() -> None:
    messages = chat(60)
    (insert,) = plan_of(messages, 700).inserts[-1:]
    assert insert.at == len(messages) - 1
    assert "word20x3" in insert.text


def test_nothing_is_recalled_where_recall_is_off() -> None:
    assert plan_of(chat(60), 700, recall=False).inserts == ()


def test_a_recall_block_stays_through_its_tool_loop() -> None:
    messages = chat(60)
    asked = plan_of(messages, 900)
    going_on = [*messages, calls("a"), result("a", "found"), calls("b"), result("b", "more")]
    assert plan_of(going_on, 900).inserts == asked.inserts


def test_a_late_system_message_is_kept_before_the_record() -> None:
    messages = [*chat(5)[:-1], system("Be brief."), *chat(60)]
    plan = plan_of(messages, 500)
    sent = forwarded(messages, plan)
    assert sent[0].message == system("Be brief.")
    assert flaws(sent) == []


@given(histories(), st.data())
@settings(max_examples=100, deadline=None)
def test_what_the_system_says_in_between_makes_no_plan_invalid(messages: list[Message], data: st.DataObject) -> None:
    listed = list(messages)
    for _ in range(data.draw(st.integers(1, 4))):
        listed.insert(data.draw(st.integers(0, len(listed) - 1)), system("Be brief."))
    plan = plan_of(listed, data.draw(thresholds))
    sent = forwarded(listed, plan)
    if plan.closing:
        assert flaws(sent) == []
        assert weight(sent) <= plan.forwarded
    assert sent[-1].message.text.endswith(listed[-1].text)


@given(histories(), thresholds, texts)
@settings(max_examples=60, deadline=None)
def test_what_the_system_asks_after_an_answer_is_asked_by_a_user(
    messages: list[Message], threshold: int, asks: str
) -> None:
    listed = [*messages, assistant("Noted."), system(asks)]
    plan = plan_of(listed, threshold)
    sent = forwarded(listed, plan)
    if plan.changes:
        assert flaws(sent) == []
        assert weight(sent) <= plan.forwarded
        assert asks in sent[-1].message.text


# What is odd, and comes all the same


def test_a_last_message_longer_than_the_threshold_goes_as_it_came() -> None:
    messages = [*chat(20)[:-1], user("long " * 4000)]
    plan = plan_of(messages, 300)
    sent = forwarded(messages, plan)
    assert sent[-1].message.text.endswith(messages[-1].text)
    assert weight(sent) <= 300
    assert not plan.exceeds


def test_a_tool_loop_longer_than_the_window_keeps_the_request_it_works_on() -> None:
    messages = [*chat(4)[:-1], *loop(40)]
    plan = plan_of(messages, 800)
    sent = forwarded(messages, plan)
    assert flaws(sent) == []
    assert plan.head.endswith("Repair src/app.py, please.")
    assert weight(sent) <= 800


def test_results_longer_than_the_window_are_shortened() -> None:
    messages = [user("Read both."), calls("a", "b", "c")]
    messages += [result("a", "alpha " * 900), result("b", "beta " * 900), result("c", "gamma")]
    plan = plan_of(messages, 400)
    sent = forwarded(messages, plan)
    assert {clip.at for clip in plan.clips} == {2, 3}
    assert all(SHORTENED in clip.text for clip in plan.clips)
    assert weight(sent) <= 400
    assert flaws(sent) == []


def test_a_list_that_can_not_be_cut_has_its_results_shortened() -> None:
    messages = [calls("a", "b"), result("a", "alpha " * 900), result("b", "beta")]
    plan = plan_of(messages, 200)
    assert plan.changes
    assert [clip.at for clip in plan.clips] == [1]
    assert weight(forwarded(messages, plan)) <= 200


def test_where_only_results_are_shortened_late_system_messages_move_too() -> None:
    messages = [system("Be kind."), calls("a", "b"), system("Be brief."), result("a", "alpha " * 900), result("b", "b")]
    plan = plan_of(messages, 200)
    sent = forwarded(messages, plan)
    assert (plan.closing, [clip.at for clip in plan.clips]) == (b"", [3])
    assert [one.own for one in sent] == [0, 2, 1, 3, 4]
    assert weight(sent) <= min(plan.forwarded, 200)


def test_a_result_is_shortened_enough_however_its_tokens_lie() -> None:
    messages = [user("Read."), calls("a", "b"), result("a", "x " * 900 + "y" * 4000), result("b", "short")]
    one = Planner(Budget(400), lambda text: len(text.split()))
    history = [Heard(each.message, len(each.message.text.split()), each.digest) for each in heard(messages)]
    plan = one.plan(one.follow(Track(), history))
    (clip,) = plan.clips
    assert len(clip.text.split()) <= 400
    assert not plan.exceeds


def test_a_call_longer_than_the_window_is_told() -> None:
    messages = [user("Write it."), calls("a", arguments="x" * 9000), result("a", "done")]
    plan = plan_of(messages, 300)
    sent = forwarded(messages, plan)
    assert plan.exceeds
    assert flaws(sent) == []
    assert sent[-2].message == messages[1]


def test_a_history_that_can_be_cut_nowhere_is_forwarded_whole_and_told() -> None:
    messages = [user("Read this: " + "a word " * 900), system("Be brief.")]
    plan = plan_of(messages, 300)
    assert (plan.exceeds, plan.changes) == (True, False)
    assert [one.message for one in forwarded(messages, plan)] == messages


def test_a_history_that_the_client_compacted_is_one_of_its_own() -> None:
    summary = user("Summary of our talk so far: " + "we agreed on blue. " * 30)
    messages = [summary, assistant("Understood."), *chat(40)]
    plan = plan_of(messages, 500)
    assert flaws(forwarded(messages, plan)) == []
    assert weight(forwarded(messages, plan)) <= 500


def test_a_threshold_below_the_system_prompt_counts_without_it() -> None:
    messages = [system("rule " * 500), *chat(40)]
    plan = plan_of(messages, 200)
    sent = forwarded(messages, plan)
    assert sent[0].message == messages[0]
    assert weight(sent) <= 200
    assert not plan.exceeds


def test_a_record_with_room_for_nothing_says_that_something_is_left_out() -> None:
    messages = chat(20, words=60)
    plan = plan_of(messages, 260, recall=False)
    assert plan.head.startswith(f"{OMITTED}\n\nAbout topic19: ")


def working(written: int) -> list[Message]:
    """A request that is worked on for long; the last call's arguments have so many words."""
    told = " ".join(f"item{number}" for number in range(40))
    steps = [(calls(f"c{at}", arguments=f'{{"at": "part_{at}.py"}}'), result(f"c{at}", told)) for at in range(12)]
    last = calls("last", name="write", arguments=f'{{"text": "{"word " * written}"}}')
    return [user("please mend it"), *(message for step in steps for message in step), last, result("last", "ok")]


def test_a_record_that_does_not_fit_loses_the_least_of_it() -> None:
    full, short = (plan_of(working(written), 800) for written in (10, 400))
    assert full.head.startswith("please mend it\n\n<")
    assert short.head.startswith("please mend it\n\n<")
    assert OMITTED not in short.head
    assert len(full.head) / 4 < len(short.head) < len(full.head)
    assert 700 < short.forwarded <= 800


def test_of_a_shorter_record_the_newest_segment_stays_whole() -> None:
    full, short = (plan_of(working(written), 800).head for written in (10, 300))
    assert short != full
    assert short.endswith(full[-len("</conversation_record>") - 150 :])


def test_a_shorter_record_stays_the_same_for_some_turns() -> None:
    heads = {plan_of(working(written), 800).head for written in range(300, 600, 10)}
    assert 1 < len(heads) <= STEPS


def test_a_threshold_with_room_for_nothing_forwards_the_last_turn() -> None:
    messages = chat(10)
    sent = forwarded(messages, plan_of(messages, 5))
    assert [one.own for one in sent] == [len(messages) - 1]


def test_an_empty_list_is_no_reason_to_fail() -> None:
    assert plan_of([], 100).spans == ((0, 0),)


# What is remembered


def test_a_track_goes_on_from_what_is_remembered() -> None:
    one, tracks = planner(1500), Tracks()
    history = heard(chat(100))
    before = one.resume(tracks, history[:-2])
    tracks.put(one.name(history[:-2]), before)
    after = one.resume(tracks, history)
    assert after.closed is before.closed
    assert one.plan(after) == plan_of(chat(100), 1500)


def test_a_track_of_another_budget_is_not_gone_on_with() -> None:
    history = heard(chat(60))
    tracks = Tracks()
    other = planner(500, recall=False)
    tracks.put(other.name(history), other.resume(tracks, history))
    one = planner(500)
    assert one.plan(one.resume(tracks, history)) == plan_of(chat(60), 500)


def test_system_messages_are_part_of_a_tracks_name() -> None:
    one = planner(500)
    late = heard([user("a"), system("b"), assistant("c"), user("d")])
    early = heard([system("b"), user("a"), assistant("c"), user("d")])
    assert late[-1].digest == early[-1].digest
    assert one.name(late) != one.name(early)
    tracks = Tracks()
    tracks.put(one.name(late), one.resume(tracks, late))
    assert one.resume(tracks, early).lead == 1


def test_an_empty_list_has_a_name() -> None:
    assert planner(500).name([]) == planner(500).name([])
