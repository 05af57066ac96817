"""The upstreams that settings name, as the exchange needs them: chosen by path, by model, by default. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from proxy.headers import Headers, with_fixed, with_key
from proxy.routing import DEFAULT, Candidate, choose_provider, upstream_url

if TYPE_CHECKING:
    from proxy.config import Settings


@dataclass(frozen=True, slots=True)
class Provider:
    """One upstream. An empty ``api_key`` leaves the caller's own. ``fallback`` names who is asked when it fails."""

    name: str
    base_url: str
    api_key: str = ""
    headers: Headers = ()
    ask_usage: bool = False
    fallback: tuple[str, ...] = ()
    model_map: tuple[tuple[str, str], ...] = ()

    def url(self, path: str, query: str) -> str:
        """Where a path below ``/v1`` is at this provider."""
        return upstream_url(self.base_url, path, query)

    def dressed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """A request's headers with this provider's key and fixed headers."""
        given = with_key(headers, self.api_key) if self.api_key else list(headers)
        return with_fixed(given, self.headers) if self.headers else given

    def may_see(self, other: Provider) -> bool:
        """Whether what a caller sends ``other`` for its eyes only may come here, too: the same host gets it."""
        return not other.api_key and _origin(self.base_url) == _origin(other.base_url)


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


class Providers:
    """All of them by name; ``default`` is the one of ``[upstream]``."""

    def __init__(self, providers: Sequence[Provider], candidates: Sequence[Candidate]) -> None:
        self._byname = {provider.name: provider for provider in providers}
        self._candidates = candidates
        self.names = frozenset(self._byname) - {DEFAULT}

    def choose(self, named: str | None, model: str | None) -> Provider:
        """The provider of a request."""
        return self._byname[choose_provider(named, model, self._candidates)]

    def after(self, provider: Provider) -> list[Provider]:
        """Those that are asked when it fails, in their order."""
        return [self._byname[name] for name in provider.fallback]


def providers_of(settings: Settings) -> Providers:
    """The providers that the settings describe."""
    own = [Provider(DEFAULT, settings.upstream.base_url)]
    named = [
        Provider(
            name,
            one.base_url,
            one.api_key.get_secret_value(),
            tuple((key.lower().encode(), value.encode("latin-1")) for key, value in one.headers.items()),
            one.ask_usage,
            one.fallback,
            tuple(one.model_map.items()),
        )
        for name, one in settings.providers.items()
    ]
    candidates = [Candidate(name, tuple(one.models), one.default) for name, one in settings.providers.items()]
    return Providers([*own, *named], candidates)
