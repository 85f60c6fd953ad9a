"""Whom a door searches first, the sites and door groups to choose from, and where guests may come."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from attendance.checkins import door_areas
from attendance.checkins.models import Device
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.models import DoorGroup, Person
from attendance.reports import door_places
from attendance.reports.door_places import PlaceRow
from attendance.web import access, errors, previews
from attendance.web.pages import Page

MOST_NUMBERS = 5_000
"""Employee numbers taken from one form."""


class DoorForm(forms.Form):
    """Whom the door searches first; empty: everybody."""

    place = forms.ChoiceField(label="Searches first", required=False)

    def __init__(self, *args: Any, rows: list[PlaceRow], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["place"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Everybody"), *((row.key, _called(row)) for row in rows)]


def _called(row: PlaceRow) -> str:
    kind = "door group" if row.group else "site"
    return f"{row.name} ({kind}, {row.people:,} {'person' if row.people == 1 else 'people'})"


class GroupForm(forms.Form):
    """The name of a door group."""

    name = forms.CharField(
        label="Name",
        max_length=door_areas.LONGEST_NAME,
        widget=forms.TextInput(attrs={"placeholder": "Laboratory", "autocomplete": "off", "dir": "auto"}),
    )


class MembersForm(forms.Form):
    """Employee numbers of people who join a door group."""

    numbers = forms.CharField(
        label="Employee numbers",
        help_text="As many as you like, with spaces, commas or lines between them.",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "POST"])
def device(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show or change whom a door searches first."""
    row, rows = get_object_or_404(Device, pk=pk), door_places.places()
    present = door_places.place_of_door(row)
    form = DoorForm(request.POST or None, rows=rows, initial={"place": present})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["place"]
        _choose(request, row, chosen)
        previews.report_saved(request, _meaning(row.name, chosen, rows), changed=chosen != present)
        return redirect("devices")
    shown = {"device": row, "form": form, "rows": rows, "present": next((r for r in rows if r.key == present), None)}
    return render(request, "attendance/door.html", shown, status=422 if form.is_bound else 200)


def _choose(request: HttpRequest, row: Device, chosen: str) -> None:
    actor = access.current_user(request)
    if not chosen:
        door_areas.choose(row, searches=Device.Searches.ALL, actor=actor)
        return
    place = door_places.find_place(chosen)
    if isinstance(place, DoorGroup):
        door_areas.choose(row, searches=Device.Searches.GROUP, group=place, actor=actor)
    else:
        door_areas.choose(row, searches=Device.Searches.SITE, site=place, actor=actor)


def _meaning(door: str, chosen: str, rows: list[PlaceRow]) -> str:
    row = next((row for row in rows if row.key == chosen), None)
    if row is None:
        return f"{door} searches everybody."
    after = "others after them, as guests" if row.guests else "nobody else"
    return f"{door} searches the people of {row.name} first, and {after}."


@require_http_methods(["GET", "POST"])
def places(request: HttpRequest) -> HttpResponseBase:
    """List sites and door groups with their people and doors; a post makes a group."""
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = door_areas.add_group(form.cleaned_data["name"], actor=access.current_user(request))
        except MusterError as error:
            form.add_error("name", errors.explain(error))
        else:
            messages.success(request, f"{group.name} is made. Who belongs to it?")
            return redirect("door_group", pk=group.pk)
    shown = {"rows": door_places.places(), "form": form}
    return render(request, "attendance/door_places.html", shown, status=422 if form.is_bound else 200)


@require_POST
def guests(request: HttpRequest) -> HttpResponse:
    """Let guests come to the doors of a place, or no longer."""
    allowed = request.POST.get("allowed") == "yes"
    try:
        place = door_places.find_place(request.POST.get("place", ""))
        door_areas.allow_guests(place, allowed=allowed, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        name = next((row.name for row in door_places.places() if row.key == door_places.key(place)), "")
        words = "recognize other people too, as guests" if allowed else "recognize nobody else any more"
        messages.success(request, f"Doors of {name} {words}.")
    return redirect("door_places")


@require_http_methods(["GET", "POST"])
def group(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the members of a door group; a post renames it or lets people join."""
    row = get_object_or_404(DoorGroup, pk=pk)
    joining = "numbers" in request.POST
    name_form = GroupForm(None if joining else request.POST or None, initial={"name": row.name})
    members_form = MembersForm(request.POST if joining else None)
    sent: forms.Form = members_form if joining else name_form
    if request.method == "POST" and sent.is_valid():
        try:
            _keep(request, row, sent)
        except MusterError as error:
            sent.add_error(None, errors.explain(error))
        else:
            if not sent.errors:
                return redirect("door_group", pk=pk)
    shown = {
        "row": DoorGroup.objects.get(pk=pk),
        "name_form": name_form,
        "members_form": members_form,
        "people": Person.objects.filter(door_groups__group=row).select_related("department"),
        "doors": row.doors.all(),
    }
    return render(request, "attendance/door_group.html", shown, status=422 if sent.is_bound else 200)


def _keep(request: HttpRequest, row: DoorGroup, form: forms.Form) -> None:
    actor = access.current_user(request)
    if isinstance(form, GroupForm):
        changed = " ".join(form.cleaned_data["name"].split()) != row.name
        door_areas.rename_group(row, form.cleaned_data["name"], actor=actor)
        previews.report_saved(request, "Saved.", changed=changed)
        return
    typed = list(dict.fromkeys(re.split(r"[\s,;]+", form.cleaned_data["numbers"].strip())))[:MOST_NUMBERS]
    people = {each.employee_number: each for each in Person.objects.filter(employee_number__in=typed, erased_at=None)}
    unknown = [number for number in typed if number not in people]
    if unknown:
        form.add_error("numbers", f"Nobody has the number {', '.join(unknown[:10])}. Nobody was added.")
        return
    joined = door_areas.add_members(row, list(people.values()), actor=actor)
    previews.report_saved(
        request, f"{joined} {'person belongs' if joined == 1 else 'people belong'} to it now.", changed=bool(joined)
    )


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Let people belong to a door group no longer."""
    row = get_object_or_404(DoorGroup, pk=pk)
    numbers = [int(number) for number in request.POST.getlist("person") if number.isascii() and number.isdigit()]
    people = list(Person.objects.filter(pk__in=numbers))
    gone = door_areas.remove_members(row, people, actor=access.current_user(request))
    messages.success(request, f"{people[0].name if gone == 1 else f'{gone} people'} left {row.name}.")
    return redirect("door_group", pk=pk)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a door group that no door searches."""
    row = get_object_or_404(DoorGroup, pk=pk)
    try:
        door_areas.remove_group(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
        return redirect("door_group", pk=pk)
    messages.success(request, f"{row.name} is removed.")
    return HttpResponseRedirect(reverse("door_places"))


PAGES = (
    Page("devices/<int:pk>/", device, name="device", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page("devices/places/", places, name="door_places", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page("devices/places/guests/", guests, name="door_guests", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page("devices/groups/<int:pk>/", group, name="door_group", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page(
        "devices/groups/<int:pk>/leave/", leave, name="leave_door_group", open_to=Right.MANAGE_DEVICES, menu="devices"
    ),
    Page(
        "devices/groups/<int:pk>/remove/",
        remove,
        name="remove_door_group",
        open_to=Right.MANAGE_DEVICES,
        menu="devices",
    ),
)
