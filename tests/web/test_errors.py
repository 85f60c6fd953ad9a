"""Every code has its sentence, and every sentence its code."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import verifier.errors
from attendance.core.errors import Refusal
from attendance.web import errors
from timekeeping.requests import Code

ROOT = Path(__file__).resolve().parents[2]
RAISED = {"Refusal", "Fault", "NoneUsable"}
ABSTRACT = {"verifier_error", "refused", "fault"}
"""Codes of the roots, which nobody raises."""


def verifier_codes() -> set[str]:
    """The codes of the library's error classes."""
    found = {
        kind.code
        for kind in vars(verifier.errors).values()
        if isinstance(kind, type) and issubclass(kind, verifier.errors.VerifierError)
    }
    return found - ABSTRACT


@functools.cache
def raised_codes() -> list[tuple[str, str]]:
    """Every code with the file that raises it."""
    return list(_raised_codes())


def _raised_codes() -> Iterator[tuple[str, str]]:
    """Every code that attendance raises or stores, read from the source: the first argument, `code=`, or `Code`."""
    for path in (ROOT / "attendance").rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            if name in RAISED and node.args:
                values.append(node.args[0])
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                    yield value.value, str(path.relative_to(ROOT))
    for code in Code:
        yield code.value, "timekeeping/requests.py"


def test_every_code_has_a_sentence() -> None:
    missing = {(code, place) for code, place in raised_codes() if code not in errors.WORDS}
    missing |= {(code, "verifier/errors.py") for code in verifier_codes() if code not in errors.WORDS}
    assert not missing, "write what happened and what to do into WORDS of attendance/web/errors.py"


def test_every_sentence_has_a_code() -> None:
    known = verifier_codes() | {code for code, _ in raised_codes()} | STORED
    assert set(errors.WORDS) <= known


STORED = {
    "guest_gives_number",
    "look_alike_pair",
    "look_alike_without_pin",
    "look_alike",
    "enrolled_twice",
    "another_face",
    "old_photo_kept",
    "photo_replaced",
    "unchanged",
    "filename_invalid",
}
"""Codes that reach a row by another way than a call that names them."""


@pytest.mark.parametrize("code", sorted(errors.WORDS))
def test_a_sentence_says_what_to_do_with_facts_and_without(code: str) -> None:
    assert errors.what(code).endswith(".")
    assert "{" not in errors.sentence(code)
    words = errors.words(code)
    assert words.advice.endswith(".")
    assert len(errors.sentence(code)) < 240


def test_facts_are_written_as_people_write_them() -> None:
    error = Refusal("face_too_small", size_pixels=31.2567, limit_pixels=64.0)
    assert "31.3 pixels wide and needs 64" in errors.explain(error)


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert "“strange_thing”" in errors.sentence("strange_thing")
