"""Reports of a month: muster roll, late and missing, departments, overtime, presence by hour."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.text import slugify

from attendance.core import clock, site
from attendance.core.permissions import Right
from attendance.people.models import Department
from attendance.reports import hours, layouts, month, payroll, sheets
from attendance.reports.month import Month, People, PersonMonth, PersonSummary
from attendance.reports.table import Kind, Table
from attendance.reports.writers import xlsx
from attendance.web import access, charts, paging, tables, typed_days
from attendance.web.months import code_colours, month_states
from attendance.web.pages import Entry, Page
from attendance.web.typed_days import MonthField
from attendance.workdays.models import PayrollTemplate
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
    department = forms.ChoiceField(required=False)
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, values: QueryDict, *, departments: Sequence[str]) -> None:
        chosen = values["department"] = _department_name(values.get("department", ""))
        super().__init__(values)
        names = [*departments, *([chosen] if chosen and chosen not in departments else [])]
        cast("forms.ChoiceField", self.fields["department"]).choices = [("", "All"), *((name, name) for name in names)]


def _department_name(text: str) -> str:
    """Return the name that an address asks for; older ones name the number of a row."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    row = Department.objects.filter(pk=number).first()
    return row.name if row is not None else text


class RollFilter(MonthFilter):
    """The muster roll also by shift."""

    rows = forms.ChoiceField(required=False, choices=[("", "One per person"), (BY_SHIFT, "One per shift")], initial="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the filter comes to.

    `narrowed`: what narrows the people or changes the rows, as a file's name has it. `outside`: whoever checked in
    without being employed in the month, read by whoever asks for them.
    """

    form: MonthFilter
    month: Month
    people: People
    words: list[tuple[str, str]]
    zone: ZoneInfo
    narrowed: tuple[str, ...]
    outside: Iterator[PersonSummary]
    by_shift: bool = False


def read(request: HttpRequest, filter_form: type[MonthFilter] = MonthFilter) -> Chosen:
    """Read the filter from the address: this month and everybody that may be read, where nothing is chosen."""
    today = clock.today(site.zone())
    values: QueryDict = request.GET.copy()
    values.setdefault("month", f"{today:%Y-%m}")
    version = typed_days.version(values.get("version", ""))
    chosen = month.month(typed_days.first_of_month(values.get("month", "")) or today, version=version)
    form = filter_form(values, departments=month.departments(chosen))
    form.is_valid()
    department = form.cleaned_data.get("department") or ""
    text = form.cleaned_data.get("q") or ""
    by_shift = form.cleaned_data.get("rows") == BY_SHIFT
    words = [("Month", chosen.name), ("State", "closed" if chosen.closing else "open")]
    words.extend([("Search", text)] if text else [])
    words.extend([("Department", department)] if department else [])
    words.extend([("Rows", "one per person and shift")] if by_shift else [])
    parts = ("by shift" if by_shift else "", department, text)
    readable = scopes.scope(request.user).readable(chosen.first, chosen.last)
    return Chosen(
        form=form,
        month=chosen,
        people=month.people(chosen, among=readable, text=text, department=department),
        words=words,
        zone=month.zone(chosen),
        narrowed=tuple(slug for name in parts if (slug := slugify(name))),
        outside=month.people_outside(chosen, among=readable, text=text, department=department),
        by_shift=by_shift,
    )


def _sheet(
    request: HttpRequest,
    *,
    here: str,
    find: Callable[[Month, People], Iterable[Each]],
    make: Callable[[Iterable[Each], Chosen], Table],
    frozen: int,
    filter_form: type[MonthFilter] = MonthFilter,
) -> HttpResponseBase:
    chosen = read(request, filter_form)
    if request.GET.get("format"):
        return file(request, make(find(chosen.month, chosen.people), chosen), chosen, name=here, frozen=frozen)
    page = paging.page(request, chosen.people, rows=PEOPLE_A_PAGE)
    shown = chosen.people.filter(pk__in=[row.pk for row in page])
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
        **month_states.context(request, chosen.month),
        "templates": PayrollTemplate.objects.all() if chosen.month.closing else (),
        **more,
    }
    return render(request, "attendance/month_sheet.html", context)


def file(request: HttpRequest, table: Table, chosen: Chosen, *, name: str, frozen: int = 0) -> HttpResponseBase:
    """Answer with the sheet as CSV, XLSX or PDF; each repeats its filter."""
    wanted, closing = chosen.month, chosen.month.closing
    parts = [name.replace("_", "-"), wanted.name, payroll.version_words(closing), *chosen.narrowed]
    if request.GET.get("format") not in tables.SHEETS:  # lines above the heading would break programs
        parts.append(layouts.mark(closing) if closing else "")
        return tables.csv_file(request, table, name="-".join(filter(None, parts)))
    made = payroll.made_at(wanted, now=clock.now(), zone=chosen.zone)
    by = closing.closed_by_name if closing else access.current_user(request).username
    lines = [*chosen.words, ("Zone", chosen.zone.key), ("Made", made), ("By", by), ("Rules", wanted.rule_version)]
    lines.extend(layouts.of_closing(closing).notes(closing) if closing else [])
    moment = closing.closed_at if closing else clock.now()
    shown = month.codes_of(wanted)
    meanings = legend(chosen, shown) if any(column.kind is Kind.CODE for column in table.columns) else ()
    note = xlsx.Note(lines, moment, meanings, frozen + chosen.by_shift, codes.fills(shown))
    return tables.sheet_file(request, table, note, name="-".join(filter(None, parts)))


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
    """Show the days that somebody should look at, by day and name; a file has them person by person."""
    chosen = read(request)
    found = itertools.chain(month.summarize(chosen.month, chosen.people), chosen.outside)
    if request.GET.get("format"):
        return file(request, sheets.late_and_missing(found, chosen.month, zone=chosen.zone), chosen, name="late")
    rows = sorted(sheets.late_rows(found, chosen.month), key=lambda each: each[0])
    page = paging.page(request, rows)
    table = sheets.late_table([row for _, row in page], chosen.month, zone=chosen.zone)
    return show(request, chosen, table=table, here="late", page=page, of_rows=True)


def overtime(request: HttpRequest) -> HttpResponseBase:
    """Show overtime by class of rate."""

    def make(rows: Iterable[PersonSummary], chosen: Chosen) -> Table:
        rates = month.rates(chosen.month)
        with_rest = rates.has_rest and layouts.of_month(chosen.month).names_rest
        return sheets.overtime(rows, chosen.month, rates=rates.names, zone=chosen.zone, with_rest=with_rest)

    return _sheet(request, here="overtime", find=month.summarize, make=make, frozen=3)


def departments(request: HttpRequest) -> HttpResponseBase:
    """Show a row a department."""
    chosen = read(request)
    months = month.summarize(chosen.month, chosen.people)
    wanted = request.GET.get("format", "")
    totals_itself = wanted == "xlsx" or (wanted and not layouts.of_month(chosen.month).totals_departments)
    table = sheets.departments(months, chosen.month, zone=chosen.zone, with_total=not totals_itself)
    if wanted:
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


PAGES = (
    Page(
        "months/", muster_roll, name="muster_roll", open_to=READERS, menu=Entry(label="Months", icon="month", order=60)
    ),
    Page("months/late/", late, name="late", open_to=READERS, menu="muster_roll"),
    Page("months/departments/", departments, name="departments", open_to=READERS, menu="muster_roll"),
    Page("months/overtime/", overtime, name="overtime", open_to=READERS, menu="muster_roll"),
    Page("months/by-hour/", by_hour, name="by_hour", open_to=READERS, menu="muster_roll"),
)
