"""Calibration table: monotone, invertible, and refused when it could not have been fitted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.tables import plain_table
from verifier import errors
from verifier.calibration import Calibration

TABLE = plain_table()


@given(rate=st.floats(1e-9, 0.9))
def test_rate_to_distance_and_back_is_the_identity(rate: float) -> None:
    assert TABLE.false_match_rate_at(TABLE.distance_at(rate)) == pytest.approx(rate, rel=1e-6)


@given(first=st.floats(0, 1), second=st.floats(0, 1))
def test_a_stricter_rate_never_gives_a_larger_distance(first: float, second: float) -> None:
    strict, loose = sorted((first, second))
    assert TABLE.distance_at(strict) <= TABLE.distance_at(loose)


@given(first=st.floats(0, 2), second=st.floats(0, 2))
def test_rates_and_similarity_are_monotone_in_the_distance(first: float, second: float) -> None:
    near, far = sorted((first, second))
    assert TABLE.false_match_rate_at(near) <= TABLE.false_match_rate_at(far)
    assert TABLE.false_non_match_rate_at(near) >= TABLE.false_non_match_rate_at(far)
    assert 0 <= TABLE.similarity(far) <= TABLE.similarity(near) <= 1


def test_a_rate_below_the_table_has_distance_zero() -> None:
    table = plain_table(steepness=5)  # even at distance 0 two strangers in 22,000 would match
    assert table.distance_at(1e-6) == 0.0
    assert table.distance_at(0.0) == 0.0


def test_a_rate_above_the_table_has_the_largest_distance() -> None:
    assert TABLE.distance_at(1.0) == 2.0


def test_similarity_is_one_half_at_the_midpoint() -> None:
    assert TABLE.similarity(TABLE.midpoint_distance) == 0.5
    assert TABLE.similarity(2000.0) == pytest.approx(0.0)


def test_only_counted_rates_are_supported() -> None:
    assert TABLE.supports(1e-6)
    assert TABLE.supports(1e-3)
    assert not TABLE.supports(0.99e-6)


def test_a_table_survives_the_round_trip_through_a_card() -> None:
    assert Calibration.from_card(json.loads(json.dumps(TABLE.to_card()))) == TABLE


def test_unknown_fields_on_a_card_are_ignored() -> None:
    assert Calibration.from_card({**TABLE.to_card(), "from the future": 1}) == TABLE


@pytest.mark.parametrize(
    "change",
    [
        {"distances": [0.0, 1.0, 0.5]},
        {"distances": [0.0, 1.0]},
        {"distances": [-1.0, 1.0, 2.0]},
        {"false_match_rates": [0.1, 0.2, 1.2]},
        {"false_match_rates": [0.1, 0.05, 1.0]},
        {"false_match_rates": [0.1, float("nan"), 1.0]},
        {"false_non_match_rates": [0.1, 0.5, 0.9]},
        {"slope_distance": 0.0},
        {"smallest_supported_rate": float("nan")},
        {"distances": [], "false_match_rates": [], "false_non_match_rates": []},
    ],
)
def test_a_table_that_could_not_have_been_fitted_is_refused(change: dict[str, Any]) -> None:
    card = {
        "distances": [0.0, 1.0, 2.0],
        "false_match_rates": [1e-9, 1e-3, 1.0],
        "false_non_match_rates": [1.0, 0.1, 0.0],
        "smallest_supported_rate": 1e-6,
        "midpoint_distance": 1.2,
        "slope_distance": 0.05,
    }
    assert Calibration.from_card(card).distance_at(1e-3) == 1.0
    with pytest.raises(errors.ModelWrong):
        Calibration.from_card({**card, **change})


def test_a_card_without_a_table_is_refused() -> None:
    with pytest.raises(errors.ModelWrong):
        Calibration.from_card({})
