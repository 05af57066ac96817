from pathlib import Path

import pytest

from proxy.cli.options import opened, settings_of
from proxy.errors import SettingsError
from storage.ports import StoreError
from tests.cli.recordings import forked, record


def configured(folder: Path) -> Path:
    config = folder / "settings.toml"
    config.write_text('[store]\nurl = "sqlite:////from/the/file.db"\n[server]\nport = 9000\n')
    return config


def test_the_store_of_the_settings_is_read(tmp_path: Path) -> None:
    settings = settings_of(configured(tmp_path), None)
    assert (settings.store.url, settings.server.port) == ("sqlite:////from/the/file.db", 9000)


def test_a_store_that_is_named_wins_over_the_settings(tmp_path: Path) -> None:
    settings = settings_of(configured(tmp_path), "sqlite:////another.db")
    assert (settings.store.url, settings.server.port) == ("sqlite:////another.db", 9000)


def test_settings_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        settings_of(tmp_path / "missing.toml", None)


async def test_a_store_is_opened_to_be_read_only(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    async with opened(settings_of(None, url)) as store:
        assert [row.name for row in await store.sessions()] == ["whales"]
        with pytest.raises(StoreError):
            await store.write(forked())


async def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "steno.db"
    with pytest.raises(StoreError):
        async with opened(settings_of(None, f"sqlite:///{path}")):
            raise AssertionError
    assert not path.exists()


async def test_a_store_is_closed_however_its_use_ends(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    with pytest.raises(ZeroDivisionError):
        async with opened(settings_of(None, url)) as store:
            raise ZeroDivisionError
    with pytest.raises(StoreError):
        await store.sessions()
