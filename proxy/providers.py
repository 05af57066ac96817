"""The upstreams that settings name, as the exchange needs them: chosen by path, by model, by default. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from proxy.dialects.families import FAMILIES, OPENAI, Family, family_at
from proxy.headers import Headers, with_fixed, with_key
from proxy.model_map import mapped
from proxy.preferences import NO_PREFERENCE, Preference
from proxy.routing import DEFAULT, Candidate, choose_provider, upstream_url

if TYPE_CHECKING:
    from proxy import config
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
    family: Family = OPENAI
    prefers: Preference = NO_PREFERENCE
    """What is forwarded to it of long conversations."""

    @property
    def market(self) -> str:
        """The name by which price lists know it."""
        return self.base_url if self.name == DEFAULT else self.name

    def model(self, name: str) -> str:
        """What a model is called there."""
        return mapped(name, self.model_map) or name

    def url(self, path: str, query: str) -> str:
        """Where a path below ``/v1`` is at this provider."""
        return upstream_url(self.base_url, path, query)

    def dressed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """A request's headers with this provider's key and fixed headers."""
        given = with_key(headers, self.family.key(self.api_key)) if self.api_key else list(headers)
        return with_fixed(given, self.headers) if self.headers else given

    def may_see(self, other: Provider) -> bool:
        """Whether what a caller sends ``other`` for its eyes only may come here, too: the same host gets it."""
        return not other.api_key and _origin(self.base_url) == _origin(other.base_url)


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


class Providers:
    """All of them by name; ``default`` is the one of ``[upstream]``.

    What only one family speaks goes to the family's own place, one of ``homes``, where nothing else takes it.
    """

    def __init__(
        self, providers: Sequence[Provider], candidates: Sequence[Candidate], homes: Mapping[str, str] | None = None
    ) -> None:
        self._byname = {provider.name: provider for provider in providers}
        self._candidates = candidates
        self._homes = homes or {}
        self.names = frozenset(self._byname) - {DEFAULT}

    def choose(self, named: str | None, model: str | None, path: str = "") -> Provider:
        """The provider of a request."""
        family = family_at(path)
        alone = family.name if family.paths else ""
        return self._byname[choose_provider(named, model, self._candidates, (alone, self._homes.get(alone, DEFAULT)))]

    def after(self, provider: Provider) -> list[Provider]:
        """Those that are asked when it fails, in their order."""
        return [self._byname[name] for name in provider.fallback]


def providers_of(settings: Settings) -> Providers:
    """The providers that the settings describe, and those that are known without."""
    own = Provider(DEFAULT, settings.upstream.base_url)
    named = [_named(name, one) for name, one in settings.providers.items()]
    candidates = [
        Candidate(name, tuple(one.models), one.default, one.dialect) for name, one in settings.providers.items()
    ]
    # An upstream that was chosen is meant for everything.
    chosen = settings.upstream.base_url != type(settings.upstream)().base_url
    homes = [] if chosen else [Provider(one.name, one.home, family=one) for one in FAMILIES.values() if one.home]
    return Providers([own, *homes, *named], candidates, {home.family.name: home.name for home in homes})


def _named(name: str, one: config.Provider) -> Provider:
    family = FAMILIES[one.dialect]
    headers = tuple((key.lower().encode(), value.encode("latin-1")) for key, value in one.headers.items())
    key, maps = one.api_key.get_secret_value(), tuple(one.model_map.items())
    prefers = Preference(one.context or "", one.token_threshold or 0, one.keep_recent)
    return Provider(name, family.base(one.base_url), key, headers, one.ask_usage, one.fallback, maps, family, prefers)
