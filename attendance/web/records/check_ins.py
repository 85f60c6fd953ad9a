"""Lists of check-ins, days, who is in and who is expected, with filter, order, pages and export."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from attendance.core import clock, site
from attendance.core.permissions import Right
from attendance.reports import expected as expectations
from attendance.reports import presence, records, searching
from attendance.reports.table import Table
from attendance.web import paging, tables
from attendance.web.filters import CheckInFilter, Chosen, Filter, read, words
from attendance.web.pages import Entry, Page


def _people(chosen: Chosen) -> searching.People:
    person = chosen.person.pk if chosen.person else None
    return searching.people(text=chosen.text, department=chosen.department, person=person)


def _show(request: HttpRequest, template: str, *, table: Table, chosen: Chosen, **more: object) -> HttpResponseBase:
    context = {"table": tables.page(table, sort=chosen.sort), "filter": chosen.form, "chosen": chosen, **more}
    return render(request, template, {"zone": table.zone.key, **context})


def check_ins(request: HttpRequest) -> HttpResponseBase:
    """Show the check-ins of a period, today's where nothing is chosen."""
    zone = site.zone()
    chosen = read(request, CheckInFilter, days=1, zone=zone)
    found = records.check_ins(
        chosen.period, zone=zone, people=_people(chosen), device=chosen.device, sort=chosen.sort or "-time"
    )
    if tables.wants_file(request):
        table = records.table(found.iterator(chunk_size=2000), zone=zone)
        return tables.file(request, table, name=_name("check-ins", chosen), words=words(chosen, zone=zone))
    page = paging.page(request, found)
    table = records.table(page, zone=zone)
    return _show(request, "attendance/check_ins.html", table=table, chosen=chosen, page=page)


def days(request: HttpRequest) -> HttpResponseBase:
    """Show what each day of each person comes to."""
    zone = site.zone()
    chosen = read(request, Filter, days=1, zone=zone)
    rows = presence.person_days(chosen.period, people=_people(chosen), sort=chosen.sort or "-day")
    if tables.wants_file(request):
        table = presence.days_table(rows, zone=zone)
        return tables.file(request, table, name=_name("days", chosen), words=words(chosen, zone=zone))
    page = paging.page(request, rows)
    table = presence.days_table(page, zone=zone)
    return _show(request, "attendance/days.html", table=table, chosen=chosen, page=page)


def present(request: HttpRequest) -> HttpResponseBase:
    """Show who is in now."""
    zone = site.zone()
    chosen = read(request, Filter, days=1, zone=zone)
    table = presence.present_table(presence.present(people=_people(chosen)), zone=zone)
    if tables.wants_file(request):
        name = f"in-{clock.now().astimezone(zone):%Y-%m-%d-%H%M}"
        return tables.file(request, table, name=name, words=words(chosen, zone=zone)[2:])
    return _show(request, "attendance/present.html", table=table, chosen=chosen)


def expected(request: HttpRequest) -> HttpResponseBase:
    """Show who has a shift today, and who of them has not come."""
    zone = site.zone()
    chosen = read(request, Filter, days=1, zone=zone)
    found = expectations.expected(zone=zone, people=_people(chosen))
    if shown := request.GET.get("shown", ""):
        found = [one for one in found if (one.is_missing if shown == "late" else one.came is None)]
    if tables.wants_file(request):
        name = f"expected-{clock.today(zone)}"
        return tables.file(request, expectations.table(found, zone=zone), name=name)
    page = paging.page(request, found)
    table = expectations.table(page, zone=zone)
    return _show(request, "attendance/expected.html", table=table, chosen=chosen, page=page, shown=shown)


def _name(what: str, chosen: Chosen) -> str:
    return f"{what}-{chosen.period.first}-{chosen.period.last}"


PAGES = (
    Page(
        "check-ins/",
        check_ins,
        name="check_ins",
        open_to=Right.VIEW_REPORTS,
        menu=Entry(label="Check-ins", icon="list", order=30),
    ),
    Page("check-ins/days/", days, name="days", open_to=Right.VIEW_REPORTS, menu="check_ins"),
    Page("check-ins/in/", present, name="present", open_to=Right.VIEW_REPORTS, menu="check_ins"),
    Page("check-ins/expected/", expected, name="expected", open_to=Right.VIEW_REPORTS, menu="check_ins"),
)
