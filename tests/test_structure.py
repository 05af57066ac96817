"""What the linters can't hold: sizes, mirrors, and that the pages of the manual keep up with the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from proxy.cli import COMMANDS, Commands
from proxy.config import Settings

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("proxy", "storage", "tests", "bench", "clients", "tools")
MANUAL = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_LINES = 400
LONGEST_FUNCTION = 50
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def has_behaviour(path: Path) -> bool:
    """Whether there is anything to test: a function that is more than a signature or a constructor."""
    return any(
        function.name != "__init__" and any(not is_blank(statement) for statement in function.body)
        for function in functions(tree_of(path))
    )


def is_blank(statement: ast.stmt) -> bool:
    """A docstring, or three dots."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def mirrors(path: Path) -> list[Path]:
    """Where a module's tests may be: beside its name, or with the whole of the wire format that it is a part of."""
    inner = path.relative_to(ROOT / "proxy") if path.is_relative_to(ROOT / "proxy") else path.relative_to(ROOT)
    names = [path.stem, path.stem.partition("_")[0]] if path.parent.name == "dialects" else [path.stem]
    return [ROOT / "tests" / inner.parent / f"test_{name}.py" for name in names]


def fences(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def settings_of(model: type[BaseModel], table: str = "") -> Iterator[tuple[str, str]]:
    """Each setting with the table it stands in."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        inner = get_args(kind)[1] if get_origin(kind) is dict else kind
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings_of(inner, name)
        else:
            yield table, name


def error_codes() -> set[str]:
    """The codes of Steno's own errors: those of the tree, and those given where one is raised."""
    classes = {node.name for node in ast.walk(tree_of(ROOT / "proxy" / "errors.py")) if isinstance(node, ast.ClassDef)}
    codes: set[str] = set()
    for path in sources("proxy"):
        for node in ast.walk(tree_of(path)):
            match node:
                case ast.AnnAssign(target=ast.Name(id="default_code"), value=ast.Constant(value=str(code))):
                    codes.add(code)
                case ast.Assign(targets=[ast.Name(id="default_code")], value=ast.Constant(value=str(code))):
                    codes.add(code)
                case ast.Call(func=ast.Name(id=name), keywords=keywords) if name in classes:
                    given = [keyword.value for keyword in keywords if keyword.arg == "code"]
                    codes |= {ast.literal_eval(value) for value in given if isinstance(value, ast.Constant)}
    return codes


def test_each_module_has_its_mirror() -> None:
    modules = [path for path in sources("proxy", "storage") if path.stem not in {"__init__", "__main__"}]
    missing = [
        named(path) for path in modules if has_behaviour(path) and not any(mirror.exists() for mirror in mirrors(path))
    ]
    assert not missing, "\n".join(missing)


def test_each_module_opens_with_its_law() -> None:
    assert [named(path) for path in sources("proxy", "storage") if not ast.get_docstring(tree_of(path))] == []


def test_no_file_is_too_long() -> None:
    files = [*sources(*FOLDERS), *(ROOT / "storage").rglob("*.sql")]
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{named(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in sources(*FOLDERS)
        for function in functions(tree_of(path))
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_nothing_is_left_unfinished() -> None:
    files = [*sources(*FOLDERS), *(ROOT / "storage").rglob("*.sql"), *MANUAL, ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert [named(path) for path in files if UNFINISHED.search(path.read_text(encoding="utf-8"))] == []


def test_wire_formats_do_not_know_each_other() -> None:
    folder = ROOT / "proxy" / "dialects"
    shared = {"chunks", "dialect", "envelope", "jsontext", "media", "splices"}
    strange = []
    for path in folder.glob("[a-z]*.py"):
        ours = path.stem.partition("_")[0]
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("proxy.dialects."):
                theirs = str(node.module).removeprefix("proxy.dialects.")
                if theirs not in shared and theirs.partition("_")[0] != ours:
                    strange.append(f"{path.stem} -> {theirs}")
    assert strange == []


def test_only_the_settings_read_the_environment() -> None:
    reads = re.compile(r"\bos\.(environ|getenv)\b")
    readers = [named(path) for path in sources("proxy", "storage") if reads.search(path.read_text(encoding="utf-8"))]
    assert readers == ["proxy/config.py"]


def test_the_manuals_make_commands_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {name for page in MANUAL for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert {"serve", "test"} <= used <= targets


def test_the_manuals_steno_commands_are_in_the_command_line() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in MANUAL)
    used = set(re.findall(r"(?:^|`|\$ |/)steno ([a-z]+)", text, re.MULTILINE))
    assert used == set(COMMANDS)


def test_the_manual_names_every_option() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    group = Commands(name="steno")
    made = [command for name in COMMANDS if (command := group.get_command(None, name)) is not None]
    names = {name for command in made for parameter in command.params for name in parameter.opts}
    options = {name for name in names if name.startswith("--") and name != "--help"}
    assert len(options) > 20
    assert {option for option in options if f"`{option}" not in page} == set()


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.name)
def test_python_in_the_manual_compiles(page: Path) -> None:
    for code in fences(page, "python"):
        compile(code, page.name, "exec")


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.name)
def test_links_in_the_manual_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_manual_explains_every_setting() -> None:
    sections = re.split(r"^## ", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    pages = {section.split("\n")[0].strip("`[]").partition(".")[0]: section for section in sections[1:]}
    missing = [(table, name) for table, name in settings_of(Settings) if f"`{name}`" not in pages.get(table, "")]
    assert missing == []


def test_the_manual_explains_every_error_of_our_own() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z_]+)`", page, re.MULTILINE)) == error_codes()


def test_the_wheel_holds_all_that_it_needs(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ours = [path for folder in ("proxy", "storage") for path in (ROOT / folder).rglob("*") if path.is_file()]
    needed = {named(path) for path in ours if "__pycache__" not in path.parts}
    assert needed - names == set()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
