"""Forms of the page of a day: a correction of its times, and leave."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from attendance.web.typed_days import DayField
from attendance.workdays.models import LeaveType
from attendance.workdays.models.requests import PARTS
from timekeeping.requests import Asked, Which
from timekeeping.values import Direction

_NO_REASON = "Write one sentence; it is read by whoever looks back."


class ClockField(forms.TimeField):
    """A time of the day, which may be left out."""

    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            error_messages={"invalid": "Write hour and minute, as 17:30, or nothing."},
        )


class CorrectionForm(forms.Form):
    """The times that were forgotten, local at the site."""

    day = DayField(label="Work day")
    came = ClockField("In")
    left = ClockField("Out")
    next_day = forms.BooleanField(label="The out was on the next day", required=False)
    without = forms.CharField(
        label="Recorded times that are not to count",
        required=False,
        max_length=100,
        help_text="As 08:13, several with commas, by a door or by a correction. The right time goes into In or Out.",
    )
    second = forms.BooleanField(
        label="Of an hour that came twice, the second", required=False, help_text="Only in the night of winter time."
    )
    reason = forms.CharField(max_length=500, widget=forms.TextInput, error_messages={"required": _NO_REASON})

    def clean_without(self) -> list[dt.time]:
        """Read the recorded times."""
        try:
            texts = [text.strip() for text in self.cleaned_data["without"].split(",") if text.strip()]
            return [dt.datetime.strptime(text, "%H:%M").time() for text in texts]  # noqa: DTZ007  (a time of the day)
        except ValueError as error:
            raise forms.ValidationError("Write times as 08:13, several with commas.") from error

    def asked(self) -> list[Asked]:
        """Return what was typed as the rules take it."""
        typed = self.cleaned_data
        which = Which.SECOND if typed["second"] else None
        found = []
        if typed["came"]:
            found.append(Asked(dt.datetime.combine(typed["day"], typed["came"]), Direction.IN, which))
        if typed["left"]:
            day = typed["day"] + dt.timedelta(days=bool(typed["next_day"]))
            found.append(Asked(dt.datetime.combine(day, typed["left"]), Direction.OUT, which))
        return found


class LeaveForm(forms.Form):
    """Days of leave."""

    kind = forms.ModelChoiceField(
        LeaveType.objects.all(),
        label="Kind",
        empty_label="Choose",
        error_messages={"required": "Choose the kind of leave."},
    )
    first = DayField(label="First day")
    last = DayField(label="Last day")
    part = forms.ChoiceField(choices=[choice for choice in PARTS if choice[0] != "hours"])
    half_day = DayField(
        label="Half on this day alone", required=False, help_text="Of several days; the others are whole days then."
    )
    reason = forms.CharField(max_length=500, required=False, widget=forms.TextInput)

    def clean(self) -> dict[str, Any]:
        """Refuse a half day whose half is not chosen."""
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("half_day") and typed.get("part") == "full":
            self.add_error("part", "Choose which half of that day is leave.")
        return typed
