"""Reports of a month: muster roll, late and missing, departments, overtime, presence by hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.models import Department, Person
from attendance.reports import hours, month, payroll, searching, sheets
from attendance.reports.month import Month, PersonMonth, PersonSummary
from attendance.reports.table import Kind, Table
from attendance.reports.writers import xlsx
from attendance.web import access, charts, errors, paging, tables, typed_days
from attendance.web.months import code_colours
from attendance.web.pages import Entry, Page
from attendance.web.typed_days import MonthField
from attendance.workdays import facts
from attendance.workdays.models import PayrollTemplate
from attendance.workdays.months import closing
from attendance.workdays.requests import scopes
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code

PEOPLE_A_PAGE = 25
BY_SHIFT = "shift"
"""What the address says to ask for a row for each person and shift."""
Each = TypeVar("Each", PersonMonth, PersonSummary)


class MonthFilter(forms.Form):
    """The fields above every sheet of a month."""

    month = MonthField(required=False)
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or number"}),
    )
    department = forms.ModelChoiceField(Department.objects.all(), required=False, empty_label="All")


class RollFilter(MonthFilter):
    """The muster roll also by shift."""

    rows = forms.ChoiceField(required=False, choices=[("", "One per person"), (BY_SHIFT, "One per shift")], initial="")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values of the filter."""

    form: MonthFilter
    month: Month
    people: QuerySet[Person]
    words: list[tuple[str, str]]
    zone: ZoneInfo
    narrowed: tuple[str, ...]
    """What narrows the people or changes the rows, as it may stand in a file's name."""
    by_shift: bool = False


def read(request: HttpRequest, filter_form: type[MonthFilter] = MonthFilter) -> Chosen:
    """Read the filter from the address: this month and everybody that may be read, where nothing is chosen."""
    zone = site.zone()
    values = request.GET.copy()
    values.setdefault("month", f"{clock.today(zone):%Y-%m}")
    form = filter_form(values)
    form.is_valid()
    chosen = month.month(form.cleaned_data.get("month") or clock.today(zone))
    department = form.cleaned_data.get("department")
    text = form.cleaned_data.get("q") or ""
    meant = scopes.scope(request.user).readable(chosen.first, chosen.last)
    narrowed = searching.people(text=text, department=department.pk if department else None)
    if narrowed is not None:
        meant = meant.filter(pk__in=narrowed.values("pk"))
    words = [("Month", chosen.name), ("State", "closed" if chosen.closing else "open")]
    words.extend([("Search", text)] if text else [])
    words.extend([("Department", department.name)] if department else [])
    by_shift = form.cleaned_data.get("rows") == BY_SHIFT
    words.extend([("Rows", "one per person and shift")] if by_shift else [])
    parts = ("by shift" if by_shift else "", department.name if department else "", text)
    slugs = tuple(slug for name in parts if (slug := slugify(name)))
    return Chosen(form, chosen, month.people(chosen, meant=meant), words, zone, slugs, by_shift)


def _sheet(
    request: HttpRequest,
    *,
    here: str,
    find: Callable[[Month, QuerySet[Person]], Iterable[Each]],
    make: Callable[[Iterable[Each], Chosen], Table],
    frozen: int,
    filter_form: type[MonthFilter] = MonthFilter,
) -> HttpResponseBase:
    chosen = read(request, filter_form)
    if request.GET.get("format"):
        return file(request, make(find(chosen.month, chosen.people), chosen), chosen, name=here, frozen=frozen)
    page = paging.page(request, chosen.people, rows=PEOPLE_A_PAGE)
    numbers = [person.pk for person in page]
    shown = chosen.people.filter(pk__in=numbers)
    table = make(find(chosen.month, shown), chosen)
    return show(request, chosen, table=table, here=here, page=page)


def show(request: HttpRequest, chosen: Chosen, *, here: str, **more: object) -> HttpResponse:
    """Render a sheet with the tabs, the filter and the state of the month."""
    table = more.pop("table", None)
    shown = month.codes_of(chosen.month)
    context = {
        "table": tables.page(table, month=chosen.month.name) if isinstance(table, Table) else None,
        "here": here,
        "filter": chosen.form,
        "chosen": chosen,
        "month": chosen.month,
        "zone": chosen.zone.key,
        "legend": legend(chosen, shown),
        "colours": code_colours.address(chosen.month.closing, shown),
        "is_over": chosen.month.last < clock.today(chosen.zone),
        "templates": PayrollTemplate.objects.all() if chosen.month.closing else (),
        **more,
    }
    return render(request, "attendance/month_sheet.html", context)


def file(request: HttpRequest, table: Table, chosen: Chosen, *, name: str, frozen: int = 0) -> HttpResponseBase:
    """Answer with the sheet as CSV, XLSX or PDF; each repeats its filter."""
    name = "-".join([name.replace("_", "-"), chosen.month.name, *chosen.narrowed])
    if request.GET.get("format") not in tables.SHEETS:
        return tables.csv_file(request, table, name=name)
    made = payroll.made_at(chosen.month, now=clock.now(), zone=chosen.zone)
    by = str(chosen.month.closing.closed_by or "") if chosen.month.closing else access.current_user(request).username
    lines = [*chosen.words, ("Zone", chosen.zone.key), ("Made", made), ("By", by), ("Rules", chosen.month.rule_version)]
    moment = chosen.month.closing.closed_at if chosen.month.closing else clock.now()
    shown = month.codes_of(chosen.month)
    meanings = legend(chosen, shown) if any(column.kind is Kind.CODE for column in table.columns) else ()
    note = xlsx.Note(lines, moment, meanings, frozen + chosen.by_shift, codes.fills(shown))
    return tables.sheet_file(request, table, note, name=name)


def legend(chosen: Chosen, shown: Iterable[Code]) -> list[tuple[str, str]]:
    """Return code and meaning of all that a sheet may hold."""
    known = [(each.code, each.label) for each in shown]
    return [*known, (sheets.OTHER_SHIFT, "other shifts on that day")] if chosen.by_shift else known


READERS = (Right.VIEW_REPORTS, Right.MANAGE_ATTENDANCE, Right.APPROVE_CORRECTIONS)


def muster_roll(request: HttpRequest) -> HttpResponseBase:
    """Show people by days."""
    return _sheet(
        request,
        here="muster_roll",
        find=month.read,
        make=lambda rows, chosen: sheets.muster_roll(rows, chosen.month, zone=chosen.zone, by_shift=chosen.by_shift),
        frozen=3,
        filter_form=RollFilter,
    )


def late(request: HttpRequest) -> HttpResponseBase:
    """Show the days that somebody should look at."""
    return _sheet(
        request,
        here="late",
        find=month.read,
        make=lambda rows, chosen: sheets.late_and_missing(rows, chosen.month, zone=chosen.zone),
        frozen=0,
    )


def overtime(request: HttpRequest) -> HttpResponseBase:
    """Show overtime by class of rate."""
    rates = facts.rates()
    return _sheet(
        request,
        here="overtime",
        find=month.summarize,
        make=lambda rows, chosen: sheets.overtime(rows, chosen.month, rates=rates, zone=chosen.zone),
        frozen=3,
    )


def departments(request: HttpRequest) -> HttpResponseBase:
    """Show a row a department."""
    chosen = read(request)
    months = month.summarize(chosen.month, chosen.people)
    table = sheets.departments(months, chosen.month, zone=chosen.zone)
    if request.GET.get("format"):
        return file(request, table, chosen, name="departments", frozen=1)
    return show(request, chosen, table=table, here="departments")


def by_hour(request: HttpRequest) -> HttpResponseBase:
    """Show how many people were present at each hour of the days of the week."""
    chosen = read(request)
    counted = hours.by_hour(month.summarize(chosen.month, chosen.people), zone=chosen.zone)
    table = hours.table(counted, chosen.month, zone=chosen.zone)
    if request.GET.get("format"):
        return file(request, table, chosen, name="by-hour")
    return show(request, chosen, table=table, here="by_hour", chart=charts.presence(counted))


@require_POST
def close_month(request: HttpRequest) -> HttpResponse:
    """Lock a month."""
    first = _posted_month(request)
    try:
        closed = closing.close(
            first, actor=access.current_user(request), with_open_points="with_open_points" in request.POST
        )
    except MusterError as error:
        messages.error(request, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
    else:
        messages.success(request, f"{first:%B %Y} is closed. Checksum {closed.sha256[:12]}.")
    return redirect(f"{reverse('muster_roll')}?month={first:%Y-%m}")


def _posted_month(request: HttpRequest) -> dt.date:
    found = typed_days.first_of_month(request.POST.get("month", ""))
    if found is None:
        raise PermissionDenied
    return found


PAGES = (
    Page(
        "months/", muster_roll, name="muster_roll", open_to=READERS, menu=Entry(label="Months", icon="month", order=60)
    ),
    Page("months/late/", late, name="late", open_to=READERS, menu="muster_roll"),
    Page("months/departments/", departments, name="departments", open_to=READERS, menu="muster_roll"),
    Page("months/overtime/", overtime, name="overtime", open_to=READERS, menu="muster_roll"),
    Page("months/by-hour/", by_hour, name="by_hour", open_to=READERS, menu="muster_roll"),
    Page("months/close/", close_month, name="close_month", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
)
