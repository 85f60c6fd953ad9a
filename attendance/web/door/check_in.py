"""Check-in at a desk: signed in, by webcam or upload, compared with one's own photo.

Whoever has the right `identify` may search everybody instead. Nobody else ever sees another name: the picture either
matches the own photo or does not.
"""

from __future__ import annotations

import logging

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from attendance.checkins import attempts, undo
from attendance.checkins.models import Attempt
from attendance.core import clock, permissions
from attendance.core.errors import Fault, Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.recognition import identify
from attendance.recognition.identify import Identification
from attendance.web import access
from attendance.web.door import answers, desk_answers, frames, look_limit, sentences
from attendance.web.pages import PHOTOS_BYTES, Audience, Entry, Page
from attendance.workdays import doors
from attendance.workdays.requests import forgotten_out

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest) -> HttpResponseBase:
    """Show the page, or the answer to what was just sent."""
    user = access.current_user(request)
    if request.method == "POST":
        return _submit(request, user)
    if "attempt" not in request.GET:
        return _page(request, user)
    attempt = Attempt.objects.filter(user=user, pk=_number(request.GET["attempt"])).first()
    if attempt is None:
        raise Http404
    return _page(request, user, answer=desk_answers.for_attempt(attempt))


@access.posted_from("check_in")
def take_back(request: HttpRequest) -> HttpResponseBase:
    """Undo the check-in just shown."""
    user = access.current_user(request)
    kind: undo.Kind = "other_direction" if request.POST.get("kind") == "other_direction" else "not_me"
    given = request.POST.get("undo", "")
    try:
        undo.undo(given, kind=kind, user=user)
    except Refusal as refusal:
        return _page(request, user, error=sentences.sentence(refusal.code, refusal.facts))
    check_in = undo.find_check_in(given)
    if kind == "not_me" and check_in is not None:
        forgotten_out.take_back(check_in)
    return HttpResponseRedirect(f"{reverse('check_in')}?attempt={_number(request.POST.get('attempt', ''))}")


@access.posted_from("check_in")
def left(request: HttpRequest) -> HttpResponseBase:
    """Take the time of a missing out; it becomes a request to the manager."""
    user = access.current_user(request)
    try:
        time = answers.read_time(request.POST.get("left", ""))
        forgotten_out.answer(request.POST.get("token", ""), left=time, user=user)
    except Refusal as refusal:
        attempt = Attempt.objects.filter(user=user, pk=_number(request.POST.get("attempt", ""))).first()
        answer = desk_answers.for_attempt(attempt) if attempt else None
        return _page(request, user, answer=answer, error=sentences.sentence(refusal.code, refusal.facts))
    messages.success(request, sentences.asked(f"{time:%H:%M}"))
    return HttpResponseRedirect(reverse("check_in"))


def _submit(request: HttpRequest, user: User) -> HttpResponseBase:
    """Record, then redirect: neither the back button nor a reload sends the picture again."""
    channel = Attempt.Channel.WEBCAM if request.POST.get("channel") == "webcam" else Attempt.Channel.UPLOAD
    everybody = request.POST.get("who") == "everybody"
    if everybody and not permissions.rights(user).has(Right.IDENTIFY):
        raise PermissionDenied
    method = Attempt.Method.IDENTIFY if everybody else Attempt.Method.VERIFY
    try:
        with look_limit.checking_in():
            identified = _recognize(frames.take(request, name="photo"), user, everybody=everybody)
    except Refusal as refusal:
        return _page(request, user, error=sentences.sentence(refusal.code, refusal.facts))
    except Fault as fault:
        logger.exception("a check-in failed")
        identified = Identification(answer="refused", code=fault.code, facts=fault.facts)
    context = doors.punch_context(identified.person)
    outcome = attempts.record(identified, channel=channel, method=method, user=user, context=context)
    return HttpResponseRedirect(f"{reverse('check_in')}?attempt={outcome.attempt.pk}")


def _recognize(pictures: list[bytes], user: User, *, everybody: bool) -> Identification:
    if everybody:
        return identify.identify(pictures)
    person = own_record(user)
    if person is None:
        raise Refusal("no_own_record")
    return identify.verify(pictures, person=person)


def own_record(user: User) -> Person | None:
    """Return the person linked to the account; None where nobody is."""
    return Person.objects.filter(user=user, deactivated_at=None, erased_at=None).first()


def _page(
    request: HttpRequest, user: User, *, answer: desk_answers.Shown | None = None, error: str = ""
) -> HttpResponse:
    shown = {
        "own": own_record(user),
        "may_identify": permissions.rights(user).has(Right.IDENTIFY),
        "answer": answer,
        "error": error,
        "now": clock.now(),
        "camera_words": sentences.CAMERA,
    }
    return render(request, "attendance/check_in.html", shown, status=400 if error else 200)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


PAGES = (
    Page(
        "check-in/",
        check_in,
        name="check_in",
        open_to=Audience.SIGNED_IN,
        menu=Entry(label="Check in", icon="face", order=20),
        takes_bytes=PHOTOS_BYTES,
    ),
    Page("check-in/undo/", take_back, name="check_in_undo", open_to=Audience.SIGNED_IN, menu="check_in"),
    Page("check-in/left/", left, name="check_in_left", open_to=Audience.SIGNED_IN, menu="check_in"),
)
