"""Open-set trials: people enrolled and strangers at a door, counted by the decision they get.

A trial counts the strangers who were let in, and the enrolled people who were refused, who were taken for somebody
else, and who were answered with "ambiguous" and asked for their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from verifier.gallery import FlatGallery
from verifier.policy import MatchPolicy
from verifier.values import FloatArray, Outcome


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of an album: one reference per person enrolled, further photos of these people, one photo per stranger.

    `references`, `genuine`, `strangers`: row numbers; `genuine_person`: place in `references` of each probe's person.
    """

    references: NDArray[np.int64]
    genuine: NDArray[np.int64]
    genuine_person: NDArray[np.int64]
    strangers: NDArray[np.int64]


def split(people: NDArray[np.str_], *, enrolled: int, seed: int) -> Split:
    """Enrol this many people by one photo each, those with several photos first; the others are strangers.

    Every further photo of the enrolled is a probe, and one photo of each stranger. Limit the photos of a person
    before, or a person with a hundred photos dominates the figures.
    """
    drawn = np.random.default_rng(seed)
    rows = {name: drawn.permutation(np.flatnonzero(people == name)) for name in np.unique(people).tolist()}
    order = sorted(drawn.permutation(sorted(rows)).tolist(), key=lambda name: len(rows[name]) < 2)
    if len(order) <= enrolled:
        raise ValueError(f"{len(order)} people leave no stranger beside {enrolled} enrolled")
    inside, outside = order[:enrolled], order[enrolled:]
    several = [place for place, name in enumerate(inside) if len(rows[name]) > 1]
    return Split(
        references=np.array([rows[name][0] for name in inside], dtype=np.int64),
        genuine=np.array([row for place in several for row in rows[inside[place]][1:]], dtype=np.int64),
        genuine_person=np.array([place for place in several for _ in rows[inside[place]][1:]], dtype=np.int64),
        strangers=np.array([rows[name][0] for name in outside], dtype=np.int64),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of an open-set trial, which can be added. `ambiguous`: enrolled people answered with "ambiguous"."""

    strangers: int = 0
    let_in: int = 0
    strangers_ambiguous: int = 0
    genuine: int = 0
    refused: int = 0
    misnamed: int = 0
    ambiguous: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the sum of two trials."""
        return Tally(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    @property
    def stranger_rate(self) -> float:
        """Share of strangers with a reference within the threshold, whether "matched" or "ambiguous"."""
        return (self.let_in + self.strangers_ambiguous) / self.strangers

    @property
    def refused_rate(self) -> float:
        """Share of enrolled people answered with "unknown"."""
        return self.refused / self.genuine

    @property
    def ambiguous_rate(self) -> float:
        """Share of enrolled people answered with "ambiguous"."""
        return self.ambiguous / self.genuine


def pool(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of several trials."""
    return sum(tallies, start=Tally())


def trial(vectors: FloatArray, *, parts: Split, policy: MatchPolicy) -> Tally:
    """Enrol the references, decide on every probe once with the real gallery and policy, and count the outcomes."""
    gallery = FlatGallery(vectors.shape[1], encoder="trial")
    for place, row in enumerate(parts.references.tolist()):
        gallery.add(reference=place, subject=place, vector=vectors[row])

    def answer(row: int) -> tuple[Outcome, int | None]:
        decision = policy.decide(gallery.search_subjects(vectors[row], most=2), comparisons=len(gallery))
        return decision.outcome, decision.subject

    strangers = [answer(row)[0] for row in parts.strangers.tolist()]
    genuine = [answer(row) for row in parts.genuine.tolist()]
    named = [subject for outcome, subject in genuine if outcome is Outcome.MATCHED]
    own = [
        person
        for (outcome, _), person in zip(genuine, parts.genuine_person.tolist(), strict=True)
        if outcome is Outcome.MATCHED
    ]
    return Tally(
        strangers=len(strangers),
        let_in=strangers.count(Outcome.MATCHED),
        strangers_ambiguous=strangers.count(Outcome.AMBIGUOUS),
        genuine=len(genuine),
        refused=sum(outcome is Outcome.UNKNOWN for outcome, _ in genuine),
        misnamed=sum(subject != person for subject, person in zip(named, own, strict=True)),
        ambiguous=sum(outcome is Outcome.AMBIGUOUS for outcome, _ in genuine),
    )
