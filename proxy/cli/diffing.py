"""The command that shows what a model did not see, and what it saw in its place."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.text import Text

from proxy.api.differences import Difference, Field, difference
from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.terminal import tell, tell_json
from proxy.errors import NotFound
from proxy.kept import given
from proxy.shapes.figures import count, counted
from proxy.shapes.plain import clean, one_line
from storage.records import PlanRow

_LINE = 100


def diff(
    exchange: Annotated[str, typer.Argument(metavar="EXCHANGE", help="An exchange's id, as x-exchange-id tells it.")],
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Show what the model was given in place of what the client sent."""
    sent, plan = asyncio.run(_read(exchange, store, config))
    found = difference(sent, given(sent, plan))
    if as_json:
        tell_json(found)
    else:
        tell(_lines(found, plan))


async def _read(exchange: str, store: str | None, config: ConfigFile) -> tuple[bytes, PlanRow | None]:
    try:
        name = UUID(exchange).bytes
    except ValueError:
        name = b""
    async with opened(settings_of(config, store)) as source:
        sent = await source.sent(name) if name else None
        if sent is None:
            message = f"There is no request {one_line(exchange, 80)!r} here whose body is known."
            raise NotFound(message)
        return sent, await source.plan(name)


def _lines(found: Difference, plan: PlanRow | None) -> Iterator[Text]:
    if plan is None or not found.changed:
        yield Text("The model was given all that the client sent.")
        return
    if plan.plan:
        yield Text(f"{count(plan.forwarded_tokens)} of {count(plan.sent_tokens)} tokens were forwarded.")
    yield from (_field(one) for one in found.fields)
    yield Text(
        f"{counted(found.same_before, 'message')} as sent at the beginning, {found.same_after} at the end.", "dim"
    )
    yield from (_line("-", one, "red") for one in found.removed)
    for one in found.added:
        yield Text(f"+ {_said(one)[0]}", "green")
        yield Text(clean(_said(one)[1]).rstrip())


def _field(one: Field) -> Text:
    before, after = (msgspec.json.encode(value).decode() for value in (one.sent, one.forwarded))
    return Text(f"{one.name}: {one_line(before, _LINE)} → {one_line(after, _LINE)}")


def _line(mark: str, message: Any, style: str) -> Text:
    role, text = _said(message)
    return Text(f"{mark} {role}: {one_line(text, _LINE)}", style)


def _said(message: Any) -> tuple[str, str]:
    """Who speaks, and what; where that isn't known, the message's own bytes."""
    value = msgspec.json.decode(bytes(message))
    fields = value if isinstance(value, dict) else {}
    content = fields.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    role = fields.get("role") or fields.get("type") or ""
    return one_line(str(role), _LINE), str(content or bytes(message).decode("utf-8", "replace"))
