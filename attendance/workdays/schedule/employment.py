"""Who is employed from when to when, and who leads which department?"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Department, Person
from attendance.workdays.models import DepartmentManager, Employment, Site


def employ(
    person: Person, *, joined: dt.date, left: dt.date | None = None, site: Site | None = None, actor: User | None
) -> Employment:
    """Say from when to when somebody is employed, both days included, and where. Raises `period_invalid`."""
    if left is not None and left < joined:
        raise Refusal("period_invalid")
    with transaction.atomic():
        before = Employment.objects.filter(person=person).first()
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
        since = _first_day_changed(before, row)
        if since is not None:
            facts_log.append(facts_log.Kind.EMPLOYMENT, person, first=since, last=None)
    return row


def _first_day_changed(before: Employment | None, after: Employment) -> dt.date | None:
    """Return the first day on which somebody is employed by one of the rows and not by the other; None without any."""
    if before is None:
        return dt.date.min
    changed = [
        min(day for day in pair if day is not None)
        for pair in ((before.joined, after.joined), (before.left, after.left))
        if pair[0] != pair[1]
    ]
    return min(changed, default=None)


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
