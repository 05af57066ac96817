"""Who gets in: keys, the admin token, local callers; browsers and forged tokens don't."""

import json
from base64 import urlsafe_b64encode

import pytest

from proxy.access import Access
from proxy.api.gate import Caller, Gate
from proxy.errors import Forbidden, Unauthorized
from proxy.identity import owner_of

SECRET = b"s" * 32
LOCAL = (b"host", b"127.0.0.1:8383")


def gate(admin: str = "", host: str = "127.0.0.1", owners: str = "key", keys: tuple[str, ...] = ()) -> Gate:
    return Gate(Access(SECRET, owners, require_key=False, keys=keys), admin, host)


def bearer(key: str) -> tuple[bytes, bytes]:
    return b"authorization", f"Bearer {key}".encode()


def owner(key: str) -> bytes:
    return owner_of((bearer(key),), SECRET, "key")


def jwt(subject: str) -> str:
    parts = [{"alg": "none"}, {"iss": "someone", "sub": subject}]
    return ".".join([*(urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts), "x"])


def enters(at: Gate, *headers: tuple[bytes, bytes], method: str = "GET", peer: str = "127.0.0.1") -> Caller:
    return at.caller(method, [LOCAL, *headers], peer)


def test_a_key_opens_what_was_recorded_under_it() -> None:
    for at in (gate(), gate("admin"), gate(host="0.0.0.0"), gate(keys=("k",))):  # noqa: S104
        assert enters(at, bearer("k")) == Caller(owner("k"), owner("k"))


def test_the_admin_token_opens_everything() -> None:
    anonymous = owner_of((), SECRET, "key")
    assert enters(gate("admin"), bearer("admin")) == Caller(None, anonymous)
    assert enters(gate("admin", host="0.0.0.0"), bearer("admin")).sees is None  # noqa: S104


def test_local_callers_see_everything_where_there_is_no_admin_token() -> None:
    assert enters(gate()).sees is None
    assert enters(gate(owners="one"), bearer("k")).sees is None
    with pytest.raises(Unauthorized):
        enters(gate("admin"))
    with pytest.raises(Unauthorized):
        enters(gate(host="0.0.0.0"))  # noqa: S104


@pytest.mark.parametrize("at", [gate("admin"), gate(host="0.0.0.0")])  # noqa: S104
def test_a_token_that_tells_its_own_owner_opens_nothing(at: Gate) -> None:
    with pytest.raises(Unauthorized):
        enters(at, bearer(jwt("victim")))


def test_where_all_is_one_owners_or_keys_are_listed_only_a_known_key_opens() -> None:
    for at in (gate("admin", owners="one"), gate("admin", keys=("k",))):
        with pytest.raises(Unauthorized):
            enters(at, bearer("guessed"))
    assert enters(gate("admin", owners="one", keys=("k",)), bearer("k")).sees == owner_of((), SECRET, "one")
    with pytest.raises(Unauthorized):
        enters(gate("admin", keys=(jwt("me"),)), bearer(jwt("me")))


@pytest.mark.parametrize("name", [b"evil.example", b"", b"127.0.0.1.evil.example", b"[", b"192.168.0.1:8383"])
def test_a_name_that_is_not_this_machines_is_not_local(name: bytes) -> None:
    with pytest.raises(Forbidden):
        gate().caller("GET", [(b"host", name)], "127.0.0.1")


@pytest.mark.parametrize("name", [b"localhost", b"LOCALHOST.:80", b"[::1]:8383", b"127.9.9.9"])
def test_names_of_this_machine_are_local(name: bytes) -> None:
    assert gate().caller("GET", [(b"host", name)], "").sees is None


def test_what_another_proxy_brings_is_not_local() -> None:
    with pytest.raises(Forbidden):
        enters(gate(), (b"x-forwarded-for", b"203.0.113.5"))
    with pytest.raises(Forbidden):
        enters(gate(), peer="203.0.113.5")


def test_a_page_of_another_site_changes_nothing() -> None:
    for header in ((b"origin", b"https://evil.example"), (b"origin", b"null"), (b"sec-fetch-site", b"cross-site")):
        with pytest.raises(Forbidden):
            enters(gate("admin"), header, bearer("admin"), method="POST")
        assert enters(gate("admin"), header, bearer("admin")).sees is None
    assert enters(gate(), (b"origin", b"http://127.0.0.1:8383"), method="DELETE").sees is None
