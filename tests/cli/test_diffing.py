"""What a model was given in place of what the client sent."""

from __future__ import annotations

from tests.cli.commands import steno
from tests.e2e.stages import staged


async def test_a_diff_shows_what_was_left_out_and_what_stands_there() -> None:
    async with staged(context__mode="on", context__token_threshold=300) as stage:
        listed = [
            {"role": role, "content": f"{word} of turn {turn} and some more words to fill it."}
            for turn in range(40)
            for role, word in (("user", "Question"), ("assistant", "Answer"))
        ]
        response = await stage.chat("k", *listed, {"role": "user", "content": "And now?"})
        name = response.headers["x-exchange-id"]
        ran = await steno("diff", name, "--store", stage.store_url)
        told = await steno("diff", name, "--json", "--store", stage.store_url)
        missing = await steno("diff", "nobody", "--store", stage.store_url)
    assert "tokens were forwarded" in ran.out
    assert "- user: Question of turn 5" in ran.out
    assert "+ user" in ran.out
    assert told.json["changed"] is True
    assert missing.code == 1
