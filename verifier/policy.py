"""Match policy: turns the neighbours of a probe and the number of comparisons into a decision.

The operator sets how often a stranger may be let in per attempt. A stranger is compared with everyone, so each
comparison may fail with that rate divided by the number of comparisons, and the encoder's calibration converts the
quotient into a distance. The threshold therefore becomes stricter as an organisation grows. An equal distance is
accepted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verifier import errors
from verifier.calibration import Calibration
from verifier.values import Decision, Neighbour, Outcome

GALLERY_EMPTY = "gallery_empty"
BEYOND_THRESHOLD = "beyond_threshold"
WITHIN_THRESHOLD = "within_threshold"
RUNNER_UP_WITHIN_THRESHOLD = "runner_up_within_threshold"
RUNNER_UP_TOO_NEAR = "runner_up_too_near"
REASONS = (GALLERY_EMPTY, BEYOND_THRESHOLD, WITHIN_THRESHOLD, RUNNER_UP_WITHIN_THRESHOLD, RUNNER_UP_TOO_NEAR)

LEAST_ODDS = 9.0
"""The nearest subject must be this many times likelier than the runner-up. See docs/explanation/threshold.md."""


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """`target_false_accept`: how often a stranger may be let in per attempt, above 0 and below 1."""

    calibration: Calibration
    target_false_accept: float = 0.001

    def __post_init__(self) -> None:
        """Raise ValueError for a target that is not between 0 and 1."""
        if not 0.0 < self.target_false_accept < 1.0:
            raise ValueError("target_false_accept must lie between 0 and 1")

    def threshold(self, comparisons: int, *, mean_length: float = 1.0) -> float:
        """Return the largest distance accepted when a probe is compared with this many references.

        `mean_length`: of the mean of the frames that the probe was made of; the same rate holds for any of them.
        """
        single = self.calibration.distance_at(self.allowed_rate(comparisons))
        return max(0.0, single - self.calibration.nearer_by(mean_length))

    def allowed_rate(self, comparisons: int) -> float:
        """Return the false-match rate allowed for each of this many comparisons."""
        return self.target_false_accept / max(comparisons, 1)

    @property
    def margin(self) -> float:
        """Distance by which the runner-up must be farther than the nearest.

        The log odds that a pair is one person fall by 1 for every `slope_distance`, so the odds between two
        candidates depend on nothing but the difference of their distances.
        """
        return self.calibration.slope_distance * math.log(LEAST_ODDS)

    def decide(self, neighbours: Sequence[Neighbour], *, comparisons: int, mean_length: float = 1.0) -> Decision:
        """Return the decision; the order of the neighbours does not matter. Raises InvalidEmbedding for a NaN."""
        if any(math.isnan(neighbour.distance) for neighbour in neighbours):
            raise errors.InvalidEmbedding(reason="not_finite")
        ordered = sorted(neighbours, key=lambda neighbour: (neighbour.distance, neighbour.reference))
        nearest = ordered[0] if ordered else None
        runner_up = next((other for other in ordered if nearest and other.subject != nearest.subject), None)
        threshold = self.threshold(comparisons, mean_length=mean_length)
        outcome, reasons = self._judge(nearest, runner_up, threshold=threshold)
        return Decision(
            outcome=outcome,
            threshold=threshold,
            comparisons=comparisons,
            target_false_accept=self.target_false_accept,
            nearest=nearest,
            runner_up=runner_up,
            reasons=reasons,
        )

    def _judge(
        self, nearest: Neighbour | None, runner_up: Neighbour | None, *, threshold: float
    ) -> tuple[Outcome, tuple[str, ...]]:
        if nearest is None:
            return Outcome.UNKNOWN, (GALLERY_EMPTY,)
        if nearest.distance > threshold:
            return Outcome.UNKNOWN, (BEYOND_THRESHOLD,)
        if runner_up is None:
            return Outcome.MATCHED, (WITHIN_THRESHOLD,)
        doubts = []
        if runner_up.distance <= threshold:
            doubts.append(RUNNER_UP_WITHIN_THRESHOLD)
        if runner_up.distance - nearest.distance < self.margin:
            doubts.append(RUNNER_UP_TOO_NEAR)
        return (Outcome.AMBIGUOUS, tuple(doubts)) if doubts else (Outcome.MATCHED, (WITHIN_THRESHOLD,))
