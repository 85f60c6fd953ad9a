"""Pictures of the second source in a two-source task.

The two sources (photo and sketch, camera and map) show the same classes. The second side is either *given* as pictures
of its own, or made from the first, so that a two-source task can be tried without a second collection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verifier.learning import data, refusals
from verifier.learning.data import LabelledPictures, Material
from verifier.learning.recipe import DataChoice

Pictures = NDArray[np.uint8]
GIVEN = "given"
INK = 127
"""Values above are ink."""


def outline(pictures: Pictures) -> Pictures:
    """Return the outline of the ink, one pixel wide and just outside of it; grey (n, h, w) only."""
    if pictures.ndim != 3:
        raise refusals.RecipeRefused(recipe="", key="data.second_source", reason="outlines are drawn of grey pictures")
    ink = pictures > INK
    around = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    height, width = pictures.shape[1:]
    grown = np.zeros_like(ink)
    for row in range(3):
        for column in range(3):
            grown |= around[:, row : row + height, column : column + width]
    return np.where(grown & ~ink, 255, 0).astype(np.uint8)


def negative(pictures: Pictures) -> Pictures:
    """Return the pictures with light and dark inverted."""
    return np.asarray(255 - pictures, dtype=np.uint8)


MADE: dict[str, Callable[[Pictures], Pictures]] = {"outline": outline, "negative": negative}
"""Name in a recipe -> function that makes pictures of the second source from those of the first."""


def other_side(first: LabelledPictures, choice: DataChoice, *, given: LabelledPictures | None) -> LabelledPictures:
    """Return the pictures of the second source that belong to `first`, with the same classes.

    Raises `RecipeRefused` when they must be given and are not, `DataRefused` when a class has none.
    """
    if choice.second_source != GIVEN:
        return replace(first, pictures=MADE[choice.second_source](first.pictures))
    if given is None:
        raise refusals.RecipeRefused(
            recipe="", key="data.second_source", reason="asks for pictures of the second source (--second)"
        )
    missing = sorted(set(first.classes) - set(given.classes))
    if missing:
        raise refusals.DataRefused(path="", reason=f"class {missing[0]!r} has no picture of the second source")
    return given.of_classes(first.classes)


def with_second(
    material: Material, choice: DataChoice, *, seed: int, given: LabelledPictures | None = None
) -> Material:
    """Return the material with its second side, if any; both sides hold out the same classes or as many pictures."""
    if not choice.second_source:
        return material
    split = None if given is None else data.prepare(given, choice, seed=seed)
    training = other_side(material.training, choice, given=split.training if split else None)
    validation = None
    if material.validation is not None:
        validation = other_side(material.validation, choice, given=split.validation if split else None)
    return replace(material, second=Material(training, validation))
