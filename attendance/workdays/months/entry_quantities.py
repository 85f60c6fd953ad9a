"""Quantities that an entry by hand may name, each with what has to change with it so that sums still add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attendance.core.errors import Refusal
from attendance.workdays import facts
from attendance.workdays.models import LeaveType

RATE, LEAVE = "rate:", "leave:"


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
