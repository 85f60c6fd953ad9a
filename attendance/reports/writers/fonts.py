"""Chooses the font of a PDF that can write a text.

Western European texts are written in one of the fonts that every reader of PDF has. Other alphabets that run from left
to right take DejaVu Sans, which comes with the drawing library and whose used letters are put into the file; Chinese,
Japanese and Korean take the fonts that readers of PDF provide for them. Scripts whose letters must be joined or run
from right to left are not written; the spreadsheet keeps every script.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
WIDE, WIDE_BOLD = "DejaVuSans", "DejaVuSans-Bold"
ASIAN = (("HANGUL", "HYSMyeongJo-Medium"), ("HIRAGANA", "HeiseiMin-W3"), ("KATAKANA", "HeiseiMin-W3"))
"""How the names of a script's characters begin, and the font for a text in which one stands ..."""
CHINESE = "STSong-Light"
"""... and for other texts with Chinese characters."""
UNWRITABLE = "?"


def fitting(text: str, *, bold: bool = False) -> tuple[str, str]:
    """Return the text as it can be written, and the font to write it in."""
    text = unicodedata.normalize("NFC", text)
    if _is_western(text):
        return text, BOLD if bold else PLAIN
    asian = _asian_font(text)
    if asian:
        return _written(text, asian), _registered(asian)
    return _written(text, WIDE), _registered(WIDE_BOLD if bold else WIDE)


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _asian_font(text: str) -> str:
    names = [unicodedata.name(char, "") for char in text if char > "\u1000"]
    for script, font in ASIAN:
        if any(name.startswith(script) for name in names):
            return font
    return CHINESE if any(name.startswith("CJK UNIFIED") for name in names) else ""


def _written(text: str, font: str) -> str:
    return "".join(char if char == "\n" or _can_write(font, char) else UNWRITABLE for char in text)


@cache
def _can_write(font: str, char: str) -> bool:
    if unicodedata.bidirectional(char) in {"R", "AL", "RLE", "RLO", "RLI"}:
        return False
    if font == WIDE:
        return ord(char) in pdfmetrics.getFont(_registered(WIDE)).face.charToGlyph
    return _is_western(char) or unicodedata.east_asian_width(char) in {"W", "F", "H"}


@cache
def _registered(font: str) -> str:
    if font in (WIDE, WIDE_BOLD):
        pdfmetrics.registerFont(TTFont(font, _folder() / f"{font}.ttf"))
    else:
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    return font


def _folder() -> Path:
    """Found without importing the library, which takes a second."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
