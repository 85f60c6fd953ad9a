"""Filters above the lists of records; they live in the address, so that a list can be sent to a colleague."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest

from attendance.checkins.models import Attempt, Device
from attendance.core import clock
from attendance.people.models import Department, Person
from attendance.reports import attempts
from attendance.reports.period import Period, last_days
from attendance.web.typed_days import DayField

LONGEST_DAYS = 366


class Filter(forms.Form):
    """The fields that every list of records has."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or number"}),
    )
    first = DayField(label="From", required=False)
    last = DayField(label="To", required=False)
    department = forms.ModelChoiceField(Department.objects.all(), required=False, empty_label="All")
    person = forms.ModelChoiceField(Person.objects.all(), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards or is longer than a year."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", "This day is before the first one.")
            del cleaned["first"]
        elif first and last and (last - first).days >= LONGEST_DAYS:
            self.add_error("first", f"At most {LONGEST_DAYS} days at a time.")
        return cleaned


class AttemptFilter(Filter):
    """Attempts also by their answer and by door."""

    answer = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All"),
            *((answer.value, answer.label) for answer in Attempt.Answer),
            (attempts.UNMATCHED, "All but matched"),
            (attempts.LOOK, "Marked for a look"),
        ],
    )
    device = forms.ModelChoiceField(Device.objects.all(), label="Door", required=False, empty_label="All")


class CheckInFilter(Filter):
    """Check-ins also by door."""

    device = forms.ModelChoiceField(Device.objects.all(), label="Door", required=False, empty_label="All")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The values of a filter; where a field is wrong its default, with the problem in the form."""

    form: Filter
    period: Period
    text: str
    department: int | None
    person: Person | None
    device: int | None
    answer: str
    sort: str


def read(request: HttpRequest, form_class: type[Filter], *, days: int, zone: ZoneInfo) -> Chosen:
    """Read the filter from the address; without dates the last `days` days."""
    form = form_class(request.GET)
    form.is_valid()
    values = form.cleaned_data
    department, device = values.get("department"), values.get("device")
    return Chosen(
        form=form,
        period=_period(values, days=days, today=clock.today(zone)),
        text=values.get("q") or "",
        department=department.pk if department else None,
        person=values.get("person"),
        device=device.pk if device else None,
        answer=values.get("answer") or "",
        sort=request.GET.get("sort", ""),
    )


def _period(values: dict[str, Any], *, days: int, today: dt.date) -> Period:
    first: dt.date | None = values.get("first")
    last: dt.date | None = values.get("last")
    if first is not None:
        return Period(first, last or min(first + dt.timedelta(days=LONGEST_DAYS - 1), max(today, first)))
    return last_days(days, today=last or today)


def words(chosen: Chosen, *, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return labels and values of the filter, which a file repeats."""
    parts = [("From", chosen.period.first.isoformat()), ("To", chosen.period.last.isoformat())]
    values = chosen.form.cleaned_data
    for label, value in (
        ("Search", chosen.text),
        ("Department", values.get("department")),
        ("Person", values.get("person")),
        ("Door", values.get("device")),
        ("Answer", chosen.answer),
    ):
        if value:
            parts.append((label, str(value)))
    return [*parts, ("Zone", zone.key)]
