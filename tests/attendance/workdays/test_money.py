"""Nothing is lost and nothing is paid twice, whatever is recorded, closed, reopened or moved in whichever order."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.reports import month as report
from attendance.reports import payroll
from attendance.reports.adjusted_months import Figures
from attendance.reports.payroll_form import Form
from attendance.reports.payroll_layout_2 import Amounts
from attendance.workdays import closed_plans, facts, stored_plan
from attendance.workdays.facts import Facts
from attendance.workdays.models import (
    Adjustment,
    ClosedMonth,
    Correction,
    Employment,
    MonthClosing,
    PayrollTemplate,
)
from attendance.workdays.months import basis, order, stored_days
from tests.attendance.workdays.stories import BORDER, DEEDS, LAST_MONTH, MONTHS, PEOPLE, Story, begin, close_next
from timekeeping import intervals
from timekeeping.totals import Totals
from timekeeping.work_day import WorkDay

pytestmark = [pytest.mark.django_db(transaction=False)]
COLUMNS = ("name", "period_from", "standard", "overtime")
"""Of the payroll files that are added up."""


def _paid() -> dict[tuple[int, dt.date], dict[str, Any]]:
    """Return what all files in force say of each person and month: the month's line and all adjustments of it."""
    found: dict[tuple[int, dt.date], dict[str, Any]] = {}
    for row in ClosedMonth.objects.filter(closing__state=order.CLOSED).select_related("closing"):
        found[row.person_id, row.closing.month] = dict(row.totals)
    nothing = stored_days.totals_as_json(Totals())
    for adjustment in Adjustment.objects.filter(closing__state=order.CLOSED):
        key = adjustment.person_id, adjustment.month
        found[key] = _added(found.get(key, nothing), adjustment.quantities)
    return found


def _added(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    result = dict(before)
    for key, value in more.items():
        if isinstance(value, dict):
            names = {*value, *result[key]}
            result[key] = {name: result[key].get(name, 0) + value.get(name, 0) for name in names}
        else:
            result[key] = result[key] + value
    return result


def _plain(totals: dict[str, Any]) -> dict[str, Any]:
    """Return totals without what is nothing, shares to six digits."""
    found: dict[str, Any] = {}
    for key, value in totals.items():
        if isinstance(value, dict):
            found[key] = {name: round(each, 6) for name, each in value.items() if round(each, 6)}
        else:
            found[key] = round(value, 6)
    return {key: value for key, value in found.items() if value}


@pytest.mark.timeout(600)
@settings(max_examples=int(os.environ.get("STORIES", "12")), suppress_health_check=list(HealthCheck))
@given(
    deeds=st.lists(DEEDS, min_size=5, max_size=30),
    weekly=st.booleans(),
    approval=st.booleans(),
)
@pytest.mark.slow
def test_all_files_together_pay_what_all_facts_come_to(
    deeds: list[tuple[Callable[..., None], Any]], weekly: bool, approval: bool
) -> None:
    with transaction.atomic():
        story = begin(weekly=weekly, approval=approval)
        for deed, *more in deeds:
            try:
                with transaction.atomic():
                    deed(story, *more)
            except Refusal:
                continue  # a clash, a month that is not over: as on the page, nothing happens
        while order.in_force(LAST_MONTH) is None:
            close_next(story)
        _compare(story)
        transaction.set_rollback(True)


@pytest.mark.timeout(600)
@settings(max_examples=int(os.environ.get("STORIES", "12")), suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(st.one_of(DEEDS, BORDER, BORDER), min_size=5, max_size=30), weekly=st.booleans())
@pytest.mark.slow
def test_plans_that_move_at_the_end_of_a_month_pay_no_hour_twice(
    deeds: list[tuple[Callable[..., None], Any]], weekly: bool
) -> None:
    with transaction.atomic():
        story = begin(weekly=weekly, approval=False)
        for deed, *more in deeds:
            try:
                with transaction.atomic():
                    deed(story, *more)
            except Refusal:
                continue
        while order.in_force(LAST_MONTH) is None:
            close_next(story)
        _compare_with_plans_of_then(story)
        transaction.set_rollback(True)


def _compare_with_plans_of_then(story: Story) -> None:
    """Compare with the engine under the plan that each month was closed with; no hour counts in two months."""
    paid = _paid()
    present: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for month in MONTHS:
        for known, days, sums in _under_plans_of_then(month):
            expected = stored_days.totals_as_json(sums)
            expected["standard"] += story.entered[known.person.pk, month]
            assert _plain(paid.get((known.person.pk, month), {})) == _plain(expected), (known.person, month)
            present[known.person.pk] += [
                (day.timeline.instant(start), day.timeline.instant(end))
                for day in days
                for part in day.parts
                for start, end in intervals.merged(part.spans)
            ]
    for spans in present.values():
        in_order = sorted(spans)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(in_order)), in_order


def _under_plans_of_then(month: dt.date) -> Iterator[tuple[Facts, list[WorkDay], Totals]]:
    closing_of_month = order.in_force(month)
    assert closing_of_month is not None
    book = stored_plan.rules_from_json(closing_of_month.rules)
    first, last = order.bounds(month)
    everybody = Person.objects.order_by("pk")
    numbers = list(everybody.values_list("pk", flat=True))
    own = closed_plans.read_closing(closing_of_month, numbers)
    before = order.in_force((month - dt.timedelta(days=1)).replace(day=1))
    closed = None if before is None else closed_plans.read_closing(before, numbers)
    later = Adjustment.objects.filter(month=month, kind="facts", closing__state=order.CLOSED).order_by("closing__month")
    own_plans = {row.person_id: row.basis["own_plan"] for row in later if row.basis and "own_plan" in row.basis}
    for known in facts.load(everybody, first - basis.AROUND, last + basis.AROUND):
        number = own.numbers.get(known.person.pk) if own else None
        if own is not None and number is not None:
            plan = own.plans[number]
        elif known.person.pk in own_plans:
            plan = stored_plan.from_json(own_plans[known.person.pk])
        else:
            plan = basis.plan_of(known)
        settled = closed.settled(known.person.pk, plan, rules=book) if closed else None
        yield known, *facts.month_of(basis.under(known, plan, settled=settled), first, last, rules=book)


def _compare(story: Story) -> None:
    paid = _paid()
    for month in MONTHS:
        first, last = order.bounds(month)
        for person, _, sums in facts.months(Person.objects.order_by("pk"), first, last, now=story.now):
            expected = stored_days.totals_as_json(sums)
            expected["standard"] += story.entered[person.pk, month]
            assert _plain(paid.get((person.pk, month), {})) == _plain(expected), (person, month)
    _compare_files(story)
    assert MonthClosing.objects.filter(state=order.CLOSED).count() == len(MONTHS) + 1
    assert Employment.objects.count() == PEOPLE
    assert not Correction.objects.filter(state="requested").exists()


def _compare_files(story: Story) -> None:
    """The lines of all files in force, rounded by a template, add up to the rounded total of each person and month."""
    rounded = PayrollTemplate(name="x", rounding_minutes=15, hours_as="clock", columns=[[key, key] for key in COLUMNS])
    paid: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in MonthClosing.objects.filter(state=order.CLOSED):
        _, *lines = payroll.rows(report.of_closing(row), template=rounded)
        for name, begins, *hours in lines:
            paid[name, begins] = [sum(pair) for pair in zip(paid[name, begins], map(_minutes, hours), strict=True)]
    for month in MONTHS:
        first, last = order.bounds(month)
        for person, _, sums in facts.months(Person.objects.order_by("pk"), first, last, now=story.now):
            entered = {"standard": story.entered[person.pk, month]}
            found = Amounts(Figures(stored_days.totals_as_json(sums), [], entered), Form(rounded))
            expected = [found.units("standard"), found.units("overtime")]
            assert paid[person.name, f"{month}"] == expected, (person, month)


def _minutes(text: str) -> int:
    hours, minutes = text.removeprefix("-").split(":")
    return (int(hours) * 60 + int(minutes)) * (-1 if text.startswith("-") else 1)
