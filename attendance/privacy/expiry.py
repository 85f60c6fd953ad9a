"""Deletes rows that only grow: sessions that are over, and counted tries that nobody goes on with."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.sessions.models import Session

from attendance.checkins import throttle
from attendance.core import clock


@dataclass(frozen=True, slots=True)
class Expired:
    """How many rows went."""

    sessions: int
    tries: int


def delete_expired() -> Expired:
    """Delete what has no meaning any more."""
    sessions, _ = Session.objects.filter(expire_date__lt=clock.now()).delete()
    return Expired(sessions=sessions, tries=throttle.sweep())
