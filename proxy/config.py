"""Every setting of this release: its type, its default, and the way it is read.

Flags win over the environment, the environment over the file. This is the only module that reads the environment;
everything else receives values. What is unknown or bad is refused with a sentence that names where it stands and what
would be valid.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from proxy.errors import SettingsError
from proxy.layers import environment_layer, file_layer, flags_layer, listed, merge, sentence

MIB: Final = 1024 * 1024
SQLITE_FILE: Final = "sqlite:///"
RESERVED_NAMES: Final = frozenset(
    {"v1", "api", "replay", "mcp", "s", "healthz", "readyz", "metrics", "standin", "default"}
    | {"sessions", "exchanges", "stats", "reflection", "health", "search", "static", "login"}
    | {"logout", "totals", "live"}
)


def _split(value: object) -> object:
    """A list may also be written as one string with commas, as the environment needs it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _checked_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s?#\\\x00-\x1f]", value):
        message = "must be an http:// or https:// URL with a host and no query, such as https://api.openai.com/v1"
        raise ValueError(message)
    if parts.username is not None or parts.port == 0:
        message = "must hold neither a user name nor port 0; a provider's key belongs in api_key"
        raise ValueError(message)
    return value


def _checked_store(value: str) -> str:
    if not re.match(r"[a-z][a-z0-9+]*://.", value):
        message = "must be a store's URL: sqlite:///PATH or sqlite://:memory:"
        raise ValueError(message)
    return value


def _checked_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        message = "a provider's name may hold letters, digits, _ and - only, since it stands in a path"
        raise ValueError(message)
    if value.lower() in RESERVED_NAMES:
        message = f"this name is taken by a path of Steno's own; no provider may be called {listed(RESERVED_NAMES)}"
        raise ValueError(message)
    return value


def _checked_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]*", value.get_secret_value()):
        message = "must be printable ASCII without spaces"
        raise ValueError(message)
    return value


def _checked_headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) or not re.fullmatch(r"[\x20-\x7e\xa0-\xff]*", text):
            message = (
                f"{name!r} is no header that HTTP could carry: a name of letters, digits and -, a value in one line"
            )
            raise ValueError(message)
    return value


BaseUrl = Annotated[str, AfterValidator(_checked_url)]
Key = Annotated[SecretStr, AfterValidator(_checked_key)]
Glob = Annotated[str, StringConstraints(min_length=1)]
LogLevel = Literal["debug", "info", "warning", "error"]
ContextMode = Literal["auto", "on", "off"]


class Section(BaseModel):
    """A table of the file: frozen, and with no unknown names."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Server(Section):
    host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8383
    workers: PositiveInt = 1
    drain_seconds: NonNegativeFloat = 30.0
    head_seconds: PositiveFloat = 30.0
    max_body_bytes: PositiveInt = 64 * MIB
    log_level: Annotated[
        LogLevel, BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
    ] = "info"
    log_format: Literal["text", "json"] = "text"


class Store(Section):
    url: Annotated[str, AfterValidator(_checked_store)] = Field(default_factory=lambda: default_store_url(os.environ))


class Recording(Section):
    durability: Literal["reply", "background", "strict"] = "reply"
    commit_seconds: PositiveFloat = 2.0
    on_failure: Literal["pass", "refuse"] = "pass"
    queue_bytes: PositiveInt = 64 * MIB
    spool_dir: str = ""
    spool_bytes: NonNegativeInt = 1024 * MIB
    checkpoint_seconds: PositiveFloat = 1.0
    raw: Literal["off", "errors", "all"] = "off"
    media_bytes: NonNegativeInt = 16 * MIB
    retention_days: NonNegativeInt = 0


class Context(Section):
    mode: ContextMode = "auto"
    token_threshold: PositiveInt = 32_000
    max_turns_per_segment: NonNegativeInt = 0
    keep_recent: NonNegativeInt = 0
    recall: Literal["on", "off"] = "on"
    summarizer: Literal["extractive", "model"] = "extractive"
    summary_model: str = ""

    @model_validator(mode="after")
    def _named_model(self) -> Self:
        if self.summarizer == "model" and not self.summary_model:
            message = "summarizer is model, so summary_model must name one"
            raise ValueError(message)
        return self


class Access(Section):
    owners: Literal["key", "one"] = "key"
    require_key: bool = False
    keys: Annotated[tuple[Annotated[Key, Field(min_length=1)], ...], BeforeValidator(_split)] = ()
    admin_token: Key = SecretStr("")


class Price(Section):
    """Dollars a million tokens; without ``cached_input``, cached tokens cost what others do."""

    input: NonNegativeFloat
    output: NonNegativeFloat
    cached_input: NonNegativeFloat | None = None


class Reflection(Section):
    confidence_threshold: Annotated[float, Field(ge=0, le=1)] = 0.5


class Upstream(Section):
    base_url: BaseUrl = "https://api.openai.com/v1"
    connect_seconds: PositiveFloat = 10.0
    idle_seconds: NonNegativeFloat = 600.0
    max_connections: PositiveInt = 1000
    retries: Annotated[int, Field(ge=0, le=10)] = 0


class Provider(Section):
    base_url: BaseUrl
    dialect: Literal["openai", "anthropic"] = "openai"
    api_key: Key = SecretStr("")
    models: Annotated[tuple[Glob, ...], BeforeValidator(_split)] = ()
    model_map: dict[Glob, Glob] = Field(default_factory=dict)
    fallback: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    headers: Annotated[dict[str, str], AfterValidator(_checked_headers)] = Field(default_factory=dict, repr=False)
    default: bool = False
    ask_usage: bool = False
    context: ContextMode | None = None
    token_threshold: PositiveInt | None = None
    keep_recent: NonNegativeInt | None = None


class CallerKey(Section):
    """What holds for the requests of one API key."""

    key: Annotated[Key, Field(min_length=1)]
    context: ContextMode | None = None
    token_threshold: PositiveInt | None = None
    keep_recent: NonNegativeInt | None = None


class Settings(BaseSettings):
    """All of them. Made by ``load_settings``, which alone knows of files and of the environment."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: Server = Server()
    store: Store = Field(default_factory=Store)
    recording: Recording = Recording()
    context: Context = Context()
    access: Access = Access()
    reflection: Reflection = Reflection()
    upstream: Upstream = Upstream()
    providers: dict[Annotated[str, AfterValidator(_checked_name)], Provider] = Field(default_factory=dict)
    keys: dict[str, CallerKey] = Field(default_factory=dict)
    prices: dict[str, Price] = Field(default_factory=dict)

    @field_validator("providers")
    @classmethod
    def _one_default(cls, value: dict[str, Provider]) -> dict[str, Provider]:
        defaults = [name for name, provider in value.items() if provider.default]
        if len(defaults) > 1:
            message = f"only one provider may be the default, but {listed(defaults)} are"
            raise ValueError(message)
        return value

    @field_validator("providers")
    @classmethod
    def _known_fallbacks(cls, value: dict[str, Provider]) -> dict[str, Provider]:
        for name, provider in value.items():
            others = {"default", *value} - {name}
            unknown = [other for other in provider.fallback if other not in others]
            if unknown or len(set(provider.fallback)) < len(provider.fallback):
                what = f"names {listed(unknown)}" if unknown else "names one twice"
                message = f"{name}.fallback {what}; it may name other providers, each once: {listed(others)}"
                raise ValueError(message)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The layers are merged below, where it is still known which of them holds what."""
        return (init_settings,)

    def spool_folder(self) -> Path:
        """Where records wait while the store can't take them: beside the store unless set otherwise."""
        if self.recording.spool_dir:
            return Path(self.recording.spool_dir).expanduser()
        if self.store.url.startswith(SQLITE_FILE):
            return Path(self.store.url.removeprefix(SQLITE_FILE)).parent / "spool"
        return data_folder(os.environ) / "steno" / "spool"


def load_settings(
    path: Path | None = None, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings. ``flags`` are tables as in the file or dotted names; a flag that is ``None`` was not given."""
    environ = os.environ if environ is None else environ
    file = file_layer(path)
    layers = (flags_layer(flags or {}), environment_layer(environ, file.values), file)
    merged = merge(layers)
    store = merged.setdefault("store", {})
    if isinstance(store, dict) and not store.get("url"):
        store["url"] = default_store_url(environ)
    try:
        return Settings(**merged)
    except ValidationError as error:
        message = "\n".join(sentence(detail, layers, Settings) for detail in error.errors(include_url=False))
    raise SettingsError(message)  # outside of the clause above: what was put in must not be chained to it


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The folder that the user's system sets aside for the data of programs."""
    home = Path(environ.get("HOME") or Path.home())
    if platform == "darwin":
        return home / "Library" / "Application Support"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")


def default_store_url(environ: Mapping[str, str]) -> str:
    """A SQLite file in the user's data folder."""
    return f"{SQLITE_FILE}{(data_folder(environ) / 'steno' / 'steno.db').as_posix()}"
