"""Names of people in lists, also after a name was erased."""

from __future__ import annotations

from attendance.people.models import Person


def shown(person: Person) -> str:
    """Return the name; a deleted person keeps a number, so that the lines of one person stay together."""
    return person.name or deleted(person.pk)


def deleted(pk: int) -> str:
    """Return what stands for a deleted person."""
    return f"Deleted person {pk}"
