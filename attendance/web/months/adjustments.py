"""Adjustments of closed months: what late facts change, entries by hand, and what each file has carried."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError, Refusal
from attendance.core.permissions import Right
from attendance.people import roster
from attendance.people.models import Person
from attendance.reports import adjustment_words, month
from attendance.web import access, errors, paging
from attendance.web.answers_above import redirect_to_messages
from attendance.web.months import changed_days
from attendance.web.pages import Page
from attendance.workdays import canonical
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing
from attendance.workdays.months import adjustments, entry_quantities, order, overlaps
from attendance.workdays.months.entry_quantities import Doubt
from attendance.workdays.months.overlaps import PersonMonth
from timekeeping.durations import hours_minutes

_CLOCK = re.compile(r"([+-]?)(\d{1,3}):([0-5]\d)")
_DAYS = re.compile(r"([+-]?)(\d{1,2})(?:[.,](\d{1,4}))?")


class EntryForm(forms.Form):
    """An entry by hand: whose closed month, which quantity, by how much, and why."""

    employee_number = forms.CharField(label="Employee number", max_length=64)
    month = forms.ChoiceField(label="Closed month")
    quantity = forms.ChoiceField(label="What")
    amount = forms.CharField(label="By how much", max_length=9, help_text="Hours as 1:30 or -0:45, days as 1 or -0.5.")
    reason = forms.CharField(label="Reason", max_length=500, help_text="It stands in the payroll file, for good.")

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.asks: list[str] = []
        months = MonthClosing.objects.filter(state=order.CLOSED).order_by("-month").values_list("month", flat=True)
        self.fields["month"].choices = [(f"{each:%Y-%m}", f"{each:%B %Y}") for each in months]  # type: ignore[attr-defined]
        self.known = {each.key: each for each in entry_quantities.choices()}
        self.fields["quantity"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"), *((each.key, each.label) for each in self.known.values())
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Read the amount in the form that the quantity has."""
        cleaned: dict[str, Any] = super().clean() or {}
        quantity = self.known.get(cleaned.get("quantity", ""))
        if quantity is not None and "amount" in cleaned:
            read = _seconds if quantity.is_duration else _shares
            value = read(cleaned["amount"].strip())
            if value is None:
                self.add_error("amount", _how_to_write(cleaned["amount"].strip(), is_duration=quantity.is_duration))
            cleaned["value"] = value
        return cleaned

    @property
    def typed(self) -> str:
        """What was typed, in one text: whoever agreed to it agreed to nothing else."""
        names = ("employee_number", "month", "quantity", "amount")
        return canonical.digest([str(self.cleaned_data.get(name, "")).strip() for name in names])


def _seconds(text: str) -> float | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def _how_to_write(text: str, *, is_duration: bool) -> str:
    """Say in which form an amount is read; hours with a fraction are written over in it."""
    if not is_duration:
        return "Write days, as 1 or -0.5."
    hours = _shares(text)
    meant = "" if hours is None else f" {text} hours are {hours_minutes(round(hours * 60) * 60)}."
    return f"Write hours and minutes, as 1:30 or -0:45.{meant}"


def _shares(text: str) -> float | None:
    found = _DAYS.fullmatch(text)
    return None if found is None else float(f"{found[1]}{found[2]}.{found[3] or 0}")


def adjustments_page(request: HttpRequest) -> HttpResponseBase:
    """Show what the next file will carry, or what an earlier one carried; take an entry by hand."""
    form = EntryForm(request.POST if request.method == "POST" else None, initial=_preset(request))
    if request.method == "POST" and form.is_valid() and _enter(request, form):
        return redirect_to_messages(reverse("adjustments"))
    files = list(MonthClosing.objects.exclude(state=MonthClosing.State.PREPARING).order_by("-month", "-version"))
    chosen = next((row for row in files if str(row.pk) == request.GET.get("file", "")), None)
    lines = _carried(chosen) if chosen else _coming()
    both = {} if chosen else overlaps.among(lines)
    page = paging.page(request, lines)
    entries = paging.page(request, [] if chosen else adjustments.waiting_entries(), name="entries")
    context = {
        "form": form,
        "files": files,
        "file": chosen,
        "page": page,
        "rows": [_row(row, both) for row in page],
        "entries_page": entries,
        "entries": [_row(row, both) for row in entries],
        "next": order.next_to_close(),
        "is_refused": form.is_bound and bool(form.errors),
        "asks": form.asks,
        "agreed": form.typed if form.asks else "",
    }
    status = 422 if form.errors or form.asks else 200
    return render(request, "attendance/adjustments.html", context, status=status)


def _preset(request: HttpRequest) -> dict[str, str]:
    """Return what the address fills in, for a link from a person's closed month."""
    return {name: request.GET.get(name, "") for name in ("employee_number", "month")}


def _enter(request: HttpRequest, form: EntryForm) -> bool:
    typed = form.cleaned_data
    first = dt.date.fromisoformat(f"{typed['month']}-01")
    try:
        person = _person(typed["employee_number"].strip(), first)
        quantities = entry_quantities.amounts(typed["quantity"], typed["value"])
        entry_quantities.assure_plausible(person, first, quantities)  # what cannot be is no question
        if request.POST.get("agreed") != form.typed:
            waiting = adjustments.late_facts(person, first)
            found = entry_quantities.doubts(person, first, quantities, waiting=waiting)
            form.asks = [_QUESTIONS[each] for each in found]
            if form.asks:
                return False
        adjustments.enter(
            person,
            first,
            quantities=quantities,
            reason=typed["reason"],
            actor=access.current_user(request),
        )
    except MusterError as error:
        form.add_error(_FIELDS.get(error.code), errors.explain(error))
        return False
    messages.success(request, "Entered. It goes into the payroll file of the next month that is closed.")
    return True


_QUESTIONS = {
    Doubt.BELOW_NOTHING: "This takes away more than the month has, with all its adjustments.",
    Doubt.MORE_DAYS_THAN_EMPLOYED: "With this, more days are counted than the person was employed in the month.",
    Doubt.FAR_BEYOND_THE_PLAN: "With this, the month has far more hours than were planned for the person.",
    Doubt.ENTERED_BEFORE: "The same was entered for this person and month already.",
    Doubt.LATE_FACTS: "Facts recorded late change this already, without an entry.",
}

_FIELDS = {
    "number_unknown": "employee_number",
    "nothing_entered": "amount",
    "entry_implausible": "amount",
    "reason_missing": "reason",
}
"""Code of a refusal -> the field beside which it stands."""


def _person(number: str, first: dt.date) -> Person:
    """Return who had the number when the month was closed, or has it now."""
    row = ClosedMonth.objects.filter(closing=order.in_force(first), employee_number=number)
    stored = row.select_related("person").first()
    person = stored.person if stored is not None else roster.find_by_number(number)
    if person is None:
        raise Refusal("number_unknown")
    return person


def _coming() -> list[Adjustment]:
    """Return what late facts would adjust if the next month were closed now."""
    upcoming = order.next_to_close()
    return [] if upcoming is None else list(adjustments.find(upcoming))


def _carried(closing: MonthClosing) -> list[Adjustment]:
    rows = Adjustment.objects.filter(closing=closing).defer("basis").select_related("person", "entered_by")
    return list(rows.order_by("month", "person__employee_number", "pk"))


def _row(row: Adjustment, both: dict[PersonMonth, set[str]]) -> dict[str, Any]:
    closing = order.in_force(row.month)
    wanted = month.of_closing(closing) if closing else month.month(row.month)
    return {
        "adjustment": row,
        "person": month.identities(wanted, {row.person_id}).get(row.person_id),
        "month_name": wanted.name,
        "is_entry": row.kind == Adjustment.Kind.ENTRY,
        "is_doubled": overlaps.concerns(row, both),
        "words": adjustment_words.describe(row.quantities),
        "days": [changed_days.row(dt.date.fromisoformat(day["day"]), day["before"], day["after"]) for day in row.days],
    }


@require_POST
def withdraw_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry back that is in no file yet."""
    row = Adjustment.objects.filter(pk=pk).first()
    try:
        if row is None:
            messages.info(request, "This entry was withdrawn already.")
        else:
            adjustments.withdraw(row, actor=access.current_user(request))
            messages.success(request, "The entry is withdrawn.")
    except MusterError as error:
        messages.error(request, errors.explain(error))
    return redirect_to_messages(reverse("adjustments"))


PAGES = (
    Page(
        "months/adjustments/", adjustments_page, name="adjustments", open_to=Right.MANAGE_ATTENDANCE, menu="muster_roll"
    ),
    Page(
        "months/adjustments/<int:pk>/withdraw/",
        withdraw_entry,
        name="withdraw_adjustment",
        open_to=Right.MANAGE_ATTENDANCE,
        menu="muster_roll",
    ),
)
