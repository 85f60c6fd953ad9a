"""The month of one person, with requests for corrections and leave."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.reports import layouts, month, sheets
from attendance.reports.month import Day, Month
from attendance.reports.writers import plain
from attendance.web import access, errors, previews, typed_days
from attendance.web.answers_above import redirect_to_messages
from attendance.web.months import (
    code_colours,
    correction_questions,
    entry_concerns,
    leave_concerns,
    reports,
    request_lines,
)
from attendance.web.months.correction_questions import Question, written
from attendance.web.months.day_forms import CorrectionForm, LeaveForm
from attendance.web.pages import Audience, Entry, Page
from attendance.workdays.models import Employment, LeaveType
from attendance.workdays.months import order
from attendance.workdays.requests import corrections, leaves, rivals, scopes, withdrawn
from attendance.workdays.requests.outcomes import Recorded
from timekeeping.durations import hours_minutes, whole_minutes
from timekeeping.work_day import OvertimeState

FROM_OPEN_POINTS = "from=open"
"""What the address of a day says whose page leads back to the list of what is open before a closing."""


def my_month(request: HttpRequest) -> HttpResponseBase:
    """Show the own month, or say that no person belongs to the account."""
    person = _own(request)
    if person is None:
        return render(request, "attendance/no_person.html")
    return _show(request, person)


def person_month(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show somebody's month to whoever may read it."""
    return _show(request, _readable(request, pk))


def _own(request: HttpRequest) -> Person | None:
    return Person.objects.filter(user=access.current_user(request)).first()


def _readable(request: HttpRequest, pk: int) -> Person:
    """Find a person whose month may be read: that of the day that was typed, or the one that is shown."""
    typed = typed_days.day(request.POST.get("day") or request.POST.get("first") or "")
    chosen = month.month(typed) if typed else reports.read(request).month
    people = scopes.scope(request.user).readable(chosen.first, chosen.last)
    person = people.filter(pk=pk).select_related("department").first()
    if person is None:
        raise PermissionDenied
    return person


def _show(
    request: HttpRequest,
    person: Person,
    *,
    forms_shown: dict[str, forms.Form] | None = None,
    question: Question | None = None,
) -> HttpResponseBase:
    chosen = reports.read(request)
    readable = scopes.scope(request.user).readable(chosen.month.first, chosen.month.last)
    if not readable.filter(pk=person.pk).exists():  # a form may be about another month than the address shows
        raise PermissionDenied
    each = month.read_one(chosen.month, person)
    if each is not None and request.GET.get("format"):
        table = sheets.person_month(each, chosen.month, zone=chosen.zone)
        return reports.file(request, table, chosen, name=f"month-{each.person.employee_number or person.pk}")
    today = clock.today(site.zone())
    shown = month.codes_of(chosen.month)
    meanings = {code.code: code.label for code in shown}
    before = chosen.month.first - dt.timedelta(days=1)
    after = chosen.month.last + dt.timedelta(days=1)
    day = _asked_day(request, chosen.month)
    context: dict[str, Any] = {
        "person": person,
        "name": each.person.shown if each else person.name or f"erased person {person.pk}",
        "number": each.person.employee_number if each else person.employee_number or "",
        "asked_day": day,
        "from_open": _from_open(request),
        "manages": access.has(request, Right.MANAGE_ATTENDANCE),
        "decides": _decides(request, person, day or chosen.month.first),
        "is_own": person.user_id == access.current_user(request).pk,
        "month": chosen.month,
        "before": f"{before:%Y-%m}",
        "after": f"{after:%Y-%m}" if after <= today else "",
        "days": [_shown(day, chosen, meanings) for day in each.days] if each else [],
        "totals": _totals(each.totals) if each else [],
        "zone": chosen.zone.key,
        "legend": reports.legend(chosen, shown),
        "colours": code_colours.address(chosen.month.closing, shown),
        "lines": request_lines.of_month(
            person.pk, chosen.month.first, chosen.month.last, reader=access.current_user(request)
        ),
        "employment": Employment.objects.filter(person=person).first(),
        "refused": bool(forms_shown),
        "question": question,
        "is_entering": "enter" in request.POST,
        "withdrawn": withdrawn.find(person, day) if day else [],
        "problem": next((errors.first_problem(form) for form in (forms_shown or {}).values() if form.errors), ""),
        "correction_form": CorrectionForm(
            initial={"day": day or min(max(today, chosen.month.first), chosen.month.last)}
        ),
        "leave_form": _leave_form(day, each.days if each else []),
        "has_leave_types": LeaveType.objects.exists(),
        **(forms_shown or {}),
    }
    return render(request, "attendance/person_month.html", context, status=422 if forms_shown and not question else 200)


def _leave_form(day: dt.date | None, days: list[Day]) -> LeaveForm:
    """Return an empty form; about a day whose second half is off it says what leave takes of it."""
    form = LeaveForm(initial={"first": day, "last": day})
    if day is not None and any(one["day"] == f"{day}" and "HWO" in one["second"] for one in days):
        form.fields["part"].help_text = (
            "The second half of this day is off already: a full day of leave takes 0.5 of a day here, and either half "
            "takes half of what is planned, 0.25."
        )
    return form


def _decides(request: HttpRequest, person: Person, day: dt.date) -> bool:
    """Whether who asks may decide about that day of the person as well: then it is entered at once."""
    return scopes.scope(request.user).decidable(day, day).filter(pk=person.pk).exists()


def _from_open(request: HttpRequest) -> str:
    """Return what an address carries along where the day was reached from the list of what is open."""
    return f"&{FROM_OPEN_POINTS}" if request.GET.get("from") == "open" else ""


def _asked_day(request: HttpRequest, wanted: Month) -> dt.date | None:
    """Return the day that a link is about: its form comes first."""
    day = typed_days.day(request.GET.get("day", ""))
    return day if day is not None and wanted.first <= day <= wanted.last else None


def _shown(day: Day, chosen: reports.Chosen, meanings: dict[str, str]) -> dict[str, Any]:
    """Return a day for the template: texts, nothing to compute."""
    date = dt.date.fromisoformat(day["day"])
    return {
        **{key: _text(day[key]) for key in ("gross", "worked", "planned", "overtime", "late", "early", "night")},
        "date": date,
        "code": day["code"],
        "main_code": day["code"].partition("/")[0],
        "second": [(code, meanings.get(code, "")) for code in day["second"]],
        "shift": ", ".join(day["shifts"]),
        "came": _clock(day["in"], date, chosen),
        "left": _clock(day["out"], date, chosen),
        "why": day.get("why", []),
        "waits": day.get("overtime_state") == OvertimeState.TO_APPROVE and day["overtime"] > 0,
        "is_quiet": not day["in"] and not day["absent"],
    }


def _text(seconds: int) -> str:
    return hours_minutes(seconds) if whole_minutes(seconds) else ""


def _clock(moment: str | None, date: dt.date, chosen: reports.Chosen) -> str:
    if moment is None:
        return ""
    local = dt.datetime.fromisoformat(moment).astimezone(chosen.zone)
    return f"{local:%H:%M}" if local.date() == date else f"{local:%H:%M} ({local.day} {local:%b})"


def _totals(sums: dict[str, Any]) -> list[tuple[str, str]]:
    shares = [(label, plain.number(sums[key], digits=layouts.DIGITS)) for label, key in sheets.TOTALS]
    times = [(_PAID.get(key, label), _text(sums[key]) or "0:00") for label, key in sheets.TIMES]
    # the column of the days holds all three
    apart = [(label, _text(sums.get(key, 0))) for label, key in _NOT_PAID if whole_minutes(sums.get(key, 0))]
    return shares + times + apart


_PAID = {"overtime": "Overtime paid"}
_NOT_PAID = (("Overtime to approve", "overtime_to_approve"), ("Undertime", "undertime"))


def ask_correction(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask for times to be counted: for oneself, or, from the desk, for somebody."""
    person = _readable(request, pk)
    if request.method != "POST":
        return _back(person, reports.read(request).month.first)
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            asking = _question(request, person, form)
            if asking is not None:
                return _show(request, person, question=asking, forms_shown={"correction_form": form})
            said, day = _correct(request, person, form)
        except MusterError as error:
            form.add_error(None, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
        else:
            link = format_html('<a href="{}&amp;day={}">{}</a>', _address(person, day), day, written(day))
            messages.success(request, format_html("{} Its day is {}.", said, link))
            if "enter" in request.POST:
                entry_concerns.warn(request, person, day)
            return _asked(person, day, of=f"&day={day}{_from_open(request)}")
    return _show(request, person, forms_shown={"correction_form": form})


def _question(request: HttpRequest, person: Person, form: CorrectionForm) -> Question | None:
    """Return what has to be answered first: what the correction does beside what it says, or whatever it does."""
    typed = form.cleaned_data
    outcome = corrections.preview(person, typed["day"], asked=form.asked(), withdrawn=_withdrawn(person, form))
    rival = rivals.find(person, typed["day"], asked=form.asked(), withdrawn=_named(person, form))
    asking = correction_questions.question(outcome, replaced=rival, typed=f"{person.pk} {form.asked()}")
    if previews.TRY in request.POST:
        return asking
    is_plain = outcome.is_plain and rival is None
    return None if is_plain or request.POST.get("agreed") == asking.agreed else asking


def _named(person: Person, form: CorrectionForm) -> list[Recorded]:
    typed = form.cleaned_data
    return corrections.recorded(person, typed["day"], times=typed["without"], next_day=typed["next_day"])


def _withdrawn(person: Person, form: CorrectionForm) -> list[Recorded]:
    """Return what is not to count any more: what was named, and what the new time replaces."""
    named = _named(person, form)
    rival = rivals.find(person, form.cleaned_data["day"], asked=form.asked(), withdrawn=named)
    return named if rival is None else [*named, rival]


def _correct(request: HttpRequest, person: Person, form: CorrectionForm) -> tuple[str, dt.date]:
    """Ask for what was typed, and approve it where the button says so; return what to say, and on which day it is."""
    typed, user = form.cleaned_data, access.current_user(request)
    with transaction.atomic():
        asked = corrections.request(
            person,
            typed["day"],
            asked=form.asked(),
            withdrawn=_withdrawn(person, form),
            reason=typed["reason"],
            actor=user,
        )
        if "enter" not in request.POST:
            return "Asked. It counts as soon as it is approved.", asked.day
        corrections.approve(asked, actor=user)
    if order.in_force(asked.day) is not None:
        closed = "Entered. The month is closed: it is adjusted in the payroll file of the next month that is closed."
        return closed, asked.day
    return "Entered. It counts from now on.", asked.day


def ask_leave(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask for leave."""
    person = _readable(request, pk)
    if request.method != "POST":
        return _back(person, reports.read(request).month.first)
    form = LeaveForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            said, concerns = _take_leave(request, person, form)
        except MusterError as error:
            form.add_error(None, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
        else:
            messages.success(request, said)
            for sentence in concerns:
                messages.warning(request, sentence)
            back = _from_open(request)
            return _asked(person, typed["first"], of=f"&day={typed['first']}{back}" if back else "")
    return _show(request, person, forms_shown={"leave_form": form})


def _take_leave(request: HttpRequest, person: Person, form: LeaveForm) -> tuple[str, list[str]]:
    """Ask for the leave, and approve it where the button says so and nothing speaks against it; return what to say."""
    typed, user = form.cleaned_data, access.current_user(request)
    names = ("first", "last", "part", "half_day", "reason")
    with transaction.atomic():
        asked = leaves.request(person, typed["kind"], **{name: typed[name] for name in names}, actor=user)
        concerns = leave_concerns.sentences(asked)
        if "enter" not in request.POST:
            return "Asked. It counts as soon as it is approved.", concerns
        if leave_concerns.is_doubtful(asked):
            return "Asked, not entered yet: read this, and then approve or reject it under Requests.", concerns
        leaves.approve(asked, actor=user)
    return "Entered. It counts from now on.", concerns


def _back(person: Person, day: dt.date) -> HttpResponse:
    return redirect(_address(person, day))


def _asked(person: Person, day: dt.date, *, of: str = "") -> HttpResponse:
    """Show the month after a form, from what became of it on; `of`: more of its address, as of the day of a link."""
    return redirect_to_messages(_address(person, day) + of)


def _address(person: Person, day: dt.date) -> str:
    return f"{reverse('person_month', args=[person.pk])}?month={day:%Y-%m}"


PAGES = (
    Page(
        "my-month/",
        my_month,
        name="my_month",
        open_to=Audience.SIGNED_IN,
        menu=Entry(label="My month", icon="clock", order=50),
    ),
    Page("people/<int:pk>/month/", person_month, name="person_month", open_to=Audience.SIGNED_IN, menu="muster_roll"),
    Page(
        "people/<int:pk>/month/correction/",
        ask_correction,
        name="ask_correction",
        open_to=Audience.SIGNED_IN,
        menu="muster_roll",
    ),
    Page("people/<int:pk>/month/leave/", ask_leave, name="ask_leave", open_to=Audience.SIGNED_IN, menu="muster_roll"),
)
