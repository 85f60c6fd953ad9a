"""Does a case come out as expected? Every difference is named, and the "why" of its days goes with the verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from attendance.workdays import asking, counter, derivation, localtime, overtime, reasons, totals
from attendance.workdays.cases import atoms
from attendance.workdays.cases.atoms import CaseError
from attendance.workdays.cases.keys import Table, table_of
from attendance.workdays.cases.reading import Case
from attendance.workdays.localtime import Timeline
from attendance.workdays.pairing import Use
from attendance.workdays.results import Part, PunchUse, WorkDay

_MARGIN = dt.timedelta(days=2)
_MOST_DAYS_EXPLAINED = 7
_USED = {Use.IN, Use.OUT, Use.BETWEEN}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`differences`: "what: expected x, found y". `why`: the sentences of every day that was looked at."""

    name: str
    differences: tuple[str, ...]
    why: tuple[tuple[dt.date, tuple[str, ...]], ...]

    @property
    def passed(self) -> bool:
        """Whether everything expected was found."""
        return not self.differences


def try_case(case: Case) -> Verdict:
    """Derive what the case gives and compare it with what it expects."""
    if not case.expected:
        raise CaseError(f"{case.name}: nothing is expected")
    try:
        return _Trial(case).verdict()
    except CaseError as error:
        raise CaseError(f"{case.name}: {error}") from None


class _Trial:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.differences: list[str] = []
        self.seen: dict[dt.date, WorkDay] = {}

    def verdict(self) -> Verdict:
        """Go through everything expected."""
        ways: dict[str, Callable[[Table], None]] = {
            "expect": self._day,
            "expect_punch": self._punch,
            "expect_week": self._week,
            "expect_month": self._month,
            "expect_screen": self._screen,
            "expect_request": self._request,
        }
        for kind, tables in self.case.expected.items():
            for table in tables:
                ways[kind](dict(table))
        why = tuple((day, tuple(reasons.explain(work_day))) for day, work_day in sorted(self.seen.items()))
        return Verdict(self.case.name, tuple(self.differences), why)

    def _derive(self, first: dt.date, last: dt.date, *, looked_at: bool = True) -> list[WorkDay]:
        case = self.case
        days = derivation.derive_days(
            first,
            last,
            punches=case.punches,
            roster=case.roster,
            calendar=case.calendar,
            leave=case.leave,
            corrections=case.corrections,
            watermark=case.watermark,
            rules=case.rules,
            approvals=case.approvals,
        )
        if looked_at:
            self.seen.update((work_day.day, work_day) for work_day in days[:_MOST_DAYS_EXPLAINED])
        return days

    def _compare(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self.differences.append(f"{what}: expected {_told(expected)}, found {_told(found)}")

    def _duration(self, what: str, expected: object, found: int) -> None:
        wanted = atoms.seconds(expected)
        exact = isinstance(expected, str) and expected.count(":") == 2
        if (found if exact else overtime.whole_minutes(found) * 60) != wanted:
            self.differences.append(f"{what}: expected {expected}, found {reasons.duration(found)}")

    # -- a day -------------------------------------------------------------------------------------------------

    def _day(self, table: Table) -> None:
        if "day" not in table and self.case.here.first is None:
            raise CaseError("expect needs a day")
        day = atoms.date(table.pop("day", "D"), self.case.here)
        work_day = self._derive(day, day)[0]
        for key, expected in table.items():
            self._field(f"{day} {key}", key, expected, work_day)

    def _field(self, what: str, key: str, expected: object, day: WorkDay) -> None:
        if key in _DURATIONS:
            self._duration(what, expected, getattr(day, key))
        elif key in {"code", "present", "absent", "leave"}:
            self._compare(what, expected, getattr(day, key))
        elif key in _WORDS:
            self._compare(what, _sorted(expected), _sorted(_WORDS[key](day)))
        elif key in {"in", "out", "automatic_out"}:
            self._time(what, expected, {"in": day.first_in, "out": day.last_out}.get(key, day.automatic_out), day)
        elif key in _SPECIAL:
            _SPECIAL[key](self, what, expected, day)
        else:
            raise CaseError(f"a day has no {key}")

    def _time(self, what: str, expected: object, point: int | None, day: WorkDay) -> None:
        found = None if point is None else day.timeline.instant(point)
        wanted = None if expected in {"", "none"} else atoms.moment(expected, self.case.here)
        self._compare(what, self._show(wanted), self._show(found))

    def _show(self, at: int | None) -> str:
        if at is None:
            return "none"
        local = dt.datetime.fromtimestamp(at, dt.UTC)
        zone = localtime.zone(self.case.here.site.zone_on(local.date()))
        return f"{local.astimezone(zone):%Y-%m-%d %H:%M}"

    def _window(self, what: str, expected: object, day: WorkDay) -> None:
        """One pair of times, or one pair for each shift of the day."""
        if not isinstance(expected, list) or not expected:
            raise CaseError('window = ["opens", "closes"] is wanted')
        wanted = expected if isinstance(expected[0], list) else [expected]
        found = [part.occurrence for part in day.parts if part.occurrence is not None]
        self._compare(f"{what} (number)", len(wanted), len(found))
        for pair, occurrence in zip(wanted, found, strict=False):
            self._time(f"{what} opens", pair[0], occurrence.opens, day)
            self._time(f"{what} closes", pair[1], occurrence.closes, day)

    def _used(self, what: str, expected: object, day: WorkDay, *, counted: bool) -> None:
        found = [use.punch.at for use in day.uses if (use.use in _USED) is counted]
        wanted = [atoms.moment(value, self.case.here) for value in _list(expected)]
        self._compare(what, [self._show(at) for at in wanted], [self._show(at) for at in sorted(found)])

    def _why(self, what: str, expected: object, day: WorkDay) -> None:
        told = " ".join(reasons.explain(day))
        for words in _list(expected):
            if str(words) not in told:
                self.differences.append(f"{what}: {words!r} is not said")

    def _parts(self, what: str, expected: object, day: WorkDay) -> None:
        tables = [dict(each) for each in _list(expected) if isinstance(each, dict)]
        self._compare(f"{what} (number)", len(tables), len(day.parts))
        for number, (table, part) in enumerate(zip(tables, day.parts, strict=False), start=1):
            for key, value in table.items():
                self._part_field(f"{what} {number} {key}", key, value, part)

    def _part_field(self, what: str, key: str, expected: object, part: Part) -> None:
        if key == "shift":
            self._compare(what, expected, part.occurrence.shift.name if part.occurrence else "")
        elif key == "code":
            self._compare(what, expected, part.code)
        elif key in {"gross", "worked", "late", "early"}:
            self._duration(what, expected, getattr(part, key))
        elif key == "planned":
            self._duration(what, expected, part.plan_seconds)
        else:
            raise CaseError(f"a part of a day has no {key}")

    def _by_date(self, what: str, expected: object, day: WorkDay) -> None:
        timeline = day.timeline
        found: dict[dt.date, int] = {}
        for start, end in day.night_spans:
            for date, seconds in _split_by_date(start, end, timeline):
                found[date] = found.get(date, 0) + seconds
        for key, value in dict(table_of(expected)).items():
            self._duration(f"{what} {key}", value, found.get(atoms.date(key, self.case.here), 0))

    def _rates(self, what: str, expected: object, found: dict[str, int]) -> None:
        wanted = table_of(expected)
        for rate in sorted({*wanted, *found}):
            self._duration(f"{what} {rate}", wanted.get(rate, 0), found.get(rate, 0))

    # -- punches, weeks, months, the door, requests --------------------------------------------------------------

    def _punch(self, table: Table) -> None:
        at = atoms.moment(table.pop("at", None), self.case.here)
        local = dt.datetime.fromtimestamp(at, dt.UTC).date()
        days = self._derive(local - _MARGIN, local + _MARGIN, looked_at=False)
        holding = [(day, use) for day in days for use in day.uses if use.punch.at == at]
        self.seen.update((day.day, day) for day, _ in holding)
        found = holding[0][1] if holding else None
        for key, expected in table.items():
            what = f"punch {self._show(at)} {key}"
            if found is None:
                self.differences.append(f"{what}: expected {expected}, found no such punch")
            elif key == "day":
                self._compare(what, atoms.date(expected, self.case.here), found.day)
            elif key == "use":
                self._compare(what, str(expected), str(found.use))
            elif key == "shift":
                self._compare(what, str(expected), found.shift or "")
            elif key == "counted":
                self._compare(what, expected, _is_counted(found))
            else:
                raise CaseError(f"a punch has no {key}")

    def _week(self, table: Table) -> None:
        first = overtime.first_of_week(atoms.date(table.pop("from", "D"), self.case.here), self.case.rules)
        week = overtime.weeks(self._derive(first, first + dt.timedelta(days=6)), approvals=self.case.approvals)[0]
        for key, expected in table.items():
            what = f"week of {first} {key}"
            if key in {"worked", "planned", "overtime"}:
                self._duration(what, expected, getattr(week, key))
            elif key == "overtime_state":
                self._compare(what, expected, str(week.state))
            else:
                raise CaseError(f"a week has no {key}")

    def _month(self, table: Table) -> None:
        first, last = self._period(table)
        result = totals.total(self._derive(first, last), approvals=self.case.approvals)
        for key, expected in table.items():
            what = f"{first} to {last} {key}"
            if key == "leave_by_code":
                self._compare(what, table_of(expected), result.leave_by_code)
            elif key == "overtime_by_rate":
                self._rates(what, expected, result.overtime_by_rate)
            elif key in _TOTAL_NUMBERS:
                self._compare(what, expected, getattr(result, key))
            elif key in _TOTAL_DURATIONS:
                self._duration(what, expected, getattr(result, key))
            else:
                raise CaseError(f"a month has no {key}")

    def _period(self, table: Table) -> tuple[dt.date, dt.date]:
        if "month" in table:
            first = atoms.date(f"{table.pop('month')}-01", self.case.here)
            return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return atoms.date(table.pop("from", "D"), self.case.here), atoms.date(table.pop("to", "D"), self.case.here)

    def _screen(self, table: Table) -> None:
        case = self.case
        at = atoms.moment(table.pop("at", None), case.here)
        shown = counter.screen(
            at,
            punches=case.punches,
            roster=case.roster,
            calendar=case.calendar,
            leave=case.leave,
            corrections=case.corrections,
            rules=case.rules,
        )
        for key, expected in table.items():
            what = f"screen at {self._show(at)} {key}"
            if key == "offers":
                self._compare(what, expected, str(shown.offers))
            elif key == "worked":
                self._duration(what, expected, shown.worked)
            elif key == "day":
                self._compare(what, atoms.date(expected, case.here), shown.day.day)
            elif key == "forgotten":
                wanted = atoms.date(expected, case.here) if expected not in {"", "none", False} else None
                self._compare(what, wanted, shown.forgotten.day if shown.forgotten else None)
            else:
                raise CaseError(f"a screen has no {key}")

    def _request(self, table: Table) -> None:
        asked = [atoms.asked_time(value, self.case.here) for value in _list(table.get("ask", []))]
        now = atoms.moment(table["now"], self.case.here) if "now" in table else None
        if unknown := set(table) - {"ask", "now", "answer"}:
            raise CaseError(f"a request has no {', '.join(sorted(unknown))}")
        answer = asking.judge(asked, punches=self.case.punches, roster=self.case.roster, now=now)
        found = str(answer) if isinstance(answer, asking.Code) else "accepted"
        self._compare(f"request {table.get('ask')}", table.get("answer", "accepted"), found)


def _split_by_date(start: int, end: int, timeline: Timeline) -> list[tuple[dt.date, int]]:
    result = []
    while start < end:
        date = timeline.local(start).date()
        midnight = timeline.point(date + dt.timedelta(days=1), dt.time())
        result.append((date, min(end, midnight) - start))
        start = min(end, midnight)
    return result


def _is_counted(use: PunchUse) -> bool:
    return use.use in _USED


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _sorted(value: object) -> list[str]:
    return sorted(str(each) for each in (value if isinstance(value, list | tuple) else str(value).split()))


def _told(value: object) -> str:
    return str(value) if value not in ("", [], None) else "nothing"


_DURATIONS = (
    "gross",
    "span",
    "pairs",
    "worked",
    "planned",
    "standard",
    "overtime",
    "payable",
    "late",
    "early",
    "night",
    "daytime",
)
_WORDS: dict[str, Callable[[WorkDay], object]] = {
    "second": lambda day: list(day.second),
    "flags": lambda day: list(day.flags),
    "kind": lambda day: [day.planned_day.kind],
    "overtime_state": lambda day: [day.overtime_state],
    "shift": lambda day: [part.occurrence.shift.name for part in day.parts if part.occurrence],
}
_SPECIAL: dict[str, Callable[[_Trial, str, object, WorkDay], None]] = {
    "window": _Trial._window,
    "used": partial(_Trial._used, counted=True),
    "unused": partial(_Trial._used, counted=False),
    "why": _Trial._why,
    "parts": _Trial._parts,
    "night_by_date": _Trial._by_date,
    "overtime_by_rate": lambda trial, what, expected, day: trial._rates(what, expected, overtime.by_rate(day)),
    "worked_hours": lambda trial, what, expected, day: trial._compare(what, expected, round(day.worked / 3600, 2)),
    "late_past_grace": lambda trial, what, expected, day: trial._duration(
        what, expected, sum(part.late_past_grace for part in day.parts)
    ),
}
_TOTAL_NUMBERS = (
    "employed",
    "present",
    "leave",
    "absent",
    "holidays",
    "off",
    "unmarked",
    "late_count",
    "early_count",
    "counted",
    "paid_days",
)
_TOTAL_DURATIONS = (
    "gross",
    "worked",
    "planned",
    "standard",
    "overtime",
    "overtime_to_approve",
    "undertime",
    "payable",
    "night",
    "holiday_hours",
    "rest_day_hours",
    "late",
    "early",
)
KNOWN = (*_DURATIONS, *_WORDS, *_SPECIAL, *_TOTAL_NUMBERS, *_TOTAL_DURATIONS)
"""Keys that may be expected; the reference page tells each of them."""
