"""Open-set trials: strangers and enrolled people are counted by their decision."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.evaluation.crowds import crowd
from tests.verifier.tables import plain_table
from verifier.evaluation import identification
from verifier.evaluation.identification import Split, Tally
from verifier.policy import MatchPolicy


def plane(*degrees: float) -> np.ndarray:
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_every_probe_is_counted_once_by_its_outcome() -> None:
    """Enrolled at 0, 90 and 100 degrees; the table accepts some 50 degrees at this target."""
    vectors = plane(0, 90, 100, 10, 95, 170, 20, 80, 180, 250)
    parts = Split(
        references=np.array([0, 1, 2]),
        genuine=np.array([3, 4, 5, 6]),
        genuine_person=np.array([0, 1, 2, 1]),  # the last belongs to the second and looks like the first
        strangers=np.array([6, 7, 8, 9]),
    )
    policy = MatchPolicy(plain_table(steepness=8), target_false_accept=2e-4)
    assert 0.7 < policy.threshold(3) < 1.0
    assert identification.trial(vectors, parts=parts, policy=policy) == Tally(
        strangers=4, let_in=1, strangers_ambiguous=1, genuine=4, refused=1, misnamed=1, ambiguous=1
    )


def test_tallies_are_added_when_pooled() -> None:
    one = Tally(strangers=10, let_in=1, strangers_ambiguous=1, genuine=4, refused=1, misnamed=0, ambiguous=1)
    both = identification.pool([one, one])
    assert (both.strangers, both.stranger_rate, both.refused_rate, both.ambiguous_rate) == (20, 0.2, 0.25, 0.25)


def test_a_split_enrols_people_with_several_photos_first_and_keeps_strangers_apart() -> None:
    vectors, several = crowd(30, photos=3)
    people = np.append(several, [f"S{number:02}" for number in range(40)])
    del vectors
    parts = identification.split(people, enrolled=50, seed=1)
    assert len(set(people[parts.references])) == 50
    assert {f"P{number:04}" for number in range(30)} <= set(people[parts.references])
    assert not set(people[parts.references]) & set(people[parts.strangers])
    assert len(parts.strangers) == 20
    assert (people[parts.genuine] == people[parts.references[parts.genuine_person]]).all()
    assert not set(parts.genuine) & set(parts.references)
    assert len(set(parts.genuine)) == len(parts.genuine) == 60
    assert identification.split(people, enrolled=50, seed=1).references.tolist() == parts.references.tolist()
    assert identification.split(people, enrolled=50, seed=2).references.tolist() != parts.references.tolist()


def test_a_split_without_strangers_is_refused() -> None:
    _, people = crowd(5, photos=1)
    with pytest.raises(ValueError, match="no stranger"):
        identification.split(people, enrolled=5, seed=0)
