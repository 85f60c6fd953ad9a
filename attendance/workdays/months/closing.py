"""Closes a month: its days are stored with a checksum, and what becomes known later adjusts a later month.

Everything is derived outside of the transaction. Under the lock of the facts log only the number of the newest fact is
compared and the closing comes into force; people about whom facts came meanwhile are derived again. Nothing is derived
under the lock: what still comes after a few rounds is a late fact, and adjusts a later month.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

from attendance.core import audit, transactions
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import FactLine
from attendance.workdays import canonical, facts
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing
from attendance.workdays.months import open_points, order, preparation, upgrade
from attendance.workdays.months.open_points import OpenPoint
from attendance.workdays.months.preparation import Preparation

ROUNDS = 5
"""So often it is looked whether facts came meanwhile, and people are derived again before each further look."""


def close(
    month: dt.date,
    *,
    actor: User | None,
    with_open_points: bool = False,
    agreed: str | None = None,
    plan_seen: int | None = None,
) -> MonthClosing:
    """Close a month. `with_open_points`: also where something is still open, which is then kept with the closing.

    `agreed`: the digest of the list that was agreed to; None: to whatever is open.
    `plan_seen`: the newest fact when plan and rules were looked at; None: they may be any. Raises `month_closed`,
    `before_records`, `earlier_month_open`, `month_not_over`, `open_points`, `open_points_changed`, `closing_underway`,
    `plan_changed`, `plan_changed_since_seen`.
    """
    order.assure_next(month)
    if plan_seen is not None:
        _assure_same_plan(month, plan_seen)
    upgrade.fill_in()
    prepared = Preparation(month, actor=actor)
    try:
        prepared.derive_all()
        points = _assured(prepared, with_open_points=with_open_points, agreed=agreed)
        for left in reversed(range(ROUNDS)):
            prepared.complete(points)
            stale = transactions.run(partial(_come_into_force, prepared, points, is_last=not left))
            if not stale:
                break
            prepared.derive_again(stale)
            points = _assured(prepared, with_open_points=with_open_points, agreed=agreed)
    except BaseException:
        prepared.discard()
        raise
    return prepared.closing


def _assure_same_plan(month: dt.date, seen: int) -> None:
    """Raise `plan_changed_since_seen`, with its days, where plan or rules are not those that were seen."""
    first, last = order.bounds(month)
    lines = facts_log.since(seen, first=first, last=last + facts.reach(facts.rule_book()))
    days = sorted(set(lines.filter(kind=FactLine.Kind.PLAN).values_list("first", flat=True)))
    if days:
        since = ", ".join(f"{max(day, first):%d %b %Y}" for day in days)
        raise Refusal("plan_changed_since_seen", month=f"{first:%B %Y}", since=since)


def _assured(prepared: Preparation, *, with_open_points: bool, agreed: str | None) -> list[OpenPoint]:
    """Return what is still open; refuse a month that is not over, or one with open points that nobody agreed to."""
    undecided = sum(prepared.undecided.values())
    if undecided:
        raise Refusal("month_not_over", days=undecided)
    points = prepared.open_points()
    if points and not with_open_points:
        raise Refusal("open_points", month=f"{prepared.first:%Y-%m}", points=len(points))
    if points and agreed is not None and agreed != open_points.digest(points):
        raise Refusal("open_points_changed", month=f"{prepared.first:%Y-%m}", points=len(points))
    return points


def _come_into_force(prepared: Preparation, points: list[OpenPoint], *, is_last: bool) -> set[int]:
    """Bring the closing into force; return the people who have to be derived again instead, if there are any.

    At the last look those are left as they are: `seen` stays before their facts, which adjust a later month.
    """
    newest = facts_log.lock()
    prepared.assure_own()
    stale = _changed_since(prepared)
    if not stale or not is_last:
        prepared.seen = newest  # what comes from here on is looked at in the next round
    if stale and not is_last:
        return stale
    order.assure_next(prepared.first)
    prepared.take_effect()
    order.fix_records_begin(prepared.first)
    audit.record(
        "workdays.close_month",
        actor=prepared.actor,
        subject=f"month:{prepared.first:%Y-%m}",
        version=prepared.closing.version,
        sha256=prepared.closing.sha256,
        open_points=len(points),
    )
    return set()


def _changed_since(prepared: Preparation) -> set[int]:
    """Return the people about whom facts came since they were derived. Raises `plan_changed`."""
    lines = facts_log.since(
        prepared.seen, first=dt.date.min, last=prepared.last + facts.reach(prepared.rules)
    ).order_by()
    if lines.filter(kind=FactLine.Kind.PLAN).exists():
        raise Refusal("plan_changed", month=f"{prepared.first:%Y-%m}")
    return facts_log.people_of(lines)


def checksum(closing: MonthClosing) -> str:
    """Return the checksum of what is stored. Names are not part of it, so that erasing a person keeps it."""
    rows = ClosedMonth.objects.filter(closing=closing)
    later = Adjustment.objects.filter(closing=closing)
    if closing.layout == 1:
        return _first_checksum(closing)
    people = {row.person_id: preparation.digests(row) for row in rows.iterator(chunk_size=50)}
    return preparation.seal(closing.month, people, map(preparation.seal_line, later))


def _first_checksum(closing: MonthClosing) -> str:
    """Return the checksum of months closed before names were stored: people in the order of their names of then."""
    rows = ClosedMonth.objects.filter(closing=closing).order_by("name", "person_id")
    later = Adjustment.objects.filter(closing=closing, kind=Adjustment.Kind.FACTS)
    places = {person: (name, person) for person, name in rows.values_list("person_id", "name")}
    days = sorted(
        ((places.get(row.person_id, ("", row.person_id)), day["day"], row.person_id, day["before"], day["after"])
         for row in later for day in row.days),
        key=lambda each: each[:2],
    )  # fmt: skip
    return canonical.digest(
        [
            [[number, stored] for number, stored in rows.values_list("person_id", "days")],
            [[number, day, before, after] for _, day, number, before, after in days],
        ]
    )
