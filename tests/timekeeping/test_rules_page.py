"""The page of the rules lists every key, code and word that a case may use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from timekeeping import pairing, requests, values
from timekeeping.cases import keys, reading, trying
from timekeeping.plan import DayKind
from timekeeping.status import SECOND_CODES
from timekeeping.work_day import Flag, OvertimeState

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "rules.md").read_text()
SPECS = (keys.SHIFT, keys.ASSIGNMENT, keys.HOLIDAY, keys.LEAVE, keys.CORRECTION, keys.APPROVAL, keys.SETTINGS)
WORDS = {
    *reading.GIVEN,
    *reading.EXPECTED,
    *(key for spec in SPECS for key in spec),
    *trying.KNOWN,
    *(str(member) for kind in (
        requests.Code, pairing.Use, DayKind, Flag, OvertimeState, values.Automatic,
        values.ClockChange, values.CorrectionState, values.Hours, values.LeavePart, values.OvertimeRule,
    ) for member in kind),
    *SECOND_CODES,
}  # fmt: skip


@pytest.mark.parametrize("word", sorted(WORDS))
def test_told_on_the_page(word: str) -> None:
    assert re.search(rf"[`\"{{ ]{re.escape(word)}[`\" ,=]", PAGE)


def test_every_example_on_the_page_is_as_expected() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        for case in reading.read_text(block):
            assert trying.try_case(case).differences == ()


def test_the_version_is_the_one_in_force() -> None:
    assert f"rules version **{values.RULE_VERSION}**" in PAGE
