"""What a closed month was derived from, as JSON values: one person's facts, and the number of their plan.

A later engine judges the same facts again under the same plan, so that an adjustment is what late facts changed and
nothing else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from attendance.people.models import Person
from attendance.workdays.facts import Facts
from attendance.workdays.stored_plan import Plan, Stretches
from timekeeping.settled import Settled
from timekeeping.values import Approval, Correction, Leave, Punch

AROUND = dt.timedelta(days=9)
"""Facts are kept so far around a month: a week reaches six days beyond it, a window two, a zone one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One person's facts in and around a month. `plan`: its number in the closing's plans."""

    plan: int | None
    joined: dt.date | None
    left: dt.date | None
    earlier: Stretches = ()
    punches: tuple[Punch, ...] = ()
    leave: tuple[Leave, ...] = ()
    corrections: tuple[Correction, ...] = ()
    approvals: tuple[Approval, ...] = ()


def plan_of(known: Facts) -> Plan:
    """Return what was planned for the person, without what is a fact."""
    return Plan(
        site=known.roster.site,
        assignments=known.roster.assignments,
        calendar=known.calendar,
        automatic=known.automatic,
    )


def to_json(known: Facts, *, plan: int | None) -> dict[str, Any]:
    """Return the JSON form of somebody's facts."""
    basis = Basis(
        plan=plan,
        joined=known.roster.joined,
        left=known.roster.left,
        earlier=known.roster.earlier,
        punches=known.punches,
        leave=known.leave,
        corrections=known.corrections,
        approvals=known.approvals,
    )
    content: dict[str, Any] = msgspec.to_builtins(basis)
    content["punches"] = [punch._asdict() for punch in known.punches]  # by name: columns may come and go
    return content


def from_json(content: dict[str, Any]) -> Basis:
    """Return the facts of their JSON form; keys that are no longer known are left out."""
    punches = tuple(
        msgspec.convert([row.get(name) for name in Punch._fields], Punch) for row in content.get("punches", ())
    )
    rest = {key: value for key, value in content.items() if key != "punches"}
    return replace(msgspec.convert(rest, Basis), punches=punches)


def facts_of(person: Person, basis: Basis, plan: Plan, *, settled: Settled | None = None) -> Facts:
    """Return the facts as they were known, under a plan; `settled`: the days before the month."""
    return Facts(
        person=person,
        roster=plan.roster(joined=basis.joined, left=basis.left, earlier=basis.earlier),
        calendar=plan.calendar,
        punches=basis.punches,
        leave=basis.leave,
        corrections=basis.corrections,
        approvals=basis.approvals,
        automatic=plan.automatic,
        settled=settled,
    )


def under(known: Facts, plan: Plan, *, settled: Settled | None) -> Facts:
    """Return the same facts under another plan; `settled`: the days before the month."""
    employed = known.roster
    roster = plan.roster(joined=employed.joined, left=employed.left, earlier=employed.earlier)
    return replace(known, roster=roster, calendar=plan.calendar, automatic=plan.automatic, settled=settled)
