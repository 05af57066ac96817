"""Messages that didn't come over the wire, on the record's own way: each is an exchange that Steno itself answers.

So they stand in the tree, are found by a search, and a client that goes on from them is recognised.
"""

from __future__ import annotations

from proxy.api.endpoints import Call
from proxy.chain import Chainer, Memo
from proxy.clock import new_id
from proxy.closing import answers
from proxy.dialects import DIALECTS
from proxy.drafts import Draft
from proxy.identity import Hints
from proxy.messages import Choice, Message, Reply, Role
from proxy.shapes.spelling import uuid
from storage.records import Closed, Link, Lookup, Opened, SessionRow

CHAT = DIALECTS["chat"]


async def post_message(call: Call, session: SessionRow, raw: bytes, confidence: int | None) -> bytes:
    """Put a message, as a chat completion writes it, behind the latest one of a session; the id of its exchange."""
    desk, at = call.desk, call.desk.clock()
    message = CHAT.read_message(raw)
    answers_itself = message.role is Role.ASSISTANT
    draft = _draft(call, session, b"" if answers_itself else raw, at)
    links: tuple[Link, ...] = ()
    messages: tuple[Message, ...] = ()
    if answers_itself:
        reply = Reply(choices=(Choice(0, message, raw, "stop"),))
        links, messages = answers(reply, lambda said: desk.meter.answer(said, session.model))
    closed = Closed(
        exchange=draft.opened.id, at=at, ending="complete", status=200, replies=links, confidence=confidence
    )
    opened = await desk.recorder.open(draft)
    await desk.recorder.saved(opened, desk.recorder.close(opened, closed, messages))
    return draft.opened.id


def _draft(call: Call, session: SessionRow, raw: bytes, at: int) -> Draft:
    desk, name = call.desk, str(uuid(session.id))
    count = desk.meter.raw_counter(session.model)
    chainer = Chainer(session.owner, CHAT.read_message, CHAT.role, count, Memo())
    body = b'{"model":"","messages":[' + raw + b"]}"
    chained = chainer.chain(body, CHAT.parse(body))
    id = new_id(at)
    opened = Opened(
        id=id,
        owner=session.owner,
        run=desk.run,
        at=at,
        method="POST",
        path=f"/api/sessions/{name}/events",
        dialect=CHAT.name,
        user_agent=call.user_agent,
        body_hash=id,  # no other request repeats it
        parsed=True,
    )
    lookup = Lookup(owner=session.owner, name=name, follows=True)
    return Draft(opened, lookup, Hints(name=name, source="header"), chained.links, places=True, fresh=id)
