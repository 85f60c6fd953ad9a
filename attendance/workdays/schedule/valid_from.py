"""The days from which changes of the plan and the rules may hold: never inside a closed month.

Every change of rules, codes, zones, departments, sites, shifts and holidays asks here, and leaves its line in the log
of facts here, as the last statement of its transaction. A change may lie in the future; `apply_due` lets the columns
that repeat the value of today follow when its day comes, and with the site the doors that search the person first.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import transaction

from attendance.core import clock, site
from attendance.core.errors import Refusal
from attendance.core.models import SiteSettings
from attendance.people import departments, facts_log, periods
from attendance.recognition import areas
from attendance.workdays import plans
from attendance.workdays.models import Employment, LeaveType, MonthClosing, MonthSettings, SitePeriod, StatusCode


def closed_until() -> dt.date | None:
    """Return the last day of the last month that is closed and in force; None where none is."""
    newest = MonthClosing.objects.filter(state=MonthClosing.State.CLOSED).order_by("-month").first()
    if newest is None:
        return None
    return (newest.month.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - periods.ONE_DAY


def first_open_day() -> dt.date | None:
    """Return the day after the last closed month, or the one on which records begin; None where nothing is closed."""
    closed = closed_until()
    if closed is not None:
        return closed + periods.ONE_DAY
    settings = MonthSettings.objects.filter(pk=1).first()
    return settings.records_begin if settings else None


def proposed_day() -> dt.date:
    """Return the day that a form offers for rules, zones and codes: the first open day, or the first of this month."""
    return first_open_day() or clock.today(site.zone()).replace(day=1)


def first_day(since: dt.date | None) -> dt.date:
    """Return from which day on a change holds: without one from the first day that is not closed."""
    if since is not None:
        return since
    closed = closed_until()
    return periods.ALWAYS if closed is None else closed + periods.ONE_DAY


def assure_open(day: dt.date) -> None:
    """Raise `day_closed` for a day inside or before a closed month."""
    closed = closed_until()
    if closed is not None and day <= closed:
        raise Refusal("day_closed", first_open=(closed + periods.ONE_DAY).isoformat())


def record(since: dt.date, *, last: dt.date | None = None) -> None:
    """Write into the log of facts that the plan changed from a day on; the last statement of a transaction.

    The day is looked at once more, now that no month can be closed any longer. Raises `day_closed`.
    """
    facts_log.lock()
    assure_open(since)
    facts_log.append(facts_log.Kind.PLAN, None, first=since, last=last)


def apply_due() -> None:
    """Let everything that repeats the value of today do so; the same again changes nothing."""
    with transaction.atomic():
        _apply_zone()
        today = clock.today(site.zone())
        departments.apply_due(today)
        _apply_kinds(today)
        _apply_sites(today)


def _apply_zone() -> None:
    """Let the settings name the zone of today; another one begins with its own midnight."""
    main = plans.main_site()
    present = main.zone
    for change in main.changes:
        if clock.today(ZoneInfo(change.zone)) >= change.since:
            present = change.zone
    SiteSettings.objects.filter(pk=1).exclude(time_zone=present).update(time_zone=present)


def _apply_sites(today: dt.date) -> None:
    due = set(SitePeriod.objects.filter(since__lte=today).values_list("person_id", flat=True))
    known = dict(Employment.objects.filter(person__in=due).values_list("person_id", "site_id"))
    present = {
        person: periods.value_on(each, today, otherwise=known.get(person))
        for person, each in plans.site_periods(due).items()
    }
    for person, before in known.items():
        if present[person] != before:
            Employment.objects.filter(person=person).update(site_id=present[person])
    areas.record(areas.place(present))


def _apply_kinds(today: dt.date) -> None:
    """Let each kind of leave repeat what its code means today."""
    kinds = {kind.code: kind for kind in LeaveType.objects.all()}
    rows = StatusCode.objects.filter(code__in=kinds, since__lte=today).order_by("code", "since")
    for row in {each.code: each for each in rows}.values():
        kind, fraction = kinds[row.code], row.paid_fraction
        meaning = (row.label, row.colour, kind.paid_fraction if fraction is None else fraction)
        if (kind.name, kind.colour, kind.paid_fraction) != meaning:
            kind.name, kind.colour, kind.paid_fraction = meaning
            kind.save(update_fields=["name", "colour", "paid_fraction"])
