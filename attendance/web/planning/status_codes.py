"""The codes of a month sheet: their meaning, their colours, and what a day of each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.reports import month, sheets
from attendance.web import access, errors, tables
from attendance.web.months import code_colours, reports
from attendance.web.pages import Page
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code


def status_codes(request: HttpRequest) -> HttpResponseBase:
    """Show the table, or save it."""
    if request.method == "POST":
        typed = [_typed(request, each) for each in codes.table()]
        try:
            codes.save(typed, actor=access.current_user(request))
        except MusterError as error:
            context = _context(typed)
            return render(
                request, "attendance/status_codes.html", {**context, "problem": errors.explain(error)}, status=422
            )
        messages.success(request, "The codes are saved; months that are closed keep theirs.")
        return redirect("status_codes")
    return render(request, "attendance/status_codes.html", _context(codes.table()))


def _typed(request: HttpRequest, known: Code) -> Code:
    """Read what was typed beside a code; a field that did not come stays as it is."""
    paid = request.POST.get(f"paid-{known.code}")
    return Code(
        known.code,
        request.POST.get(f"label-{known.code}", known.label),
        request.POST.get(f"colour-{known.code}", known.colour),
        known.paid if paid is None else _fraction(paid),
    )


def _fraction(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _context(shown: Sequence[Code]) -> dict[str, Any]:
    leave = {each.code for each in codes.of_leave()}
    second = {each.code for each in codes.SECOND}
    return {
        "status": [each for each in shown if each.code not in leave | second],
        "leave": [each for each in shown if each.code in leave],
        "second": [each for each in shown if each.code in second],
        "colours": code_colours.address(None, shown),
    }


def legend(request: HttpRequest) -> HttpResponseBase:
    """Answer with the legend of a month as CSV, for programs that read its sheet."""
    chosen = reports.read(request)
    table = sheets.legend(month.codes_of(chosen.month), chosen.month, zone=site.zone())
    return tables.csv_file(request, table, name=f"codes-{chosen.month.name}")


PAGES = (
    Page("planning/codes/", status_codes, name="status_codes", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("months/codes/", legend, name="code_legend", open_to=reports.READERS, menu="muster_roll"),
)
