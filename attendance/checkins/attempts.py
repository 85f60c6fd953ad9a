"""Records what was identified at a door: an attempt always, a check-in once.

What the punch means is asked of `timekeeping.door`: the caller, who knows the roster, hands it over as values, and the
punches are read here, under the lock of the person's row (SQLite: every transaction is IMMEDIATE), so that two
check-ins of one person in the same second give one record, whichever processes they reach.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from typing import Literal

from django.core.files.base import ContentFile
from django.db import transaction

from attendance.checkins import punches
from attendance.checkins.models import Attempt, CheckIn, Device
from attendance.core import clock, disk, site
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person, ReferenceImage
from attendance.recognition.identify import Identification
from timekeeping import door
from timekeeping.door import PunchContext
from timekeeping.work_day import WorkDay

logger = logging.getLogger(__name__)

Answer = Literal["recorded", "already", "ambiguous", "unknown", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the door answers.

    `previous_at`: of the check-in that this one repeats, where the answer is "already"; `check_in` is that one then.
    `worked_seconds`: hours of the work day that the check-in belongs to, as the sheets show them.
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
    context: PunchContext | None = None,
) -> Outcome:
    """Write the attempt and, where somebody was matched, the check-in.

    `context`: the roster of the person who was matched and what else decides the meaning of a punch; where nobody was
    matched there is none.
    """
    if identification.answer == "matched" and identification.person is not None and context is None:
        raise ValueError("the check-in of a person needs the context of their punches")
    attempt = _attempt(identification, channel=channel, method=method, device=device, user=user)
    _keep_evidence(attempt, identification.evidence_jpeg)
    try:
        with transaction.atomic():
            _forget_erased_photo(attempt)
            if identification.answer != "matched" or identification.person is None or context is None:
                attempt.save()
                return Outcome(attempt, None, _answer(identification.answer))
            person = Person.objects.select_for_update(no_key=True).filter(pk=identification.person.pk).first()
            if person is None or not person.is_active:
                return _no_longer_here(attempt)
            return _check_in(attempt, person, context=context)
    except BaseException:
        if attempt.evidence:
            attempt.evidence.delete(save=False)
        raise


def worked_seconds(check_in: CheckIn, *, context: PunchContext) -> int:
    """Return the hours, in seconds and as they stand now, of the work day that a check-in belongs to."""
    day = work_day(check_in, context=context)
    return 0 if day is None else day.worked


def work_day(check_in: CheckIn, *, context: PunchContext) -> WorkDay | None:
    """Return the work day that a check-in belongs to, as it stands now; None where it was taken back."""
    known = punches.find_near(check_in.person, check_in.at)
    punch = next((punch for punch in known if punch.number == check_in.pk), None)
    if punch is None:
        return None
    return door.find_day(punch, punches=known, context=context, now=int(clock.now().timestamp()))


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
            "target_false_accept", "encoder", "gallery_sequence", "quality", "duration_milliseconds", "weakness",
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
    if disk.is_short():
        attempt.facts = {**attempt.facts, "evidence_lost": True}
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


def _check_in(attempt: Attempt, person: Person, *, context: PunchContext) -> Outcome:
    known = punches.find_near(person, attempt.at)
    meaning = door.read(int(attempt.at.timestamp()), punches=known, context=context)
    if meaning.repeats is not None:
        repeated = CheckIn.objects.get(pk=meaning.repeats.number or 0)
        attempt.facts = {**attempt.facts, "already_at": repeated.at.isoformat()}
        attempt.save()
        return Outcome(attempt, repeated, "already", previous_at=repeated.at, worked_seconds=meaning.worked_seconds)
    attempt.save()
    check_in = CheckIn.objects.create(
        person=person,
        at=attempt.at,
        direction=meaning.direction.value,
        attempt=attempt,
        device=attempt.device,
        channel=attempt.channel,
        method=attempt.method,
        time_zone=site.settings().time_zone,
    )
    facts_log.append_instant(facts_log.Kind.CHECK_IN, person, at=check_in.at)
    return Outcome(attempt, check_in, "recorded", worked_seconds=meaning.worked_seconds)
