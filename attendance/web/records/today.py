"""The first page: the day in counts for the desk, and everybody's own day."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from attendance.backups import nightly
from attendance.core import clock, site
from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.reports import presence
from attendance.reports import today as report
from attendance.web import access, tables
from attendance.web.pages import Audience, Entry, Page

SHOWN = 12
"""People listed on the page; the list behind the tile has all of them."""


def today(request: HttpRequest) -> HttpResponse:
    """Show the day: counts to whoever reads reports, to everybody with a record their own day."""
    zone = site.zone()
    day = clock.today(zone)
    own = Person.objects.filter(user=access.current_user(request)).first()
    context = {
        "zone": zone,
        "day": day,
        "yesterday": day - dt.timedelta(days=1),
        "own": own,
        "own_day": report.own_day(own) if own else None,
    }
    if access.has(request, Right.VIEW_REPORTS):
        standing = report.standing(zone=zone)
        latest = sorted(standing.people_in, key=lambda present: present.since, reverse=True)[:SHOWN]
        context["standing"] = standing
        context["backups"] = nightly.standing() if access.has(request, Right.MANAGE_SETTINGS) else None
        context["table"] = tables.page(presence.present_table(latest, zone=zone))
    return render(request, "attendance/today.html", context)


PAGES = (Page("", today, name="today", open_to=Audience.SIGNED_IN, menu=Entry(label="Today", icon="today", order=10)),)
