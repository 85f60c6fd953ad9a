"""Who is employed from when to when, and who leads which department?"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Department, Person
from attendance.workdays.models import DepartmentManager, Employment, Site


def employ(
    person: Person, *, joined: dt.date, left: dt.date | None = None, site: Site | None = None, actor: User | None
) -> Employment:
    """Say from when to when somebody is employed, both days included, and where. Raises `period_invalid`."""
    if left is not None and left < joined:
        raise Refusal("period_invalid")
    with transaction.atomic():
        row, _ = Employment.objects.update_or_create(
            person=person, defaults={"joined": joined, "left": left, "site": site}
        )
        audit.record(
            "workdays.employ",
            actor=actor,
            subject=f"person:{person.pk}",
            joined=joined.isoformat(),
            left=left.isoformat() if left else None,
        )
    return row


def appoint(department: Department, user: User, *, actor: User | None) -> DepartmentManager:
    """Let somebody decide about the requests of a department; the right itself comes by the role."""
    with transaction.atomic():
        row, new = DepartmentManager.objects.get_or_create(department=department, user=user)
        if new:
            audit.record("workdays.appoint", actor=actor, subject=f"department:{department.pk}", manager=user.pk)
    return row


def dismiss(row: DepartmentManager, *, actor: User | None) -> None:
    """Take that back."""
    with transaction.atomic():
        audit.record("workdays.dismiss", actor=actor, subject=f"department:{row.department_id}", manager=row.user_id)
        row.delete()
