"""How is somebody called in a list, also after the name was deleted?"""

from __future__ import annotations

from attendance.people.models import Person


def shown(person: Person) -> str:
    """Return the name; a deleted person keeps a number, so that the lines of one person stay together."""
    return person.name or deleted(person.pk)


def deleted(pk: int) -> str:
    """Return what stands for a deleted person."""
    return f"Deleted person {pk}"
