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


def unsay(one: int, other: int) -> None:
    """Forget that these two were said to be two people, who are one."""
    _between(one, other).delete()


def dissolve(person: Person, other: Person, *, actor: User | None) -> None:
    """Forget that these two look alike: one of them has left, or they are easily told apart by now."""
    first, second = sorted((person.pk, other.pk))
    with transaction.atomic():
        deleted, _ = LookAlikePair.objects.filter(first_id=first, second_id=second).delete()
        if not deleted:
            raise Refusal("no_look_alike")
        audit.record("enrolment.dissolve_pair", actor=actor, subject=f"person:{person.pk}", other=other.pk)


def hand_over(other: Person, kept: Person) -> tuple[list[int], bool]:
    """Let whoever looks like `other` look like `kept`, who is the same person.

    Returns the numbers of those who were not known to look like `kept`, and whether the two were a pair themselves.
    """
    was_pair = is_known(other.pk, kept.pk)
    _between(other.pk, kept.pk).delete()
    rows = LookAlikePair.objects.filter(Q(first=other) | Q(second=other)).values_list("first_id", "second_id")
    numbers = {number for pair in rows for number in pair} - {other.pk}
    added = sorted(number for number in numbers if not is_known(kept.pk, number))
    for number in added:
        record(kept.pk, number)
    return added, was_pair


def take_back(other: Person, kept: Person, *, added: list[int], was_pair: bool) -> None:
    """Undo what `hand_over` did."""
    for number in added:
        _between(kept.pk, number).delete()
    if was_pair:
        record(kept.pk, other.pk)


def _between(one: int, other: int) -> QuerySet[LookAlikePair]:
    first, second = sorted((one, other))
    return LookAlikePair.objects.filter(first_id=first, second_id=second)


def forget(person: Person) -> None:
    """Delete what is known of this person's look-alikes, with the person."""
    LookAlikePair.objects.filter(Q(first=person) | Q(second=person)).delete()
