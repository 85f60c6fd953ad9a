"""How does somebody check in without a face? By employee number and PIN, beside the camera, just as fast.

Five tries, then a wait, counted per number and door and before the PIN is looked at. An unknown number takes as
long as a wrong PIN and is answered alike.
"""

from __future__ import annotations

from attendance.checkins import attempts, throttle
from attendance.checkins.attempts import Outcome, WindowOf
from attendance.checkins.direction import Window
from attendance.checkins.models import Attempt, Device
from attendance.core.errors import Fact
from attendance.people import pins, roster
from attendance.people.models import Person
from attendance.recognition.identify import Identification


def check_in(employee_number: str, *, pin: str, device: Device, window_of: WindowOf | None = None) -> Outcome:
    """Record a check-in by number and PIN; refused with `wrong_pin` or `pin_wait` (wait_seconds) otherwise."""
    counted = throttle.key("pin", employee_number.strip().casefold(), device.pk)
    wait_seconds = throttle.take(counted)
    if wait_seconds:
        return _record(None, code="pin_wait", device=device, wait_seconds=wait_seconds)
    person = roster.find_by_number(employee_number)
    if not pins.matches(person, pin):
        return _record(None, code="wrong_pin", device=device)
    throttle.clear(counted)
    return _record(person, device=device, window=window_of(person) if window_of and person else None)


def _record(
    person: Person | None, *, device: Device, code: str = "", window: Window | None = None, **facts: Fact
) -> Outcome:
    answer = "refused" if person is None else "matched"
    told = Identification(answer=answer, person=person, code=code, facts=facts)
    return attempts.record(told, channel=Attempt.Channel.KIOSK, method=Attempt.Method.PIN, device=device, window=window)
