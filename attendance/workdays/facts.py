"""Reads rows into the values that `timekeeping` asks for: in few queries, a few hundred people at a time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attendance.checkins import punches
from attendance.core import clock, site
from attendance.people.models import Person
from attendance.workdays import automatic_out, deliveries, models
from attendance.workdays.automatic_out import AtSite
from timekeeping import derivation, overtime, totals
from timekeeping.cases import keys
from timekeeping.cases.atoms import Here
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.totals import Totals
from timekeeping.values import (
    Approval,
    Assignment,
    Correction,
    CorrectionState,
    Direction,
    Holiday,
    Hours,
    Leave,
    LeavePart,
    Paid,
    Punch,
    Roster,
    Rules,
    Scope,
    Shift,
    Site,
    ZoneChange,
)
from timekeeping.work_day import ABSENT, HALF_DAY, HOLIDAY, OFF, PRESENT, WorkDay

PEOPLE_A_TIME = 200
_WEEK = dt.timedelta(days=6)
"""Facts are loaded so far around a period whose weeks are to be whole."""
_AROUND = dt.timedelta(days=3)
"""Punches are read so far around a period: the windows beside it keep their own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one person in a period, as values."""

    person: Person
    roster: Roster
    calendar: tuple[Holiday, ...]
    punches: tuple[Punch, ...]
    leave: tuple[Leave, ...]
    corrections: tuple[Correction, ...]
    approvals: tuple[Approval, ...]
    automatic: AtSite | None = None

    def at_site(self, rules: Rules | RuleBook) -> RuleBook:
        """Return the organisation's rules as they hold at the person's site."""
        book = rule_book(rules)
        return book if self.automatic is None else book.changed(self.automatic.over)


def rules() -> Rules:
    """Return what the organisation decided; the debounce of the door holds where nothing else is said."""
    row = models.WorkRules.objects.filter(since__lte=clock.today(site.zone())).last()
    return replace(read_rules(with_debounce(row.content if row else {})), paid=_paid())


def with_debounce(content: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the debounce of the door, where nothing else is said."""
    return {"debounce_seconds": site.settings().debounce_seconds, **content}


def department_name(known: Facts, _day: dt.date) -> str:
    """Return the name of the department that the person belonged to on a day; empty without one."""
    department = known.person.department
    return department.name if department else ""


def _paid() -> Paid:
    """Return what a day of each status is worth, as the table of codes says."""
    rows = models.StatusCode.objects.values_list("code", "paid_fraction")
    worth = {code: fraction for code, fraction in rows if fraction is not None}
    standard = Paid()
    return Paid(
        present=worth.get(PRESENT, standard.present),
        absent=worth.get(ABSENT, standard.absent),
        half_day=worth.get(HALF_DAY, standard.half_day),
        holiday=worth.get(HOLIDAY, standard.holiday),
        off=worth.get(OFF, standard.off),
    )


def main_site() -> Site:
    """Return the site of the settings, where whoever has no other site works."""
    ours = site.settings()
    return Site(ours.time_zone, ours.site_name)


def read_rules(content: dict[str, object]) -> Rules:
    """Read settings by the keys of the reference page; raises CaseError."""
    return keys.build(Rules, content, keys.SETTINGS, _NOWHERE)


_NOWHERE = Here(Site(), None)


def shift(row: models.Shift) -> Shift:
    """Return the value of a shift; raises CaseError for a text that cannot be read."""
    return _shift(
        row.name,
        row.start,
        row.end,
        row.before_minutes,
        row.after_minutes,
        row.breaks,
        row.break_minutes,
        row.break_after_minutes,
        row.planned_minutes,
        row.hours,
        row.grace_late_minutes,
        row.grace_early_minutes,
        row.half_day_minutes,
        row.absent_minutes,
        row.week_days,
        row.early_arrival_unpaid,
        row.flexible,
        row.half_days,
    )


@lru_cache(maxsize=512)
def _shift(*fields: object) -> Shift:
    """Equal rows give the very same value, so that the plans that hang on it are shared."""
    names = list(Shift.__dataclass_fields__)
    facts = dict(zip(names, fields, strict=True))
    breaks = [part.strip() for part in str(facts["breaks"]).split(",") if part.strip()]
    facts["breaks"] = keys.SHIFT["breaks"][1](breaks, _NOWHERE) if breaks else ()
    for name in ("week_days", "half_days"):
        facts[name] = keys.SHIFT[name][1](facts[name], _NOWHERE)
    facts["hours"] = Hours(str(facts["hours"]))
    make: Callable[..., Shift] = Shift
    return make(**facts)


def derive(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, now: dt.datetime | None = None
) -> Iterator[tuple[Person, list[WorkDay]]]:
    """Yield the work days of each person, in the order of the query set."""
    decided = rules()
    mark = deliveries.watermark(now)
    for facts in load(people, first, last):
        yield facts.person, derive_one(facts, first, last, rules=decided, watermark=mark)


def months(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, now: dt.datetime | None = None
) -> Iterator[tuple[Person, list[WorkDay], Totals]]:
    """Yield the work days of each person, as they are paid, and what they add up to."""
    decided = rules()
    mark = deliveries.watermark(now)
    for facts in load_weeks(people, first, last, rules=decided):
        days, sums = month_of(facts, first, last, rules=decided, watermark=mark)
        yield facts.person, days, sums


def load_weeks(
    people: QuerySet[Person],
    first: dt.date,
    last: dt.date,
    *,
    rules: Rules | RuleBook,
    more: Rules | RuleBook | None = None,
) -> Iterator[Facts]:
    """Yield the facts that `month_of` needs, by one set of rules or by two: under the weekly rule of whole weeks."""
    beside = max(_beside(each) for each in (rules, more or rules))
    return load(people, first - beside, last + beside)


def _beside(rules: Rules | RuleBook) -> dt.timedelta:
    return _WEEK if rule_book(rules).has_weekly_rule else dt.timedelta()


def reach(rules: Rules | RuleBook) -> dt.timedelta:
    """Return how far from a month a fact may lie and still change its figures."""
    return _beside(rules) + dt.timedelta(days=2)


def month_of(
    facts: Facts, first: dt.date, last: dt.date, *, rules: Rules | RuleBook, watermark: int | None = None
) -> tuple[list[WorkDay], Totals]:
    """Return the days of one person, as they are paid, and what they add up to, out of facts of `load_weeks`."""
    beside = _beside(rules)
    around = derive_one(facts, first - beside, last + beside, rules=rules, watermark=watermark)
    days = around[beside.days : len(around) - beside.days]
    sums = totals.total(days, approvals=facts.approvals, around=around)
    return overtime.paid(days, around=around, approvals=facts.approvals), sums


def derive_one(
    facts: Facts, first: dt.date, last: dt.date, *, rules: Rules | RuleBook, watermark: int | None = None
) -> list[WorkDay]:
    """Return the work days of one person."""
    return derivation.derive_days(
        first,
        last,
        punches=facts.punches,
        roster=facts.roster,
        calendar=facts.calendar,
        leave=facts.leave,
        corrections=facts.corrections,
        watermark=watermark,
        rules=facts.at_site(rules),
        approvals=facts.approvals,
    )


def load(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, known_until: dt.datetime | None = None
) -> Iterator[Facts]:
    """Yield the facts of each person for the period, in the order of the query set.

    `known_until`: only what had become known by then; joining and leaving are as they stand.
    """
    plans = _Plans()
    chunk: list[Person] = []
    for person in people.select_related("department", "employment").iterator(chunk_size=PEOPLE_A_TIME):
        chunk.append(person)
        if len(chunk) == PEOPLE_A_TIME:
            yield from _facts(chunk, first, last, plans, known_until)
            chunk = []
    if chunk:
        yield from _facts(chunk, first, last, plans, known_until)


def load_one(person: Person, first: dt.date, last: dt.date, *, with_punches: bool = True) -> Facts:
    """Return the facts of one person for the period; a door reads the punches itself, under its lock."""
    row = Person.objects.select_related("department", "employment").get(pk=person.pk)
    (found,) = _facts([row], first, last, _Plans(row), with_punches=with_punches)
    return found


class _Plans:
    """What is the same for everybody (or for one person): sites, holidays, shifts by department and by default."""

    def __init__(self, one: Person | None = None) -> None:
        self.default = main_site()
        rows = list(models.Site.objects.prefetch_related("changes"))
        self.sites = {row.pk: _site(row) for row in rows}
        self.said = {row.pk: automatic_out.of(row) for row in rows}
        self.holidays = tuple(
            Holiday(day.day, day.name, day.calendar.site.name if day.calendar.site else None)
            for day in models.Holiday.objects.select_related("calendar__site")
        )
        self.departments: dict[int, list[Assignment]] = defaultdict(list)
        self.defaults: list[Assignment] = []
        self.people: dict[int, list[Assignment]] = defaultdict(list)
        self._rosters: dict[tuple[Assignment, ...], tuple[Assignment, ...]] = {}
        found = models.Assignment.objects.select_related("shift")
        if one is not None:
            theirs = Q(person=one) | Q(department=one.department_id or 0)
            found = found.filter(theirs | Q(person=None, department=None))
        for row in found:
            if row.person_id is not None:
                self.people[row.person_id].append(_assignment(row, Scope.PERSON))
            elif row.department_id is not None:
                self.departments[row.department_id].append(_assignment(row, Scope.DEPARTMENT))
            else:
                self.defaults.append(_assignment(row, Scope.DEFAULT))

    def assignments(self, person: Person) -> tuple[Assignment, ...]:
        """Return all that may speak about a person; equal ones are the same object, which is compared at once."""
        found = (*self.people[person.pk], *self.departments[person.department_id or 0], *self.defaults)
        return self._rosters.setdefault(found, found)


def _site(row: models.Site) -> Site:
    changes = tuple(ZoneChange(change.since, change.time_zone) for change in row.changes.all())
    return Site(row.time_zone, row.name, changes)


def _assignment(row: models.Assignment, scope: Scope) -> Assignment:
    return Assignment(shift(row.shift), row.first, row.last, scope)


def _facts(
    people: list[Person],
    first: dt.date,
    last: dt.date,
    plans: _Plans,
    known_until: dt.datetime | None = None,
    *,
    with_punches: bool = True,
) -> Iterator[Facts]:
    numbers = [person.pk for person in people]
    start = dt.datetime.combine(first - _AROUND, dt.time(), tzinfo=dt.UTC)
    end = dt.datetime.combine(last + _AROUND, dt.time(), tzinfo=dt.UTC)
    rows = punches.rows(numbers if with_punches else [], start, end, known_until=known_until)
    corrections = _corrections(numbers, first - _AROUND, last + _AROUND, known_until)
    leave = _leave(numbers, first, last, known_until)
    approvals = _approvals(numbers, first - dt.timedelta(days=7), last + dt.timedelta(days=7), known_until)
    began = punches.first_days([person.pk for person in people if _employment(person) is None])
    for person in people:
        yield Facts(
            person,
            _roster(person, plans, began.get(person.pk)),
            plans.holidays,
            tuple(map(punches.punch, rows[person.pk])),
            tuple(leave[person.pk]),
            tuple(corrections[person.pk]),
            tuple(approvals[person.pk]),
            _automatic(person, plans),
        )


def _employment(person: Person) -> models.Employment | None:
    return getattr(person, "employment", None)


def _automatic(person: Person, plans: _Plans) -> AtSite | None:
    employment = _employment(person)
    return None if employment is None or employment.site_id is None else plans.said.get(employment.site_id)


def _roster(person: Person, plans: _Plans, began: dt.datetime | None) -> Roster:
    employment = _employment(person)
    place = plans.default
    if employment is not None and employment.site_id is not None:
        place = plans.sites[employment.site_id]
    zone = ZoneInfo(place.zone)
    if employment is not None:
        joined, left = employment.joined, employment.left
    else:
        joined = min(person.created_at, began or person.created_at).astimezone(zone).date()
        left = person.deactivated_at.astimezone(zone).date() if person.deactivated_at else None
    return Roster(place, plans.assignments(person), joined, left)


def _corrections(
    numbers: Sequence[int], first: dt.date, last: dt.date, known_until: dt.datetime | None
) -> dict[int, list[Correction]]:
    found: dict[int, list[Correction]] = defaultdict(list)
    rows = models.CorrectionEntry.objects.filter(
        correction__person__in=numbers,
        correction__day__gte=first,
        correction__day__lte=last,
        correction__state=models.State.APPROVED,
    ).select_related("correction", "replaces")
    if known_until is not None:
        rows = rows.filter(correction__decided_at__lte=known_until)
    for row in rows:
        decided = row.correction.decided_at
        found[row.correction.person_id].append(
            Correction(
                int(row.at.timestamp()) if row.at else None,
                Direction(row.direction) if row.direction else None,
                int(row.replaces.at.timestamp()) if row.replaces else None,
                CorrectionState.APPROVED,
                int(decided.timestamp()) if decided else None,
                row.correction_id,
            )
        )
    return found


def _leave(
    numbers: Sequence[int], first: dt.date, last: dt.date, known_until: dt.datetime | None
) -> dict[int, list[Leave]]:
    found: dict[int, list[Leave]] = defaultdict(list)
    rows = models.Leave.objects.filter(
        person__in=numbers, first__lte=last, last__gte=first, state=models.State.APPROVED
    ).select_related("type")
    if known_until is not None:
        rows = rows.filter(decided_at__lte=known_until)
    for row in rows:
        found[row.person_id].append(leave(row))
    return found


def leave(row: models.Leave) -> Leave:
    """Return the value of a leave."""
    return Leave(
        row.first,
        row.last,
        row.type.code,
        LeavePart(row.part),
        row.half_day,
        row.start,
        row.end,
        row.type.paid_fraction,
        row.state == models.State.APPROVED,
        int(row.decided_at.timestamp()) if row.decided_at else 0,
        row.type.at_work,
    )


def _approvals(
    numbers: Sequence[int], first: dt.date, last: dt.date, known_until: dt.datetime | None
) -> dict[int, list[Approval]]:
    found: dict[int, list[Approval]] = defaultdict(list)
    rows = models.OvertimeApproval.objects.filter(person__in=numbers, day__gte=first, day__lte=last)
    if known_until is not None:
        rows = rows.filter(at__lte=known_until)
    for person, day, at in rows.values_list("person_id", "day", "at"):
        found[person].append(Approval(day, int(at.timestamp())))
    return found


def employed(first: dt.date, last: dt.date, people: QuerySet[Person] | None = None) -> QuerySet[Person]:
    """Return everybody who may be employed in the period, also those without a single check-in."""
    found = people if people is not None else Person.objects.all()
    start = dt.datetime.combine(first - dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    found = found.exclude(employment__left__lt=first).exclude(employment__joined__gt=last)
    return found.exclude(employment=None, deactivated_at__lt=start).order_by("name", "pk")
