"""Do the examples that an administrator wrote beside a shift still hold? They refuse a setting that breaks them.

One a line: `in 21:10, out 06:20, expect 02 Nov 2026, 9:10, late 0`. Times go forward from the expected day (a first
time later than the shift's end minus half a day may lie on the evening before); after the day and the hours worked,
any key of a day follows with its value, as docs/reference/rules.md lists them.
"""

from __future__ import annotations

import datetime as dt
import re

from attendance.workdays import localtime
from attendance.workdays.cases import trying
from attendance.workdays.cases.atoms import CaseError, Here, clock
from attendance.workdays.cases.keys import Table
from attendance.workdays.cases.reading import Case
from attendance.workdays.values import Assignment, Direction, Holiday, Punch, Roster, Rules, Shift, Site

_DATES = ("%d %b %Y", "%d %B %Y", "%Y-%m-%d")
_SHORT = ("%d %b", "%d %B")
_DURATION = re.compile(r"^\d+:\d\d$")
_NUMBERS = {"late", "early", "overtime", "worked", "gross", "night", "standard", "payable", "planned"}


def lines(text: str) -> list[str]:
    """Return the lines that are examples."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def failures(
    text: str, *, shift: Shift, site: Site, rules: Rules, calendar: tuple[Holiday, ...] = (), year: int
) -> list[str]:
    """Return what does not hold any more, one text a difference; a line that cannot be read is one too."""
    told: list[str] = []
    for line in lines(text):
        try:
            case = read(line, shift=shift, site=site, rules=rules, calendar=calendar, year=year)
            told.extend(f"{line}: {difference}" for difference in trying.try_case(case).differences)
        except CaseError as error:
            told.append(f"{line}: {error}")
    return told


def read(line: str, *, shift: Shift, site: Site, rules: Rules, calendar: tuple[Holiday, ...] = (), year: int) -> Case:
    """Turn a line into a case; raises CaseError."""
    given, found, expected = line.partition("expect")
    if not found:
        raise CaseError("it does not say what to expect")
    parts = [part.strip() for part in expected.split(",") if part.strip()]
    if not parts:
        raise CaseError("a day is wanted after expect")
    day = _day(parts[0], year)
    table: Table = {"day": day}
    for part in parts[1:]:
        key, value = _expectation(part)
        table[key] = value
    here = Here(site, day)
    return Case(
        line,
        here,
        Roster(site, (Assignment(shift),)),
        rules,
        calendar,
        (),
        tuple(_punches(given, shift, here)),
        (),
        (),
        None,
        {"expect": [("expect", table)]},
    )


def _day(text: str, year: int) -> dt.date:
    for form in _DATES:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    for form in _SHORT:
        try:
            return dt.datetime.strptime(f"{text} {year}", f"{form} %Y").replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise CaseError(f"not a day: {text!r}")


def _expectation(part: str) -> tuple[str, object]:
    """Read "9:10" (hours worked), "late 0" (minutes), "code P"."""
    if _DURATION.match(part):
        return "gross", part
    key, _, value = part.partition(" ")
    if not value:
        raise CaseError(f"not understood: {part!r}")
    if key in _NUMBERS and value.lstrip("-").isdigit():
        return key, int(value)
    return key, value


def _punches(given: str, shift: Shift, here: Here) -> list[Punch]:
    """Let times go forward; the first one lies on the evening before where the shift starts soon after midnight."""
    punches: list[Punch] = []
    day = here.first or dt.date.min
    previous: dt.time | None = None
    for part in filter(None, (piece.strip() for piece in given.split(","))):
        word, _, text = part.partition(" ")
        if word not in {"in", "out"} or not text:
            raise CaseError(f'"in 08:00" or "out 17:00" is wanted, not {part!r}')
        time = clock(text.strip())
        if previous is None and shift.start.hour < 12 and _minutes(time) - _minutes(shift.start) > 12 * 60:
            day -= dt.timedelta(days=1)
        elif previous is not None and time < previous:
            day += dt.timedelta(days=1)
        previous = time
        at = localtime.instant(dt.datetime.combine(day, time), here.site.zone_on(day))
        punches.append(Punch(at, Direction(word)))
    return punches


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute
