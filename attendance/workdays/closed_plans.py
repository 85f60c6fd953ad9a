"""The plans of closed months, where days beside an open month are derived: nothing planned later reaches into them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from attendance.workdays import models, site_rules, stored_plan
from attendance.workdays.stored_plan import Plan
from timekeeping.rule_book import RuleBook
from timekeeping.settled import Settled


@lru_cache(maxsize=4)
def _content(closing: int, sha256: str) -> tuple[tuple[Plan, ...], RuleBook]:
    """Return the plans of a closing by number, and its rules; they never change while its checksum stays.

    Raises LookupError, which is not remembered, while an upgrade has not filled them in.
    """
    row = models.MonthClosing.objects.only("plan", "rules").get(pk=closing, sha256=sha256)
    content: dict[str, Any] = row.plan
    if not content:
        raise LookupError(closing)
    plans = tuple(stored_plan.from_json(each) for each in content.get("plans", ()))
    return plans, stored_plan.rules_from_json(row.rules)


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody's plan as it was closed and then as it is now. `settled` None: closed days need no plan of their own."""

    plan: Plan
    settled: Settled | None


@dataclass(slots=True)
class ClosedPlans:
    """Who had which plan up to `until`, the last day of a closed month, and the rules of then."""

    until: dt.date
    plans: tuple[Plan, ...]
    rules: RuleBook
    numbers: dict[int, int | None]
    _joined: dict[tuple[int, Plan], Joined] = field(default_factory=dict)
    _settled: dict[int, Settled] = field(default_factory=dict)

    def joined(self, person: int, present: Plan, *, rules: RuleBook) -> Joined:
        """Return somebody's plan as it was closed and, from the next day on, as it is now under `rules`."""
        number = self.numbers.get(person)
        if number is None:
            return Joined(present, None)
        key = number, present
        if key not in self._joined:
            closed = self.plans[number]
            is_same = closed == present
            plan = present if is_same else stored_plan.joined_at(closed, present, closed_until=self.until)
            self._joined[key] = Joined(plan, self._where_other(number, plan, rules))
        return self._joined[key]

    def settled(self, person: int, plan: Plan, *, rules: RuleBook) -> Settled | None:
        """Return how closed days stand for somebody whose next month was closed under a plan and rules."""
        number = self.numbers.get(person)
        return None if number is None else self._where_other(number, plan, rules)

    def _where_other(self, number: int, plan: Plan, rules: RuleBook) -> Settled | None:
        """Return how closed days stand; None where plan and rules went on unchanged and say the same of every day."""
        closed = self.plans[number]
        if closed == plan and self.rules == rules:
            return None
        if number not in self._settled:
            own = site_rules.at_sites(self.rules, closed.automatic) if closed.automatic else self.rules
            self._settled[number] = Settled(
                until=self.until,
                site=closed.site,
                assignments=closed.assignments,
                calendar=closed.calendar,
                rules=own,
            )
        return self._settled[number]


def read(people: Collection[int], *, first: dt.date) -> ClosedPlans | None:
    """Return the closed plans of some people; None where no closed day lies on or after `first`."""
    newest = models.MonthClosing.objects.filter(state=models.MonthClosing.State.CLOSED).order_by("-month")
    row = newest.only("sha256", "month").first()
    return None if row is None or _last_day(row) < first else read_closing(row, people)


def read_closing(closing: models.MonthClosing, people: Collection[int]) -> ClosedPlans | None:
    """Return the plans of some people in a closing; None while an upgrade has not filled them in."""
    try:
        plans, rules = _content(closing.pk, closing.sha256)
    except LookupError:
        return None
    rows = models.ClosedMonth.objects.filter(closing=closing, person__in=people).order_by()
    return ClosedPlans(_last_day(closing), plans, rules, dict(rows.values_list("person_id", "basis__plan")))


def _last_day(closing: models.MonthClosing) -> dt.date:
    return (closing.month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
