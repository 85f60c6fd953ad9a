"""Reads rows into the values that `timekeeping` asks for: in few queries, a few hundred people at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from attendance.checkins import punches
from attendance.core import clock, site
from attendance.core.batches import batched
from attendance.people import periods
from attendance.people.models import Person
from attendance.people.periods import Periods
from attendance.workdays import closed_plans, decided_requests, deliveries, merged, models, plans, site_rules
from attendance.workdays.closed_plans import ClosedPlans, Joined
from attendance.workdays.plans import Plan
from attendance.workdays.site_rules import AtSite
from attendance.workdays.stored_plan import Plan as PersonPlan
from attendance.workdays.stored_plan import Stretches
from timekeeping import derivation, overtime, totals
from timekeeping.rule_book import RuleBook
from timekeeping.rule_book import rule_book as as_book
from timekeeping.settled import Settled
from timekeeping.totals import Totals
from timekeeping.values import (
    Approval,
    Correction,
    Holiday,
    Leave,
    Punch,
    Roster,
    Rules,
    Site,
)
from timekeeping.work_day import WorkDay

PEOPLE_A_TIME = 200
_WEEK = dt.timedelta(days=6)
"""Facts are loaded so far around a period whose weeks are to be whole."""
_AROUND = dt.timedelta(days=3)
"""Punches are read so far around a period: the windows beside it keep their own."""
_SETTLED = dt.timedelta(days=6)
"""Punches are read so far before the last closed day: which of them closed days used up decides about the next ones."""

_CAME_BACK, _WAS_MERGED = "came_back", "was_merged"
_REVOKED = "revoked"
_AS_SHIPPED = RuleBook()


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
    automatic: Periods[AtSite | None] = ()
    departments: Periods[str] = ()
    rules: RuleBook = _AS_SHIPPED
    """What the organisation decided, by day, when the facts were loaded."""
    settled: Settled | None = None
    """How the days of closed months stand, where their plan or rules are others than those of now."""

    def at_site(self, rules: Rules | RuleBook) -> RuleBook:
        """Return the organisation's rules as they hold at the person's sites, by day."""
        book = as_book(rules)
        return site_rules.at_sites(book, self.automatic) if self.automatic else book


def rules() -> Rules:
    """Return what the organisation decided, as it holds today."""
    return rule_book().on(clock.today(site.zone()))


def rule_book() -> RuleBook:
    """Return what the organisation decided, by day."""
    return plans.rule_book()


def rates() -> list[str]:
    """Return every class of rate by which overtime is or was paid."""
    return sorted(
        {
            step.rate
            for _, rules in rule_book().versions
            for steps in (rules.rates, rules.rest_day_rates, rules.holiday_rates)
            for step in steps
        }
    )


def department_name(known: Facts, day: dt.date) -> str:
    """Return the name of the department that the person belonged to on a day; empty without one."""
    department = known.person.department
    return periods.value_on(known.departments, day, otherwise=department.name if department else "")


def derive(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, now: dt.datetime | None = None
) -> Iterator[tuple[Person, list[WorkDay]]]:
    """Yield the work days of each person, in the order of the query set."""
    plan = plans.read()
    mark = deliveries.watermark(now)
    for facts in load(people, first, last, plan=plan):
        yield facts.person, derive_one(facts, first, last, rules=plan.book, watermark=mark)


def months(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, now: dt.datetime | None = None
) -> Iterator[tuple[Person, list[WorkDay], Totals]]:
    """Yield the work days of each person, as they are paid, and what they add up to."""
    plan = plans.read()
    mark = deliveries.watermark(now)
    for facts in load_weeks(people, first, last, rules=plan.book, plan=plan):
        days, sums = month_of(facts, first, last, rules=plan.book, watermark=mark)
        yield facts.person, days, sums


def load_weeks(
    people: QuerySet[Person],
    first: dt.date,
    last: dt.date,
    *,
    rules: Rules | RuleBook,
    more: Rules | RuleBook | None = None,
    plan: Plan | None = None,
) -> Iterator[Facts]:
    """Yield the facts that `month_of` needs, by one set of rules or by two: under the weekly rule of whole weeks."""
    beside = max(_beside(each) for each in (rules, more or rules))
    return load(people, first - beside, last + beside, plan=plan)


def _beside(rules: Rules | RuleBook) -> dt.timedelta:
    return _WEEK if as_book(rules).has_weekly_rule else dt.timedelta()


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
        settled=facts.settled,
    )


def load(
    people: QuerySet[Person],
    first: dt.date,
    last: dt.date,
    *,
    plan: Plan | None = None,
    known_until: dt.datetime | None = None,
) -> Iterator[Facts]:
    """Yield the facts of each person for the period, in the order of the query set.

    `known_until`: only what had become known by then; joining and leaving are as they stand. No cursor stays open
    between two persons: on SQLite whoever wrote meanwhile would be refused at once, however long they waited.
    """
    plan = plan or plans.read()
    for some in batched(list(_with_employment(people)), PEOPLE_A_TIME):
        yield from _facts(some, first, last, plan, known_until)


def load_one(person: Person, first: dt.date, last: dt.date, *, with_punches: bool = True) -> Facts:
    """Return the facts of one person for the period; a door reads the punches itself, under its lock."""
    row = _with_employment(Person.objects.all()).get(pk=person.pk)
    (found,) = _facts([row], first, last, plans.read(row), with_punches=with_punches)
    return found


def _facts(
    people: list[Person],
    first: dt.date,
    last: dt.date,
    plan: Plan,
    known_until: dt.datetime | None = None,
    *,
    with_punches: bool = True,
) -> Iterator[Facts]:
    numbers = [person.pk for person in people]
    plan.prepare(numbers)
    earlier = _earlier_employments([person.pk for person in people if getattr(person, _CAME_BACK)])
    closed = closed_plans.read(numbers, first=first - _AROUND)
    earliest = first - _AROUND if closed is None else min(first - _AROUND, closed.until - _SETTLED)
    start = dt.datetime.combine(earliest, dt.time(), tzinfo=dt.UTC)
    end = dt.datetime.combine(last + _AROUND, dt.time(), tzinfo=dt.UTC)
    rows = punches.rows(numbers if with_punches else [], start, end, known_until=known_until)
    revoked = [person.pk for person in people if getattr(person, _REVOKED)]
    granted = decided_requests.reader(numbers, plan.proposal, revoked=revoked, known_until=known_until)
    corrections = granted.corrections(earliest, last + _AROUND)
    leave = granted.leave(min(first, earliest), last, fractions=plan.fractions)
    approvals = granted.approvals(first - dt.timedelta(days=7), last + dt.timedelta(days=7))
    began = punches.first_days([person.pk for person in people if _employment(person) is None])
    gaps = merged.gaps([person.pk for person in people if getattr(person, _WAS_MERGED)])
    for person in people:
        joined = _plan(person, plan, closed)
        own = joined.plan
        roster = (
            _roster(person, own, began.get(person.pk), earlier.get(person.pk, ()))
            if person.pk not in plan.moved_employments
            else _proposed_roster(own, plan.moved_employments[person.pk])
        )
        yield Facts(
            person=person,
            roster=merged.without(roster, gaps[person.pk]) if person.pk in gaps else roster,
            calendar=own.calendar,
            punches=tuple(map(punches.punch, rows[person.pk])),
            leave=tuple(leave[person.pk]),
            corrections=tuple(corrections[person.pk]),
            approvals=tuple(approvals[person.pk]),
            automatic=own.automatic,
            departments=plan.departments(person),
            rules=plan.book,
            settled=joined.settled,
        )


def _employment(person: Person) -> models.Employment | None:
    return getattr(person, "employment", None)


def _plan(person: Person, plan: Plan, closed: ClosedPlans | None) -> Joined:
    """Return what is planned for somebody; on days of closed months what was planned when they were closed."""
    place = plan.place(person)
    present = PersonPlan(
        site=place.site, assignments=plan.assignments(person), calendar=place.holidays, automatic=place.automatic
    )
    return Joined(present, None) if closed is None else closed.joined(person.pk, present, rules=plan.book)


def _with_employment(people: QuerySet[Person]) -> QuerySet[Person]:
    """Read department and employment along, and what else only few have: see the names of the columns."""
    before = models.EarlierEmployment.objects.filter(person=OuterRef("pk"))
    revoked = models.Revocation.objects.filter(person=OuterRef("pk"), state=models.State.APPROVED)
    found = people.select_related("department", "employment")
    return found.annotate(**{_CAME_BACK: Exists(before), _REVOKED: Exists(revoked), _WAS_MERGED: merged.was()})


def _earlier_employments(numbers: Sequence[int]) -> dict[int, Stretches]:
    """Return first and last days of the employments of whoever came back; the present one is not among them."""
    if not numbers:
        return {}
    found: dict[int, Stretches] = {}
    rows = models.EarlierEmployment.objects.filter(person__in=numbers).order_by("person", "joined")
    for person, joined, left in rows.values_list("person_id", "joined", "left"):
        found[person] = (*found.get(person, ()), (joined, left))
    return found


def _roster(person: Person, own: PersonPlan, began: dt.datetime | None, earlier: Stretches) -> Roster:
    place = own.site
    employment = _employment(person)
    if employment is not None:
        joined, left = employment.joined, employment.left
    else:
        joined = _local_day(min(person.created_at, began or person.created_at), place)
        left = _local_day(person.deactivated_at, place) if person.deactivated_at else None
    return own.roster(joined=joined, left=left, earlier=earlier)


def _proposed_roster(own: PersonPlan, stretches: Stretches) -> Roster:
    *earlier, (joined, left) = stretches
    return own.roster(joined=joined, left=None if left == dt.date.max else left, earlier=tuple(earlier))


def _local_day(at: dt.datetime, place: Site) -> dt.date:
    return at.astimezone(ZoneInfo(place.zone_on(at.date()))).date()


def employed(first: dt.date, last: dt.date, people: QuerySet[Person] | None = None) -> QuerySet[Person]:
    """Return everybody who may be employed in the period, also those without a single check-in."""
    found = people if people is not None else Person.objects.all()
    start = dt.datetime.combine(first - dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    was_there = models.EarlierEmployment.objects.filter(person=OuterRef("pk"), joined__lte=last, left__gte=first)
    is_not_there = Q(employment__left__lt=first) | Q(employment__joined__gt=last)
    found = found.filter(~is_not_there | Exists(was_there)).exclude(merged.is_all(first, last))
    return found.exclude(employment=None, deactivated_at__lt=start).order_by("name", "pk")
