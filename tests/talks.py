"""Conversations for the planner: builders of heard messages, random histories, and what a strict provider demands."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from hypothesis import strategies as st

from proxy.compaction import Planner
from proxy.messages import Message, Part, Role, ToolCall
from proxy.plans import Plan
from proxy.shares import Budget
from proxy.tracks import Heard, Track


def count(text: str) -> int:
    """Tokens, as tests count them."""
    return (len(text) + 3) // 4


def says(role: Role, text: str) -> Message:
    return Message(role, (Part("text", text),) if text else ())


def user(text: str) -> Message:
    return says(Role.USER, text)


def assistant(text: str) -> Message:
    return says(Role.ASSISTANT, text)


def system(text: str) -> Message:
    return says(Role.SYSTEM, text)


def calls(*ids: str, name: str = "look", arguments: str = "{}", text: str = "") -> Message:
    parts = (Part("text", text),) if text else ()
    return Message(Role.ASSISTANT, parts, tuple(ToolCall(one, name, arguments) for one in ids))


def result(identity: str, text: str) -> Message:
    return Message(Role.TOOL, (Part("text", text),), tool_call_id=identity)


def weigh(message: Message) -> int:
    called = sum(count(call.name) + count(call.arguments) for call in message.tool_calls)
    return 4 + count(message.text) + called


def heard(messages: list[Message]) -> list[Heard]:
    """Messages with their tokens and digests, as a chain gives them."""
    chained, digest = [], b""
    for message in messages:
        if message.role is Role.SYSTEM:
            chained.append(Heard(message, weigh(message)))
            continue
        digest = blake2b(digest + repr(message).encode(), digest_size=16).digest()
        chained.append(Heard(message, weigh(message), digest))
    return chained


def planner(threshold: int, *, recall: bool = True, turns: int = 0) -> Planner:
    return Planner(Budget(threshold, recall, turns), count)


def track_of(messages: list[Message], threshold: int, *, recall: bool = True) -> Track:
    return planner(threshold, recall=recall).follow(Track(), heard(messages))


def plan_of(messages: list[Message], threshold: int, *, recall: bool = True) -> Plan:
    one = planner(threshold, recall=recall)
    return one.plan(one.follow(Track(), heard(messages)))


def chat(turns: int, words: int = 12) -> list[Message]:
    """A talk with something of its own in each turn, that ends with a question."""
    talk = []
    for turn in range(turns):
        filler = " ".join(f"word{turn}x{number}" for number in range(words))
        talk += [user(f"About topic{turn}: {filler}."), assistant(f"Noted topic{turn}, number {turn * 7}.")]
    return [*talk, user(f"What did we say about topic{turns // 3}?")]


def loop(steps: int, words: int = 30) -> list[Message]:
    """One request and a long loop of tool calls, that ends with a result."""
    talk = [user("Repair src/app.py, please.")]
    for step in range(steps):
        listing = " ".join(f"src/file_{step}_{number}.py:{number}" for number in range(words))
        talk += [calls(f"call_{step}", arguments=f'{{"path": "src/file_{step}.py"}}'), result(f"call_{step}", listing)]
    return talk


@dataclass(frozen=True)
class Sent:
    """A message as it is forwarded: ``own`` is its position in the client's list, or -1."""

    message: Message
    own: int = -1


def forwarded(messages: list[Message], plan: Plan) -> list[Sent]:
    """What the plan asks for."""
    inserts: dict[int, str] = {}
    for insert in plan.inserts:
        inserts[insert.at] = insert.text + inserts.get(insert.at, "")
    clips = {clip.at: clip.text for clip in plan.clips}
    sent: list[Sent] = []
    for number, (start, end) in enumerate(plan.spans):
        if number == len(plan.spans) - plan.tail:
            sent += [Sent(user(plan.head))] * bool(plan.head) + [Sent(assistant(plan.bridge))] * bool(plan.bridge)
        for at in range(start, end):
            message = messages[at]
            text = clips.get(at, inserts.get(at, "") + message.text)
            changed = Message(message.role, (Part("text", text),), message.tool_calls, message.tool_call_id)
            sent.append(Sent(changed if at in inserts or at in clips else message, at))
    return [*sent, Sent(user(plan.asked), len(messages) - 1)] if plan.asked else sent


def weight(sent: list[Sent]) -> int:
    """Tokens that count against the threshold: without system text and the last message."""
    return sum(weigh(one.message) for one in sent[:-1] if one.message.role is not Role.SYSTEM)


def flaws(sent: list[Sent]) -> list[str]:
    """What a strict provider would reject."""
    body = [one.message for one in sent]
    while body and body[0].role is Role.SYSTEM:
        body.pop(0)
    found = [] if body and body[0].role is Role.USER else ["the first message is no user's"]
    found += ["a late system message" for message in body if message.role is Role.SYSTEM]
    found += ["an empty message" for message in body if not message.text and not message.tool_calls]
    repeated = [one.role for one, other in pairwise(body) if one.role is other.role and one.role is not Role.TOOL]
    return [*found, *(f"two messages of role {role}" for role in repeated), *_parted(body)]


def _parted(body: list[Message]) -> list[str]:
    """Calls and results that don't stand together."""
    found: list[str] = []
    waiting: list[str] = []
    for message in [*body, user("end")]:
        if message.role is not Role.TOOL:
            found += [f"the call {one} without its result" for one in waiting]
            waiting = [call.id for call in message.tool_calls]
        elif message.tool_call_id in waiting:
            waiting.remove(message.tool_call_id)
        else:
            found.append(f"the result of {message.tool_call_id} without its call")
    return found


WORDS = ["blue", "Paris", "42", "error", "we", "decided", "src/app.py", "Order_77", "你好吗", "the", "cat", "report"]
texts = st.builds(
    lambda words, end: " ".join(words) + end,
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=60),
    st.sampled_from([".", "?", "!", "\n", "。", ""]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """A valid list of messages that ends with a user's message or with results."""
    talk = [system(draw(texts))] if draw(st.booleans()) else []
    made = 0
    for turn in range(draw(st.integers(1, 8))):
        if turn:
            talk.append(assistant(draw(texts)))
        talk.append(user(draw(texts)))
        for _ in range(draw(st.integers(0, 4))):
            ids = [f"call_{made + number}" for number in range(draw(st.integers(1, 3)))]
            made += len(ids)
            talk.append(calls(*ids, arguments=draw(texts), text=draw(st.sampled_from(["", "Let me look."]))))
            talk += [result(one, draw(texts)) for one in ids]
    return talk
