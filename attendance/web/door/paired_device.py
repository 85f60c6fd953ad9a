"""Access for paired devices: the way past the sign-in gate for a door, which has no user."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from attendance.checkins import devices
from attendance.checkins.models import Device
from attendance.core.errors import Refusal
from attendance.web.door import answers

COOKIE = "muster_door"
COOKIE_PATH = "/kiosk/"
COOKIE_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie; renewed whenever the kiosk opens."""

Arguments = ParamSpec("Arguments")
DeviceView = Callable[Concatenate[HttpRequest, Device, Arguments], HttpResponse]
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def require_device(view: DeviceView[Arguments]) -> View[Arguments]:
    """Hand the paired device to the view; a page sends anybody else to pairing, a post is answered 403."""

    def guarded(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        device = devices.find_by_token(request.COOKIES.get(COOKIE, ""))
        if device is not None:
            devices.note_seen(device)
            response = view(request, device, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        if request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(reverse("kiosk_pair"))
        return JsonResponse(answers.for_refusal(Refusal("device_not_paired")), status=403)

    functools.update_wrapper(guarded, view)
    return login_not_required(guarded)


def give_cookie(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Let the browser carry the token: unseen by scripts, sent to no other site, never in the clear on https."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
