"""Overtime that waits for approval, and its approval; a later fact of that time undoes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import OvertimeApproval
from attendance.workdays.requests import decisions, scopes
from timekeeping.values import OvertimeRule
from timekeeping.work_day import OvertimeState


@dataclass(frozen=True, slots=True)
class Waiting:
    """Overtime that is paid only when somebody says so; under the weekly rule `day` is the last of its week.

    `seconds`, `worked`, `planned`: durations of the day, the overtime that of the week under the weekly rule.
    """

    person: Person
    day: dt.date
    seconds: int
    worked: int
    planned: int
    of_week: bool


def waiting(people: QuerySet[Person], first: dt.date, last: dt.date) -> Iterator[Waiting]:
    """Yield what waits in a period, by person and day."""
    if not any(rules.overtime_needs_approval for _, rules in facts.rule_book().versions):
        return
    for person, days, _ in facts.months(people, first, last):
        for day in days:
            if day.employed and day.overtime_state is OvertimeState.TO_APPROVE:
                yield Waiting(
                    person=person,
                    day=day.day,
                    seconds=day.overtime,
                    worked=day.worked,
                    planned=day.planned,
                    of_week=day.rules.overtime is OvertimeRule.WEEK,
                )


def waiting_for(user: User, people: QuerySet[Person], first: dt.date, last: dt.date) -> Iterator[Waiting]:
    """Yield what waits for this user: of each person the days on which they may decide about them."""
    scope = scopes.scope(user)
    decidable = people.filter(pk__in=scope.decidable(first, last).order_by().values("pk"))
    deciding: dict[dt.date, set[int]] = {}
    for found in waiting(decidable, first, last):
        if found.day not in deciding:
            deciding[found.day] = set(scope.decidable(found.day, found.day).values_list("pk", flat=True))
        if found.person.pk in deciding[found.day]:
            yield found


def approve(person: Person, day: dt.date, *, actor: User, seen: int | None = None) -> OvertimeApproval:
    """Let the overtime of a day, or of the week that ends with it, be paid.

    `seen`: the seconds that whoever approves was shown; None: however much it is.

    Raises `not_your_department`, `nothing_to_approve`, `overtime_is_other`.
    """
    scopes.scope(actor).assure_decidable(person, day)
    with transaction.atomic():
        decisions.lock(person)
        found = next(waiting(Person.objects.filter(pk=person.pk), day, day), None)
        if found is None:
            raise Refusal("nothing_to_approve")
        if seen is not None and seen != found.seconds:
            raise Refusal("overtime_is_other", was=seen, now=found.seconds)
        row = OvertimeApproval.objects.create(person=person, day=day, at=clock.now(), by=actor)
        audit.record(
            "workdays.approve_overtime",
            actor=actor,
            subject=f"person:{person.pk}",
            day=day.isoformat(),
            seconds=found.seconds,
        )
        facts_log.append(facts_log.Kind.OVERTIME, person, first=day, last=day)
    return row
