"""Augmentation of training pictures by random geometric and stroke changes.

A whole batch is transformed at once (affine_grid and grid_sample), which on one thread is several times faster than
picture by picture; all random numbers come from the given generator. Further transforms of torchvision can be named in
a recipe; they draw from torch's global generator, whose state the training loop keeps as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional

from verifier.learning import refusals, torchvision_transforms
from verifier.learning.recipe import AugmentChoice

ELASTIC_GRID = 5
"""Control points a side of the smooth displacement."""


def augment(
    pictures: torch.Tensor, choice: AugmentChoice, *, generator: torch.Generator, outside: str = "zeros"
) -> torch.Tensor:
    """Return pictures (n, c, h, w), 0 to 1, changed at random.

    `outside`: values beyond the edge, "zeros" or "border" (for a negative, whose background is white).
    """
    if choice.rotation_degrees or choice.scale or choice.shear or choice.shift or choice.elastic:
        grid = functional.affine_grid(
            _matrices(len(pictures), choice, generator), list(pictures.shape), align_corners=False
        )
        if choice.elastic:
            grid = grid + _displacement(pictures, choice.elastic, generator)
        pictures = functional.grid_sample(pictures, grid, padding_mode=outside, align_corners=False)
    if choice.stroke:
        pictures = _strokes(pictures, choice.stroke, generator)
    return pictures


def named_transforms(choice: AugmentChoice) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """Build the torchvision transforms of a recipe, applied picture by picture; None when there are none."""
    if not choice.transforms:
        return None
    known = torchvision_transforms.transforms()
    steps = []
    for name, options in choice.transforms.items():
        maker = getattr(known, name, None)
        if maker is None:
            raise refusals.RecipeRefused(
                recipe="", key=f"augment.transforms.{name}", reason="is no transform of torchvision"
            )
        steps.append(maker(**options))
    chain = known.Compose(steps)
    return lambda pictures: torch.stack([chain(picture) for picture in pictures])


def _uniform(count: int, reach: float, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) * reach


def _matrices(count: int, choice: AugmentChoice, generator: torch.Generator) -> torch.Tensor:
    """Return (n, 2, 3), the maps from output points to input points, in units of half the canvas."""
    angle = _uniform(count, math.radians(choice.rotation_degrees), generator)
    scale = 1 / (1 + _uniform(count, choice.scale, generator))
    shear = _uniform(count, choice.shear, generator)
    shift = _uniform(2 * count, 2 * choice.shift, generator).reshape(count, 2)
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    rows = (
        torch.stack((cosine, shear * cosine - sine, shift[:, 0]), dim=1),
        torch.stack((sine, shear * sine + cosine, shift[:, 1]), dim=1),
    )
    return torch.stack(rows, dim=1)


def _displacement(pictures: torch.Tensor, deviation: float, generator: torch.Generator) -> torch.Tensor:
    count, _, height, width = pictures.shape
    coarse = torch.randn(count, 2, ELASTIC_GRID, ELASTIC_GRID, generator=generator) * (2 * deviation)
    smooth = functional.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)


def _strokes(pictures: torch.Tensor, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Make strokes thicker or thinner by up to about one pixel."""
    chance = torch.rand(len(pictures), generator=generator)
    blend = torch.rand(len(pictures), generator=generator)[:, None, None, None]
    bent = pictures.clone()
    for chosen, sign in ((chance < probability, 1), (chance > 1 - probability, -1)):
        own = pictures[chosen]
        if len(own):
            changed = sign * functional.max_pool2d(sign * own, 3, stride=1, padding=1)
            bent[chosen] = own + blend[chosen] * (changed - own)
    return bent
