import json
from typing import Any

from proxy.standin.answers import Answer
from proxy.standin.endpoints import Received
from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.journal import Entry
from proxy.standin.responses import KEPT, Responses


def received(body: bytes, method: str, faults: Faults, mark: str = "s1", query: bytes = b"") -> Received:
    entry = Entry({"method": method, "path": "/v1/responses", "query_string": query, "headers": []})
    return Received(entry, body, faults, mark, 7, {"name": f"resp_{mark}"})


def create(held: Responses, given: Any, mark: str = "s1", faults: Faults = WELL_BEHAVED, **fields: Any) -> Answer:
    return held.create(received(json.dumps({"input": given, **fields}).encode(), "POST", faults, mark))


def fetch(held: Responses, method: str = "GET", mark: str = "s1", query: bytes = b"") -> Answer:
    return held.one(received(b"", method, WELL_BEHAVED, mark, query))


def told(answer: Answer) -> Any:
    return json.loads(b"".join(answer.pieces))


def test_a_response_goes_on_from_one_that_is_held() -> None:
    held = Responses()
    create(held, "My name is Ada")
    second = told(create(held, "What is my name?", "s2", previous_response_id="resp_s1"))
    assert second["output"][0]["content"][0]["text"] == "Your name is Ada."
    third = told(create(held, "What is my name?", "s3", previous_response_id="resp_s2", store=False))
    assert third["output"][0]["content"][0]["text"] == "Your name is Ada."
    assert (third["id"], create(held, "x", "s4", previous_response_id="resp_s3").status) == ("resp_s3", 400)


def test_a_response_is_fetched_and_deleted() -> None:
    held = Responses()
    made = told(create(held, "Hello"))
    assert told(fetch(held)) == made
    assert fetch(held, query=b"stream=true").length is None
    assert told(held.inputs(received(b"", "GET", WELL_BEHAVED)))["data"][0]["content"] == "Hello"
    assert told(fetch(held, "DELETE"))["deleted"]
    assert [fetch(held).status, held.inputs(received(b"", "GET", WELL_BEHAVED)).status] == [404, 404]


def test_a_background_response_is_done_after_as_many_fetches_as_asked() -> None:
    held = Responses()
    queued = told(create(held, "Hello", background=True, faults=Faults(polls=1)))
    assert (queued["status"], queued["output"]) == ("queued", [])
    assert [told(fetch(held))["status"] for _ in range(3)] == ["in_progress", "completed", "completed"]


def test_a_response_is_cancelled() -> None:
    held = Responses()
    create(held, "Hello", background=True, faults=Faults(polls=9))
    assert told(held.cancel(received(b"", "POST", WELL_BEHAVED)))["status"] == "cancelled"
    assert told(fetch(held))["status"] == "cancelled"
    assert held.cancel(received(b"", "POST", WELL_BEHAVED, "none")).status == 404


def test_a_response_fails_or_stays_incomplete_as_asked() -> None:
    failed = told(create(Responses(), "Hello", faults=Faults(failed=True)))
    cut = told(create(Responses(), "Hello", faults=Faults(incomplete=True)))
    assert (failed["status"], failed["error"]["code"], failed["output"]) == ("failed", "server_error", [])
    assert (cut["status"], cut["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def test_a_stream_may_be_answered_with_plain_json() -> None:
    assert create(Responses(), "Hello", stream=True).length is None
    assert create(Responses(), "Hello", stream=True, faults=Faults(plain=True)).length is not None


def test_wishes_stand_in_the_last_message() -> None:
    assert Responses().directives(b'{"input":"Hello [[status=429]]"}') == {"status": "429"}
    assert Responses().directives(b'{"input":"Hello"}') == {}


def test_only_the_latest_are_held() -> None:
    held = Responses()
    for number in range(KEPT + 1):
        create(held, "Hello", f"s{number}")
    assert [fetch(held, mark="s0").status, fetch(held, mark="s1").status] == [404, 200]
