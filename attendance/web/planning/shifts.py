"""Shifts with their examples, their assignment, and the rules; tried dry before anything is saved."""

from __future__ import annotations

import datetime as dt
import itertools
import tomllib
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people import roster
from attendance.people.models import Department
from attendance.web import access, errors, toml
from attendance.web.pages import Page
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run, facts
from attendance.workdays.models import Assignment, Shift, WorkRules
from attendance.workdays.schedule import rules, shifts
from timekeeping.durations import hours_minutes

CHANGES_SHOWN = 50
DRY_DAYS = 45
"""How many days back a dry run goes."""
COMPARED = (
    ("code", "status"),
    ("second", "second field"),
    ("worked", "worked"),
    ("planned", "planned"),
    ("late", "late"),
    ("early", "left early"),
    ("overtime", "overtime"),
    ("overtime_by_rate", "overtime paid"),
    ("payable", "paid"),
    ("night", "night"),
    ("leave_by_code", "leave"),
)
"""Fields of a day that a dry run compares, with their labels; its shares follow from these."""


class ShiftForm(forms.ModelForm[Shift]):
    """All fields of a shift."""

    class Meta:
        model = Shift
        fields = (
            "name", "start", "end", "week_days", "half_days", "breaks", "break_minutes", "break_after_minutes",
            "before_minutes", "after_minutes", "planned_minutes", "hours", "grace_late_minutes", "grace_early_minutes",
            "half_day_minutes", "absent_minutes", "early_arrival_unpaid", "flexible", "examples",
        )  # fmt: skip
        labels = {
            "week_days": "Days of the week",
            "breaks": "Fixed breaks",
            "break_minutes": "Break taken off, minutes",
            "break_after_minutes": "... after so many minutes of work",
            "before_minutes": "Check-ins count from, minutes before",
            "after_minutes": "Check-ins count until, minutes after",
            "planned_minutes": "Planned work, minutes",
            "hours": "Hours are",
            "grace_late_minutes": "Late after, minutes",
            "grace_early_minutes": "Left early by more than, minutes",
            "half_day_minutes": "Half a day below, minutes of work",
            "absent_minutes": "Absent below, minutes of work",
            "early_arrival_unpaid": "Time before the start is not paid",
            "flexible": "Come and go as you like: only the sum counts",
        }
        help_texts = {
            "week_days": "mon-fri, or mon, wed, fri",
            "planned_minutes": "Empty: from start to end without the breaks.",
            "break_minutes": "For a break that nobody checks out for.",
        }
        widgets = {
            "start": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "end": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "examples": forms.Textarea(attrs={"rows": 3}),
        }


class AssignmentForm(forms.Form):
    """Who gets a shift: a person by number, a department, or everybody else."""

    shift = forms.ModelChoiceField(Shift.objects.all(), empty_label="Choose")
    employee_number = forms.CharField(required=False, max_length=64)
    department = forms.ModelChoiceField(Department.objects.all(), required=False, empty_label="nobody in particular")
    first = DayField(label="From", required=False)
    last = DayField(label="To", required=False)


class RulesForm(forms.Form):
    """The organisation's settings, one a line, by the keys of the reference page."""

    text = forms.CharField(
        label="Rules",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One a line, for example: overtime_tolerance = 10",
    )


def planning(request: HttpRequest) -> HttpResponseBase:
    """Show shifts, assignments and rules."""
    rows = Assignment.objects.select_related("shift", "person", "department").order_by("-first", "-pk")
    today = clock.today(site.zone())
    context = {
        "shifts": Shift.objects.all(),
        "assignments": [row for row in rows if row.last is None or row.last >= today][:200],
        "assignment_form": AssignmentForm(),
        "rules_form": RulesForm(initial={"text": toml.dumps(_content())}),
    }
    return render(request, "attendance/planning.html", context)


def _content() -> dict[str, Any]:
    row = WorkRules.objects.filter(since__lte=clock.today(site.zone())).last()
    return dict(row.content) if row else {}


def shift(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Show or save a shift, or show which days a change would touch."""
    row = get_object_or_404(Shift, pk=pk) if pk is not None else Shift()
    form = ShiftForm(request.POST or None, instance=row)
    changes: list[dict[str, Any]] | None = None
    if request.method == "POST" and form.is_valid():
        changed = form.save(commit=False)
        try:
            if "try" in request.POST:
                changes = _dry(shift=changed)
            else:
                shifts.save_shift(changed, actor=access.current_user(request))
                messages.success(request, f"{changed.name} is saved.")
                return redirect("planning")
        except MusterError as error:
            form.add_error(None, _sentence(error))
    context = {"form": form, "shift": row, "changes": changes, "days": DRY_DAYS}
    refused = form.is_bound and not form.is_valid()
    return render(request, "attendance/shift.html", context, status=422 if refused else 200)


def _dry(**candidate: Any) -> list[dict[str, Any]]:
    """Return the first days that would change, with what changes."""
    last = clock.today(site.zone())
    first = last - dt.timedelta(days=DRY_DAYS)
    found = dry_run.try_dry(facts.employed(first, last), first, last, **candidate)
    return [
        {"person": change.person, "day": change.day, "what": _difference(change)}
        for change in itertools.islice(found, CHANGES_SHOWN)
    ]


def _difference(change: dry_run.Change) -> str:
    parts = [
        f"{label} {_value(change.before[key])} → {_value(change.after[key])}"
        for key, label in COMPARED
        if change.before[key] != change.after[key]
    ]
    return ", ".join(parts) or "details"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(each)}" for key, each in sorted(value.items()) if each) or "none"
    if isinstance(value, list):
        return " ".join(value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return hours_minutes(value)
    return str(value) or "none"


def _sentence(error: MusterError) -> str:
    return f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}"


@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Give a shift to somebody."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        messages.error(request, errors.first_problem(form))
        return redirect("planning")
    typed = form.cleaned_data
    person = roster.find_by_number(typed["employee_number"]) if typed["employee_number"] else None
    if typed["employee_number"] and person is None:
        messages.error(request, "Nobody has this employee number.")
        return redirect("planning")
    try:
        shifts.assign(
            typed["shift"],
            person=person,
            department=typed["department"],
            first=typed["first"],
            last=typed["last"],
            actor=access.current_user(request),
        )
    except MusterError as error:
        messages.error(request, _sentence(error))
    else:
        messages.success(request, "Assigned.")
    return redirect("planning")


@require_POST
def end_assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an assignment end today; the days before stay as they are."""
    row = get_object_or_404(Assignment, pk=pk)
    try:
        shifts.end_assignment(row, last=clock.today(site.zone()), actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, _sentence(error))
    else:
        messages.success(request, "It ends today.")
    return redirect("planning")


@access.posted_from("planning")
def save_rules(request: HttpRequest) -> HttpResponseBase:
    """Save the rules, or show which days they would change."""
    form = RulesForm(request.POST)
    changes = None
    if form.is_valid():
        try:
            content = tomllib.loads(form.cleaned_data["text"])
            if "try" in request.POST:
                changes = _dry(rules=rules.readable_rules(content))
            else:
                rules.save_rules(content, actor=access.current_user(request))
                messages.success(request, "The rules are saved; they hold for every month that is not closed.")
                return redirect("planning")
        except tomllib.TOMLDecodeError as error:
            form.add_error("text", f"This cannot be read: {error}")
        except MusterError as error:
            form.add_error("text", _sentence(error))
    context = {"rules_form": form, "changes": changes, "days": DRY_DAYS}
    return render(request, "attendance/rules.html", context, status=200 if changes is not None else 422)


PAGES = (
    Page("planning/", planning, name="planning", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/shifts/new/", shift, name="new_shift", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/shifts/<int:pk>/", shift, name="shift", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/assignments/", assign, name="assign_shift", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/assignments/<int:pk>/end/",
        end_assignment,
        name="end_assignment",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page("planning/rules/", save_rules, name="save_rules", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
)
