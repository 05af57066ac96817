import re

from proxy.api.manual import page
from proxy.api.openapi import document
from proxy.api.routes import ENDPOINTS


def test_the_page_names_every_call_and_needs_nothing_from_elsewhere() -> None:
    described = document(ENDPOINTS, "<1>")
    html = page(described)
    for path in described["paths"]:
        assert f"<code>{path}</code>" in html
    assert "Steno &lt;1&gt;" in html
    assert "<script" not in html
    assert re.findall(r"(?:href|src)=\"(?!#|/api/)", html) == []


def test_links_lead_to_what_is_on_the_page() -> None:
    html = page(document(ENDPOINTS, "1"))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
