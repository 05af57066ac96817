"""The command that asks another model what was recorded, and shows the answers side by side."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.progress import Bar
from proxy.cli.reading import conversation_of, find, gather
from proxy.cli.terminal import tell, tell_json
from proxy.clock import now
from proxy.config import Settings
from proxy.errors import NotFound
from proxy.messages import Message, Usage
from proxy.meter import Meter
from proxy.prices import ModelPrice, PriceBook
from proxy.providers import Provider, providers_of
from proxy.replay.rerun import Rerun, Rerunner, Turn, turns
from proxy.routing import DEFAULT
from proxy.shapes.branches import Tree
from proxy.shapes.figures import count, counted, duration, money
from proxy.shapes.plain import clean, one_line
from proxy.shapes.spelling import uuid
from proxy.tokens import Tokenizer

_QUESTION = 400
AT_URL = "base-url"


def replay(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="The session to be asked again.")],
    model: Annotated[str, typer.Option("--model", help="The model that is asked now.")],
    provider: Annotated[
        str | None, typer.Option("--provider", help="A provider of the settings, or a base URL.")
    ] = None,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Ask another model each recorded question with its recorded history, and show both answers side by side."""
    settings = settings_of(config, store)
    asked = asyncio.run(_turns(settings, session))
    whom = provider_of(settings, provider, model)
    found = asyncio.run(_run(settings, whom, model, asked))
    meter = meter_of(settings)
    if as_json:
        tell_json([shape(one, _cost(meter, whom, one)) for one in found])
    else:
        tell(lines(found, [_cost(meter, whom, one) for one in found]))
    if any(one.error for one in found):
        raise typer.Exit(1)


def provider_of(settings: Settings, named: str | None, model: str) -> Provider:
    """Who is asked: a provider by its name, or whoever is at a base URL; else the one that has the model."""
    if named and "://" in named:
        return Provider(AT_URL, named)
    providers = providers_of(settings)
    if named and named not in providers.names:
        message = (
            f"There is no provider {named!r} in the settings; there are {', '.join(sorted(providers.names)) or 'none'}."
        )
        raise NotFound(message)
    return providers.choose(named, model)


def meter_of(settings: Settings) -> Meter:
    """What answers cost."""
    prices = {name: ModelPrice(**price.model_dump()) for name, price in settings.prices.items()}
    return Meter(Tokenizer(), PriceBook(prices))


async def _turns(settings: Settings, session: str) -> list[Turn]:
    async with opened(settings) as source:
        row = await find(source, session)
        recorded = await gather(source, row)
        shown = conversation_of(recorded)
        path = [step.message for step in Tree(recorded.messages).steps(shown.branch)] if shown.branch else []
        found = await turns(source, path, recorded.exchanges)
    if not found:
        message = "Nothing in this session can be asked again: no request with an answer is kept."
        raise NotFound(message)
    return found


async def _run(settings: Settings, provider: Provider, model: str, asked: list[Turn]) -> list[Rerun]:
    from proxy.upstream import Upstream  # noqa: PLC0415 - the HTTP client is slow to import, and only needed here

    upstream = Upstream(**settings.upstream.model_dump(exclude={"base_url", "retries"}))
    found: list[Rerun] = []
    try:
        with Bar("asking") as bar:
            async with aclosing(Rerunner(upstream, provider, model, now).run(asked)) as replies:
                async for one in replies:
                    found.append(one)
                    bar.show(len(found), len(asked))
    finally:
        await upstream.close()
    return found


def _cost(meter: Meter, provider: Provider, one: Rerun) -> int | None:
    name = provider.base_url if provider.name in (DEFAULT, AT_URL) else provider.name
    return meter.cost(one.model, name, one.usage) if one.usage else None


def shape(one: Rerun, cost: int | None) -> dict[str, Any]:
    """For a program."""
    exchange = one.turn.exchange
    return {
        "exchange_id": uuid(exchange.id),
        "question": one.turn.question,
        "recorded": {
            "model": exchange.answered_by or exchange.model,
            "answer": said(one.turn.answer),
            "prompt_tokens": exchange.prompt_tokens,
            "completion_tokens": exchange.completion_tokens,
            "estimated_cost": None if exchange.cost is None else exchange.cost / 1e9,
            "seconds": (exchange.ended_at - exchange.at) / 1e6,
        },
        "replayed": {
            "model": one.model,
            "answer": said(one.answer) if one.answer else None,
            "prompt_tokens": one.usage.prompt if one.usage else None,
            "completion_tokens": one.usage.completion if one.usage else None,
            "estimated_cost": None if cost is None else cost / 1e9,
            "seconds": one.took / 1e6,
            "error": one.error or None,
        },
        "same": one.answer is not None and said(one.answer) == said(one.turn.answer),
    }


def said(message: Message) -> str:
    """An answer's text, its refusal, its calls."""
    calls = [f"→ {call.name}({call.arguments})" for call in message.tool_calls]
    return "\n".join(filter(None, [message.text, message.refusal, *calls]))


def lines(found: list[Rerun], costs: list[int | None]) -> Iterator[RenderableType]:
    """For a person."""
    for number, (one, cost) in enumerate(zip(found, costs, strict=True), 1):
        exchange = one.turn.exchange
        yield Text.assemble((f"{number}. ", "bold"), (one_line(one.turn.question, _QUESTION), "bold cyan"))
        table = Table(expand=True, pad_edge=False, header_style="bold")
        for name in (exchange.answered_by or exchange.model, one.model):
            table.add_column(Text(one_line(name)), ratio=1, overflow="fold")
        right = Text(clean(one.error), "red") if one.answer is None else Text(clean(said(one.answer)))
        table.add_row(Text(clean(said(one.turn.answer))), right)
        ours = _figures(
            exchange.prompt_tokens, exchange.completion_tokens, exchange.cost, exchange.ended_at - exchange.at
        )
        usage = one.usage or Usage()
        table.add_row(ours, _figures(usage.prompt, usage.completion, cost, one.took))
        yield table
    same = sum(one.answer is not None and said(one.answer) == said(one.turn.answer) for one in found)
    yield Text(f"{counted(len(found), 'turn')}, {count(same)} answered with the same words", "dim")


def _figures(prompt: int | None, completion: int | None, cost: int | None, took: int) -> Text:
    price = [money(cost)] if cost is not None else []
    return Text(" · ".join([f"{count(prompt)} + {count(completion)} tokens", *price, duration(took)]), "dim")
