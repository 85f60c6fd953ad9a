"""Adds people and changes what is known of them.

Whether somebody may be matched is not decided here: deactivating also changes the gallery, which lies above this
room, see `enrolment.membership`.
"""

from __future__ import annotations

import unicodedata

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import departments, facts_log, names, pins
from attendance.people.models import Person


def add(*, employee_number: str, name: str, department: str = "", actor: User | None) -> Person:
    """Add a person; raises `duplicate_employee_number` with the person who has it, or what `names` refuses."""
    person = Person(
        employee_number=names.clean_number(employee_number), name=names.clean_name(name), created_at=clock.now()
    )
    with transaction.atomic():
        person.department = departments.find_or_add(department)
        _save(person, fields=None)
        audit.record("people.add", actor=actor, subject=f"person:{person.pk}")
    return person


def change(
    person: Person,
    *,
    employee_number: str | None = None,
    name: str | None = None,
    department: str | None = None,
    actor: User | None,
) -> Person:
    """Change what is given and leave the rest; the photo and its embedding do not depend on any of it.

    Another department holds from today on; `workdays.schedule.employment` moves somebody from another day on.
    """
    if person.erased_at is not None:
        raise Refusal("person_erased")
    changed = []
    with transaction.atomic():
        if employee_number is not None:
            person.employee_number = names.clean_number(employee_number)
            changed.append("employee_number")
        if name is not None:
            person.name = names.clean_name(name)
            changed.append("name")
        _save(person, fields=changed)
        today = clock.today(site.zone())
        is_moved = department is not None and departments.move(
            person, departments.find_or_add(department), since=today, today=today
        )
        if department is not None:
            changed.append("department")
        audit.record("people.change", actor=actor, subject=f"person:{person.pk}", fields=", ".join(changed))
        if is_moved:
            facts_log.append(facts_log.Kind.PLAN, None, first=today, last=None)
    return person


def set_pin(person: Person, pin: str, *, actor: User | None) -> None:
    """Set the PIN for the way without a face; an empty one takes it away."""
    if person.erased_at is not None:
        raise Refusal("person_erased")
    hashed = make_password(pins.clean(pin)) if pin else ""  # outside the transaction: argon2 is slow on purpose
    with transaction.atomic():
        person.pin_hash = hashed
        person.save(update_fields=["pin_hash"])
        audit.record("people.set_pin", actor=actor, subject=f"person:{person.pk}", removed=not pin)


def find_by_number(employee_number: str) -> Person | None:
    """Find the person with exactly this number; None for text that could not be one."""
    try:
        number = names.clean_number(employee_number)
    except Refusal:
        return None
    return Person.objects.filter(employee_number=number).first()


def find_by_typed_number(text: str) -> Person | None:
    """Find the person whose number was typed at a door: exactly, or as its plain form (NFKC)."""
    return find_by_number(text) or find_by_number(unicodedata.normalize("NFKC", text))


def _save(person: Person, *, fields: list[str] | None) -> None:
    """Save in a savepoint of its own, so that a number that is taken leaves the outer transaction usable.

    `fields` None: a new person. What is not named stays as others have saved it meanwhile, the site above all.
    """
    try:
        with transaction.atomic():
            person.save(update_fields=fields)
    except IntegrityError as error:
        holder = Person.objects.filter(employee_number=person.employee_number).exclude(pk=person.pk).first()
        if holder is None:
            raise
        raise Refusal("duplicate_employee_number", employee_number=person.employee_number, person=holder.pk) from error
