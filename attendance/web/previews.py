"""The days that a change would touch, shown before it is saved, and the field that asks from which day it holds."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.people.periods import ALWAYS
from attendance.web import access
from attendance.web.months import changed_days
from attendance.web.typed_days import DayField
from attendance.workdays import dry_run
from attendance.workdays.dry_run import Alternative, Change, Outcome
from attendance.workdays.schedule import valid_from
from timekeeping.durations import hours_minutes

SHOWN = 50
SHOWN_AT_MOST = 2_000
EVERY = "all"
"""What the button says that shows more than the first days."""
NOTHING_CHANGED = "Nothing changed: it was so already."
TRY = "try"
"""The name of the button that shows what would change and saves nothing."""
COMPARED = (
    ("code", "status"),
    ("second", "second field"),
    ("zone", "time zone"),
    ("shifts", "shifts"),
    ("expected", "expected"),
    ("worked", "worked"),
    ("planned", "planned"),
    ("late", "late"),
    ("early", "left early"),
    ("overtime", "overtime"),
    ("to_approve", "overtime to approve"),
    ("undertime", "undertime"),
    ("overtime_by_rate", "overtime at rate"),
    ("payable", "hours paid"),
    ("night", "night"),
    ("leave_by_code", "leave"),
    ("paid_days", "paid share of the day"),
)
"""What is shown of a day that would change, and how it is called; its other shares follow from these."""


@dataclass(frozen=True, slots=True)
class Row:
    """A day that would change, in words."""

    person: Person
    day: dt.date
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would change, as the page shows it; `more`: days that are counted but not shown, unless asked for."""

    rows: tuple[Row, ...]
    more: int
    can_show_more: bool
    people: int
    since: dt.date
    first: dt.date
    last: dt.date
    with_numbers: bool = False
    """Whether people are shown with their numbers: they may have one name."""

    @property
    def days(self) -> int:
        """How many days would change."""
        return len(self.rows) + self.more


def preview(
    change: Alternative,
    *,
    since: dt.date,
    request: HttpRequest,
    people: QuerySet[Person] | None = None,
    whoever: bool = False,
) -> Preview:
    """Try a change and return what the page shows of it: the first days, or all that were asked for.

    Who may not read months sees how many days, not which.
    """
    limit = SHOWN_AT_MOST if request.POST.get(TRY) == EVERY else SHOWN
    outcome = dry_run.try_change(change, since=since, shown=limit, people=people, whoever=whoever)
    return show(outcome, request=request, limit=limit)


def show(outcome: Outcome, *, request: HttpRequest, limit: int = SHOWN_AT_MOST, with_numbers: bool = False) -> Preview:
    """Return what the page shows of days that would change; `limit`: so many of them were asked for."""
    may_read = access.has(request, Right.VIEW_REPORTS, Right.MANAGE_ATTENDANCE)
    found = _shown(outcome, may_read=may_read, can_show_more=may_read and limit < SHOWN_AT_MOST)
    return replace(found, with_numbers=with_numbers)


def preview_days(change: Alternative, *, person: Person, first: dt.date, last: dt.date) -> Preview:
    """Try a change of one person's requests, for somebody who may read their month."""
    outcome = dry_run.try_days(change, person, first, last, shown=SHOWN)
    return _shown(outcome, may_read=True, can_show_more=False)


def digest(*shown: object) -> str:
    """Return a checksum of what a page shows before it saves: whoever agrees to it agrees to nothing else."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _shown(outcome: Outcome, *, may_read: bool, can_show_more: bool) -> Preview:
    shown = outcome.changes if may_read else ()
    return Preview(
        rows=tuple(Row(each.person, each.day, _difference(each)) for each in shown),
        more=outcome.more + len(outcome.changes) - len(shown),
        can_show_more=can_show_more and outcome.more > 0,
        people=outcome.people,
        since=outcome.since,
        first=outcome.first,
        last=outcome.last,
    )


def _difference(change: Change) -> str:
    before, after = (changed_days.with_overtime_apart(each) for each in (change.before, change.after))
    said = [
        part for key, label in COMPARED if before[key] != after[key] for part in _parts(label, before[key], after[key])
    ]
    return ", ".join(said) or "details"


def _parts(label: str, before: Any, after: Any) -> list[str]:
    """Return what differs in words; of what is counted by code or rate each one by itself."""
    if not isinstance(before, dict):
        return [f"{label} {_value(before)} → {_value(after)}"]
    nothing = next((type(value)(0) for value in (*before.values(), *after.values())), 0)
    return [
        f"{label} {name}: {_value(before.get(name, nothing))} → {_value(after.get(name, nothing))}"
        for name in sorted({*before, *after})
        if before.get(name, nothing) != after.get(name, nothing)
    ]


def _value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return hours_minutes(value)
    return str(value) or "none"


def report_saved(request: HttpRequest, words: str, *, changed: bool) -> None:
    """Say that something was saved, or that it was so already."""
    if changed:
        messages.success(request, words)
    else:
        messages.info(request, NOTHING_CHANGED)


def since_field(label: str = "From which day") -> DayField:
    """Return the field for the first day of a change; `offer` says which one it proposes."""
    return DayField(label=label, required=False)


def offer(form: forms.Form, name: str, *, day: dt.date | None = None) -> None:
    """Propose a day in a form, the first open one where none is given, and say which days can be chosen."""
    field = form.fields[name]
    field.initial = day or valid_from.proposed_day()
    closed = valid_from.closed_until()
    if closed is not None:
        opens = valid_from.first_day(None)
        field.help_text = f"The days before keep what they had. {written(opens)} is the first open day."
    elif day is None:
        field.help_text = "The days before keep what they had. No month is closed yet: empty means from the beginning."
    else:
        field.help_text = "The days before keep what they had."


def written(day: dt.date) -> str:
    """Write a day as people do; the first one of all as the beginning."""
    return "the beginning" if day == ALWAYS else f"{day.day} {day:%b %Y}"


def open_since(form: forms.Form, name: str, *, otherwise: dt.date | None = None) -> dt.date:
    """Return from which day on a change holds, by what was typed. Raises `day_closed`."""
    typed: Any = form.cleaned_data.get(name)
    since = typed or otherwise or valid_from.first_day(None)
    valid_from.assure_open(since)
    return since
