"""Frames of one look: one mean, the better frames nearer to it, and a threshold that knows how alike they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.tables import plain_table
from verifier import errors, policy
from verifier.faces import averaging
from verifier.policy import MatchPolicy
from verifier.values import Box, Face, FloatArray

TABLE = replace(plain_table(steepness=9), averaging_distance=0.2)


def face(score: float) -> Face:
    return Face(box=Box(0, 0, 80, 80), landmarks=np.zeros((5, 2), np.float32), score=score)


def frames(count: int, *, spread: float, seed: int) -> list[FloatArray]:
    drawn = np.random.default_rng(seed)
    centre = drawn.normal(size=32)
    points = [centre + spread * drawn.normal(size=32) for _ in range(count)]
    return [(point / np.linalg.norm(point)).astype(np.float32) for point in points]


several = st.integers(2, averaging.MOST_FRAMES)
seeds = st.integers(0, 10_000)


def test_one_frame_stays_what_it_was() -> None:
    (only,) = frames(1, spread=1, seed=0)
    mean = averaging.average([only], weights=[0.3])
    assert mean.vector is only
    assert mean.length == 1.0


@given(count=several, spread=st.floats(0, 1), seed=seeds)
def test_the_mean_has_length_one_and_knows_how_short_it_was(count: int, spread: float, seed: int) -> None:
    found = frames(count, spread=spread, seed=seed)
    mean = averaging.average(found, weights=[1.0] * count)
    assert np.linalg.norm(mean.vector.astype(np.float64)) == pytest.approx(1, abs=1e-6)
    assert mean.length == pytest.approx(np.linalg.norm(np.mean(found, axis=0)), abs=1e-6)
    assert mean.length <= 1.0


@given(count=several, seed=seeds, factor=st.floats(0.01, 100))
def test_neither_order_nor_unit_of_the_weights_counts(count: int, seed: int, factor: float) -> None:
    found = frames(count, spread=0.6, seed=seed)
    weights = np.random.default_rng(seed).uniform(0.1, 1, count).tolist()
    mean = averaging.average(found, weights=weights)
    other = averaging.average(found[::-1], weights=[factor * one for one in reversed(weights)])
    assert np.allclose(mean.vector, other.vector, atol=1e-6)
    assert mean.length == pytest.approx(other.length, abs=1e-6)


@given(seed=seeds, better=st.floats(0.8, 1.0), worse=st.floats(0.0, 0.75))
def test_the_better_frame_is_nearer_to_the_mean(seed: int, better: float, worse: float) -> None:
    good, bad = frames(2, spread=0.6, seed=seed)
    weights = [averaging.weight(face(score)) for score in (better, worse)]
    mean = averaging.average([good, bad], weights=weights)
    assert weights[0] > weights[1] > 0
    assert mean.vector @ good > mean.vector @ bad


@given(first=st.floats(0, 1), second=st.floats(0, 1))
def test_a_higher_score_never_weighs_less(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert averaging.weight(face(low)) <= averaging.weight(face(high))


@given(first=st.floats(0.2, 1), second=st.floats(0.2, 1), comparisons=st.integers(1, 5000))
def test_the_more_the_frames_differ_the_nearer_the_threshold(first: float, second: float, comparisons: int) -> None:
    policy = MatchPolicy(TABLE)
    short, long = sorted((first, second))
    assert policy.threshold(comparisons, mean_length=short) <= policy.threshold(comparisons, mean_length=long)
    assert policy.threshold(comparisons, mean_length=1.0) == policy.threshold(comparisons)


def test_the_decision_uses_the_threshold_of_the_mean() -> None:
    decision = MatchPolicy(TABLE).decide([], comparisons=10, mean_length=0.8)
    assert decision.threshold == pytest.approx(MatchPolicy(TABLE).threshold(10) - 0.2 * 0.25)


def test_a_factor_below_zero_is_no_table() -> None:
    with pytest.raises(errors.ModelWrong):
        replace(TABLE, averaging_distance=-0.1)


def of_people(order: str, *, spread: float, seed: int) -> tuple[list[FloatArray], list[float]]:
    """Return frames of the people named by letters, who lie at right angles, with weights."""
    drawn = np.random.default_rng(seed)
    axes = dict(zip("AB", np.eye(64)[:2], strict=True))
    points = [axes[name] + spread * drawn.normal(size=64) / 8 for name in order]
    return [(one / np.linalg.norm(one)).astype(np.float32) for one in points], drawn.uniform(
        0.1, 1, len(order)
    ).tolist()


@given(order=st.sampled_from(["AB", "AAB", "ABB", "ABA", "AAAB", "BAAA", "AABB", "ABAB", "ABBA"]), seed=seeds)
def test_frames_of_two_people_are_never_one(order: str, seed: int) -> None:
    vectors, weights = of_people(order, spread=0.4, seed=seed)
    assert not policy.show_one_person(vectors, weights=weights, calibration=TABLE)


@given(count=st.integers(1, averaging.MOST_FRAMES), seed=seeds)
def test_frames_of_one_person_are_one(count: int, seed: int) -> None:
    vectors, weights = of_people("A" * count, spread=0.4, seed=seed)
    assert policy.show_one_person(vectors, weights=weights, calibration=TABLE)


def test_poor_frames_say_together_what_two_of_them_do_not() -> None:
    nearest = TABLE.distance_at(policy.SAME_LOOK_RATE)
    doubted = together = 0
    for seed in range(40):
        vectors, weights = of_people("AAAA", spread=0.9, seed=seed)
        far = np.linalg.norm(np.array(vectors)[:, None] - np.array(vectors)[None], axis=2)
        if (far > nearest).any():
            doubted += 1
            together += policy.show_one_person(vectors, weights=weights, calibration=TABLE)
    assert doubted > 10
    assert together > doubted / 2
