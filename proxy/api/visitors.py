"""Who reads what was recorded: a caller on this machine all of it, a caller with a key what that key's owner sent."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from proxy.access import Access
from proxy.errors import Unauthorized
from proxy.identity import caller_key

FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-real-ip"})


def visiting(access: Access) -> Callable[[Request], bytes | None]:
    """Whose data a request may see: None is everybody's. Raises ``Unauthorized``."""

    def authorised(request: Request) -> bytes | None:
        if is_local(request):
            return None
        headers = request.scope["headers"]
        if caller_key(headers) is None:
            message = (
                "From another machine this needs the API key whose conversations are asked for, as a bearer token."
            )
            raise Unauthorized(message)
        return access.owner(tuple(headers))

    return authorised


def is_local(request: Request) -> bool:
    """Whether the caller is on this machine and knows it: a page in a browser may use any name for it but this."""
    if request.client is None or FORWARDED & set(request.headers.keys()):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return _is_loopback(request.client.host) and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
