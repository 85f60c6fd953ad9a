"""What the codes of a month sheet mean, how they look and what a day of each is worth, from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.periods import ALWAYS
from attendance.reports import month, sheets
from attendance.web import access, errors, previews, tables
from attendance.web.months import code_colours, reports
from attendance.web.pages import Page
from attendance.workdays import dry_run
from attendance.workdays.models import StatusCode
from attendance.workdays.schedule import codes, valid_from
from attendance.workdays.schedule.codes import Code


class SinceForm(forms.Form):
    """From which day the codes that were changed hold."""

    since = previews.since_field()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        previews.offer(self, "since")


def status_codes(request: HttpRequest) -> HttpResponseBase:
    """Show the table, show which days a change would touch, or save it."""
    if request.method != "POST":
        return render(request, "attendance/status_codes.html", _context(codes.table(), SinceForm()))
    form = SinceForm(request.POST)
    known = codes.table()
    typed = [_typed(request, each) for each in known]
    changed = [each for each, shown in zip(typed, known, strict=True) if each != shown]
    context = _context(typed, form)
    if not form.is_valid():
        return render(request, "attendance/status_codes.html", context, status=422)
    try:
        since = previews.open_since(form, "since")
        if previews.TRY in request.POST:
            context |= {
                "preview": previews.preview(dry_run.with_codes(changed, since=since), since=since, request=request),
                "changed": codes.differing(changed, since=since),
            }
            return render(request, "attendance/status_codes.html", context)
        differing = codes.differing(changed, since=since)
        codes.save(changed, since=since, actor=access.current_user(request))
    except MusterError as error:
        context["problem"] = errors.explain(error)
        return render(request, "attendance/status_codes.html", context, status=422)
    words = f"The codes are saved; they hold from {previews.written(since)} on."
    previews.report_saved(request, words, changed=bool(differing))
    return redirect("status_codes")


@require_POST
def withdraw_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a change of a code; what it meant before goes on."""
    row = get_object_or_404(StatusCode, pk=pk)
    try:
        codes.withdraw(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"The change of {row.code} is withdrawn.")
    return redirect("status_codes")


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


def _context(shown: Sequence[Code], form: SinceForm) -> dict[str, Any]:
    leave = {each.code for each in codes.leave_codes()}
    second = {each.code for each in codes.SECOND}
    return {
        "status": [each for each in shown if each.code not in leave | second],
        "leave": [each for each in shown if each.code in leave],
        "second": [each for each in shown if each.code in second],
        "colours": code_colours.address(None, shown),
        "since_form": form,
        "changes": [
            {"row": row, "can_withdraw": row.since >= valid_from.first_day(None)}
            for row in StatusCode.objects.exclude(since=ALWAYS).order_by("-since", "code")
        ],
    }


def legend(request: HttpRequest) -> HttpResponseBase:
    """Answer with the legend of a month as CSV, for programs that read its sheet."""
    chosen = reports.read(request)
    table = sheets.legend(month.codes_of(chosen.month), chosen.month, zone=chosen.zone)
    return tables.csv_file(request, table, name=f"codes-{chosen.month.name}")


PAGES = (
    Page(
        "planning/codes/<int:pk>/withdraw/",
        withdraw_code,
        name="withdraw_code",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page("planning/codes/", status_codes, name="status_codes", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("months/codes/", legend, name="code_legend", open_to=reports.READERS, menu="muster_roll"),
)
