"""The payroll file of a closed month, and the templates that decide how it looks."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError, Refusal
from attendance.core.permissions import Right
from attendance.reports import layouts, month, payroll, payroll_templates
from attendance.reports.month import Month
from attendance.reports.writers import csv
from attendance.web import access, errors, typed_days
from attendance.web.months import changed_days
from attendance.web.pages import Page
from attendance.workdays.models import Adjustment, MonthClosing, PayrollTemplate
from attendance.workdays.months import adjustments, order
from attendance.workdays.schedule import employment_lists

PREVIEW_LINES = 8
CORRECTIONS_SHOWN = 200
MONTHS_OFFERED = 24


class TemplateForm(forms.ModelForm[PayrollTemplate]):
    """Everything of a template but its columns."""

    class Meta:
        model = PayrollTemplate
        fields = (
            "name", "separator", "decimal_mark", "hours_as", "date_form", "rounding_minutes", "rounds_each_day",
        )  # fmt: skip
        labels = {
            "hours_as": "Hours as",
            "date_form": "Dates as",
            "rounding_minutes": "Round hours to minutes",
            "rounds_each_day": "Round each day, not the sum",
        }


def payroll_page(request: HttpRequest) -> HttpResponseBase:
    """Show what a closed month gives to payroll, before anybody takes the file."""
    made = MonthClosing.objects.exclude(state=MonthClosing.State.PREPARING).order_by("-month", "-version")
    closings = list(made.filter(state=order.CLOSED)[:MONTHS_OFFERED])
    wanted, version = request.GET.get("month", ""), typed_days.version(request.GET.get("version", ""))
    superseded = list(made.filter(state=MonthClosing.State.SUPERSEDED)[:MONTHS_OFFERED])
    row = next((row for row in superseded if f"{row.month:%Y-%m}" == wanted and row.version == version), None)
    row = row or next((row for row in closings if f"{row.month:%Y-%m}" == wanted), closings[0] if closings else None)
    templates = list(PayrollTemplate.objects.all())
    name = request.GET.get("template", "")
    template = next((each for each in templates if each.name == name), None)
    context: dict[str, Any] = {
        "closings": closings,
        "superseded": superseded,
        "templates": templates,
        "template": template,
        "closing": row,
        "still_open": wanted and row is not None and f"{row.month:%Y-%m}" != wanted,
    }
    if row is not None:
        context.update(_of_closing(row, template, request))
    return render(request, "attendance/payroll.html", context)


def _of_closing(row: MonthClosing, template: PayrollTemplate | None, request: HttpRequest) -> dict[str, Any]:
    wanted = month.of_closing(row)
    found: dict[str, Any] = {
        "month": wanted,
        "month_name": wanted.name,
        "checksum": layouts.checksum_words(row),
        "file_name": payroll.file_name(wanted, template),
        "carried": _carried(row),
    }
    carried = Adjustment.objects.filter(closing=row).defer("basis").select_related("person")
    found["corrections"], found["corrections_more"] = _days(carried.order_by("month", "person__employee_number", "pk"))
    found["since"], found["since_more"] = _days(_since(row)) if "since" in request.GET else (None, 0)
    found["some_wait"] = any(each["to_approve"] for each in (*found["corrections"], *(found["since"] or ())))
    try:
        found["preview"] = _cells(wanted, template)
    except MusterError as error:
        found["problem"] = errors.explain(error)
    return found


def _cells(wanted: Month, template: PayrollTemplate | None) -> list[list[str]]:
    return list(itertools.islice(payroll.rows(wanted, template=template), PREVIEW_LINES + 1))


def _carried(row: MonthClosing) -> dict[str, int] | None:
    """Return how many lines adjust earlier months in the file, and what they come from; None where none does."""
    rows = Adjustment.objects.filter(closing=row)
    of_whom = set(rows.order_by().values_list("month", "person").distinct())
    if not of_whom:
        return None
    late = rows.filter(kind=Adjustment.Kind.FACTS).order_by().values_list("month", "person").distinct()
    return {
        "lines": len(of_whom),
        "late": late.count(),
        "entries": rows.filter(kind=Adjustment.Kind.ENTRY).count(),
    }


def _since(row: MonthClosing) -> list[Adjustment]:
    """Return what has changed in the month since it was closed; it will be in the file of the next one."""
    after = order.bounds(row.month)[1] + order.ONE_DAY
    return [each for each in adjustments.find(after) if each.month == row.month]


def _days(rows: Iterable[Adjustment]) -> tuple[list[dict[str, Any]], int]:
    """Return the first days that adjustments are made of, with the person of each, and how many more there are."""
    found: list[dict[str, Any]] = []
    count = 0
    for row in rows:
        count += len(row.days)
        if not row.days or len(found) >= CORRECTIONS_SHOWN:
            continue
        closing = order.in_force(row.month)
        wanted = month.of_closing(closing) if closing else month.month(row.month)
        person = month.identities(wanted, {row.person_id}).get(row.person_id)
        for each in row.days:
            day = changed_days.row(dt.date.fromisoformat(each["day"]), each["before"], each["after"])
            found.append({"person": person, **day})
    shown = found[:CORRECTIONS_SHOWN]
    return shown, count - len(shown)


def payroll_file(request: HttpRequest) -> HttpResponseBase:
    """Answer with the payroll file of a closed month, by a saved template."""
    version = typed_days.version(request.GET.get("version", ""))
    wanted = month.month(_month(request.GET.get("month", "")), version=version)
    name = request.GET.get("template", "")
    template = PayrollTemplate.objects.filter(name=name).first() if name else None
    lines = payroll.lines(wanted, template=template)
    try:
        if name and template is None:
            raise Refusal("payroll_template_gone")
        first = next(lines)
    except MusterError as error:
        messages.error(request, errors.explain(error))
        return redirect(f"{reverse('payroll')}?month={wanted.name}")

    def written() -> Iterable[str]:
        yield csv.BYTE_ORDER_MARK if request.GET.get("bom") == "1" else ""
        yield first
        yield from lines

    return StreamingHttpResponse(
        written(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{payroll.file_name(wanted, template)}"',
            "Cache-Control": "no-store",
        },
    )


def _month(text: str) -> dt.date:
    found = typed_days.first_of_month(text)
    if found is not None:
        return found
    newest = order.newest_in_force()
    return newest.month if newest else employment_lists.EARLIEST


def payroll_template(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Make or change a template; `preview` shows its first lines and saves nothing."""
    row = get_object_or_404(PayrollTemplate, pk=pk) if pk else _new_template(request)
    columns = [(key, name) for key, name in row.columns]
    form = TemplateForm(request.POST or None, instance=row)
    preview: list[list[str]] | None = None
    if request.method == "POST":
        columns = _columns(request)
        if form.is_valid():
            try:
                if "preview" in request.POST:
                    preview = _preview(form.save(commit=False), columns)
                else:
                    saved = payroll_templates.save(form.instance, columns=columns, actor=access.current_user(request))
                    messages.success(request, f"{saved.name} is saved.")
                    return redirect(f"{reverse('payroll')}?template={saved.name}")
            except MusterError as error:
                form.add_error(None, errors.explain(error))
    context = {"form": form, "row": row, "columns": _offered(columns), "preview": preview, "is_new": pk is None}
    wrong = request.method == "POST" and preview is None
    return render(request, "attendance/payroll_template.html", context, status=422 if wrong else 200)


def _new_template(request: HttpRequest) -> PayrollTemplate:
    if "each_rate" in request.GET:
        return payroll_templates.with_each_rate()
    return PayrollTemplate(columns=list(payroll.DEFAULT_COLUMNS))


def _columns(request: HttpRequest) -> list[tuple[str, str]]:
    """Read the columns that have a place; equal places keep the order of the list."""
    placed = []
    for key, label in payroll_templates.choices():
        place = request.POST.get(f"place-{key}", "").strip()
        if place.isascii() and place.isdigit():
            placed.append((int(place), key, request.POST.get(f"name-{key}", "").strip()[:100] or label))
    return [(key, name) for _, key, name in sorted(placed, key=lambda each: each[0])]


def _offered(chosen: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return every column for the form, those that are in the file first."""
    places = {key: (place, name) for place, (key, name) in enumerate(chosen, start=1)}
    rows = [
        {"key": key, "label": label, "place": places.get(key, ("", ""))[0], "name": places.get(key, ("", ""))[1]}
        for key, label in payroll_templates.choices()
    ]
    return sorted(rows, key=lambda row: (row["place"] == "", row["place"] or 0))


def _preview(row: PayrollTemplate, columns: list[tuple[str, str]]) -> list[list[str]]:
    if not columns:
        raise Refusal("payroll_columns_missing")
    row.columns = [list(pair) for pair in columns]
    newest = order.newest_in_force()
    if newest is None:
        return [[name for _, name in payroll.columns(row)]]
    return _cells(month.month(newest.month), row)


@require_POST
def remove_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a template."""
    row = get_object_or_404(PayrollTemplate, pk=pk)
    payroll_templates.remove(row, actor=access.current_user(request))
    messages.success(request, f"{row.name} is removed.")
    return redirect("payroll")


PAGES = (
    Page("payroll/", payroll_page, name="payroll", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "payroll/templates/new/",
        payroll_template,
        name="new_payroll_template",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "payroll/templates/<int:pk>/",
        payroll_template,
        name="payroll_template",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "payroll/templates/<int:pk>/remove/",
        remove_template,
        name="remove_payroll_template",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page("months/payroll/", payroll_file, name="payroll_file", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
)
