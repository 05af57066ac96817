from proxy.cli.replaying import said
from proxy.messages import Message, Role, ToolCall
from tests.cli.commands import steno
from tests.played import played


async def test_another_model_is_asked_and_both_answers_stand_side_by_side() -> None:
    async with played() as play:
        upstream, store = f"{play.stage.upstream_url}/v1", play.stage.store_url
        arguments = ("replay", play.talk, "--model", "gpt-4o", "--store", store)
        ran = await steno(*arguments, "--provider", upstream)
        read = await steno(*arguments, "--json", STENO_UPSTREAM__BASE_URL=upstream)
    assert ran.code == 0, ran.out + ran.err
    assert "What do whales sing?" in ran.out
    assert [one["question"] for one in read.json] == ["What do whales sing?", "Another way?"]
    assert all(one["same"] and one["replayed"]["completion_tokens"] for one in read.json)


async def test_an_upstream_that_fails_is_told_and_is_exit_code_1() -> None:
    async with played() as play:
        ran = await steno(
            "replay", play.talk, "--model", "m", "--provider", "http://127.0.0.1:1/v1", "--store", play.stage.store_url
        )
        unknown = await steno(
            "replay", play.talk, "--model", "m", "--provider", "nobody", "--store", play.stage.store_url
        )
    assert ran.code == 1
    assert "can't be reached" in ran.out or "127.0.0.1:1" in ran.out
    assert "There is no provider 'nobody'" in unknown.err


def test_an_answer_is_its_text_and_its_calls() -> None:
    message = Message(Role.ASSISTANT, tool_calls=(ToolCall("1", "look", '{"at": "it"}'),), refusal="No.")
    assert said(message) == 'No.\n→ look({"at": "it"})'
