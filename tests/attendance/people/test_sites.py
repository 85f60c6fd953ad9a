"""A site lies below everything that counts time, and still says the same as the rules of time."""

from __future__ import annotations

from attendance.people.models import AUTOMATIC_OUT
from timekeeping.values import Automatic


def test_the_choices_of_a_site_are_those_of_the_rules() -> None:
    assert {value for value, _ in AUTOMATIC_OUT} == {"", *(each.value for each in Automatic)}
