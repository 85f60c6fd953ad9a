"""Validation of names and employee numbers.

Almost any: identity is the key of the row, and the text is only shown. Refused is what a database or a page
cannot hold: control characters, half a surrogate pair, nothing at all, or more than the column takes.
"""

from __future__ import annotations

import re
import unicodedata

from attendance.core.errors import Refusal

LONGEST_NAME = 300
LONGEST_NUMBER = 64
LONGEST_DEPARTMENT = 200


def clean_name(text: str) -> str:
    """Return the name as it is kept; raises `name_missing`, `name_too_long`, `name_invalid`."""
    name = _clean(text, code="name_invalid")
    if not name:
        raise Refusal("name_missing")
    return _fitting(name, longest=LONGEST_NAME, code="name_too_long")


def clean_number(text: str) -> str:
    """Return the employee number as it is kept: '0017' stays apart from '17'."""
    number = _clean(text, code="employee_number_invalid")
    if not number:
        raise Refusal("employee_number_missing")
    return _fitting(number, longest=LONGEST_NUMBER, code="employee_number_too_long")


def spelling_key(text: str) -> str:
    """Return what all spellings of a number or an account have in common; tries are counted by it.

    Whatever is looked up as the same has the same key: compatible characters (NFKC), upper and lower case, and white
    space anywhere count as one.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(unicodedata.normalize("NFKC", plain).split())


def clean_department(text: str) -> str:
    """Return the department's name as it is kept; empty means none."""
    return _fitting(_clean(text, code="department_invalid"), longest=LONGEST_DEPARTMENT, code="department_too_long")


def _clean(text: str, *, code: str) -> str:
    """Compose accents, make every run of white space one space; joiners inside emoji and scripts stay."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in composed):
        raise Refusal(code)
    return composed


def _fitting(text: str, *, longest: int, code: str) -> str:
    if len(text) > longest:
        raise Refusal(code, characters=len(text), limit=longest)
    return text


def may_be_one(one: str, other: str) -> bool:
    """Tell whether two spellings share a word, accents and case aside; a name without words may be anybody's."""
    words, others = _words(one), _words(other)
    return not words or not others or bool(words & others)


def _words(text: str) -> set[str]:
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    return set(re.findall(r"\w+", plain.casefold()))
