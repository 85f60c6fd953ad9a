"""Settings written as TOML are read back as they were, whatever their texts and keys hold."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from attendance.web import toml
from attendance.workdays.models import WorkRules

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\x7f\n\r\t\x00='), max_size=12)
SINGLE = (
    TEXTS
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.dates()
    | st.times()
    | st.datetimes()
)
VALUES = st.recursive(SINGLE, lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXTS, some, max_size=3))


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back(content: dict[str, Any]) -> None:
    assert tomllib.loads(toml.dumps(content)) == content


def test_it_looks_as_it_was_typed() -> None:
    content = {"overtime_tolerance": 10, "undertime": True, "days": ["mon", "fri"], "rates": {"holiday": 1.5}}
    assert toml.dumps(content).splitlines() == [
        "overtime_tolerance = 10",
        "undertime = true",
        'days = ["mon", "fri"]',
        "rates = { holiday = 1.5 }",
    ]


@pytest.mark.django_db
def test_a_quote_in_a_setting_is_shown_so_that_it_can_be_saved_again(hr: Client) -> None:
    content = {"calendar": 'the "new" one \\ 2026'}
    WorkRules.objects.create(pk=1, content=content)
    shown = hr.get("/planning/").context["rules_form"]["text"].value()
    assert tomllib.loads(shown) == content
