"""The page on which another face encoder is tried beside the one in use, switched to, and left again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from attendance.checkins import replays
from attendance.checkins.models import Replay
from attendance.core import site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.recognition import encoders as choice
from attendance.recognition import engine
from attendance.web import access, errors
from attendance.web.pages import Page

SHOWN = 50
"""Attempts shown that the two encoders decide differently, the newest ones."""

SAVED = {
    "start": "It is tried beside the one in use from now on. Nobody at a door notices.",
    "stop": "The trial has ended. What it decided stays with the attempts.",
    "switch": "It decides from the next picture on. The one before stays ready, so you can go back at once.",
}


class ChoiceForm(forms.Form):
    """What is done with an encoder, and how many lost photos were agreed to."""

    deed = forms.ChoiceField(choices=[(name, name) for name in SAVED])
    encoder = forms.CharField(max_length=120)
    agreed_lost = forms.IntegerField(required=False, min_value=0)


@require_GET
def encoders(request: HttpRequest) -> HttpResponseBase:
    """Show the encoders that may be used here, and how the trial stands."""
    return render(request, "attendance/encoders.html", _context())


@access.posted_from("encoders")
def choose_encoder(request: HttpRequest) -> HttpResponseBase:
    """Start or end a trial, or switch; a switch that loses photos is asked back with their number."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        return redirect("encoders")
    deed, name = form.cleaned_data["deed"], form.cleaned_data["encoder"]
    actor = access.current_user(request)
    try:
        if deed == "start":
            choice.start_shadow(name, actor=actor)
        elif deed == "stop":
            choice.stop_shadow(actor=actor)
        else:
            choice.switch(name, agreed_lost=form.cleaned_data["agreed_lost"] or 0, actor=actor)
    except MusterError as error:
        asked = {"lost": error.facts["photos"], "name": name} if error.code == "encoder_loses_photos" else None
        context = _context() | {"refused": errors.explain(error), "asked": asked}
        return render(request, "attendance/encoders.html", context, status=422)
    messages.success(request, SAVED[deed])
    return redirect("encoders")


def _context() -> dict[str, Any]:
    try:
        states = choice.states()
    except MusterError as error:
        return {"states": [], "refused": errors.explain(error)}
    return {
        "states": states,
        "trial": replays.trial(),
        "differing": [(row, _kind(row)) for row in replays.differing(most=SHOWN)],
        "unusable": engine.chosen_but_unusable(),
        "zone": site.zone(),
    }


def _kind(row: Replay) -> str:
    """Say how a replay differs from what was decided."""
    if row.answer != row.attempt.answer == "matched":
        return "recognized only by the one in use"
    if row.answer == "matched" != row.attempt.answer:
        return "recognized only by the one in the shadow"
    return "another person"


PAGES = (
    Page("models/faces/", encoders, name="encoders", open_to=Right.MANAGE_SETTINGS, menu="models"),
    Page("models/faces/choose/", choose_encoder, name="choose_encoder", open_to=Right.MANAGE_SETTINGS, menu="models"),
)
