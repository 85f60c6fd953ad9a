"""Look-alikes among the people, with what each of them still needs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from attendance.people.models import Person
from attendance.recognition import changes, pairs
from attendance.recognition.models import LookAlikePair


@dataclass(frozen=True, slots=True)
class LookAlike:
    """One person of a pair, and the other one.

    `needs_pin`: nobody can say at a door who of the two it is. `is_alone`: the only one of the two who is searched, so
    that the other's face is taken for this person's.
    """

    person: Person
    other: Person
    needs_pin: bool
    is_alone: bool

    @property
    def is_open(self) -> bool:
        """Whether something is to be done about it."""
        return self.needs_pin or self.is_alone


def look_alikes(person: Person | None = None) -> list[LookAlike]:
    """Return the active people who have a look-alike, in the order of their names; or those of one person."""
    found = pairs.known().select_related("first", "second")
    if person is not None:
        found = found.filter(Q(first=person) | Q(second=person))
    rows = list(found)
    searched = _searched(rows)
    both = [(one, other) for row in rows for one, other in ((row.first, row.second), (row.second, row.first))]
    shown = [
        LookAlike(
            person=one,
            other=other,
            needs_pin=one.pk in searched and not one.pin_hash,
            is_alone=one.pk in searched and other.pk not in searched,
        )
        for one, other in both
        if one.is_active and (person is None or one.pk == person.pk)
    ]
    return sorted(shown, key=lambda each: (each.person.name, each.person.pk, each.other.name))


def _searched(rows: list[LookAlikePair]) -> set[int]:
    """Return the numbers of those people of the pairs whom doors search."""
    concerned = {number for row in rows for number in (row.first_id, row.second_id)}
    found = changes.searchable().filter(reference__person__in=concerned)
    return set(found.values_list("reference__person_id", flat=True))


def still_open() -> list[LookAlike]:
    """Return those about whom something is to be done."""
    return [each for each in look_alikes() if each.is_open]
