"""Compares what was found with what a case expects; a difference is a line "what: expected x, found y"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from timekeeping import durations
from timekeeping.cases import atoms, keys
from timekeeping.cases.atoms import CaseError, Here
from timekeeping.timeline import Timeline

_AS_GOOD_AS_EQUAL = 0.005
"""Shares of a day and decimal hours are written with two places."""


class Comparison:
    """Collects the differences of one case; times are read and written in its time zone."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.differences: list[str] = []

    def compare(self, what: str, expected: object, found: object) -> None:
        """Note a difference of plain values."""
        if expected != found:
            self.differences.append(f"{what}: expected {_value_text(expected)}, found {_value_text(found)}")

    def text(self, what: str, expected: object, found: str) -> None:
        """Compare a text, such as a status code."""
        self.compare(what, keys.word(expected, self.here), found)

    def one_word(self, what: str, expected: object, found: str, *, known: Iterable[str]) -> None:
        """Compare a word out of a list; one that nobody knows is a mistake of the case."""
        self.compare(what, keys.one_of(expected, known), found)

    def words(self, what: str, expected: object, found: Iterable[str], *, known: Iterable[str]) -> None:
        """Compare words in any order: a list, or a text with blanks or commas between them."""
        names = [str(word) for word in known]
        wanted = expected if isinstance(expected, list) else str(expected).replace(",", " ").split()
        for word in wanted:
            keys.one_of(word, names)
        self.compare(what, sorted(map(str, wanted)), sorted(map(str, found)))

    def names(self, what: str, expected: object, found: Iterable[str]) -> None:
        """Compare names in any order: one, or a list."""
        wanted = [keys.word(each, self.here) for each in as_list(expected) if each != ""]
        self.compare(what, sorted(wanted), sorted(found))

    def number(self, what: str, expected: object, found: float) -> None:
        """Compare numbers to two places."""
        if abs(keys.number(expected, self.here) - found) >= _AS_GOOD_AS_EQUAL:
            self.differences.append(f"{what}: expected {expected}, found {round(found, 4):g}")

    def yes_or_no(self, what: str, expected: object, *, found: bool) -> None:
        """Compare true and false."""
        if not isinstance(expected, bool):
            raise CaseError(f"true or false is wanted, not {expected!r}")
        self.compare(what, expected, found)

    def duration(self, what: str, expected: object, found: int) -> None:
        """Compare whole minutes, seconds dropped; what is written with seconds is compared to the second."""
        wanted = atoms.duration(expected)
        if (found if wanted.to_the_second else durations.whole_minutes(found) * 60) != wanted.seconds:
            found_text = durations.hours_minutes(found)
            if wanted.to_the_second or wanted.seconds == durations.whole_minutes(found) * 60:
                found_text = f"{'-' if found < 0 else ''}{dt.timedelta(seconds=abs(found))}"
            self.differences.append(f"{what}: expected {_duration_text(expected)}, found {found_text}")

    def time(self, what: str, expected: object, found: int | None) -> None:
        """Compare instants by the minute; "" and "none" expect that there is none."""
        wanted = None if expected in ("", "none", False) else atoms.moment(expected, self.here)
        self.compare(what, self.show(wanted), self.show(found))

    def times(self, what: str, expected: object, found: Iterable[int]) -> None:
        """Compare instants by the minute, in any order."""
        wanted = sorted(atoms.moment(value, self.here) for value in as_list(expected) if value != "")
        self.compare(what, [self.show(at) for at in wanted], [self.show(at) for at in sorted(found)])

    def rates(self, what: str, expected: object, found: Mapping[str, int]) -> None:
        """Compare durations by class of rate; a class that is not named is expected to be empty."""
        wanted = {_rate(rate): value for rate, value in keys.table_of(expected).items()}
        there = {_rate(rate): seconds for rate, seconds in found.items()}
        for rate in sorted({*wanted, *there}):
            with atoms.within(rate):
                self.duration(f"{what} {rate}", wanted.get(rate, 0), there.get(rate, 0))

    def show(self, at: int | None) -> str:
        """Write an instant as the clocks of the site showed it."""
        if at is None:
            return "none"
        return f"{Timeline(self.here.site).local(at):%Y-%m-%d %H:%M}"


def as_list(value: object) -> list[object]:
    """Return a list; one value alone is a list of one."""
    return value if isinstance(value, list) else [value]


def _rate(text: str) -> str:
    """Write 1.5, 1.50 and "1.5" in the same way."""
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text


def _duration_text(expected: object) -> str:
    return durations.hours_minutes(atoms.seconds(expected)) if isinstance(expected, int) else str(expected)


def _value_text(value: object) -> str:
    return str(value) if value not in ("", [], None) else "nothing"
