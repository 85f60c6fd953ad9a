"""Adjustments of closed months: what late facts changed, and entries by hand with a reason.

A difference is today's engine on the facts of today minus today's engine on the facts that were known, both under the
plan and the rules that were stored with the closing. So a better engine alone pays nothing, and what was adjusted once
is the starting point of the next difference: nothing is lost and nothing is paid twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db import transaction

from attendance.core import audit, clock
from attendance.core.batches import batched
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import closed_plans, facts, stored_plan
from attendance.workdays.closed_plans import ClosedPlans
from attendance.workdays.facts import Facts
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing
from attendance.workdays.months import basis, entry_quantities, order, stored_days, upgrade
from attendance.workdays.stored_plan import Plan
from timekeeping.rule_book import RuleBook
from timekeeping.totals import Totals
from timekeeping.work_day import WorkDay

DIGITS = 6
"""Shares of days are compared to so many digits; sums of thirds are not exact."""
_OWN_PLAN = "own_plan"


def find(
    before: dt.date, *, people: Collection[int] | None = None, sequence: int | None = None
) -> Iterator[Adjustment]:
    """Yield the adjustments, not saved, that late facts make necessary in closed months before a day.

    `people`: only these persons' numbers; `sequence`: only facts after this number, where no closing is older.
    """
    upgrade.fill_in()
    closings = list(MonthClosing.objects.filter(state=order.CLOSED, month__lt=before).order_by("month"))
    examined = closings[-1].sequence if closings else 0
    for before_it, closing in zip([None, *closings], closings, strict=False):
        seen = min(examined, closing.sequence) if closing.filled_in else examined
        yield from _of_closing(closing, before_it, seen=seen if sequence is None else sequence, people=people)


def _of_closing(
    closing: MonthClosing, before_it: MonthClosing | None, *, seen: int, people: Collection[int] | None
) -> Iterator[Adjustment]:
    first, last = order.bounds(closing.month)
    book = stored_plan.rules_from_json(closing.rules)
    lines = facts_log.since(seen, first=first - facts.reach(book), last=last + facts.reach(book))
    numbers = facts_log.people_of(lines)
    if people is not None:
        numbers &= set(people)
    plans: dict[int, Plan] = {}
    for some in batched(sorted(numbers), facts.PEOPLE_A_TIME):
        known_then = _known_then(closing, some)
        closed = None if before_it is None else closed_plans.read_closing(before_it, some)
        everybody = Person.objects.filter(pk__in=some).order_by("pk")
        for now in facts.load(everybody, first - basis.AROUND, last + basis.AROUND):
            adjustment = _difference(closing, now, known_then.get(now.person.pk), book=book, plans=plans, closed=closed)
            if adjustment is not None:
                yield adjustment


def _known_then(closing: MonthClosing, people: list[int]) -> dict[int, dict[str, Any]]:
    """Return the facts that the newest figures of a month were derived from: of the closing, or of an adjustment."""
    rows = ClosedMonth.objects.filter(closing=closing, person__in=people).exclude(basis=None)
    known = {person: content or {} for person, content in rows.values_list("person_id", "basis")}
    later = Adjustment.objects.filter(
        month=closing.month, person__in=people, kind=Adjustment.Kind.FACTS, closing__state=order.CLOSED
    ).exclude(basis=None)
    for person, content in later.order_by("closing__month").values_list("person_id", "basis"):
        known[person] = content or {}
    return known


def _difference(
    closing: MonthClosing,
    now: Facts,
    then: dict[str, Any] | None,
    *,
    book: RuleBook,
    plans: dict[int, Plan],
    closed: ClosedPlans | None,
) -> Adjustment | None:
    first, last = order.bounds(closing.month)
    plan = _plan(closing, then, plans) or basis.plan_of(now)
    settled = None if closed is None else closed.settled(now.person.pk, plan, rules=book)
    present = basis.under(now, plan, settled=settled)
    days, after = facts.month_of(present, first, last, rules=book)
    if then is None:
        before_days: list[WorkDay] = []
        before = Totals()
    else:
        earlier = basis.facts_of(now.person, basis.from_json(then), plan, settled=settled)
        before_days, before = facts.month_of(earlier, first, last, rules=book)
    quantities = differences(stored_days.totals_as_json(before), stored_days.totals_as_json(after))
    changed = _changed_days(before_days, days)
    if not quantities and not changed:
        return None
    number = None if then is None else then.get("plan")
    content = basis.to_json(present, plan=number)
    if number is None:
        content[_OWN_PLAN] = stored_plan.to_json(plan)
    return Adjustment(person_id=now.person.pk, month=closing.month, quantities=quantities, days=changed, basis=content)


def _plan(closing: MonthClosing, then: dict[str, Any] | None, plans: dict[int, Plan]) -> Plan | None:
    if then is None:
        return None
    if _OWN_PLAN in then:
        return stored_plan.from_json(then[_OWN_PLAN])
    number = int(then["plan"])
    if number not in plans:
        plans[number] = stored_plan.from_json(closing.plan["plans"][number])
    return plans[number]


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return by how much each total differs, without those that do not; durations in seconds."""
    found: dict[str, Any] = {}
    for key, value in after.items():
        if isinstance(value, dict):
            earlier = before.get(key, {})
            parts = {name: value.get(name, 0) - earlier.get(name, 0) for name in {*value, *earlier}}
            kept = {name: _rounded(part) for name, part in sorted(parts.items()) if _rounded(part)}
            if kept:
                found[key] = kept
        elif _rounded(value - before.get(key, 0)):
            found[key] = _rounded(value - before.get(key, 0))
    return found


def _rounded(value: float) -> float | int:
    return value if isinstance(value, int) else round(value, DIGITS)


def _changed_days(before: list[WorkDay], after: list[WorkDay]) -> list[dict[str, Any]]:
    """Return the days that came out differently, each as it was and as it is."""
    earlier = {day.day: day for day in before}
    found = []
    for day in after:
        old = earlier.get(day.day)
        if old == day or (old is None and not day.employed):
            continue
        was, is_now = stored_days.as_json(old) if old is not None else None, stored_days.as_json(day)
        if was is None or stored_days.differs(was, is_now):
            found.append({"day": day.day.isoformat(), "before": was, "after": is_now})
    return found


def late_facts(person: Person, month: dt.date) -> dict[str, Any]:
    """Return by how much late facts will change a person's closed month in the next file; empty where they do not."""
    upcoming = order.next_to_close()
    rows = () if upcoming is None else find(upcoming, people={person.pk})
    return next((row.quantities for row in rows if row.month == month.replace(day=1)), {})


def waiting_entries() -> list[Adjustment]:
    """Return the entries by hand that are in no file yet, oldest first."""
    rows = Adjustment.objects.filter(kind=Adjustment.Kind.ENTRY, closing=None).select_related("person")
    return list(rows.order_by("entered_at", "pk"))


def enter(person: Person, month: dt.date, *, quantities: dict[str, Any], reason: str, actor: User | None) -> Adjustment:
    """Write an entry by hand for a closed month; it goes into the file of the next closing.

    `quantities`: differences of totals by their keys; durations in seconds, whole minutes. Raises `month_open`,
    `reason_missing`, `nothing_entered`, `quantity_unknown`, `entry_implausible`.
    """
    if order.in_force(month) is None:
        raise Refusal("month_open")
    if not reason.strip():
        raise Refusal("reason_missing")
    kept = {key: value for key, value in quantities.items() if value}
    if not kept:
        raise Refusal("nothing_entered")
    unknown = next((key for key in kept if key not in Totals.__dataclass_fields__), None)
    if unknown is not None:
        raise Refusal("quantity_unknown", quantity=unknown)
    with transaction.atomic():
        facts_log.lock()  # no closing takes up entries meanwhile
        entry_quantities.assure_plausible(person, month, kept)
        row = Adjustment.objects.create(
            person=person,
            month=month.replace(day=1),
            kind=Adjustment.Kind.ENTRY,
            quantities=kept,
            reason=reason.strip()[:500],
            entered_at=clock.now(),
            entered_by=actor,
        )
        audit.record(
            "workdays.enter_adjustment",
            actor=actor,
            subject=f"person:{person.pk}",
            month=f"{month:%Y-%m}",
            adjustment=row.pk,
        )
    return row


def withdraw(row: Adjustment, *, actor: User | None) -> None:
    """Take an entry back that is in no file yet. Raises `already_in_a_file`."""
    with transaction.atomic():
        facts_log.lock()
        gone, _ = Adjustment.objects.filter(pk=row.pk, kind=Adjustment.Kind.ENTRY, closing=None).delete()
        if not gone:
            raise Refusal("already_in_a_file")
        audit.record(
            "workdays.withdraw_adjustment",
            actor=actor,
            subject=f"person:{row.person_id}",
            month=f"{row.month:%Y-%m}",
            adjustment=row.pk,
        )
