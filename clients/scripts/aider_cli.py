"""aider: one process, which is told its questions by standard input. Its answers are in the history that it writes."""

from __future__ import annotations

from clients.scripts.commands import home, said
from clients.scripts.told import MODEL, Conversation, names, questions, tell

FLAGS = (
    "--no-git",
    "--no-pretty",
    "--yes-always",
    "--no-check-update",
    "--no-show-model-warnings",
    "--analytics-disable",
)


def main() -> None:
    """One conversation."""
    name, _ = names()
    asked = questions(name)
    # A stream that is no terminal is read line by line, as is what a user types.
    given = "".join(f"{question}\n" for question in asked) + "/exit\n"
    said("aider", "--model", f"openai/{MODEL}", *FLAGS, given=given)
    conversation = Conversation()
    history = (home() / "project" / ".aider.chat.history.md").read_text(encoding="utf-8")
    for question, rest in zip(asked, history.split("\n#### ")[1:], strict=False):
        conversation.turn(question, rest.partition("\n\n")[2].partition("\n>")[0].strip())
    tell([conversation])


if __name__ == "__main__":
    main()
