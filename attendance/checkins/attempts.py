"""What becomes of an answer at the door? An attempt, always; a check-in, once.

The person's row is locked while the direction is decided (SQLite: every transaction is IMMEDIATE), so that two
check-ins of one person in the same second give one record, whichever processes they reach.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.core.files.base import ContentFile
from django.db import transaction

from attendance.checkins import direction
from attendance.checkins.direction import Punch, Window
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import clock, site
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person, ReferenceImage
from attendance.recognition.identify import Identification

logger = logging.getLogger(__name__)

WindowOf: TypeAlias = Callable[[Person | None], Window | None]
"""Knows the window of a person's shift right now; None: the local day counts. Shifts lie above this room."""
Answer = Literal["recorded", "already", "ambiguous", "unknown", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the door answers.

    `previous_at`: of the check-in that this one repeats, where the answer is "already"; `check_in` is that one then.
    `worked_seconds`: closed in-out pairs of the window, this check-in included.
    """

    attempt: Attempt
    check_in: CheckIn | None
    answer: Answer
    previous_at: dt.datetime | None = None
    worked_seconds: int = 0


def record(
    identification: Identification,
    *,
    channel: Attempt.Channel,
    method: Attempt.Method,
    device: Device | None = None,
    user: User | None = None,
    window: Window | None = None,
) -> Outcome:
    """Write the attempt and, where somebody was matched, the check-in.

    `window`: what counts as one day for the direction; the local day of the site where none is given.
    """
    attempt = _attempt(identification, channel=channel, method=method, device=device, user=user)
    _keep_evidence(attempt, identification.evidence_jpeg)
    try:
        with transaction.atomic():
            _forget_erased_photo(attempt)
            if identification.answer != "matched" or identification.person is None:
                attempt.save()
                return Outcome(attempt, None, _answer(identification.answer))
            person = Person.objects.select_for_update().filter(pk=identification.person.pk).first()
            if person is None or not person.is_active:
                return _no_longer_here(attempt)
            return _check_in(attempt, person, window=window or _local_day())
    except BaseException:
        if attempt.evidence:
            attempt.evidence.delete(save=False)
        raise


def worked_seconds(person: Person, *, window: Window | None = None) -> int:
    """Return the closed in-out pairs of the window (the local day where none is given), in seconds."""
    return direction.worked_seconds(_punches(_standing(person, since=(window or _local_day()).start)))


def _attempt(
    identification: Identification,
    *,
    channel: Attempt.Channel,
    method: Attempt.Method,
    device: Device | None,
    user: User | None,
) -> Attempt:
    kept = {
        name: getattr(identification, name)
        for name in (
            "person", "reference_id", "distance", "threshold", "runner_up", "runner_up_distance", "comparisons",
            "target_false_accept", "encoder", "gallery_sequence", "quality", "duration_milliseconds",
        )
    }  # fmt: skip
    return Attempt(
        at=clock.now(),
        channel=channel,
        method=method,
        device=device,
        user=user,
        answer=identification.answer,
        code=identification.code or "",
        facts=dict(identification.facts),
        aligned=identification.aligned_jpeg,
        **kept,
    )


def _keep_evidence(attempt: Attempt, jpeg: bytes | None) -> None:
    """Write the picture before the lock is taken; a full disk costs the picture, never the check-in."""
    if jpeg is None:
        return
    try:
        attempt.evidence.save(f"{attempt.at:%Y/%m/%d}/{uuid.uuid4().hex}.jpg", ContentFile(jpeg), save=False)
    except OSError:
        logger.exception("the picture of an attempt could not be kept")
        attempt.evidence = ""
        attempt.facts = {**attempt.facts, "evidence_lost": True}


def _forget_erased_photo(attempt: Attempt) -> None:
    """Point to no photo that was deleted since the search: the commit would fail, and the person wait."""
    if attempt.reference_id and not ReferenceImage.objects.filter(pk=attempt.reference_id).exists():
        attempt.reference_id = None


def _answer(answer: str) -> Answer:
    return "ambiguous" if answer == "ambiguous" else "refused" if answer == "refused" else "unknown"


def _no_longer_here(attempt: Attempt) -> Outcome:
    """Answer unknown: the person was deactivated between the picture and this lock."""
    attempt.answer = Attempt.Answer.UNKNOWN
    attempt.person = None
    attempt.code = "person_inactive"
    attempt.save()
    return Outcome(attempt, None, "unknown")


def _check_in(attempt: Attempt, person: Person, *, window: Window) -> Outcome:
    chosen = site.settings()
    debounce = dt.timedelta(seconds=chosen.debounce_seconds)
    standing = _standing(person, since=min(window.start, attempt.at - debounce))
    verdict = direction.decide(
        attempt.at, punches=_punches(standing), window=window, debounce_seconds=chosen.debounce_seconds
    )
    if verdict.already is not None:
        attempt.facts = {**attempt.facts, "already_at": verdict.already.at.isoformat()}
    attempt.save()
    if verdict.already is not None:
        repeated = next(row for row in standing if row.at == verdict.already.at)
        worked = _worked(standing, window)
        return Outcome(attempt, repeated, "already", previous_at=repeated.at, worked_seconds=worked)
    check_in = CheckIn.objects.create(
        person=person,
        at=attempt.at,
        direction=verdict.direction,
        attempt=attempt,
        device=attempt.device,
        channel=attempt.channel,
        method=attempt.method,
        time_zone=chosen.time_zone,
    )
    outcome = Outcome(attempt, check_in, "recorded", worked_seconds=_worked([*standing, check_in], window))
    facts_log.append_instant(facts_log.Kind.CHECK_IN, person, at=check_in.at)
    return outcome


def _standing(person: Person, *, since: dt.datetime) -> list[CheckIn]:
    return list(person.check_ins.filter(voided_at=None, at__gte=since).order_by("at", "pk"))


def _punches(rows: list[CheckIn]) -> list[Punch]:
    return [Punch(row.at, "in" if row.direction == CheckIn.Direction.IN else "out") for row in rows]


def _worked(rows: list[CheckIn], window: Window) -> int:
    return direction.worked_seconds(punch for punch in _punches(rows) if punch.at in window)


def _local_day() -> Window:
    zone = site.zone()
    return Window(*clock.day_bounds(clock.today(zone), zone))
