"""Facts of refusals as people write them: days, numbers and waits."""

from __future__ import annotations

import datetime as dt
import math
import re

from attendance.core.errors import Fact


def written(value: Fact) -> str:
    """Write a fact for people: a day as pages do, a number with at most three digits of a fraction."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        day = dt.date.fromisoformat(value)
        return f"{day.day} {day:%b %Y}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", flags=re.ASCII)


def wait(seconds: float) -> str:
    """Write a wait for people, in minutes."""
    if seconds <= 90:
        return "a minute" if seconds >= 45 else "a moment"
    return f"{math.ceil(seconds / 60)} minutes"
