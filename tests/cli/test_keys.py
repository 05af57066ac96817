"""The owners as a person sees and joins them."""

from __future__ import annotations

from pathlib import Path

from proxy.identity import owner_of
from storage.opening import open_store
from tests.cli.commands import steno
from tests.cli.recordings import OWNER, forked, record


async def test_owners_are_listed_with_what_they_have(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    (row,) = (await steno("keys", "--json", "--store", url)).json
    assert (row["owner"], row["sessions"], row["exchanges"], row["aliases"]) == (OWNER.hex(), 1, 3, [])
    assert OWNER.hex() in (await steno("keys", "--store", url)).out


async def test_a_rotated_key_is_the_same_owners(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("keys", "alias", "sk-old", OWNER.hex(), "--json", "--store", url)
    store = await open_store(url)
    old = owner_of(((b"authorization", b"Bearer sk-old"),), await store.secret(), "key")
    assert ran.json == {"owner": old.hex(), "exchanges_moved": 3}
    assert await store.owners.aliases() == {OWNER: old}
    assert [row.owner for row in await store.sessions(old)] == [old]
    await store.close()
    told = (await steno("keys", "alias", "sk-old", "sk-new", "--store", url)).out
    assert "0 exchanges moved" in told
    (row,) = (await steno("keys", "--json", "--store", url)).json
    assert (row["owner"], len(row["aliases"])) == (old.hex(), 2)


async def test_one_owner_can_not_be_joined_with_itself(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("keys", "alias", "sk-a", "sk-a", "--store", url)
    assert (ran.code, ran.err) == (1, "steno: Both are the same owner's already.\n")


async def test_two_keys_are_needed_to_join_them(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    ran = await steno("keys", "alias", "sk-a", "--store", url)
    assert (ran.code, ran.err) == (1, "steno: Two keys are needed: steno keys alias OLD NEW.\n")
