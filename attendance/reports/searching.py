"""Filters people by department, by part of a name or number, or by one person."""

from __future__ import annotations

from typing import TypeAlias

from django.db.models import Q, QuerySet

from attendance.people.models import Person

People: TypeAlias = QuerySet[Person] | None
"""Who is meant; None for everybody."""


def people(*, text: str = "", department: int | None = None, person: int | None = None) -> People:
    """Return the people meant; None where nothing narrows, so that no list joins without need."""
    if not text and department is None and person is None:
        return None
    found = Person.objects.order_by()
    if person is not None:
        found = found.filter(pk=person)
    if department is not None:
        found = found.filter(department=department)
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(employee_number__icontains=word))
    return found
