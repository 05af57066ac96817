"""What goes together into one transaction, and in which order."""

from proxy.writer import BATCH, Queue, Ticket
from tests.desks import Clock, draft_of, user

CLOCK = Clock()


def asked(*talk: dict[str, str]) -> Ticket:
    return Ticket(draft_of(list(talk), clock=CLOCK), 10)


def queue_of(*tickets: Ticket) -> Queue:
    queue = Queue()
    for ticket in tickets:
        queue.put(ticket)
    return queue


def test_tickets_keep_their_order() -> None:
    tickets = [asked(user(f"{number}?")) for number in range(3)]
    assert queue_of(*tickets).take() == tickets


def test_a_group_is_bounded() -> None:
    tickets = [asked(user("One?"))] * (BATCH + 1)
    queue = queue_of(*tickets)
    assert [len(queue.take()), len(queue.take()), len(queue.take())] == [BATCH, 1, 0]


def test_bytes_count_until_a_ticket_is_settled() -> None:
    one = asked(user("One?"))
    queue = queue_of(one)
    queue.take()
    assert queue.bytes == 10
    queue.settle(one)
    queue.settle(one)
    assert queue.bytes == 0
    assert one.safe


async def test_nobody_waits_for_a_settled_ticket() -> None:
    one = asked(user("One?"))
    one.settle(lost=True)
    await one.settled()
    assert one.lost
