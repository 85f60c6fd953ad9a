"""Losses against values computed by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from verifier.learning import losses, refusals

EMBEDDINGS = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])
LABELS = torch.tensor([0, 0, 1, 1])


def answers(*same: bool) -> torch.Tensor:
    return torch.tensor(same)


@pytest.mark.parametrize(("distance", "same", "expected"), [(0.5, True, 0.25), (0.3, False, 0.49), (1.5, False, 0.0)])
def test_contrastive_loss_of_a_distance(distance: float, same: bool, expected: float) -> None:
    value = losses.contrastive_of_distances(torch.tensor([distance]), same=answers(same), margin=1.0)
    assert float(value) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("positive", "negative", "expected"), [(0.5, 0.6, 0.2), (0.5, 0.9, 0.0)])
def test_triplet_loss_of_distances(positive: float, negative: float, expected: float) -> None:
    value = losses.triplet_of_distances(torch.tensor(positive), torch.tensor(negative), margin=0.3)
    assert float(value) == pytest.approx(expected, abs=1e-6)


def test_the_similar_term_has_no_epsilon() -> None:
    origin, point = torch.zeros(1, 2), torch.tensor([[0.3, 0.4]])
    assert float(losses.contrastive(origin, point, same=answers(True))) == pytest.approx(0.25, abs=1e-7)
    assert float(losses.contrastive(origin, origin, same=answers(True))) == 0.0


def test_the_dissimilar_term_has_epsilon_inside_the_root() -> None:
    origin = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    value = losses.contrastive(origin, torch.zeros(1, 2, dtype=torch.float64), same=answers(False))
    assert float(value) == pytest.approx(0.998001, abs=1e-9)
    (slope,) = torch.autograd.grad(value.sum(), origin)
    assert slope.tolist() == [[0.0, 0.0]]
    apart = losses.contrastive(
        torch.zeros(1, 2, dtype=torch.float64), torch.tensor([[0.3, 0.4]], dtype=torch.float64), same=answers(False)
    )
    assert 1 - math.sqrt(float(apart)) == pytest.approx(0.5000009999990, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("multi_similarity", {"alpha": 2, "beta": 50, "base": 0.5}, 0.268811),
        ("supcon", {"temperature": 0.1}, 0.063780),
        ("contrastive", {"margin": 1.0, "weighting": "pairs"}, 0.135191),
        ("triplet", {"margin": 0.2, "mining": "hard"}, 0.0),
        ("triplet", {"margin": 0.2, "mining": "semi_hard"}, 0.0),
    ],
)
def test_losses_of_a_batch_have_the_values_computed_by_hand(
    name: str, options: dict[str, object], expected: float
) -> None:
    loss = losses.build(name, options, classes=2, dimension=2)
    assert loss(EMBEDDINGS, LABELS).item() == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("normalized_softmax", {"temperature": 0.5}, 0.206476),
        ("arcface", {"margin": 28.6, "scale": 4}, 0.301381),
    ],
)
def test_losses_with_proxies_have_the_values_computed_by_hand(
    name: str, options: dict[str, object], expected: float
) -> None:
    loss = losses.build(name, options, classes=2, dimension=2)
    with torch.no_grad():
        next(loss.parameters()).copy_(torch.eye(2))
    assert loss(EMBEDDINGS, LABELS).item() == pytest.approx(expected, abs=2e-6)


def test_the_contrastive_loss_of_pytorch_metric_learning_is_another_one() -> None:
    """It is not squared and averages over the terms that are not zero, so the library has a loss of its own."""
    from pytorch_metric_learning.losses import ContrastiveLoss

    assert float(ContrastiveLoss()(EMBEDDINGS, LABELS)) == pytest.approx(0.738028, abs=2e-6)


@pytest.mark.parametrize("name", ["contrastive", "triplet", "multi_similarity", "supcon", "angular", "arcface"])
def test_a_batch_without_a_pair_is_refused(name: str) -> None:
    loss = losses.build(name, {}, classes=4, dimension=2)
    with pytest.raises(refusals.UnusableBatch) as genuine:
        loss(EMBEDDINGS, torch.arange(4))
    with pytest.raises(refusals.UnusableBatch) as impostor:
        loss(EMBEDDINGS, torch.zeros(4, dtype=torch.int64))
    assert (genuine.value.facts["missing"], impostor.value.facts["missing"]) == ("genuine", "impostor")


def test_same_must_be_boolean_with_one_value_per_pair() -> None:
    with pytest.raises(TypeError):
        losses.contrastive_of_distances(torch.tensor([0.5]), same=torch.tensor([1]))
    with pytest.raises(ValueError, match="one answer"):
        losses.contrastive_of_distances(torch.zeros(3), same=torch.ones(3, 1, dtype=torch.bool))


@pytest.mark.parametrize("name", ["contrastive", "triplet", "multi_similarity", "supcon"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(15), deadline=None)
def test_losses_are_not_negative_and_do_not_depend_on_the_order(name: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.nn.functional.normalize(torch.randn(12, 8, generator=generator, dtype=torch.float64), dim=1)
    labels = torch.arange(12) % 3
    order = torch.randperm(12, generator=generator)
    options = {"mining": "hard"} if name == "triplet" else {}
    loss = losses.build(name, options, classes=3, dimension=8)
    value, permuted = float(loss(embeddings, labels)), float(loss(embeddings[order], labels[order]))
    assert value >= 0
    assert abs(value - permuted) < 1e-6


def test_forgeries_are_negatives_of_their_class_and_never_anchors() -> None:
    near = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.05], [0.0, 1.0]]), dim=1)
    labels, forged = torch.tensor([0, 0, 0, 1]), torch.tensor([False, False, True, False])
    loss = losses.build("supcon", {"temperature": 0.1}, classes=2, dimension=2)
    assert float(loss(near, labels, forged)) > float(loss(near[[0, 1, 3]], labels[[0, 1, 3]]))
    with pytest.raises(refusals.RecipeRefused):
        losses.build("arcface", {}, classes=2, dimension=2)(near, labels, forged)
