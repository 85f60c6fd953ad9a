"""Sites: their zones by day, their holidays, and what happens there to a missing out."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock
from attendance.core import site as main_site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.models import Site
from attendance.people.periods import ALWAYS
from attendance.web import access, errors, previews
from attendance.web.pages import Page
from attendance.workdays import dry_run, facts
from attendance.workdays.models import Employment, HolidayCalendar, ZoneChange
from attendance.workdays.schedule import sites, valid_from
from timekeeping.values import Automatic

_ZONES = forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "placeholder": "Europe/Berlin"})
WORDS = {
    Automatic.OFF: "never",
    Automatic.AFTER_PLAN: "when the plan of the day is used up",
    Automatic.AT: "at a fixed time",
}


class SiteForm(forms.ModelForm[Site]):
    """Name and automatic out; a new site also gets its zone, which later changes from a day on."""

    class Meta:
        model = Site
        fields = ("name", "time_zone", "automatic_out", "automatic_tolerance_minutes", "automatic_at")
        widgets = {"time_zone": _ZONES, "automatic_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}
        help_texts = {"automatic_tolerance_minutes": "For “when the plan is used up”.", "automatic_at": ""}
        labels = {
            "automatic_out": "Fill in a missing out",
            "automatic_tolerance_minutes": "Minutes after the plan",
            "automatic_at": "Fixed time",
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.pk is not None:
            del self.fields["time_zone"]
            self.instance.time_zone = sites.zone_today(self.instance)


class MoveForm(forms.Form):
    """Another zone from a day on."""

    zone = forms.CharField(label="Time zone", max_length=64, widget=_ZONES)
    since = previews.since_field()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        previews.offer(self, "since")


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """A zone and the days on which a site keeps it; `pk`: of a change that can be withdrawn."""

    since: dt.date
    zone: str
    is_present: bool
    pk: int | None

    @property
    def begins(self) -> str:
        """The first day, as people write it."""
        return previews.written(self.since)


def zone_periods(row: Site | None) -> list[ZonePeriod]:
    """Return the zones of a site, or of the main one, the newest first; none where it never changed."""
    known, opens = sites.zones(row), valid_from.first_day(None)
    if len(known) == 1:
        return []
    changes = dict(ZoneChange.objects.filter(site=row).values_list("since", "pk"))
    present = max((since for since, _ in known if since <= clock.today(main_site.zone())), default=ALWAYS)
    return [
        ZonePeriod(
            since=since,
            zone=zone,
            is_present=since == present,
            pk=changes.get(since) if since > ALWAYS and since >= opens else None,
        )
        for since, zone in reversed(known)
    ]


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
            {
                "row": row,
                "zone": sites.zone_today(row),
                "people": people.get(row.pk, 0),
                "calendars": calendars.get(row.pk, []),
            }
            for row in Site.objects.all()
        ],
    }
    return render(request, "attendance/sites.html", context)


def site(request: HttpRequest, pk: int | None = None) -> HttpResponseBase:
    """Make or change a site."""
    row = get_object_or_404(Site, pk=pk) if pk else Site()
    form = SiteForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        if pk and not form.has_changed():
            messages.info(request, previews.NOTHING_CHANGED)
            return redirect("sites")
        try:
            saved = sites.save(form.instance, actor=access.current_user(request))
        except MusterError as error:
            form.add_error(None, errors.explain(error))
        else:
            messages.success(request, f"{saved.name} is saved. Choose it for people under Employment and managers.")
            return redirect("sites")
    return _show(request, row, form, MoveForm() if pk else None)


def _show(request: HttpRequest, row: Site, form: SiteForm, move_form: MoveForm | None, **more: object) -> HttpResponse:
    saved = Site.objects.filter(pk=row.pk).first() if row.pk else None  # `row` holds what was typed
    context = {
        "form": form,
        "row": saved,
        "move_form": move_form,
        "periods": zone_periods(saved) if saved else [],
        "zone_today": sites.zone_today(saved) if saved else "",
        "zones": sorted(zoneinfo.available_timezones()),
        "doors": saved.doors.all() if saved else (),
        **more,
    }
    status = 422 if request.method == "POST" and "preview" not in more else 200
    return render(request, "attendance/site.html", context, status=status)


def move_site(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a site keep another zone from a day on, or show which days that would change."""
    row = get_object_or_404(Site, pk=pk)
    if request.method != "POST":
        return redirect("site", pk=pk)
    form, more = MoveForm(request.POST), {}
    if form.is_valid():
        zone = form.cleaned_data["zone"]
        try:
            since = previews.open_since(form, "since")
            sites.assure_zone(row, zone)
            if previews.TRY in request.POST:
                more["preview"] = previews.preview(
                    dry_run.with_zone(row, zone, since=since), since=since, request=request
                )
            else:
                moved = sites.move(row, since=since, time_zone=zone, actor=access.current_user(request))
                previews.report_saved(request, f"{zone} holds from {previews.written(since)} on.", changed=moved)
                return redirect("site", pk=pk)
        except MusterError as error:
            form.add_error("since" if error.code == "day_closed" else "zone", errors.explain(error))
    return _show(request, row, SiteForm(instance=get_object_or_404(Site, pk=pk)), form, **more)


@require_POST
def withdraw_zone(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a change of zone; the one before goes on."""
    change = get_object_or_404(ZoneChange.objects.exclude(site=None), pk=pk)
    withdraw(request, change)
    return redirect("site", pk=change.site_id)


def withdraw(request: HttpRequest, change: ZoneChange) -> None:
    """Take back a change of zone, and say so or say why not."""
    try:
        sites.withdraw_zone(change, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"{change.time_zone} from {previews.written(change.since)} is withdrawn.")


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
        "planning/sites/zone/<int:pk>/withdraw/",
        withdraw_zone,
        name="withdraw_zone",
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
