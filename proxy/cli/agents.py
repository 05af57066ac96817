"""The command that gives an agent its past, over standard input and output."""

import asyncio

from proxy.cli.options import ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.reflecting import reflector_of
from proxy.config import Settings


def mcp(store: StoreUrl = None, config: ConfigFile = None) -> None:
    """Serve the record to an agent as tools, by the Model Context Protocol over standard input and output."""
    asyncio.run(_serve(settings_of(config, store)))


async def _serve(settings: Settings) -> None:
    # Both bring the protocol's package, which no other command needs.
    from proxy.mcp.door import loaded  # noqa: PLC0415
    from proxy.mcp.past import Past  # noqa: PLC0415

    async with opened(settings) as source:
        await loaded().serve_stdio(Past(source, reflector_of(source, settings), None))
