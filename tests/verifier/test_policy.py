"""Match policy: one answer for every score, and a threshold that follows the number of comparisons."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier.tables import plain_table
from verifier import errors, policy
from verifier.policy import MatchPolicy
from verifier.values import Neighbour, Outcome

POLICY = MatchPolicy(plain_table(), target_false_accept=0.001)
THRESHOLD = POLICY.threshold(100)

neighbours = st.lists(
    st.builds(Neighbour, reference=st.integers(0, 50), subject=st.integers(0, 4), distance=st.floats(0, 2)),
    max_size=8,
    unique_by=lambda neighbour: neighbour.reference,
)


def near(subject: int, distance: float) -> Neighbour:
    return Neighbour(reference=subject, subject=subject, distance=distance)


def test_an_empty_gallery_answers_unknown() -> None:
    decision = POLICY.decide([], comparisons=0)
    assert (decision.outcome, decision.nearest, decision.runner_up) == (Outcome.UNKNOWN, None, None)
    assert decision.reasons == (policy.GALLERY_EMPTY,)
    assert decision.subject is None


def test_a_distance_equal_to_the_threshold_is_accepted_and_the_next_is_not() -> None:
    assert POLICY.decide([near(1, THRESHOLD)], comparisons=100).subject == 1
    beyond = POLICY.decide([near(1, math.nextafter(THRESHOLD, 2))], comparisons=100)
    assert (beyond.outcome, beyond.reasons) == (Outcome.UNKNOWN, (policy.BEYOND_THRESHOLD,))


def test_the_nearest_subject_is_matched_and_not_the_first_within_the_threshold() -> None:
    decision = POLICY.decide([near(1, 0.8), near(2, 0.2), near(3, 1.9)], comparisons=3)
    assert decision.nearest == near(2, 0.2)
    assert decision.runner_up == near(1, 0.8)


def test_the_outcome_changes_once_as_the_distance_grows() -> None:
    answers = [POLICY.decide([near(1, step / 1000)], comparisons=100).outcome for step in range(2001)]
    turn = answers.index(Outcome.UNKNOWN)
    assert set(answers[:turn]) == {Outcome.MATCHED}
    assert set(answers[turn:]) == {Outcome.UNKNOWN}
    assert (turn - 1) / 1000 <= THRESHOLD < turn / 1000


def test_the_outcome_changes_once_as_the_runner_up_moves_away() -> None:
    nearest = near(1, THRESHOLD - 0.3)
    runners = [nearest.distance + step / 1000 for step in range(600)]
    answers = [POLICY.decide([nearest, near(2, far)], comparisons=100).outcome for far in runners]
    turn = answers.index(Outcome.MATCHED)
    assert set(answers[:turn]) == {Outcome.AMBIGUOUS}
    assert set(answers[turn:]) == {Outcome.MATCHED}
    assert runners[turn] > THRESHOLD


def test_a_runner_up_within_the_threshold_makes_the_outcome_ambiguous() -> None:
    decision = POLICY.decide([near(1, 0.2), near(2, THRESHOLD)], comparisons=100)
    assert (decision.outcome, decision.reasons) == (Outcome.AMBIGUOUS, (policy.RUNNER_UP_WITHIN_THRESHOLD,))
    assert decision.subject is None
    assert decision.runner_up == near(2, THRESHOLD)


def test_a_runner_up_within_the_margin_makes_the_outcome_ambiguous() -> None:
    nearest, margin = near(1, THRESHOLD), POLICY.margin
    too_near = POLICY.decide([nearest, near(2, THRESHOLD + margin * 0.99)], comparisons=100)
    assert (too_near.outcome, too_near.reasons) == (Outcome.AMBIGUOUS, (policy.RUNNER_UP_TOO_NEAR,))
    assert POLICY.decide([nearest, near(2, THRESHOLD + margin * 1.01)], comparisons=100).subject == 1


def test_a_second_photo_of_the_same_person_is_no_runner_up() -> None:
    other = Neighbour(reference=9, subject=1, distance=0.21)
    decision = POLICY.decide([near(1, 0.2), other], comparisons=2)
    assert (decision.subject, decision.runner_up) == (1, None)


@given(neighbours=neighbours, comparisons=st.integers(0, 10_000_000))
def test_every_set_of_neighbours_has_exactly_one_answer(neighbours: list[Neighbour], comparisons: int) -> None:
    decision = POLICY.decide(neighbours, comparisons=comparisons)
    accepted = [neighbour for neighbour in neighbours if neighbour.distance <= decision.threshold]
    assert (decision.outcome is Outcome.UNKNOWN) == (not accepted)
    if len({neighbour.subject for neighbour in accepted}) > 1:
        assert decision.outcome is Outcome.AMBIGUOUS
    if decision.outcome is Outcome.MATCHED:
        assert {decision.subject} == {neighbour.subject for neighbour in accepted}
    assert decision.reasons
    assert set(decision.reasons) <= set(policy.REASONS)


@given(neighbours=neighbours, seed=st.integers())
def test_the_order_of_the_neighbours_changes_nothing(neighbours: list[Neighbour], seed: int) -> None:
    shuffled = list(neighbours)
    random.Random(seed).shuffle(shuffled)
    assert POLICY.decide(shuffled, comparisons=50) == POLICY.decide(neighbours, comparisons=50)


@given(first=st.integers(0, 10**7), second=st.integers(0, 10**7))
def test_the_threshold_falls_with_the_number_of_comparisons(first: int, second: int) -> None:
    few, many = sorted((first, second))
    assert POLICY.threshold(many) <= POLICY.threshold(few)


def test_the_rate_at_the_threshold_times_the_comparisons_is_the_target() -> None:
    table = plain_table()
    for comparisons in (1, 100, 1000):
        spent = table.false_match_rate_at(POLICY.threshold(comparisons)) * comparisons
        assert spent == pytest.approx(0.001, rel=1e-6)
    assert POLICY.threshold(0) == POLICY.threshold(1)


def test_a_distance_that_is_nan_is_a_fault() -> None:
    with pytest.raises(errors.InvalidEmbedding):
        POLICY.decide([near(1, 0.1), near(2, math.nan)], comparisons=2)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, math.nan])
def test_a_target_that_is_no_rate_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="target_false_accept"):
        MatchPolicy(plain_table(), target_false_accept=target)
