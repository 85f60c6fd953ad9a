"""The month with which records begin: set once, fixed from the first closing on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.web import access, errors
from attendance.web.pages import Page
from attendance.web.typed_days import MonthField
from attendance.workdays.models import MonthClosing, MonthSettings
from attendance.workdays.months import order


class RecordsForm(forms.Form):
    """From which month on records are kept."""

    month = MonthField(label="Records begin in")


def context() -> dict[str, Any]:
    """Return what the page of planning shows about it."""
    begin = order.records_begin()
    is_fixed = MonthClosing.objects.exclude(state=MonthClosing.State.PREPARING).exists()
    return {
        "records_begin": begin,
        "records_are_set": MonthSettings.objects.exclude(records_begin=None).exists(),
        "records_are_fixed": is_fixed,
        "records_form": RecordsForm(initial={"month": begin}),
    }


@access.posted_from("planning")
def begin_records(request: HttpRequest) -> HttpResponse:
    """Say with which month records begin."""
    form = RecordsForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors.first_problem(form))
        return redirect("planning")
    month = form.cleaned_data["month"]
    try:
        order.begin_records(month, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"Records begin in {month:%B %Y}. The months before are never closed.")
    return redirect("planning")


PAGES = (
    Page(
        "planning/records-begin/",
        begin_records,
        name="begin_records",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
