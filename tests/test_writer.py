"""What goes together into one transaction, and what has to wait for it."""

from proxy.spool import Answer
from proxy.writer import BATCH, Queue, Ticket, ticket_of
from storage.records import Checkpointed
from tests.desks import Clock, assistant, closing_of, draft_of, user

CLOCK = Clock()


def asked(*talk: dict[str, str], owner: bytes = b"o" * 16) -> Ticket:
    return ticket_of(draft_of(list(talk), clock=CLOCK, owner=owner), 10)


def answered(ticket: Ticket, text: str = "Yes.") -> Ticket:
    draft = ticket.entry
    return ticket_of(Answer(*closing_of(draft, text)), 10)  # type: ignore[arg-type]


def queue_of(*tickets: Ticket) -> Queue:
    queue = Queue()
    for ticket in tickets:
        queue.put(ticket)
    return queue


def checkpoint_of(ticket: Ticket) -> Ticket:
    return ticket_of(Checkpointed(ticket.entry.opened.id, 1, b"data"))  # type: ignore[union-attr]


async def test_requests_that_have_nothing_in_common_are_looked_up_together() -> None:
    one, two = asked(user("One?")), asked(user("Two?"))
    assert queue_of(one, two).take() == ([one, two], [])


async def test_two_requests_with_the_same_body_are_looked_up_one_after_the_other() -> None:
    one, again = asked(user("One?")), asked(user("One?"))
    queue = queue_of(one, again)
    assert queue.take() == ([one], [])
    assert queue.take() == ([again], [])


async def test_a_reply_waits_for_its_request() -> None:
    one = asked(user("One?"))
    reply = answered(one)
    queue = queue_of(one, reply)
    assert queue.take() == ([one], [])
    assert queue.take() == ([], [reply])


async def test_a_checkpoint_waits_for_its_request() -> None:
    one = asked(user("One?"))
    piece = checkpoint_of(one)
    queue = queue_of(one, piece)
    assert queue.take() == ([one], [])
    assert queue.take() == ([], [piece])


async def test_a_request_waits_for_the_reply_that_it_goes_on_from() -> None:
    one = asked(user("One?"))
    reply = answered(one)
    then = asked(user("One?"), assistant("Yes."), user("Two?"))
    queue = queue_of(one, reply, then)
    assert queue.take() == ([one], [])
    assert queue.take() == ([then], [reply])


async def test_another_owners_request_waits_for_nobodys_reply() -> None:
    one, other = asked(user("One?")), asked(user("Other?"), owner=b"p" * 16)
    queue = queue_of(one, answered(one), other)
    assert queue.take()[0] == [one, other]


async def test_what_must_wait_keeps_its_place() -> None:
    one, again, third = asked(user("One?")), asked(user("One?")), asked(user("One?"))
    queue = queue_of(one, again, third)
    assert [queue.take()[0] for _ in range(3)] == [[one], [again], [third]]


async def test_a_group_is_bounded() -> None:
    queue = queue_of(*(asked(user(f"{number}?")) for number in range(BATCH + 1)))
    assert len(queue.take()[0]) == BATCH
    assert len(queue) == 1


async def test_bytes_count_until_a_ticket_is_settled() -> None:
    one, two = asked(user("One?")), asked(user("Two?"))
    queue = queue_of(one, two)
    queue.take()
    assert queue.bytes == 20
    queue.settle(one)
    queue.settle(one)
    assert queue.bytes == 10
    assert one.safe.done()
    assert one.placed is not None
    assert one.placed.cancelled()
