"""The list of doors, and the pairing of a tablet with one of them."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from attendance.checkins import device_pairing, devices
from attendance.checkins.models import Device
from attendance.core import clock, site
from attendance.core.errors import Refusal
from attendance.core.permissions import Right
from attendance.reports import door_places
from attendance.web import access, addresses
from attendance.web.door import paired_device, sentences
from attendance.web.pages import Audience, Entry, Page


@require_http_methods(["GET", "POST"])
def device_list(request: HttpRequest) -> HttpResponse:
    """List the doors; a post adds one and shows its code, once."""
    if request.method != "POST":
        return _list(request)
    actor, name = access.current_user(request), request.POST.get("name", "")
    try:
        device = devices.add(name=name[:200], actor=actor)
    except Refusal as refusal:
        return _list(request, error=sentences.sentence(refusal.code), name=name)
    return _list(request, fresh=device, code=device_pairing.issue(device, actor=actor))


@require_POST
def device_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a new code for a door, once; an older one ends."""
    device = get_object_or_404(Device, pk=pk)
    return _list(request, fresh=device, code=device_pairing.issue(device, actor=access.current_user(request)))


@require_POST
def device_revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End what the door's browser may do, at once."""
    device = get_object_or_404(Device, pk=pk)
    devices.revoke(device, actor=access.current_user(request))
    messages.success(request, f"{device.name} is not a door any more. Its browser was shut out at once.")
    return HttpResponseRedirect(reverse("devices"))


def _list(
    request: HttpRequest, *, fresh: Device | None = None, code: str = "", error: str = "", name: str = ""
) -> HttpResponse:
    silent = clock.now() - dt.timedelta(seconds=devices.SILENT_SECONDS)
    called = {row.key: row for row in door_places.places()}
    rows = [
        {
            "device": device,
            "state": _state(device, silent=silent),
            "searches": called.get(door_places.place_of_door(device)),
        }
        for device in Device.objects.select_related("site", "group")
    ]
    shown = {
        "rows": rows,
        "fresh": fresh,
        "code": code,
        "error": error,
        "name": name,
        "minutes": device_pairing.MINUTES,
        "zone": site.zone(),
        "pair_url": request.build_absolute_uri(reverse("kiosk_pair")),
    }
    response = render(request, "attendance/devices.html", shown)
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(device: Device, *, silent: dt.datetime) -> str:
    if device.token_hash is None:
        return "revoked" if device.revoked_at else "waiting"
    return "here" if device.last_seen_at and device.last_seen_at >= silent else "silent"


@require_http_methods(["GET", "POST"])
def kiosk_pair(request: HttpRequest) -> HttpResponse:
    """Take the code on the tablet and make this browser a door."""
    error = ""
    if request.method == "POST":
        try:
            _, token = device_pairing.redeem(request.POST.get("code", "")[:40], address=addresses.place(request))
        except Refusal as refusal:
            error = sentences.sentence(refusal.code, refusal.facts)
        else:
            response = HttpResponseRedirect(reverse("kiosk"))
            paired_device.give_cookie(request, response, token)
            return response
    shown = {"error": error, "site": site.settings()}
    return render(request, "attendance/kiosk_pair.html", shown, status=400 if error else 200)


PAGES = (
    Page(
        "devices/",
        device_list,
        name="devices",
        open_to=Right.MANAGE_DEVICES,
        menu=Entry(label="Doors", icon="device", order=90),
    ),
    Page("devices/<int:pk>/code/", device_code, name="device_code", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page("devices/<int:pk>/revoke/", device_revoke, name="device_revoke", open_to=Right.MANAGE_DEVICES, menu="devices"),
    Page("kiosk/pair/", kiosk_pair, name="kiosk_pair", open_to=Audience.VISITORS),
)
