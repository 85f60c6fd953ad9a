"""Asks at the door for a missing out of an earlier day; the answer becomes a request for a correction.

The question is bound to the check-in that it follows, and to the device or user that was answered; it is open for a
few minutes, and only while the out is still missing. Nothing is ever filled in: a manager decides about the request.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.core import signing

from attendance.checkins.models import CheckIn, Device
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person
from attendance.workdays.models import Correction, State
from attendance.workdays.requests import corrections
from attendance.workdays.requests.corrections import Forgotten
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Direction

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 180
"""So long may an answer take; the next check-in asks again."""
REASON = "asked at the door"
SALT = "muster.forgotten-out"
LONGEST = dt.timedelta(hours=16)
"""Nobody stays longer: "7:00" typed for 19:00 would make a day of 23 hours."""
_SOON = dt.timedelta(minutes=5)
"""A usual time that lies so near to the plan's end is no choice of its own."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `since`, `suggested`: local at the person's site, without zone.

    `suggested`: the end of the plan, and when the person left the last time; soonest first, none where neither is
    known. `ago_days`: how long ago the work day is. `over_midnight`: whether its plan ends on the day after.
    """

    day: dt.date
    since: dt.datetime
    suggested: tuple[dt.datetime, ...]
    ago_days: int
    over_midnight: bool
    token: str


def question(check_in: CheckIn) -> Question | None:
    """Return what to ask after a check-in; None where no out is missing, or nothing can be said about it.

    The check-in is recorded by then: whatever fails here must not turn its answer into a failure.
    """
    try:
        return _question(check_in)
    except Exception:
        logger.exception("a missing out could not be looked for")
        return None


def _question(check_in: CheckIn) -> Question | None:
    forgotten = corrections.forgotten_out(check_in.person)
    if forgotten is None:
        return None
    timeline = forgotten.day.timeline
    today = timeline.local(timeline.point_at(int(clock.now().timestamp()))).date()
    return Question(
        day=forgotten.day.day,
        since=_local(forgotten.since, timeline),
        suggested=_suggested(check_in.person, forgotten, timeline),
        ago_days=(today - forgotten.day.day).days,
        over_midnight=forgotten.suggested is not None and forgotten.suggested.date() > forgotten.day.day,
        token=_token(check_in, forgotten.day.day),
    )


def _suggested(person: Person, forgotten: Forgotten, timeline: Timeline) -> tuple[dt.datetime, ...]:
    found = [] if forgotten.suggested is None else [forgotten.suggested]
    last = (
        CheckIn.objects.filter(person=person, voided_at=None, direction=Direction.OUT, at__lt=forgotten.since)
        .order_by("-at")
        .first()
    )
    if last is not None:
        usual = _next(_local(last.at, timeline).time(), after=forgotten.since, timeline=timeline)
        if all(abs(usual - other) > _SOON for other in found) and _is_possible(usual, forgotten, timeline):
            found.append(usual)
    return tuple(sorted(each for each in found if _is_possible(each, forgotten, timeline)))


def _local(at: dt.datetime, timeline: Timeline) -> dt.datetime:
    return timeline.local(timeline.point_at(int(at.timestamp()) // MINUTE * MINUTE))


def _next(time: dt.time, *, after: dt.datetime, timeline: Timeline) -> dt.datetime:
    """Return the first moment with this local time that follows: whoever says 06:00 of a night means the next day."""
    since = _local(after, timeline)
    on_the_day = dt.datetime.combine(since.date(), time.replace(second=0, microsecond=0))
    return on_the_day if on_the_day > since else on_the_day + dt.timedelta(days=1)


def _is_possible(local: dt.datetime, forgotten: Forgotten, timeline: Timeline) -> bool:
    return local <= min(_local(forgotten.since, timeline) + LONGEST, _local(clock.now(), timeline))


def answer(given: str, *, left: dt.time, device: Device | None = None, user: User | None = None) -> Correction:
    """Make the request. `left`: local time of that work day, or of the morning after.

    Raises `question_over` (late, forged, of another device or user, or the check-in was taken back),
    `nothing_forgotten`, `left_too_late`, or a code of `corrections.request`.
    """
    check_in, day = _asked(given, device=device, user=user)
    forgotten = corrections.forgotten_out(check_in.person)
    if forgotten is None or forgotten.day.day != day:
        raise Refusal("nothing_forgotten")
    timeline = forgotten.day.timeline
    left_at = _next(left, after=forgotten.since, timeline=timeline)
    if not _is_possible(left_at, forgotten, timeline):
        raise Refusal("left_too_late")
    return corrections.answer_forgotten_out(check_in.person, left_at=left_at, reason=REASON, actor=user)


def _token(check_in: CheckIn, day: dt.date) -> str:
    attempt = check_in.attempt
    user = attempt.user_id if attempt else None
    return signing.dumps([check_in.pk, day.isoformat(), check_in.device_id, user], salt=SALT)


def _asked(given: str, *, device: Device | None, user: User | None) -> tuple[CheckIn, dt.date]:
    try:
        check_in_id, day, device_id, user_id = signing.loads(given, salt=SALT, max_age=ANSWER_SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Refusal("question_over") from error
    if (device_id, user_id) != (device.pk if device else None, user.pk if user else None):
        raise Refusal("question_over")
    # a check-in whose direction was put right goes on asking, one that was of somebody else does not
    standing = CheckIn.objects.filter(pk=check_in_id).exclude(void_reason="not_me")
    check_in = standing.select_related("person").first()
    if check_in is None:
        raise Refusal("question_over")
    return check_in, dt.date.fromisoformat(day)


def take_back(check_in: CheckIn) -> int:
    """Withdraw what was asked after a check-in of which somebody says "not me"; return how many requests those were."""
    asked = Correction.objects.filter(
        person=check_in.person_id, state=State.REQUESTED, reason=REASON, requested_at__gte=check_in.at
    )
    numbers = list(asked.values_list("pk", flat=True))
    if numbers:
        asked.update(state=State.WITHDRAWN, decided_at=clock.now(), decision="the check-in was taken back")
        audit.record(
            "workdays.withdraw_correction",
            actor=None,
            subject=f"person:{check_in.person_id}",
            corrections=", ".join(map(str, numbers)),
        )
    return len(numbers)
