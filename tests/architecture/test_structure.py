"""The structure of the code: no file above 400 lines, no room without a name of its own."""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400
EXCEPTIONS: dict[str, str] = {}
"""Path -> why this file may be longer."""
USED_ELSEWHERE: dict[str, str] = {
    "append_instant": "the log of facts, until punches are written into it",
    "forget": "tests let the summaries be as in a new process",
    "process_view": "Django calls it",
}
"""Public name that no code of ours uses -> who does."""
BANNED = {"utils", "helpers", "common", "services"}


def sources() -> list[Path]:
    return [
        path
        for folder in ("config", "timekeeping", "verifier", "attendance", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    ]


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """Read a file once for all tests."""
    return ast.parse(path.read_text())


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_file_can_be_read_in_one_sitting(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in EXCEPTIONS:
        assert len(path.read_text().splitlines()) <= LONGEST


def test_no_drawer_for_everything() -> None:
    named = {path.stem for path in sources()} | {path.parent.name for path in sources()}
    assert not named & BANNED


def test_exceptions_still_exist() -> None:
    assert all((ROOT / path).exists() for path in EXCEPTIONS)


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def error_classes(trees: list[ast.Module]) -> set[str]:
    """Names of Python's exceptions and of all classes that inherit from one, by however many steps."""
    found = {
        name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
    } | {"Http404", "PermissionDenied", "ValidationError"}
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while new := {each.name for each in classes if {name_of(base) for base in each.bases} & found} - found:
        found |= new
    return found


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below the node that runs when the module is imported: not the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for default in [*child.args.defaults, *filter(None, child.args.kw_defaults)]:
                yield from ast.walk(default)
        else:
            yield child
            yield from run_at_import(child)


def made_at_import(tree: ast.Module, *, errors: set[str]) -> list[int]:
    """Lines that make an exception when the module is imported."""
    found = [node for node in run_at_import(tree) if isinstance(node, ast.Call) and name_of(node.func) in errors]
    return sorted(node.lineno for node in found)


def test_no_exception_is_made_at_import() -> None:
    """An exception that is raised twice keeps the traceback of both: it grows for as long as the process lives."""
    trees = {path: tree_of(path) for path in sources()}
    errors = error_classes(list(trees.values()))
    assert {"Refusal", "Fault", "NoFace", "KeyError"} <= errors
    found = {str(path.relative_to(ROOT)): made_at_import(tree, errors=errors) for path, tree in trees.items()}
    assert not {path: lines for path, lines in found.items() if lines}


def used_names(tree: ast.Module) -> Iterator[str]:
    """Names that a module reads, imports or writes as a text (templates, tasks and settings name things by texts)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.rpartition(".")[2]


def public_names(tree: ast.Module) -> Iterator[str]:
    """Functions without a decorator, and constants, that a module offers."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            yield node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (each.id for each in targets if isinstance(each, ast.Name) and each.id.isupper())
        if isinstance(node, ast.ClassDef):
            yield from (
                each.name
                for each in node.body
                if isinstance(each, ast.FunctionDef) and not each.decorator_list and not node.bases
            )


def test_what_a_module_of_attendance_offers_is_used() -> None:
    trees = {path: tree_of(path) for path in sources() if "tests" not in path.relative_to(ROOT).parts}
    used = {name for tree in trees.values() for name in used_names(tree)}
    used |= set(re.findall(r"\w+", " ".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))))
    offered = {
        name: str(path.relative_to(ROOT))
        for path, tree in trees.items()
        if path.is_relative_to(ROOT / "attendance") and "migrations" not in path.parts
        for name in public_names(tree)
        if not name.startswith("_")
    }
    unused = {name for name in offered if name not in used}
    assert {name: offered[name] for name in unused - set(USED_ELSEWHERE)} == {}
