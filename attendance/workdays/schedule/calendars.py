"""Holidays from a country's list or an iCal feed, always selected by a person, and their calendars.

Feeds hold clock changes, regional days and school terms beside the holidays, so nothing is taken over unseen.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import holidays as country_lists
import icalendar
from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays.models import Holiday, HolidayCalendar
from attendance.workdays.schedule import valid_from

LARGEST_FEED_BYTES = 2_000_000
LONGEST_EVENT_DAYS = 31


@dataclass(frozen=True, slots=True)
class Candidate:
    """A day that may become a holiday. `likely`: ticked beforehand; `known`: the calendar has it already.

    `closed`: it lies in a closed month and can no longer be taken over. `is_half`: only its second half is off.
    """

    day: dt.date
    name: str
    likely: bool
    known: bool = False
    closed: bool = False
    is_half: bool = False


def begin(calendar: HolidayCalendar, *, actor: User | None) -> HolidayCalendar:
    """Begin a calendar, without a day in it."""
    with transaction.atomic():
        calendar.save()
        audit.record("workdays.begin_calendar", actor=actor, subject=f"calendar:{calendar.pk}")
        valid_from.record(valid_from.first_day(None))
    return calendar


def countries() -> list[tuple[str, str]]:
    """Return code and name of each country of which a list is known, by name."""
    known = country_lists.registry.COUNTRIES.values()
    return sorted(((code, _words(name)) for name, code, *_ in known), key=lambda each: each[1])


def _words(name: str) -> str:
    """Write UnitedStates as people do."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def country_holidays(calendar: HolidayCalendar, *, country: str, region: str = "", year: int) -> list[Candidate]:
    """Return a country's holidays of a year; raises `country_unknown`."""
    try:
        found = country_lists.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError as error:
        raise Refusal("country_unknown", country=country) from error
    return marked(calendar, [Candidate(day, name, likely=True) for day, name in sorted(found.items())])


def feed_holidays(calendar: HolidayCalendar, data: bytes) -> list[Candidate]:
    """Return the days of an iCal file; raises `feed_invalid`. Whole days are likely holidays, hours are not."""
    if len(data) > LARGEST_FEED_BYTES:
        raise Refusal("feed_too_large", limit=LARGEST_FEED_BYTES)
    try:
        events = list(icalendar.Calendar.from_ical(data).walk("VEVENT"))
    except (ValueError, IndexError, KeyError) as error:
        raise Refusal("feed_invalid") from error
    found = [candidate for event in events for candidate in _days(event)]
    if not found:
        raise Refusal("feed_empty")
    return marked(calendar, sorted(found, key=lambda candidate: (candidate.day, candidate.name)))


def _days(event: icalendar.cal.Component) -> Iterable[Candidate]:
    start = event.decoded("dtstart", None)
    if start is None:
        return
    name = str(event.get("summary", "")).strip()[:200] or "holiday"
    if isinstance(start, dt.datetime):
        yield Candidate(start.date(), name, likely=False)
        return
    end = event.decoded("dtend", start + dt.timedelta(days=1))
    length = min(max(1, (end - start).days), LONGEST_EVENT_DAYS) if not isinstance(end, dt.datetime) else 1
    for offset in range(length):
        yield Candidate(start + dt.timedelta(days=offset), name, likely=length == 1)


def marked(calendar: HolidayCalendar, found: Iterable[Candidate]) -> list[Candidate]:
    """Return the days, each once, with what the calendar has already and what lies in a closed month."""
    known = set(calendar.days.values_list("day", flat=True))
    first = valid_from.first_day(None)
    seen: dict[dt.date, Candidate] = {}
    for each in found:
        seen.setdefault(
            each.day,
            Candidate(
                day=each.day,
                name=each.name,
                likely=each.likely and each.day >= first,
                known=each.day in known,
                closed=each.day < first,
            ),
        )
    return list(seen.values())


def take(calendar: HolidayCalendar, chosen: Iterable[Candidate], *, actor: User | None) -> int:
    """Take the selected days over; those that are there already stay as they are. Returns how many are new.

    Raises `day_closed`; then none is taken.
    """
    with transaction.atomic():
        known = set(calendar.days.values_list("day", flat=True))
        new = {each.day: each.name for each in chosen if each.day not in known}
        Holiday.objects.bulk_create(Holiday(calendar=calendar, day=day, name=name) for day, name in new.items())
        audit.record("workdays.take_holidays", actor=actor, subject=f"calendar:{calendar.pk}", days=len(new))
        if new:
            valid_from.record(min(new), last=max(new))
    return len(new)


def add(calendar: HolidayCalendar, one: Candidate, *, actor: User | None) -> Holiday:
    """Add one day that somebody typed. Raises `holiday_known`, `day_closed`."""
    assure_new(calendar, one.day)
    with transaction.atomic():
        row = Holiday.objects.create(calendar=calendar, day=one.day, name=one.name, is_half=one.is_half)
        audit.record(
            "workdays.add_holiday", actor=actor, subject=f"calendar:{calendar.pk}", day=one.day.isoformat(),
            is_half=one.is_half,
        )  # fmt: skip
        valid_from.record(one.day, last=one.day)
    return row


def assure_new(calendar: HolidayCalendar, day: dt.date) -> None:
    """Raise `holiday_known` for a day that the calendar has, `day_closed` for one of a closed month."""
    valid_from.assure_open(day)
    if calendar.days.filter(day=day).exists():
        raise Refusal("holiday_known")


def remove(holiday: Holiday, *, actor: User | None) -> None:
    """Take a day out of its calendar. Raises `day_closed`."""
    valid_from.assure_open(holiday.day)
    with transaction.atomic():
        audit.record(
            "workdays.remove_holiday",
            actor=actor,
            subject=f"calendar:{holiday.calendar_id}",
            day=holiday.day.isoformat(),
        )
        day = holiday.day
        holiday.delete()
        valid_from.record(day, last=day)
