"""Employment by days, and the managers of departments."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError, Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people import reading, roster
from attendance.people.models import Department, Person, Site
from attendance.reports import staff as staff_report
from attendance.web import access, errors, previews, tables
from attendance.web.pages import PHOTO_BYTES, Page
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run, punches_outside
from attendance.workdays.models import DepartmentManager, Employment
from attendance.workdays.schedule import employment, employment_lists
from attendance.workdays.schedule.employment_lists import Line, Verdict

LISTED = 100
OUTSIDE_SHOWN = 10
"""So many days with punches outside of the employment are named in the question."""
CLOSED_DAYS = "Days of closed months change by this; the difference goes into the next file as an adjustment."
LOOKED_AT = (Verdict.REFUSED, Verdict.CHANGED, Verdict.NEW, Verdict.UNCHANGED)
"""What somebody has to look at comes first."""
DATE_FORMS = [(key, f"{dt.date(2026, 11, 30):{form}}") for key, form in employment_lists.DATE_FORMS.items()]


class EmploymentForm(forms.Form):
    """First and last day, by employee number."""

    employee_number = forms.CharField(max_length=64)
    joined = DayField(label="First day")
    left = DayField(label="Last day", required=False)
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="the main one")


class ManagerForm(forms.Form):
    """Who leads which department."""

    department = forms.ModelChoiceField(Department.objects.all(), empty_label="Choose")
    user = forms.ModelChoiceField(User.objects.filter(is_active=True).order_by("username"), empty_label="Choose")


class ListForm(forms.Form):
    """A list of first and last days, and how its dates are written."""

    file = forms.FileField(label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    date_form = forms.ChoiceField(label="Dates as", choices=DATE_FORMS)


def staff(request: HttpRequest) -> HttpResponseBase:
    """Show employments and managers; as a file, the employments of everybody, to be changed and read again."""
    if tables.wants_file(request):
        return tables.file(request, staff_report.employments(zone=site.zone()), name="employment")
    return _show(request, EmploymentForm())


def _show(
    request: HttpRequest,
    form: EmploymentForm,
    *,
    preview: previews.Preview | None = None,
    asked: Question | None = None,
    is_late: bool = False,
) -> HttpResponse:
    is_refused = form.is_bound and preview is None
    if form.errors:
        messages.error(request, errors.first_problem(form))
    context = {
        "employment_form": form,
        "preview": preview,
        "question": asked,
        "closed_days": CLOSED_DAYS if is_late else "",
        "manager_form": ManagerForm(),
        "list_form": ListForm(),
        "managers": DepartmentManager.objects.select_related("department", "user").order_by("department__name"),
        "employments": Employment.objects.select_related("person", "site")
        .prefetch_related("person__earlier_employments")
        .order_by("-joined", "-pk")[:LISTED],
    }
    return render(request, "attendance/staff.html", context, status=422 if is_refused else 200)


@dataclass(frozen=True, slots=True)
class Question:
    """Asked before employment is saved that leaves punches outside; `agreed` is what the button sends to go on."""

    name: str
    days: tuple[dt.date, ...]
    agreed: str

    @property
    def shown(self) -> tuple[dt.date, ...]:
        """The first of the days."""
        return self.days[:OUTSIDE_SHOWN]

    @property
    def more(self) -> int:
        """How many days are not shown."""
        return len(self.days) - len(self.shown)


def _question(person: Person, *, joined: dt.date, left: dt.date | None) -> Question | None:
    """Return what has to be asked first; None where no punch would lie outside of the employment."""
    days = punches_outside.find(person, joined=joined, left=left)
    agreed = f"{person.pk} {joined} {left} {len(days)}"
    return Question(person.name, tuple(days), agreed) if days else None


@access.posted_from("staff")
def employ(request: HttpRequest) -> HttpResponse:
    """Keep first and last day, show which days they change, or ask first where punches would lie outside."""
    form = EmploymentForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    typed = form.cleaned_data
    person = roster.find_by_number(typed["employee_number"])
    if person is None:
        form.add_error("employee_number", "Nobody has this employee number.")
        return _show(request, form)
    try:
        preview = _preview(request, person, form)
        asked = _question(person, joined=typed["joined"], left=typed["left"])
        is_late = employment.changes_closed_days(person, joined=typed["joined"], left=typed["left"])
        if previews.TRY in request.POST or (asked is not None and request.POST.get("agreed") != asked.agreed):
            return _show(request, form, preview=preview, asked=asked, is_late=is_late)
        _save(request, person, typed, is_late=is_late)
    except MusterError as error:
        form.add_error(None, errors.explain(error))
        return _show(request, form)
    return redirect("staff")


def _preview(request: HttpRequest, person: Person, form: EmploymentForm) -> previews.Preview | None:
    if previews.TRY not in request.POST:
        return None
    typed = form.cleaned_data
    joined, left, place = typed["joined"], typed["left"], typed["site"]
    since = employment.first_change(person, joined=joined, left=left)
    if employment.proposed_sites(person, place) != employment.sites_of(person):
        since = min(since, clock.today(site.zone()))
    if since == dt.date.max:  # nothing differs
        since = clock.today(site.zone())
    return previews.preview(
        dry_run.with_employment(person, joined=joined, left=left, place=place),
        since=since,
        request=request,
        people=Person.objects.filter(pk=person.pk),
        whoever=True,
    )


def _save(request: HttpRequest, person: Person, typed: dict[str, Any], *, is_late: bool) -> None:
    before = _employed(person)
    employment.employ(
        person, joined=typed["joined"], left=typed["left"], site=typed["site"], actor=access.current_user(request)
    )
    previews.report_saved(request, f"Saved: {_periods(person)}.", changed=_employed(person) != before)
    if is_late:
        messages.warning(request, CLOSED_DAYS)


def _employed(person: Person) -> tuple[object, ...]:
    """Return everything that the form can change."""
    row = Employment.objects.filter(person=person).values_list("joined", "left", "site").first()
    return row, list(person.earlier_employments.order_by("joined").values_list("joined", "left"))


def _periods(person: Person) -> str:
    """Return from when to when somebody is employed, in words."""
    row = Employment.objects.get(person=person)
    every = [*person.earlier_employments.order_by("joined").values_list("joined", "left"), (row.joined, row.left)]
    said = [f"{first:%-d %b %Y} to {last:%-d %b %Y}" if last else f"{first:%-d %b %Y} on" for first, last in every]
    return f"{person.name} is employed from {' and from '.join(said)}"


@access.posted_from("staff")
def read_list(request: HttpRequest) -> HttpResponseBase:
    """Show what a list would change; save it once somebody has looked, or give the verdicts as a file."""
    upload = request.FILES.get("file")
    text = upload.read(employment_lists.LARGEST_BYTES + 1) if upload else request.POST.get("text", "").encode()
    date_form = request.POST.get("date_form", "")
    if date_form not in employment_lists.DATE_FORMS:
        date_form = next(iter(employment_lists.DATE_FORMS))
    try:
        if not text:
            raise Refusal("no_list_chosen")
        lines = employment_lists.judge(text, date_form=date_form)
    except MusterError as error:
        messages.error(request, errors.explain(error))
        return redirect("staff")
    if "verdicts" in request.POST:
        return tables.csv_file(
            request, staff_report.verdicts(lines, zone=site.zone(), sentence=errors.sentence), name="verdicts"
        )
    if "save" in request.POST:
        kept = employment_lists.save(lines, actor=access.current_user(request))
        left = sum(line.verdict == Verdict.REFUSED for line in lines)
        messages.success(request, f"Saved: {kept} line{'' if kept == 1 else 's'}; {left} refused.")
        return redirect("staff")
    counted = Counter(line.verdict.value for line in lines)
    context = {
        "lines": [
            (line, errors.sentence(line.code) if line.code else _outside(line))
            for line in sorted(lines, key=lambda line: LOOKED_AT.index(line.verdict))
        ],
        "counts": [(verdict.value, counted[verdict.value]) for verdict in Verdict],
        "to_save": counted["new"] + counted["changed"],
        "text": reading.decoded(text),
        "date_form": date_form,
    }
    return render(request, "attendance/staff_list.html", context)


def _outside(line: Line) -> str:
    """Return what a line that would be saved leaves outside of the employment, in words."""
    if line.verdict not in {Verdict.NEW, Verdict.CHANGED} or line.person is None or line.joined is None:
        return ""
    days = punches_outside.find(line.person, joined=line.joined, left=line.left)
    if not days:
        return ""
    more = f" and {len(days) - 1} more day{'' if len(days) == 2 else 's'}" if len(days) > 1 else ""
    return f"Check-ins lie outside: {previews.written(days[0])}{more} would no longer count."


@require_POST
def appoint(request: HttpRequest) -> HttpResponse:
    """Let somebody lead a department."""
    form = ManagerForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        employment.appoint(typed["department"], typed["user"], actor=access.current_user(request))
        messages.success(request, "Appointed; the role Manager gives the right to decide.")
    return redirect("staff")


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take that back."""
    employment.dismiss(get_object_or_404(DepartmentManager, pk=pk), actor=access.current_user(request))
    messages.success(request, "Done.")
    return redirect("staff")


PAGES = (
    Page("planning/staff/", staff, name="staff", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/staff/employ/", employ, name="employ", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/staff/list/",
        read_list,
        name="read_staff_list",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
        takes_bytes=PHOTO_BYTES,
    ),
    Page("planning/staff/managers/", appoint, name="appoint", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/staff/managers/<int:pk>/dismiss/",
        dismiss,
        name="dismiss",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
