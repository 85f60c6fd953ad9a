"""Labelled pictures, and their split into parts that share no picture.

A split is always drawn at random, by seed: files are often sorted by label (MNIST's npz is), and the end of such a
file has one class only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.learning import refusals
from verifier.learning.recipe import DataChoice
from verifier.plain import drawing

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LabelledPictures:
    """Pictures as the encoder sees them, each with its class.

    `pictures`: uint8 (n, height, width) or (n, height, width, 3); `labels`: row -> position in `classes`;
    `names`: origin of each picture; `forged`: True for a forgery of its class.
    """

    pictures: NDArray[np.uint8]
    labels: Indices
    classes: tuple[str, ...]
    names: tuple[str, ...]
    forged: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, chosen: Indices) -> LabelledPictures:
        """Return only these rows; labels are renumbered, classes without a picture are dropped."""
        present = np.unique(self.labels[chosen])
        return LabelledPictures(
            pictures=self.pictures[chosen],
            labels=np.searchsorted(present, self.labels[chosen]).astype(np.int64),
            classes=tuple(self.classes[label] for label in present),
            names=tuple(self.names[row] for row in chosen),
            forged=self.forged[chosen],
        )

    def of_classes(self, wanted: Collection[str]) -> LabelledPictures:
        """Return only these classes; raises `DataRefused` for an unknown name."""
        missing = sorted(set(wanted) - set(self.classes))
        if missing:
            raise refusals.DataRefused(path="", reason=f"no class {missing[0]!r}")
        numbers = [number for number, name in enumerate(self.classes) if name in wanted]
        return self.rows(np.flatnonzero(np.isin(self.labels, numbers)))

    def genuine(self) -> LabelledPictures:
        """Return the pictures without the forgeries."""
        return self.rows(np.flatnonzero(~self.forged))


def labelled(
    pictures: NDArray[np.uint8],
    labels: Sequence[str],
    *,
    names: Sequence[str] | None = None,
    forged: NDArray[np.bool_] | None = None,
) -> LabelledPictures:
    """Return labelled pictures from one class name per picture; classes are numbered in the order of their names."""
    if len(labels) != len(pictures):
        raise refusals.LabelsMissing(path="", pictures=len(pictures), labels=len(labels))
    classes, numbers = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    return LabelledPictures(
        pictures=pictures,
        labels=numbers.astype(np.int64),
        classes=tuple(str(name) for name in classes),
        names=tuple(names) if names is not None else tuple(str(row) for row in range(len(labels))),
        forged=forged if forged is not None else np.zeros(len(labels), dtype=bool),
    )


def joined(parts: Sequence[LabelledPictures]) -> LabelledPictures:
    """Return one set from several; a class name that occurs in two of them means the same class."""
    first = parts[0].pictures.shape[1:]
    for part in parts[1:]:
        if part.pictures.shape[1:] != first:
            raise refusals.MixedSizes(first=str(first), other=str(part.pictures.shape[1:]))
    return labelled(
        np.concatenate([part.pictures for part in parts]),
        [part.classes[label] for part in parts for label in part.labels],
        names=[name for part in parts for name in part.names],
        forged=np.concatenate([part.forged for part in parts]),
    )


def hold_out_pictures(data: LabelledPictures, count: int, *, seed: int) -> tuple[LabelledPictures, LabelledPictures]:
    """Split off `count` pictures of every class (at most half of it), drawn by seed."""
    generator = np.random.Generator(np.random.PCG64(seed))
    aside: list[int] = []
    for label in range(len(data.classes)):
        own = generator.permutation(np.flatnonzero(data.labels == label))
        aside += [int(row) for row in own[: min(count, len(own) // 2)]]
    mask = np.zeros(len(data), dtype=bool)
    mask[aside] = True
    return data.rows(np.flatnonzero(~mask)), data.rows(np.flatnonzero(mask))


def hold_out_classes(data: LabelledPictures, names: Collection[str]) -> tuple[LabelledPictures, LabelledPictures]:
    """Split off whole classes by name."""
    kept = [name for name in data.classes if name not in names]
    if not kept:
        raise refusals.DataRefused(path="", reason="every class is held out, none is left to train on")
    return data.of_classes(kept), data.of_classes(names)


def held_out_names(classes: Sequence[str], choice: DataChoice, *, seed: int) -> tuple[str, ...]:
    """Return the classes that a recipe holds out: those it names, or every `folds`-th from number `seed` on."""
    if choice.folds:
        return tuple(sorted(classes)[seed % choice.folds :: choice.folds])
    return choice.held_out_classes


def check_apart(first: LabelledPictures, second: LabelledPictures, *, by_class: bool) -> None:
    """Raise `SplitsOverlap` when a picture (the same bytes), or with `by_class` a class, is in both parts."""
    if by_class and (shared := sorted(set(first.classes) & set(second.classes))):
        raise refusals.SplitsOverlap(what="class", example=shared[0])
    known = {picture.tobytes() for picture in first.pictures}
    for row, picture in enumerate(second.pictures):
        if picture.tobytes() in known:
            raise refusals.SplitsOverlap(what="picture", example=second.names[row])


def spliced(data: LabelledPictures, *, per_class: int, seed: int) -> LabelledPictures:
    """Return pseudo-classes: half of one class joined to half of another, along four lines of cut.

    A network generalizes to unseen classes by *more classes*; halves of n known ones make n (n - 1) * 4 more.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = [np.flatnonzero(data.labels == label) for label in range(len(data.classes))]
    height, width = data.pictures.shape[1:3]
    row, column = np.mgrid[0:height, 0:width]
    second_half = {
        "upper": row >= height // 2,
        "left": column >= width // 2,
        "upper left": row * width + column * height >= height * width,
        "upper right": row * width - column * height >= 0,
    }
    made: list[NDArray[np.uint8]] = []
    labels: list[str] = []
    for one, first in enumerate(data.classes):
        for other, second in enumerate(data.classes):
            if one == other:
                continue
            for way, half in second_half.items():
                picture = data.pictures[generator.choice(rows[one], per_class)].copy()
                partner = data.pictures[generator.choice(rows[other], per_class)]
                picture[:, half] = partner[:, half]
                made.append(picture)
                labels += [f"{way} {first} on {second}"] * per_class
    return labelled(np.concatenate(made), labels)


def turned(data: LabelledPictures) -> LabelledPictures:
    """Return quarter turns and mirror images as classes of their own (not for digits: a turned 6 is a 9)."""
    parts = []
    for way, picture in (
        ("turned 90", np.rot90(data.pictures, 1, (1, 2))),
        ("turned 180", np.rot90(data.pictures, 2, (1, 2))),
        ("turned 270", np.rot90(data.pictures, 3, (1, 2))),
        ("mirrored", data.pictures[:, :, ::-1]),
    ):
        parts.append(labelled(np.ascontiguousarray(picture), [f"{data.classes[label]} {way}" for label in data.labels]))
    return joined(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Training and validation pictures of a run, which share no picture.

    `second`: in a two-source task those of the other source, with the same classes.
    """

    training: LabelledPictures
    validation: LabelledPictures | None
    second: Material | None = None


def prepare(
    data: LabelledPictures, choice: DataChoice, *, seed: int, further: LabelledPictures | None = None
) -> Material:
    """Select, hold out and extend classes as the recipe says; `further` classes are used for training only."""
    if choice.only_classes:
        data = data.of_classes(choice.only_classes)
    training, validation = data, None
    if names := held_out_names(data.classes, choice, seed=seed):
        training, validation = hold_out_classes(data, names)
    elif choice.held_out_pictures:
        training, validation = hold_out_pictures(data, choice.held_out_pictures, seed=seed)
    if validation is not None:
        check_apart(training, validation, by_class=bool(names))
    parts = [training]
    if choice.splices_per_class:
        parts.append(spliced(training, per_class=choice.splices_per_class, seed=seed))
    if further is not None:
        parts.append(further)
    if choice.rotations:
        parts.append(turned(joined(parts)))
    whole = joined(parts) if len(parts) > 1 else training
    if not choice.upright:
        return Material(whole, validation)
    return Material(straightened(whole), straightened(validation) if validation is not None else None)


def straightened(data: LabelledPictures) -> LabelledPictures:
    """Return the drawings without slant; used after splicing, since spliced halves have a slant again."""
    return replace(data, pictures=np.stack([drawing.straightened(picture) for picture in data.pictures]))


def as_input(pictures: NDArray[np.uint8]) -> torch.Tensor:
    """Return uint8 (n, h, w[, 3]) as float32 (n, c, h, w), 0 to 1, the input of every encoder that is trained here."""
    tensor = torch.from_numpy(np.ascontiguousarray(pictures)).float() / 255
    return tensor.unsqueeze(1) if tensor.ndim == 3 else tensor.permute(0, 3, 1, 2)
