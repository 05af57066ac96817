"""Traffic with known truth: conversations as generators that yield requests and are sent the answers.

Deterministic from a seed, whatever the interleaving. Knows what each request continues, nothing of how that is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.clients import CLIENTS, Called, Client, Said

Trail = tuple[Said, ...]

HELLO = (Said("user", "hi"), Said("assistant", "Hello!"))
SHOTS = (
    Said("user", "Translate: sea otter"),
    Said("assistant", "loutre de mer"),
    Said("user", "Translate: cheese"),
    Said("assistant", "fromage"),
)
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "number"}}},
        },
    }
    for name in ("fetch_forecast", "fetch_clock")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request with its truth.

    ``wish`` is the answer to give, None a failure. ``trail`` is the true history, whatever of it the client shows; the
    request goes on from its first ``goes_on`` messages, which end with an answer. ``again`` marks a retry, ``own`` that
    no other conversation has come so far in the same words.
    """

    conversation: int
    kind: str
    body: bytes
    wish: Said | None
    trail: Trail
    goes_on: int
    again: bool = False
    own: bool = True
    stream: bool = False


Talk = Generator[Asked, Said | None, None]


@dataclass(slots=True)
class Branch:
    """One line of a conversation. Its client shows the trail from ``start`` on, behind what it wrote as ``head``."""

    trail: list[Said]
    start: int = 0
    head: Trail = ()

    def copy(self, length: int) -> Branch:
        """The same up to a message."""
        return Branch(self.trail[:length], self.start, self.head)


@dataclass(frozen=True, slots=True)
class Manner:
    """What kind of conversation it is: how it opens, whether its client shows only its last so many questions, and
    whether it forgets the tools once there is an answer."""

    opening: Trail = ()
    greets: bool = False
    window: int = 0
    counts_calls: bool = False
    forgets_tools: bool = False


@dataclass(slots=True)
class Conversation:
    """One conversation: a person's doings, turn by turn."""

    number: int
    rng: Random
    client: Client
    manner: Manner
    turns: int
    clock: int = 0
    said: int = 0
    persona: str = ""
    branches: list[Branch] = field(default_factory=list)

    def talk(self) -> Talk:
        """All its requests, in order; each takes its answer."""
        self.persona = self._words("You are") if self.rng.random() < 0.7 else ""
        branch = Branch(list(self.manner.opening))
        self.branches.append(branch)
        if self.manner.greets:
            yield from self._greet(branch)
        yield from self._turn(branch)
        doings, weights = zip(*(WINDOWED if self.manner.window else DOINGS), strict=True)
        for doing in self.rng.choices(doings, weights, k=self.turns):
            yield from doing(self, self.rng.choice(self.branches))

    # What a person does

    def _greet(self, branch: Branch) -> Talk:
        branch.trail.append(HELLO[0])
        yield from self._exchange(branch, "same opening", HELLO[1])

    def _turn(self, branch: Branch) -> Talk:
        branch.trail.append(Said("user", self._words("Tell me of")))
        yield from self._exchange(branch, "turn" if _goes_on(branch.trail) else "opening")

    def _thank(self, branch: Branch) -> Talk:
        branch.trail.append(Said("user", "Thanks!"))
        yield from self._exchange(branch, "turn", Said("assistant", "You're welcome."))

    def _edit(self, branch: Branch) -> Talk:
        questions = self._revisable(branch)
        if questions:
            at = self.rng.choice(questions)
            del branch.trail[at:]
            branch.trail.append(Said("user", self._words("Rather tell me of")))
            yield from self._exchange(branch, "edit" if _goes_on(branch.trail) else "edited opening")

    def _regenerate(self, branch: Branch) -> Talk:
        questions = self._revisable(branch)
        if questions:
            del branch.trail[questions[-1] + 1 :]
            yield from self._exchange(branch, "regenerated" if _goes_on(branch.trail) else "regenerated opening")

    def _fork(self, branch: Branch) -> Talk:
        ends = [at + 1 for at, said in enumerate(branch.trail) if _ends(said) and at > self._shared]
        ends = [end for end in ends if end > branch.start]
        if ends:
            fork = branch.copy(self.rng.choice(ends))
            self.branches.append(fork)
            fork.trail.append(Said("user", self._words("And what of")))
            yield from self._exchange(fork, "fork")

    def _go_elsewhere(self, branch: Branch) -> Talk:
        if _goes_on(branch.trail) and not branch.start:
            branch.trail += [Said("user", self._words("Elsewhere")), Said("assistant", self._words("They say"))]
            branch.trail.append(Said("user", self._words("Back to")))
            yield from self._exchange(branch, "elsewhere")

    def _compact(self, branch: Branch) -> Talk:
        starts = [at for at in self._questions(branch) if any(map(_ends, branch.trail[at:]))]
        kept = [said for said in branch.trail[starts[-3] :] if said.role == "assistant"] if len(starts) > 3 else []
        if kept and all(said.relayed for said in kept):
            branch.start = self.rng.choice(starts[-3:-1])
            branch.head = (Said("user", self._words("So far we spoke of")),)
            branch.trail.append(Said("user", self._words("Now tell me of")))
            yield from self._exchange(branch, "compaction")

    def _change_system(self, branch: Branch) -> Talk:
        self.persona = self._words("You are now")
        yield from self._turn(branch)

    # How it is asked

    def _exchange(self, branch: Branch, kind: str, wish: Said | None = None) -> Talk:
        """One question with its answer, tools and failures included."""
        asked = self._asked(branch, kind, wish or self._answer())
        reply = None
        if not wish and self.rng.random() < 0.08:
            yield replace(asked, wish=None)
            asked = replace(asked, kind="retry", again=True)
        while reply is None:
            reply = yield asked
        branch.trail.append(replace(reply, relayed=True))
        for call in reply.calls:
            branch.trail.append(Said("tool", self._words("It is"), call_id=call.id))
        if reply.calls:
            yield from self._exchange(branch, "tool result")

    def _asked(self, branch: Branch, kind: str, wish: Said) -> Asked:
        fields: dict[str, Any] = {}
        stream = not wish.calls and self.rng.random() < 0.3
        if stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        elif self.client.tools:
            fields |= {"tools": TOOLS, "tool_choice": "auto"}
        trail = tuple(branch.trail)
        return Asked(
            conversation=self.number,
            kind=self._kind(branch, kind),
            body=self.client.body(self._shown(branch), fields),
            wish=wish,
            trail=trail,
            goes_on=_goes_on(trail),
            own=len(trail) > self._shared + 1,
            stream=stream,
        )

    def _kind(self, branch: Branch, kind: str) -> str:
        if self.manner.window and len(self._questions(branch)) > self.manner.window:
            return "window"
        return "after compaction" if branch.head and kind != "compaction" else kind

    def _shown(self, branch: Branch) -> list[Said]:
        start = branch.start
        if self.manner.window:
            start = self._questions(branch)[-self.manner.window :][0]
        shown = [*branch.head, *self._remembered(branch, start)]
        if not self.persona:
            return shown
        self.clock += self.rng.randint(1, 900)
        return [Said("system", f"{self.persona}\nThe time is {self.clock}."), *shown]

    def _remembered(self, branch: Branch, start: int) -> list[Said]:
        latest = self._questions(branch)[-1]
        past = [said for said in branch.trail[start:latest] if not (self.manner.forgets_tools and _works(said))]
        return [*past, *branch.trail[latest:]]

    def _answer(self) -> Said:
        if not self.client.tools or self.rng.random() < 0.7:
            return Said("assistant", self._words("I know of") + self.rng.choice(("", "\n", " ", "\n\n- **é** ☕ 你好")))
        count = self.rng.choice((1, 1, 2))
        return Said("assistant", self.rng.choice(("", "Let me see.")), tuple(self._call(at) for at in range(count)))

    def _call(self, at: int) -> Called:
        name = self.rng.choice(("fetch_forecast", "fetch_clock"))
        if self.manner.counts_calls:
            return Called(f"call_{at}", name, "{}")
        value = {"city": self._words("Zürich"), "days": 1.0, "at": [1e3, 0.1, None, {"b": 1, "a": -0.0}]}
        identity = "".join(self.rng.choices("abcdefghijkXYZ0123456789", k=24))
        return Called(f"call_{identity}", name, json.dumps(value, indent=self.rng.choice((None, 1))))

    # Where a person can go back to

    @property
    def _shared(self) -> int:
        """The last place that others may have come to in the same words; from there nobody can tell who goes on."""
        return len(self.manner.opening) + 1 if self.manner.greets else len(self.manner.opening) - 1

    def _questions(self, branch: Branch) -> list[int]:
        first = len(self.manner.opening)
        trail = branch.trail
        return [at for at in range(max(first, branch.start), len(trail)) if trail[at].role == "user"]

    def _revisable(self, branch: Branch) -> list[int]:
        """The questions that may be put anew: what is shown before them still tells this conversation from others."""
        alone = not self.manner.greets and not branch.head
        return self._questions(branch)[0 if alone else 1 + self.manner.greets :]

    def _words(self, start: str) -> str:
        self.said += 1
        return f'{start} "{self.number}/{self.said}" {self.rng.getrandbits(48):x}'


def _ends(said: Said) -> bool:
    return said.relayed and not said.calls


def _works(said: Said) -> bool:
    return bool(said.calls or said.call_id)


def _goes_on(trail: Sequence[Said]) -> int:
    return max((at + 1 for at, said in enumerate(trail) if said.relayed), default=0)


Doing = Callable[[Conversation, Branch], Talk]

DOINGS: tuple[tuple[Doing, int], ...] = (
    (Conversation._turn, 50),
    (Conversation._thank, 5),
    (Conversation._edit, 10),
    (Conversation._regenerate, 8),
    (Conversation._fork, 8),
    (Conversation._change_system, 6),
    (Conversation._go_elsewhere, 4),
    (Conversation._compact, 5),
)
WINDOWED: tuple[tuple[Doing, int], ...] = (
    (Conversation._turn, 80),
    (Conversation._thank, 1),
    (Conversation._regenerate, 6),
    (Conversation._change_system, 12),
)
MANNERS = (
    Manner(),
    Manner(counts_calls=True),
    Manner(opening=SHOTS),
    Manner(greets=True),
    Manner(opening=SHOTS, greets=True),
)


def whole(seed: int, count: int = 50) -> list[Conversation]:
    """Conversations whose clients show their whole history, until they compact it."""
    return [_conversation(seed, number, MANNERS[number % len(MANNERS)]) for number in range(count)]


def windows(seed: int, count: int = 50) -> list[Conversation]:
    """Conversations whose clients show only their last messages."""
    return [_conversation(seed, number, Manner(window=2 + number % 4)) for number in range(count)]


def forgetful(seed: int, count: int = 50) -> list[Conversation]:
    """Conversations whose clients show no tools of earlier questions; of every fourth, only the last messages."""
    manners = [Manner(window=3 * (number % 4 == 0), forgets_tools=True) for number in range(count)]
    return [_conversation(seed, number, manner) for number, manner in enumerate(manners)]


def _conversation(seed: int, number: int, manner: Manner) -> Conversation:
    rng = Random(f"{seed}/{number}")  # noqa: S311
    return Conversation(number, rng, CLIENTS[number % len(CLIENTS)], manner, turns=rng.randint(8, 16))
