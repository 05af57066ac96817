"""Routing that survives a bad upstream: what is tried again, who is asked instead, what is never repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from proxy.asked import LARGE
from proxy.attempts import Backoff
from proxy.breaker import PAUSE_SECONDS, THRESHOLD
from proxy.errors import UpstreamSilent, UpstreamUnreachable
from proxy.forwarding import Forwarding
from proxy.upstream import Incoming, Outgoing, Upstream, UpstreamCut
from storage.records import Attempt
from tests.e2e.upstreams import RawUpstream, raw_reply
from tests.forwardings import BODY, PATH, SAYS, Field, asked_of, closed_port, field_of, nowhere, tried

ITSELF = [(b"x-stainless-retry-count", b"1")]


class LateServer(Upstream):
    """An upstream whose server begins to listen only after the first try."""

    def __init__(self, late: RawUpstream, port: int) -> None:
        super().__init__(connect_seconds=5, idle_seconds=5, max_connections=2)
        self.late = late
        self.port = port
        self.tries = 0
        self.servers: list[asyncio.Server] = []

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Listen from the second try on."""
        self.tries += 1
        if self.tries == 2:
            self.servers.append(await asyncio.start_server(self.late.connected, "127.0.0.1", self.port))
        return await super().send(outgoing)


class Noted(list[Attempt]):
    """Attempts that say when there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()

    def append(self, attempt: Attempt) -> None:
        """Note it."""
        super().append(attempt)
        self.came.set()


def through(upstream: Upstream, way: Forwarding) -> Forwarding:
    """The same way by other connections."""
    return replace(way, room=replace(way.room, upstream=upstream))


def wear_out(at: Field, name: str) -> None:
    """Open a provider's breaker."""
    for _ in range(THRESHOLD):
        at.room.breakers[name].failed()


# Connections that fail


@pytest.mark.parametrize("headers", [[], ITSELF])
async def test_a_connection_that_failed_is_tried_again_whoever_else_retries(headers: list[tuple[bytes, bytes]]) -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[200])
        late = LateServer(at.a, closed_port())
        provider = replace(at.provider("a"), base_url=f"http://127.0.0.1:{late.port}")
        way = through(late, at.way(provider, headers=headers))
        assert await at.status(way) == 200
        assert (late.tries, at.a.bodies[PATH]) == (2, BODY)
        assert tried(way) == [(1, "a", 0, "upstream_unreachable"), (2, "a", 200, "")]
        await late.close()
        late.servers[0].close()


async def test_a_connection_that_fails_twice_is_not_tried_a_third_time() -> None:
    async with field_of() as at:
        way = at.way(nowhere("c"))
        with pytest.raises(UpstreamUnreachable) as caught:
            await way.send()
        assert caught.value.code == "upstream_unreachable"
        assert tried(way) == [(number, "c", 0, "upstream_unreachable") for number in (1, 2)]


async def test_a_body_that_comes_as_a_stream_is_sent_once() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield BODY

    async with field_of(retries=3) as at:
        at.a.answers(PATH, SAYS[503])
        way = at.both()
        way.asked = msgspec.structs.replace(way.asked, content=pieces(), dialect=None, request=None)
        assert await at.status(way) == 503
        assert (at.a.requests[PATH], at.b.requests[PATH]) == (1, 0)
        assert at.room.breakers["a"].failures == 0  # it may have been the client that broke off


# Statuses


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_status_is_not_tried_again_unless_the_settings_ask_for_it(status: int) -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[status])
        way = at.way(at.provider("a"))
        assert await at.status(way) == status
        assert at.a.requests[PATH] == 1
        assert tried(way) == [(1, "a", status, "")]


async def test_a_500_and_then_a_200_is_a_200() -> None:
    async with field_of(retries=2) as at:
        at.a.answers(PATH, SAYS[500], raw_reply(b"fine"))
        way = at.way(at.provider("a"))
        incoming = await way.send()
        assert (incoming.status, await incoming.whole()) == (200, b"fine")
        incoming.close()
        assert tried(way) == [(1, "a", 500, ""), (2, "a", 200, "")]
        first, second = way.attempts
        assert first.started_at <= first.ended_at <= second.started_at <= second.ended_at


async def test_the_last_of_many_failures_is_what_the_client_gets() -> None:
    async with field_of(retries=2) as at:
        at.a.answers(PATH, SAYS[503], b"", raw_reply(b"the last", status=b"429 Slow"))
        way = at.way(at.provider("a"))
        incoming = await way.send()
        assert (incoming.status, await incoming.whole()) == (429, b"the last")
        incoming.close()
        assert tried(way) == [(1, "a", 503, ""), (2, "a", 0, "upstream_closed"), (3, "a", 429, "")]


async def test_a_client_that_retries_by_itself_is_told_at_once() -> None:
    async with field_of(retries=2) as at:
        at.a.answers(PATH, SAYS[503])
        assert await at.status(at.way(at.provider("a"), headers=ITSELF)) == 503
        assert at.a.requests[PATH] == 1


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_what_is_the_callers_fault_is_neither_tried_again_nor_taken_elsewhere(status: int) -> None:
    async with field_of(retries=2) as at:
        at.a.answers(PATH, SAYS[status])
        way = at.both()
        assert await at.status(way) == status
        assert (at.a.requests[PATH], at.b.requests[PATH], tried(way)) == (1, 0, [])


async def test_the_wait_that_an_upstream_asks_for_is_kept() -> None:
    async with field_of(retries=1, backoff=Backoff(first=1000.0, longest=1000.0)) as at:
        at.a.answers(PATH, raw_reply(b"", b"retry-after-ms: 1", status=b"429 Slow"), SAYS[200])
        assert await at.status(at.way(at.provider("a"))) == 200


async def test_an_upstream_that_asks_for_too_long_a_wait_is_left_to_the_client() -> None:
    async with field_of(retries=1) as at:
        at.a.answers(PATH, raw_reply(b"", b"retry-after: 3600", status=b"429 Slow"))
        assert await at.status(at.way(at.provider("a"))) == 429
        assert at.a.requests[PATH] == 1


async def test_a_reply_that_breaks_off_after_its_head_is_never_repeated() -> None:
    async with field_of(retries=3) as at:
        at.a.says(PATH, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome", closes=True)
        way = at.both()
        incoming = await way.send()
        with pytest.raises(UpstreamCut):
            await incoming.whole()
        incoming.close()
        assert (at.a.requests[PATH], at.b.requests[PATH], tried(way)) == (1, 0, [])


# Other providers


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_another_provider_is_asked_when_one_fails(status: int) -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[status])
        at.b.answers(PATH, raw_reply(b"from b"))
        way = at.both()
        incoming = await way.send()
        assert await incoming.whole() == b"from b"
        incoming.close()
        assert (way.provider.name, at.b.bodies[PATH]) == ("b", BODY)
        assert tried(way) == [(1, "a", status, ""), (2, "b", 200, "")]


async def test_another_is_asked_only_after_all_retries_and_gets_as_many() -> None:
    async with field_of(retries=1) as at:
        at.a.answers(PATH, SAYS[500], SAYS[503])
        at.b.answers(PATH, SAYS[429], SAYS[200])
        way = at.both()
        assert await at.status(way) == 200
        assert tried(way) == [(1, "a", 500, ""), (2, "a", 503, ""), (3, "b", 429, ""), (4, "b", 200, "")]


async def test_another_is_asked_where_one_cannot_be_reached_or_speaks_no_http() -> None:
    async with field_of() as at:
        at.a.says(PATH, b"SSH-2.0-OpenSSH_9.2\r\n\r\n", closes=True)
        at.b.answers(PATH, SAYS[200])
        way = at.way(nowhere("c"), at.provider("a"), at.provider("b"))
        assert await at.status(way) == 200
        assert [(one.provider, one.error) for one in way.attempts] == [
            ("c", "upstream_unreachable"),
            ("c", "upstream_unreachable"),
            ("a", "upstream_invalid"),
            ("b", ""),
        ]


async def test_another_is_asked_where_one_is_silent() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with field_of(retries=2) as at:
        at.a.scripts[PATH] = silent
        at.b.answers(PATH, SAYS[200])
        impatient = Upstream(connect_seconds=5, idle_seconds=0.5, max_connections=2)
        with pytest.raises(UpstreamSilent):
            await through(impatient, at.way(at.provider("a"))).send()
        way = through(impatient, at.both())
        assert await at.status(way) == 200
        assert tried(way) == [(1, "a", 0, "upstream_timeout"), (2, "b", 200, "")]
        await impatient.close()


async def test_where_all_fail_the_last_one_is_told() -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[503])
        with pytest.raises(UpstreamUnreachable) as caught:
            await at.way(at.provider("a"), nowhere("c")).send()
        assert caught.value.param == "c"


async def test_what_no_dialect_reads_stays_with_its_provider() -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[503])
        way = at.both()
        way.asked = msgspec.structs.replace(way.asked, dialect=None, request=None)
        assert await at.status(way) == 503
        assert at.b.requests[PATH] == 0


async def test_each_provider_gets_the_model_by_its_own_name_and_its_own_key() -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[503])
        at.b.answers(PATH, SAYS[200])
        a = at.provider("a", api_key="sk-a", headers=((b"x-secret-of-a", b"1"),), model_map=(("gpt-*", "model-of-a"),))
        b = at.provider("b", api_key="sk-b", model_map=(("gpt-4o", "llama3.1:70b"),))
        way = at.way(a, b, headers=[(b"authorization", b"Bearer sk-caller")])
        assert await at.status(way) == 200
        (to_a,), (to_b,) = at.a.heads[PATH], at.b.heads[PATH]
        assert b"authorization: Bearer sk-a\r\n" in to_a
        assert b"authorization: Bearer sk-b\r\n" in to_b
        assert b"sk-a" not in to_b
        assert b"x-secret-of-a" not in to_b
        assert b"sk-caller" not in to_a + to_b
        assert at.a.bodies[PATH] == BODY.replace(b"gpt-4o", b"model-of-a")
        assert at.b.bodies[PATH] == BODY.replace(b"gpt-4o", b"llama3.1:70b")
        assert way.model == "llama3.1:70b"


async def test_a_long_body_is_renamed_whole() -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[200])
        way = at.way(at.provider("a", model_map=(("gpt-4o", "m"),)))
        body = BODY.replace(b"Hi", b"Hi" * LARGE)
        way.asked = msgspec.structs.replace(way.asked, content=body)
        way.headers = [(b"content-length", b"%d" % len(body))]
        assert await at.status(way) == 200
        assert at.a.bodies[PATH] == body.replace(b"gpt-4o", b"m")


async def test_a_callers_key_goes_to_no_other_host() -> None:
    async with field_of() as at:
        at.a.answers(PATH, SAYS[503])
        at.b.answers(PATH, SAYS[200])
        headers = [(b"authorization", b"Bearer sk-caller"), (b"cookie", b"sk-caller"), (b"x-team", b"t")]
        assert await at.status(at.both(headers=headers)) == 200
        assert b"sk-caller" in at.a.heads[PATH][0]
        assert b"sk-caller" not in at.b.heads[PATH][0]
        assert b"x-team: t\r\n" in at.b.heads[PATH][0]


# Breakers


async def test_a_provider_that_failed_too_often_is_passed_over_until_it_has_had_a_pause() -> None:
    async with field_of() as at:
        at.a.answers(PATH, *[SAYS[503]] * THRESHOLD, SAYS[200])
        at.b.answers(PATH, *[SAYS[200]] * (THRESHOLD + 1))
        for _ in range(THRESHOLD):
            await at.status(at.both())
        way = at.both()
        assert await at.status(way) == 200
        assert (at.a.requests[PATH], tried(way)) == (THRESHOLD, [(1, "a", 0, "breaker_open"), (2, "b", 200, "")])
        at.clock.at += PAUSE_SECONDS
        way = at.both()
        assert await at.status(way) == 200
        assert (way.provider.name, tried(way), at.room.breakers["a"].state) == ("a", [], "closed")


async def test_where_there_is_nowhere_else_to_go_a_provider_is_asked_however_often_it_failed() -> None:
    async with field_of() as at:
        wear_out(at, "a")
        at.a.answers(PATH, SAYS[200])
        way = at.way(at.provider("a"))
        assert await at.status(way) == 200
        assert (tried(way), at.room.breakers["a"].state) == ([], "closed")


async def test_where_all_have_failed_too_often_the_one_that_was_chosen_is_asked() -> None:
    async with field_of() as at:
        wear_out(at, "a")
        wear_out(at, "b")
        at.a.answers(PATH, SAYS[503])
        way = at.both()
        assert await at.status(way) == 503
        assert tried(way) == [(1, "a", 503, "")]


async def test_who_failed_too_often_is_not_asked_in_anothers_place() -> None:
    async with field_of() as at:
        wear_out(at, "b")
        at.a.answers(PATH, raw_reply(b"a's own", status=b"503 Busy"))
        way = at.both()
        incoming = await way.send()
        assert await incoming.whole() == b"a's own"
        incoming.close()
        assert tried(way) == [(1, "a", 503, ""), (2, "b", 0, "breaker_open")]
        assert way.provider.name == "a"


async def test_a_callers_limit_does_not_count_against_a_provider() -> None:
    async with field_of() as at:
        at.a.answers(PATH, *[SAYS[429]] * THRESHOLD)
        for _ in range(THRESHOLD):
            await at.status(at.way(at.provider("a")))
        assert at.room.breakers["a"].failures == 0


# Callers that leave


async def test_nothing_goes_on_after_its_caller_has_left_in_the_middle_of_a_wait() -> None:
    async with field_of(retries=3, backoff=Backoff(first=1000.0, longest=1000.0)) as at:
        at.a.answers(PATH, SAYS[503])
        way = at.both()
        way.attempts = noted = Noted()
        sending = asyncio.get_running_loop().create_task(way.send())
        await noted.came.wait()
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()
        assert (at.a.requests[PATH], at.b.requests[PATH], tried(way)) == (1, 0, [(1, "a", 503, "")])


async def test_an_attempt_whose_caller_has_left_is_noted_as_such() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with field_of() as at:
        at.a.scripts[PATH] = silent
        way = at.both()
        sending = asyncio.get_running_loop().create_task(way.send())
        await at.a.came.wait()
        sending.cancel()
        await asyncio.wait([sending])
        assert tried(way) == [(1, "a", 0, "cancelled")]
        assert at.room.breakers["a"].failures == 0


def test_before_anything_is_sent_the_chosen_provider_and_model_count() -> None:
    provider = nowhere("c")
    way = Forwarding(None, asked_of(provider), "POST", ())  # type: ignore[arg-type]  # nothing is sent
    assert (way.provider, way.model) == (provider, "gpt-4o")
    way.asked = msgspec.structs.replace(way.asked, request=None)
    assert way.model == ""
