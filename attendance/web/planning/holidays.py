"""Holidays, kinds of leave, and the lists that holidays are chosen from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.models import Site
from attendance.web import access, errors, previews, typed_days
from attendance.web.pages import PHOTO_BYTES, Page
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run
from attendance.workdays.models import Holiday, HolidayCalendar, LeaveType
from attendance.workdays.schedule import calendars, codes, valid_from
from attendance.workdays.schedule.calendars import Candidate


class CalendarForm(forms.ModelForm[HolidayCalendar]):
    """A list of holidays."""

    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="all sites")

    class Meta:
        model = HolidayCalendar
        fields = ("name", "site")


class LeaveTypeForm(forms.ModelForm[LeaveType]):
    """A kind of leave."""

    class Meta:
        model = LeaveType
        fields = ("code", "name", "colour", "paid_fraction", "at_work")
        labels = {"at_work": "Work elsewhere, as from home: counts as present"}
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def clean_code(self) -> str:
        """Refuse a code that would be mistaken for another one, or for a divided day."""
        code = str(self.cleaned_data["code"]).strip()
        if codes.is_built_in(code):
            raise forms.ValidationError("the rules use this code themselves; choose another one.")
        if "/" in code or not code.isprintable():
            raise forms.ValidationError("letters and digits will do; a slash divides a day.")
        return code

    def clean_colour(self) -> str:
        """Refuse what is no colour."""
        colour = str(self.cleaned_data["colour"]).lower()
        if not codes.is_colour(colour):
            raise forms.ValidationError("write it as #2563eb.")
        return colour


class HolidayForm(forms.Form):
    """One day, typed by hand."""

    day = DayField(label="Day")
    name = forms.CharField(label="Name", max_length=200)
    extent = forms.ChoiceField(
        label="How much of it is off",
        choices=[("whole", "the whole day"), ("half", "the second half")],
        initial="whole",
        required=False,
    )

    def candidate(self) -> Candidate:
        """Return what was typed."""
        typed = self.cleaned_data
        return Candidate(typed["day"], typed["name"], likely=True, is_half=typed["extent"] == "half")


def holidays(request: HttpRequest) -> HttpResponseBase:
    """Show the calendars of this year and the next, and the kinds of leave."""
    year = clock.today(site.zone()).year
    days = Holiday.objects.filter(day__year__gte=year).order_by("day")
    context = {
        "calendars": [
            {"row": row, "days": [day for day in days if day.calendar_id == row.pk]}
            for row in HolidayCalendar.objects.select_related("site")
        ],
        "calendar_form": CalendarForm(),
        "leave_types": LeaveType.objects.all(),
        "leave_type_form": LeaveTypeForm(),
        "years": [year, year + 1],
        "first_open_day": valid_from.first_day(None),
        "countries": calendars.countries(),
    }
    return render(request, "attendance/holidays.html", context)


@require_POST
def add_calendar(request: HttpRequest) -> HttpResponse:
    """Begin a calendar."""
    return _added(request, CalendarForm(request.POST), calendars.begin, "The calendar is there; load a list into it.")


@require_POST
def add_leave_type(request: HttpRequest) -> HttpResponse:
    """Add a kind of leave."""
    return _added(request, LeaveTypeForm(request.POST), codes.add_kind, "Added.")


def _added(request: HttpRequest, form: forms.ModelForm[Any], add: Callable[..., object], words: str) -> HttpResponse:
    if form.is_valid():
        add(form.save(commit=False), actor=access.current_user(request))
        messages.success(request, words)
    else:
        messages.error(request, errors.first_problem(form))
    return redirect("holidays")


@access.posted_from("holidays")
def propose_holidays(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the days of a country's list or of a file, to be selected."""
    calendar = get_object_or_404(HolidayCalendar, pk=pk)
    try:
        feed = request.FILES.get("feed")
        if feed is not None:
            found = calendars.feed_holidays(calendar, feed.read(calendars.LARGEST_FEED_BYTES + 1))
        else:
            found = calendars.country_holidays(
                calendar,
                country=request.POST.get("country", "").strip().upper(),
                region=request.POST.get("region", "").strip(),
                year=_year(request.POST.get("year", "")),
            )
    except MusterError as error:
        messages.error(request, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
        return redirect("holidays")
    return render(request, "attendance/choose_holidays.html", {"calendar": calendar, "found": found})


def _year(text: str) -> int:
    year = int(text) if text.isdecimal() and len(text) == 4 else 0
    return year if 1970 <= year <= 2100 else clock.today(site.zone()).year


@access.posted_from("holidays")
def take_holidays(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the days that were ticked, or show which work days they would change."""
    calendar = get_object_or_404(HolidayCalendar, pk=pk)
    chosen = _days(request, "day")
    try:
        if previews.TRY in request.POST:
            return _choose_again(request, calendar, chosen)
        new = calendars.take(calendar, chosen, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"{new} new day{'' if new == 1 else 's'} in {calendar.name}.")
    return redirect("holidays")


def _days(request: HttpRequest, field: str) -> list[Candidate]:
    """Read days with their names, as 2026-12-25 Christmas Day."""
    found = []
    for value in request.POST.getlist(field):
        text, _, name = value.partition(" ")
        day = typed_days.day(text)
        if day is not None:
            found.append(Candidate(day, name[:200] or "holiday", likely=True))
    return found


def _choose_again(request: HttpRequest, calendar: HolidayCalendar, chosen: list[Candidate]) -> HttpResponse:
    """Show the list once more, ticked as it was, with the work days that the ticks would change."""
    ticked = {each.day for each in chosen}
    offered = [replace(each, likely=each.day in ticked) for each in _days(request, "offered") or chosen]
    since = min(ticked, default=valid_from.first_day(None))
    valid_from.assure_open(since)
    context = {
        "calendar": calendar,
        "found": calendars.marked(calendar, offered),
        "preview": previews.preview(dry_run.with_holidays(calendar, chosen), since=since, request=request),
    }
    return render(request, "attendance/choose_holidays.html", context)


def add_holiday(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Add one day by hand, or show first which work days it would change."""
    calendar = get_object_or_404(HolidayCalendar.objects.select_related("site"), pk=pk)
    form = HolidayForm(request.POST or None)
    preview = None
    if request.method == "POST" and form.is_valid():
        one = form.candidate()
        try:
            if previews.TRY in request.POST:
                calendars.assure_new(calendar, one.day)
                preview = previews.preview(dry_run.with_holidays(calendar, [one]), since=one.day, request=request)
            else:
                calendars.add(calendar, one, actor=access.current_user(request))
                messages.success(request, f"{previews.written(one.day)}, {one.name}, is in {calendar.name}.")
                return redirect("holidays")
        except MusterError as error:
            form.add_error("day", errors.explain(error))
    refused = form.is_bound and preview is None
    context = {"form": form, "calendar": calendar, "preview": preview}
    return render(request, "attendance/add_holiday.html", context, status=422 if refused else 200)


@access.posted_from("holidays")
def remove_holiday(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a day out of its calendar, or show first which work days that changes."""
    row = get_object_or_404(Holiday.objects.select_related("calendar__site"), pk=pk)
    try:
        if previews.TRY in request.POST:
            valid_from.assure_open(row.day)
            found = previews.preview(dry_run.without_holiday(row), since=row.day, request=request)
            return render(request, "attendance/remove_holiday.html", {"row": row, "preview": found})
        calendars.remove(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, "The day is an ordinary one again.")
    return redirect("holidays")


PAGES = (
    Page("planning/holidays/", holidays, name="holidays", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/holidays/new/", add_calendar, name="add_calendar", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"
    ),
    Page(
        "planning/leave-types/",
        add_leave_type,
        name="add_leave_type",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "planning/holidays/<int:pk>/propose/",
        propose_holidays,
        name="propose_holidays",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
        takes_bytes=PHOTO_BYTES,
    ),
    Page(
        "planning/holidays/<int:pk>/take/",
        take_holidays,
        name="take_holidays",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "planning/holidays/<int:pk>/add/",
        add_holiday,
        name="add_holiday",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "planning/holidays/days/<int:pk>/remove/",
        remove_holiday,
        name="remove_holiday",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
