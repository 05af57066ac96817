"""Where a request comes from, as far as its headers and its connection tell. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

FORWARDED = (b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded")


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def is_local(values: Mapping[bytes, bytes], peer: str) -> bool:
    """Whether a caller is on this machine. A page of another site may have its name point here; another proxy makes
    every caller look local."""
    local = (not peer or is_loopback(peer)) and is_loopback(_host(values.get(b"host", b"")))
    return local and not any(name in values for name in FORWARDED)


def is_of_this_site(values: Mapping[bytes, bytes]) -> bool:
    """Whether what a browser sends comes from a page of this server, as far as it says."""
    origin = values.get(b"origin")
    same = origin is None or origin.partition(b"://")[2].lower() == values.get(b"host", b"").lower()
    return same and values.get(b"sec-fetch-site", b"same-origin") in (b"same-origin", b"none")


def is_of_another_machine(values: Mapping[bytes, bytes]) -> bool:
    """Whether a page from elsewhere sends it, wherever the connection is from: by its own place, or by the name
    that it gave to this machine."""
    origin = values.get(b"origin")
    foreign = origin is not None and not is_loopback(_host(origin.partition(b"://")[2]))
    return foreign or values.get(b"sec-fetch-site") == b"cross-site" or not is_loopback(_host(values.get(b"host", b"")))


def _host(value: bytes) -> str:
    try:
        return urlsplit("//" + value.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
