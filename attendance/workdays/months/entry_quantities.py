"""Quantities that an entry by hand may name, each with what has to change with it so that sums still add up."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Iterator
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
    known = _sums(each.quantities for each in _in_force(person, first, Adjustment.Kind.ENTRY))
    for name, amount in _amounts(quantities):
        most = days * (DAY_SECONDS if name[0] in _DURATIONS else 1)
        before = known.get(name, 0)
        together = before + amount
        if abs(amount) > most or (abs(together) > most and abs(together) > abs(before)):
            raise Refusal("entry_implausible", days=days, hours=days * 24)


class Doubt(enum.StrEnum):
    """Why an entry that is possible may be a slip."""

    BELOW_NOTHING = "below_nothing"
    MORE_DAYS_THAN_EMPLOYED = "more_days_than_employed"
    FAR_BEYOND_THE_PLAN = "far_beyond_the_plan"
    ENTERED_BEFORE = "entered_before"
    LATE_FACTS = "late_facts"


def doubts(person: Person, month: dt.date, quantities: dict[str, Any], *, waiting: dict[str, Any]) -> list[Doubt]:
    """Return what to ask before an entry is made; `waiting`: what late facts change in the next file.

    `below_nothing`: it takes away more than the closed month has with all its adjustments. `more_days_than_employed`
    and `far_beyond_the_plan`: it adds more than such a month holds. `entered_before`: the same amounts were entered for
    this month already. `late_facts`: facts recorded late move the same quantity already, either way.
    """
    first = order.bounds(month)[0]
    row = ClosedMonth.objects.filter(closing=order.in_force(month), person=person).first()
    late = [waiting, *(each.quantities for each in _in_force(person, first, Adjustment.Kind.FACTS))]
    entered = [each.quantities for each in _in_force(person, first, Adjustment.Kind.ENTRY)]
    known = _sums([row.totals if row is not None else {}, *entered, *late])
    amounts = dict(_amounts(quantities))
    after = {name: known.get(name, 0) + amount for name, amount in amounts.items()}
    added = {name: together for name, together in after.items() if amounts[name] > 0}
    hours, days = _plausible(known)
    holds = {
        Doubt.BELOW_NOTHING: any(amounts[name] < 0 and together < 0 for name, together in after.items()),
        Doubt.MORE_DAYS_THAN_EMPLOYED: any(n[0] not in _DURATIONS and together > days for n, together in added.items()),
        Doubt.FAR_BEYOND_THE_PLAN: any(n[0] in _DURATIONS and together > hours for n, together in added.items()),
        Doubt.ENTERED_BEFORE: quantities in entered,
        Doubt.LATE_FACTS: any(moved(each) & moved(quantities) for each in late),
    }
    return [doubt for doubt, is_so in holds.items() if is_so]


PLAN_SHARE = 1.5
"""Hours beyond so many times the plan of a month are asked about."""
UNPLANNED_SECONDS = DAY_SECONDS // 2
"""Hours a day employed beyond which is asked where nothing was planned."""


def _plausible(known: dict[tuple[str, str], float]) -> tuple[float, float]:
    """Return the seconds and the days beyond which a quantity of somebody's month is asked about."""
    days, planned = known.get(("employed", ""), 0), known.get(("planned", ""), 0)
    return (PLAN_SHARE * planned if planned else UNPLANNED_SECONDS * days), days


_DURATIONS = {each.key for each in HOURS} | {
    "overtime", "overtime_by_rate", "overtime_to_approve", "payable", "gross", "worked", "planned",
}  # fmt: skip
"""Totals in seconds; the others are days or times."""


def moved(quantities: dict[str, Any]) -> set[str]:
    """Return the totals that differences change; without the hours paid, which follow from others."""
    return {key for (key, _), amount in _amounts(quantities) if amount} - {"payable"}


def moved_by_entries(months: Collection[dt.date]) -> dict[tuple[int, dt.date], set[str]]:
    """Return what the entries by hand of these months change together, waiting or paid, by person and month.

    An entry and its opposite change nothing together.
    """
    by_month: dict[tuple[int, dt.date], list[dict[str, Any]]] = {}
    rows = Adjustment.objects.filter(kind=Adjustment.Kind.ENTRY, month__in=months)
    for row in rows.exclude(closing__state=MonthClosing.State.SUPERSEDED):
        by_month.setdefault((row.person_id, row.month), []).append(row.quantities)
    return {
        key: {name for (name, _), amount in _sums(each).items() if amount} - {"payable"}
        for key, each in by_month.items()
    }


def _sums(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """Add up amounts by their keys."""
    found: dict[tuple[str, str], float] = {}
    for row in rows:
        for name, amount in _amounts(row):
            found[name] = found.get(name, 0) + amount
    return found


def _in_force(person: Person, first: dt.date, kind: Adjustment.Kind) -> QuerySet[Adjustment]:
    """Return the adjustments of a kind for a person's month that wait, or that a file in force has carried."""
    rows = Adjustment.objects.filter(person=person, month=first, kind=kind)
    if kind == Adjustment.Kind.FACTS:
        return rows.filter(closing__state=MonthClosing.State.CLOSED)
    return rows.exclude(closing__state=MonthClosing.State.SUPERSEDED)


def _amounts(quantities: dict[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield each amount with its key, and with the code or rate that it is of."""
    for key, value in quantities.items():
        if isinstance(value, dict):
            yield from (((key, name), amount) for name, amount in value.items())
        elif isinstance(value, int | float):
            yield (key, ""), value
