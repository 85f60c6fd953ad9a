"""Match policy: turns the neighbours of a probe and the number of comparisons into a decision.

The operator sets how often a stranger may be let in per attempt. A stranger is compared with everyone, so each
comparison may fail with that rate divided by the number of comparisons, and the encoder's calibration converts the
quotient into a distance. The threshold therefore becomes stricter as an organisation grows. An equal distance is
accepted.

A door that searches its own people first and guests after them divides that rate between the two: `DividedPolicy`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from verifier import distance, errors
from verifier.calibration import Calibration
from verifier.faces import averaging
from verifier.values import Decision, FloatArray, Neighbour, Outcome

GALLERY_EMPTY = "gallery_empty"
BEYOND_THRESHOLD = "beyond_threshold"
WITHIN_THRESHOLD = "within_threshold"
RUNNER_UP_WITHIN_THRESHOLD = "runner_up_within_threshold"
RUNNER_UP_TOO_NEAR = "runner_up_too_near"
GUEST = "guest"
GUEST_GIVES_NUMBER = "guest_gives_number"
REASONS = (
    GALLERY_EMPTY,
    BEYOND_THRESHOLD,
    WITHIN_THRESHOLD,
    RUNNER_UP_WITHIN_THRESHOLD,
    RUNNER_UP_TOO_NEAR,
    GUEST,
    GUEST_GIVES_NUMBER,
)

SAME_LOOK_RATE = 1e-4
"""False-match rate at which frames are taken to show one face: far stricter than a door's question, because averaging
two people would make a face that resembles both."""

LEAST_ODDS = 9.0
"""The nearest subject must be this many times likelier than the runner-up. See docs/explanation/threshold.md."""

OWN_SHARE = 0.9
"""Share of the promised rate for a door's own people where guests may come; the rest is for the guests."""

MOST_GUESTS = 50_000
"""References of other people among which a face alone is searched: beyond, the rest of the budget names hardly anybody
and the search takes more than 2 ms; guests give their number then."""

GUEST_NUMBERS = 5
"""Numbers that one look may be compared with; the caller counts them."""

GUEST_NUMBER_SHARE = (1.0 - OWN_SHARE) / GUEST_NUMBERS
"""Share of the promised rate for the comparison with the person of one given number."""


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


@dataclass(frozen=True, slots=True)
class Searched:
    """A part of the gallery that a probe was compared with.

    `neighbours`: its nearest subjects; None where it was too large to be searched. `comparisons`: its references.
    """

    neighbours: Sequence[Neighbour] | None
    comparisons: int


@dataclass(frozen=True, slots=True)
class DividedPolicy:
    """`whole`: the policy whose rate holds over both parts together."""

    whole: MatchPolicy

    def own(self, *, guests: bool) -> MatchPolicy:
        """Return the policy for a door's own people: the whole rate, or the larger part where guests may come."""
        return self._share(OWN_SHARE if guests else 1.0)

    def guests(self) -> MatchPolicy:
        """Return the policy for those who are searched after them."""
        return self._share(1.0 - OWN_SHARE)

    def guest_by_number(self) -> MatchPolicy:
        """Return the policy for one comparison with the person whose number a guest gave."""
        return self._share(GUEST_NUMBER_SHARE)

    def _share(self, share: float) -> MatchPolicy:
        return replace(self.whole, target_false_accept=self.whole.target_false_accept * share)

    def decide(self, own: Searched, *, others: Searched | None = None, mean_length: float = 1.0) -> Decision:
        """Return the decision on a door's own people and the others, who may come as guests unless they are None.

        Each part has its own threshold. The nearest neighbour within the threshold of its part is matched, unless
        somebody else of either part is within theirs too, or nearly as near or nearer: then the number is asked for.
        `mean_length`: see `MatchPolicy.threshold`. The decision names the whole rate, and number of comparisons and
        threshold of the part that decided.
        """
        decision = self._decide(own, others, mean_length=mean_length)
        return replace(decision, target_false_accept=self.whole.target_false_accept)

    def _decide(self, own: Searched, others: Searched | None, *, mean_length: float) -> Decision:
        mine = self.own(guests=others is not None and others.comparisons > 0)
        first = mine.decide(own.neighbours or (), comparisons=own.comparisons, mean_length=mean_length)
        if others is None or not others.comparisons:
            return first
        if others.neighbours is None:
            unknown = first.outcome is Outcome.UNKNOWN
            return replace(first, reasons=(GUEST_GIVES_NUMBER, *first.reasons)) if unknown else first
        second = self.guests().decide(others.neighbours, comparisons=others.comparisons, mean_length=mean_length)
        return _joined(first, replace(second, reasons=(*second.reasons, GUEST)), margin=mine.margin)


def _joined(own: Decision, guest: Decision, *, margin: float) -> Decision:
    """Return one decision of two: that of the part whose nearest neighbour is accepted, doubted for the other one."""
    accepted = [each for each in (own, guest) if each.outcome is not Outcome.UNKNOWN]
    if not accepted:
        return min((own, guest), key=_distance)
    chosen = min(accepted, key=_distance)
    other = guest if chosen is own else own
    known = (chosen.nearest, chosen.runner_up, other.nearest)
    ordered = sorted((each for each in known if each is not None), key=lambda each: (each.distance, each.reference))
    subject = chosen.nearest.subject if chosen.nearest else None
    doubts = [each for each in chosen.reasons if each in {RUNNER_UP_WITHIN_THRESHOLD, RUNNER_UP_TOO_NEAR}]
    if other.nearest is not None and other.outcome is not Outcome.UNKNOWN:
        doubts.append(RUNNER_UP_WITHIN_THRESHOLD)
    if _distance(other) - _distance(chosen) < margin:
        doubts.append(RUNNER_UP_TOO_NEAR)
    reasons = (*(dict.fromkeys(doubts) or (WITHIN_THRESHOLD,)), *((GUEST,) if chosen is guest else ()))
    return replace(
        chosen,
        outcome=Outcome.AMBIGUOUS if doubts else Outcome.MATCHED,
        runner_up=next((each for each in ordered if each.subject != subject), None),
        reasons=reasons,
    )


def _distance(decision: Decision) -> float:
    return decision.nearest.distance if decision.nearest else math.inf


def show_one_person(vectors: Sequence[FloatArray], *, weights: Sequence[float], calibration: Calibration) -> bool:
    """Return whether the frames surely show one face: however they are parted in two, the means of both are near.

    One of the ways parts the frames of two people, so these pass as rarely as two single frames do; the means of one
    person's poor frames are nearer to each other than the frames themselves.
    """
    frames = range(len(vectors))
    return all(
        _are_near(
            *(
                averaging.average([vectors[one] for one in part], weights=[weights[one] for one in part])
                for part in (chosen, [one for one in frames if one not in chosen])
            ),
            calibration=calibration,
        )
        for size in range(1, len(vectors) // 2 + 1)
        for chosen in itertools.combinations(frames, size)
    )


def _are_near(one: averaging.Mean, other: averaging.Mean, *, calibration: Calibration) -> bool:
    nearest = calibration.distance_at(SAME_LOOK_RATE)
    nearest -= calibration.nearer_by(one.length) + calibration.nearer_by(other.length)
    return float(distance.between(one.vector, other.vector[np.newaxis])[0]) <= nearest
