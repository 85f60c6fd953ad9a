"""Sites: their time zones, and what happens there to a forgotten out."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import site as main_site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.web import access, errors
from attendance.web.pages import Page
from attendance.web.typed_days import DayField
from attendance.workdays import facts
from attendance.workdays.models import Employment, HolidayCalendar, Site
from attendance.workdays.schedule import sites
from timekeeping.values import Automatic

_ZONES = forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "placeholder": "Europe/Berlin"})
WORDS = {
    Automatic.OFF: "never",
    Automatic.AFTER_PLAN: "when the plan of the day is used up",
    Automatic.AT: "at a fixed time",
}


class SiteForm(forms.ModelForm[Site]):
    """Name, zone and the automatic out."""

    class Meta:
        model = Site
        fields = ("name", "time_zone", "automatic_out", "automatic_tolerance_minutes", "automatic_at")
        widgets = {"time_zone": _ZONES, "automatic_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}
        help_texts = {"automatic_tolerance_minutes": "For “when the plan is used up”.", "automatic_at": ""}
        labels = {
            "automatic_out": "Fill in a forgotten out",
            "automatic_tolerance_minutes": "Minutes after the plan",
            "automatic_at": "Fixed time",
        }


class MoveForm(forms.Form):
    """Another zone from a day on."""

    since = DayField(label="From")
    zone = forms.CharField(label="Time zone", max_length=64, widget=_ZONES)


def site_list(request: HttpRequest) -> HttpResponseBase:
    """Show the main site and the further ones."""
    employed = Employment.objects.filter(left=None).values("site").annotate(people=Count("pk"))
    people = {row["site"]: row["people"] for row in employed.values("site", "people")}
    calendars: dict[int | None, list[str]] = {}
    for calendar in HolidayCalendar.objects.all():
        calendars.setdefault(calendar.site_id, []).append(calendar.name)
    context = {
        "main": main_site.settings(),
        "automatic": WORDS[facts.rules().automatic_out],
        "everywhere": calendars.get(None, []),
        "sites": [
            {"row": row, "people": people.get(row.pk, 0), "calendars": calendars.get(row.pk, [])}
            for row in Site.objects.all()
        ],
    }
    return render(request, "attendance/sites.html", context)


def site(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Make or change a site."""
    row = get_object_or_404(Site, pk=pk) if pk else Site()
    form = SiteForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = sites.save(form.instance, actor=access.current_user(request))
        except MusterError as error:
            form.add_error(None, errors.explain(error))
        else:
            messages.success(request, f"{saved.name} is saved. Choose it for people under Employment and managers.")
            return redirect("sites")
    context: dict[str, Any] = {
        "form": form,
        "row": row if pk else None,
        "move_form": MoveForm() if pk else None,
        "zones": sorted(zoneinfo.available_timezones()),
    }
    return render(request, "attendance/site.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def move_site(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a site keep another zone from a day on."""
    row, form = get_object_or_404(Site, pk=pk), MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the day and the zone.")
        return redirect("site", pk=pk)
    try:
        sites.move(
            row,
            since=form.cleaned_data["since"],
            time_zone=form.cleaned_data["zone"],
            actor=access.current_user(request),
        )
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, "The zone holds from that day on; the days before stay whole.")
    return redirect("site", pk=pk)


@require_POST
def remove_site(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a site."""
    row = get_object_or_404(Site, pk=pk)
    name = row.name
    try:
        sites.remove(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"{name} is removed.")
    return redirect("sites")


PAGES = (
    Page("planning/sites/", site_list, name="sites", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/sites/new/", site, name="new_site", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page("planning/sites/<int:pk>/", site, name="site", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/sites/<int:pk>/zone/",
        move_site,
        name="move_site",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
    Page(
        "planning/sites/<int:pk>/remove/",
        remove_site,
        name="remove_site",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
