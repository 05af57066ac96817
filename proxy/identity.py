"""Who calls, and which session they name: the owner from the key, hints from headers and body.

Knows header names and the identifiers that a dialect found in a body; reads no body and no store. Tokens are decoded,
never verified: that is the upstream's business. Keys leave this module only as keyed hashes, or to be compared.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

import msgspec

from proxy.errors import BadRequest

Headers = Iterable[tuple[bytes, bytes]]

MAX_BYTES: Final = 256
_KEYS: Final = frozenset({"authorization", "api-key", "x-api-key"})
# What a terminal, a log or the store would stumble over.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CLAUDE_SESSION: Final = re.compile(r'"session_id" ?: ?"([^"\\]+)"|^user_\w*_session_([0-9a-fA-F-]{36})$')
META: Final = "x-session-meta-"
# Headers of Steno's own that stay here (with the meta ones); x-session-id goes on, since others read it too.
FORWARDED_OUT: Final[frozenset[bytes]] = frozenset(
    {
        b"x-session-parent",
        b"x-session-title",
        b"x-session-tags",
        b"x-session-record",
        b"x-session-context",
        b"x-session-token-threshold",
    }
)
_OWN: Final = frozenset({"x-session-id"} | {name.decode() for name in FORWARDED_OUT})


@dataclass(frozen=True, slots=True)
class ClientHeader:
    """How one client or gateway names its sessions.

    ``part`` holds the id of something inside the session (an agent, a thread), which becomes a session of its own,
    ``NAME/PART``, below the one that ``part_of`` names, or else below the session itself.
    """

    session: str
    part: str = ""
    part_of: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()


# The order is the precedence.
KNOWN_HEADERS: Final = (
    ClientHeader("x-claude-code-session-id", part="x-claude-code-agent-id", part_of="x-claude-code-parent-agent-id"),
    ClientHeader("session-id", part="thread-id"),  # Codex; an agent that it starts has a thread of its own
    ClientHeader("session_id", part="thread-id"),
    ClientHeader("thread-id"),
    ClientHeader("conversation_id"),
    ClientHeader("x-session-affinity"),  # opencode
    ClientHeader("helicone-session-id", title="helicone-session-name", notes=("helicone-session-path",)),
    ClientHeader("x-litellm-session-id"),
    ClientHeader("x-bf-session-id"),
)
PARENT_HEADER: Final = "x-parent-session-id"
PERSON_FIELD: Final = "metadata.user_id"  # a person's, but Claude Code puts its session into it
CODEX_FIELD: Final = "prompt_cache_key"  # elsewhere it is shared by many conversations
BODY_FIELDS: Final = (PERSON_FIELD, "session_id", "litellm_session_id", "conversation")
WEAK_HEADERS: Final = ("x-litellm-trace-id", "x-portkey-trace-id")  # they may name a single request
_CLIENTS: Final = frozenset(
    {PARENT_HEADER, *WEAK_HEADERS}
    | {
        name
        for known in KNOWN_HEADERS
        for name in (known.session, known.part, known.part_of, known.title, *known.notes)
    }
)


class Hints(msgspec.Struct, frozen=True):
    """What a request says of its session. ``weak`` counts only where history finds nothing."""

    name: str | None = None
    source: Literal["header", "client"] | None = None
    parent: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    meta: dict[str, str] = msgspec.field(default_factory=dict)
    record: bool = True
    weak: str | None = None
    context: Literal["full", "compact"] | None = None
    """What to forward, whatever is set: all of it, or what fits into ``threshold`` tokens (0: the set one)."""
    threshold: int = 0


NO_HINTS: Final = Hints()
_HINTING: Final = frozenset(name.encode() for name in _CLIENTS)


def _may_hint(headers: Headers) -> bool:
    """Whether any of them says something of a session; most requests' don't."""
    names = {name.lower() for name, _ in headers}
    return not names.isdisjoint(_HINTING) or b" x-session-" in b" ".join((b"", *names))


def caller_key(headers: Headers) -> str | None:
    """The API key that the request carries, wherever it stands."""
    found = _key_texts(headers)
    authorization = found.get("authorization", "")
    scheme, _, token = authorization.partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    # Another scheme than Bearer is no API key, but still tells callers apart.
    other = authorization if scheme.lower() != "bearer" else ""
    return bearer or found.get("api-key") or found.get("x-api-key") or other or None


def owner_of(headers: Headers, secret: bytes, mode: str) -> bytes:
    """The owner's 16 bytes, keyed with ``secret`` (at most 64 bytes); ``mode`` is the setting ``access.owners``."""
    return owner_of_key(caller_key(headers), secret, mode)


def owner_of_key(key: str | None, secret: bytes, mode: str) -> bytes:
    """The same of a caller with that key, or with none."""
    if mode == "one":
        return _keyed(secret, b"one", "")
    if key is None:
        return _keyed(secret, b"anonymous", "")
    subject = _jwt_subject(key)
    return _keyed(secret, b"key", key) if subject is None else _keyed(secret, b"jwt", subject)


def is_claimed(key: str) -> bool:
    """Whether a key's owner is what it says of itself, which nobody has verified here."""
    return _jwt_subject(key) is not None


def stays_here(name: bytes) -> bool:
    """Whether a request header (in lower case) is for Steno alone and doesn't go upstream."""
    return name in FORWARDED_OUT or name.startswith(META.encode())


def hints_of(headers: Headers, body_ids: Mapping[str, str], path_name: str | None, user_agent: str | None) -> Hints:
    """Read the session that a request names, by Steno's own means first, then by those of known clients."""
    headers = list(headers)
    if not body_ids and path_name is None and not _may_hint(headers):
        return NO_HINTS
    pairs = [(name.lower().decode("latin-1"), value.strip()) for name, value in headers]
    own = _own_texts(pairs)
    others = _client_texts(pairs)
    person = body_ids.get(PERSON_FIELD, "")
    ids = {key: value for key, value in {**body_ids, PERSON_FIELD: _claude_session(person)}.items() if _says(value)}
    named = _path_name(path_name) or own.get("x-session-id") or ids.get("metadata.session_id")
    client = _client_hints(others, ids, user_agent or "")
    name = named or client.name
    parent = own.get("x-session-parent") or others.get(PARENT_HEADER) or (None if named else client.parent)
    return Hints(
        name=name,
        source="header" if named else client.source,
        parent=None if parent == name else parent,
        title=own.get("x-session-title") or client.title,
        tags=_tags(pairs),
        meta=client.meta | {key.removeprefix(META): own[key] for key in own if key.startswith(META)},
        record=_record(own),
        weak=next((others[header] for header in WEAK_HEADERS if header in others), None),
        context=_context(own),
        threshold=_threshold(own),
    )


def _client_hints(others: Mapping[str, str], ids: Mapping[str, str], user_agent: str) -> Hints:
    for known in KNOWN_HEADERS:
        if known.session in others:
            return _known_hints(known, others)
    fields = (*BODY_FIELDS, CODEX_FIELD) if user_agent.lower().startswith("codex") else BODY_FIELDS
    name = next((ids[key] for key in fields if key in ids), None)
    return Hints(name=name, source="client" if name else None)


def _known_hints(known: ClientHeader, others: Mapping[str, str]) -> Hints:
    session = others[known.session]
    part, part_of = others.get(known.part), others.get(known.part_of)
    has_part = part is not None and part != session
    return Hints(
        name=f"{session}/{part}" if has_part else session,
        source="client",
        parent=(f"{session}/{part_of}" if part_of else session) if has_part else None,
        title=others.get(known.title),
        meta={note: others[note] for note in known.notes if note in others},
    )


def _own_texts(pairs: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Steno's own headers that say something; the first of each name counts, a malformed one is refused."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in _OWN and not name.startswith(META):
            continue
        if not _is_fair(_text(value), len(value)):
            raise _malformed(name)
        if value and name != META:
            found.setdefault(name, _text(value))
    return found


def _client_texts(pairs: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """The known headers of other clients; a malformed one is passed over."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in _CLIENTS and value and _is_fair(_text(value), len(value)):
            found.setdefault(name, _text(value))
    return found


def _tags(pairs: Iterable[tuple[str, bytes]]) -> tuple[str, ...]:
    listed = (tag.strip() for name, value in pairs if name == "x-session-tags" for tag in _text(value).split(","))
    return tuple(dict.fromkeys(tag for tag in listed if tag))


def _record(own: Mapping[str, str]) -> bool:
    value = own.get("x-session-record", "on").lower()
    if value not in {"on", "off"}:
        message = "The header x-session-record must be on or off."
        raise BadRequest(message, code="bad_header", param="x-session-record")
    return value == "on"


def _context(own: Mapping[str, str]) -> Literal["full", "compact"] | None:
    match own.get("x-session-context", "").lower():
        case "":
            return None
        case "full":
            return "full"
        case "compact":
            return "compact"
    message = "The header x-session-context must be full or compact."
    raise BadRequest(message, code="bad_header", param="x-session-context")


def _threshold(own: Mapping[str, str]) -> int:
    text = own.get("x-session-token-threshold", "")
    if not text:
        return 0
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        message = "The header x-session-token-threshold must be a number of tokens."
        raise BadRequest(message, code="bad_header", param="x-session-token-threshold")
    return int(text)


def _path_name(path_name: str | None) -> str | None:
    if path_name and not _is_fair(path_name, _size(path_name)):
        raise _malformed(name="/s/NAME")
    return path_name or None


def _malformed(name: str) -> BadRequest:
    message = f"{name} must be at most {MAX_BYTES} bytes of text without control characters."
    return BadRequest(message, code="bad_header", param=name)


def _says(text: str) -> bool:
    return bool(text) and _is_fair(text, _size(text))


def _claude_session(person: str) -> str:
    """The session in Claude Code's ``metadata.user_id``: a member of the JSON in it, formerly the end of the text."""
    told = _CLAUDE_SESSION.search(person)
    return told[1] or told[2] if told else ""


def _is_fair(text: str, size: int) -> bool:
    return size <= MAX_BYTES and not _CONTROLS.search(text)


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _key_texts(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, value in headers:
        name = raw_name.lower().decode("latin-1")
        if name in _KEYS and value.strip():
            found.setdefault(name, _text(value.strip()))
    return found


def _keyed(secret: bytes, kind: bytes, text: str) -> bytes:
    return blake2b(text.encode(), key=secret, digest_size=16, person=kind).digest()


def _jwt_subject(token: str) -> str | None:
    """Issuer and subject of a JWT, which stay when the token is renewed; of anything else ``None``."""
    match token.split("."):
        case [head, body, _] if _claims(head).get("alg"):
            claims = _claims(body)
            issuer, subject = claims.get("iss"), claims.get("sub")
            if isinstance(issuer, str) and isinstance(subject, str) and issuer and subject:
                return json.dumps([issuer, subject])
    return None


def _claims(part: str) -> dict[str, object]:
    try:
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
