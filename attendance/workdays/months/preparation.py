"""Prepares the closing of a month outside of any lock: days, totals, facts and adjustments, a few people at a time.

What is prepared stands in rows of a closing that locks nothing yet. A killed preparation leaves such a row; whoever
closes the month next removes it once it has been silent for a while.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.db.models import Max, QuerySet

from attendance.core import clock, transactions
from attendance.core.batches import batched
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import canonical, facts, plans, stored_plan
from attendance.workdays.facts import Facts
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing
from attendance.workdays.months import adjustments, basis, open_points, order, overlaps, stored_days
from attendance.workdays.months.open_points import OpenPoint
from attendance.workdays.schedule import codes
from attendance.workdays.stored_plan import PlanTable
from timekeeping.totals import Totals
from timekeeping.values import RULE_VERSION
from timekeeping.work_day import Flag, WorkDay

LAYOUT = 4
"""Version of the layout of the files of what is closed now; `reports` keeps every layout."""
PEOPLE_A_COMMIT = 4
"""So many people's months are written in one short transaction: a check-in waits for one of them at most."""
SILENT_AFTER = dt.timedelta(seconds=60)
"""A preparation that has written nothing for so long was cut off."""
_SETTLES = dt.timedelta(days=3)
"""After so many days no day of a month changes any more without a fact."""
PREPARING = MonthClosing.State.PREPARING


class Preparation:
    """One month on the way to being closed. `seen`: the newest fact that was surely looked at."""

    def __init__(self, month: dt.date, *, actor: User | None) -> None:
        self.first, self.last = order.bounds(month)
        self.actor = actor
        self.now = clock.now()
        self.seen = facts_log.newest()
        self.rules = facts.rule_book()
        self.plans = PlanTable()
        self.digests: dict[int, list[str]] = {}
        self.points: dict[int, list[OpenPoint]] = {}
        self.undecided: dict[int, int] = {}
        self.adjustments: dict[int, list[list[Any]]] = {}
        """What the checksum covers of the adjustments of late facts, by person."""
        try:
            self.closing = transactions.run(self._begun)
        except IntegrityError as error:
            raise Refusal("closing_underway", month=f"{self.first:%Y-%m}") from error

    def _begun(self) -> MonthClosing:
        """Take the month; somebody else may be closing it. Raises `closing_underway`, IntegrityError."""
        for other in MonthClosing.objects.select_for_update().filter(month=self.first, state=PREPARING):
            if self.now - other.closed_at < SILENT_AFTER:
                raise Refusal("closing_underway", month=f"{self.first:%Y-%m}")
            _remove(other)
        newest = MonthClosing.objects.filter(month=self.first).aggregate(Max("version"))["version__max"] or 0
        return MonthClosing.objects.create(
            month=self.first,
            version=newest + 1,
            state=PREPARING,
            closed_at=self.now,
            closed_by=self.actor,
            closed_by_name=self.actor.get_username() if self.actor else "",
            rule_version=RULE_VERSION,
            layout=LAYOUT,
            sha256="",
            time_zone=plans.main_site().zone_on(self.last),
        )

    def derive_all(self) -> None:
        """Derive and write the month of everybody who may have been employed in it, and all adjustments."""
        self.derive(facts.employed(self.first, self.last))
        self._look_outside(None)
        self._adjust(None)

    def derive_again(self, people: Collection[int]) -> None:
        """Derive and write the months of some people again: facts about them came before `seen`."""
        for number in people:
            self.digests.pop(number, None)
            self.points.pop(number, None)
            self.undecided.pop(number, None)
            self.adjustments.pop(number, None)
        self.derive(facts.employed(self.first, self.last).filter(pk__in=people), known=people)
        self._look_outside(people)
        self._adjust(people)

    def _look_outside(self, people: Collection[int] | None) -> None:
        """Note the check-ins of those, or of these people, who were employed on no day of the month."""
        for point in open_points.of_people_outside(self.first, self.last, among=people):
            if point.person is not None:
                self.points.setdefault(point.person, []).append(point)

    def derive(self, people: QuerySet[Person], *, known: Collection[int] = ()) -> None:
        """Write the rows of some people; those of `known` are written anew."""
        if known:
            for some in batched(sorted(known), PEOPLE_A_COMMIT):
                transactions.run(partial(_remove_people, self.closing, some))
        for rows in batched(self._rows(people), PEOPLE_A_COMMIT):
            self._write(partial(ClosedMonth.objects.bulk_create, rows))

    def _rows(self, people: QuerySet[Person]) -> Iterator[ClosedMonth]:
        """Derive the months of those of the people who were employed on at least one day."""
        mark = int(self.now.timestamp())
        around = people.select_related("department")
        for one in facts.load(around, self.first - basis.AROUND, self.last + basis.AROUND):
            days, sums = facts.month_of(one, self.first, self.last, rules=self.rules, watermark=mark)
            self.points[one.person.pk] = list(open_points.of_days(one.person.pk, days))
            if sums.employed:
                row = self._row(one, days, sums)
                self.undecided[one.person.pk] += self._still_to_come(one, mark)
                yield row

    def _still_to_come(self, one: Facts, mark: int) -> int:
        """Return how many of the last days time alone will change: by an out that is yet to be filled in."""
        first = self.last - dt.timedelta(days=1)
        if self.now.date() > self.last + _SETTLES:
            return 0
        now, later = (
            facts.derive_one(one, first, self.last, rules=self.rules, watermark=each) for each in (mark, None)
        )
        pairs = zip(now, later, strict=True)
        return sum(day != settled and not day.has(Flag.UNDECIDED) for day, settled in pairs)

    def _row(self, one: Facts, days: list[WorkDay], sums: Totals) -> ClosedMonth:
        person = one.person
        row = ClosedMonth(
            closing=self.closing,
            person=person,
            employee_number=_number(person),
            name=person.name,
            department=facts.department_name(one, self.last),
            days=[stored_days.as_json(day) for day in days],
            totals=stored_days.totals_as_json(sums),
            basis=basis.to_json(one, plan=self.plans.number(basis.plan_of(one))),
        )
        self.digests[person.pk] = digests(row)
        self.undecided[person.pk] = sum(day.has(Flag.UNDECIDED) for day in days)
        return row

    def _write(self, insert: Callable[[], object]) -> None:
        """Insert some rows in a transaction of their own, and say that the preparation goes on."""

        def work() -> None:
            self._is_alive()
            insert()

        transactions.run(work)
        transactions.give_way()

    def _is_alive(self) -> None:
        """Say that the preparation goes on. Raises `closing_underway` where somebody else took it for cut off."""
        if not MonthClosing.objects.filter(pk=self.closing.pk, state=PREPARING).update(closed_at=clock.now()):
            raise Refusal("closing_underway", month=f"{self.first:%Y-%m}")

    def assure_own(self) -> None:
        """Raise `closing_underway` where the rows were removed meanwhile; locks them until the transaction ends."""
        if not MonthClosing.objects.select_for_update().filter(pk=self.closing.pk, state=PREPARING).exists():
            raise Refusal("closing_underway", month=f"{self.first:%Y-%m}")

    def _adjust(self, people: Collection[int] | None) -> None:
        """Write the adjustments that late facts make necessary; they count from the day the closing is in force."""
        for rows in batched(adjustments.find(self.first, people=people), PEOPLE_A_COMMIT):
            for row in rows:
                row.closing, row.sequence = self.closing, self.seen
                self.adjustments.setdefault(row.person_id, []).append(seal_line(row))
            self._write(partial(Adjustment.objects.bulk_create, rows))
        self.name(set(self.adjustments))

    def name(self, people: Collection[int]) -> None:
        """Keep who they are whom the file adjusts though they were not employed in the month: a row without days."""
        unknown = {number for number in people if number not in self.digests}
        waiting: list[ClosedMonth] = []
        for one in facts.load(Person.objects.filter(pk__in=unknown).order_by("name", "pk"), self.first, self.last):
            row = ClosedMonth(
                closing=self.closing,
                person=one.person,
                employee_number=_number(one.person),
                name=one.person.name,
                department=facts.department_name(one, self.last),
                totals=stored_days.totals_as_json(Totals()),
            )
            self.digests[one.person.pk] = digests(row)
            waiting.append(row)
        for some in batched(waiting, PEOPLE_A_COMMIT):
            self._write(partial(ClosedMonth.objects.bulk_create, some))

    def open_points(self) -> list[OpenPoint]:
        """Return what is still open, people by number, then requests, entries and doors."""
        found = [point for number in sorted(self.points) for point in self.points[number]]
        requests = open_points.of_requests(self.first, self.last)
        late = Adjustment.objects.filter(closing=self.closing, kind=Adjustment.Kind.FACTS).defer("basis", "days")
        twice = open_points.of_entries({*overlaps.among(late), *overlaps.in_open_month(self.first)})
        return open_points.without_twins([*found, *requests, *twice, *open_points.of_doors(self.last)])

    def _entries(self) -> list[Adjustment]:
        """Return the entries by hand that this file carries: those of its own month and of earlier ones."""
        return [row for row in adjustments.waiting_entries() if row.month <= self.first]

    def complete(self, points: list[OpenPoint]) -> None:
        """Write what belongs to the whole month, before the lock is taken: codes, rules, plans, open points."""
        self.name({row.person_id for row in self._entries()})
        self.closing.codes = codes.frozen(self.last)
        self.closing.rules = stored_plan.rules_to_json(self.rules)
        self.closing.plan = {"plans": self.plans.to_json()}
        self.closing.open_points = [point.to_json() for point in points]
        transactions.run(self._keep)

    def _keep(self) -> None:
        self._is_alive()
        self.closing.save(update_fields=["codes", "rules", "plan", "open_points"])

    def take_effect(self) -> None:
        """Bring the month into force, with the entries by hand that wait; under the lock of the facts log.

        Who came to have an entry since `complete` has no row yet: the entry waits for the next closing.
        """
        entries = [row for row in self._entries() if row.person_id in self.digests]
        self.closing.state = order.CLOSED
        self.closing.closed_at = clock.now()
        self.closing.sequence = self.seen
        later = [line for lines in self.adjustments.values() for line in lines]
        self.closing.sha256 = seal(self.first, self.digests, [*later, *map(seal_line, entries)])
        self.closing.save(update_fields=["state", "closed_at", "sequence", "sha256"])
        self._forget_erased()
        Adjustment.objects.filter(pk__in=[row.pk for row in entries]).update(closing=self.closing, sequence=self.seen)

    def _forget_erased(self) -> None:
        """Blank the names of people who were erased while their month was prepared."""
        ClosedMonth.objects.filter(closing=self.closing).exclude(person__erased_at=None).update(name="")

    def discard(self) -> None:
        """Remove what was prepared."""
        transactions.run(partial(_remove, self.closing))


def _number(person: Person) -> str:
    """Return somebody's number; of a person who was erased the one in the newest closed month, for payroll."""
    if person.employee_number or person.erased_at is None:
        return person.employee_number or ""
    rows = ClosedMonth.objects.filter(person=person).exclude(employee_number="").order_by("-closing__month", "-pk")
    return rows.values_list("employee_number", flat=True).first() or ""


def _remove(closing: MonthClosing) -> None:
    """Remove a preparation; a closing in force stays whole, also where its maker was interrupted after the commit."""
    Adjustment.objects.filter(closing=closing, closing__state=PREPARING).delete()
    ClosedMonth.objects.filter(closing=closing, closing__state=PREPARING).delete()
    MonthClosing.objects.filter(pk=closing.pk, state=PREPARING).delete()


def _remove_people(closing: MonthClosing, people: Collection[int]) -> None:
    Adjustment.objects.filter(closing=closing, person__in=people).delete()
    ClosedMonth.objects.filter(closing=closing, person__in=people).delete()


def digests(row: ClosedMonth) -> list[str]:
    """Return what of a row the checksum covers: number, days and totals, never the name."""
    return [row.employee_number, canonical.digest(row.days), canonical.digest(row.totals)]


def seal_line(row: Adjustment) -> list[Any]:
    """Return what of an adjustment the checksum covers."""
    return [row.person_id, row.month.isoformat(), row.kind, row.reason, canonical.digest([row.quantities, row.days])]


def seal(month: dt.date, people: dict[int, list[str]], adjusted: Iterable[list[Any]]) -> str:
    """Return the checksum of a closing, over its people by number and its adjustments."""
    return canonical.digest([month.isoformat(), sorted(people.items()), sorted(adjusted)])
