from proxy.api.openapi import document
from proxy.api.routes import ENDPOINTS

DOCUMENT = document(ENDPOINTS, "1.2.3")


def test_each_call_is_described_with_what_it_takes_gives_and_refuses() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    listed = DOCUMENT["paths"]["/api/sessions"]["get"]
    assert [one["name"] for one in listed["parameters"]][:3] == ["limit", "cursor", "q"]
    assert {"200", "400", "401", "403", "503"} == set(listed["responses"])
    made = DOCUMENT["paths"]["/api/sessions"]["post"]
    assert made["requestBody"]["required"] is True
    assert {"201", "404", "409", "413"} <= set(made["responses"])


def test_all_calls_have_names_of_their_own_and_say_what_they_do() -> None:
    calls = [call for methods in DOCUMENT["paths"].values() for call in methods.values()]
    assert len({call["operationId"] for call in calls}) == len(calls) == len(ENDPOINTS)
    assert all(call["summary"].endswith(".") for call in calls)
