"""An approved request: the days before and after, and how it is taken back, cut short, or counts again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse

from attendance.core.errors import MusterError
from attendance.people.models import Person
from attendance.web import access, errors, previews
from attendance.web.answers_above import redirect_to_messages
from attendance.web.months import request_lines
from attendance.web.months.correction_questions import written
from attendance.web.pages import Audience, Page
from attendance.web.previews import Preview
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run, facts
from attendance.workdays.models import Approved, Correction, Leave, OvertimeApproval, Revocation, State, revoked_field
from attendance.workdays.models.requests import PARTS
from attendance.workdays.months import order
from attendance.workdays.requests import decisions, leaves, outcomes, revocations, scopes
from attendance.workdays.requests.decisions import day_of
from timekeeping.durations import hours_minutes
from timekeeping.values import LeavePart
from timekeeping.work_day import Flag

NO_REASON = "Write one sentence; it is read by whoever looks back."
OTHER = "What would change is other than what you were shown. Nothing is saved: look again."


class ReasonForm(forms.Form):
    """Why a request is taken back, or counts again."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput, error_messages={"required": NO_REASON})


class RemainingForm(forms.Form):
    """What remains of leave that is cut short."""

    first = DayField(label="First day")
    last = DayField(label="Last day")
    part = forms.ChoiceField(choices=PARTS)
    half_day = DayField(
        label="Half on this day alone", required=False, help_text="Of several days; the others are whole days then."
    )
    reason = forms.CharField(max_length=500, widget=forms.TextInput, error_messages={"required": NO_REASON})

    def __init__(self, leave: Leave, given: QueryDict | None = None) -> None:
        start = {"first": leave.first, "last": leave.last, "part": leave.part, "half_day": leave.half_day}
        super().__init__(given, initial=start, prefix="rest")
        is_of_hours = leave.part == LeavePart.HOURS
        part: Any = self.fields["part"]
        part.choices = [each for each in PARTS if (each[0] == LeavePart.HOURS) is is_of_hours]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request that was approved, and who looks at it. `decides`: who asks may decide about it at once."""

    about: Approved
    person: Person
    decides: bool
    counts: bool


def approved_request(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """Show an approved request with what would change, or do what was chosen."""
    case = _find(request, kind, pk)
    if request.method != "POST":
        return _show(request, case)
    doing = request.POST.get("do", "")
    if doing == "shorten":
        return _shorten(request, case)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, case, reason_form=form)
    if _is_other(request, case, doing):
        return _show(request, case, reason_form=form, problem=OTHER)
    try:
        with transaction.atomic():
            said = _answer(request, case, doing, form.cleaned_data["reason"])
    except MusterError as error:
        return _refused(request, case, error)
    messages.success(request, said)
    return redirect_to_messages(_month(case))


def _find(request: HttpRequest, kind: str, pk: int) -> Case:
    rows: dict[str, QuerySet[Any]] = {
        "correction": request_lines.with_times(Correction.objects.filter(state=State.APPROVED)),
        "leave": Leave.objects.filter(state=State.APPROVED).select_related("person", "type", "replaces"),
        "overtime": OvertimeApproval.objects.select_related("person"),
    }
    about: Approved | None = rows[kind].filter(pk=pk).first() if kind in rows else None
    if about is None:
        raise PermissionDenied
    day, scope = day_of(about), scopes.scope(request.user)
    last = about.last if isinstance(about, Leave) else day
    if not scope.readable(day, last).filter(pk=about.person_id).exists():
        raise PermissionDenied
    decides = scope.decidable(day, day).filter(pk=about.person_id).exists()
    return Case(about=about, person=about.person, decides=decides, counts=revocations.counts(about))


def _is_other(request: HttpRequest, case: Case, doing: str) -> bool:
    """Whether what would change is not what the page showed; what cannot be done any more is refused by its rule."""
    can_be_done = case.counts is (doing == "revoke")
    return can_be_done and request.POST.get("agreed") != _agreement(case, _of_whole(case))


def _agreement(case: Case, preview: Preview, *typed: object) -> str:
    """Return what the button sends back: it holds for these very days alone, and for what was typed."""
    days = [(each.day, each.what) for each in preview.rows]
    return previews.digest(revoked_field(case.about), case.about.pk, case.counts, days, preview.more, typed)


def _answer(request: HttpRequest, case: Case, doing: str, reason: str) -> str:
    user = access.current_user(request)
    if doing == "revoke" and not case.decides:
        revocations.request(case.about, reason=reason, actor=user)
        return "Asked. It counts until somebody decides about it."
    if doing == "revoke":
        revocations.revoke(case.about, reason=reason, actor=user)
        return f"Taken back. {_since(case)}"
    if doing == "restore" and not isinstance(case.about, OvertimeApproval):
        revocations.restore(case.about, reason=reason, actor=user)
        return f"It counts again. {_since(case)}"
    raise Http404


def _since(case: Case) -> str:
    """Say where what was changed counts."""
    if order.in_force(day_of(case.about)) is None:
        return "The days are counted anew."
    return "The month is closed: it is adjusted in the payroll file of the next month that is closed."


def _shorten(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Show what a cut would change, and cut the leave short, or ask for it, once that was agreed to."""
    whole = case.about
    if not isinstance(whole, Leave):
        raise Http404
    form = RemainingForm(whole, request.POST)
    if not form.is_valid():
        return _show(request, case, remaining_form=form)
    user = access.current_user(request)
    typed = form.cleaned_data
    part = {key: typed[key] for key in ("first", "last", "part", "half_day")}
    try:
        preview = _preview(case, dry_run.without_request(whole, remains=leaves.rest_of(whole, **part)))
        agreed = _agreement(case, preview, part)
        if request.POST.get("agreed") != agreed:
            problem = {"problem": OTHER} if request.POST.get("agreed") else {}
            return _show(request, case, preview=preview, agreed=agreed, remaining_form=form, **problem)
        with transaction.atomic():
            rest = leaves.shorten(whole, actor=user, **typed)
            if case.decides:
                leaves.approve(rest, actor=user)
    except MusterError as error:
        return _refused(request, case, error, remaining_form=form)
    said = f"Cut short. {_since(case)}" if case.decides else "Asked. The whole leave counts until somebody decides."
    messages.success(request, said)
    return redirect_to_messages(_month(case))


def _refused(request: HttpRequest, case: Case, error: MusterError, **shown: Any) -> HttpResponseBase:
    if error.code == "not_your_department":
        raise PermissionDenied from error
    case = _find(request, revoked_field(case.about), case.about.pk)
    return _show(request, case, problem=errors.explain(error), **shown)


def _left_alone(about: Approved) -> str:
    """Say that the day of a correction stays present where only one end of it is left."""
    if not isinstance(about, Correction):
        return ""
    day = outcomes.day_without(about)
    lone = "an in without an out" if day.has(Flag.MISSING_OUT) else "an out without an in"
    if not day.present or not (day.has(Flag.MISSING_OUT) or day.has(Flag.MISSING_IN)):
        return ""
    listed = " It is listed before closing until it is mended." if order.in_force(day.day) is None else ""
    return (
        f"{written(day.day)} stays present and paid, with {hours_minutes(day.worked)} worked: {lone} is left.{listed}"
    )


def _preview(case: Case, change: dry_run.Alternative) -> Preview:
    first, last = revocations.days_touched(case.about)
    return previews.preview_days(change, person=case.person, first=first, last=last)


def _of_whole(case: Case) -> Preview:
    return _preview(case, (dry_run.without_request if case.counts else dry_run.with_request)(case.about))


def _show(request: HttpRequest, case: Case, *, preview: Preview | None = None, **shown: Any) -> HttpResponseBase:
    about = case.about
    waiting = decisions.waiting_revocation(about)
    is_of_part = preview is not None
    if preview is None:
        preview = _of_whole(case)
        shown = {"agreed": _agreement(case, preview), **shown}
    first = day_of(about)
    turns = Revocation.objects.filter(state__in=(State.APPROVED, State.REJECTED))
    turns = turns.filter(**{revoked_field(about): about}).order_by("decided_at", "pk")
    context = {
        "line": request_lines.lines([about], reader=access.current_user(request))[0],
        "turns": request_lines.lines(list(turns.select_related("decided_by")), reader=access.current_user(request)),
        "case": case,
        "is_own": case.person.user_id == access.current_user(request).pk,
        "zone": _zone(case.person, first),
        "month": _month(case),
        "closed": order.in_force(first),
        "waiting": waiting,
        "preview": preview,
        "is_of_part": is_of_part,
        "left_alone": _left_alone(about) if case.counts else "",
        "parts": revocations.remaining(about) if isinstance(about, Leave) and not case.counts else [],
        "can_restore": not isinstance(about, OvertimeApproval),
        "reason_form": ReasonForm(),
        "remaining_form": RemainingForm(about) if isinstance(about, Leave) else None,
        **shown,
    }
    is_refused = "problem" in shown or (not is_of_part and len(shown) > 1)
    return render(request, "attendance/approved_request.html", context, status=422 if is_refused else 200)


def _zone(person: Person, day: dt.date) -> str:
    return facts.load_one(person, day, day, with_punches=False).roster.site.zone_on(day)


def _month(case: Case) -> str:
    day = day_of(case.about)
    return f"{reverse('person_month', args=[case.person.pk])}?month={day:%Y-%m}&day={day}"


PAGES = (
    Page(
        "requests/approved/<str:kind>/<int:pk>/",
        approved_request,
        name="approved_request",
        open_to=Audience.SIGNED_IN,
        menu="muster_roll",
    ),
)
