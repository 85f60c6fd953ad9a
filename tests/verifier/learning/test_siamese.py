"""Siamese networks: symmetric distance, shared weights, finite gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.effort import examples
from verifier import errors
from verifier.learning.siamese import SiameseNetwork
from verifier.networks import catalogue

NETWORKS: list[tuple[str, dict[str, object], tuple[int, int]]] = [
    ("dense", {"widths": (32, 32, 2)}, (28, 28)),
    ("convnet", {"widths": (4, 8), "dimension": 16}, (28, 28)),
    ("strokenet", {"widths": (4, 4, 4, 4, 4), "dimension": 8}, (96, 192)),
]


@pytest.mark.parametrize(("name", "options", "size"), NETWORKS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(6), deadline=None)
def test_distance_is_symmetric_to_the_bit_and_not_negative(
    name: str, options: dict[str, object], size: tuple[int, int], seed: int
) -> None:
    torch.manual_seed(0)
    twin = SiameseNetwork(catalogue.build(name, options)).eval()
    first, second = torch.rand(2, 3, 1, *size, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        there, back, same = twin(first, second), twin(second, first), twin(first, first)
    assert torch.equal(there, back)
    assert (there >= 0).all()
    assert torch.equal(same, torch.zeros(3))


def test_shared_weights_are_counted_once() -> None:
    twin = SiameseNetwork(catalogue.build("dense", {"widths": (4, 2)}))
    assert twin.shares_weights
    assert len(list(twin.parameters())) == 4


def test_two_sources_may_differ_in_architecture() -> None:
    pair = SiameseNetwork(
        catalogue.build("dense", {"widths": (8, 4), "height": 5, "width": 5}),
        catalogue.build("convnet", {"widths": (4,), "dimension": 4}),
    )
    assert not pair.shares_weights
    assert pair(torch.rand(2, 1, 5, 5), torch.rand(2, 1, 28, 28)).shape == (2,)


def test_the_gradient_is_finite_at_distance_zero() -> None:
    twin = SiameseNetwork(nn.Linear(3, 2))
    same = torch.ones(2, 3)
    slopes = torch.autograd.grad(twin(same, same).sum(), list(twin.parameters()))
    assert all(torch.isfinite(slope).all() for slope in slopes)


def test_an_unknown_architecture_is_a_fault_that_lists_the_known_ones() -> None:
    with pytest.raises(errors.ModelWrong) as caught:
        catalogue.build("perceptron", {})
    assert "convnet" in str(caught.value)
    with pytest.raises(errors.ModelWrong):
        catalogue.build("convnet", {"deep": True})
