"""A missing out has one name on pages, in documents and in the legend of codes."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from attendance.reports import presence, sheets
from attendance.web.months import closing
from attendance.workdays.models import StatusCode
from attendance.workdays.months.open_points import Kind
from attendance.workdays.months.summaries import Notable
from attendance.workdays.schedule import codes
from timekeeping.work_day import Flag

ROOT = Path(__file__).resolve().parents[2]
OTHER_NAMES = re.compile(
    r"forg[eo]t\w*\s+(the\s+)?outs?\b|\bouts?\s+(is|was|are|were)?\s*(taken to be )?forg[eo]t", re.IGNORECASE
)
NAME = "out missing"


def test_no_page_or_document_calls_it_otherwise() -> None:
    files = [
        *ROOT.glob("templates/**/*.html"),
        *ROOT.glob("docs/**/*.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ]
    assert len(files) > 50
    found = [f"{file.name}: {match[0]}" for file in files for match in OTHER_NAMES.finditer(file.read_text())]
    assert found == []
    assert OTHER_NAMES.search("a forgotten out, Out forgotten, forgot the out, No out is forgotten")


@pytest.mark.django_db
def test_every_label_is_the_same() -> None:
    second = {each.code: each.label for each in codes.SECOND}
    stored = StatusCode.objects.filter(code="FO").values_list("label", flat=True)
    assert {second["FO"], *stored} == {NAME}
    assert presence._FLAGGED[Flag.MISSING_OUT] == NAME
    assert closing.LABELS[Kind.MISSING_OUT].lower() == NAME
    day = Notable(day=dt.date(2026, 11, 3), late=0, early=0, absent=0, flags=("missing_out",))
    assert sheets._remarks(day) == [NAME]
