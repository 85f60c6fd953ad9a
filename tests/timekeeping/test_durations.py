"""A duration is written as h:mm in one way, wherever it stands."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeping.durations import hours_minutes, whole_minutes

ROOT = Path(__file__).resolve().parents[2]


def test_a_duration_never_shows_a_minute_that_was_not_worked() -> None:
    assert hours_minutes(dt.timedelta(hours=7, minutes=59, seconds=59)) == "7:59"
    assert hours_minutes(dt.timedelta(0)) == "0:00"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-59, "0:00"), (-60, "-0:01"), (-3660, "-1:01"), (59, "0:00"), (600, "0:10"), (360_000, "100:00")],
)
def test_below_zero_and_beyond_a_day(seconds: int, shown: str) -> None:
    assert hours_minutes(seconds) == shown


@given(st.integers(-(10**7), 10**7))
def test_what_is_written_is_the_whole_minutes(seconds: int) -> None:
    sign, hours, minutes = re.fullmatch(r"(-?)(\d+):([0-5]\d)", hours_minutes(seconds)).groups()  # type: ignore[union-attr]  # it always fits
    size = int(hours) * 60 + int(minutes)
    assert (-size if sign else size) == whole_minutes(seconds)
    assert 0 <= abs(seconds) - 60 * size < 60
    assert hours_minutes(dt.timedelta(seconds=seconds)) == hours_minutes(seconds)


def test_no_other_module_writes_hours_and_minutes() -> None:
    """What divides by 60 and pads the rest with a zero writes h:mm of its own."""
    written = re.compile(r"% 60(?: ?// ?60)?\)?:02|% 3600 // 60:02")
    found = {path.name for path in (ROOT / "attendance").rglob("*.py") if written.search(path.read_text())}
    found |= {path.name for path in (ROOT / "timekeeping").rglob("*.py") if written.search(path.read_text())}
    assert found == {"durations.py"}
