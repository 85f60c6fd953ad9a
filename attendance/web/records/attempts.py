"""The list of attempts, and one attempt with everything that decided it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from attendance.checkins.models import Attempt
from attendance.core import site
from attendance.core.permissions import Right
from attendance.reports import attempts as report
from attendance.reports import searching
from attendance.web import errors, paging, tables
from attendance.web.filters import AttemptFilter, read, words
from attendance.web.pages import Page
from attendance.web.recognition import distances
from attendance.web.records import explanation, replaying


def attempts(request: HttpRequest) -> HttpResponseBase:
    """Show every try to be recognized, whatever came of it."""
    zone = site.zone()
    chosen = read(request, AttemptFilter, days=7, zone=zone)
    people = searching.people(
        text=chosen.text, department=chosen.department, person=chosen.person.pk if chosen.person else None
    )
    sort = chosen.sort or "-time"
    found = report.attempts(
        chosen.period, zone=zone, people=people, answer=chosen.answer, device=chosen.device, sort=sort
    )
    if tables.wants_file(request):
        name = f"attempts-{chosen.period.first}-{chosen.period.last}"
        table = report.table(found.iterator(chunk_size=2000), zone=zone)
        return tables.file(request, table, name=name, words=words(chosen, zone=zone))
    page = paging.page(request, _with_face(found))
    context = {
        "headings": {
            heading.label: heading for heading in tables.page(report.table((), zone=zone), sort=sort).headings
        },
        "rows": [_row(attempt, zone=zone) for attempt in page],
        "page": page,
        "filter": chosen.form,
        "chosen": chosen,
        "zone": zone,
    }
    return render(request, "attendance/attempts.html", context)


def _with_face(found: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Say whether there is a face to show, without reading it."""
    there = ExpressionWrapper(Q(aligned__isnull=False), output_field=BooleanField())
    return found.annotate(has_face=there)


def _row(attempt: Attempt, *, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "state": report.ANSWERS[Attempt.Answer(attempt.answer)],
        "reason": errors.what(attempt.code) if attempt.code in errors.WORDS else "",
        "door": attempt.device.name if attempt.device else attempt.get_channel_display(),
        "has_face": getattr(attempt, "has_face", False),
        "at": attempt.at.astimezone(zone),
    }


def attempt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one attempt."""
    related = ("person", "reference", "runner_up", "device", "user", "encoder")
    found = get_object_or_404(Attempt.objects.select_related(*related), pk=pk)
    zone = site.zone()
    context = {
        "attempt": found,
        "state": report.ANSWERS[Attempt.Answer(found.answer)],
        "sentence": explanation.sentence(found, zone=zone),
        "scale": distances.scale(
            distance=found.distance, threshold=found.threshold, runner_up=found.runner_up_distance
        ),
        "reference": report.reference_embedding(found),
        "photo_day": explanation.day(found, zone=zone),
        "check_ins": found.check_ins.select_related("person"),
        "calibration": explanation.calibration(found),
        "stranger_tries": distances.tries(found.target_false_accept),
        "settings": site.settings(),
        "zone": zone,
        **replaying.context(request, found),
    }
    return render(request, "attendance/attempt.html", context)


PAGES = (
    Page("attempts/", attempts, name="attempts", open_to=Right.VIEW_REPORTS, menu="check_ins"),
    Page("attempts/<int:pk>/", attempt, name="attempt", open_to=Right.VIEW_REPORTS, menu="check_ins"),
)
