"""Text form of a report: indented lines, shares as percentages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST_ITEMS = 20
"""Most lines of a list; the others are counted."""
PLAIN = ("threshold", "distance", "standard_error", "seconds", "area", "target")
"""Beginnings of the keys whose values are not shown as percentages."""


def lines(report: dict[str, Any], *, indent: int = 0, plain: bool = False) -> Iterator[str]:
    """Yield the lines of a report; a key with a nested report has a line of its own."""
    before = "  " * indent
    for key, value in report.items():
        name = key.replace("_", " ")
        as_it_is = plain or key.startswith(PLAIN) or "threshold" in key.removesuffix("_at_threshold")
        as_it_is = as_it_is and not key.startswith(("accuracy", "false_"))
        if isinstance(value, dict):
            yield f"{before}{name}"
            yield from lines(value, indent=indent + 1, plain=as_it_is)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{before}{name}"
            yield from (f"{before}  {_row(row)}" for row in value[:MOST_ITEMS])
        elif isinstance(value, list) and not _is_interval(value):
            yield f"{before}{name:28}  {len(value) if value else 'none'}"
            yield from (f"{before}  {item}" for item in value[:MOST_ITEMS])
            if len(value) > MOST_ITEMS:
                yield f"{before}  and {len(value) - MOST_ITEMS} more"
        else:
            yield f"{before}{name:28}  {_told(value, plain=as_it_is)}"


def _row(row: dict[str, Any]) -> str:
    return ", ".join(
        str(value) if isinstance(value, str) else f"{key.replace('_', ' ')} {_told(value, plain=key.startswith(PLAIN))}"
        for key, value in row.items()
    )


def _is_interval(value: list[Any]) -> bool:
    return len(value) == 2 and all(isinstance(item, float) for item in value)


def _told(value: Any, *, plain: bool) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, list):
        return " to ".join(_told(item, plain=plain) for item in value)
    if isinstance(value, bool) or not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:.2%}" if 0 <= value <= 1 and not plain else f"{value:.4f}"
