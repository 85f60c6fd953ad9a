"""Sampling: batches of classes and pictures, without repetition, reproducible by seed."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from verifier.learning import refusals, sampling

LABELS = np.repeat(np.arange(6), 9)


def batches(*, seed: int = 0, pictures: int = 4) -> sampling.ClassBatches:
    return sampling.ClassBatches(LABELS, classes=3, pictures=pictures, seed=seed)


@given(seed=st.integers(0, 1000))
@settings(max_examples=examples(20), deadline=None)
def test_a_batch_has_the_classes_and_pictures_without_repetition(seed: int) -> None:
    for rows in itertools.islice(batches(seed=seed), 12):
        assert len(set(rows.tolist())) == len(rows) == 12
        assert sorted(np.bincount(LABELS[rows])[np.unique(LABELS[rows])]) == [4, 4, 4]


def test_every_picture_is_drawn_before_any_is_drawn_again() -> None:
    drawn = np.concatenate(list(itertools.islice(batches(pictures=3), 6)))
    assert sorted(drawn.tolist()) == list(range(54))


def test_a_small_class_gives_all_its_pictures_once() -> None:
    labels = np.array([0, 0, 1, 1, 1, 1, 1])
    rows = next(sampling.ClassBatches(labels, classes=2, pictures=4, seed=0))
    assert sorted(rows[labels[rows] == 0].tolist()) == [0, 1]


def test_the_seed_determines_the_order_and_the_global_generator_does_not() -> None:
    np.random.seed(1)
    first = [row.tolist() for row in itertools.islice(batches(), 5)]
    np.random.seed(2)
    assert [row.tolist() for row in itertools.islice(batches(), 5)] == first
    assert [row.tolist() for row in itertools.islice(batches(seed=1), 5)] != first


def test_a_sampler_continues_from_a_state_in_json() -> None:
    whole = [row.tolist() for row in itertools.islice(batches(), 20)]
    begun = batches()
    for _ in range(7):
        next(begun)
    continued = batches(seed=99)
    continued.restore(json.loads(json.dumps(begun.state())))
    assert [row.tolist() for row in itertools.islice(continued, 13)] == whole[7:]


def test_one_class_or_one_picture_is_refused() -> None:
    with pytest.raises(refusals.OneClassOnly):
        sampling.ClassBatches(np.zeros(5, int), classes=2, pictures=2, seed=0)
    with pytest.raises(refusals.ClassTooSmall) as caught:
        sampling.ClassBatches(np.array([0, 0, 1]), classes=2, pictures=2, seed=0)
    assert caught.value.facts["label"] == "1"


def test_a_batch_has_the_forgeries_of_its_classes() -> None:
    forged = np.tile(np.arange(9) > 5, 6)
    made = sampling.ClassBatches(LABELS, classes=2, pictures=3, seed=0, forged=forged, forgeries=2)
    rows = next(made)
    assert int(forged[rows].sum()) == 4
    assert len(np.unique(LABELS[rows])) == 2


def test_pairs_are_balanced_and_never_of_one_picture() -> None:
    pairs = sampling.balanced_pairs(LABELS, genuine=300, impostor=200, seed=0)
    assert int(pairs.same.sum()) == 300
    assert len(pairs.same) == 500
    assert (pairs.first != pairs.second).all()
    assert ((LABELS[pairs.first] == LABELS[pairs.second]) == pairs.same).all()
    assert len(np.unique(LABELS[pairs.first])) == 6
