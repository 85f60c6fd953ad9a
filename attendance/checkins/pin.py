"""Identifies somebody by employee number and PIN, beside the camera and just as fast.

Five tries, then a wait, counted per number and door and before the PIN is looked at; and thirty a door, whatever the
numbers. An unknown number takes as long as a wrong PIN and is answered alike.
"""

from __future__ import annotations

from attendance.checkins import throttle
from attendance.checkins.models import Device
from attendance.people import names, pins, roster
from attendance.recognition.identify import Identification


def identify(employee_number: str, *, pin: str, device: Device) -> Identification:
    """Return who that is; refused with `wrong_pin` or `pin_wait` (wait_seconds) otherwise."""
    own, door = throttle.key("pin", names.spelling_key(employee_number), device.pk), throttle.key("pin", device.pk)
    wait_seconds = throttle.take_all({own: throttle.ONE, door: throttle.PLACE})
    if wait_seconds:
        return Identification(answer="refused", code="pin_wait", facts={"wait_seconds": wait_seconds})
    person = roster.find_by_typed_number(employee_number)
    if not pins.matches(person, pin):  # asked for nobody too, who takes as long
        return Identification(answer="refused", code="wrong_pin")
    throttle.clear(own)
    throttle.give_back(door)
    return Identification(answer="matched", person=person)
