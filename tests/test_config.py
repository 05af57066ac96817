"""Settings: where they come from, what is refused, and that the example shows them all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from proxy.config import MIB, RESERVED_NAMES, Provider, Settings, data_folder, load_settings
from proxy.errors import SettingsError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
HOME = {"HOME": "/home/ada"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str = "", flags: Mapping[str, Any] | None = None, **environ: str) -> Settings:
    file = Path("steno.toml")
    file.write_text(text, encoding="utf-8")
    return load_settings(flags=flags, environ=HOME | environ)


def refusal(text: str = "", flags: Mapping[str, Any] | None = None, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text, flags, **environ)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings(environ=HOME)
    assert (settings.server.host, settings.server.port, settings.server.workers) == ("127.0.0.1", 8383, 1)
    assert (settings.server.max_body_bytes, settings.recording.queue_bytes) == (64 * MIB, 64 * MIB)
    assert settings.store.url == "sqlite:////home/ada/.local/share/steno/steno.db"
    assert settings.upstream.base_url == "https://api.openai.com/v1"
    assert (settings.recording.durability, settings.recording.commit_seconds) == ("reply", 2.0)
    assert (settings.access.owners, settings.access.keys, settings.providers, settings.prices) == ("key", (), {}, {})


def test_flags_win_over_environment_over_file() -> None:
    text = "[server]\nport = 1\nworkers = 2\nhost = 'file'\n"
    settings = load(text, {"server": {"port": 3, "host": None}}, STENO_SERVER__PORT="2", STENO_SERVER__WORKERS="4")
    assert (settings.server.port, settings.server.workers, settings.server.host) == (3, 4, "file")


def test_a_dotted_flag_sets_the_upstream() -> None:
    assert load(flags={"upstream.base_url": "http://127.0.0.1:9/v1"}).upstream.base_url == "http://127.0.0.1:9/v1"


def test_a_named_file_is_read_in_place_of_the_folders(tmp_path: Path) -> None:
    Path("steno.toml").write_text("[server]\nport = 1\n")
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 2\n")
    assert load_settings(other, environ=HOME).server.port == 2


def test_the_environment_of_the_process_counts_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STENO_SERVER__PORT", "4")
    assert load_settings().server.port == 4
    assert load_settings(environ=HOME).server.port == 8383
    assert Settings().server.port == 8383


@pytest.mark.parametrize("value", ["sk-a, sk-b", '["sk-a", "sk-b"]'])
def test_a_list_in_the_environment_has_commas_or_is_json(value: str) -> None:
    keys = load(STENO_ACCESS__KEYS=value).access.keys
    assert [key.get_secret_value() for key in keys] == ["sk-a", "sk-b"]


def test_a_variable_adds_the_key_of_a_provider_in_the_file() -> None:
    settings = load("[providers.My-Host]\nbase_url = 'http://h/v1'\n", STENO_PROVIDERS__MY_HOST__API_KEY="sk-x")
    assert settings.providers["My-Host"].api_key.get_secret_value() == "sk-x"


def test_providers_keep_the_order_of_the_file() -> None:
    text = "[providers.b]\nbase_url = 'http://b'\n[providers.a]\nbase_url = 'http://a'\nmodels = ['x*']\n"
    settings = load(text)
    assert list(settings.providers) == ["b", "a"]
    assert settings.providers["a"] == Provider(base_url="http://a", models=("x*",))


def test_a_provider_may_fall_back_on_others_and_on_the_upstream() -> None:
    text = "[providers.a]\nbase_url = 'http://a'\nfallback = ['b', 'default']\n[providers.b]\nbase_url = 'http://b'\n"
    assert load(text).providers["a"].fallback == ("b", "default")
    assert load(text, STENO_PROVIDERS__A__FALLBACK="default, b").providers["a"].fallback == ("default", "b")


def test_settings_are_frozen_and_show_no_key() -> None:
    text = "[providers.a]\nbase_url = 'http://a'\napi_key = 'sk-hidden'\nheaders = { x-token = 'sk-hidden' }\n"
    settings = load(text + "[access]\nkeys = ['sk-hidden']\n")
    assert "sk-hidden" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.server = settings.server
    with pytest.raises(ValidationError):
        settings.server.port = 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 1", ["steno.toml: server.prot is unknown", "Did you mean port?", "host", "workers"]),
        ("[sever]\nport = 1", ["steno.toml: sever is unknown", "Did you mean server?", "recording"]),
        ("port = 1", ["steno.toml: port is unknown", "access, context, keys, prices, providers"]),
        ("[server]\nport = 70000", ["steno.toml: server.port", "less than or equal to 65535"]),
        ("[server]\nport = 'x'", ["steno.toml: server.port", "valid integer"]),
        ("[server]\nworkers = 0", ["server.workers", "greater than 0"]),
        ("[server]\nlog_format = 'jsn'", ["server.log_format", "'text' or 'json'", "Did you mean json?"]),
        ("[recording]\nspool_bytes = -1", ["recording.spool_bytes", "greater than or equal to 0"]),
        ("[recording]\ndurability = 'always'", ["'reply', 'background' or 'strict'"]),
        ("[upstream]\nidle_seconds = inf", ["upstream.idle_seconds", "finite"]),
        ("[upstream]\nbase_url = 'api.openai.com/v1'", ["upstream.base_url", "http:// or https://"]),
        ("[store]\nurl = 'steno.db'", ["store.url", "sqlite:///PATH"]),
        ("store = 3", ["steno.toml: store must be a table"]),
        ("providers = 3", ["steno.toml: providers must be a table"]),
        ("[providers.a]\nmodels = ['x']", ["steno.toml: providers.a.base_url", "field required"]),
        ("[providers.a]\nbase_url = 'http://a'\nmodel = 'x'", ["providers.a.model is unknown", "Did you mean models?"]),
        ("[providers.a]\nbase_url = 'http://a'\nmodels = ['']", ["providers.a.models.0", "at least 1"]),
        ("[providers.'a b']\nbase_url = 'http://a'", ["providers.a b", "letters, digits, _ and -"]),
        ("[providers.a]\nbase_url = 'http://a'\nfallback = ['b']", ["a.fallback names b", "default"]),
        ("[providers.a]\nbase_url = 'http://a'\nfallback = ['a']", ["a.fallback names a"]),
        ("[providers.a]\nbase_url = 'http://a'\nfallback = ['default', 'default']", ["a.fallback names one twice"]),
        ("[providers.a]\nbase_url = 'http://a'\nmodel_map = { m = '' }", ["providers.a.model_map.m", "at least 1"]),
        ("[upstream]\nretries = 11", ["upstream.retries", "less than or equal to 10"]),
        ("[prices.m]\ninput = 1.0\noutptu = 1.0", ["prices.m.output: field required", "Did you mean output?"]),
        ("[access]\nkeys = 5", ["access.keys: must be a list"]),
        ("[keys.a]\ncontext = 'on'", ["keys.a.key: field required"]),
        ("[context]\nsummarizer = 'model'", ["steno.toml: context", "summary_model must name one"]),
        ("[access]\nkeys = ['']", ["access.keys.0", "at least 1"]),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_what_would_be_valid(text: str, words: list[str]) -> None:
    message = refusal(text)
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"STENO_SERVER__PROT": "1"}, ["STENO_SERVER__PROT: server.prot is unknown", "Did you mean port?"]),
        ({"STENO_PORT": "1"}, ["STENO_PORT: port is unknown", "server"]),
        ({"STENO_SERVER__PORT": "x"}, ["STENO_SERVER__PORT: server.port", "valid integer"]),
        ({"STENO_SERVER": "x"}, ["STENO_SERVER: server must be a table"]),
        ({"STENO_ACCESS__REQUIRE_KEY": "maybe"}, ["STENO_ACCESS__REQUIRE_KEY", "valid boolean"]),
        ({"STENO_PROVIDERS__V1__BASE_URL": "http://a"}, ["STENO_PROVIDERS__V1__BASE_URL: providers.v1"]),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_by_its_variable(environ: dict[str, str], words: list[str]) -> None:
    message = refusal("[server]\nhost = 'h'\n", None, **environ)
    assert [word for word in words if word not in message] == []


def test_what_is_wrong_on_the_command_line_is_said_to_be_there() -> None:
    assert refusal("[server]\nport = 1\n", {"server": {"port": -1}}).startswith("the command line: server.port: ")


def test_every_mistake_is_told_at_once() -> None:
    assert len(refusal("[server]\nport = 'x'\nworkers = 'x'\n").splitlines()) == 2


@pytest.mark.parametrize(
    "text",
    [
        "[providers.a]\nbase_url = 'http://a'\napi_key = 'sk secret'\n",
        "[providers.a]\napi_key = 'sk-secret'\n",
        "[providers.a]\nbase_url = 'http://a'\napi_key = ['sk-secret']\n",
        "[providers.a]\nbase_url = 'http://sk-secret@a'\n",
        "[providers.a]\nbase_url = 'http://a'\nheaders = { x-token = \"sk-secret\\n\" }\n",
    ],
)
def test_no_refusal_repeats_a_key(text: str) -> None:
    assert "secret" not in refusal(text)


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES | {"API", "Default"}))
def test_a_path_of_stenos_own_is_no_provider(name: str) -> None:
    assert f"providers.{name}: this name is taken" in refusal(f"[providers.{name}]\nbase_url = 'http://a'\n")


def test_only_one_provider_is_the_default() -> None:
    table = "[providers.{0}]\nbase_url = 'http://a'\ndefault = true\n"
    assert load(table.format("a")).providers["a"].default
    assert "only one provider may be the default, but a, b are" in refusal(table.format("a") + table.format("b"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/v1",
        "http:///v1",
        "http://a/v1?x=1",
        "http://a/v1#x",
        "http://a b/v1",
        "http://u:p@a/v1",
        "http://a:0",
        "http://a:x",
        "http://[::1/v1",
        "",
    ],
)
def test_a_base_url_is_plain_http(url: str) -> None:
    assert "upstream.base_url" in refusal(f"[upstream]\nbase_url = {url!r}\n")


@pytest.mark.parametrize("header", ["'x y' = 'a'", "'' = 'a'", 'x-a = "a\\r\\nb"', "x-a = '你'"])
def test_a_header_that_http_could_not_carry_is_refused(header: str) -> None:
    message = refusal(f"[providers.a]\nbase_url = 'http://a'\nheaders = {{ {header} }}\n")
    assert "providers.a.headers" in message


def test_a_log_level_may_be_written_in_capitals() -> None:
    assert load(STENO_SERVER__LOG_LEVEL="DEBUG").server.log_level == "debug"
    assert "server.log_level" in refusal("[server]\nlog_level = 3\n")


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        (HOME, "linux", "/home/ada/.local/share"),
        (HOME | {"XDG_DATA_HOME": "/data"}, "linux", "/data"),
        (HOME | {"XDG_DATA_HOME": "/data"}, "darwin", "/home/ada/Library/Application Support"),
        (HOME | {"LOCALAPPDATA": "/local"}, "win32", "/local"),
        (HOME, "win32", "/home/ada/AppData/Local"),
    ],
)
def test_the_store_lives_in_the_users_data_folder(environ: dict[str, str], platform: str, folder: str) -> None:
    assert data_folder(environ, platform) == Path(folder)


@pytest.mark.parametrize(
    ("url", "spool_dir", "folder"),
    [
        ("sqlite:////data/steno.db", "", "/data/spool"),
        ("sqlite:///steno.db", "", "spool"),
        ("sqlite:////data/steno.db", "/spool", "/spool"),
        ("sqlite://:memory:", "", "/data/steno/spool"),
    ],
)
def test_the_spool_lies_beside_the_store(
    url: str, spool_dir: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert load(flags={"store.url": url, "recording.spool_dir": spool_dir}).spool_folder() == Path(folder)


def places(model: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every setting, with ``*`` where a table has names of the user's own."""
    for name, field in model.model_fields.items():
        annotation, place = field.annotation, (*at, name)
        if get_origin(annotation) is dict:
            annotation, place = get_args(annotation)[1], (*place, "*")
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from places(annotation, place)
        else:
            yield place[:-1] if place[-1] == "*" else place


def is_shown(table: Any, place: tuple[str, ...]) -> bool:
    for key in place:
        if key != "*" and key not in table:
            return False
        table = next(iter(table.values())) if key == "*" else table[key]
    return True


def uncommented() -> str:
    return re.sub(r"^#(?=\S)", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_example_equals_the_defaults() -> None:
    assert load_settings(EXAMPLE, environ=HOME) == load_settings(environ=HOME)


def test_the_example_shows_every_setting() -> None:
    table = tomllib.loads(uncommented())
    assert [place for place in places(Settings) if not is_shown(table, place)] == []


def test_the_examples_that_are_commented_out_load() -> None:
    settings = load(uncommented())
    assert settings.providers["local"].models == ("llama*", "qwen*")
    assert settings.providers["local"].model_map == {"gpt-4o": "llama3.1:70b", "gpt-*": "llama3.1:8b"}
    assert settings.providers["local"].fallback == ("default",)
    assert {"azure", "openrouter", "ollama", "vllm", "gemini", "anthropic"} < set(settings.providers)
    assert settings.prices["my-model"].cached_input == 0.05


def test_each_setting_of_the_example_has_a_comment_above() -> None:
    explained, _, further = EXAMPLE.read_text(encoding="utf-8").partition("# Well-known ones.")
    lines = [*explained.splitlines(), *further.partition("\n\n")[2].splitlines()]
    bare = [line for above, line in pairwise(lines) if re.match(r"#?\w+ = ", line) and above[:2] != "# "]
    assert bare == ["#input = 0.5", "#output = 1.5", "#cached_input = 0.05"]
