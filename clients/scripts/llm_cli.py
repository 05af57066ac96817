"""The ``llm`` command: each question is a process of its own, which goes on with ``-c``."""

from __future__ import annotations

from clients.scripts.commands import home, said
from clients.scripts.told import MODEL, Conversation, names, questions, tell


def main() -> None:
    """One conversation, and another one after it."""
    conversations = [Conversation(), Conversation()]
    for conversation, name in zip(conversations, names(), strict=True):
        for number, question in enumerate(questions(name)):
            more = ["-c"] if number else ["-m", MODEL]
            conversation.turn(question, said("llm", *more, question, LLM_USER_PATH=str(home() / "llm")))
    tell(conversations)


if __name__ == "__main__":
    main()
