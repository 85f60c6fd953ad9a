"""Worked examples and known mistakes come out as expected; the tables are the TOML files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from timekeeping.cases import reading, trying
from timekeeping.cases.atoms import CaseError
from timekeeping.cases.reading import Case
from timekeeping.values import RULE_VERSION

CASES = Path(trying.__file__).parent
EXAMPLES = CASES / "worked_examples.toml"
MISTAKES = CASES / "known_mistakes.toml"
FURTHER = CASES / "further_cases.toml"
CHANGING = CASES / "changing_rules.toml"
MINUTES = CASES / "whole_minutes.toml"
BEYOND = CASES / "beyond_the_window.toml"
BY_HAND = CASES / "entered_by_hand.toml"
WRITTEN = CASES / "written_from_the_rules.toml"
SHIPPED = (EXAMPLES, MISTAKES, FURTHER, CHANGING, MINUTES, BEYOND)
LEFT_OUT = {5, 9, 17, 26, 29, 34, 36, 41, 43, 48, 55}
"""Numbers that the list of worked examples itself skips."""


def read(path: Path) -> list[Case]:
    return reading.read(path)


@pytest.mark.parametrize(
    "case",
    [
        case
        for path in (EXAMPLES, MISTAKES, FURTHER, CHANGING, MINUTES, BEYOND, BY_HAND, WRITTEN)
        for case in read(path)
    ],
    ids=lambda case: case.name,
)
def test_as_expected(case: Case) -> None:
    assert trying.try_case(case).differences == ()


def test_every_worked_example_is_there() -> None:
    found = {int(match[1]) for case in read(EXAMPLES) if (match := re.match(r"W(\d+) ", case.name))}
    assert found == set(range(1, 61)) - LEFT_OUT


NIGHT = """
[[case]]
name = "night"
D = 2026-11-02
shift = { start = "22:00", end = "06:00", before = 60, after = 60 }
punches = ["21:10", "D+1 06:20"]
"""


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ('expect = { gross = "9:11" }', "expected 9:11, found 9:10"),
        ('expect = { code = "A" }', "code: expected A, found P"),
        ('expect = { in = "21:11" }', "expected 2026-11-02 21:11, found 2026-11-02 21:10"),
        ("expect = { late = 1 }", "late: expected 0:01, found 0:00"),
        ('expect = { flags = "missing_out" }', "flags: expected ['missing_out'], found nothing"),
        ('expect = { window = ["D 21:01", "D+1 07:00"] }', "window opens"),
        ('expect = { used = ["D 21:10"] }', "used"),
        ('expect = { why = "is late" }', "is not said"),
        ('expect_punch = { at = "21:10", day = "D+1" }', "day: expected 2026-11-03, found 2026-11-02"),
        ('expect_punch = { at = "21:11", day = "D" }', "no such punch"),
        ("expect_month = { from = 'D', to = 'D', present = 0.5 }", "present: expected 0.5, found 1"),
        ('expect_week = { from = "D", worked = "1:00" }', "worked: expected 1:00, found 9:10"),
        ('expect_screen = { at = "21:30", offers = "in" }', "offers: expected in, found out"),
        ('expect_request = { ask = ["D+1 06:20 in"], answer = "overlap" }', "expected overlap, found accepted"),
    ],
)
def test_a_wrong_expectation_is_named(expected: str, difference: str) -> None:
    (case,) = reading.read_text(NIGHT + expected)
    verdict = trying.try_case(case)
    assert not verdict.passed
    assert difference in " ".join(verdict.differences)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no [[case]]"),
        ("[[case]]\nexpect = ", "not TOML"),
        ('[[case]]\nshift = { start = "8:00", end = "9:00", grace = 5 }', "a shift has no grace"),
        ('[[case]]\nshift = { start = "8:00" }', "a shift needs end"),
        ('[[case]]\nzone = "Mars/Olympus"', "not an IANA time zone"),
        ('[[case]]\nD = 2026-11-02\npunches = ["25:00"]', "not a time of day"),
        ('[[case]]\npunches = ["08:00"]', "which day D is"),
        ('[[case]]\nD = 2026-11-02\nzone = "Europe/Berlin"\npunches = ["2026-03-29 02:30"]', "did not exist"),
        ("[[case]]\nsettings = { tolerance = 5 }", "settings: the table has no tolerance (did you mean"),
        ("[[case]]\nexpected = {}", "a case has no expected"),
        ("[[case]]\nname = 'empty'", "nothing is expected"),
        ("[[case]]\nD = 2026-11-02\nexpect = { hours = 8 }", "a day has no hours"),
        ('[[case]]\nD = 2026-11-02\nassignment = { shift = "x" }', "no shift is called 'x'"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(CaseError, match=re.escape(complaint)):
        [trying.try_case(case) for case in reading.read_text(text)]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (NIGHT + 'expect = { gross = "9:10" }', 0, "1 passed, 0 failed"),
        (NIGHT + 'expect = { gross = "9:00" }', 1, "expected 9:00, found 9:10"),
        ("[[case]]\nfoo = 1", 2, "a case has no foo"),
    ],
)
def test_the_command(text: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.toml"
    path.write_text(text)
    with pytest.raises(SystemExit) as ended:
        call_command("try_rules", str(path))
    printed = capsys.readouterr()
    assert ended.value.code == code
    assert said in printed.out + printed.err
    if code < 2:
        assert (
            f"why 2026-11-02: Rules {RULE_VERSION}, times in UTC. Monday 2 November 2026 is a working day."
            in printed.out
        )
