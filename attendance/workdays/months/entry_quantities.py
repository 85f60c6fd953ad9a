"""Quantities that an entry by hand may name, each with what has to change with it so that sums still add up."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import Adjustment, ClosedMonth, LeaveType, MonthClosing
from attendance.workdays.months import order

RATE, LEAVE = "rate:", "leave:"
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Quantity:
    """What can be entered. `is_duration`: in hours and minutes; else in days."""

    key: str
    label: str
    is_duration: bool


HOURS = (
    Quantity("standard", "Normal hours", is_duration=True),
    Quantity("night", "Night hours", is_duration=True),
    Quantity("holiday_hours", "Hours on holidays", is_duration=True),
    Quantity("rest_day_hours", "Hours on days off", is_duration=True),
    Quantity("late", "Hours late", is_duration=True),
    Quantity("early", "Hours left early", is_duration=True),
    Quantity("undertime", "Undertime", is_duration=True),
)
DAYS = (
    Quantity("paid_days", "Days paid", is_duration=False),
    Quantity("present", "Days present", is_duration=False),
    Quantity("absent", "Days absent", is_duration=False),
)


def choices() -> list[Quantity]:
    """Return everything that can be entered: hours, classes of rate, days, kinds of leave."""
    kinds = LeaveType.objects.all()
    return [
        HOURS[0],
        *(Quantity(f"{RATE}{rate}", f"Overtime at {rate}", is_duration=True) for rate in facts.rates()),
        *HOURS[1:],
        *DAYS,
        *(Quantity(f"{LEAVE}{kind.code}", f"Days of {kind.name}", is_duration=False) for kind in kinds),
    ]


def amounts(key: str, amount: float) -> dict[str, Any]:
    """Return the differences of totals that an entry makes; durations in seconds. Raises `quantity_unknown`.

    Overtime is entered by its rate and is paid; normal hours are paid as well.
    """
    if key not in {each.key for each in choices()}:
        raise Refusal("quantity_unknown", quantity=key)
    if not amount:
        return {}
    if key.startswith(RATE):
        return {"overtime": amount, "overtime_by_rate": {key.removeprefix(RATE): amount}, "payable": amount}
    if key.startswith(LEAVE):
        return {"leave": amount, "leave_by_code": {key.removeprefix(LEAVE): amount}}
    return {key: amount, "payable": amount} if key == "standard" else {key: amount}


def assure_plausible(person: Person, month: dt.date, quantities: dict[str, Any]) -> None:
    """Raise `entry_implausible` for more than the month can hold, alone or with what was entered for it before.

    A month holds its days, and 24 hours of each; differences of either sign lie within that. What brings the sum of
    the entries nearer to nothing is never refused for that sum.
    """
    first, last = order.bounds(month)
    days = (last - first).days + 1
    known = _entered(person, first)
    for name, amount in _amounts(quantities):
        most = days * (DAY_SECONDS if name[0] in _DURATIONS else 1)
        before = known.get(name, 0)
        together = before + amount
        if abs(amount) > most or (abs(together) > most and abs(together) > abs(before)):
            raise Refusal("entry_implausible", days=days, hours=days * 24)


class Doubt(enum.StrEnum):
    """Why an entry that is possible may be a slip."""

    BELOW_NOTHING = "below_nothing"
    ENTERED_BEFORE = "entered_before"


def doubts(person: Person, month: dt.date, quantities: dict[str, Any]) -> list[Doubt]:
    """Return what to ask before an entry is made.

    `below_nothing`: it takes away more than the closed month and its entries have. `entered_before`: the same amounts
    were entered for this month already.
    """
    first = order.bounds(month)[0]
    row = ClosedMonth.objects.filter(closing=order.in_force(month), person=person).first()
    stored = dict(_amounts(row.totals)) if row is not None else {}
    entered = _entered(person, first)
    found = []
    for name, amount in _amounts(quantities):
        before = stored.get(name, 0) + entered.get(name, 0)
        if amount < 0 and before + amount < 0:
            found.append(Doubt.BELOW_NOTHING)
            break
    if any(each.quantities == quantities for each in _in_force(person, first)):
        found.append(Doubt.ENTERED_BEFORE)
    return found


_DURATIONS = {each.key for each in HOURS} | {
    "overtime", "overtime_by_rate", "overtime_to_approve", "payable", "gross", "worked", "planned",
}  # fmt: skip
"""Totals in seconds; the others are days or times."""


def _entered(person: Person, first: dt.date) -> dict[tuple[str, str], float]:
    """Return what was entered by hand for a person's month: what waits, and what files in force have carried."""
    found: dict[tuple[str, str], float] = {}
    for row in _in_force(person, first):
        for name, amount in _amounts(row.quantities):
            found[name] = found.get(name, 0) + amount
    return found


def _in_force(person: Person, first: dt.date) -> QuerySet[Adjustment]:
    """Return the entries for a person's month that wait, or that a file in force has carried."""
    rows = Adjustment.objects.filter(person=person, month=first, kind=Adjustment.Kind.ENTRY)
    return rows.exclude(closing__state=MonthClosing.State.SUPERSEDED)


def _amounts(quantities: dict[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield each amount with its key, and with the code or rate that it is of."""
    for key, value in quantities.items():
        if isinstance(value, dict):
            yield from (((key, name), amount) for name, amount in value.items())
        elif isinstance(value, int | float):
            yield (key, ""), value
