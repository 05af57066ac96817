"""What the paths under /v1/responses answer, and the responses that are held there.

A response is held unless its request says `store: false`; one made in the background is queued first, and done when it
is fetched: at once, or as many fetches later as `polls` says.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from proxy.standin.answers import EVENTS, Answer, failure, of
from proxy.standin.endpoints import Received
from proxy.standin.item_flaws import flaws
from proxy.standin.items import Head, Item, ResponseRequest, items_of, output, prompted, read_request, usage
from proxy.standin.replies import reply_to
from proxy.standin.strictness import refusal
from proxy.standin.typed import typed_events

KEPT = 1000


@dataclass(slots=True)
class Kept:
    """A response that can be gone on from, and what led to it."""

    response: Item
    head: Head
    history: list[Item]
    polls: int = 0


@dataclass(slots=True)
class Responses:
    """The latest responses by their ids, and what to do with them."""

    kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)

    def create(self, received: Received) -> Answer:
        """POST /v1/responses."""
        request = read_request(received.body)
        earlier = self._earlier(request)
        if earlier is None:
            name = request.previous_response_id
            return failure(400, f"Previous response with id '{name}' not found.", code="previous_response_not_found")
        faults = received.faults
        head = Head(received.mark, received.created, request)
        prompt, items = prompted(request, earlier), [*earlier, *items_of(request.input)]
        refused = refusal(prompt, faults, lambda: flaws(items))
        if refused:
            return failure(400, refused[1], code=refused[0])
        reply = reply_to(prompt, faults, received.mark)
        status = "failed" if faults.failed else "incomplete" if faults.incomplete else "completed"
        said = [] if faults.failed else output(reply, head)
        response = head.response(status, said, None if faults.failed else usage(reply, faults))
        if request.store is not False:
            self._keep(Kept(response, head, [*items, *said], faults.polls or 0))
        if request.stream and not faults.plain:
            frames = typed_events(head, response, faults)
            return Answer(EVENTS, frames, headers=((b"cache-control", b"no-cache"),))
        return of(head.response("queued", []) if request.background else response)

    def one(self, received: Received) -> Answer:
        """GET and DELETE /v1/responses/ID."""
        name = str(received.params["name"])
        kept = self.kept.get(name)
        if kept is None:
            return failure(404, f"Response with id '{name}' not found.")
        if received.entry.method == "DELETE":
            del self.kept[name]
            return of({"id": name, "object": "response", "deleted": True})
        if kept.polls:
            kept.polls -= 1
            return of(kept.head.response("in_progress", []))
        if b"stream=true" in received.entry.query:
            return Answer(EVENTS, typed_events(kept.head, kept.response, received.faults))
        return of(kept.response)

    def cancel(self, received: Received) -> Answer:
        """POST /v1/responses/ID/cancel."""
        kept = self.kept.get(str(received.params["name"]))
        if kept is None:
            return failure(404, "There is no such response.")
        kept.polls, kept.response = 0, kept.head.response("cancelled", [])
        return of(kept.response)

    def inputs(self, received: Received) -> Answer:
        """GET /v1/responses/ID/input_items."""
        kept = self.kept.get(str(received.params["name"]))
        if kept is None:
            return failure(404, "There is no such response.")
        return of({"object": "list", "data": items_of(kept.head.request.input), "has_more": False})

    def directives(self, body: bytes) -> dict[str, str]:
        """Read the faults that a request's last user message asks for."""
        return prompted(read_request(body), []).asked if b"[[" in body else {}

    def _earlier(self, request: ResponseRequest) -> list[Item] | None:
        """What was said before, which is nothing in a new conversation; None if it isn't held here."""
        if request.previous_response_id is None:
            return []
        kept = self.kept.get(request.previous_response_id)
        return None if kept is None else kept.history

    def _keep(self, kept: Kept) -> None:
        self.kept[kept.head.id] = kept
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
