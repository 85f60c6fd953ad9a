"""Nothing is lost and nothing is paid twice where records are merged and taken apart between closings."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from attendance.checkins.models import CheckIn
from attendance.core.errors import Refusal
from attendance.people import facts_log
from attendance.people.models import Person, PersonMerge
from attendance.workdays import facts, merges
from attendance.workdays.months import adjustments, order
from tests import factories
from tests.attendance.workdays import office
from tests.attendance.workdays.stories import (
    DAYS,
    FIRST,
    LAST_MONTH,
    LATER,
    SHIFTS,
    WHO,
    Story,
    begin,
    close,
    close_next,
    forget,
    plan,
    reopen,
    take_back,
)
from tests.attendance.workdays.test_money import _compare, _compare_with_plans_of_then

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BORDER_DAYS = st.sampled_from([29, 30, 31, 32, 60, 61, 62])


def punch(story: Story, who: int, offset: int, hour: int, minutes: int) -> None:
    """Let a door record an in and an out; also of somebody who has been merged since, as a door may still know them."""
    came = office.at(f"{FIRST + dt.timedelta(days=offset)} {hour:02}:00")
    for at, direction in ((came, "in"), (came + dt.timedelta(minutes=minutes), "out")):
        with story.moment():
            made = factories.check_in(story.people[who], at, direction)
            facts_log.append_instant(facts_log.Kind.CHECK_IN, story.people[who], at=made.at)


def half(story: Story, who: int, offset: int, hour: int) -> None:
    """Let a door record one look alone: the other one may lie on the other record."""
    at = office.at(f"{FIRST + dt.timedelta(days=offset)} {hour:02}:00")
    with story.moment():
        factories.check_in(story.people[who], at)
        facts_log.append_instant(facts_log.Kind.CHECK_IN, story.people[who], at=at)


def merge(story: Story, kept: int, other: int) -> None:
    """Let two people be one; by the rule of the day, closed months of the other record come to what they came to."""
    before = _adjusted(story.people[other])
    with story.moment():
        merges.merge(story.people[kept], story.people[other], reason="twice", actor=story.hr)
    if not facts.rule_book().has_weekly_rule:
        assert _adjusted(story.people[other]) == before


def _adjusted(person: Person) -> dict[dt.date, Any]:
    return {row.month: row.quantities for row in adjustments.find(LAST_MONTH, people={person.pk}, sequence=0)}


def take_apart(story: Story, which: int) -> None:
    """Let two be two again."""
    rows = list(PersonMerge.objects.filter(apart_at=None).order_by("pk"))
    if rows:
        with story.moment():
            merges.take_apart(rows[which % len(rows)], actor=story.hr)


MERGES = st.one_of(
    st.tuples(st.just(punch), WHO, DAYS, st.sampled_from([7, 8, 9]), st.integers(200, 620)),
    st.tuples(st.just(punch), WHO, BORDER_DAYS, st.sampled_from([8, 14, 21, 22]), st.integers(300, 620)),
    st.tuples(st.just(half), WHO, BORDER_DAYS, st.sampled_from([6, 22, 23])),
    st.tuples(st.just(merge), WHO, WHO),
    st.tuples(st.just(merge), WHO, WHO),
    st.tuples(st.just(take_apart), st.integers(0, 2)),
    st.tuples(st.just(close)),
    st.tuples(st.just(close)),
    st.tuples(st.just(reopen)),
    st.tuples(st.just(forget), WHO, DAYS, st.integers(6, 22)),
    st.tuples(st.just(take_back), st.just("correction"), st.integers(0, 5)),
)
PLANS = st.tuples(st.just(plan), WHO, st.integers(0, len(SHIFTS)), LATER)


def _play(story: Story, deeds: list[tuple[Callable[..., None], Any]]) -> None:
    """Do what is not refused, then close all months; every check-in still belongs to somebody, and to one."""
    for deed, *more in deeds:
        try:
            with transaction.atomic():
                deed(story, *more)
        except Refusal:
            continue
    while order.in_force(LAST_MONTH) is None:
        close_next(story)
    for check_in in CheckIn.objects.prefetch_related("moves"):
        moves = list(check_in.moves.all())
        assert not moves or moves[-1].person_id == check_in.person_id
        assert [move.person_id for move in moves[:-1]] == [move.before_id for move in moves[1:]]


def _without_shifts(story: Story) -> None:
    """Leave each as an import adds them: what has a shift of its own is not merged."""
    for person in story.people[1:]:
        person.assignments.all().delete()


@pytest.mark.timeout(600)
@settings(max_examples=int(os.environ.get("STORIES", "12")), suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(MERGES, min_size=5, max_size=30), weekly=st.booleans())
def test_all_files_together_pay_what_all_facts_come_to(
    deeds: list[tuple[Callable[..., None], Any]], weekly: bool
) -> None:
    with transaction.atomic():
        story = begin(weekly=weekly, approval=False)
        _without_shifts(story)
        _play(story, deeds)
        _compare(story)
        transaction.set_rollback(True)


@pytest.mark.timeout(600)
@settings(max_examples=int(os.environ.get("STORIES", "12")), suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(st.one_of(MERGES, PLANS), min_size=5, max_size=30))
def test_no_hour_counts_in_two_months(deeds: list[tuple[Callable[..., None], Any]]) -> None:
    with transaction.atomic():
        story = begin(weekly=False, approval=False)
        _without_shifts(story)
        _play(story, deeds)
        _compare_with_plans_of_then(story)
        transaction.set_rollback(True)
