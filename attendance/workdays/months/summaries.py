"""Totals of one person's period without its days, cached in this process while nothing has changed.

A sheet that sums up everybody needs a few figures a person, and each open of it would derive every day anew. What was
derived is kept under the very facts that it was derived from (punches, roster, calendar, leave, corrections, approvals,
rules), so a new fact is a new key and nothing has to be thrown away by hand. The passing of time is the only thing that
changes a day without a fact: a summary holds until the next moment at which a window opens, or closes for good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from attendance.people.models import Person
from attendance.workdays import deliveries, facts, plans
from attendance.workdays.facts import Facts
from timekeeping.rule_book import RuleBook
from timekeeping.totals import Totals
from timekeeping.values import MINUTE, Automatic, OvertimeRule, Rules
from timekeeping.work_day import WorkDay

KEPT = 8_000
"""Summaries that a process remembers, 1 to 2 kB each: eight months of a thousand people."""
_WEEK_SECONDS = 8 * 86_400
"""Weeks at the border reach six days beyond, and a night reaches into one more."""
Presence = tuple[tuple[int, int], ...]
"""Per work day the first in and the last out, as instants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notable:
    """A day that somebody should look at; `late`, `early`: seconds, `absent`: the share of the day."""

    day: dt.date
    late: int
    early: int
    absent: float
    flags: tuple[str, ...]
    is_employed: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """The totals of the period, when the person was there, and days to look at. Shared: nobody may change it."""

    totals: Totals
    presence: Presence
    notable: tuple[Notable, ...]


def summarize(
    people: QuerySet[Person], first: dt.date, last: dt.date, *, now: dt.datetime | None = None
) -> Iterator[tuple[Person, Summary]]:
    """Yield the summary of each person, in the order of the query set."""
    plan = plans.read()
    rules = plan.book
    mark = deliveries.watermark(now)
    for known in facts.load_weeks(people, first, last, rules=rules, plan=plan):
        yield known.person, _summary(known, first, last, rules=rules, watermark=mark)


def of_days(days: list[WorkDay], sums: Totals) -> Summary:
    """Keep of work days what sheets of everybody show."""
    return Summary(sums, tuple(_presence(days)), tuple(_notable(days)))


def _notable(days: Iterable[WorkDay]) -> Iterator[Notable]:
    for day in days:
        if day.late or day.early or day.absent or day.flags:
            flags = tuple(flag.value for flag in day.flags)
            yield Notable(
                day=day.day,
                late=day.late,
                early=day.early,
                absent=day.absent,
                flags=flags,
                is_employed=day.employed,
            )


def _presence(days: Iterable[WorkDay]) -> Iterator[tuple[int, int]]:
    for day in days:
        if day.first_in is not None and day.last_out is not None:
            yield day.timeline.instant(day.first_in), day.timeline.instant(day.last_out)


@dataclass(frozen=True, slots=True)
class _Kept:
    """`since`, `until`: instants of the watermark between which the summary holds; `until` None: for ever."""

    since: int
    until: int | None
    summary: Summary


_kept: OrderedDict[bytes, _Kept] = OrderedDict()
_lock = threading.Lock()


def forget() -> None:
    """Forget everything, as a new process has."""
    with _lock:
        _kept.clear()


def _summary(known: Facts, first: dt.date, last: dt.date, *, rules: Rules | RuleBook, watermark: int) -> Summary:
    key = _key(known, first, last, rules)
    with _lock:
        found = _kept.get(key)
        if found is not None and found.since <= watermark and (found.until is None or watermark < found.until):
            _kept.move_to_end(key)
            return found.summary
    days, sums = facts.month_of(known, first, last, rules=rules, watermark=watermark)
    summary = of_days(days, sums)
    with _lock:
        _kept[key] = _Kept(watermark, _holds_until(days, watermark), summary)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return summary


def _key(known: Facts, first: dt.date, last: dt.date, rules: Rules | RuleBook) -> bytes:
    """Return a digest of everything that the summary follows from, but the present."""
    punches = tuple(map(tuple, known.punches))  # most of the facts; plain tuples pickle three times as fast
    content_of_person = (punches, known.roster, known.calendar, known.leave, known.corrections, known.approvals)
    content = (first, last, known.at_site(rules), known.settled, content_of_person)
    return hashlib.blake2b(pickle.dumps(content, protocol=5), digest_size=16).digest()


def _holds_until(days: list[WorkDay], watermark: int) -> int | None:
    """Return the next instant at which a window opens or is judged; None where all of them have passed.

    Only the rules know when an out will be filled in, and the weeks at the borders hold days that are not seen here:
    then nothing is kept beyond a moment.
    """
    if any(_may_change_at_once(day, days[-1], watermark) for day in days):
        return watermark + 1
    coming: set[int] = set()
    for day in days:
        planned, timeline, delay = day.planned_day, day.timeline, day.rules.judge_delay_minutes * MINUTE
        now = timeline.point_at(watermark)
        points = [occurrence.opens for occurrence in planned.occurrences]
        for point in (planned.ends, *(occurrence.closes for occurrence in planned.occurrences)):
            points += [point, point + delay]
        coming.update(timeline.instant(point) for point in points if point >= now)
    return min(coming, default=None)


def _may_change_at_once(day: WorkDay, last: WorkDay, watermark: int) -> bool:
    """Whether an out of the day may be filled in at any moment, or its week is not over for good."""
    rules = day.rules
    is_open = any(part.pairing.open_in is not None and part.automatic_out is None for part in day.parts)
    if is_open and rules.automatic_out is not Automatic.OFF:
        return True
    if rules.overtime is not OvertimeRule.WEEK:
        return False
    ends = last.planned_day.ends + _WEEK_SECONDS + rules.judge_delay_minutes * MINUTE
    return last.timeline.point_at(watermark) <= ends
