"""Months, person by person: stored values where the month is closed, derived ones where it is open; the same form.

Of a closed month nothing is looked up anew: who people were, their codes, rates and times are those of its closing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attendance.people import departments as of_departments
from attendance.people import periods as by_day
from attendance.people.models import Department, Person
from attendance.reports import layouts, searching
from attendance.reports.month_values import (
    Belongs,
    Day,
    Identity,
    Month,
    PersonMonth,
    PersonSummary,
    present_identity,
    stored_identity,
)
from attendance.workdays import facts, plans, stored_plan
from attendance.workdays.models import ClosedMonth, MonthClosing
from attendance.workdays.months import open_points, order, stored_days, summaries
from attendance.workdays.months.summaries import Notable
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code
from timekeeping.rule_book import RuleBook
from timekeeping.values import Rules

__all__ = ["Day", "Identity", "Month", "People", "PersonMonth", "PersonSummary"]
_PEOPLE_A_TIME = 100
NO_DEPARTMENT = "no department"
People: TypeAlias = QuerySet[Person] | QuerySet[ClosedMonth]
"""Who a report is about: rows of people while the month is open, stored rows once it is closed."""


def month(day: dt.date, *, version: int | None = None) -> Month:
    """Return the month that holds the day; `version`: as that closing left it, where there is one."""
    first, last = order.bounds(day)
    known = MonthClosing.objects.exclude(state=MonthClosing.State.PREPARING).filter(month=first)
    closing = known.filter(version=version).first() if version is not None else None
    return Month(first, last, closing or order.in_force(first))


def of_closing(closing: MonthClosing) -> Month:
    """Return the month as a closing left it, also one that was superseded."""
    return Month(*order.bounds(closing.month), closing)


def zone(wanted: Month) -> ZoneInfo:
    """Return the zone in which the month shows times."""
    return ZoneInfo(wanted.closing.time_zone if wanted.closing else plans.main_site().zone_on(wanted.last))


def people(wanted: Month, *, among: QuerySet[Person] | None = None, text: str = "", department: str = "") -> People:
    """Return everybody employed in the month, also those without a single row, by name.

    `among`: only these; `text`: part of a name or number; `department`: its name. A closed month is searched, filtered
    and ordered by what is stored with it.
    """
    if wanted.closing is not None:
        return _stored_people(wanted.closing, among=among, text=text, department=department)
    narrowed = _narrowed(wanted, among=among, text=text, department=department)
    return facts.employed(wanted.first, wanted.last, narrowed).select_related("department")


def _narrowed(wanted: Month, *, among: QuerySet[Person] | None, text: str, department: str) -> QuerySet[Person]:
    found = Person.objects.all() if among is None else Person.objects.filter(pk__in=_keys(among))
    narrowed = searching.people(text=text)
    if narrowed is not None:
        found = found.filter(pk__in=_keys(narrowed))
    if department:
        numbers = list(Department.objects.filter(name=department).values_list("pk", flat=True))
        found = found.filter(of_departments.belonging(numbers, first=wanted.last, last=wanted.last))
    return found


def people_outside(
    wanted: Month, *, among: QuerySet[Person] | None = None, text: str = "", department: str = ""
) -> Iterator[PersonSummary]:
    """Yield those who were employed on no day of an open month and checked in all the same, with these days alone.

    A closed month is about whoever was employed in it; what was open then is kept with its closing.
    """
    if wanted.closing is not None:
        return
    narrowed = _narrowed(wanted, among=among, text=text, department=department)
    points = list(open_points.of_people_outside(wanted.first, wanted.last, among=_keys(narrowed)))
    known = identities(wanted, {point.person for point in points if point.person is not None})
    days: dict[int, list[Notable]] = defaultdict(list)
    for point in points:
        if point.day is not None and point.person is not None:
            outside = Notable(day=point.day, late=0, early=0, absent=0.0, flags=(), is_employed=False)
            days[point.person].append(outside)
    for number, notable in days.items():
        yield PersonSummary(known[number], {}, (), tuple(notable))


def _stored_people(
    closing: MonthClosing, *, among: QuerySet[Person] | None, text: str, department: str
) -> QuerySet[ClosedMonth]:
    found = ClosedMonth.objects.filter(closing=closing, totals__employed__gt=0).defer("basis")
    if among is not None:
        found = found.filter(person__in=_keys(among))
    if department:
        found = found.filter(department=department)
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(employee_number__icontains=word))
    return found.order_by(*layouts.of_closing(closing).order)


def _keys(people: QuerySet[Person]) -> QuerySet[Person, int]:
    return people.order_by().values_list("pk", flat=True)


def persons(who: People) -> QuerySet[Person]:
    """Return the people themselves, for whoever needs their facts of today."""
    if who.model is ClosedMonth:
        return Person.objects.filter(pk__in=who.order_by().values("person")).order_by("name", "pk")
    return cast("QuerySet[Person]", who)


def departments(wanted: Month) -> list[str]:
    """Return the names of the departments by which the month can be filtered."""
    if wanted.closing is not None:
        known = ClosedMonth.objects.filter(closing=wanted.closing, totals__employed__gt=0)
        rows = known.exclude(department="").order_by("department")
        return list(rows.values_list("department", flat=True).distinct())
    return list(Department.objects.order_by("name").values_list("name", flat=True))


def identities(wanted: Month, numbers: Collection[int]) -> dict[int, Identity]:
    """Return who some people are, by the numbers of their rows: as the month is closed with, or as known now."""
    found: dict[int, Identity] = {}
    if wanted.closing is not None:
        rows = ClosedMonth.objects.filter(closing=wanted.closing, person__in=numbers).defer("basis", "days", "totals")
        found = {row.person_id: stored_identity(row) for row in rows}
    missing = Person.objects.filter(pk__in=set(numbers) - set(found)).select_related("department")
    belongs = _departments(wanted, missing)
    return found | {person.pk: present_identity(person, belongs=belongs.get(person.pk)) for person in missing}


def _departments(wanted: Month, people: QuerySet[Person]) -> dict[int, Belongs]:
    """Return the departments of those who ever moved, as they hold in an open month."""
    moved = of_departments.periods_of(list(people.order_by().values_list("pk", flat=True)))
    names = dict(Department.objects.values_list("pk", "name")) if moved else {}
    return {person: _belongs(each, names, wanted) for person, each in moved.items()}


def _belongs(known: by_day.Periods[int | None], names: dict[int, str], wanted: Month) -> Belongs:
    first = names.get(by_day.value_on(known, wanted.first, otherwise=None) or 0, "")
    later = [(since, names.get(number or 0, "")) for since, number in known if wanted.first < since <= wanted.last]
    if not later:
        return Belongs(first, "")
    words = [first or NO_DEPARTMENT, *(f"from {since.day} {since:%b} {name or NO_DEPARTMENT}" for since, name in later)]
    return Belongs(later[-1][1], ", ".join(words))


def read(wanted: Month, who: People, *, with_why: bool = False) -> Iterator[PersonMonth]:
    """Yield the month of each person, in the order of the query set; who was not employed at all is left out."""
    if who.model is ClosedMonth:
        return _employed(_stored(who))
    return _employed(_derived(wanted, cast("QuerySet[Person]", who), with_why=with_why))


def _employed(found: Iterator[PersonMonth]) -> Iterator[PersonMonth]:
    return (each for each in found if each.was_employed)


def read_one(wanted: Month, person: Person) -> PersonMonth | None:
    """Return one person's month with its explanations; None for whoever was not employed in it."""
    who: People
    if wanted.closing is not None:
        who = ClosedMonth.objects.filter(closing=wanted.closing, person=person)
    else:
        who = Person.objects.filter(pk=person.pk).select_related("department")
    return next(read(wanted, who, with_why=True), None)


def _stored(who: QuerySet[ClosedMonth]) -> Iterator[PersonMonth]:
    for row in who.iterator(chunk_size=_PEOPLE_A_TIME):
        yield PersonMonth(stored_identity(row), row.days, row.totals)


def _derived(wanted: Month, who: QuerySet[Person], *, with_why: bool) -> Iterator[PersonMonth]:
    belongs = _departments(wanted, who)
    for person, days, sums in facts.months(who, wanted.first, wanted.last):
        shown = [stored_days.as_json(day, with_why=with_why) for day in days]
        identity = present_identity(person, belongs=belongs.get(person.pk))
        yield PersonMonth(identity, shown, stored_days.totals_as_json(sums))


def summarize(wanted: Month, who: People) -> Iterator[PersonSummary]:
    """Yield the sums of the very days that `read` yields, for sheets that show nothing else."""
    if who.model is Person:
        belongs = _departments(wanted, who)
        for person, found in summaries.summarize(who, wanted.first, wanted.last):
            if found.totals.employed:
                sums = stored_days.totals_as_json(found.totals)
                identity = present_identity(person, belongs=belongs.get(person.pk))
                yield PersonSummary(identity, sums, found.presence, found.notable)
        return
    for each in read(wanted, who):
        presence = tuple((_seconds(day["in"]), _seconds(day["out"])) for day in each.days if day["in"] and day["out"])
        yield PersonSummary(each.person, each.totals, presence, each.notable)


def _seconds(instant: str) -> int:
    return int(dt.datetime.fromisoformat(instant).timestamp())


def codes_of(wanted: Month) -> list[Code]:
    """Return what every code means, the kinds of leave included, in the order of the legend."""
    return codes.table(wanted.closing, on=wanted.last)


@dataclass(frozen=True, slots=True)
class Rates:
    """The classes of rate of a month. `has_rest`: whether some overtime may belong to none of them."""

    names: tuple[str, ...]
    has_rest: bool


def rates(wanted: Month) -> Rates:
    """Return by which rates overtime of the month is paid, by the rules that held in it."""
    scales = [
        scale for rules in _rules_in_force(wanted) for scale in (rules.rates, rules.rest_day_rates, rules.holiday_rates)
    ]
    names = {step.rate for scale in scales for step in scale}
    return Rates(tuple(sorted(names)), any(min(step.after_minutes for step in scale) > 0 for scale in scales if scale))


def _rules_in_force(wanted: Month) -> list[Rules]:
    if wanted.closing is None:
        book = facts.rule_book()
    elif any("content" in each for each in wanted.closing.rules):  # as the upgrade found them
        return [plans.read_rules(each["content"]) for each in wanted.closing.rules]
    else:
        book = stored_plan.rules_from_json(wanted.closing.rules)
    return [
        rules for at, (since, rules) in enumerate(book.versions)
        if (since is None or since <= wanted.last) and not _is_replaced(book, at + 1, by=wanted.first)
    ]  # fmt: skip


def _is_replaced(book: RuleBook, at: int, *, by: dt.date) -> bool:
    """Whether the version at a place begins early enough to hide the one before it."""
    if at >= len(book.versions):
        return False
    since = book.versions[at][0]
    return since is not None and since <= by
