"""Comparators: scores, support sets, calibration by number of references, opening of cards."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from tests.effort import examples
from verifier import comparator, errors
from verifier.calibration import Calibration

TABLE = Calibration(
    distances=(0.0, 2.0),
    false_match_rates=(1e-6, 1.0),
    false_non_match_rates=(1.0, 0.0),
    smallest_supported_rate=1e-3,
    midpoint_distance=1.0,
    slope_distance=0.1,
)


@pytest.fixture(scope="module")
def digits() -> comparator.Opened:
    return comparator.open_card(comparator.WEIGHTS, name="digits")


def paper(strokes: list[tuple[int, int]], *, move: int = 0) -> NDArray[np.uint8]:
    sheet = np.full((200, 160, 3), 240, np.uint8)
    points = np.array([(column + move, row) for column, row in strokes], np.int32).reshape(-1, 1, 2)
    cv2.polylines(sheet, [points], isClosed=False, color=(60, 40, 30), thickness=10, lineType=cv2.LINE_AA)
    return sheet


SEVEN = [(30, 40), (110, 40), (60, 160)]
OTHER_SEVEN = [(25, 45), (105, 38), (70, 160)]
ONE = [(80, 40), (78, 160)]


def test_the_shipped_digits_encoder_separates_a_seven_from_a_one(digits: comparator.Opened) -> None:
    seven, again, one = (digits.prepare(paper(strokes)) for strokes in (SEVEN, OTHER_SEVEN, ONE))
    assert digits.comparator.score(seven[None], again) > 0.9
    assert digits.comparator.score(seven[None], one) < 0.1
    assert digits.comparator.score(np.stack([seven, again]), digits.prepare(paper(SEVEN, move=12))) > 0.9


def test_the_card_of_the_digits_encoder_records_its_training(digits: comparator.Opened) -> None:
    card = digits.card
    assert {"recipe", "seed", "data", "training", "metrics", "commit"} <= card.further.keys()
    assert card.further["metrics"]["verification"]["accuracy"] >= 0.992
    assert card.further["metrics"]["verification"]["equal_error"] <= 0.008
    assert not card.further["commit"].endswith("+")
    assert card.further["training"]["processor_seconds"] < 600


@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(10), deadline=None)
def test_distance_is_symmetric_and_similarity_stays_between_0_and_1(seed: int) -> None:
    opened = comparator.open_card(comparator.WEIGHTS, name="digits").comparator
    first, second = np.random.default_rng(seed).integers(0, 255, (2, 28, 28)).astype(np.uint8)
    there, back = opened.distance(first[None], second), opened.distance(second[None], first)
    assert there == back >= 0
    assert 0 <= opened.score(first[None], second) <= 1


class Given(comparator.Comparator):
    """Scores from a table: features are row numbers."""

    def __init__(self, table: NDArray[np.float64]) -> None:
        super().__init__()
        self.table = table

    def features(self, pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
        return pictures[:, 0, 0].astype(np.int64)

    def pair_scores(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        return self.table[np.ix_(first, second)]


def numbered(*rows: int) -> NDArray[np.uint8]:
    return np.array(rows, np.uint8).reshape(-1, 1, 1)


SCORES = np.array([[1.0, 0.6, 0.8], [0.6, 1.0, 0.4], [0.8, 0.4, 1.0]])


def test_several_references_are_joined_by_half_their_mean_and_half_their_maximum() -> None:
    plain = Given(SCORES)
    assert plain.distance(numbered(0, 1), numbered(2)[0]) == pytest.approx(1 - (0.5 * 0.6 + 0.5 * 0.8))
    assert plain.distance(numbered(0), numbered(2)[0]) == pytest.approx(0.2)


def test_spread_correction_subtracts_half_the_mean_among_references_and_nothing_for_one() -> None:
    corrected = comparator.SpreadCorrected(Given(SCORES))
    assert corrected.distance(numbered(0, 1), numbered(2)[0]) == pytest.approx(1 - 0.7 + 0.5 * 0.6)
    assert corrected.distance(numbered(0), numbered(2)[0]) == pytest.approx(0.2)


def test_the_weighted_mean_divides_by_the_sum_of_the_weights() -> None:
    both = comparator.WeightedMean([(Given(SCORES), 3.0), (Given(SCORES * 0), 1.0)])
    assert both.distance(numbered(0), numbered(2)[0]) == pytest.approx(1 - 0.6)


def test_a_learned_pair_accepts_any_scikit_learn_classifier() -> None:
    rows = np.random.default_rng(0).random((400, 4))
    judge = LogisticRegression().fit(rows, rows.mean(axis=1) < 0.4)
    learnt = comparator.LearnedPair(lambda picture: np.asarray(picture.ravel() / 255, dtype=np.float32), judge)
    first, near, far = np.array([[0, 0, 0, 0], [20, 20, 20, 20], [250, 250, 250, 250]], np.uint8).reshape(3, 2, 2)
    assert learnt.distance(first[None], near) < learnt.distance(first[None], far)
    assert learnt.distance(first[None], far) == learnt.distance(far[None], first)


def test_the_calibration_of_the_next_lower_number_of_references_is_used() -> None:
    plain = Given(SCORES)
    with pytest.raises(errors.ModelWrong):
        plain.score(numbered(0), numbered(1)[0])
    other = Calibration.from_card(TABLE.to_card() | {"midpoint_distance": 0.5})
    plain.calibrations = {1: TABLE, 3: other}
    assert plain.calibration(2) is TABLE
    assert plain.calibration(5) is other


def test_a_comparison_without_references_is_refused() -> None:
    with pytest.raises(errors.BadImage):
        Given(SCORES).distance(numbered()[:0], numbered(0)[0])


def test_a_missing_or_changed_file_of_a_comparator_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(errors.ModelMissing):
        comparator.open_card(tmp_path, name="digits")
    for ending in ("json", "safetensors"):
        (tmp_path / f"digits.{ending}").write_bytes((comparator.WEIGHTS / f"digits.{ending}").read_bytes())
    weights = bytearray((tmp_path / "digits.safetensors").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "digits.safetensors").write_bytes(bytes(weights))
    with pytest.raises(errors.ModelWrong):
        comparator.open_card(tmp_path, name="digits")
