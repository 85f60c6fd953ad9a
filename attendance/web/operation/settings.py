"""What the operator decides about the site and the matching, and what it means at the present size."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings as deployment
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.backups import nightly
from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.recognition import settings as matching
from attendance.web import access, errors, previews
from attendance.web.operation import own_people
from attendance.web.pages import Entry, Page
from attendance.web.planning import sites
from attendance.web.recognition import distances
from attendance.workdays import dry_run
from attendance.workdays.models import ZoneChange
from attendance.workdays.schedule import sites as schedule

FEWEST_TRIES = round(1 / matching.LOOSEST)
MOST_TRIES = round(1 / matching.STRICTEST)


class SiteForm(forms.Form):
    """The site: its names, its zone, how long pictures are kept."""

    organisation = forms.CharField(max_length=200)
    site_name = forms.CharField(label="Site", max_length=200, help_text="Shown at the door, beside the clock.")
    time_zone = forms.ChoiceField(help_text="All times are shown in it, and a day begins at its midnight.")
    zone_since = previews.since_field("Another time zone holds from")
    contact = forms.CharField(
        required=False, max_length=300, help_text="Whom to ask about the pictures; shown at the door."
    )
    evidence_days = forms.IntegerField(
        min_value=0, max_value=365, help_text="Days until the picture of an attempt is deleted."
    )
    debounce_seconds = forms.IntegerField(
        label="Same event within",
        min_value=1,
        max_value=3600,
        help_text="Seconds; whoever checks in again within this time is shown the first check-in.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        previews.offer(self, "zone_since")
        zone = self.fields["time_zone"]
        if isinstance(zone, forms.ChoiceField):
            zone.choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class MatchForm(forms.Form):
    """How often a stranger may be let in."""

    tries = forms.IntegerField(
        label="A stranger gets in about once in … tries",
        min_value=FEWEST_TRIES,
        max_value=MOST_TRIES,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "numeric"}),
    )
    own_people = forms.BooleanField(label="Use our own people's calibration", required=False)


def settings(request: HttpRequest) -> HttpResponseBase:
    """Show the settings, or keep those of one of the two forms."""
    row, chosen = site.settings(), matching.current()
    of_matching = "tries" in request.POST
    initial = {name: getattr(row, name) for name in SiteForm.base_fields if name != "zone_since"}
    site_form = SiteForm(None if of_matching else request.POST or None, initial=initial)
    match_form = MatchForm(
        request.POST if of_matching else None,
        initial={"tries": round(1 / chosen.target_false_accept), "own_people": chosen.use_local_calibration},
    )
    sent = match_form if of_matching else site_form
    preview = None
    if request.method == "POST" and sent.is_valid():
        try:
            if previews.TRY in request.POST and sent is site_form:
                preview = _zone_preview(request, site_form)
            else:
                before = _kept()
                _keep(request, sent)
                words = "Saved. It applies from the next attempt on."
                previews.report_saved(request, words, changed=_kept() != before)
                return redirect("settings")
        except MusterError as error:
            sent.add_error("zone_since" if error.code == "day_closed" else None, errors.explain(error))
    meaning = _meaning(None)
    context = {
        "site_form": site_form,
        "match_form": match_form,
        "preview": preview,
        "periods": sites.zone_periods(None),
        "backups": nightly.standing(),
        "backups_kept": deployment.BACKUPS_KEPT,
        **meaning,
        **own_people.context(meaning["point"]),
    }
    refused = sent.is_bound and preview is None
    return render(request, "attendance/settings.html", context, status=422 if refused else 200)


def _kept() -> tuple[object, ...]:
    """Return everything that the two forms can change."""
    row = site.settings()
    values = tuple(getattr(row, name) for name in SiteForm.base_fields if name != "zone_since")
    chosen = matching.current()
    return *values, sites.zone_periods(None), chosen.target_false_accept, chosen.use_local_calibration


def _zone_preview(request: HttpRequest, form: SiteForm) -> previews.Preview:
    since = previews.open_since(form, "zone_since")
    return previews.preview(
        dry_run.with_zone(None, form.cleaned_data["time_zone"], since=since),
        since=since,
        request=request,
    )


def _keep(request: HttpRequest, form: forms.Form) -> None:
    actor = access.current_user(request)
    if isinstance(form, MatchForm):
        matching.change(target_false_accept=1 / form.cleaned_data["tries"], actor=actor)
        matching.use_local_calibration(form.cleaned_data["own_people"], actor=actor)
    else:
        values = form.cleaned_data
        schedule.change_settings(
            site.Changes(
                organisation=values["organisation"],
                site_name=values["site_name"],
                time_zone=values["time_zone"],
                contact=values["contact"],
                evidence_days=values["evidence_days"],
                debounce_seconds=values["debounce_seconds"],
            ),
            zone_since=values["zone_since"],
            actor=actor,
        )


@require_POST
def withdraw_main_zone(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a change of the main site's zone; the one before goes on."""
    sites.withdraw(request, get_object_or_404(ZoneChange, pk=pk, site=None))
    return redirect("settings")


def _meaning(tries: int | None, *, use_local: bool | None = None) -> dict[str, Any]:
    """Return what a target means at the present size; without a recognizer, the reason why it cannot be computed."""
    try:
        point = matching.operating_point(target_false_accept=None if tries is None else 1 / tries, use_local=use_local)
    except MusterError as error:
        return {"point": None, "trouble": errors.explain(error)}
    return {
        "point": point,
        "tries": distances.tries(point.target_false_accept),
        "honest_percent": 100 * point.honest_refused,
        "shipped_percent": 100 * point.shipped_refused,
        "per_comparison": distances.tries(point.rate_per_comparison),
        "supported": distances.tries(point.smallest_supported_rate),
    }


def matching_meaning(request: HttpRequest) -> HttpResponse:
    """Answer with what a number of tries would mean, before it is saved."""
    form = MatchForm(request.GET)
    meaning: dict[str, Any] = {"point": None}
    if form.is_valid():
        meaning = _meaning(form.cleaned_data["tries"], use_local=form.cleaned_data["own_people"])
    return render(request, "attendance/_matching_meaning.html", meaning)


PAGES = (
    Page(
        "settings/",
        settings,
        name="settings",
        open_to=Right.MANAGE_SETTINGS,
        menu=Entry(label="Settings", icon="settings", order=100),
    ),
    Page(
        "settings/zone/<int:pk>/withdraw/",
        withdraw_main_zone,
        name="withdraw_main_zone",
        open_to=Right.MANAGE_SETTINGS,
        menu="settings",
    ),
    Page(
        "settings/matching/", matching_meaning, name="matching_meaning", open_to=Right.MANAGE_SETTINGS, menu="settings"
    ),
)
