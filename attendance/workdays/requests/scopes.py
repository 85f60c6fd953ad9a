"""Whose attendance may somebody see, and about whom may they decide? The object that pages and exports ask."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from attendance.core import permissions
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people.models import Person


@dataclass(frozen=True, slots=True)
class Scope:
    """What a user reaches: everybody (HR, clerk), the departments that they manage, and always themselves."""

    user: User | None

    def readable(self) -> QuerySet[Person]:
        """Return whose months and lists may be read."""
        rights = permissions.rights(self.user)
        if rights.has(Right.VIEW_REPORTS, Right.MANAGE_ATTENDANCE):
            return Person.objects.all()
        return Person.objects.filter(self._own_departments() | self._own_person())

    def decidable(self) -> QuerySet[Person]:
        """Return about whose requests may be decided: never about one's own."""
        rights = permissions.rights(self.user)
        if rights.has(Right.MANAGE_ATTENDANCE):
            found = Person.objects.all()
        elif rights.has(Right.APPROVE_CORRECTIONS):
            found = Person.objects.filter(self._own_departments())
        else:
            return Person.objects.none()
        return found.exclude(user=self.user)

    def assure_decidable(self, person: Person) -> None:
        """Raise `not_your_department` unless the user may decide about the person."""
        if not self.decidable().filter(pk=person.pk).exists():
            raise Refusal("not_your_department")

    def _own_departments(self) -> Q:
        may_lead = permissions.rights(self.user).has(Right.APPROVE_CORRECTIONS)
        return Q(department__managers__user=self.user) if may_lead else Q(pk__in=[])

    def _own_person(self) -> Q:
        return Q(user=self.user) if self.user is not None else Q(pk__in=[])


def scope(user: User | AnonymousUser | None) -> Scope:
    """Return the object to ask."""
    return Scope(user if isinstance(user, User) else None)
