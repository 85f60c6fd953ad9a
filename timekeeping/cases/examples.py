"""Examples that an administrator wrote beside a shift: each refuses a setting that breaks it.

One a line: `in 21:10, out 06:20, expect 02 Nov 2026, 9:10, late 0`. Times go forward from the expected day (the first
one lies on the evening before where the shift starts soon after midnight); after the day and the hours worked, any key
of a day follows with its value, as docs/reference/rules.md lists them. A day without a year gets the year in which the
line was saved, so that it stays on the same day of the week.
"""

from __future__ import annotations

import datetime as dt
import re

from timekeeping.cases import trying
from timekeeping.cases.atoms import CaseError, Here, clock, within
from timekeeping.cases.keys import Table
from timekeeping.cases.reading import Case
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.timeline import to_instant
from timekeeping.values import Assignment, Direction, Holiday, Punch, Roster, Rules, Shift, Site

_DATES = ("%d %b %Y", "%d %B %Y", "%Y-%m-%d")
_SHORT = ("%d %b", "%d %B")
_DURATION = re.compile(r"^\d+:\d\d$")
_EXPECT = re.compile(r"\bexpect\b", re.IGNORECASE)
_UNDATED = re.compile(r"(\bexpect\s+\d{1,2}\s+[A-Za-z]+)(?=\s*(?:,|$))", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def lines(text: str) -> list[str]:
    """Return the lines that are examples."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def failures(
    text: str, *, shift: Shift, site: Site, rules: Rules | RuleBook, calendar: tuple[Holiday, ...] = (), year: int
) -> list[str]:
    """Return what does not hold any more, one text a difference; a line that cannot be read is one too."""
    messages: list[str] = []
    for line in lines(text):
        try:
            with within(line):
                case = read(line, shift=shift, site=site, rules=rules, calendar=calendar, year=year)
            messages.extend(f"{line}: {difference}" for difference in trying.try_case(case).differences)
        except CaseError as error:
            messages.append(str(error))
    return messages


def dated(text: str, *, year: int) -> str:
    """Give the days that have none a year."""
    return "\n".join(_UNDATED.sub(rf"\1 {year}", line) for line in text.splitlines())


def read(
    line: str, *, shift: Shift, site: Site, rules: Rules | RuleBook, calendar: tuple[Holiday, ...] = (), year: int
) -> Case:
    """Turn a line into a case; raises CaseError."""
    given, *found = _EXPECT.split(line, maxsplit=1)
    if not found:
        raise CaseError("it does not say what to expect")
    expected = found[0]
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
        name=line,
        here=here,
        roster=Roster(site, (Assignment(shift),)),
        rules=rule_book(rules),
        calendar=calendar,
        leave=(),
        punches=tuple(_punches(given, shift, here)),
        corrections=(),
        approvals=(),
        watermark=None,
        expected={"expect": [("expect", table)]},
        where=line,
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
        return "worked", part
    key, _, value = part.partition(" ")
    if not value:
        raise CaseError(f"not understood: {part!r}")
    if _NUMBER.match(value):
        return key, float(value) if "." in value else int(value)
    return key, value


def _punches(given: str, shift: Shift, here: Here) -> list[Punch]:
    """Let times go forward; the first one lies on the evening before where the shift starts soon after midnight."""
    punches: list[Punch] = []
    day = here.first or dt.date.min
    previous: dt.time | None = None
    words = given.replace(",", " ").split()
    for at in range(0, len(words), 2):
        word, text = words[at].lower(), " ".join(words[at + 1 : at + 2])
        if word not in {"in", "out"} or not text:
            raise CaseError(f'"in 08:00" or "out 17:00" is wanted, not {" ".join(words[at : at + 2])!r}')
        time = clock(text)
        if previous is None and shift.start.hour < 12 and _minutes(time) - _minutes(shift.start) > 12 * 60:
            day -= dt.timedelta(days=1)
        elif previous is not None and time < previous:
            day += dt.timedelta(days=1)
        previous = time
        moment = to_instant(dt.datetime.combine(day, time), here.site.zone_on(day))
        punches.append(Punch(moment, direction=Direction(word)))
    return punches


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute
