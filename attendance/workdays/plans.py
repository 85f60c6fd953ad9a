"""Reads the plan by day: rules, codes, sites with their zones, holidays, shifts and who has them.

Everything that holds for many people is read once; what holds for one person comes a few hundred people at a time.
A dry run changes a plan of its own before anybody's days are derived from it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from django.db.models import Q

from attendance.core import site
from attendance.core.models import SiteSettings
from attendance.people import departments, periods
from attendance.people.models import Department, Person
from attendance.people.models import Site as SiteRow
from attendance.people.periods import Periods
from attendance.workdays import models, site_rules
from attendance.workdays.decided_requests import Proposal
from attendance.workdays.site_rules import AtSite
from timekeeping.cases import keys
from timekeeping.cases.atoms import Here
from timekeeping.rule_book import RuleBook
from timekeeping.values import Assignment, Holiday, Hours, Paid, Rules, Scope, Shift, Site, ZoneChange
from timekeeping.work_day import ABSENT, HALF_DAY, HOLIDAY, OFF, PRESENT

_NOWHERE = Here(Site(), None)
_PAID = {PRESENT: "present", ABSENT: "absent", HALF_DAY: "half_day", HOLIDAY: "holiday", OFF: "off"}
"""The codes of the rules whose worth is a setting, and its name."""


def read_rules(content: dict[str, object]) -> Rules:
    """Read settings by the keys of the reference page; the debounce of the door holds where nothing else is said.

    Raises CaseError.
    """
    return _read_rules(content, site.settings())


def _read_rules(content: dict[str, object], ours: SiteSettings) -> Rules:
    return keys.build(Rules, {"debounce_seconds": ours.debounce_seconds, **content}, keys.SETTINGS, _NOWHERE)


def _rules(ours: SiteSettings) -> Periods[Rules]:
    """Return the rules by their first day, without what a day of each status is worth; the first hold always."""
    rows = models.WorkRules.objects.order_by("since").values_list("since", "content")
    found = [(since, _read_rules(content, ours)) for since, content in rows]
    if not found or found[0][0] > periods.ALWAYS:
        found.insert(0, (periods.ALWAYS, _read_rules({}, ours)))
    return tuple(found)


def paid_fractions() -> dict[str, Periods[float | None]]:
    """Return by code what share of a day is paid from which day on; codes without a row are not in it."""
    found: dict[str, list[tuple[dt.date, float | None]]] = defaultdict(list)
    for code, since, fraction in models.StatusCode.objects.values_list("code", "since", "paid_fraction"):
        found[code].append((since, fraction))
    return {code: periods.merged(each) for code, each in found.items()}


def rule_book() -> RuleBook:
    """Return what the organisation decided, by day."""
    return _book(_rules(site.settings()), paid_fractions())


def _book(rules: Periods[Rules], fractions: dict[str, Periods[float | None]]) -> RuleBook:
    """Return rules and the worth of each status as one book; its versions begin where either changes."""
    worth = {code: each for code, each in fractions.items() if code in _PAID}
    days = {since for since, _ in rules} | {since for each in worth.values() for since, _ in each}

    def on(day: dt.date) -> Rules:
        return replace(periods.value_on(rules, day, otherwise=rules[0][1]), paid=_paid_on(worth, day))

    return RuleBook(((None, on(periods.ALWAYS)), *((day, on(day)) for day in sorted(days - {periods.ALWAYS}))))


def _paid_on(worth: dict[str, Periods[float | None]], day: dt.date) -> Paid:
    standard = Paid()
    found = {
        _PAID[code]: fraction
        for code, each in worth.items()
        if (fraction := periods.value_on(each, day, otherwise=None)) is not None
    }
    return replace(standard, **found)


def main_site() -> Site:
    """Return the site of the settings, where whoever has no other site works."""
    return _main_site(site.settings(), _zones().get(None, ()))


def _main_site(ours: SiteSettings, zones: Periods[str]) -> Site:
    return site_with(ours.site_name, zones, before=ours.time_zone)


def _zones() -> dict[int | None, Periods[str]]:
    """Return the changes of zone of each site (None: the main one); a site that kept its zone is not in it."""
    found: dict[int | None, list[tuple[dt.date, str]]] = defaultdict(list)
    rows = models.ZoneChange.objects.order_by("since", "pk")
    for number, since, zone in rows.values_list("site_id", "since", "time_zone"):
        found[number].append((since, zone))
    return {number: tuple(each) for number, each in found.items()}


def site_with(name: str, zones: Periods[str], *, before: str) -> Site:
    """Return a site that keeps those zones; `before`: the one that it keeps until the first of them."""
    first = periods.value_on(zones, periods.ALWAYS, otherwise=before)
    return Site(first, name, tuple(ZoneChange(since, zone) for since, zone in zones if since > periods.ALWAYS))


def shift(row: models.Shift) -> Shift:
    """Return the value of a shift; raises CaseError for a text that cannot be read."""
    return _shift(*(getattr(row, name) for name in Shift.__dataclass_fields__))


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


def holiday(row: models.Holiday, calendar: models.HolidayCalendar) -> Holiday:
    """Return the value of a holiday of a calendar."""
    return Holiday(row.day, row.name, calendar.site.name if calendar.site else None, row.is_half)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person works: one site value for all days, the holidays that hold there, and its word about outs."""

    site: Site
    holidays: tuple[Holiday, ...]
    automatic: Periods[AtSite | None] = ()


@dataclass
class Plan:
    """What is planned for everybody. Who moved is looked up by `prepare`, a few hundred people at a time."""

    main: Site
    sites: dict[int, Site]
    automatic: dict[int, AtSite | None]
    holidays: tuple[Holiday, ...]
    of_people: dict[int, list[Assignment]]
    of_departments: dict[int, list[Assignment]]
    of_everybody: list[Assignment]
    rules: Periods[Rules]
    fractions: dict[str, Periods[float | None]]
    moved_departments: dict[int, Periods[int | None]] = field(default_factory=dict)
    moved_sites: dict[int, Periods[int | None]] = field(default_factory=dict)
    moved_employments: dict[int, tuple[tuple[dt.date, dt.date], ...]] = field(default_factory=dict)
    """First and last days of all employments of somebody, in a dry run; the last of them is the present one."""
    proposal: Proposal = field(default_factory=Proposal)
    """What a dry run supposes of decided requests."""
    _departments: dict[int, Periods[int | None]] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _sites: dict[int, Periods[int | None]] = field(default_factory=dict)
    _rosters: dict[tuple[Assignment, ...], tuple[Assignment, ...]] = field(default_factory=dict)
    _clipped: dict[Periods[int | None], tuple[Assignment, ...]] = field(default_factory=dict)
    _places: dict[Periods[int | None], Place] = field(default_factory=dict)

    @cached_property
    def book(self) -> RuleBook:
        """The rules by day."""
        return _book(self.rules, self.fractions)

    def prepare(self, people: Collection[int]) -> None:
        """Look up who of these moved to another department or site; `moved_...` of a dry run go first."""
        self._departments = departments.periods_of(people) | self.moved_departments
        moved = site_periods(people) if self.sites else {}  # where there is one site alone, nobody moved
        self._sites = moved | self.moved_sites
        if self._departments and not self._names:
            self._names = dict(Department.objects.values_list("pk", "name"))

    def departments(self, person: Person) -> Periods[str]:
        """Return the names of the departments of somebody who moved, by day; of nobody else."""
        belongs = self._departments.get(person.pk, ())
        return tuple((since, self._names.get(number or 0, "")) for since, number in belongs)

    def assignments(self, person: Person) -> tuple[Assignment, ...]:
        """Return all that may speak about a person; equal ones are the same object, which is compared at once."""
        belongs = self._departments.get(person.pk)
        if belongs is None:
            of_department: Collection[Assignment] = self.of_departments[person.department_id or 0]
        else:
            of_department = self._while_there(belongs)
        found = (*self.of_people[person.pk], *of_department, *self.of_everybody)
        return self._rosters.setdefault(found, found)

    def _while_there(self, belongs: Periods[int | None]) -> tuple[Assignment, ...]:
        """Return the assignments of departments for the days on which somebody belongs to them."""
        if belongs not in self._clipped:
            self._clipped[belongs] = tuple(
                clipped
                for first, last, department in periods.stretches(belongs)
                for each in self.of_departments[department or 0]
                if (clipped := _clip(each, first, last)) is not None
            )
        return self._clipped[belongs]

    def place(self, person: Person) -> Place:
        """Return where a person works; equal places are the same object."""
        works = self._sites.get(person.pk)
        if works is None:
            employment = getattr(person, "employment", None)
            works = ((periods.ALWAYS, employment.site_id if employment is not None else None),)
        if works not in self._places:
            self._places[works] = self._place(works)
        return self._places[works]

    def _place(self, works: Periods[int | None]) -> Place:
        said = tuple((since, None if number is None else self.automatic.get(number)) for since, number in works)
        automatic = said if any(each for _, each in said) else ()
        if len(works) == 1:
            return Place(self._site(works[0][1]), self.holidays, automatic)
        zones: list[tuple[dt.date, str]] = []
        holidays: list[Holiday] = []
        for first, last, number in periods.stretches(works):
            here = self._site(number)
            zones.append((first, here.zone_on(first)))
            zones.extend((change.since, change.zone) for change in here.changes if first < change.since <= last)
            holidays.extend(
                replace(feast, site=None)
                for feast in self.holidays
                if feast.site in (None, here.name) and first <= feast.day <= last
            )
        newest = self._site(works[-1][1])
        return Place(site_with(newest.name, tuple(zones), before=zones[0][1]), tuple(holidays), automatic)

    def _site(self, number: int | None) -> Site:
        return self.main if number is None else self.sites[number]


def _clip(each: Assignment, first: dt.date, last: dt.date) -> Assignment | None:
    """Return an assignment for those of its days that lie in the period; None where none does."""
    begins = first if each.first is None else max(each.first, first)
    ends = last if each.last is None else min(each.last, last)
    if begins > ends:
        return None
    return replace(
        each,
        first=None if begins == periods.ALWAYS else begins,
        last=None if ends == dt.date.max else ends,
    )


def site_periods(people: Collection[int]) -> dict[int, Periods[int | None]]:
    """Return the sites of those who moved, as numbers (None: the main one); who never moved is not in it."""
    found: dict[int, list[tuple[dt.date, int | None]]] = defaultdict(list)
    rows = models.SitePeriod.objects.filter(person__in=people).order_by("person", "since")
    for person, since, place in rows.values_list("person_id", "since", "site_id"):
        found[person].append((since, place))
    return {person: tuple(each) for person, each in found.items()}


def read(one: Person | None = None) -> Plan:
    """Read what holds for many people, once; `one`: without the assignments of other people."""
    ours, zones, rows = site.settings(), _zones(), list(SiteRow.objects.all())
    of_people: dict[int, list[Assignment]] = defaultdict(list)
    of_departments: dict[int, list[Assignment]] = defaultdict(list)
    of_everybody: list[Assignment] = []
    assigned = models.Assignment.objects.select_related("shift")
    if one is not None:
        assigned = assigned.filter(Q(person=one) | Q(person=None))
    for row in assigned:
        if row.person_id is not None:
            of_people[row.person_id].append(_assignment(row, Scope.PERSON))
        elif row.department_id is not None:
            of_departments[row.department_id].append(_assignment(row, Scope.DEPARTMENT))
        else:
            of_everybody.append(_assignment(row, Scope.DEFAULT))
    return Plan(
        main=_main_site(ours, zones.get(None, ())),
        sites={row.pk: site_with(row.name, zones.get(row.pk, ()), before=row.time_zone) for row in rows},
        automatic={row.pk: site_rules.of_site(row) for row in rows},
        holidays=tuple(holiday(day, day.calendar) for day in models.Holiday.objects.select_related("calendar__site")),
        of_people=of_people,
        of_departments=of_departments,
        of_everybody=of_everybody,
        rules=_rules(ours),
        fractions=paid_fractions(),
    )


def _assignment(row: models.Assignment, scope: Scope) -> Assignment:
    return Assignment(shift(row.shift), row.first, row.last, scope)
