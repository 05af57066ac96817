"""opencode: a process for each turn, the second and later ones by ``--continue``."""

from __future__ import annotations

import json
import os

from clients.scripts.commands import home, said
from clients.scripts.told import MODEL, Conversation, names, questions, tell


def main() -> None:
    """One conversation."""
    options = {"baseURL": os.environ["OPENAI_BASE_URL"], "apiKey": os.environ["OPENAI_API_KEY"]}
    models = {MODEL: {"name": MODEL}}
    steno = {"npm": "@ai-sdk/openai-compatible", "name": "Steno", "options": options, "models": models}
    settings = {"provider": {"steno": steno}, "model": f"steno/{MODEL}", "autoupdate": False, "share": "disabled"}
    (home() / "opencode.json").write_text(json.dumps(settings), encoding="utf-8")
    name, _ = names()
    conversation = Conversation()
    for number, question in enumerate(questions(name)):
        more = ["--continue"] if number else []
        answer = said("opencode", "run", *more, question, OPENCODE_CONFIG=str(home() / "opencode.json"))
        conversation.turn(question, answer)
    tell([conversation])


if __name__ == "__main__":
    main()
