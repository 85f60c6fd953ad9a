"""Calibration fit: known tails are recovered, and the table errs to the safe side."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.evaluation.crowds import crowd
from verifier.calibration import Calibration
from verifier.evaluation import calibrating, pairs
from verifier.evaluation.pairs import Pairs


@pytest.fixture(scope="module")
def compared() -> Pairs:
    vectors, people = crowd(400, photos=2, seed=3)
    return pairs.compare(vectors, people=people)


@pytest.fixture(scope="module")
def table(compared: Pairs) -> Calibration:
    return calibrating.fit(compared, data="a crowd", draws=40)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2])
def test_the_parameters_of_a_known_tail_are_recovered(shape: float) -> None:
    drawn = np.random.default_rng(1).uniform(size=20_000)
    excess = -0.02 * np.log(drawn) if shape == 0 else 0.02 * (drawn**-shape - 1) / shape
    tail = calibrating.fit_tail(excess, weights=np.ones(20_000))
    assert tail.shape == pytest.approx(shape, abs=0.03)
    assert tail.scale == pytest.approx(0.02, rel=0.04)
    assert tail.survival(np.array([0.0]))[0] == 1.0


def test_a_weight_of_two_equals_two_copies_of_a_pair() -> None:
    excess = np.random.default_rng(1).exponential(0.02, size=500)
    times = np.random.default_rng(2).integers(0, 3, size=500)
    weighted = calibrating.fit_tail(excess, weights=times.astype(float))
    repeated = calibrating.fit_tail(np.repeat(excess, times), weights=np.ones(int(times.sum())))
    assert weighted.scale == pytest.approx(repeated.scale, rel=1e-3)
    assert weighted.shape == pytest.approx(repeated.shape, abs=1e-3)


def test_a_tail_of_negative_shape_has_an_end() -> None:
    tail = calibrating.Tail(scale=0.02, shape=-0.2)
    assert tail.survival(np.array([0.05, 0.1, 0.2])).tolist() == pytest.approx([0.5**5, 0.0, 0.0], abs=1e-12)


def test_the_table_lies_above_the_counted_rates(compared: Pairs, table: Calibration) -> None:
    for allowed in (20, 100, 300):
        at = float(compared.nearest[allowed - 1])
        assert table.false_match_rate_at(at) > allowed / compared.impostors
        assert table.false_match_rate_at(at) < 2.5 * allowed / compared.impostors


@pytest.mark.slow
def test_the_rate_of_the_table_holds_for_new_people(table: Calibration) -> None:
    """The table is fitted on one crowd and measured on ten others at a rate of 1 in 10,000."""
    threshold = table.distance_at(1e-4)
    passed = total = 0
    for seed in range(10, 20):
        vectors, people = crowd(400, photos=2, seed=seed)
        others = pairs.compare(vectors, people=people)
        passed += int((others.nearest <= threshold).sum())
        total += others.impostors
    assert passed / total <= 1e-4


def test_a_higher_upper_end_gives_a_stricter_table(compared: Pairs, table: Calibration) -> None:
    stricter = calibrating.fit(compared, data="", draws=40, upper_end=0.99)
    assert stricter.distance_at(1e-6) < table.distance_at(1e-6)


def test_false_non_match_rates_weigh_every_person_equally() -> None:
    vectors, people = crowd(400, photos=2, seed=3)
    alike = np.repeat(vectors[:1], 60, axis=0)  # one person photographed sixty times, always the same
    more = pairs.compare(np.concatenate([vectors, alike]), people=np.append(people, ["P9999"] * 60))
    plain = pairs.compare(vectors, people=people, share=0.01)
    tables = [calibrating.fit(one, data="", draws=3) for one in (more, plain)]
    costs = [one.false_non_match_rate_at(0.5) for one in tables]
    assert costs[0] == pytest.approx(costs[1] * 400 / 401, rel=1e-4)


def test_the_smallest_supported_rate_was_counted(compared: Pairs, table: Calibration) -> None:
    least = calibrating.COUNTED_PAIRS / compared.impostors
    assert least < table.smallest_supported_rate < 4 * least
    assert (compared.nearest <= table.distance_at(table.smallest_supported_rate)).sum() >= calibrating.COUNTED_PAIRS


def test_the_similarity_curve_separates_genuine_from_impostor_pairs(compared: Pairs, table: Calibration) -> None:
    genuine = np.median(compared.genuine)
    impostor = np.average(np.arange(400) * 0.005, weights=compared.histogram)
    assert genuine < table.midpoint_distance < impostor
    assert table.similarity(float(genuine)) > 0.95
    assert table.similarity(float(impostor)) < 0.05


def test_the_same_seed_gives_the_same_table(compared: Pairs) -> None:
    first, again, other = (calibrating.fit(compared, data="", draws=3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_pairs_are_refused() -> None:
    vectors, people = crowd(20, photos=2)
    with pytest.raises(ValueError, match="too few"):
        calibrating.fit(pairs.compare(vectors, people=people), data="")
