"""A request on its way into the store: what is known before its place is, and the records once it is. Pure.

Drafts can wait in the spool, so they are values that MessagePack can carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import assert_never

import msgspec
from msgspec.structs import replace

from proxy.chain import SIZE, Chained, Linked, item_digest, landmarks_of, link, lone_digest, pair_digest, rebase
from proxy.dialects.jsontext import REFUSALS
from proxy.identity import Hints
from proxy.messages import Message, Request, Role
from proxy.threads import Continue, Fork, New, Place, Retry, place
from storage.packing import pack_residue
from storage.records import Blob, Call, Closed, Found, Link, Lookup, NewSession, Opened, Prompt

SUMMARY = "summary"
"""How an exchange of Steno's own came to its session: it is about it."""


class Draft(msgspec.Struct, frozen=True, tag="draft"):
    """A request whose place isn't known yet: its record so far, its history, and what to look up."""

    opened: Opened
    lookup: Lookup
    hints: Hints
    links: tuple[Linked, ...] = ()
    places: bool = False
    fresh: bytes = b""
    """The id that a new session gets."""
    asked: tuple[bytes, ...] = ()
    """The digests of what a user said last, in the history and alone, where others have spoken since."""


class Shown(msgspec.Struct, frozen=True):
    """How else the history of an answer may look where its client shows it again.

    ``tip`` is the digest at the end of the client's own list, if that isn't the one in the store. ``begun`` is the
    answer's beginning, if the list ends with it, and ``behind`` the digest before that. ``asked`` are the digests of
    the user's question, if tools have spoken since, of which some clients keep nothing.
    """

    tip: bytes = b""
    begun: Message | None = None
    behind: bytes = b""
    asked: tuple[bytes, ...] = ()


AS_IT_IS = Shown()


class Standing(msgspec.Struct, frozen=True):
    """Where an exchange's reply goes: after ``tip`` (empty: after the owner), to the message with digest ``last``.

    ``late`` is the earlier exchange that it answers, where this one only fetched it.
    """

    owner: bytes
    tip: bytes
    last: bytes
    session: bytes = b""
    match: str = ""
    late: bytes = b""
    shown: Shown = AS_IT_IS


def filled(draft: Draft, request: Request, chained: Chained | None) -> Draft:
    """The draft with a parsed request's history and all the content around it; without a history, with all of it."""
    if chained is None:
        whole = blob_of("residue", pack_residue(request.before, request.after, {}))
        opened = replace(draft.opened, blobs=(whole,), residue=whole.hash, asked=request.text)
        return replace(draft, opened=opened)
    tools = blob_of("tools", request.tools) if request.tools else None
    prompt = blob_of("system", request.system) if request.system else None
    shared = [blob for blob in (tools, prompt) if blob is not None]
    residue = blob_of("residue", pack_residue(request.before, request.after, {one.hash: one.data for one in shared}))
    system, systems = _system(prompt, chained)
    opened = replace(
        draft.opened,
        tip=chained.end.tip if chained.end.last else b"",
        prompt=Prompt(chained.end.listed, chained.prefix.listed, chained.stops),
        blobs=(residue, *shared, *systems, *chained.media),
        residue=residue.hash,
        tools=tools.hash if tools else b"",
        system=system,
    )
    asked = chained.end.asked if chained.end.last not in chained.end.asked else ()
    return replace(draft, opened=opened, links=chained.links, places=True, asked=asked)


def _system(prompt: Blob | None, chained: Chained) -> tuple[bytes, list[Blob]]:
    """The hash that names all system text, and the messages of it one by one; where there are several texts, also all
    of them under that hash."""
    texts = [linked.raw for linked in chained.links if not linked.lone]
    blobs = [blob_of("system", raw) for raw in texts]
    said, several = chained.end.system, len(texts) > 1 or bool(texts and chained.prefix.system)
    if prompt is not None:
        several = bool(said)
        said = blob_hash(prompt.hash + said) if said else prompt.hash
        texts = [prompt.data, *texts]
    if several:
        blobs.append(Blob(hash=said, kind="system", data=b"[" + b",".join(texts) + b"]"))
    return said, blobs


def settle(draft: Draft, found: Found) -> tuple[Opened, Standing]:
    """The record of a request, given what the store found."""
    if draft.lookup.handle and not draft.places:
        return draft.opened, _fetching(draft, found)
    if draft.places:
        opened = _placed(draft, place(draft.lookup, found, draft.hints, draft.opened.system), found)
    else:
        opened = _aside(draft, found)
    return opened, _standing(draft, found, opened)


def _standing(draft: Draft, found: Found, opened: Opened) -> Standing:
    last = next((linked for linked in reversed(draft.links) if linked.lone), None)
    standing = replace(standing_of(opened), last=last.lone if last else b"")
    if last is None or found.held is not None:
        return standing
    tip = draft.opened.tip if draft.opened.tip != opened.tip else b""
    begun, behind = (last.message, last.parent) if last.message.role is Role.ASSISTANT else (None, b"")
    if not (tip or begun or draft.asked):
        return standing
    return replace(standing, shown=Shown(tip, begun, behind, draft.asked))


def _fetching(draft: Draft, found: Found) -> Standing:
    """A request for an earlier one's reply belongs nowhere itself; what it brings may be that one's answer."""
    owner, held = draft.opened.owner, found.held
    if held is None or not held.session:
        return Standing(owner, b"", b"")
    late = b"" if held.answered else held.exchange
    return Standing(owner, held.tip, held.last, held.session, "history", late)


def _aside(draft: Draft, found: Found) -> Opened:
    """The record of what has no place in a tree: it belongs to the session that it names, and to no other."""
    name, match = draft.lookup.name, draft.hints.source or draft.opened.match
    if found.named:
        return replace(draft.opened, session=found.named, match=match)
    if match == SUMMARY:  # the session was erased, and what it held must not come back
        return replace(draft.opened, blobs=(), residue=b"")
    if not name or not draft.opened.parsed:
        return draft.opened
    new = replace(_said(draft.hints), name=name)
    return replace(draft.opened, session=draft.fresh, new=new, match=match)


def _said(hints: Hints) -> NewSession:
    return NewSession(parent=hints.parent, title=hints.title or "", tags=hints.tags, meta=hints.meta)


def _placed(draft: Draft, where: Place, found: Found) -> Opened:
    said = _said(draft.hints)
    opened = replace(draft.opened, match=where.match, new=said)
    match where:
        case New(name, _, at):
            opened = replace(opened, session=draft.fresh, new=replace(said, name=name or None))
            return _standing_at(opened, at, _rebased(draft, at, found))
        case Retry(session, exchange, at):
            return replace(opened, session=session, retry_of=exchange, tip=at)
        case Continue(session, at) | Fork(session, at):
            opened = replace(opened, session=session)
            return _standing_at(opened, at, _rebased(draft, at, found))
    assert_never(where)


def _standing_at(opened: Opened, at: bytes, linked: tuple[Linked, ...]) -> Opened:
    tip = next((one.digest for one in reversed(linked) if one.digest), opened.tip or at)
    return replace(opened, base=at, tip=tip, links=tuple(map(stored, linked)))


def _rebased(draft: Draft, at: bytes, found: Found) -> tuple[Linked, ...]:
    """The links as they stand behind ``at``; as they came where their own digests lead there."""
    if at and found.held is not None and found.held.at == at:
        return rebase(draft.links, b"", at)
    stands = {stand.at: stand for stand in (*found.prefixed, *found.called, *found.paired)}
    if at not in stands or at in draft.lookup.prefixes or any(linked.digest == at for linked in draft.links):
        return draft.links
    owner, stand = draft.opened.owner, stands[at]
    answers = [one.digest for one in draft.links if stand.by and one.digest == stand.by]
    answers = answers or [one.digest for one in draft.links if one.lone == stand.lone or _names(one, owner, stand.by)]
    return rebase(draft.links, answers[-1] if answers else b"", at)


def _names(linked: Linked, owner: bytes, by: bytes) -> bool:
    """Whether a message is known by that id of a piece of it, whatever else it says."""
    return bool(by) and any(item_digest(owner, name) == by for name in linked.message.items)


def stored(linked: Linked) -> Link:
    """A request's message as a record."""
    message = linked.message
    system, answers = message.role is Role.SYSTEM, message.role is Role.TOOL
    return Link(
        role=message.role,
        body=linked.raw,
        digest=linked.digest,
        parent=linked.parent,
        text=search_text(message),
        tokens=linked.tokens,
        lone=linked.lone,
        separator=linked.separator,
        blob=blob_hash(linked.raw) if system else b"",
        call_id=message.tool_call_id if answers else "",
        failed=looks_failed(message),
        called=message.name if answers and not message.tool_call_id else "",
    )


def search_text(message: Message) -> str:
    """What a search should find of a message: its text, and the names and arguments of its tool calls."""
    if not message.tool_calls and not message.refusal:
        return message.text
    calls = [f"{call.name} {call.arguments}" for call in message.tool_calls]
    return "\n".join(filter(None, (message.text, message.refusal, *calls)))


def looks_failed(message: Message) -> bool:
    """Whether a tool's result reports an error.

    Where the wire has no field for it, only what can hardly be mistaken counts. A JSON object fails by its own members
    (see ``Result``), any other text by its beginning: ``Error:``, the name of an exception and a colon, ``Error
    executing`` and the like, ``<error>``, Python's traceback. ``Error: none`` is no error.
    """
    if message.role is not Role.TOOL:
        return False
    if message.failed is not None:
        return message.failed
    text = message.text.strip()
    return _result(text).failed if text.startswith("{") else _FAILURE.match(text) is not None


_FAILURE = re.compile(
    r"""
    (?: [\w.]* (?:Error|Exception) | ERROR | error ) : (?! [ ]* (?i:none|null|nil|false|0) [ .]* (?:\n|$) )
    | Error [ ] (?:executing|calling|invoking|running|while|during) \b
    | <(?:tool_use_)?error>
    | Traceback [ ] \(most [ ] recent [ ] call [ ] last\)
    """,
    re.VERBOSE,
)


class Result(msgspec.Struct, frozen=True):
    """What a tool's result says of its success, where it is a JSON object; all else of it is passed over."""

    error: object = None
    is_error: object = False
    isError: object = False  # noqa: N815 (as the Model Context Protocol spells it)
    success: object = True
    status: object = ""

    @property
    def failed(self) -> bool:
        """Whether one of them says so."""
        marked = self.is_error is True or self.isError is True or self.success is False
        return marked or bool(self.error) or self.status == "error"


def _result(text: str) -> Result:
    try:
        return msgspec.json.decode(text, type=Result)
    except REFUSALS:
        return Result()


def blob_hash(data: bytes) -> bytes:
    """The name of shared content."""
    return blake2b(data, digest_size=SIZE).digest()


def blob_of(kind: str, data: bytes) -> Blob:
    """Shared content, named."""
    return Blob(hash=blob_hash(data), kind=kind, data=data)


def finish(closed: Closed, messages: tuple[Message, ...], standing: Standing) -> Closed:
    """The record of a reply, given where it stands. Without a place its messages are not kept."""
    if closed.late is not None:
        return replace(closed, late=_late(closed.late, messages, standing))
    if standing.match == SUMMARY and not standing.session:
        return replace(closed, residue=b"", summary=None)
    if not messages:
        return closed
    if not standing.session:
        proof = closed.reply_hash if closed.raw else b""
        return replace(closed, replies=(), residue=b"", reply_hash=proof)
    replies = tuple(
        _answered(reply, message, standing) for reply, message in zip(closed.replies, messages, strict=True)
    )
    calls = tuple(
        Call(call.id, call.name, call.arguments, reply.digest)
        for reply, message in zip(replies, messages, strict=True)
        for call in message.tool_calls
    )
    landmarks = _landmarks(messages[0], replies[0].lone, standing)
    return replace(closed, replies=replies, calls=calls, landmarks=landmarks)


def _late(late: Closed, messages: tuple[Message, ...], standing: Standing) -> Closed | None:
    """The end of the exchange that this one answers, if that has none yet."""
    if not standing.late:
        return None
    return finish(replace(late, exchange=standing.late), messages, standing)


def _answered(reply: Link, message: Message, standing: Standing) -> Link:
    lone = lone_digest(message)
    digest = link(standing.tip or standing.owner, lone)
    return replace(reply, digest=digest, parent=standing.tip, lone=lone)


def _landmarks(message: Message, lone: bytes, standing: Standing) -> tuple[bytes, ...]:
    pair = (pair_digest(standing.owner, standing.last, lone),) if standing.last else ()
    elsewhere = _elsewhere(message, lone, standing) if standing.shown is not AS_IT_IS else ()
    return (*pair, *landmarks_of(standing.owner, lone, message), *elsewhere)


def _elsewhere(message: Message, lone: bytes, standing: Standing) -> Iterator[bytes]:
    """What else the answer can be known by, as its client may show it: in a list that was cut or changed, in one
    message with its beginning, right after the question."""
    shown = standing.shown
    if shown.tip:
        yield link(shown.tip, lone)
    if shown.begun is not None:
        whole = replace(message, parts=(*shown.begun.parts, *message.parts))
        yield link(shown.behind, lone_digest(whole))
    elif shown.asked and not message.tool_calls:
        digest, question = shown.asked
        yield link(digest, lone)
        yield pair_digest(standing.owner, question, lone)


def standing_of(opened: Opened) -> Standing:
    """Where the reply goes of a request that is placed."""
    last = next((link.lone for link in reversed(opened.links) if link.lone), b"")
    return Standing(opened.owner, opened.tip, last, opened.session, opened.match)
