"""Augmentation, and torchvision's transforms with any build of torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from verifier.learning import augmentation, torchvision_transforms
from verifier.learning.recipe import AugmentChoice


@pytest.mark.slow
def test_torchvision_transforms_can_be_used() -> None:
    turned = torchvision_transforms.transforms().RandomRotation((90, 90))(torch.eye(4)[None])
    assert torch.equal(turned[0], torch.eye(4).flip(0))


@pytest.mark.slow  # a fresh interpreter loads torch
def test_schemas_are_declared_only_where_the_compiled_part_is_missing() -> None:
    """Run in a new process: torchvision's own operators, where they load, must not be declared twice."""
    program = (
        "import torch\n"
        "from verifier.learning import torchvision_transforms\n"
        "torchvision_transforms.transforms(); torchvision_transforms.transforms()\n"
        "import torchvision\n"
        "assert bool(torchvision_transforms._declared) != torchvision.extension._has_ops()\n"
        "print(torch.ops.torchvision.nms.default._schema)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "float iou_threshold) -> Tensor" in done.stdout


def test_transforms_named_in_a_recipe_are_applied() -> None:
    change = augmentation.named_transforms(AugmentChoice(transforms={"RandomHorizontalFlip": {"p": 1.0}}))
    assert change is not None
    picture = torch.arange(4.0).reshape(1, 1, 1, 4)
    assert change(picture).flatten().tolist() == [3.0, 2.0, 1.0, 0.0]


def test_augmentation_changes_nothing_by_default_and_is_reproducible_by_seed() -> None:
    pictures = torch.rand(3, 1, 12, 20, generator=torch.Generator().manual_seed(0))
    assert torch.equal(augmentation.augment(pictures, AugmentChoice(), generator=torch.Generator()), pictures)
    choice = AugmentChoice(rotation_degrees=10, scale=0.1, shear=0.1, shift=0.05, elastic=0.03, stroke=0.3)
    first, again, other = (
        augmentation.augment(pictures, choice, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == pictures.shape
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1


def test_a_shift_is_at_most_its_share_of_the_canvas() -> None:
    picture = torch.zeros(200, 1, 21, 21)
    picture[:, :, 10, 10] = 1
    moved = augmentation.augment(picture, AugmentChoice(shift=0.1), generator=torch.Generator().manual_seed(0))
    rows = (moved.sum(3) * torch.arange(21.0)).sum((1, 2)) / moved.sum((1, 2, 3))
    reach = (rows - 10).abs().max()
    assert 1.8 < float(reach) <= 2.11
