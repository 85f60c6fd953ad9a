"""The state folder of November 2026 keeps every figure through every migration that came since.

`tests/fixtures/state_2026_11` holds the folder as the code of that month left it, and every figure that it showed.
The folder is unpacked, brought up to date by `manage.py migrate` and read by `tests.upgrades.figures`, each in a
process of its own; what comes out is compared figure by figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.upgrades import state_folder

SHOWN = 30

CUT = "seconds are cut once a day (rules version 4)"
_CUT = {
    "days/*": ("gross", "night", "overtime", "overtime_by_rate/*", "payable", "standard", "worked"),
    "totals": ("gross", "night", "overtime*", "payable", "standard", "undertime", "worked"),
}
"""Durations of open months that have lost their seconds."""

BREAKS = "who stays on after a half day has the fixed breaks of the whole shift too (rules version 4)"
_BREAKS = {
    f"months/2026-10/people/O02/days/{saturday}/{name}": BREAKS
    for saturday, names in {
        **dict.fromkeys(("2026-10-03", "2026-10-31"), ("worked",)),
        **dict.fromkeys(
            ("2026-10-10", "2026-10-17", "2026-10-24"), ("overtime", "overtime_by_rate/*", "overtime_state", "worked")
        ),
    }.items()
    for name in names
}
_BREAKS |= {f"months/2026-10/people/O02/totals/{name}": BREAKS for name in ("overtime_to_approve", "worked")}

PERMITTED: dict[str, str] = {
    **_BREAKS,
    **{
        f"months/{month}/people/*/{part}/{name}": CUT
        for month in ("2026-07", "2026-10")
        for part, names in _CUT.items()
        for name in names
    },
    **{f"months/2026-11/people/*/days/*/{name}": CUT for name in ("gross", "overtime", "overtime_by_rate/*", "worked")},
    **{f"months/2026-11/people/*/totals/{name}": CUT for name in ("gross", "overtime_to_approve", "worked")},
    "months/2026-11/sheets*": CUT,
    "months/2026-10/people/*/totals/holiday_hours": CUT,
    **{f"months/{month}/{table}*": CUT for month in ("2026-07", "2026-10") for table in ("person months", "sheets")},
    "closings/2026-09/waiting/*/gross/*": CUT,
    "closings/2026-09/waiting/*/payable/*": CUT,
    "closings/2026-09/waiting/*/worked/*": CUT,
    "rows/attendance_adjustment": "a row a person and month in place of a row a day (migrations 0008, 0009)",
    "closings/2026-08/waiting/erased 5*": "erasing took the department and with it the shift: no fact of closed days",
}
"""Pattern of a figure that may differ from what was shown -> the reason, as CHANGELOG has it. Open months only: a
pattern that reaches a closed month or one of its files fails a test."""
ADDED: dict[str, str] = {
    "rows/*": "tables that came later",
    "months/*/sheets/departments/*": "departments end with a total",
}
"""Pattern of a figure that was not there -> what brought it, for example a new key of a day. Of any month."""
RECORDED = ("*/bytes",)
"""Kept as a record and not compared: how files are compressed follows from libraries."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure, such as `months/2026-09/people/W01/totals/worked`; None where it is missing."""

    figure: str
    shown: Any
    now: Any

    @property
    def is_new(self) -> bool:
        """Whether there was no such figure."""
        return self.shown is None

    def __str__(self) -> str:
        return f"{self.figure}: {self.shown!r} is now {self.now!r}"


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """Return the figures as they were shown."""
    found: dict[str, Any] = json.loads((state_folder.STATE / "figures.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def differences(shown: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Difference]:
    """Bring the folder up to date and return what differs."""
    folder = state_folder.brought_up_to_date(tmp_path_factory.mktemp("state"))
    now = json.loads(state_folder.run("-m", "tests.upgrades.figures", folder=folder))
    return list(_compared(_flat(shown), _flat(now)))


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return every figure by its path; of nothing at all there is none."""
    if isinstance(value, dict):
        pairs: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return {path: value}
    return {name: one for key, each in pairs for name, one in _flat(each, f"{path}/{key}" if path else key).items()}


def _compared(shown: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    for figure in sorted(shown | now):
        before, after = shown.get(figure), now.get(figure)
        if before != after and not _matches(figure, RECORDED):
            yield Difference(figure, before, after)


def _matches(figure: str, patterns: Any) -> bool:
    return any(fnmatchcase(figure, pattern) for pattern in patterns)


def _is_closed(figure: str, shown: dict[str, Any]) -> bool:
    """Whether the figure belongs to a closed month; late facts that no closing has taken up yet are still open."""
    section, month, *rest = figure.split("/")[:3]
    return (section == "closings" and rest != ["waiting"]) or (
        section == "months" and shown["months"].get(month, {}).get("state") == "closed"
    )


def _unpermitted(found: list[Difference], permitted: dict[str, str]) -> str:
    left = [each for each in found if not _matches(each.figure, permitted)]
    more = f"\nand {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return "\n".join(map(str, left[:SHOWN])) + more


def test_closed_months_are_what_they_were_to_the_digit(shown: dict[str, Any], differences: list[Difference]) -> None:
    closed = [each for each in differences if not each.is_new and _is_closed(each.figure, shown)]
    assert _unpermitted(closed, {}) == ""


def test_everything_else_differs_only_where_that_is_permitted(
    shown: dict[str, Any], differences: list[Difference]
) -> None:
    others = [each for each in differences if not each.is_new and not _is_closed(each.figure, shown)]
    assert _unpermitted(others, PERMITTED) == ""


def test_durations_of_open_days_have_lost_their_seconds_and_no_more(differences: list[Difference]) -> None:
    patterns = [pattern for pattern, reason in PERMITTED.items() if reason is CUT and "sheets" not in pattern]
    found = [each for each in differences if _matches(each.figure, patterns) and not _matches(each.figure, _BREAKS)]
    numbers = [each for each in found if not each.is_new and isinstance(each.now, int)]
    assert len(numbers) > 500
    for each in numbers:
        assert each.now % 60 == 0, each
        assert abs(each.shown - each.now) < 60 * (31 if "/totals/" in each.figure else 1), each


def test_nothing_is_shown_that_was_not_there(differences: list[Difference]) -> None:
    assert _unpermitted([each for each in differences if each.is_new], ADDED) == ""


def test_what_is_permitted_is_needed_and_leaves_closed_months_alone(
    shown: dict[str, Any], differences: list[Difference]
) -> None:
    reach = [figure for figure in _flat(shown) if _is_closed(figure, shown) and _matches(figure, PERMITTED)]
    idle = [
        pattern for pattern in PERMITTED | ADDED if not any(fnmatchcase(each.figure, pattern) for each in differences)
    ]
    assert (reach, idle) == ([], [])


def test_the_state_holds_what_an_upgrade_may_trip_over(shown: dict[str, Any]) -> None:
    """A first month that was never closed, closings that follow, adjustments, and late facts of somebody who left."""
    states = {month: of["state"] for month, of in shown["months"].items()}
    assert states == {
        "2026-07": "open", "2026-08": "closed", "2026-09": "closed", "2026-10": "open", "2026-11": "open",
    }  # fmt: skip
    assert shown["months"]["2026-07"]["check-ins"][1:]
    assert not shown["closings"]["2026-08"]["adjustments"]
    assert {figure.split()[-1][:7] for figure in shown["closings"]["2026-09"]["adjustments"]} == {"2026-08"}
    assert "O02 2026-08-21" in shown["closings"]["2026-08"]["waiting"]
    assert "W03 2026-09-10" in shown["closings"]["2026-09"]["waiting"]
    assert "W03" not in shown["months"]["2026-10"]["people"]
