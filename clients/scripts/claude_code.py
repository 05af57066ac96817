"""Claude Code: a process for each turn, the second and later ones by ``--continue``."""

from __future__ import annotations

from clients.scripts.commands import said
from clients.scripts.told import Conversation, names, questions, tell


def main() -> None:
    """One conversation."""
    name, _ = names()
    conversation = Conversation()
    for number, question in enumerate(questions(name)):
        more = ["--continue"] if number else []
        conversation.turn(question, said("claude", "-p", *more, question, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1"))
    tell([conversation])


if __name__ == "__main__":
    main()
