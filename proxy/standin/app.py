"""The stand-in's app: its routes, its memory, and the way from a request to its delivery.

The benchmarks measure against it, so the well-behaved path is short: no middleware, no request object, no task.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from secrets import token_hex
from typing import get_args

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from proxy.standin import endpoints, messages
from proxy.standin.answers import Answer, failure, misbehaved, of
from proxy.standin.delivery import Gate, attended, deliver
from proxy.standin.encodings import EncodingError, decoded
from proxy.standin.endpoints import Received
from proxy.standin.faults import WELL_BEHAVED, Faults, FaultsError, read, wishes
from proxy.standin.journal import Counted, Entry, Journal
from proxy.standin.prompts import PromptError
from proxy.standin.responses import Responses

Handler = Callable[[Received], Answer]


class Standin:
    """What the stand-in remembers; the app holds it as `app.state.standin`."""

    def __init__(self, name: str, kept: int) -> None:
        self.name = name
        self.numbers = count(1)
        self.journal = Journal(kept)
        self.gate = Gate()
        self.responses = Responses()
        self.asked: dict[Handler, Callable[[bytes], dict[str, str]]] = {
            endpoints.chat: endpoints.directives,
            self.responses.create: self.responses.directives,
            messages.create: messages.directives,
        }
        self.tries: Counter[tuple[bytes, frozenset[tuple[str, str]]]] = Counter()

    def faults(self, entry: Entry, asked: Mapping[str, str]) -> Faults:
        """Read what a request asks for; after `times` such requests, nothing any more."""
        faults = read(asked)
        if faults.times is None:
            return faults
        key = (entry.path, frozenset(asked.items()))
        self.tries[key] += 1
        return faults if self.tries[key] <= faults.times else WELL_BEHAVED


class Endpoint:
    """One path: reads the request, asks the handler, delivers its answer."""

    def __init__(self, standin: Standin, handler: Handler, method: str | None = None) -> None:
        self.standin = standin
        self.handler = handler
        self.method = method
        self.keeps = handler not in {endpoints.files, endpoints.echo, endpoints.unknown}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        journal = self.standin.journal
        turn = self.standin.gate.turn
        entry = journal.start(scope)
        body = await self._read(entry, receive)
        if body is None:
            journal.leave(entry)
            return
        journal.complete(entry)
        answer, faults = self._answer(entry, body, scope)
        delivery = deliver(answer, faults, turn, send)
        if faults is WELL_BEHAVED and not answer.lasting:
            await delivery
        elif not await attended(delivery, receive):
            journal.leave(entry)

    async def _read(self, entry: Entry, receive: Receive) -> bytes | None:
        """Read the body, or nothing when the client leaves before its end."""
        chunks: list[bytes] = []
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            self.standin.journal.add(entry, message["body"])
            if self.keeps:
                chunks.append(message["body"])
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _answer(self, entry: Entry, body: bytes, scope: Scope) -> tuple[Answer, Faults]:
        mark = f"{self.standin.name}{next(self.standin.numbers):08d}"
        faults = WELL_BEHAVED
        try:
            body = decoded(body, entry.header(b"content-encoding")) if self.keeps else body
            faults = self.standin.faults(entry, self._asked(entry, body))
            received = Received(entry, body, faults, mark, int(time.time()), scope.get("path_params", {}))
            answer = self._handled(received)
        except (PromptError, FaultsError, EncodingError) as error:
            answer = failure(400, str(error))
        if faults is not WELL_BEHAVED:
            answer = misbehaved(answer, faults)
        if self.handler in {messages.create, messages.count}:
            answer = messages.retold(answer)
        marked = (*answer.headers, (b"x-request-id", f"req_{mark}".encode()))
        return msgspec.structs.replace(answer, headers=marked), faults

    def _asked(self, entry: Entry, body: bytes) -> dict[str, str]:
        header = wishes(entry.header(b"x-standin"))
        directives = self.standin.asked.get(self.handler)
        return directives(body) | header if directives else header

    def _handled(self, received: Received) -> Answer:
        if self.method and received.entry.method not in {self.method, "HEAD" if self.method == "GET" else self.method}:
            return failure(
                405, f"Not allowed to {received.entry.method} here.", headers=((b"allow", self.method.encode()),)
            )
        return self.handler(received)


class Controls:
    """The paths under /standin, by which a test reads the journal, waits and releases; they aren't journalled."""

    def __init__(self, standin: Standin) -> None:
        self.standin = standin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = (scope["method"], scope["path_params"]["control"])
        answer = await self._answer(asked, QueryParams(scope["query_string"]), receive)
        await deliver(answer, WELL_BEHAVED, self.standin.gate.turn, send)

    async def _answer(self, asked: tuple[str, str], query: QueryParams, receive: Receive) -> Answer:
        journal = self.standin.journal
        match asked:
            case ("GET", "wait"):
                return await self._waited(query, receive)
            case ("POST", "release"):
                self.standin.gate.release()
            case ("DELETE", "requests"):
                journal.clear()
            case ("GET", "requests"):
                entries = [entry.described() for entry in journal.entries]
                return of({"data": entries, "counts": dict(journal.counts)})
            case _:
                return failure(404, "Known are GET and DELETE requests, GET wait and POST release.")
        return of({"ok": True})

    async def _waited(self, query: QueryParams, receive: Receive) -> Answer:
        """Wait until so many have been counted: `?requests=2`, `?left=1`."""
        wanted: list[tuple[Counted, str | None]] = [(what, query.get(what)) for what in get_args(Counted)]
        numbers = [(what, int(number)) for what, number in wanted if number and number.isdecimal()]
        if not numbers:
            return failure(400, f"Say what to wait for: {', '.join(get_args(Counted))}=N.")
        for what, number in numbers:
            await attended(self.standin.journal.reached(what, number), receive)
        return of({"counts": dict(self.standin.journal.counts)})


def create_standin(*, name: str | None = None, journal: int = 1000) -> Starlette:
    """Make a stand-in; its name goes into every id it gives out, and is made up unless given."""
    standin = Standin(token_hex(4) if name is None else name, journal)
    app = Starlette(routes=_routes(standin))
    app.state.standin = standin
    # Starlette would put two layers for errors around the router; here every path ends in an answer of ours.
    app.middleware_stack = app.router
    return app


def _routes(standin: Standin) -> list[Route]:
    azure = "/openai/deployments/{deployment}"
    table: list[tuple[str, Handler, str | None]] = [
        (f"{azure}/chat/completions", endpoints.chat, "POST"),
        (f"{azure}/completions", endpoints.text, "POST"),
        (f"{azure}/embeddings", endpoints.embeddings, "POST"),
        ("/openai/v1/chat/completions", endpoints.chat, "POST"),
        ("/v1/chat/completions", endpoints.chat, "POST"),
        ("/v1/completions", endpoints.text, "POST"),
        ("/v1/responses", standin.responses.create, "POST"),
        ("/v1/responses/{name}", standin.responses.one, None),
        ("/v1/responses/{name}/cancel", standin.responses.cancel, "POST"),
        ("/v1/responses/{name}/input_items", standin.responses.inputs, "GET"),
        ("/v1/messages", messages.create, "POST"),
        ("/v1/messages/count_tokens", messages.count, "POST"),
        ("/v1/embeddings", endpoints.embeddings, "POST"),
        ("/v1/models", endpoints.models, "GET"),
        ("/v1/models/{name:path}", endpoints.model, "GET"),
        ("/v1/files", endpoints.files, "POST"),
        ("/v1/audio/speech", endpoints.speech, "POST"),
        ("/v1/bytes/{size:int}", endpoints.some_bytes, "GET"),
        ("/v1/echo", endpoints.echo, None),
        ("/v1/echo/{rest:path}", endpoints.echo, None),
        ("/{rest:path}", endpoints.unknown, None),
    ]
    routes = [Route(path, Endpoint(standin, handler, method)) for path, handler, method in table]
    return [Route("/standin/{control}", Controls(standin)), *routes]
