"""Whose attendance a user may read, and about whose requests they may decide; pages and exports ask here.

A manager reaches people for the time that they belong to the department: their months while they belonged to it on any
day, their requests where they belonged to it on the day that is asked about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from attendance.core import clock, permissions, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people import departments
from attendance.people.models import Person
from attendance.workdays.models import Correction, DepartmentManager, Leave, OvertimeApproval, Revocation

Request = TypeVar("Request", Correction, Leave, Revocation)
About = TypeVar("About", Correction, Leave, Revocation, OvertimeApproval)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a user reaches: everybody (HR, clerk), the departments that they manage, and always themselves."""

    user: User | None

    def readable(self, first: dt.date | None = None, last: dt.date | None = None) -> QuerySet[Person]:
        """Return whose months and lists from `first` to `last` may be read; today where no day is given."""
        rights = permissions.rights(self.user)
        if rights.has(Right.VIEW_REPORTS, Right.MANAGE_ATTENDANCE):
            return Person.objects.all()
        return Person.objects.filter(self._own_departments(first, last) | self._own_person())

    def decidable(self, first: dt.date | None = None, last: dt.date | None = None) -> QuerySet[Person]:
        """Return about whose requests for any of the days may be decided: never about one's own."""
        rights = permissions.rights(self.user)
        if rights.has(Right.MANAGE_ATTENDANCE):
            found = Person.objects.all()
        elif rights.has(Right.APPROVE_CORRECTIONS):
            found = Person.objects.filter(self._own_departments(first, last))
        else:
            return Person.objects.none()
        return found.exclude(user=self.user)

    def requests(self, rows: QuerySet[About], *, day: str) -> QuerySet[About]:
        """Return those of the requests that may be decided; `day`: the column with the day that they are about."""
        rights = permissions.rights(self.user)
        if rights.has(Right.MANAGE_ATTENDANCE):
            found = rows
        elif rights.has(Right.APPROVE_CORRECTIONS):
            found = rows.filter(departments.belonging_on(self._departments(), day=day))
        else:
            return rows.none()
        return found.exclude(person__user=self.user) if self.user is not None else found

    def assure_decidable(self, person: Person, day: dt.date) -> None:
        """Raise `not_your_department` unless the user may decide about that day of the person."""
        if not self.decidable(day, day).filter(pk=person.pk).exists():
            raise Refusal("not_your_department")

    def _own_departments(self, first: dt.date | None, last: dt.date | None) -> Q:
        if not permissions.rights(self.user).has(Right.APPROVE_CORRECTIONS):
            return Q(pk__in=[])
        today = clock.today(site.zone())
        return departments.belonging(self._departments(), first=first or today, last=last or today)

    def _departments(self) -> Collection[int]:
        return list(DepartmentManager.objects.filter(user=self.user).values_list("department_id", flat=True))

    def _own_person(self) -> Q:
        return Q(user=self.user) if self.user is not None else Q(pk__in=[])


def scope(user: User | AnonymousUser | None) -> Scope:
    """Return the object to ask."""
    return Scope(user if isinstance(user, User) else None)
