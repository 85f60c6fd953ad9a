"""Settles an ambiguous answer: the door asks for the employee number and compares one to one.

The number is taken only with the ticket of an ambiguous attempt, for a minute, five times, and only if it is the
number of one of the people in question: comparing a face against any number on request would be a search through
everybody at the far looser threshold of a single comparison.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core import signing

from attendance.checkins import throttle
from attendance.checkins.models import Attempt, Device
from attendance.core.errors import Refusal
from attendance.people import roster
from attendance.recognition import identify as recognition
from attendance.recognition.identify import Identification

SALT = "muster.doubt"
SECONDS = 60


def ticket(attempt: Attempt) -> str:
    """Return what lets the door send a number for this ambiguous attempt."""
    return signing.dumps([attempt.pk, attempt.device_id], salt=SALT)


def identify(frames: Sequence[bytes], *, given: str, employee_number: str, device: Device) -> Identification:
    """Compare the frames with the person of that number. Refusals: doubt_over, pin_wait (wait_seconds)."""
    doubtful = _attempt(given, device)
    wait_seconds = throttle.take(throttle.key("doubt", doubtful.pk))
    if wait_seconds:
        raise Refusal("pin_wait", wait_seconds=wait_seconds)
    person = roster.find_by_number(employee_number)
    if person is None or person.pk not in _in_question(doubtful):
        return Identification(answer="unknown", code="number_not_in_question")
    return recognition.verify(frames, person=person)


def _attempt(given: str, device: Device) -> Attempt:
    try:
        attempt_id, device_id = signing.loads(given, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Refusal("doubt_over") from error
    attempt = Attempt.objects.filter(pk=attempt_id, answer=Attempt.Answer.AMBIGUOUS).select_related("reference").first()
    if attempt is None or device_id != device.pk:
        raise Refusal("doubt_over")
    return attempt


def _in_question(attempt: Attempt) -> set[int]:
    nearest = attempt.reference.person_id if attempt.reference else None
    return {number for number in (attempt.person_id, nearest, attempt.runner_up_id) if number is not None}
