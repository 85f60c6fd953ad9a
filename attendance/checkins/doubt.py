"""Settles an ambiguous answer: the door asks for the employee number and compares one to one.

The number is taken only with the ticket of an ambiguous attempt, for a minute, five times, and only if it is the
number of one of the people in question: comparing a face against any number on request would be a search through
everybody at the far looser threshold of a single comparison. Whoever has a look-alike needs the PIN too, since the
other one's face would pass; until such a person has a PIN, the number is taken and the attempt is marked for a look.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.core import signing

from attendance.checkins import pin as pins
from attendance.checkins import throttle
from attendance.checkins.models import Attempt, Device
from attendance.core.errors import Refusal
from attendance.people import roster
from attendance.people.models import Person
from attendance.recognition import identify as recognition
from attendance.recognition import pairs, weakness
from attendance.recognition.identify import Identification

SALT = "muster.doubt"
SECONDS = 60

WITHOUT_PIN = weakness.LOOK_ALIKE_WITHOUT_PIN
"""Code of a matched attempt that is marked for a look: the number of somebody with a look-alike, and no PIN."""


def ticket(attempt: Attempt) -> str:
    """Return what lets the door send a number for this ambiguous attempt."""
    return signing.dumps([attempt.pk, attempt.device_id], salt=SALT)


def asks_for_pin(attempt: Attempt) -> bool:
    """Return whether the PIN is asked for beside the number: somebody in question has a look-alike."""
    return any(pairs.partners(number) for number in _in_question(attempt))


def identify(
    frames: Sequence[bytes], *, given: str, employee_number: str, device: Device, pin: str = ""
) -> Identification:
    """Compare the frames with the person of that number. Refusals: doubt_over, pin_wait (wait_seconds)."""
    doubtful = _attempt(given, device)
    wait_seconds = throttle.take(throttle.key("doubt", doubtful.pk))
    if wait_seconds:
        raise Refusal("pin_wait", wait_seconds=wait_seconds)
    person = roster.find_by_number(employee_number)
    if person is None or person.pk not in _in_question(doubtful):
        return Identification(answer="unknown", code="number_not_in_question")
    if not pairs.partners(person.pk):
        return _marked(recognition.verify(frames, person=person), weakness.SETTLED_BY_NUMBER)
    return _with_pin(frames, person, pin=pin, device=device)


def _with_pin(frames: Sequence[bytes], person: Person, *, pin: str, device: Device) -> Identification:
    """Compare somebody who has a look-alike: the PIN says which of the two it is."""
    if not person.pin_hash:
        found = recognition.verify(frames, person=person)
        found = dataclasses.replace(found, code=WITHOUT_PIN) if found.answer == "matched" else found
        return _marked(found, weakness.LOOK_ALIKE_WITHOUT_PIN)
    if not pin:
        return Identification(answer="refused", code="pin_needed")
    by_pin = pins.identify(person.employee_number or "", pin=pin, device=device)
    return recognition.verify(frames, person=person) if by_pin.answer == "matched" else by_pin


def _marked(found: Identification, why: str) -> Identification:
    """Ask for a look at a match: it was the person's number that settled it."""
    return dataclasses.replace(found, weakness=why) if found.answer == "matched" else found


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
    near = {number for number in (attempt.person_id, nearest) if number is not None}
    doubted = {attempt.runner_up_id} if attempt.runner_up_id and attempt.code != recognition.LOOK_ALIKE_PAIR else set()
    return near | doubted | {other for number in near for other in pairs.partners(number)}
