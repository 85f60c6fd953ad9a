"""Days that another plan or other rules would change: derived twice, nothing saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from attendance.core import clock, site
from attendance.core.errors import Refusal
from attendance.people import departments, periods
from attendance.people.models import Department, Person, Site
from attendance.workdays import deliveries, facts, plans
from attendance.workdays.models import Approved, HolidayCalendar, Leave, Shift
from attendance.workdays.models import Assignment as AssignmentRow
from attendance.workdays.models import Holiday as HolidayRow
from attendance.workdays.months import stored_days
from attendance.workdays.plans import Plan
from attendance.workdays.requests import revocations
from attendance.workdays.schedule import codes, employment, shifts, sites
from attendance.workdays.schedule import rules as rule_rows
from attendance.workdays.schedule.calendars import Candidate
from attendance.workdays.schedule.codes import Code
from timekeeping import totals
from timekeeping.values import Assignment, Scope
from timekeeping.work_day import WorkDay

LOOKED_BACK = dt.timedelta(days=62)
"""So many days back a change is tried, two months of the longest."""
LOOKED_AHEAD = dt.timedelta(days=14)
"""So many days from today on, or from the first day of a change that lies ahead."""
PERSON_DAYS = 40_000
"""So many days of all people together are tried at most, 7 seconds of a processor: more people, fewer days back."""
Alternative = Callable[[Plan], None]
"""Changes a plan that was read into the one that is proposed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A day that a proposal would change, before anything is saved."""

    person: Person
    day: dt.date
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a proposal would change: the first days, how many more, of how many people.

    `since`: the first day on which it holds; `first`, `last`: looked at.
    """

    since: dt.date
    first: dt.date
    last: dt.date
    changes: tuple[Change, ...]
    more: int
    people: int


def try_change(
    change: Alternative,
    *,
    since: dt.date,
    shown: int,
    people: QuerySet[Person] | None = None,
    whoever: bool = False,
) -> Outcome:
    """Return what a change would do to the days from `since` on, of these people or of everybody employed.

    `whoever`: of these people also those who are not employed so far.
    """
    today = clock.today(site.zone())
    last = max(since, today) + LOOKED_AHEAD
    first = max(since, today - LOOKED_BACK)
    affordable = PERSON_DAYS // max(1, facts.employed(first, last, people).count())
    first = max(first, min(last - dt.timedelta(days=affordable - 1), max(since, today)))
    chosen = people if people is not None and whoever else facts.employed(first, last, people)
    found = list(_compare(chosen, first, last, change))
    return Outcome(
        since=since,
        first=first,
        last=last,
        changes=tuple(found[:shown]),
        more=max(0, len(found) - shown),
        people=len({each.person.pk for each in found}),
    )


def try_days(change: Alternative, person: Person, first: dt.date, last: dt.date, *, shown: int) -> Outcome:
    """Return what a change would do to days of one person, or of their weeks; those of closed months are adjusted."""
    beyond = facts.reach(plans.rule_book())
    found = list(_compare(Person.objects.filter(pk=person.pk), first - beyond, last + beyond, change))
    return Outcome(
        since=first,
        first=first,
        last=last,
        changes=tuple(found[:shown]),
        more=max(0, len(found) - shown),
        people=len({each.person.pk for each in found}),
    )


def without_request(request: Approved, *, remains: Leave | None = None) -> Alternative:
    """Propose that an approved request counts no more, or that of leave only a part remains."""

    def change(plan: Plan) -> None:
        plan.proposal.turn(request, counts=False)
        if remains is not None:
            plan.proposal.leave.append(remains)

    return change


def with_request(request: Approved) -> Alternative:
    """Propose that a request which was taken back counts again, and not what remained of it."""

    def change(plan: Plan) -> None:
        plan.proposal.turn(request, counts=True)
        for part in revocations.remaining(request) if isinstance(request, Leave) else ():
            plan.proposal.turn(part, counts=False)

    return change


def with_rules(content: dict[str, Any], *, since: dt.date) -> Alternative:
    """Propose a version of the rules from a day on. Raises `rules_invalid`."""
    read = rule_rows.readable_rules(content)

    def change(plan: Plan) -> None:
        plan.rules = periods.changed(plan.rules, read, since=since, before=plan.rules[0][1])

    return change


def with_codes(changed: Iterable[Code], *, since: dt.date) -> Alternative:
    """Propose what a day of some codes is worth from a day on. Raises `code_invalid`."""
    after = {
        each.code: codes.changed_periods(each, since=since) for each in codes.differing(list(changed), since=since)
    }

    def change(plan: Plan) -> None:
        for code, each in after.items():
            plan.fractions[code] = periods.merged((day, meaning.paid) for day, meaning in each)

    return change


def with_zone(row: Site | None, zone: str, *, since: dt.date) -> Alternative:
    """Propose another zone for a site, or for the main one, from a day on."""
    known = sites.zones(row)
    after = periods.changed(known, zone, since=since, before=known[0][1])

    def change(plan: Plan) -> None:
        if row is None:
            plan.main = plans.site_with(plan.main.name, after, before=after[0][1])
        else:
            plan.sites[row.pk] = plans.site_with(row.name, after, before=after[0][1])

    return change


def with_department(person: Person, department: Department | None, *, since: dt.date) -> Alternative:
    """Propose another department for a person from a day on."""
    after = departments.moved(person, department, since=since)

    def change(plan: Plan) -> None:
        plan.moved_departments[person.pk] = after

    return change


def with_site(person: Person, place: Site | None, *, since: dt.date) -> Alternative:
    """Propose another site for a person from a day on."""
    after = employment.moved_to_site(person, place, since=since)

    def change(plan: Plan) -> None:
        plan.moved_sites[person.pk] = after

    return change


def with_employment(person: Person, *, joined: dt.date, left: dt.date | None, place: Site | None) -> Alternative:
    """Propose first and last day of a person, and the site, as `employ` keeps them. Raises `period_invalid`."""
    if left is not None and left < joined:
        raise Refusal("period_invalid")
    stretches = employment.proposed_stretches(person, joined=joined, left=left)
    works = employment.proposed_sites(person, place)

    def change(plan: Plan) -> None:
        plan.moved_employments[person.pk] = stretches
        plan.moved_sites[person.pk] = works

    return change


def with_shift(shift: Shift) -> Alternative:
    """Propose a changed shift in place of the saved one, on all open days. Raises `shift_invalid`."""
    new = shifts.readable_shift(shift)
    saved = plans.shift(Shift.objects.get(pk=shift.pk)) if shift.pk else None

    def changed(assignments: Sequence[Assignment]) -> list[Assignment]:
        return [replace(each, shift=new) if each.shift == saved else each for each in assignments]

    def change(plan: Plan) -> None:
        for group in (plan.of_people, plan.of_departments):
            for number, assignments in group.items():
                group[number] = changed(assignments)
        plan.of_everybody = changed(plan.of_everybody)

    return change


def with_assignment(row: AssignmentRow) -> Alternative:
    """Propose an assignment that is not saved, see `shifts.readable_assignment`."""
    new = shifts.readable_shift(row.shift)

    def change(plan: Plan) -> None:
        if row.person is not None:
            plan.of_people[row.person.pk].append(Assignment(new, row.first, row.last, Scope.PERSON))
        elif row.department is not None:
            plan.of_departments[row.department.pk].append(Assignment(new, row.first, row.last, Scope.DEPARTMENT))
        else:
            plan.of_everybody.append(Assignment(new, row.first, row.last, Scope.DEFAULT))

    return change


def with_holidays(calendar: HolidayCalendar, chosen: Iterable[Candidate]) -> Alternative:
    """Propose further days for a calendar; those that it has stay as they are."""
    known = set(calendar.days.values_list("day", flat=True))
    rows = (HolidayRow(day=each.day, name=each.name, is_half=each.is_half) for each in chosen if each.day not in known)
    new = tuple(plans.holiday(row, calendar) for row in rows)

    def change(plan: Plan) -> None:
        plan.holidays = (*plan.holidays, *new)

    return change


def without_holiday(row: HolidayRow) -> Alternative:
    """Propose that a day of a calendar is an ordinary one again."""
    gone = plans.holiday(row, row.calendar)

    def change(plan: Plan) -> None:
        kept = list(plan.holidays)
        if gone in kept:
            kept.remove(gone)  # a second calendar may hold the same day
        plan.holidays = tuple(kept)

    return change


def _compare(people: QuerySet[Person], first: dt.date, last: dt.date, change: Alternative) -> Iterator[Change]:
    present, proposed = plans.read(), plans.read()
    change(proposed)
    mark = deliveries.watermark()
    both = zip(
        facts.load_weeks(people, first, last, rules=present.book, more=proposed.book, plan=present),
        facts.load_weeks(people, first, last, rules=present.book, more=proposed.book, plan=proposed),
        strict=True,
    )
    for known, other in both:
        before, _ = facts.month_of(known, first, last, rules=present.book, watermark=mark)
        after, _ = facts.month_of(other, first, last, rules=proposed.book, watermark=mark)
        yield from differing(known.person, before, after)


def differing(person: Person, before: list[WorkDay], after: list[WorkDay]) -> Iterator[Change]:
    """Yield the days that came out otherwise, of the same period derived twice."""
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        was, would_be = _form(old), _form(new)
        is_paid_otherwise = was["paid_days"] != would_be["paid_days"] or stored_days.differs(was, would_be)
        if is_paid_otherwise or any(was[key] != would_be[key] for key in ("shifts", "expected")):
            yield Change(person, old.day, was, would_be)


def _expected(day: WorkDay) -> str:
    """Return the local times at which somebody is expected, shift by shift."""
    spans = (span for part in day.parts if part.occurrence for span in part.planned)
    return ", ".join(f"{day.timeline.local(start):%H:%M} to {day.timeline.local(end):%H:%M}" for start, end in spans)


def _form(day: WorkDay) -> dict[str, Any]:
    """Return the day as plain values, with the share of it that is paid and the times that are expected."""
    paid = round(totals.total([day]).paid_days, 6)
    return {**stored_days.as_json(day, with_why=False), "paid_days": paid, "expected": _expected(day)}
