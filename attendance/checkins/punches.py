"""Reads the check-ins that count as punches of `timekeeping`: a year of many people, half a million rows, once each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, F, Func, OuterRef, Q, Subquery
from django.db.models.sql.compiler import SQLCompiler

from attendance.checkins.models import CheckIn
from attendance.people.models import Person
from timekeeping import door
from timekeeping.values import Direction, Punch


def first_days(numbers: Sequence[int]) -> dict[int, dt.datetime]:
    """Return the first check-in of each that has one: who has no row of employment works from then on."""
    if not numbers:
        return {}
    counting = CheckIn.objects.filter(person=OuterRef("pk"), voided_at=None).order_by("at").values("at")
    found = Person.objects.filter(pk__in=numbers).order_by().annotate(began=Subquery(counting[:1]))
    return dict(found.exclude(began=None).values_list("pk", "began"))


class _Seconds(Func):
    """An instant as whole seconds since 1970, counted by the database: a datetime a row takes far longer."""

    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Without the fraction, which SQLite would round."""
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **more)


Row = tuple[int, int, str, int | None, int]
"""A check-in: person, second, direction, what it replaces, number."""


def rows(
    numbers: Sequence[int], start: dt.datetime, end: dt.datetime, *, known_until: dt.datetime | None = None
) -> dict[int, list[Row]]:
    """Read the check-ins that count, as plain rows: a year of many people weighs little until it is their turn.

    `known_until`: those that counted at that instant.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    check_ins = CheckIn.objects.filter(person__in=numbers, at__gte=start, at__lt=end).order_by("person_id", "at")
    if known_until is None:
        check_ins = check_ins.filter(voided_at=None)
    else:
        still = Q(voided_at=None) | Q(voided_at__gt=known_until)
        check_ins = check_ins.filter(still, at__lte=known_until)
    columns = check_ins.values_list("person_id", _Seconds(F("at")), "direction", "replaces_id", "pk")
    for row in columns.iterator(chunk_size=5000):
        found[row[0]].append(row)
    return found


def punch(row: Row) -> Punch:
    """The way a punch went follows from the context, unless the person said otherwise."""
    _, at, direction, replaces, number = row
    return Punch(at, direction=None if replaces is None else Direction(direction), number=number)


def find_near(person: Person, moment: dt.datetime) -> list[Punch]:
    """Return all punches of one person that may say something about a moment."""
    return [*map(punch, rows([person.pk], moment - door.REACH, moment + door.REACH)[person.pk])]
