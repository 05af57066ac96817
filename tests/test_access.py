"""Who is let in, and that owners are told apart by their keys."""

from __future__ import annotations

import pytest

from proxy.access import KNOWN, Access
from proxy.errors import Forbidden, Unauthorized
from proxy.headers import Headers
from proxy.preferences import NO_PREFERENCE, Preference


def access(*keys: str, require_key: bool = False, owners: str = "key") -> Access:
    return Access(secret=b"s" * 32, owners=owners, require_key=require_key, keys=keys)


def bearer(key: str) -> Headers:
    return [(b"authorization", b"Bearer " + key.encode())]


def test_without_settings_everybody_is_let_in() -> None:
    assert len(access().owner([])) == 16


def test_each_key_is_an_owner_of_its_own() -> None:
    owners = {access().owner(headers) for headers in ([], bearer("sk-a"), bearer("sk-b"))}
    assert len(owners) == 3


def test_on_a_machine_of_one_persons_all_keys_are_one_owner() -> None:
    assert access(owners="one").owner(bearer("sk-a")) == access(owners="one").owner([])


def test_an_alias_is_the_owner_that_it_is_taken_for() -> None:
    old, new = (access().owner(bearer(key)) for key in ("sk-old", "sk-new"))
    joined = Access(b"s" * 32, "key", require_key=False, keys=(), aliases={new: old})
    assert joined.owner(bearer("sk-new")) == joined.holder("sk-old") == old


def test_a_caller_without_a_key_is_refused_where_one_is_required() -> None:
    with pytest.raises(Unauthorized, match="Bearer KEY") as caught:
        access(require_key=True).owner([])
    assert (caught.value.status, caught.value.code) == (401, "key_required")


def test_any_key_will_do_where_none_are_listed() -> None:
    assert access(require_key=True).owner(bearer("sk-a")) == access().owner(bearer("sk-a"))


def test_a_list_of_keys_alone_requires_one() -> None:
    with pytest.raises(Unauthorized):
        access("sk-a").owner([])


def test_a_key_that_is_not_listed_is_refused() -> None:
    with pytest.raises(Unauthorized, match=r"access\.keys") as caught:
        access("sk-a", "sk-b").owner(bearer("sk-c"))
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize("name", [b"api-key", b"x-api-key"])
def test_a_listed_key_is_let_in_wherever_it_stands(name: bytes) -> None:
    assert access("sk-a", "sk-b").owner([(name, b"sk-b")]) == access().owner(bearer("sk-b"))


def test_a_key_that_is_no_ascii_is_refused_like_any_other() -> None:
    with pytest.raises(Unauthorized):
        access("sk-a").owner([(b"authorization", "Bearer schlüssel".encode())])


def test_a_refusal_does_not_repeat_the_key() -> None:
    with pytest.raises(Unauthorized) as caught:
        access("sk-a").owner(bearer("sk-secret"))
    assert b"sk-secret" not in caught.value.body()


def test_an_owner_is_the_same_each_time() -> None:
    found = access()
    assert found.owner(bearer("sk-a")) == found.owner([(b"accept", b"*/*"), *bearer("sk-a")])


def test_only_so_many_owners_are_remembered() -> None:
    found = access()
    first = found.owner(bearer("0"))
    for number in range(KNOWN + 1):
        found.owner(bearer(str(number)))
    assert len(found.known) <= KNOWN
    assert found.owner(bearer("0")) == first


def test_what_is_set_for_a_key_is_its_caller_s() -> None:
    access = Access(b"s" * 32, "one", require_key=False, keys=(), prefers={"sk-1": Preference("on", 500)})
    assert access.preference(((b"authorization", b"Bearer sk-1"),)) == Preference("on", 500)
    assert access.preference(((b"x-api-key", b"sk-2"),)) == NO_PREFERENCE
    assert access.preference(()) == NO_PREFERENCE
    assert Access(b"s" * 32, "one", require_key=False, keys=()).preference(()) == NO_PREFERENCE


def test_a_page_from_elsewhere_is_lent_no_key_of_a_provider() -> None:
    mine = Access(b"s" * 32, "key", require_key=False, keys=(), is_local=True)
    page = [(b"host", b"127.0.0.1:8383"), (b"origin", b"http://evil.example")]
    with pytest.raises(Forbidden) as caught:
        mine.check_origin(page, lends=True)
    assert caught.value.code == "cross_site"
    mine.check_origin(page, lends=False)
    mine.check_origin([*page, *bearer("sk-own")], lends=True)
    mine.check_origin(page[:1], lends=True)
    access().check_origin(page, lends=True)


def test_a_long_key_is_not_remembered() -> None:
    one = access()
    assert one.owner(bearer("k" * 5000)) == one.owner(bearer("k" * 5000))
    assert not one.known
