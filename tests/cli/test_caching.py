from rich.console import Console

from proxy.cli.caching import cache_lines
from proxy.losses import Item, Loss
from storage.records import ExchangeRow
from tests.cli.rows import NOON, SECOND, exchange_row, id_of

BEFORE, AFTER = Item("message", 1, "system", b"a", "It is noon."), Item("message", 1, "system", b"b", "It is one.")
CHANGED = Loss(id_of(100), id_of(99), 2048, 128, 1_920_000, 60 * SECOND, BEFORE, AFTER)
FORGOTTEN = Loss(id_of(100), id_of(99), 2048, 0, None, 3600 * SECOND)


def told(exchanges: list[ExchangeRow], *losses: Loss) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        for line in cache_lines(exchanges, {loss.exchange: loss for loss in losses}):
            console.print(line)
    return capture.get()


def test_a_loss_is_told_with_what_it_was_and_is_now() -> None:
    said = told([exchange_row(cached_tokens=128, at=NOON)], CHANGED)
    assert "message 1 (system) changed" in said
    assert "was: It is noon." in said
    assert "now: It is one." in said
    assert "1 miss: 1,920 tokens" in said


def test_a_cache_that_forgot_is_told_with_the_pause() -> None:
    assert "no longer held it, " in told([exchange_row(cached_tokens=0)], FORGOTTEN)


def test_no_loss_and_nothing_known_are_told() -> None:
    assert "The cache missed nothing." in told([exchange_row(cached_tokens=128)])
    assert told([exchange_row()]).startswith("No provider said")
