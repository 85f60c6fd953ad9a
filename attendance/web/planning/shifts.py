"""Shifts with their examples, and who has which; a change is tried before it is saved."""

from __future__ import annotations

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
from attendance.people.models import Department, Person
from attendance.web import access, errors, previews
from attendance.web.pages import Page
from attendance.web.planning import records_begin, rules
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run
from attendance.workdays.models import Assignment, Shift
from attendance.workdays.schedule import shifts, valid_from


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
    department = forms.ModelChoiceField(Department.objects.all(), required=False, empty_label="none")
    first = DayField(label="From", required=False)
    last = DayField(label="To", required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        first = self.fields["first"]
        if valid_from.closed_until() is None:
            first.help_text = "Empty: from the beginning."
        else:
            opens = valid_from.first_day(None)
            first.initial, first.help_text = opens, f"{previews.written(opens)} is the first open day."


def planning(request: HttpRequest) -> HttpResponseBase:
    """Show shifts, assignments and rules."""
    return _show(request, AssignmentForm())


def _show(request: HttpRequest, form: AssignmentForm, *, preview: previews.Preview | None = None) -> HttpResponse:
    is_refused = form.is_bound and preview is None
    if is_refused:
        messages.error(request, errors.first_problem(form))
    rows = Assignment.objects.select_related("shift", "person", "department").order_by("-first", "-pk")
    opens = valid_from.first_open_day() or clock.today(site.zone()).replace(day=1)
    context = {
        "shifts": Shift.objects.all(),
        "assignments": [row for row in rows if row.last is None or row.last >= opens][:200],
        "closed_until": valid_from.closed_until(),
        "assignment_form": form,
        "preview": preview,
        **rules.context(),
        **records_begin.context(),
    }
    return render(request, "attendance/planning.html", context, status=422 if is_refused else 200)


def shift(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Show or save a shift, or show which days a change would touch."""
    row = get_object_or_404(Shift, pk=pk) if pk is not None else Shift()
    form = ShiftForm(request.POST or None, instance=row)
    preview = None
    if request.method == "POST" and form.is_valid():
        changed = form.save(commit=False)
        try:
            if previews.TRY in request.POST:
                preview = previews.preview(
                    dry_run.with_shift(changed), since=valid_from.first_day(None), request=request
                )
            elif pk is not None and not form.has_changed():
                messages.info(request, previews.NOTHING_CHANGED)
                return redirect("planning")
            else:
                shifts.save_shift(changed, actor=access.current_user(request))
                messages.success(request, f"{changed.name} is saved.")
                return redirect("planning")
        except MusterError as error:
            form.add_error(None, errors.explain(error))
    context = {"form": form, "shift": row, "preview": preview}
    refused = form.is_bound and not form.is_valid()
    return render(request, "attendance/shift.html", context, status=422 if refused else 200)


@access.posted_from("planning")
def assign(request: HttpRequest) -> HttpResponse:
    """Give a shift to somebody, or show which days that changes; what was typed stays where it cannot be done."""
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    typed = form.cleaned_data
    person = roster.find_by_number(typed["employee_number"]) if typed["employee_number"] else None
    if typed["employee_number"] and person is None:
        form.add_error("employee_number", "Nobody has this employee number.")
        return _show(request, form)
    wanted = {"person": person, **{name: typed[name] for name in ("department", "first", "last")}}
    try:
        if previews.TRY in request.POST:
            return _show(request, form, preview=_assignment_preview(request, typed["shift"], wanted))
        shifts.assign(typed["shift"], **wanted, actor=access.current_user(request))
    except MusterError as error:
        form.add_error("first" if error.code == "day_closed" else None, errors.explain(error))
        return _show(request, form)
    messages.success(request, "Assigned.")
    return redirect("planning")


def _assignment_preview(request: HttpRequest, chosen: Shift, wanted: dict[str, Any]) -> previews.Preview:
    row = shifts.readable_assignment(chosen, **wanted)
    people = None if row.person is None else Person.objects.filter(pk=row.person.pk)
    since = row.first or valid_from.first_day(None)
    return previews.preview(dry_run.with_assignment(row), since=since, request=request, people=people)


@require_POST
def end_assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an assignment end today; the days before stay as they are."""
    row = get_object_or_404(Assignment, pk=pk)
    try:
        shifts.end_assignment(row, last=clock.today(site.zone()), actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, "It ends today.")
    return redirect("planning")


@require_POST
def withdraw_assignment(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an assignment back of which no day is closed."""
    row = get_object_or_404(Assignment, pk=pk)
    try:
        shifts.withdraw_assignment(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, "The assignment is taken back.")
    return redirect("planning")


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
    Page(
        "planning/assignments/<int:pk>/withdraw/",
        withdraw_assignment,
        name="withdraw_assignment",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
