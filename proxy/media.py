"""Images, sounds and files: taken out of the messages of a record, to be kept once, by hash. Pure.

Only what is new in a history gets here: nothing of it is decoded or hashed again when it comes along with a next turn.
"""

from __future__ import annotations

import re
from operator import is_

from msgspec.structs import replace

from proxy.chain import Chained, Linked
from proxy.images import image_size
from proxy.messages import Message, Part, Role
from storage.holes import Content, cut
from storage.records import Blob, Closed

KIND = "media"
_FAMILIES = frozenset({"image", "audio", "video"})
_ODD = re.compile(r"[^A-Za-z0-9/_.+-]")
_WORD = 40
_HEAD = 262_144
_HASH = slice(len("sha256:"), len("sha256:") + 32)


def lifted(chained: Chained, limit: int) -> Chained:
    """The history with holes for the content of its new messages, which is beside it; beyond ``limit`` it is gone."""
    media: dict[bytes, Blob] = {}
    links = tuple(_lifted(linked, limit, media) for linked in chained.links)
    if all(map(is_, links, chained.links)):
        return chained
    return replace(chained, links=links, media=tuple(media.values()))


def _lifted(linked: Linked, limit: int, media: dict[bytes, Blob]) -> Linked:
    if linked.message.role is Role.SYSTEM:  # its text is kept by itself already
        return linked
    raw, message = _without(linked.raw, linked.message, limit, media)
    return linked if message is linked.message else replace(linked, raw=raw, message=message)


def lifted_reply(record: Closed, messages: tuple[Message, ...], limit: int) -> tuple[Closed, tuple[Message, ...]]:
    """The record of a reply, and its messages, in the same way."""
    if not any(_holds(link.body, message) for link, message in zip(record.replies, messages, strict=True)):
        return record, messages
    media: dict[bytes, Blob] = {}
    lifted = [
        _without(link.body, message, limit, media) for link, message in zip(record.replies, messages, strict=True)
    ]
    links = tuple(replace(link, body=body) for link, (body, _) in zip(record.replies, lifted, strict=True))
    record = replace(record, replies=links, blobs=tuple(media.values()))
    return record, tuple(message for _, message in lifted)


def _holds(raw: bytes, message: Message) -> bool:
    """Whether there is anything to take out of a message."""
    return b"\0" in raw or any(part.data for part in message.parts)


def _without(raw: bytes, message: Message, limit: int, media: dict[bytes, Blob]) -> tuple[bytes, Message]:
    if not _holds(raw, message):
        return raw, message
    body, found = cut(raw, [_content(part, limit) for part in message.parts if part.data])
    media.update((one.hash, Blob(one.hash, KIND, one.data)) for one in found if one.kept)
    return body, replace(message, parts=tuple(replace(part, data=b"") for part in message.parts))


def _content(part: Part, limit: int) -> Content:
    kept = len(part.data) <= limit
    return Content(bytes.fromhex(part.key[_HASH]), part.data, described(part), kept=kept)


def described(part: Part) -> str:
    """What a part is, in words: ``image 640x480 png``."""
    family, _, form = _ODD.sub("", part.media_type).rpartition("/")
    if family not in _FAMILIES:
        family = _ODD.sub("", part.kind).removeprefix("input_").removesuffix("_url")
    size = image_size(part.data[:_HEAD])
    words = (family, f"{size[0]}x{size[1]}" if size else "", form)
    return " ".join(word[:_WORD] for word in words if word)
