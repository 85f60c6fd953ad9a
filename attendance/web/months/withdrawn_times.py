"""Lets a check-in that a correction took away count again, from the page of its day."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError
from attendance.web import access, errors
from attendance.web.answers_above import redirect_to_messages
from attendance.web.months.inbox import DECIDERS
from attendance.web.pages import Page
from attendance.workdays.models import CorrectionEntry
from attendance.workdays.months import order
from attendance.workdays.requests import outcomes, withdrawn
from timekeeping.pairing import Use
from timekeeping.work_day import WorkDay


@require_POST
def count_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a check-in back, and show its day."""
    entry = CorrectionEntry.objects.filter(pk=pk).select_related("correction__person").first()
    if entry is None:
        raise PermissionDenied
    person, day = entry.correction.person, entry.correction.day
    before = outcomes.day_now(person, day)
    try:
        withdrawn.count_again(entry, actor=access.current_user(request))
    except MusterError as error:
        if error.code == "not_your_department":
            raise PermissionDenied from error
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, _said(before, outcomes.day_now(person, day)))
    return redirect_to_messages(f"{reverse('person_month', args=[person.pk])}?month={day:%Y-%m}&day={day}")


def _said(before: WorkDay, after: WorkDay) -> str:
    """Say what became of the day, also where another time decides it."""
    if outcomes.figures(before) == outcomes.figures(after):
        decide = [after.timeline.local(used.punch.at) for used in after.uses if used.use in {Use.IN, Use.OUT}]
        times = " and ".join(f"{local:%H:%M}" for local in decide)
        return f"It counts again; the day stays as it is{f', decided by {times}' if times else ''}."
    if order.in_force(after.day) is None:
        return "The check-in counts again from now on."
    return "The check-in counts again: it is adjusted in the payroll file of the next month that is closed."


PAGES = (
    Page(
        "requests/withdrawn/<int:pk>/count-again/",
        count_again,
        name="count_again",
        open_to=DECIDERS,
        menu="muster_roll",
    ),
)
