"""Sessions with something of every kind, each with a word in it that stands nowhere else; and where words still are."""

from __future__ import annotations

import json
import subprocess
import zlib
from base64 import b32encode, b64encode
from pathlib import Path
from typing import cast

import msgspec

from storage.holes import Content, cut
from storage.packing import pack_residue
from storage.records import (
    Attempt,
    Blob,
    Call,
    Checkpointed,
    Closed,
    ClosingRecord,
    NewSession,
    Opened,
    Planned,
    Posted,
    Prompt,
    Record,
    SegmentRecord,
)
from storage.sqlite.closings import packed_plan
from tests.storage.samples import SECOND, blob, closed, digest, dumped, link, opened, uid


def word_of(kind: str, number: int) -> str:
    """A word of a kind of content, in one session alone."""
    letters = b32encode(digest(kind.encode(), str(number).encode())).decode().lower()
    return kind + "".join(letter for letter in letters if letter.isalpha())[:16]


CONTENT = """
    title tag meta name model agent path system tools message toolname arguments image answer answered residue raw error
    errorbody errortype attempt asked said plan text segment closing post postname rationale postargs postresult piece
"""
KINDS = tuple(CONTENT.split())


def kept_of(number: int) -> set[bytes]:
    """What a store keeps of all words of a session, as it does: most as they are."""
    words = {kind: word_of(kind, number).encode() for kind in KINDS}
    plan: bytes = cast("bytes", packed_plan(_planned(number))[2])
    packed = {"piece": zlib.compress(words["piece"], 1), "plan": plan}
    return set((words | packed).values())


def secretive(number: int) -> list[Record]:
    """A session's records."""
    words = {kind: word_of(kind, number) for kind in KINDS}
    asked, answered = _turn(number, words)
    return [
        asked,
        answered,
        *_failure(number, words, answered.replies[0].digest),
        Posted(
            uid(number + 5),
            uid(number),
            SECOND,
            "decision",
            "assistant",
            words["post"],
            words["postname"],
            words["rationale"],
            json.dumps({"a": words["postargs"]}),
            json.dumps(words["postresult"]),
        ),
    ]


def _turn(number: int, words: dict[str, str]) -> tuple[Opened, Closed]:
    image = words["image"].encode() * 3
    raw = dumped("user", words["message"], image=b64encode(image).decode())
    body, _ = cut(raw, [Content(digest(image), image, "image")])
    system, tools = blob("system", words["system"].encode()), blob("tools", words["tools"].encode())
    shared = {one.hash: one.data for one in (system, tools)}
    residue = blob("residue", pack_residue(b'{"messages":[', tools.data + words["residue"].encode(), shared))
    said = link("user", f"{words['message']} and more", body=body)
    told = msgspec.structs.replace(
        said, role="system", digest=b"", lone=b"", parent=b"", body=system.data, blob=system.hash
    )
    asked = opened(
        number,
        (told, said),
        new=NewSession(words["name"], None, words["title"], (words["tag"],), {"k": words["meta"]}),
        model=words["model"],
        user_agent=f"{words['agent']}/1.0",
        path=f"/v1/{words['path']}",
        blobs=(residue, tools, system, Blob(digest(image), "media", image)),
        residue=residue.hash,
        tools=tools.hash,
        system=system.hash,
        prompt=Prompt(digest(b"list", str(number).encode())),
        asked=words["asked"],
    )
    answer = link("assistant", words["answer"], said.digest)
    replied = closed(
        number,
        (answer,),
        model=words["answered"],
        raw=blob("raw", words["raw"].encode()),
        calls=(Call("call", words["toolname"], json.dumps(words["arguments"]), answer.digest),),
        said=(words["said"],),
        landmarks=(digest(answer.digest),),
        planned=_planned(number, answer.digest),
    )
    return asked, replied


def _planned(number: int, digest: bytes = b"") -> Planned:
    words = {kind: word_of(kind, number) for kind in ("segment", "closing", "plan", "text")}
    hash, said = blob("segment", words["segment"].encode()).hash, words["segment"]
    segment = SegmentRecord(hash, digest, b"", 0, 2, 0, 9, said, "extractive", said.encode())
    closing = ClosingRecord(digest, 100, words["closing"].encode(), (segment,))
    return Planned(9, 4, words["plan"].encode(), (blob("text", words["text"].encode()),), closing)


def _failure(number: int, words: dict[str, str], after: bytes) -> list[Record]:
    failed = opened(number + 1, (link("user", f"{words['message']} again", after),), session=number, base=after)
    end = closed(
        number + 1,
        ending="upstream_error",
        status=500,
        error_message=words["error"],
        error_type=words["errortype"],
        error_body=words["errorbody"].encode(),
        attempts=(Attempt(0, "default", 1, 2, 500, words["attempt"]),),
    )
    under_way = opened(number + 2, (link("user", "And?", after),), session=number, base=after)
    return [failed, end, under_way, Checkpointed(under_way.id, 0, words["piece"].encode())]


def found_in(folder: Path, kept: set[bytes]) -> set[bytes]:
    """What of it stands anywhere in the files of a folder."""
    # Read by another process: a file that is closed here would take the store's locks on it away.
    files = [subprocess.check_output(["cat", file]) for file in folder.iterdir()]
    return {one for one in kept if any(one in data for data in files)}
