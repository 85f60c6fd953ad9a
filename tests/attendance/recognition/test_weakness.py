"""A match is weak where a stricter promise, or better odds against the runner-up, would have refused it."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attendance.recognition import weakness
from verifier import checkpoints, origins
from verifier.calibration import Calibration
from verifier.policy import MatchPolicy
from verifier.values import Decision, Neighbour, Outcome

TABLE = Calibration.from_card(checkpoints.read_card(origins.SHIPPED_CARD).calibration or {})

targets = st.floats(1e-6, 0.05)


def decide(nearest: float, runner_up: float | None, *, target: float, comparisons: int) -> tuple[MatchPolicy, Decision]:
    policy = MatchPolicy(TABLE, target_false_accept=target)
    found = [Neighbour(reference=1, subject=1, distance=nearest)]
    if runner_up is not None:
        found.append(Neighbour(reference=2, subject=2, distance=runner_up))
    return policy, policy.decide(found, comparisons=comparisons)


@example(0.002, 0.001, 300)
@example(-0.002, 0.001, 300)
@given(st.floats(-0.1, 0.1), targets, st.integers(1, 5000))
def test_near_the_threshold_is_what_a_tenth_of_the_promise_would_refuse(
    beyond: float, target: float, comparisons: int
) -> None:
    """The faces lie so far beyond the threshold of a tenth of the promise."""
    policy, _ = decide(0.0, None, target=target, comparisons=comparisons)
    bound = dataclasses.replace(policy, target_false_accept=target / 10).threshold(comparisons)
    nearest = bound + beyond
    if abs(beyond) < 1e-6:
        return
    _, decision = decide(nearest, None, target=target, comparisons=comparisons)
    is_weak = nearest <= policy.threshold(comparisons) and nearest > bound
    assert weakness.find(decision, calibration=TABLE) == (weakness.NEAR_THRESHOLD if is_weak else "")


@example(0.94, 98.0)
@example(0.94, 100.0)
@given(st.floats(0.85, 0.946), st.floats(1.0, 1000.0))
def test_near_the_runner_up_is_less_than_ninety_nine_to_one(nearest: float, odds: float) -> None:
    further = TABLE.slope_distance * math.log(odds)
    _, decision = decide(nearest, nearest + further, target=0.001, comparisons=300)
    if abs(odds - 99) < 1e-3:
        return
    is_weak = decision.outcome is Outcome.MATCHED and odds < 99
    assert weakness.find(decision, calibration=TABLE) == (weakness.NEAR_RUNNER_UP if is_weak else "")


@pytest.mark.parametrize(("nearest", "runner_up"), [(1.3, None), (0.9, 0.91), (0.99, 0.995)])
def test_what_is_no_match_is_not_weak(nearest: float, runner_up: float | None) -> None:
    _, decision = decide(nearest, runner_up, target=0.001, comparisons=300)
    assert decision.outcome is not Outcome.MATCHED
    assert weakness.find(decision, calibration=TABLE) == ""
