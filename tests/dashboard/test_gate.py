"""Who may look at the pages, and whose form is taken."""

import pytest

from proxy.dashboard.gate import LASTS_SECONDS, PASS, Gate, Verdict, is_loopback, is_own_name

NOW = 1_700_000_000_000_000
OPEN = Gate(b"k" * 32)
LOCKED = Gate(b"k" * 32, "letmein")


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:8383", "127.0.0.1:1", "[::1]:8383", "steno.localhost", "LOCALHOST"])
def test_this_machine_may_look_under_its_own_names(client: str, host: str) -> None:
    assert OPEN.verdict(client, host, {}, NOW) is Verdict.OPEN


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example", "127.0.0.1.evil.example", "[::1"])
def test_a_strange_name_is_shut_out_even_on_this_machine(host: str) -> None:
    assert OPEN.verdict("127.0.0.1", host, {}, NOW) is Verdict.SHUT


@pytest.mark.parametrize("client", ["10.0.0.7", "", "localhost", "fe80::1%eth0"])
def test_other_machines_are_shut_out_without_a_token(client: str) -> None:
    assert OPEN.verdict(client, "localhost", {}, NOW) is Verdict.SHUT


def test_a_pass_opens_from_anywhere_until_it_ends() -> None:
    shown = LOCKED.pass_for("letmein", NOW)
    assert shown is not None
    assert LOCKED.verdict("10.0.0.7", "steno.example", {PASS: shown}, NOW) is Verdict.OPEN
    later = NOW + (LASTS_SECONDS + 1) * 1_000_000
    assert LOCKED.verdict("10.0.0.7", "steno.example", {PASS: shown}, later) is Verdict.LOGIN


@pytest.mark.parametrize("shown", ["", "x", "9999999999.", "9999999999.deadbeef", "9" * 30 + ".x", "²².x", "é.é"])
def test_a_made_up_pass_opens_nothing(shown: str) -> None:
    assert LOCKED.verdict("127.0.0.1", "localhost", {PASS: shown}, NOW) is Verdict.LOGIN


def test_another_token_ends_all_passes() -> None:
    shown = LOCKED.pass_for("letmein", NOW) or ""
    assert Gate(b"k" * 32, "another").verdict("127.0.0.1", "localhost", {PASS: shown}, NOW) is Verdict.LOGIN


@pytest.mark.parametrize("token", ["", "letmei", "é"])
def test_a_wrong_token_gives_no_pass(token: str) -> None:
    assert LOCKED.pass_for(token, NOW) is None


def test_without_a_token_there_are_no_passes() -> None:
    assert OPEN.pass_for("", NOW) is None


def test_a_form_of_ours_is_taken() -> None:
    mark = OPEN.mark("visit")
    assert OPEN.takes("visit", mark, "http://localhost:8383", "localhost:8383")
    assert OPEN.takes("visit", mark, "", "localhost:8383")


@pytest.mark.parametrize(
    ("visit", "mark", "origin"),
    [
        ("", OPEN.mark(""), ""),
        ("visit", "", ""),
        ("visit", OPEN.mark("another"), ""),
        ("visit", "é", ""),
        ("visit", OPEN.mark("visit"), "http://evil.example"),
        ("visit", OPEN.mark("visit"), "null"),
    ],
)
def test_any_other_form_is_not(visit: str, mark: str, origin: str) -> None:
    assert not OPEN.takes(visit, mark, origin, "localhost:8383")


def test_names_are_told_from_addresses() -> None:
    assert not is_loopback("localhost")
    assert is_own_name("localhost")
