"""Transcripts of a programmer at work, made from a repository's history."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools.transcripts import Agent, Repository, main, transcript

NUMBERS = "\n".join(f"x{number} = {number}" for number in range(200))
BEFORE = f"import os\n\n\ndef greeting(name):\n    return 'Hello ' + name\n\n\n{NUMBERS}"
AFTER = BEFORE.replace("import os\n", "import sys\n").replace("x150 = 150\n", "")
AFTER = AFTER.replace("    return 'Hello '", "    name = name.title()\n    return 'Hi '")
CALLER = "from greet import greeting\n\nprint(greeting('Ann'))\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two commits over two files."""

    def git(*arguments: str) -> None:
        names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", "-C", str(tmp_path), *names, *arguments], check=True, capture_output=True)

    def commit(message: str, **files: str) -> None:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        git("add", ".")
        git("commit", "-m", message)

    git("init")
    commit("Begin", greet=BEFORE, call=CALLER)
    commit("Greet people by their title", greet=AFTER, call=CALLER.replace("Ann", "Bob"))
    return Repository(tmp_path)


def test_the_edits_lead_to_what_was_committed(repository: Repository) -> None:
    agent = Agent(repository, "HEAD")
    agent.work()
    assert agent.files == {"greet.py": AFTER.splitlines(), "call.py": CALLER.replace("Ann", "Bob").splitlines()}


def test_tools_answer_with_what_the_tree_held_before(repository: Repository) -> None:
    steps = Agent(repository, "HEAD").work()
    opened = next(step.answer for step in steps if step.tool == "open_file" and step.arguments["path"] == "greet.py")
    assert "1: import os" in opened
    searched = {step.arguments["query"]: step.answer for step in steps if step.tool == "search_dir"}
    assert "call.py:1:from greet import greeting" in searched["greeting"]


def test_each_call_has_its_result_and_the_task_comes_first(repository: Repository) -> None:
    messages = transcript(repository, "HEAD")["messages"]
    assert [message["role"] for message in messages[:2]] == ["system", "user"]
    assert messages[1]["content"] == "Greet people by their title"
    calls = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    assert calls == [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert len(set(calls)) == len(calls)


def test_short_work_is_left_out_of_the_data(repository: Repository, tmp_path: Path) -> None:
    out = tmp_path / "coding.json"
    main([str(repository.path), str(out)])
    assert json.loads(out.read_text(encoding="utf-8")) == {"name": "coding", "kind": "tools", "conversations": []}
