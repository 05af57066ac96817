"""Codex: a process for each turn, the second and later ones by ``resume``."""

from __future__ import annotations

import os
import sys

from clients.scripts.commands import home, said
from clients.scripts.told import MODEL, Conversation, names, questions, tell

STENO = '{{name="Steno", base_url="{url}", env_key="OPENAI_API_KEY", wire_api="responses"}}'


def main() -> None:
    """One conversation, in which the stand-in wants a command run."""
    url, (name, _) = os.environ["OPENAI_BASE_URL"], names()
    (home() / ".codex").mkdir()
    ways = {
        "builtin": ["-c", f'openai_base_url="{url}"'],
        "provider": ["-c", 'model_provider="steno"', "-c", f"model_providers.steno={STENO.format(url=url)}"],
    }
    flags = ["--skip-git-repo-check", "-m", MODEL, *ways[sys.argv[1]]]
    conversation = Conversation()
    for number, question in enumerate([*questions(name), "Look. [[tool=exec_command]]", "Thanks!"]):
        command = ["exec", "resume", *flags, "--last"] if number else ["exec", *flags]
        answer = said("codex", *command, question, CODEX_API_KEY=os.environ["OPENAI_API_KEY"])
        conversation.turn(question, answer)
    conversation.calls.append(("exec_command", None))
    tell([conversation])


if __name__ == "__main__":
    main()
