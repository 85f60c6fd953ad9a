"""Settles an ambiguous answer: the door asks for the employee number and compares one to one.

The number is taken only with the ticket of an ambiguous attempt, for a minute, five times, and only if it is the
number of one of the people in question: comparing a face against any number on request would be a search through
everybody at the far looser threshold of a single comparison. Whoever has a look-alike needs the PIN too, since the
other one's face would pass; until such a person has a PIN, the number is taken and the attempt is marked for a look.

At a door with so many guests that a face alone does not find one, whoever is unknown may give any number: five of them,
each compared with the part of the promised rate that is kept for it, so that the promise of the look still holds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

from django.core import signing
from django.core.cache import cache

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

FOREIGN_NUMBER = "number_not_in_question"
"""Code of an attempt with the number of somebody who is not in question."""


def ticket(attempt: Attempt) -> str:
    """Return what lets the door send a number for this ambiguous attempt."""
    return signing.dumps([attempt.pk, attempt.device_id], salt=SALT)


def asks_for_guest(attempt: Attempt) -> bool:
    """Return whether somebody unknown may be a guest who gives a number."""
    return attempt.answer == Attempt.Answer.UNKNOWN and attempt.code == recognition.GUEST_GIVES_NUMBER


def asks_for_pin(attempt: Attempt) -> bool:
    """Return whether the PIN is asked for beside the number: somebody in question has a look-alike."""
    return any(pairs.partners(number) for number in _in_question(attempt))


def identify(
    frames: Sequence[bytes], *, given: str, employee_number: str, device: Device, pin: str = ""
) -> Identification:
    """Compare the frames with the person of that number. Refusals: doubt_over, pin_wait (wait_seconds)."""
    asked = _attempt(given, device)
    wait_seconds = throttle.take(throttle.key("doubt", asked.pk))
    if wait_seconds:
        raise Refusal("pin_wait", wait_seconds=wait_seconds)
    person = roster.find_by_typed_number(employee_number)
    if person is None or not (asks_for_guest(asked) or person.pk in _in_question(asked)):
        return Identification(answer="unknown", code="number_not_in_question")
    is_guest = asks_for_guest(asked)
    compare = partial(_compare_guest if is_guest else recognition.verify, frames, person=person)
    if pairs.partners(person.pk):
        found = _with_pin(compare, person, pin=pin, device=device)
    else:
        found = compare() if is_guest else _marked(compare(), weakness.SETTLED_BY_NUMBER)
    if found.answer == "matched":
        _spend(asked, person)
    return found


def _spend(asked: Attempt, person: Person) -> None:
    """Let one look record one person: the same again is a door that sends again, another one is refused."""
    key = f"doubt.settled.{asked.pk}.{asked.at.timestamp()}"
    holder = cache.get_or_set(key, person.pk, timeout=2 * SECONDS)
    if holder != person.pk:
        raise Refusal("doubt_over")


def _compare_guest(frames: Sequence[bytes], *, person: Person) -> Identification:
    """Compare with a guest; the answer to a wrong number is that to a number that nobody has."""
    found = recognition.verify_guest(frames, person=person)
    is_wrong = found.answer == "unknown" or found.code in {"person_inactive", "not_enrolled"}
    return dataclasses.replace(found, answer="unknown", code="number_not_in_question") if is_wrong else found


def _with_pin(compare: Callable[[], Identification], person: Person, *, pin: str, device: Device) -> Identification:
    """Compare somebody who has a look-alike: the PIN says which of the two it is."""
    if not person.pin_hash:
        found = compare()
        found = dataclasses.replace(found, code=WITHOUT_PIN) if found.answer == "matched" else found
        return _marked(found, weakness.LOOK_ALIKE_WITHOUT_PIN)
    if not pin:
        return Identification(answer="refused", code="pin_needed")
    by_pin = pins.identify(person.employee_number or "", pin=pin, device=device)
    return compare() if by_pin.answer == "matched" else by_pin


def _marked(found: Identification, why: str) -> Identification:
    """Ask for a look at a match: it was the person's number that settled it."""
    return dataclasses.replace(found, weakness=why) if found.answer == "matched" else found


def _attempt(given: str, device: Device) -> Attempt:
    try:
        attempt_id, device_id = signing.loads(given, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Refusal("doubt_over") from error
    attempt = Attempt.objects.filter(pk=attempt_id).select_related("reference").first()
    if attempt is None or device_id != device.pk:
        raise Refusal("doubt_over")
    if attempt.answer != Attempt.Answer.AMBIGUOUS and not asks_for_guest(attempt):
        raise Refusal("doubt_over")
    return attempt


def _in_question(attempt: Attempt) -> set[int]:
    nearest = attempt.reference.person_id if attempt.reference else None
    near = {number for number in (attempt.person_id, nearest) if number is not None}
    doubted = {attempt.runner_up_id} if attempt.runner_up_id and attempt.code != recognition.LOOK_ALIKE_PAIR else set()
    return near | doubted | {other for number in near for other in pairs.partners(number)}
