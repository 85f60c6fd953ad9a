"""Figures that can be counted by hand, and fits of known distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import nn

from verifier.evaluation import bootstrap, clusters, distance_calibration, error_rates, few_shot, shortcut, signers
from verifier.learning import data, validation

GENUINE = np.array([0.1, 0.2, 0.3, 0.6])
IMPOSTOR = np.array([0.4, 0.5, 0.7, 0.8])


def test_four_genuine_and_four_impostor_distances() -> None:
    assert error_rates.area_under_curve(GENUINE, IMPOSTOR) == 0.875
    assert error_rates.equal_error(GENUINE, IMPOSTOR) == pytest.approx(0.25)
    assert 0.4 <= error_rates.threshold_of_equal_error(GENUINE, IMPOSTOR) < 0.5
    assert error_rates.true_accept_rate(GENUINE, IMPOSTOR, false_accept_rate=0) == 0.75
    assert error_rates.accuracy(GENUINE, IMPOSTOR, threshold=0.35) == 0.875
    assert error_rates.true_accept_rate(GENUINE, IMPOSTOR, false_accept_rate=0.01) is None


def test_the_equal_error_is_the_crossing_of_both_errors_on_unequal_sides() -> None:
    """Between 0.3 and 0.4 the false matches stay at 2/5 while the false non-matches fall from 1/2 to 0."""
    genuine, impostor = np.array([0.2, 0.4]), np.array([0.1, 0.3, 0.5, 0.6, 0.7])
    assert error_rates.equal_error(genuine, impostor) == pytest.approx(0.4)


@given(
    genuine=st.lists(st.integers(0, 20), min_size=1, max_size=12),
    impostor=st.lists(st.integers(0, 20), min_size=1, max_size=12),
    genuine_times=st.integers(1, 5),
    impostor_times=st.integers(1, 5),
)
def test_the_equal_error_does_not_depend_on_the_number_of_pairs_of_each_kind(
    genuine: list[int], impostor: list[int], genuine_times: int, impostor_times: int
) -> None:
    """Repeating all pairs of one kind changes no rate; the error lies between the two rates beside the crossing."""
    once = error_rates.equal_error(np.array(genuine, float), np.array(impostor, float))
    repeated = error_rates.equal_error(
        np.array(genuine * genuine_times, float), np.array(impostor * impostor_times, float)
    )
    assert repeated == pytest.approx(once, abs=1e-12)
    _, accepted, refused = error_rates.rates(np.array(genuine, float), np.array(impostor, float))
    after = int(np.argmax(accepted >= refused))
    assert max(accepted[after - 1], refused[after]) - 1e-12 <= once <= min(accepted[after], refused[after - 1]) + 1e-12


def test_the_error_watched_in_training_is_the_one_reported() -> None:
    """Four genuine pictures of one signer and one forgery: six genuine pairs and four impostor pairs."""
    values = np.array([10, 40, 76, 90, 59], np.uint8)
    pictures = np.repeat(values, 4).reshape(5, 2, 2)
    forged = np.arange(5) == 4
    signers_data = data.labelled(pictures, ["one"] * 5, forged=forged)
    found = validation.held_out_error(nn.Sequential(nn.Flatten(), nn.Linear(4, 1)), signers_data)
    points = values.astype(float)
    first, second = np.triu_indices(4, 1)
    genuine, impostor = np.abs(points[first] - points[second]), np.abs(points[:4] - points[4])
    assert error_rates.equal_error(genuine, impostor) == pytest.approx(2 / 3)
    assert found == pytest.approx(2 / 3)


def test_a_constant_encoder_has_the_worst_figures() -> None:
    same = np.zeros(40)
    assert error_rates.area_under_curve(same, same) == 0.5
    assert error_rates.equal_error(same, same) == pytest.approx(0.5)
    embeddings = np.tile(np.array([[1.0, 0.0]], np.float32), (40, 1))
    labels = np.repeat(np.arange(4), 10)
    assert few_shot.accuracy(embeddings, labels, references=1, draws=5, seed=0) == 0.0


def test_a_perfect_encoder_scores_one_and_a_tie_is_wrong() -> None:
    labels = np.repeat(np.arange(4), 5)
    embeddings = np.eye(4, dtype=np.float32)[labels]
    assert few_shot.accuracy(embeddings, labels, references=2, draws=3, seed=0) == 1.0
    similarities = np.array([[0.9, 0.9, 0.1], [0.2, 0.8, 0.1]])
    assert few_shot.correct(similarities, np.array([0, 1])).tolist() == [False, True]


def test_fewer_ways_than_classes_are_drawn() -> None:
    labels = np.repeat(np.arange(30), 4)
    embeddings = np.eye(30, dtype=np.float32)[labels]
    assert few_shot.accuracy(embeddings, labels, references=1, draws=4, seed=0, ways=20) == 1.0


def test_the_upper_bound_of_none_of_three_thousand_is_above_zero() -> None:
    assert error_rates.upper_bound(0, tried=3000) == pytest.approx(0.000998, abs=1e-6)
    assert error_rates.upper_bound(5, tried=5) == 1.0


def test_elongation_of_known_clouds() -> None:
    drawn_out, round_one = (
        np.random.default_rng(0).multivariate_normal([0, 0], np.diag(variances), size=20_000)
        for variances in ([9.0, 1.0], [1.0, 1.0])
    )
    assert round(clusters.elongation(drawn_out.astype(np.float32)), 3) == 3.007
    assert round(clusters.elongation(round_one.astype(np.float32)), 3) == 1.009
    both = np.concatenate((drawn_out, round_one + 100)).astype(np.float32)
    found = clusters.elongations(both, np.repeat([0, 1], 20_000), trimmed_share=0.1)
    assert 2.2 < found.largest < 2.6
    assert found.median == pytest.approx((found.largest + 1.0) / 2, abs=0.05)
    assert clusters.nearest_centre_accuracy(both, np.repeat([0, 1], 20_000)) == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_of_a_fitted_tail_contains_the_true_value(seed: int) -> None:
    tail = distance_calibration.fit_tail(np.random.default_rng(seed).normal(size=200_000))
    for rate, factor, lowest, highest in ((1e-5, 3, 4.10, 4.31), (1e-6, 6, 4.45, 4.79)):
        assert lowest <= round(tail.value_at(rate), 2) <= highest
        real = float(stats.norm.sf(tail.value_at(rate)))
        assert rate / factor < real < rate * factor
        low, high = tail.interval_at(rate)
        assert low < stats.norm.isf(rate) < high
        assert tail.rate_at(float(stats.norm.isf(rate))) > rate


@pytest.mark.slow
def test_the_upper_end_of_a_tail_fitted_to_cosines_is_safe() -> None:
    """For random pairs in 64 dimensions the fit itself is several times too low, on the unsafe side."""
    drawn = np.random.default_rng(0).normal(size=(2, 200_000, 64)).astype(np.float32)
    first, second = drawn / np.linalg.norm(drawn, axis=2, keepdims=True)
    tail = distance_calibration.fit_tail((first * second).sum(axis=1).astype(np.float64))
    cosine = float(np.sqrt(stats.beta.isf(2e-5, 0.5, 63 / 2)))  # exceeded by 1e-5 of all, on one side
    assert tail.rate_at(cosine, upper=False) < tail.rate_at(cosine)
    assert tail.rate_at(cosine) > 1e-5


def test_a_table_from_distances_is_safe_and_its_similarity_falls() -> None:
    generator = np.random.default_rng(1)
    genuine, impostor = generator.normal(0.5, 0.1, 3000), generator.normal(1.2, 0.12, 20_000)
    table = distance_calibration.fit(genuine, impostor, data="drawn", classes=2)
    for rate in (1e-2, 1e-3):
        real = float(stats.norm.cdf(table.distance_at(rate), 1.2, 0.12))
        assert rate / 3 < real <= rate * 1.05
    assert table.similarity(0.3) > 0.95
    assert table.similarity(1.3) < 0.05
    assert table.similarity(table.midpoint_distance) == pytest.approx(0.5)
    assert table.smallest_supported_rate == pytest.approx(10 / 20_000)


def test_the_shortcut_probe_finds_darker_forgeries_only() -> None:
    generator = np.random.default_rng(0)
    pictures = np.zeros((120, 20, 30), np.uint8)
    pictures[:, 8:12] = generator.integers(150, 200, (120, 1, 1))
    forged = np.arange(120) % 2 == 0
    assert shortcut.probe(pictures, forged)[0].area_under_curve < 0.65
    pictures[forged, 8:12] += 50
    worst = shortcut.probe(pictures, forged)[0]
    assert worst.area_under_curve >= 0.95
    assert worst.scalar in {"mean", "ink mean", "ink 10th percentile", "ink 90th percentile"}


def test_the_interval_resamples_groups() -> None:
    values = {0: 0.0, 1: 1.0}
    found = bootstrap.over_groups([0, 1], lambda drawn: float(np.mean([values[group] for group in drawn])))
    assert (found.low, found.high) == (0.0, 1.0)
    assert bootstrap.over_groups([0, 0], lambda drawn: float(len(drawn))).low == 2.0


def test_signers_are_judged_on_their_other_signatures_and_their_forgeries() -> None:
    who = np.repeat([0, 1, 2], 6)
    forged = np.tile([False, False, False, False, True, True], 3)
    alike = (who[:, None] == who[None, :]).astype(float)
    alike[:, forged] *= 0.4
    found = signers.trials(alike, signers=who, forged=forged, references=1, join=lambda probe, _: 1 - probe[0])
    assert [len(trial.genuine) for trial in found] == [12, 12, 12]
    assert [len(trial.forged) for trial in found] == [8, 8, 8]
    assert [len(trial.random) for trial in found] == [32, 32, 32]
    figures = signers.figures(found, references=1)
    assert (figures.skilled, figures.random, figures.area_under_curve) == (0.0, 0.0, 1.0)


def test_signers_of_all_folds_are_pooled() -> None:
    def fold(near: float, far: float) -> list[signers.Trials]:
        return [signers.Trials(genuine=np.full(4, near), forged=np.full(4, far), random=np.full(4, far))]

    figures = signers.figures([*fold(0.8, 0.2), *fold(0.2, 0.8)], references=1)
    assert figures.skilled == pytest.approx(0.5)
    assert (figures.interval.low, figures.interval.high) == (0.0, 1.0)
