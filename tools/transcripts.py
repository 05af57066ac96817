"""Coding transcripts from a repository's history, to measure what compaction keeps of long tool loops.

    python -m tools.transcripts REPOSITORY FOLDER/coding.json
    make eval EVAL=/path/to/compaction_eval.py ARGS="--budget 4000 --parts next --data FOLDER --tools coding"

Each transcript follows one commit: its message is the task, the tools answer with what the tree before it held, the
edits are its own. Only the agent's few words are made up.
"""

from __future__ import annotations

import argparse
import builtins
import json
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

SYSTEM = (
    "You are a programmer at work in a repository. Look before you edit: search_dir finds text, open_file and goto "
    "show a hundred lines, edit replaces lines, check_syntax compiles a file, diff shows what was changed. "
    "Submit when you are done."
)
WINDOW = 100
FOUND = 40
SOUGHT = 3
FILES = range(2, 7)
CHANGED = range(10, 80)
LEAST = 30_000
"""Shorter transcripts fit most budgets as they are."""
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", re.MULTILINE)
NAME = re.compile(r"[A-Za-z_]\w{4,}")
COMMON = frozenset({*keyword.kwlist, *dir(builtins), "self", "annotations", "import"})


class Hunk(NamedTuple):
    """Lines ``start`` to ``end`` of the old file (counted from 1, the last one left out) become ``lines``."""

    start: int
    end: int
    lines: list[str]


class Step(NamedTuple):
    """What the agent says, the tool that it calls, and what that answers."""

    says: str
    tool: str
    arguments: dict[str, Any]
    answer: str


@dataclass(frozen=True)
class Repository:
    """A git repository, read at any commit."""

    path: Path

    def git(self, *arguments: str) -> str:
        """What git prints; nothing where it fails."""
        run = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(run, capture_output=True, text=True, errors="replace", check=False).stdout  # noqa: S603

    def commits(self) -> Iterator[str]:
        """Those that are of a size to follow, the latest first."""
        for commit in self.git("log", "--no-merges", "--format=%H").split():
            changes = [line.split("\t") for line in self.git("show", "--numstat", "--format=", commit).splitlines()]
            code = [change for change in changes if change[2].endswith(".py") and change[0] != "-"]
            if len(code) in FILES and sum(int(added) + int(gone) for added, gone, _ in code) in CHANGED:
                yield commit


@dataclass
class Agent:
    """One who makes the change of a commit."""

    repository: Repository
    commit: str
    steps: list[Step] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)

    @property
    def before(self) -> str:
        """The tree to begin with."""
        return f"{self.commit}^"

    def work(self) -> list[Step]:
        """Every step of it."""
        git = self.repository.git
        self._take("I begin with an overview.", "list_files", {"path": "."}, git("ls-tree", "--name-only", self.before))
        for path in git("diff", "--name-only", "--diff-filter=M", self.before, self.commit, "--", "*.py").split():
            self._change(path, _hunks(git("diff", "-U0", self.before, self.commit, "--", path)))
        self._take("Now I look at the whole.", "diff", {}, self._diff())
        self._take("That is all.", "submit", {}, "Submitted.")
        return self.steps

    def _take(self, says: str, tool: str, arguments: dict[str, Any], answer: str) -> None:
        self.steps.append(Step(says, tool, arguments, answer or "(nothing)"))

    def _change(self, path: str, hunks: Sequence[Hunk]) -> None:
        git, name = self.repository.git, PurePosixPath(path).name
        found = git("ls-tree", "-r", "--name-only", self.before).splitlines()
        same = [each for each in found if PurePosixPath(each).name == name]
        self._take(f"Where is {name}?", "find_file", {"name": name}, "\n".join(same))
        lines = self.files[path] = git("show", f"{self.before}:{path}").splitlines()
        for sought in _sought(hunks):
            hits = git("grep", "-n", "-w", "-F", sought, self.before, "--", "*.py").replace(f"{self.before}:", "")
            first = "\n".join(hits.splitlines()[:FOUND])
            self._take(f"Who uses {sought}?", "search_dir", {"query": sought, "path": "."}, first)
        shift = 0
        for number, hunk in enumerate(hunks):
            start, end = hunk.start + shift, hunk.end + shift
            tool = "goto" if number else "open_file"
            self._take("I look at the place.", tool, {"path": path, "line": start}, _window(path, lines, start))
            lines[start - 1 : end - 1] = hunk.lines
            edit = {"path": path, "start_line": start, "end_line": end - 1, "text": "\n".join(hunk.lines)}
            shown = _window(path, lines, start, WINDOW // 2)
            self._take("This has to change.", "edit", edit, f"[File updated]\n{shown}")
            shift += len(hunk.lines) - (end - start)
        self._take("Does it compile?", "check_syntax", {"path": path}, _compiled(path, lines))

    def _diff(self) -> str:
        shown: list[str] = []
        for path, lines in self.files.items():
            old = self.repository.git("show", f"{self.before}:{path}").splitlines()
            shown += unified_diff(old, lines, f"a/{path}", f"b/{path}", lineterm="", n=1)
        return "\n".join(shown)


def _hunks(diff: str) -> list[Hunk]:
    hunks = []
    for found in HUNK.finditer(diff):
        begun, count = int(found[1]), int(found[2] or 1)
        following = HUNK.search(diff, found.end())
        body = diff[found.end() : following.start() if following else len(diff)].splitlines()[1:]
        start = begun if count else begun + 1
        hunks.append(Hunk(start, start + count, [line[1:] for line in body if line.startswith("+")]))
    return hunks


def _sought(hunks: Sequence[Hunk]) -> list[str]:
    """The names that new lines hold, which a programmer would look up; the longest tell most."""
    names = {name for hunk in hunks for line in hunk.lines for name in NAME.findall(line)} - COMMON
    return sorted(sorted(names), key=len, reverse=True)[:SOUGHT]


def _window(path: str, lines: Sequence[str], around: int, size: int = WINDOW) -> str:
    start = max(0, around - size // 2)
    shown = [f"{number}: {line}" for number, line in enumerate(lines[start : start + size], start + 1)]
    return "\n".join([f"[File: {path} ({len(lines)} lines in all)]", *shown])


def _compiled(path: str, lines: Sequence[str]) -> str:
    try:
        compile("\n".join(lines), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{path}:{error.lineno}: {error.msg}"
    return "No errors."


def transcript(repository: Repository, commit: str) -> dict[str, Any]:
    """A conversation as the wire has it."""
    task = repository.git("show", "--no-patch", "--format=%B", commit).strip()
    messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": task}]
    for number, step in enumerate(Agent(repository, commit).work()):
        call = f"call_{sha256(f'{commit} {number}'.encode()).hexdigest()[:24]}"
        function = {"name": step.tool, "arguments": json.dumps(step.arguments)}
        calls = [{"id": call, "type": "function", "function": function}]
        messages.append({"role": "assistant", "content": step.says, "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": call, "content": step.answer})
    return {"id": commit[:12], "messages": messages}


def transcripts(repository: Repository, most: int) -> list[dict[str, Any]]:
    """The latest ones that are long enough."""
    found: list[dict[str, Any]] = []
    for commit in repository.commits():
        one = transcript(repository, commit)
        if sum(len(message["content"]) for message in one["messages"]) >= LEAST:
            found.append(one)
        if len(found) == most:
            break
    return found


def main(arguments: Sequence[str]) -> None:
    """Write a data file for the driver."""
    parser = argparse.ArgumentParser(prog="python -m tools.transcripts", description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--transcripts", type=int, default=20)
    asked = parser.parse_args(arguments)
    conversations = transcripts(Repository(asked.repository), asked.transcripts)
    asked.out.write_text(json.dumps({"name": asked.out.stem, "kind": "tools", "conversations": conversations}))
    sys.stdout.write(f"{len(conversations)} transcripts\n")


if __name__ == "__main__":
    main(sys.argv[1:])
