"""Pairs of people whose faces no threshold tells apart: twins, and others whom somebody said to be two people.

A pair outlives its photos: one of the two alone would be taken for the other. So the face of either is never enough at
a door; a number and a PIN say who it is.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.recognition import lookalikes
from attendance.recognition.models import LookAlikePair


def known() -> QuerySet[LookAlikePair]:
    """Return the pairs of people who are both still known by name."""
    return LookAlikePair.objects.filter(first__erased_at=None, second__erased_at=None)


def record(one: int, other: int) -> None:
    """Remember that these two people look alike; once is enough."""
    first, second = sorted((one, other))
    LookAlikePair.objects.get_or_create(first_id=first, second_id=second, defaults={"found_at": clock.now()})


def is_known(one: int, other: int) -> bool:
    """Return whether somebody has said that these two are different people."""
    first, second = sorted((one, other))
    return LookAlikePair.objects.filter(first_id=first, second_id=second).exists()


def partners(person_id: int) -> set[int]:
    """Return who looks like this person: known pairs, and what waits for a decision."""
    found = known().filter(Q(first=person_id) | Q(second=person_id)).values_list("first_id", "second_id")
    waiting = lookalikes.undecided().filter(Q(reference__person=person_id) | Q(look_alike__person=person_id))
    both = [*found, *waiting.values_list("reference__person_id", "look_alike__person_id")]
    return {number for pair in both for number in pair} - {person_id}


def dissolve(person: Person, other: Person, *, actor: User | None) -> None:
    """Forget that these two look alike: one of them has left, or they are easily told apart by now."""
    first, second = sorted((person.pk, other.pk))
    with transaction.atomic():
        deleted, _ = LookAlikePair.objects.filter(first_id=first, second_id=second).delete()
        if not deleted:
            raise Refusal("no_look_alike")
        audit.record("enrolment.dissolve_pair", actor=actor, subject=f"person:{person.pk}", other=other.pk)


def forget(person: Person) -> None:
    """Delete what is known of this person's look-alikes, with the person."""
    LookAlikePair.objects.filter(Q(first=person) | Q(second=person)).delete()
