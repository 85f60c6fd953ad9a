"""The door: look for faces, check in by face or by number and PIN, take back a mistake.

Everything here needs a paired device and nothing else: no user signs in at a door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from attendance.checkins import attempts, door_areas, doubt, pin, undo
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import Attempt, Device
from attendance.core import clock, site
from attendance.core.errors import Fault, Refusal
from attendance.recognition import engine, identify
from attendance.recognition.identify import Identification
from attendance.web.door import answers, frames, look_limit, paired_device, sentences
from attendance.web.pages import PHOTOS_BYTES, Audience, Page
from attendance.workdays import doors, facts
from attendance.workdays.requests import forgotten_out

logger = logging.getLogger(__name__)

LOOK_LIMIT_BYTES = 256 * 1024
"""A frame of 320 pixels has 10 to 30 kB."""


@require_GET
@ensure_csrf_cookie
@paired_device.require_device
def kiosk(request: HttpRequest, device: Device) -> HttpResponse:
    """Show the page of the door."""
    chosen = site.settings()
    page_settings = {
        "zone": chosen.time_zone,
        "debounce_seconds": facts.rules().debounce_seconds,
        "addresses": {
            name: reverse(f"kiosk_{name}")
            for name in ("look", "check_in", "number", "pin", "undo", "left", "heartbeat", "pair")
        },
        "hints": sentences.HINTS,
        "camera": sentences.CAMERA,
    }
    response = render(
        request, "attendance/kiosk.html", {"device": device, "site": chosen, "page_settings": page_settings}
    )
    paired_device.give_cookie(request, response, request.COOKIES[paired_device.COOKIE])
    return response


@require_POST
@paired_device.require_device
def look(request: HttpRequest, _device: Device) -> HttpResponse:
    """Find the faces in a small frame for box and hint: nothing is stored, nobody compared, 204 when busy."""
    if request.content_type != "image/jpeg":
        return HttpResponse(status=415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LOOK_LIMIT_BYTES:
        return HttpResponse(status=413)
    with look_limit.looking() as room:
        if not room:
            return HttpResponse(status=204)
        try:
            seen = engine.look(request.body)
        except Refusal as refusal:
            return JsonResponse({"faces": [], "hint": None, "code": refusal.code})
        except Fault:
            logger.exception("a look failed")
            return HttpResponse(status=204)
    wide, high = max(seen.width_pixels, 1), max(seen.height_pixels, 1)
    return JsonResponse(
        {
            "faces": [
                {
                    "box": [face.box.left / wide, face.box.top / high, face.box.width / wide, face.box.height / high],
                    "points": [[float(x) / wide, float(y) / high] for x, y in face.landmarks],
                }
                for face in seen.faces
            ],
            "hint": seen.hint,
        }
    )


@require_POST
@paired_device.require_device
def check_in(request: HttpRequest, device: Device) -> HttpResponse:
    """Search everybody, or the people of this door and its guests, by the best frames."""

    def record() -> Outcome:
        with look_limit.checking_in():
            found = identify.identify(frames.take(request), area=door_areas.find_area(device))
            return _record(found, device=device, method=Attempt.Method.IDENTIFY)

    return _answered(record, device=device, method=Attempt.Method.IDENTIFY)


@require_POST
@paired_device.require_device
def number(request: HttpRequest, device: Device) -> HttpResponse:
    """Settle an ambiguous answer by the employee number, of look-alikes the PIN, and the same frames."""

    def settle() -> Outcome:
        with look_limit.checking_in():
            identified = doubt.identify(
                frames.take(request),
                given=request.POST.get("ticket", ""),
                employee_number=request.POST.get("employee_number", ""),
                pin=request.POST.get("pin", ""),
                device=device,
            )
            return _record(identified, device=device, method=Attempt.Method.VERIFY)

    return _answered(settle, device=device, method=Attempt.Method.VERIFY)


@require_POST
@paired_device.require_device
def by_pin(request: HttpRequest, device: Device) -> HttpResponse:
    """Check in by number and PIN."""

    def record() -> Outcome:
        typed = request.POST.get("employee_number", "")
        identified = pin.identify(typed, pin=request.POST.get("pin", ""), device=device)
        return _record(identified, device=device, method=Attempt.Method.PIN)

    return _answered(record, device=device, method=Attempt.Method.PIN)


def _record(identified: Identification, *, device: Device, method: Attempt.Method) -> Outcome:
    context = doors.punch_context(identified.person)
    return attempts.record(identified, channel=Attempt.Channel.KIOSK, method=method, device=device, context=context)


def _answered(act: Callable[[], Outcome], *, device: Device, method: Attempt.Method) -> JsonResponse:
    """Always answer: with the reason of a refusal, and after a fault, which is logged and kept as an attempt."""
    try:
        return JsonResponse(answers.for_outcome(act()))
    except Refusal as refusal:
        return JsonResponse(answers.for_refusal(refusal))
    except Fault as fault:
        logger.exception("a check-in failed")
        _record(Identification(answer="refused", code=fault.code, facts=fault.facts), device=device, method=method)
        return JsonResponse(answers.for_fault(), status=503)


@require_POST
@paired_device.require_device
def take_back(request: HttpRequest, device: Device) -> HttpResponse:
    """Undo the check-in just recorded: it was another person, or the other direction."""
    kind: undo.Kind = "other_direction" if request.POST.get("kind") == "other_direction" else "not_me"
    given = request.POST.get("undo", "")
    try:
        replacement = undo.undo(given, kind=kind, device=device)
    except Refusal as refusal:
        return JsonResponse(answers.for_refusal(refusal))
    if replacement is None:
        _withdraw(given)
        return JsonResponse({"answer": "undone"})
    worked = doors.worked_seconds(replacement)
    return JsonResponse({"answer": "replaced", **answers.for_check_in(replacement, worked_seconds=worked)})


def _withdraw(given: str) -> None:
    """Withdraw the answer about a missing out, because it was given for another person."""
    check_in = undo.find_check_in(given)
    if check_in is not None:
        forgotten_out.take_back(check_in)


@require_POST
@paired_device.require_device
def left(request: HttpRequest, device: Device) -> HttpResponse:
    """Take the time of a missing out; it becomes a request to the manager."""
    try:
        time = answers.read_time(request.POST.get("left", ""))
        forgotten_out.answer(request.POST.get("token", ""), left=time, device=device)
    except Refusal as refusal:
        return JsonResponse(answers.for_refusal(refusal))
    return JsonResponse(answers.for_request(f"{time:%H:%M}"))


@require_GET
@paired_device.require_device
def heartbeat(_request: HttpRequest, _device: Device) -> HttpResponse:
    """Answer that the connection works, with the time of the server."""
    return JsonResponse({"now": clock.now().isoformat(), "zone": site.settings().time_zone})


PAGES = (
    Page("kiosk/", kiosk, name="kiosk", open_to=Audience.DOORS),
    Page("kiosk/look", look, name="kiosk_look", open_to=Audience.DOORS, takes_bytes=LOOK_LIMIT_BYTES),
    Page("kiosk/check-in", check_in, name="kiosk_check_in", open_to=Audience.DOORS, takes_bytes=PHOTOS_BYTES),
    Page("kiosk/number", number, name="kiosk_number", open_to=Audience.DOORS, takes_bytes=PHOTOS_BYTES),
    Page("kiosk/pin", by_pin, name="kiosk_pin", open_to=Audience.DOORS),
    Page("kiosk/undo", take_back, name="kiosk_undo", open_to=Audience.DOORS),
    Page("kiosk/left", left, name="kiosk_left", open_to=Audience.DOORS),
    Page("kiosk/heartbeat", heartbeat, name="kiosk_heartbeat", open_to=Audience.DOORS),
)
