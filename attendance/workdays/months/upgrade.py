"""Months that were closed before their facts were stored: filled in once, and compared with today's engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from attendance.core import clock, transactions
from attendance.core.batches import batched
from attendance.people.models import Person
from attendance.workdays import facts, plans, stored_plan
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing
from attendance.workdays.months import basis, order, stored_days
from attendance.workdays.stored_plan import PlanTable
from timekeeping.rule_book import RuleBook
from timekeeping.values import Paid
from timekeeping.work_day import ABSENT, HALF_DAY, HOLIDAY, OFF, PRESENT

LOOKED_BACK = 12
"""So many months back those closings looked for late facts."""
PEOPLE_A_COMMIT = 8
"""So many people's facts are written in one short transaction."""


def fill_in() -> int:
    """Store plan and facts of closed months that have none, as they stand; return how many months those were.

    The facts are those that had become known by the last closing that looked at the month: what came later is still to
    be adjusted.
    """
    rows = list(MonthClosing.objects.filter(filled_in=True).order_by("month"))
    missing = [row for row in rows if not row.plan]
    for row in missing:
        looked = [each.closed_at for each in rows if 0 <= _months_between(row.month, each.month) <= LOOKED_BACK]
        _fill(row, known_until=max(looked))
    return len(missing)


def _months_between(earlier: dt.date, later: dt.date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _fill(closing: MonthClosing, *, known_until: dt.datetime) -> None:
    first, last = order.bounds(closing.month)
    table = PlanTable()
    people = Person.objects.filter(closed_months__closing=closing).order_by("pk")
    found: dict[int, dict[str, Any]] = {}
    for known in facts.load(people, first - basis.AROUND, last + basis.AROUND, known_until=known_until):
        found[known.person.pk] = basis.to_json(known, plan=table.number(basis.plan_of(known)))
    rows = list(ClosedMonth.objects.filter(closing=closing).defer("days", "totals"))
    for row in rows:
        row.basis = found[row.person_id]
    for some in batched(rows, PEOPLE_A_COMMIT):
        transactions.run(partial(ClosedMonth.objects.bulk_update, some, ["basis"]))
    closing.rules = stored_plan.rules_to_json(_rules(closing))
    closing.plan = {"plans": table.to_json()}  # written last: until it is there, the month is filled in anew
    transactions.run(partial(closing.save, update_fields=["rules", "plan"]))


def _rules(closing: MonthClosing) -> RuleBook:
    """Return the rules of a closing that keeps them by their keys, with what its codes were worth."""
    worth = {each["code"]: each["paid"] for each in closing.codes if each["paid"] is not None}
    standard = Paid()
    paid = Paid(
        present=worth.get(PRESENT, standard.present),
        absent=worth.get(ABSENT, standard.absent),
        half_day=worth.get(HALF_DAY, standard.half_day),
        holiday=worth.get(HOLIDAY, standard.holiday),
        off=worth.get(OFF, standard.off),
    )
    content = closing.rules[0].get("content", {}) if closing.rules else {}
    return RuleBook(((None, replace(plans.read_rules(content), paid=paid)),))


@dataclass(frozen=True, slots=True)
class Difference:
    """A day of a closed month that today's engine judges otherwise, from the very facts that it was closed with."""

    closing: MonthClosing
    person: int
    day: dt.date
    before: dict[str, Any]
    after: dict[str, Any]


def differences() -> Iterator[Difference]:
    """Yield the days of months closed before the upgrade that come out differently now; they stay as they are."""
    for closing in MonthClosing.objects.filter(filled_in=True, state=order.CLOSED, reviewed_at=None).order_by("month"):
        yield from _differences(closing)


def _differences(closing: MonthClosing) -> Iterator[Difference]:
    first, last = order.bounds(closing.month)
    book = stored_plan.rules_from_json(closing.rules)
    plans = [stored_plan.from_json(each) for each in closing.plan.get("plans", ())]
    adjusted = {
        (row.person_id, day["day"]): day["after"]
        for row in Adjustment.objects.filter(
            month=closing.month, kind=Adjustment.Kind.FACTS, closing__state=order.CLOSED
        ).order_by("closing__month")
        for day in row.days
    }
    for row in ClosedMonth.objects.filter(closing=closing).exclude(basis=None).select_related("person").iterator(50):
        known = basis.from_json(row.basis or {})
        if known.plan is None:
            continue
        then = basis.facts_of(row.person, known, plans[known.plan])
        days, _ = facts.month_of(then, first, last, rules=book)
        stored = {day["day"]: day for day in row.days}
        for day in days:
            key = day.day.isoformat()
            before, after = adjusted.get((row.person_id, key), stored.get(key)), stored_days.as_json(day)
            if before is not None and stored_days.differs(before, after):
                yield Difference(closing, row.person_id, day.day, before, after)


def mark_as_reviewed() -> None:
    """Say that the differences were looked at; they are not listed again."""
    MonthClosing.objects.filter(filled_in=True, reviewed_at=None).update(reviewed_at=clock.now())
