"""First and last days of employment, department and site of a person by day, and managers of departments."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from attendance.core import audit, clock
from attendance.core import site as main_site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import departments, facts_log, periods, roster
from attendance.people.models import Department, Person, Site
from attendance.people.periods import Periods
from attendance.recognition import areas
from attendance.workdays import plans
from attendance.workdays.models import DepartmentManager, EarlierEmployment, Employment, SitePeriod
from attendance.workdays.schedule import valid_from


def employ(
    person: Person, *, joined: dt.date, left: dt.date | None = None, site: Site | None = None, actor: User | None
) -> Employment:
    """Say from when to when somebody is employed, both days included, and where. Raises `period_invalid`.

    Whoever had left and joins again after that day keeps the earlier employment. Of an earlier one that the new period
    overlaps the days before it stay, unless the new period ends with it or sooner: then it replaces it.
    Another site than the one of today holds from today on; `move_to_site` moves somebody from another day on.
    """
    if left is not None and left < joined:
        raise Refusal("period_invalid")
    with transaction.atomic():
        known = Employment.objects.select_for_update().filter(person=person).first()
        row = known or Employment(person=person, site=site)
        before = _stretches(person, known)
        after = _with(before, joined, left)
        EarlierEmployment.objects.filter(person=person).delete()
        EarlierEmployment.objects.bulk_create(
            EarlierEmployment(person=person, joined=first, left=last) for first, last in after[:-1]
        )
        row.joined, row.left = joined, left
        row.save()
        placed = areas.place({person.pk: site.pk if site else None})
        today = clock.today(main_site.zone())
        is_moved = row.site_id != (site.pk if site else None) and _move_to_site(person, site, today)
        audit.record(
            "workdays.employ",
            actor=actor,
            subject=f"person:{person.pk}",
            joined=joined.isoformat(),
            left=left.isoformat() if left else None,
        )
        if before != after:
            touched = _first_difference(before, after) if known is not None else periods.ALWAYS
            facts_log.append(facts_log.Kind.EMPLOYMENT, person, first=touched, last=None)
        if is_moved:
            valid_from.record(today)
        areas.record(placed)
    return Employment.objects.get(person=person)


Stretch = tuple[dt.date, dt.date]
"""First and last day of an employment; one that has no end lasts as long as the calendar."""


def _with(known: tuple[Stretch, ...], joined: dt.date, left: dt.date | None) -> tuple[Stretch, ...]:
    """Return all employments once the present one, the last of them, is from `joined` to `left`."""
    *earlier, present = known or (None,)
    if present is not None and present[1] < joined:
        earlier.append(present)  # who had left comes back
    kept: list[Stretch] = []
    for first, last in filter(None, earlier):
        if last < joined:
            kept.append((first, last))
        elif first < joined and (left is None or left > last):
            kept.append((first, joined - periods.ONE_DAY))
    return (*kept, (joined, left or dt.date.max))


def _stretches(person: Person, row: Employment | None) -> tuple[Stretch, ...]:
    """Return all employments of somebody."""
    present = () if row is None else ((row.joined, row.left or dt.date.max),)
    earlier = EarlierEmployment.objects.filter(person=person).order_by("joined")
    return (*earlier.values_list("joined", "left"), *present)


def proposed_stretches(person: Person, *, joined: dt.date, left: dt.date | None) -> tuple[Stretch, ...]:
    """Return all employments of somebody once the present one is from `joined` to `left`, as `employ` keeps them."""
    return _with(_stretches(person, Employment.objects.filter(person=person).first()), joined, left)


def first_change(person: Person, *, joined: dt.date, left: dt.date | None) -> dt.date:
    """Return the first day that another period changes; the last of the calendar where it changes none."""
    row = Employment.objects.filter(person=person).first()
    if row is None:
        return periods.ALWAYS
    known = _stretches(person, row)
    return _first_difference(known, _with(known, joined, left))


def proposed_sites(person: Person, site: Site | None) -> Periods[int | None]:
    """Return where a person would work if `employ` named that site: from today on, or always where none is known."""
    row = Employment.objects.filter(person=person).first()
    if row is None:
        return ((periods.ALWAYS, site.pk if site else None),)
    if row.site_id == (site.pk if site else None):
        return sites_of(person)
    return moved_to_site(person, site, since=clock.today(main_site.zone()))


def changes_closed_days(person: Person, *, joined: dt.date, left: dt.date | None) -> bool:
    """Whether another period would change days of closed months, which the next file then adjusts."""
    closed = valid_from.closed_until()
    if closed is None or not Employment.objects.filter(person=person).exists():
        return False
    return first_change(person, joined=joined, left=left) <= closed


def _first_difference(before: tuple[Stretch, ...], after: tuple[Stretch, ...]) -> dt.date:
    """Return the first day on which somebody is employed by one of the two and not by the other."""

    def employs(stretches: tuple[Stretch, ...], day: dt.date) -> bool:
        return any(first <= day <= last for first, last in stretches)

    borders = {first for first, _ in (*before, *after)}
    borders |= {last + periods.ONE_DAY for _, last in (*before, *after) if last < dt.date.max}
    return min((day for day in borders if employs(before, day) is not employs(after, day)), default=dt.date.max)


def move_to_department(
    person: Person, department: Department | None, *, since: dt.date | None = None, actor: User | None
) -> None:
    """Let a person belong to another department from a day on, today where none is given. Raises `day_closed`.

    Requests of the days before stay with the managers of the department before.
    """
    today = clock.today(main_site.zone())
    first = since or today
    valid_from.assure_open(first)
    with transaction.atomic():
        if departments.move(person, department, since=first, today=today):
            audit.record(
                "workdays.move_to_department",
                actor=actor,
                subject=f"person:{person.pk}",
                department=department.pk if department else None,
                since=first.isoformat(),
            )
            valid_from.record(first)


def change_person(
    person: Person, *, employee_number: str, name: str, department: str, since: dt.date | None, actor: User | None
) -> None:
    """Change number and name at once, and the department from a day on; all of it or nothing.

    Raises what `people.roster.change` refuses, and `day_closed`.
    """
    with transaction.atomic():
        roster.change(person, employee_number=employee_number, name=name, actor=actor)
        move_to_department(person, departments.find_or_add(department), since=since, actor=actor)


def sites_of(person: Person) -> Periods[int | None]:
    """Return where a person works, as numbers of sites by day."""
    known = plans.site_periods([person.pk]).get(person.pk)
    if known is not None:
        return known
    row = Employment.objects.filter(person=person).first()
    return ((periods.ALWAYS, row.site_id if row else None),)


def moved_to_site(person: Person, site: Site | None, *, since: dt.date) -> Periods[int | None]:
    """Return where a person would work after a move."""
    return periods.changed(sites_of(person), site.pk if site else None, since=since, before=None)


def move_to_site(person: Person, site: Site | None, *, since: dt.date | None = None, actor: User | None) -> bool:
    """Let a person work at another site from a day on, today where none is given; return whether that changes anything.

    Raises `day_closed`.
    """
    first = since or clock.today(main_site.zone())
    valid_from.assure_open(first)
    with transaction.atomic():
        is_moved = _move_to_site(person, site, first)
        if is_moved:
            audit.record(
                "workdays.move_to_site",
                actor=actor,
                subject=f"person:{person.pk}",
                site=site.pk if site else None,
                since=first.isoformat(),
            )
            today = clock.today(main_site.zone())
            placed = areas.place({person.pk: periods.value_on(sites_of(person), today, otherwise=None)})
            valid_from.record(first)
            areas.record(placed)
    return is_moved


def _move_to_site(person: Person, site: Site | None, since: dt.date) -> bool:
    before, after = sites_of(person), moved_to_site(person, site, since=since)
    if before == after:
        return False
    SitePeriod.objects.filter(person=person).delete()
    if len(after) > 1:
        SitePeriod.objects.bulk_create(SitePeriod(person=person, since=day, site_id=number) for day, number in after)
    present = periods.value_on(after, clock.today(main_site.zone()), otherwise=None)
    Employment.objects.filter(person=person).update(site_id=present)
    return True


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
