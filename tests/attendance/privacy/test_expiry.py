"""Rows that only grew are deleted when they mean nothing any more."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from attendance.checkins import throttle
from attendance.checkins.models import PinThrottle
from attendance.privacy import expiry
from config.celery import app

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def session(*, seconds: int) -> str:
    made = SessionStore()
    made["of"] = "somebody"
    made.set_expiry(seconds)
    made.create()
    return str(made.session_key)


def test_sessions_that_are_over_go_and_others_stay() -> None:
    with time_machine.travel(NOON, tick=False) as now:
        session(seconds=60)
        kept = session(seconds=7200)
        now.shift(3600)
        assert expiry.delete_expired().sessions == 1
    assert [row.session_key for row in Session.objects.all()] == [kept]


def test_tries_are_forgotten_after_a_day_and_a_wait_never_before_its_end() -> None:
    with time_machine.travel(NOON, tick=False) as now:
        throttle.take("old")
        PinThrottle.objects.create(key="of an earlier version", failures=3)
        now.shift(dt.timedelta(hours=23))
        for _ in range(throttle.TRIES):
            throttle.take("waits")
        now.shift(dt.timedelta(hours=2))
        throttle.take("new")
        assert expiry.delete_expired().tries == 2
        assert {row.key for row in PinThrottle.objects.all()} == {"waits", "new"}
        now.shift(dt.timedelta(days=2))
        expiry.delete_expired()
    assert not PinThrottle.objects.exists()


def test_the_beat_asks_for_it() -> None:
    assert "attendance.delete_expired" in {entry["task"] for entry in app.conf.beat_schedule.values()}
