"""The rules of the organisation: their versions by day, typed one setting a line, tried before they are saved."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people.periods import ALWAYS, ONE_DAY
from attendance.web import access, errors, previews, toml
from attendance.web.pages import Page
from attendance.workdays import dry_run
from attendance.workdays.models import WorkRules
from attendance.workdays.schedule import rules, valid_from


class RulesForm(forms.Form):
    """The organisation's settings, one a line, by the keys of the reference page, and from which day they hold."""

    text = forms.CharField(
        label="Rules",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One a line, for example: overtime_tolerance = 10",
    )
    since = previews.since_field()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        previews.offer(self, "since")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the rules. `differs`: from the one before; `pk`: of one that can be withdrawn."""

    first: dt.date
    last: dt.date | None
    is_present: bool
    differs: tuple[str, ...]
    pk: int | None

    @property
    def days(self) -> str:
        """The days on which it holds."""
        begins = "From the beginning" if self.first == ALWAYS else f"From {previews.written(self.first)}"
        return f"{begins} on" if self.last is None else f"{begins} to {previews.written(self.last)}"


def context() -> dict[str, Any]:
    """Return what the planning page shows of the rules: the version of today, to be changed from then on, and all."""
    today = clock.today(site.zone())
    began = max((since for since, _ in rules.versions() if since <= today), default=ALWAYS)
    initial = {"text": toml.dumps(rules.content_on(today)), "since": max(began, valid_from.proposed_day())}
    return {"rules_form": RulesForm(initial=initial), "versions": versions()}


def versions() -> list[Version]:
    """Return the versions, the newest first."""
    rows = list(WorkRules.objects.order_by("since"))
    today, opens = clock.today(site.zone()), valid_from.first_day(None)
    found = []
    for number, row in enumerate(rows):
        following = rows[number + 1].since if number + 1 < len(rows) else None
        before = rows[number - 1].content if number else {}
        found.append(
            Version(
                first=row.since,
                last=following - ONE_DAY if following else None,
                is_present=row.since <= today and (following is None or today < following),
                differs=tuple(_differences(before, row.content)),
                pk=row.pk if row.since > ALWAYS and row.since >= opens else None,
            )
        )
    return found[::-1]


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    was, is_now = _settings(before), _settings(after)
    return [
        f"{key}: {was.get(key, AS_SHIPPED)} → {is_now.get(key, AS_SHIPPED)}"
        for key in sorted({*was, *is_now})
        if was.get(key) != is_now.get(key)
    ]


AS_SHIPPED = "as shipped"


def _settings(content: dict[str, Any], inside: str = "") -> dict[str, str]:
    """Return each setting by its key, those of a table by both keys, with its value in words."""
    found: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            found |= _settings(value, f"{inside}{key}.")
        else:
            found[f"{inside}{key}"] = _words(value)
    return found


def _words(value: object) -> str:
    """Write a value as people do; a step of a scale of rates as its rate and from when on it holds."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, dict):
        if value.keys() == {"after", "rate"}:
            return f"{value['rate']} after {value['after']}"
        return " and ".join(f"{key} {_words(each)}" for key, each in value.items())
    return str(value)


@access.posted_from("planning")
def save_rules(request: HttpRequest) -> HttpResponseBase:
    """Save the rules from a day on, or show which days they would change."""
    form = RulesForm(request.POST)
    preview = None
    if form.is_valid():
        try:
            since = previews.open_since(form, "since")
            content = tomllib.loads(form.cleaned_data["text"])
            if previews.TRY in request.POST:
                preview = previews.preview(dry_run.with_rules(content, since=since), since=since, request=request)
            else:
                changed = rules.differs(content, since=since)
                rules.save_rules(content, since=since, actor=access.current_user(request))
                previews.report_saved(request, _saved(since), changed=changed)
                return redirect("planning")
        except tomllib.TOMLDecodeError as error:
            form.add_error("text", f"This cannot be read: {error}")
        except MusterError as error:
            form.add_error("since" if error.code == "day_closed" else "text", errors.explain(error))
    shown = {"rules_form": form, "preview": preview, "versions": versions()}
    return render(request, "attendance/rules.html", shown, status=422 if preview is None else 200)


def _saved(since: dt.date) -> str:
    later = [day for day, _ in rules.versions() if day > since]
    until = f" to {previews.written(later[0] - ONE_DAY)}, when a later version follows" if later else " on"
    return f"The rules are saved; they hold from {previews.written(since)}{until}."


@require_POST
def withdraw_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a version; the one before goes on."""
    row = get_object_or_404(WorkRules, pk=pk)
    try:
        rules.withdraw(row, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, f"The version of {previews.written(row.since)} is withdrawn.")
    return redirect("planning")


PAGES = (
    Page("planning/rules/", save_rules, name="save_rules", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"),
    Page(
        "planning/rules/<int:pk>/withdraw/",
        withdraw_rules,
        name="withdraw_rules",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
