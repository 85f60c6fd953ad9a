"""Runs cases; the verdict holds every difference and the explanation of the days concerned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from timekeeping import derivation, door, explanation, overtime, requests, totals
from timekeeping.cases import atoms, keys
from timekeeping.cases.atoms import CaseError
from timekeeping.cases.comparing import Comparison, as_list
from timekeeping.cases.keys import Table
from timekeeping.cases.reading import Case
from timekeeping.events import gather
from timekeeping.pairing import Use
from timekeeping.plan import DayKind
from timekeeping.status import SECOND_CODES
from timekeeping.timeline import Timeline
from timekeeping.values import Direction
from timekeeping.work_day import Flag, OvertimeState, Part, PunchUse, WorkDay

_MARGIN = dt.timedelta(days=2)
_WEEK = dt.timedelta(days=6)
_YEAR = dt.timedelta(days=366)
_MOST_DAYS_EXPLAINED = 7
_MOST_DAYS_TOTALLED = 400
_USED = {Use.IN, Use.OUT, Use.BETWEEN}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`differences`: "what: expected x, found y". `why`: the sentences of every day that was looked at."""

    name: str
    differences: tuple[str, ...]
    why: tuple[tuple[dt.date, tuple[str, ...]], ...]
    where: str = ""

    @property
    def file(self) -> str:
        """The file that the case stands in, as it was named."""
        return self.where.partition(": case ")[0]

    @property
    def passed(self) -> bool:
        """Whether everything expected was found."""
        return not self.differences


def try_case(case: Case) -> Verdict:
    """Derive what the case gives and compare it with what it expects. Raises CaseError for what cannot be read."""
    with atoms.within(case.where or case.name):
        if not case.expected:
            raise CaseError("nothing is expected")
        return _Trial(case).verdict()


class _Trial:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.here = case.here
        self.differs = Comparison(case.here)
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
            for place, table in tables:
                with atoms.within(place):
                    ways[kind](dict(table))
        why = tuple((day, tuple(explanation.explain(work_day))) for day, work_day in sorted(self.seen.items()))
        return Verdict(self.case.name, tuple(self.differs.differences), why, self.case.where)

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

    def _date(self, table: Table, key: str) -> dt.date:
        """Take a date out of what is expected; without one it is day D."""
        if key not in table and self.here.first is None:
            raise CaseError(f"{key} is missing, and the case does not say which day D is")
        with atoms.within(key):
            return atoms.date(table.pop(key, "D"), self.here)

    def _moment(self, table: Table) -> int:
        if "at" not in table:
            raise CaseError("at is missing")
        with atoms.within("at"):
            return atoms.moment(table.pop("at"), self.here)

    # -- a day -------------------------------------------------------------------------------------------------

    def _day(self, table: Table) -> None:
        day = self._date(table, "day")
        keys.refuse(table, DAY_KEYS, "a day")
        self._in_reach(day)
        if not table:
            raise CaseError(f"nothing is expected of {day}")
        work_day = self._derive(day, day)[0]
        for key, expected in table.items():
            with atoms.within(key):
                _of_a_day(key)(self, f"{day} {key}", expected, work_day)

    def _in_reach(self, day: dt.date) -> None:
        """Refuse a day that has nothing to do with the case: it is a slip of the pen."""
        known = self.case.dates
        if known and not known[0] - _YEAR <= day <= known[-1] + _YEAR:
            raise CaseError(f"day: {day} is more than a year away from what the case gives ({known[0]} to {known[-1]})")

    def _time(self, what: str, expected: object, point: int | None, day: WorkDay) -> None:
        self.differs.time(what, expected, None if point is None else day.timeline.instant(point))

    def _window(self, what: str, expected: object, day: WorkDay) -> None:
        """One pair of times, or one pair for each shift of the day."""
        pairs = expected if isinstance(expected, list) and expected and isinstance(expected[0], list) else [expected]
        if any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
            raise CaseError('["opens", "closes"] is wanted, or a list of such pairs')
        found = [part.occurrence for part in day.parts if part.occurrence is not None]
        self.differs.compare(f"{what} (number)", len(pairs), len(found))
        for pair, occurrence in zip(pairs, found, strict=False):
            self._time(f"{what} opens", pair[0], occurrence.opens, day)
            self._time(f"{what} closes", pair[1], occurrence.closes, day)

    def _used(self, what: str, expected: object, day: WorkDay, *, counted: bool) -> None:
        found = [day.timeline.instant(use.punch.at) for use in day.uses if (use.use in _USED) is counted]
        self.differs.times(what, expected, found)

    def _why(self, what: str, expected: object, day: WorkDay) -> None:
        reasons = " ".join(explanation.explain(day))
        for words in as_list(expected):
            if str(words) not in reasons:
                self.differs.differences.append(f"{what}: {words!r} is not said")

    def _parts(self, what: str, expected: object, day: WorkDay) -> None:
        tables = [keys.table_of(each) for each in as_list(expected)]
        self.differs.compare(f"{what} (number)", len(tables), len(day.parts))
        for number, (table, part) in enumerate(zip(tables, day.parts, strict=False), start=1):
            keys.refuse(table, PART_KEYS, "a part of a day")
            for key, value in table.items():
                with atoms.within(f"{number} {key}"):
                    self._part_field(f"{what} {number} {key}", key, value, part)

    def _part_field(self, what: str, key: str, expected: object, part: Part) -> None:
        if key == "shift":
            self.differs.text(what, expected, part.occurrence.shift.name if part.occurrence else "")
        elif key == "code":
            self.differs.text(what, expected, part.code)
        else:
            self.differs.duration(what, expected, part.plan_seconds if key == "planned" else getattr(part, key))

    def _by_date(self, what: str, expected: object, day: WorkDay) -> None:
        found: dict[dt.date, int] = {}
        for start, end in day.night_spans:
            for date, seconds in _split_by_date(start, end, day.timeline):
                found[date] = found.get(date, 0) + seconds
        for key, value in keys.table_of(expected).items():
            with atoms.within(key):
                self.differs.duration(f"{what} {key}", value, found.get(atoms.date(key, self.here), 0))

    # -- punches, weeks, months, the door, requests --------------------------------------------------------------

    def _punch(self, table: Table) -> None:
        at = self._moment(table)
        keys.refuse(table, PUNCH_KEYS, "a punch")
        local = dt.datetime.fromtimestamp(at, dt.UTC).date()
        days = self._derive(local - _MARGIN, local + _MARGIN, looked_at=False)
        uses = [(day, use) for day in days for use in day.uses]
        holding = [each for each in uses if each[0].timeline.instant(each[1].punch.at) == at]
        holding = holding or [each for each in uses if each[0].timeline.instant(each[1].punch.minute) == at]
        if not holding:
            self.differs.differences.append(f"punch {self.differs.show(at)}: found no such punch")
            return
        day, found = holding[0]
        self.seen[day.day] = day
        for key, expected in table.items():
            what = f"punch {self.differs.show(at)} {key}"
            with atoms.within(key):
                if key == "day":
                    self.differs.compare(what, atoms.date(expected, self.here), found.day)
                elif key == "use":
                    self._use(what, expected, found, day)
                elif key == "shift":
                    self.differs.text(what, expected, found.shift or "")
                else:
                    self.differs.yes_or_no(what, expected, found=found.use in _USED)

    def _use(self, what: str, expected: object, found: PunchUse, day: WorkDay) -> None:
        """A punch in no window is off-shift, also where its time counts because nobody was expected."""
        if expected == Use.OFF_SHIFT and found.shift is None and day.has(Flag.OFF_SHIFT):
            return
        self.differs.one_word(what, expected, str(found.use), known=Use)

    def _week(self, table: Table) -> None:
        within = self._date(table, "from")
        first = overtime.first_of_week(within, self.case.rules.on(within))
        keys.refuse(table, WEEK_KEYS, "a week")
        weeks = overtime.weeks(self._derive(first, first + _WEEK), approvals=self.case.approvals)
        week = next(week for week in weeks if within in {day.day for day in week.days})
        for key, expected in table.items():
            what = f"week of {first} {key}"
            with atoms.within(key):
                if key == "overtime_state":
                    self.differs.one_word(what, expected, str(week.state), known=OvertimeState)
                elif key == "overtime_by_rate":
                    self.differs.rates(what, expected, week.by_rate)
                else:
                    self.differs.duration(what, expected, getattr(week, key))

    def _month(self, table: Table) -> None:
        first, last = self._period(table)
        keys.refuse(table, MONTH_KEYS, "a month")
        result = totals.total(
            self._derive(first, last),
            approvals=self.case.approvals,
            around=self._derive(first - _WEEK, last + _WEEK, looked_at=False)
            if self.case.rules.has_weekly_rule
            else (),
        )
        for key, expected in table.items():
            what = f"{first} to {last} {key}"
            with atoms.within(key):
                if key == "leave_by_code":
                    self._leave_by_code(what, expected, result.leave_by_code)
                elif key == "overtime_by_rate":
                    self.differs.rates(what, expected, result.overtime_by_rate)
                elif key in TOTAL_NUMBERS:
                    self.differs.number(what, expected, getattr(result, key))
                else:
                    self.differs.duration(what, expected, getattr(result, key))

    def _leave_by_code(self, what: str, expected: object, found: dict[str, float]) -> None:
        wanted = keys.table_of(expected)
        for code in sorted({*wanted, *found}):
            self.differs.number(f"{what} {code}", wanted.get(code, 0.0), found.get(code, 0.0))

    def _period(self, table: Table) -> tuple[dt.date, dt.date]:
        if "month" not in table:
            first, last = self._date(table, "from"), self._date(table, "to")
            if not 0 <= (last - first).days < _MOST_DAYS_TOTALLED:
                raise CaseError(f"a period of 1 to {_MOST_DAYS_TOTALLED} days is wanted, not {first} to {last}")
            return first, last
        with atoms.within("month"):
            given = table.pop("month")
            if not isinstance(given, str) or len(given) != 7:
                raise CaseError(f'a month as "2026-11" is wanted, not {given!r}')
            first = atoms.date(f"{given}-01", self.here)
        if {"from", "to"} & set(table):
            raise CaseError("either month, or from and to")
        return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)

    def _screen(self, table: Table) -> None:
        case = self.case
        at = self._moment(table)
        keys.refuse(table, SCREEN_KEYS, "a screen")
        context = door.PunchContext(
            roster=case.roster,
            rules=case.rules,
            calendar=case.calendar,
            leave=case.leave,
            corrections=case.corrections,
        )
        shown = door.screen(at, punches=case.punches, context=context)
        self.seen[shown.day.day] = shown.day
        for key, expected in table.items():
            what = f"screen at {self.differs.show(at)} {key}"
            with atoms.within(key):
                if key == "offers":
                    self.differs.one_word(what, expected, str(shown.offers), known=Direction)
                elif key == "worked":
                    self.differs.duration(what, expected, shown.worked)
                elif key == "day":
                    self.differs.compare(what, atoms.date(expected, self.here), shown.day.day)
                else:
                    wanted = None if expected in ("", "none", False) else atoms.date(expected, self.here)
                    self.differs.compare(what, wanted, shown.forgotten.day if shown.forgotten else None)

    def _request(self, table: Table) -> None:
        keys.refuse(table, REQUEST_KEYS, "a request")
        if "ask" not in table:
            raise CaseError("ask is missing")
        with atoms.within("ask"):
            asked = [atoms.asked_time(value, self.here) for value in as_list(table["ask"])]
        with atoms.within("now"):
            now = atoms.moment(table["now"], self.here) if "now" in table else None
        case = self.case
        counting, _ = gather(case.punches, case.corrections, timeline=Timeline(case.roster.site), rules=case.rules)
        answer = requests.judge(asked, punches=counting, roster=case.roster, now=now)
        found = str(answer) if isinstance(answer, requests.Code) else requests.ACCEPTED
        with atoms.within("answer"):
            self.differs.one_word(
                f"request {table['ask']}", table.get("answer", requests.ACCEPTED), found, known=REQUEST_ANSWERS
            )


def _split_by_date(start: int, end: int, timeline: Timeline) -> list[tuple[dt.date, int]]:
    result = []
    while start < end:
        date = timeline.local(start).date()
        midnight = timeline.point(date + dt.timedelta(days=1), dt.time())
        result.append((date, min(end, midnight) - start))
        start = min(end, midnight)
    return result


DURATIONS = (
    "gross", "span", "pairs", "worked", "planned", "standard", "overtime", "payable", "late", "early", "night",
    "daytime",
)  # fmt: skip
SHARES = ("present", "absent", "leave", "off")
TIMES: dict[str, Callable[[WorkDay], int | None]] = {
    "in": lambda day: day.first_in,
    "out": lambda day: day.last_out,
    "automatic_out": lambda day: day.automatic_out,
}
_DayField = Callable[[_Trial, str, object, WorkDay], None]
_OTHERS: dict[str, _DayField] = {
    "code": lambda trial, what, expected, day: trial.differs.text(what, expected, day.code),
    "second": lambda trial, what, expected, day: trial.differs.words(what, expected, day.second, known=SECOND_CODES),
    "flags": lambda trial, what, expected, day: trial.differs.words(what, expected, day.flags, known=Flag),
    "kind": lambda trial, what, expected, day: trial.differs.one_word(
        what, expected, day.planned_day.kind, known=DayKind
    ),
    "overtime_state": lambda trial, what, expected, day: trial.differs.one_word(
        what, expected, day.overtime_state, known=OvertimeState
    ),
    "shift": lambda trial, what, expected, day: trial.differs.names(
        what, expected, [part.occurrence.shift.name for part in day.parts if part.occurrence]
    ),
    "window": _Trial._window,
    "used": partial(_Trial._used, counted=True),
    "unused": partial(_Trial._used, counted=False),
    "why": _Trial._why,
    "parts": _Trial._parts,
    "night_by_date": _Trial._by_date,
    "overtime_by_rate": lambda trial, what, expected, day: trial.differs.rates(what, expected, overtime.by_rate(day)),
    "worked_hours": lambda trial, what, expected, day: trial.differs.number(
        what, expected, round(day.worked / 3600, 2)
    ),
    "late_past_grace": lambda trial, what, expected, day: trial.differs.duration(
        what, expected, sum(part.late_past_grace for part in day.parts)
    ),
}


def _of_a_day(key: str) -> _DayField:
    """Return who compares a key of a day."""
    if key in DURATIONS:
        return lambda trial, what, expected, day: trial.differs.duration(what, expected, getattr(day, key))
    if key in SHARES:
        return lambda trial, what, expected, day: trial.differs.number(what, expected, getattr(day, key))
    if key in TIMES:
        return lambda trial, what, expected, day: trial._time(what, expected, TIMES[key](day), day)
    return _OTHERS[key]


DAY_KEYS = (*DURATIONS, *SHARES, *TIMES, *_OTHERS)
PART_KEYS = ("shift", "code", "gross", "worked", "planned", "late", "early")
PUNCH_KEYS = ("day", "shift", "counted", "use")
WEEK_KEYS = ("worked", "planned", "overtime", "overtime_state", "overtime_by_rate")
SCREEN_KEYS = ("offers", "worked", "day", "forgotten")
REQUEST_KEYS = ("ask", "now", "answer")
REQUEST_ANSWERS = (requests.ACCEPTED, *requests.Code)
TOTAL_NUMBERS = (
    "employed", "working_days", "present", "leave", "absent", "holidays", "off", "unmarked", "late_count",
    "early_count", "counted", "paid_days",
)  # fmt: skip
TOTAL_DURATIONS = (
    "gross", "worked", "planned", "standard", "overtime", "overtime_to_approve", "undertime", "payable", "night",
    "holiday_hours", "rest_day_hours", "late", "early",
)  # fmt: skip
MONTH_KEYS = (*TOTAL_NUMBERS, *TOTAL_DURATIONS, "leave_by_code", "overtime_by_rate")
KNOWN = (*DAY_KEYS, *PART_KEYS, *PUNCH_KEYS, *WEEK_KEYS, *SCREEN_KEYS, *REQUEST_KEYS, *MONTH_KEYS)
"""Keys that may be expected; the reference page explains each of them."""
