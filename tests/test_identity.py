"""Owners and session hints, from values and from what real clients were seen to send."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from proxy.dialects.envelope import read_ids
from proxy.dialects.jsontext import members
from proxy.errors import BadRequest
from proxy.identity import FORWARDED_OUT, Headers, Hints, caller_key, hints_of, owner_of, stays_here

CAPTURES = Path(__file__).parent / "wire" / "captures"
SECRET = b"s" * 32


def headers(**values: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]


def hints(
    *pairs: tuple[str, str], ids: dict[str, str] | None = None, path: str | None = None, agent: str = ""
) -> Hints:
    return hints_of([(name.encode(), value.encode()) for name, value in pairs], ids or {}, path, agent)


def captured(scenario: str, at: int = 0) -> tuple[Headers, dict[str, str], str]:
    """Headers, the body's identifiers and the user agent of one captured request."""
    exchange: dict[str, Any] = json.loads((CAPTURES / f"{scenario}.json").read_text())[at]
    raw = [(name.encode(), value.encode()) for name, value in exchange["headers"]]
    ids = read_ids(members(json.dumps(exchange["body_json"]).encode()))
    agent = next((value for name, value in exchange["headers"] if name.lower() == "user-agent"), "")
    return raw, ids, agent


def jwt(claims: object, head: object = None, signature: str = "sig") -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"} if head is None else head, claims))
    return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])


def owner(key: str, mode: str = "key") -> bytes:
    return owner_of(headers(authorization=f"Bearer {key}"), SECRET, mode)


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ({"authorization": "Bearer sk-1"}, "sk-1"),
        ({"Authorization": "bearer  sk-1 "}, "sk-1"),
        ({"api-key": "sk-2"}, "sk-2"),
        ({"x-api-key": "sk-3"}, "sk-3"),
        ({"x-api-key": "sk-3", "api-key": "sk-2", "authorization": "Bearer sk-1"}, "sk-1"),
        ({"x-api-key": "sk-3", "authorization": "Basic dTpw"}, "sk-3"),
        ({"authorization": "Basic dTpw"}, "Basic dTpw"),
        ({"authorization": "sk-bare"}, "sk-bare"),
        ({"authorization": "Bearer "}, None),
        ({"authorization": ""}, None),
        ({}, None),
    ],
)
def test_the_callers_key_is_found_where_it_stands(sent: dict[str, str], key: str | None) -> None:
    assert caller_key(headers(**sent)) == key


def test_a_key_that_is_no_utf8_is_still_a_key() -> None:
    assert caller_key([(b"api-key", b"caf\xe9")]) == "café"


def test_an_owner_is_sixteen_bytes_that_depend_on_key_and_secret() -> None:
    assert len(owner("sk-1")) == 16
    assert owner("sk-1") == owner_of(headers(x_api_key="sk-1"), SECRET, "key")
    assert owner("sk-1") != owner("sk-2")
    assert owner("sk-1") != owner_of(headers(x_api_key="sk-1"), b"other", "key")


def test_callers_without_a_key_are_one_owner_that_no_key_can_name() -> None:
    anonymous = owner_of([], SECRET, "key")
    assert anonymous == owner_of(headers(authorization="Bearer "), SECRET, "key")
    assert anonymous not in {owner("anonymous"), owner("anonymous", "one")}


def test_in_mode_one_everybody_is_the_same_owner() -> None:
    assert owner("sk-1", "one") == owner("sk-2", "one") == owner_of([], SECRET, "one")


def test_a_renewed_token_keeps_its_owner() -> None:
    first = jwt({"iss": "https://id.example", "sub": "ada", "exp": 1})
    renewed = jwt({"iss": "https://id.example", "sub": "ada", "exp": 2}, signature="other")
    assert owner(first) == owner(renewed)


@pytest.mark.parametrize(
    "claims", [{"iss": "https://id.example", "sub": "bob"}, {"iss": "https://x.example", "sub": "ada"}]
)
def test_another_subject_or_issuer_is_another_owner(claims: dict[str, str]) -> None:
    assert owner(jwt(claims)) != owner(jwt({"iss": "https://id.example", "sub": "ada"}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (jwt({"iss": "i"}), jwt({"iss": "i"}, signature="2")),
        (jwt({"sub": "s"}), jwt({"sub": "s"}, signature="2")),
        (jwt({"iss": "i", "sub": 7}), jwt({"iss": "i", "sub": 7}, signature="2")),
        (jwt(["iss", "sub"]), jwt(["iss", "sub"], signature="2")),
        (jwt({"iss": "i", "sub": "s"}, head={}), jwt({"iss": "i", "sub": "s"}, head={}, signature="2")),
        ("a.b.c", "a.b.d"),
        ("é.b.c", "é.b.d"),
        ("sk-proj.a", "sk-proj.b"),
    ],
)
def test_a_token_that_is_no_whole_jwt_counts_as_a_key(one: str, other: str) -> None:
    assert owner(one) != owner(other)


def test_deeply_nested_claims_are_no_crash() -> None:
    bomb = urlsafe_b64encode(b"[" * 200_000).decode()
    assert len(owner(f"{bomb}.{bomb}.c")) == 16


NAMED = {
    ("openai-python_metadata", 0): ("sess-42", "header"),
    ("opencode", 0): ("ses_e02ab374bffekn6kZqhjggSyTi", "header"),
    ("opencode", 1): ("ses_e02ab374bffekn6kZqhjggSyTi", "header"),
    ("opencode", 2): ("ses_e02ab374bffekn6kZqhjggSyTi", "header"),
    ("codex_builtin_openai_base_url", 0): ("01a1fd54-c09f-7e02-bd8b-f0fc513ef7eb", "client"),
    ("codex_builtin_openai_base_url", 1): ("01a1fd54-c09f-7e02-bd8b-f0fc513ef7eb", "client"),
    ("codex_custom_provider", 0): ("01a1fd54-bd1e-7991-a957-d3161de1d589", "client"),
    ("codex_resume", 0): ("01a1fd54-bd1e-7991-a957-d3161de1d589", "client"),
    ("claude_code", 1): ("ece98ed9-57e7-4c32-9f6a-8cde1ad5e554", "client"),
}
CAPTURED = [
    (path.stem, at)
    for path in sorted(CAPTURES.glob("*.json"))
    for at in range(len(json.loads(path.read_text(encoding="utf-8"))))
]


@pytest.mark.parametrize(("scenario", "at"), CAPTURED)
def test_each_captured_request_names_its_session_or_none(scenario: str, at: int) -> None:
    raw, ids, agent = captured(scenario, at)
    found = hints_of(raw, ids, None, agent)
    assert (found.name, found.source) == NAMED.get((scenario, at), (None, None))
    assert (found.parent, found.record) == (None, True)


@pytest.mark.parametrize(("scenario", "at"), [("codex_custom_provider", 0), ("codex_resume", 0), ("claude_code", 1)])
def test_a_body_alone_names_the_session_where_a_gateway_dropped_the_headers(scenario: str, at: int) -> None:
    _, ids, agent = captured(scenario, at)
    found = hints_of([], ids, None, agent)
    assert (found.name, found.source) == NAMED[scenario, at]


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (
            f"user_{'a1' * 32}_account__session_ece98ed9-57e7-4c32-9f6a-8cde1ad5e554",
            "ece98ed9-57e7-4c32-9f6a-8cde1ad5e554",
        ),
        ('{"device_id": "d", "session_id": "s-1"}', "s-1"),
        ("ada@example.com", None),
        ("user_session_of_ada", None),
        ('{"session_id": ""}', None),
    ],
)
def test_a_person_is_no_session_unless_claude_code_puts_one_there(person: str, name: str | None) -> None:
    assert hints(ids={"metadata.user_id": person}).name == name


PRECEDENCE = [
    ("path", "header"),
    ("x-session-id", "header"),
    ("metadata.session_id", "header"),
    ("x-claude-code-session-id", "client"),
    ("session-id", "client"),
    ("session_id", "client"),
    ("thread-id", "client"),
    ("conversation_id", "client"),
    ("x-session-affinity", "client"),
    ("helicone-session-id", "client"),
    ("x-litellm-session-id", "client"),
    ("x-bf-session-id", "client"),
    ("body metadata.user_id", "client"),
    ("body session_id", "client"),
    ("body litellm_session_id", "client"),
    ("body conversation", "client"),
    ("body prompt_cache_key", "client"),
]


@pytest.mark.parametrize("first", range(len(PRECEDENCE)))
def test_the_most_telling_name_wins(first: int) -> None:
    name, source = PRECEDENCE[first]
    rest = [other for other, _ in PRECEDENCE[first:]]
    if name in {"session-id", "session_id"}:
        rest.remove("thread-id")  # beside these it names a child
    body = {other.removeprefix("body "): other for other in rest if other.startswith(("body ", "metadata."))}
    body |= {key: json.dumps({"session_id": other}) for key, other in body.items() if key == "metadata.user_id"}
    sent = [(other, other) for other in reversed(rest) if other not in {*body.values(), "path"}]
    found = hints(*sent, ids=body, path="path" if name == "path" else None, agent="codex_exec/0.169.0")
    assert (found.name, found.source) == (name, source)


def test_a_prompt_cache_key_names_a_session_for_codex_only() -> None:
    ids = {"prompt_cache_key": "k", "user": "u", "safety_identifier": "s"}
    assert hints(ids=ids, agent="OpenAI/Python 3.3.0").name is None
    assert hints_of([], ids, None, None).name is None
    assert hints(ids=ids, agent="codex_cli_rs/0.1").name == "k"


def test_an_agent_of_claude_code_has_a_session_below_its_own() -> None:
    found = hints(("x-claude-code-session-id", "S"), ("x-claude-code-agent-id", "a1"))
    assert (found.name, found.parent) == ("S/a1", "S")


def test_an_agents_agent_stands_below_that_agent() -> None:
    sent = [
        ("x-claude-code-session-id", "S"),
        ("x-claude-code-agent-id", "a2"),
        ("x-claude-code-parent-agent-id", "a1"),
    ]
    found = hints(*sent)
    assert (found.name, found.parent) == ("S/a2", "S/a1")


def test_a_thread_of_codex_beside_the_main_one_is_a_child() -> None:
    found = hints(("session-id", "S"), ("thread-id", "T"))
    assert (found.name, found.parent) == ("S/T", "S")


def test_an_own_name_leaves_the_clients_parent_out() -> None:
    found = hints(("x-session-id", "mine"), ("x-claude-code-session-id", "S"), ("x-claude-code-agent-id", "a"))
    assert (found.name, found.parent, found.source) == ("mine", None, "header")


@pytest.mark.parametrize(
    ("sent", "parent"),
    [
        ([("x-parent-session-id", "P")], "P"),
        ([("x-parent-session-id", "P"), ("x-session-parent", "Q")], "Q"),
        ([("x-parent-session-id", "mine")], None),
    ],
)
def test_a_parent_is_named_by_header(sent: list[tuple[str, str]], parent: str | None) -> None:
    assert hints(("x-session-id", "mine"), *sent).parent == parent


def test_helicones_name_is_a_title_and_its_path_is_noted() -> None:
    sent = [("helicone-session-id", "h"), ("helicone-session-name", "Trip"), ("helicone-session-path", "/a/b")]
    found = hints(*sent)
    assert (found.name, found.title, found.meta) == ("h", "Trip", {"helicone-session-path": "/a/b"})
    assert hints(*sent, ("x-session-title", "Mine")).title == "Mine"


def test_title_tags_meta_and_record_are_read() -> None:
    found = hints(
        ("X-Session-Title", "Käse"),
        ("x-session-tags", "a, b,,a"),
        ("x-session-tags", "c"),
        ("x-session-meta-Team", "blue"),
        ("x-session-meta-", "nameless"),
        ("x-session-record", "OFF"),
    )
    assert found == Hints(title="Käse", tags=("a", "b", "c"), meta={"team": "blue"}, record=False)


def test_bytes_that_are_no_utf8_are_read_as_latin_1() -> None:
    assert hints_of([(b"x-session-id", b"caf\xe9")], {}, None, None).name == "café"


def test_of_a_repeated_header_the_first_counts() -> None:
    assert hints(("x-session-id", "a"), ("x-session-id", "b")).name == "a"


def test_an_empty_header_says_nothing() -> None:
    assert hints(("x-session-id", " "), ("session-id", ""), ("x-session-record", ""), path="") == Hints()


@pytest.mark.parametrize("name", ["x-litellm-trace-id", "x-portkey-trace-id"])
def test_a_trace_id_is_a_weak_hint_only(name: str) -> None:
    assert hints((name, "t")) == Hints(weak="t")


@pytest.mark.parametrize(
    "name", sorted({"x-session-id", "x-session-meta-team"} | {name.decode() for name in FORWARDED_OUT})
)
@pytest.mark.parametrize("value", [b"a\x00b", b"a\tb", b"a\x7fb", b"a\xc2\x85b", b"a" * 257, "é".encode() * 129])
def test_a_malformed_header_of_stenos_own_is_refused_by_name(name: str, value: bytes) -> None:
    with pytest.raises(BadRequest, match=name) as caught:
        hints_of([(name.encode(), value)], {}, None, None)
    assert caught.value.param == name


def test_256_bytes_are_not_too_many() -> None:
    assert hints(("x-session-id", "a" * 256)).name == "a" * 256


def test_record_is_on_or_off() -> None:
    with pytest.raises(BadRequest) as caught:
        hints(("x-session-record", "no"))
    assert caught.value.param == "x-session-record"
    assert hints(("x-session-record", "on")).record


@pytest.mark.parametrize("name", ["a\nb", "é" * 129, "\udcff"])
def test_a_malformed_name_in_the_path_is_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        hints(path=name)


@pytest.mark.parametrize("name", ["session-id", "x-session-affinity", "x-parent-session-id", "x-portkey-trace-id"])
@pytest.mark.parametrize("value", ["a\x01b", "a" * 257])
def test_a_malformed_header_of_another_client_is_passed_over(name: str, value: str) -> None:
    assert hints((name, value)) == Hints()


@pytest.mark.parametrize("value", ["", "a\nb", "a" * 257, "\ud83d"])
def test_a_malformed_identifier_of_a_body_is_passed_over(value: str) -> None:
    assert hints(ids={"metadata.session_id": value, "session_id": value}) == Hints()


def test_stenos_own_headers_stay_here_and_the_shared_ones_go_on() -> None:
    assert all(stays_here(name) for name in FORWARDED_OUT)
    assert stays_here(b"x-session-meta-team")
    assert not any(stays_here(name) for name in (b"x-session-id", b"x-session-affinity", b"x-parent-session-id"))


@pytest.mark.parametrize(("said", "meant"), [("", None), ("full", "full"), ("Compact", "compact")])
def test_a_request_says_how_its_context_is_to_go_on(said: str, meant: str | None) -> None:
    assert hints(("x-session-context", said), ("x-session-id", "a")).context == meant


def test_a_request_may_have_a_threshold_of_its_own() -> None:
    assert hints(("x-session-token-threshold", "4000")).threshold == 4000
    assert hints(("x-session-id", "a")).threshold == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-session-context", "half"),
        ("x-session-token-threshold", "many"),
        ("x-session-token-threshold", "0"),
        ("x-session-token-threshold", "-5"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadRequest) as raised:
        hints((name, value))
    assert raised.value.param == name
