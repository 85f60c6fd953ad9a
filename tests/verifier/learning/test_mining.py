"""Mining: the triplets of each strategy."""

from __future__ import annotations

import pytest
import torch

from verifier.learning import mining

POINTS = torch.tensor([[0.0], [0.1], [0.15], [0.5], [3.0]])
LABELS = torch.tensor([0, 0, 1, 1, 1])
NOBODY = torch.zeros(5, dtype=torch.bool)


def found(how: str, *, seed: int = 0) -> set[tuple[int, int, int]]:
    generator = torch.Generator().manual_seed(seed)
    pairs = mining.all_pairs(LABELS, NOBODY)
    chosen = mining.triplets(POINTS, pairs, how=how, margin=0.2, generator=generator)
    rows = torch.stack((chosen.anchors, chosen.positives, chosen.negatives)).T.tolist()
    return {(a, p, n) for a, p, n in rows}


def test_hard_mining_takes_the_farthest_positive_and_the_nearest_negative() -> None:
    assert found("hard") == {(0, 1, 2), (1, 0, 2), (2, 4, 1), (3, 4, 1), (4, 2, 1)}


def test_semi_hard_negatives_lie_between_the_positive_and_the_margin() -> None:
    for anchor, positive, negative in found("semi_hard"):
        near, far = (abs(float(POINTS[anchor] - POINTS[row])) for row in (positive, negative))
        assert near < far < near + 0.2
    assert (0, 1, 2) in found("semi_hard")
    assert not [row for row in found("semi_hard") if row[0] == 1]


def test_random_mining_draws_one_negative_for_each_genuine_pair() -> None:
    drawn = found("random")
    assert {(a, p) for a, p, _ in drawn} == {(0, 1), (1, 0), (2, 3), (3, 2), (2, 4), (4, 2), (3, 4), (4, 3)}
    assert all(LABELS[a] != LABELS[n] for a, _, n in drawn)
    assert found("random", seed=1) == found("random", seed=1)
    assert any(found("random", seed=seed) != drawn for seed in range(1, 5))


def test_forgeries_are_never_anchors_nor_positives() -> None:
    forged = torch.tensor([False, True, False, False, False])
    pairs = mining.all_pairs(LABELS, forged)
    assert 1 not in pairs.positives[0].tolist() + pairs.positives[1].tolist() + pairs.negatives[0].tolist()
    assert (0, 1) in list(zip(*(side.tolist() for side in pairs.negatives), strict=True))


def test_an_unknown_mining_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="semi_hard"):
        found("hardest")
