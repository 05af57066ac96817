"""Claude Code: a process for each turn, the second and later ones by ``--continue``."""

from __future__ import annotations

from clients.scripts.commands import home, said
from clients.scripts.told import Conversation, names, questions, tell

HELPER = "---\nname: agent\ndescription: Helps.\n---\nYou help.\n"


def main() -> None:
    """One conversation, in which the stand-in starts a sub-agent: that has a conversation of its own, below."""
    _prepare()
    name, _ = names()
    conversation = Conversation()
    for number, question in enumerate(questions(name)):
        conversation.turn(question, _said(question, "--continue") if number else _said(question))
    # The stand-in calls the tool that the word names, with the word for all that it is given: so goes its helper, too.
    _said("agent", "--continue")
    conversation.turns.append(("user", "agent"))
    conversation.calls.append(("Agent", None))
    conversation.turn("Thanks!", _said("Thanks!", "--continue"))
    tell([conversation, Conversation([("user", "agent")], parent=0)])


def _said(question: str, *flags: str) -> str:
    return said("claude", "-p", *flags, question, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1")


def _prepare() -> None:
    """A helper for it, and a repository, since it works in a tree of its own there."""
    said("git", "init", "--quiet")
    helpers = home() / "project" / ".claude" / "agents"
    helpers.mkdir(parents=True)
    (helpers / "agent.md").write_text(HELPER, encoding="utf-8")
    said("git", "add", ".")
    said("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "Begin")


if __name__ == "__main__":
    main()
