"""Texts of cells that no spreadsheet program runs as a formula; one guard for every file that is written.

Only texts are guarded. Numbers, times and durations are written by the callers as they are, so that a negative one can
still be summed.
"""

from __future__ import annotations

import unicodedata

STARTS = frozenset("=+-@")
"""What a formula begins with; full-width and other compatible forms count as the plain ones (NFKC)."""
_APOSTROPHE = "'"
_BLANK = ("C", "Z")
"""Unicode categories of control and format characters, and of spaces: programs skip them at the start of a cell."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program may run the text, or read a control character at its start as the next cell."""
    if not text or text[0].isalnum():
        return False
    if unicodedata.category(text[0]) == "Cc":
        return True
    first = next((char for char in text if not unicodedata.category(char).startswith(_BLANK)), "")
    return unicodedata.normalize("NFKC", first)[:1] in STARTS


def guard(text: str) -> str:
    """Put an apostrophe before a text that would be run; `unguard` gives the text back exactly."""
    return f"{_APOSTROPHE}{text}" if is_formula(text.lstrip(_APOSTROPHE)) else text


def unguard(text: str) -> str:
    """Take away the apostrophe that `guard` puts before a text."""
    return text[1:] if text.startswith(_APOSTROPHE) and is_formula(text.lstrip(_APOSTROPHE)) else text
