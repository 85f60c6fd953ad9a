"""Writes settings as TOML, one a line, as a person would type them; `tomllib` reads them back."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DELETE = "\x7f"
"""The one control character that JSON leaves as it is and TOML does not allow."""


def dumps(content: Mapping[str, Any]) -> str:
    """Return a line `key = value` for each setting; nested ones are written inline."""
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in content.items())


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _string(text)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else _string(str(value))


def _string(text: str) -> str:
    """Return a basic string; those of JSON are such, with the same escapes."""
    return json.dumps(text, ensure_ascii=False).replace(_DELETE, "\\u007f")
