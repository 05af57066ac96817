"""opencode: a process for each turn, the second and later ones by ``--continue``."""

from __future__ import annotations

import json
import os

from clients.scripts.commands import home, said
from clients.scripts.told import MODEL, Conversation, names, questions, tell

ALONE = ("OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_DEFAULT_PLUGINS", "OPENCODE_DISABLE_LSP_DOWNLOAD")
"""It waits long for what it can't fetch."""


def main() -> None:
    """One conversation, in which the stand-in wants a tool called. Its title is asked for in a branch beside it."""
    options = {"baseURL": os.environ["OPENAI_BASE_URL"], "apiKey": os.environ["OPENAI_API_KEY"]}
    models = {MODEL: {"name": MODEL}}
    steno = {"npm": "@ai-sdk/openai-compatible", "name": "Steno", "options": options, "models": models}
    settings = {"provider": {"steno": steno}, "model": f"steno/{MODEL}", "autoupdate": False, "share": "disabled"}
    (home() / "opencode.json").write_text(json.dumps(settings), encoding="utf-8")
    alone = {"OPENCODE_CONFIG": str(home() / "opencode.json"), **dict.fromkeys(ALONE, "1")}
    name, _ = names()
    conversation = Conversation()
    for number, question in enumerate([*questions(name), "Look around. [[tool=glob]]", "Thanks!"]):
        more = ["--continue"] if number else []
        answer = said("opencode", "run", *more, question, **alone)
        conversation.turn(question, answer)
    conversation.calls.append(("glob", None))
    tell([conversation])


if __name__ == "__main__":
    main()
