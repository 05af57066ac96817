"""The reflection as a person asks for it."""

from pathlib import Path

from tests.cli.commands import steno
from tests.cli.recordings import called, forked, record


async def test_the_latest_requests_are_reflected_on_in_markdown_and_json(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    page = (await steno("reflect", "--store", url)).out
    assert page.startswith("# Reflection\n\nOver 5 requests.")
    assert "- 1 \u00d7 rate\\_limit: Slow down." in page
    shape = (await steno("reflect", "--json", "--limit", "3", "--store", url)).json
    assert (shape["entries"], shape["low_confidence"]["threshold"]) == (3, 0.5)
    assert [each["name"] for each in shape["tools"]] == ["get_weather"]
    assert (await steno("reflect", "--json", "--since", "2027-01-01", "--store", url)).json["entries"] == 0


async def test_the_threshold_is_a_setting(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    environ = {"STENO_REFLECTION__CONFIDENCE_THRESHOLD": "0.8"}
    shape = (await steno("reflect", "--json", "--store", url, **environ)).json
    assert shape["low_confidence"]["threshold"] == 0.8
