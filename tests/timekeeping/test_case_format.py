"""The format of cases accepts what people write, and every mistake gets a message that helps."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from timekeeping.cases import keys, reading, trying
from timekeeping.cases.atoms import CaseError

DAY = """
[[case]]
name = "a day"
D = 2026-11-02
shift = { start = "08:00", end = "17:00" }
"""
BERLIN = '\n[[case]]\nname = "a day"\nD = 2026-10-25\nzone = "Europe/Berlin"\n'


def verdicts(text: str) -> list[trying.Verdict]:
    return [trying.try_case(case) for case in reading.read_text(text, where="cases.toml: ")]


@pytest.mark.parametrize(
    "text",
    [
        'punches = ["08:00", "17:00"]\nexpect = { worked = "9:00" }',
        'punches = ["8:00", "17:00"]\nexpect = { worked = 540 }',
        'punches = ["08:00:00", "17:00:00"]\nexpect = { worked = "9h" }',
        'punches = ["D 08:00", "D 17:00"]\nexpect = { worked = "9h00" }',
        'punches = ["2026-11-02 08:00", "2026-11-02T17:00"]\nexpect = { worked = "9:00:00" }',
        "punches = [2026-11-02T08:00:00, 2026-11-02T17:00:00Z]\nexpect = { worked = 09:00:00 }",
        'punches = [08:00:00, 17:00:00]\nexpect = { worked = "540 min" }',
        'punches = ["10:00+02:00", "15:00 -0200"]\nexpect = { worked = "9 h" }',
        'punches = ["08:00 in", "17:00 out"]\nexpect = { worked = "8 h 60 min" }',
        'punches = [{ at = "08:00" }, { at = "17:00", direction = "out", source = "device" }]\nexpect.worked = "9:00"',
        'punches = ["D+1 08:00", "D+1 17:00"]\nexpect = [{ day = "D+1", worked = "+9:00" }]',
        'punches = ["D+1 08:00", "D+1 17:00"]\nexpect = { day = 2026-11-03, worked = "9:00" }',
        'punches = ["D+1 08:00", "D+1 17:00"]\nexpect = { day = "2026-11-03", worked = "9:00" }',
        'punches = ["08:05"]\nexpect = { second = "LATE, FO", flags = ["missing_out"], late = "0:05" }',
        'holiday = "D"\nexpect = { code = "H", present = 0 }',
        'holiday = [2026-11-01, 2026-11-02]\nexpect = { code = "H", second = [] }',
        'leave = { from = "D", start = "08:00", end = "12:00" }\nexpect = { leave = 0.44, planned = "5:00" }',
        'punches = ["08:00", "18:00"]\nsettings = { rates = 1.50 }\nexpect = { overtime_by_rate = { "1.5" = "1:00" } }',
        'punches = "08:00"\nexpect = { in = "08:00", out = "" }',
        'punches = ["08:00 recorded D+1 09:00", "17:00 out device recorded 2026-11-03"]\nexpect = { out = "17:00" }',
    ],
)
def test_written_as_it_comes_to_mind(text: str) -> None:
    assert [verdict.differences for verdict in verdicts(DAY + text)] == [()]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('punches = ["02:30", "02:30 second"]', "1:00:00"),
        ('punches = ["02:30 first", "02:30 second"]', "1:00:00"),
        ('punches = ["02:30+02:00", "02:30+01:00"]', "1:00:00"),
        ('punches = [2026-10-25T02:30:00+02:00, "D 02:30:30 second"]', "1:00:00"),
        ('punches = [{ at = "02:30" }, { at = "02:30 second" }]', "1:00:00"),
    ],
)
def test_a_time_that_struck_twice(text: str, seconds: str) -> None:
    (found,) = verdicts(f'{BERLIN}shift = {{ start = "00:00", end = "08:00" }}\n{text}\nexpect.gross = "{seconds}"')
    assert found.differences == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (DAY + 'punch = ["08:00"]', 'cases.toml: case 1 "a day": a case has no punch (did you mean punches'),
        (DAY + 'person = "Ada"', 'case 1 "a day": a case has no person ('),
        (DAY + 'settings = { nights = "22:00-06:00" }', "settings: the table has no nights (did you mean night"),
        (DAY + 'settings = { overtime_tolerance = "x" }', "settings: overtime_tolerance: not a duration: 'x'"),
        (DAY + 'settings = { overtime = "month" }', "overtime: one of none, day, week is wanted, not 'month'"),
        (DAY + "settings = { undertime = 1 }", "undertime: true or false is wanted, not 1"),
        (DAY + 'settings = { night = "22:00" }', 'night: "12:00-13:00" is wanted'),
        (DAY + "settings = { rates = [] }", "rates: at least one step is wanted"),
        (DAY + "settings = { rates = [{ after = 60 }] }", "rates: a step of rates needs rate"),
        (DAY + 'settings = { week_starts = "mon-tue" }', "week_starts: one day of the week is wanted"),
        (DAY + "settings = 5", "settings: a table { key = value } is wanted, not 5"),
        (DAY + 'punches = ["08:00", "8 o\'clock"]', "punches 2: not a time:"),
        (DAY + 'punches = ["08:60"]', "punches 1: not a time of day: '08:60'"),
        (DAY + 'punches = ["2026-02-30 08:00"]', "punches 1: not a date: '2026-02-30'"),
        (DAY + 'punches = ["D+99999 08:00"]', "punches 1: a date from 1970 to 2200 is wanted"),
        (DAY + "punches = [8]", "punches 1: not a time: '8'"),
        (DAY + 'punches = ["08:00 in out"]', "punches 1: only one of in, out is possible"),
        (
            DAY + 'punches = ["08:00 second"]',
            "punches 1: 2026-11-02 08:00 happened only once in UTC: leave 'second' out",
        ),
        (DAY + 'punches = [{ time = "08:00" }]', "punches 1: a punch has no time (known: at,"),
        (DAY + 'punches = [{ at = "08:00", direction = "inn" }]', "direction: in or out is wanted, not 'inn'"),
        (BERLIN + 'D = 2026-03-29\npunches = ["02:30"]', "not TOML"),
        (BERLIN + 'punches = ["2026-03-29 02:30"]', "punches 1: 2026-03-29 02:30 did not exist in Europe/Berlin"),
        (BERLIN + "punches = [2026-03-29T02:30:00]", "punches 1: 2026-03-29 02:30 did not exist in Europe/Berlin"),
        (BERLIN + 'watermark = "2026-03-29 02:30"', "watermark: 2026-03-29 02:30 did not exist"),
        (BERLIN + 'doors = { back = "noon" }', "doors: back: not a time: 'noon'"),
        (BERLIN + "doors = 5", "doors: a table"),
        (BERLIN + "shift = 5", "shift: a table { key = value } is wanted, not 5"),
        (BERLIN + "shift = { start = 8, end = 17 }", "shift: start: not a time of day: 8"),
        (BERLIN + 'shift = [{ start = "08:00", end = "25:00" }]', "shift 1: end: not a time of day: '25:00'"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", grace_late = 1.5 }', "grace_late: not a duration: 1.5"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", absent = "0:00:30" }', "absent: whole minutes are wanted"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", before = -5 }', "before: not below zero"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", week_days = "mo" }', "not a day of the week: 'mo'"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", hours = "gaps" }', "hours: one of pairs, first_last"),
        (BERLIN + 'shift = { start = "08:00", end = "17:00", breaks = "noon" }', 'breaks: "12:00-13:00" is wanted'),
        (BERLIN + 'assignment = { shift = "x" }', "assignment: no shift is called 'x' (known: none)"),
        (DAY + 'assignment = { from = "D+1", to = "D" }', "assignment: to: 2026-11-02 is before from"),
        (DAY + 'assignment = { until = "D" }', "assignment: an assignment has no until (known"),
        (DAY + 'assignment = { for = "everybody" }', "for: one of person, department, default is wanted"),
        (DAY + 'leave = { code = "CL" }', "leave: a leave needs from"),
        (DAY + 'leave = { date = "D", from = "D" }', "leave: either date, or from and to"),
        (DAY + 'leave = { date = "D", part = "morning" }', "leave: part: one of full, first_half, second_half, hours"),
        (DAY + 'leave = { date = "D", part = "hours" }', 'leave: part = "hours" needs start and end'),
        (DAY + 'leave = { date = "D", paid = 50 }', "leave: paid: a fraction from 0.0 to 1.0 is wanted"),
        (DAY + 'holiday = { name = "x" }', "holiday: a holiday needs date"),
        (DAY + "holiday = 5", "holiday: a table"),
        (DAY + 'joined = "D"\nleft = "D-1"', "left: 2026-11-01 is before joined"),
        (DAY + 'joined = "soon"', "joined: not a date: 'soon'"),
        (DAY + 'corrections = { direction = "in" }', "corrections: a correction needs at or replaces"),
        (
            DAY + 'corrections = { at = "08:00", state = "open" }',
            "state: one of requested, approved, rejected, revoked is wanted",
        ),
        (DAY + 'approvals = { day = "D" }', "approvals: an approval needs at"),
        (DAY + 'zone = "Europe/Berlim"', "not an IANA time zone: 'Europe/Berlim' (did you mean Europe/Berlin?)"),
        (DAY + "zone = 1", "not an IANA time zone: 1"),
        (DAY + 'site = { zone = "UTC", town = "x" }', "site: a site has no town (known"),
        (DAY + 'zone = "UTC"\nsite = { zone = "Asia/Tokyo" }', "one of them is enough"),
        (DAY + "site = { changes = [{ since = 2026-11-03 }] }", "site: changes 1: a change of zone needs zone"),
        ('[[case]]\nD = "D"\nexpect = { code = "P" }', "case 1: D: 'D' needs the case to say which day D is"),
        ('[[case]]\nD = "tomorrow"', "case 1: D: not a date: 'tomorrow'"),
        (
            '[[case]]\nexpect = { code = "P" }',
            "case 1: expect: day is missing, and the case does not say which day D is",
        ),
        ("case = 5", "the file has no [[case]]"),
        ("[[cases]]\nD = 2026-11-02", "cases.toml: the top of the file has no cases ("),
        (DAY, 'cases.toml: case 1 "a day": nothing is expected'),
        (DAY + "expect = 5", "expect: a table"),
        (DAY + "expect = {}", "expect: nothing is expected of 2026-11-02"),
        (DAY + "expect = { codes = 'P' }", "expect: a day has no codes (did you mean code"),
        (DAY + "expect = { day = 2062-11-02, code = 'A' }", "expect: day: 2062-11-02 is more than a year away"),
        (DAY + "expect = { day = 'someday', code = 'A' }", "expect: day: not a date: 'someday'"),
        (DAY + "expect = [{ code = 'A' }, { late = 'x' }]", "expect 2: late: not a duration: 'x'"),
        (DAY + "expect = { present = '1' }", "expect: present: a number is wanted, not '1'"),
        (DAY + "expect = { code = true }", "expect: code: a text is wanted, not True"),
        (DAY + "expect = { second = 'LAT' }", "expect: second: one of HWO, POW, POH, LATE, ERL"),
        (DAY + "expect = { flags = ['late'] }", "expect: flags: one of missing_out"),
        (DAY + "expect = { kind = 'work' }", "expect: kind: one of working, rest"),
        (DAY + "expect = { in = '8' }", "expect: in: not a time: '8'"),
        (DAY + "expect = { window = '07:00' }", 'expect: window: ["opens", "closes"] is wanted'),
        (DAY + "expect = { parts = [{ hours = 1 }] }", "expect: parts: a part of a day has no hours"),
        (DAY + "expect = { overtime_by_rate = 5 }", "expect: overtime_by_rate: a table"),
        (DAY + "expect_punch = { use = 'in' }", "expect_punch: at is missing"),
        (DAY + "punches = ['08:00']\nexpect_punch = { at = '08:00', use = 'inn' }", "use: one of in, out, between"),
        (DAY + "punches = ['08:00']\nexpect_punch = { at = '08:00', counted = 1 }", "counted: true or false is wanted"),
        (DAY + "expect_week = { hours = 40 }", "expect_week: a week has no hours"),
        (DAY + "expect_month = { month = 11 }", 'expect_month: month: a month as "2026-11" is wanted, not 11'),
        (DAY + "expect_month = { month = '2026-13' }", "expect_month: month: not a date"),
        (DAY + "expect_month = { from = 'D+1', to = 'D' }", "expect_month: a period of 1 to"),
        (DAY + "expect_month = { from = 'D', to = 'D', days = 1 }", "expect_month: a month has no days"),
        (DAY + "expect_screen = { offers = 'in' }", "expect_screen: at is missing"),
        (DAY + "expect_screen = { at = '08:00', offers = 'enter' }", "offers: one of in, out is wanted"),
        (DAY + "expect_request = { answer = 'accepted' }", "expect_request: ask is missing"),
        (DAY + "expect_request = { ask = '08:00' }", "expect_request: ask: '08:00' does not say in or out"),
        (DAY + "expect_request = { ask = '08:00 in', answer = 'yes' }", "answer: one of accepted, time_did_not_exist"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_file_case_and_key(text: str, complaint: str) -> None:
    with pytest.raises(CaseError) as told:
        verdicts(text)
    assert complaint in str(told.value)
    assert str(told.value).startswith("cases.toml: ")


def test_what_the_file_says_holds_for_cases_that_say_nothing_else() -> None:
    first, second, third = verdicts(
        'zone = "Europe/Berlin"\nD = 2026-11-02\nholiday = "D"\nsettings = { overtime = "none" }\n'
        '[[case]]\npunches = ["08:00+01:00"]\nexpect = { in = "08:00", code = "H" }\n'
        '[[case]]\nsite = { zone = "Asia/Tokyo" }\npunches = ["08:00+09:00"]\nexpect = { in = "08:00", code = "H" }\n'
        '[[case]]\nholiday = []\nexpect = { code = "" }\n'
    )
    assert [verdict.differences for verdict in (first, second, third)] == [(), (), ()]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 2, "No such file"),
        (b"\xff\xfe", 2, "not UTF-8"),
        (b"[[case]", 2, "not TOML"),
        (b"\xef\xbb\xbf" + DAY.encode() + b'expect = { code = "A" }', 0, "1 passed, 0 failed"),
        (DAY.encode() + b'expect = { code = "P" }', 1, "expected P, found A"),
        (DAY.encode() + b'expect = { cod = "P" }', 2, 'case 1 "a day": expect: a day has no cod'),
    ],
)
def test_the_exit_code(
    content: bytes | None, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        call_command("try_rules", str(path), "--quiet")
    printed = capsys.readouterr()
    assert ended.value.code == code
    assert said in printed.out + printed.err
    assert (str(path) in printed.err) == (code == 2)


def test_json_names_file_and_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.toml"
    path.write_text(DAY + 'expect = { code = "P" }')
    with pytest.raises(SystemExit):
        call_command("try_rules", str(path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["name"], told["passed"]) == (str(path), "a day", False)
    assert told["why"]["2026-11-02"][-1] == "Status A (absent 1)."


junk = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=True), st.text(max_size=8), st.dates(),
    st.times(), st.datetimes(), st.datetimes(timezones=st.just(dt.UTC)),
    st.sampled_from(["D", "D+1", "08:00", "D 24:00", "2026-11-02", "9:10", "P", "in", "mon", "first_half", "hours"]),
)  # fmt: skip
anything = st.recursive(
    junk, lambda of: st.lists(of, max_size=2) | st.dictionaries(st.text(max_size=4), of, max_size=2)
)
PLACES: list[tuple[str, str]] = [
    *(("", key) for key in (*reading.GIVEN, *reading.EXPECTED)),
    *(
        (place, key)
        for place, spec in (
            ("shift", keys.SHIFT), ("assignment", keys.ASSIGNMENT), ("holiday", keys.HOLIDAY), ("leave", keys.LEAVE),
            ("corrections", keys.CORRECTION), ("approvals", keys.APPROVAL), ("settings", keys.SETTINGS),
            ("site", dict.fromkeys(reading.SITE)),
            ("expect", dict.fromkeys(("day", *trying.DAY_KEYS))),
            ("expect_punch", dict.fromkeys(("at", *trying.PUNCH_KEYS))),
            ("expect_week", dict.fromkeys(("from", *trying.WEEK_KEYS))),
            ("expect_month", dict.fromkeys(("month", "from", "to", *trying.MONTH_KEYS))),
            ("expect_screen", dict.fromkeys(("at", *trying.SCREEN_KEYS))),
            ("expect_request", dict.fromkeys(trying.REQUEST_KEYS)),
        )
        for key in spec
    ),
]  # fmt: skip
WHOLE: dict[str, dict[str, object]] = {
    "shift": {"start": "08:00", "end": "17:00"},
    "holiday": {"date": "D"},
    "leave": {"from": "D"},
    "corrections": {"at": "17:00"},
    "approvals": {"day": "D", "at": "D+1"},
    "expect_punch": {"at": "08:00"},
    "expect_screen": {"at": "08:00"},
    "expect_request": {"ask": "17:00 out"},
}


@settings(max_examples=examples(200), deadline=None)
@given(place=st.sampled_from(PLACES), value=anything)
def test_whatever_stands_under_a_key_is_understood_or_refused(place: tuple[str, str], value: object) -> None:
    table, key = place
    case: dict[str, object] = {
        "D": dt.date(2026, 11, 2),
        "shift": {"start": "08:00", "end": "17:00"},
        "punches": ["08:00", "17:00"],
        "expect": {"code": "P"},
    }
    case |= {key: value} if not table else {table: {**WHOLE.get(table, {}), key: value}}
    told = "case 1"
    try:
        trying.try_case(reading._case({}, case, "case 1"))
    except CaseError as error:
        told = str(error)
    assert told.startswith("case 1")
