"""The plans of closed months, where days beside an open month are derived: nothing planned later reaches into them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from attendance.workdays import models, stored_plan
from attendance.workdays.stored_plan import Plan


@lru_cache(maxsize=4)
def _plans(closing: int, sha256: str) -> tuple[Plan, ...]:
    """Return the plans of a closing by number; they never change, and a closing is known by its checksum.

    Raises LookupError, which is not remembered, while an upgrade has not filled them in.
    """
    content: dict[str, Any] = models.MonthClosing.objects.get(pk=closing, sha256=sha256).plan
    if not content:
        raise LookupError(closing)
    return tuple(stored_plan.from_json(each) for each in content.get("plans", ()))


@dataclass(slots=True)
class ClosedPlans:
    """Who had which plan up to `until`, the last day of the newest closed month."""

    until: dt.date
    plans: tuple[Plan, ...]
    numbers: dict[int, int | None]
    _joined: dict[tuple[int, Plan], Plan] = field(default_factory=dict)

    def joined(self, person: int, present: Plan) -> Plan:
        """Return somebody's plan as it was closed and, from the next day on, as it is now."""
        number = self.numbers.get(person)
        if number is None:
            return present
        key = number, present
        if key not in self._joined:
            closed = self.plans[number]
            is_same = closed == present
            self._joined[key] = present if is_same else stored_plan.joined_at(closed, present, closed_until=self.until)
        return self._joined[key]


def read(people: Collection[int], *, first: dt.date) -> ClosedPlans | None:
    """Return the closed plans of some people; None where no closed day lies on or after `first`."""
    newest = models.MonthClosing.objects.filter(state=models.MonthClosing.State.CLOSED).order_by("-month")
    row = newest.values_list("pk", "sha256", "month").first()
    if row is None:
        return None
    number, sha256, month = row
    until = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    if until < first:
        return None
    try:
        plans = _plans(number, sha256)
    except LookupError:
        return None
    rows = models.ClosedMonth.objects.filter(closing=number, person__in=people).order_by()
    return ClosedPlans(until, plans, dict(rows.values_list("person_id", "basis__plan")))
