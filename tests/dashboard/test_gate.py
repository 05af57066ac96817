"""Who may look at the pages, and whose form is taken."""

import pytest

from proxy.access import Access
from proxy.api.gate import Gate as Readers
from proxy.dashboard.gate import LASTS_SECONDS, PASS, Gate, Verdict, Visitor
from proxy.headers import Headers

NOW = 1_700_000_000_000_000
SECRET = b"k" * 32
OWNER = b"owner".ljust(16, b".")
EVERYTHING = Visitor(None, passed=False)


def gate(token: str = "", host: str = "127.0.0.1", owners: str = "key", keys: tuple[str, ...] = ()) -> Gate:
    return Gate(SECRET, Readers(Access(SECRET, owners, require_key=False, keys=keys), token, host))


OPEN, LOCKED = gate(), gate("letmein")


def named(host: str, *more: tuple[bytes, bytes]) -> Headers:
    return ((b"host", host.encode()), *more)


def shows(at: Gate, shown: str, now: int = NOW) -> Visitor | Verdict:
    return at.visitor(named("steno.example"), "10.0.0.7", {PASS: shown}, now)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:8383", "127.0.0.1:1", "[::1]:8383", "steno.localhost", "LOCALHOST"])
def test_this_machine_may_look_under_its_own_names(peer: str, host: str) -> None:
    assert OPEN.visitor(named(host), peer, {}, NOW) == EVERYTHING


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example", "127.0.0.1.evil.example", "[::1"])
def test_a_strange_name_is_shut_out_even_on_this_machine(host: str) -> None:
    assert OPEN.visitor(named(host), "127.0.0.1", {}, NOW) is Verdict.SHUT


@pytest.mark.parametrize("peer", ["10.0.0.7", "fe80::1%eth0"])
def test_other_machines_are_shut_out_without_a_token(peer: str) -> None:
    assert OPEN.visitor(named("localhost"), peer, {}, NOW) is Verdict.SHUT


def test_what_another_proxy_brings_is_shut_out_without_a_token() -> None:
    assert OPEN.visitor(named("localhost", (b"x-forwarded-for", b"10.0.0.7")), "127.0.0.1", {}, NOW) is Verdict.SHUT


def test_where_a_key_is_asked_for_this_machine_logs_in_too() -> None:
    for at in (LOCKED, gate(host="0.0.0.0"), gate(host="0.0.0.0", owners="one", keys=("k",))):  # noqa: S104
        assert at.visitor(named("localhost"), "127.0.0.1", {}, NOW) is Verdict.LOGIN
    assert gate(host="0.0.0.0", owners="one").visitor(named("localhost"), "::1", {}, NOW) is Verdict.SHUT  # noqa: S104


def test_a_pass_opens_whose_it_is_from_anywhere_until_it_ends() -> None:
    for sees in (None, OWNER):
        shown = LOCKED.pass_for(sees, NOW)
        assert shows(LOCKED, shown) == Visitor(sees, passed=True)
        assert shows(LOCKED, shown, NOW + (LASTS_SECONDS + 1) * 1_000_000) is Verdict.LOGIN


def test_a_pass_for_one_opens_nothing_of_another() -> None:
    ends, whose, seal = LOCKED.pass_for(OWNER, NOW).split(".")
    for forged in ("all", "", whose.upper(), b"another.........".hex()):
        assert shows(LOCKED, f"{ends}.{forged}.{seal}") is Verdict.LOGIN


@pytest.mark.parametrize(
    "shown", ["", "x", "9999999999.", "9999999999.all.", "9999999999.all.deadbeef", "9" * 30 + ".x", "²².x", "é.é"]
)
def test_a_made_up_pass_opens_nothing(shown: str) -> None:
    assert shows(LOCKED, shown) is Verdict.LOGIN


def test_another_token_ends_the_passes_of_the_token() -> None:
    everything, own = LOCKED.pass_for(None, NOW), LOCKED.pass_for(OWNER, NOW)
    assert shows(gate("another"), everything) is Verdict.LOGIN
    assert shows(gate("another"), own) == Visitor(OWNER, passed=True)


def test_another_rule_about_keys_ends_the_passes_of_keys() -> None:
    own = gate("letmein", keys=("one", "two")).pass_for(OWNER, NOW)
    for at in (gate("letmein", keys=("one",)), gate("letmein", owners="one", keys=("one", "two"))):
        assert shows(at, own) is Verdict.LOGIN


def test_a_form_of_ours_is_taken() -> None:
    mark = OPEN.mark("visit")
    assert OPEN.takes("visit", mark, named("localhost:8383", (b"origin", b"http://localhost:8383")))
    assert OPEN.takes("visit", mark, named("localhost:8383", (b"sec-fetch-site", b"same-origin")))
    assert OPEN.takes("visit", mark, named("localhost:8383"))


@pytest.mark.parametrize(
    ("visit", "mark", "header"),
    [
        ("", OPEN.mark(""), (b"", b"")),
        ("visit", "", (b"", b"")),
        ("visit", OPEN.mark("another"), (b"", b"")),
        ("visit", "é", (b"", b"")),
        ("visit", OPEN.mark("visit"), (b"origin", b"http://evil.example")),
        ("visit", OPEN.mark("visit"), (b"origin", b"null")),
        ("visit", OPEN.mark("visit"), (b"sec-fetch-site", b"cross-site")),
    ],
)
def test_any_other_form_is_not(visit: str, mark: str, header: tuple[bytes, bytes]) -> None:
    assert not OPEN.takes(visit, mark, named("localhost:8383", header))
