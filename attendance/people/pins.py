"""Sets and verifies PINs, the way in without a face; the door limits the number of tries."""

from __future__ import annotations

import functools

from django.contrib.auth.hashers import check_password, make_password

from attendance.core.errors import Refusal
from attendance.people.models import Person

FEWEST_DIGITS = 4
MOST_DIGITS = 8
RISING = "0123456789"


def clean(pin: str) -> str:
    """Return the PIN, or refuse one that is not 4 to 8 ASCII digits, or is one digit repeated or a plain count."""
    if not (pin.isascii() and pin.isdigit() and FEWEST_DIGITS <= len(pin) <= MOST_DIGITS):
        raise Refusal("pin_invalid", fewest_digits=FEWEST_DIGITS, most_digits=MOST_DIGITS)
    if len(set(pin)) == 1 or pin in RISING or pin in RISING[::-1]:
        raise Refusal("pin_too_simple")
    return pin


def matches(person: Person | None, pin: str) -> bool:
    """Compare in the time of one argon2, whether or not there is such a person with a PIN."""
    kept = person.pin_hash if person is not None and person.is_active else ""
    agrees = check_password(pin, kept or _nobodys_hash())
    return bool(kept) and agrees


@functools.cache
def _nobodys_hash() -> str:
    """Hash of a text that is no PIN, made once a process."""
    return make_password("nobody has this one")
