"""Replays on an attempt's page: what other encoders and thresholds say of it, and the form that asks for one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from attendance.checkins import replays
from attendance.checkins.models import Attempt
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.recognition import encoders
from attendance.recognition import settings as matching
from attendance.web import access, errors
from attendance.web.answers_above import redirect_to_messages
from attendance.web.pages import Page
from attendance.web.recognition import distances

MOST_SHOWN = 20


class ReplayForm(forms.Form):
    """By which encoder, and how strictly."""

    encoder = forms.ChoiceField()
    tries = forms.IntegerField(
        label="A stranger gets in once in",
        min_value=round(1 / matching.LOOSEST),
        max_value=round(1 / matching.STRICTEST),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["encoder"]
        if isinstance(chosen, forms.ChoiceField):
            chosen.choices = [(encoder.name, encoder.name) for encoder in encoders.kept()]


def context(request: HttpRequest, attempt: Attempt) -> dict[str, Any]:
    """Return what the page of an attempt shows of replays; nothing to whoever may not choose encoders."""
    if not access.has(request, Right.MANAGE_SETTINGS) or attempt.method != Attempt.Method.IDENTIFY:
        return {"may_replay": False}
    try:
        form = ReplayForm(initial={"tries": round(1 / matching.current().target_false_accept)})
    except MusterError:  # without a recognizer, which /healthz explains
        return {"may_replay": False}
    rows = attempt.replays.select_related("encoder", "person")[:MOST_SHOWN]
    return {
        "may_replay": True,
        "replays": [(row, distances.tries(row.target_false_accept)) for row in rows],
        "replay_form": form,
    }


@access.posted_from("attempts")
def replay_attempt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask the worker to decide an attempt again."""
    attempt = get_object_or_404(Attempt, pk=pk)
    form = ReplayForm(request.POST)
    if form.is_valid():
        try:
            replays.ask(
                attempt,
                encoder_name=form.cleaned_data["encoder"],
                target_false_accept=1 / form.cleaned_data["tries"],
                actor=access.current_user(request),
            )
        except MusterError as error:
            messages.error(request, errors.explain(error))
        else:
            messages.success(request, "The worker decides it again within seconds; load the page again then.")
    else:
        messages.error(request, errors.first_problem(form))
    return redirect_to_messages(reverse("attempt", args=[pk]))


PAGES = (
    Page(
        "attempts/<int:pk>/replay/",
        replay_attempt,
        name="replay_attempt",
        open_to=Right.MANAGE_SETTINGS,
        menu="check_ins",
    ),
)
