"""Takes back a check-in of the wrong person or the wrong way: one tap within ten seconds, on the device that answered.

Nothing is edited: the check-in is voided with its reason, and "I meant out" writes another that replaces it.
"""

from __future__ import annotations

from typing import Literal

from django.core import signing
from django.db import transaction

from attendance.checkins.models import CheckIn, Device
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from timekeeping.values import Direction

UNDO_SECONDS = 10
TRAVEL_SECONDS = 0.5
"""A tap in the last moment still has to reach us."""
SALT = "muster.undo"
OTHER = {Direction.IN.value: Direction.OUT.value, Direction.OUT.value: Direction.IN.value}

Kind = Literal["not_me", "other_direction"]


def token(check_in: CheckIn) -> str:
    """Return what lets the tap undo this check-in: signed, and bound to its attempt, device and user."""
    attempt = check_in.attempt
    return signing.dumps(
        [check_in.pk, check_in.attempt_id, check_in.device_id, attempt.user_id if attempt else None], salt=SALT
    )


def undo(given: str, *, kind: Kind, device: Device | None = None, user: User | None = None) -> CheckIn | None:
    """Void the check-in; return the one that replaces it, None after "not me".

    Refusals: undo_invalid (forged, or of another device or user), undo_expired, undo_used.
    """
    try:
        check_in_id, attempt_id, device_id, user_id = signing.loads(given, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Refusal("undo_invalid") from error
    if (device_id, user_id) != (device.pk if device else None, user.pk if user else None):
        raise Refusal("undo_invalid")
    with transaction.atomic():
        check_in = CheckIn.objects.filter(pk=check_in_id, attempt_id=attempt_id).first()
        if check_in is None:
            raise Refusal("undo_invalid")
        Person.objects.select_for_update(no_key=True).get(pk=check_in.person_id)
        now = clock.now()
        if (now - check_in.at).total_seconds() > UNDO_SECONDS + TRAVEL_SECONDS:
            raise Refusal("undo_expired")
        standing = CheckIn.objects.filter(pk=check_in.pk, voided_at=None)
        if not standing.update(voided_at=now, void_reason=kind):
            raise Refusal("undo_used")
        audit.record("check_ins.undo", actor=user, subject=f"check_in:{check_in.pk}", kind=kind, device=device_id)
        replacement = _replacement(check_in) if kind == "other_direction" else None
        facts_log.append_instant(facts_log.Kind.VOID, check_in.person, at=check_in.at)
        return replacement


def find_check_in(given: str) -> CheckIn | None:
    """Return the check-in of a token that `undo` has taken."""
    check_in_id, *_ = signing.loads(given, salt=SALT)
    return CheckIn.objects.filter(pk=check_in_id).first()


def _replacement(check_in: CheckIn) -> CheckIn:
    return CheckIn.objects.create(
        person_id=check_in.person_id,
        at=check_in.at,
        direction=OTHER[check_in.direction],
        attempt_id=check_in.attempt_id,
        device_id=check_in.device_id,
        channel=check_in.channel,
        method=check_in.method,
        time_zone=check_in.time_zone,
        replaces=check_in,
    )
