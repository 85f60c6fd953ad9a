"""Protocol of Labeled Faces in the Wild (Huang et al. 2007): `pairs.txt` and its folds.

`pairs.txt` lists ten folds of 300 genuine and 300 impostor pairs. The accuracy of each fold is taken at the threshold
that is best for the other nine; the figure is the mean over the folds with its standard error, as papers report it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.evaluation import verification


@dataclass(frozen=True, slots=True, eq=False)
class ListedPairs:
    """Pairs of photos as "PERSON/FILE", whether each is one person, and its fold."""

    photos: list[tuple[str, str]]
    same: NDArray[np.bool_]
    folds: NDArray[np.int64]

    @property
    def folded(self) -> bool:
        """Whether the list names folds of its own, each with another threshold."""
        return len(np.unique(self.folds)) > 1

    def rows(self, kept: Sequence[int]) -> ListedPairs:
        """Return only these pairs."""
        return ListedPairs([self.photos[row] for row in kept], self.same[list(kept)], self.folds[list(kept)])


@dataclass(frozen=True, slots=True)
class FoldedAccuracy:
    """Mean over the folds and the standard error of that mean."""

    mean: float
    standard_error: float


def read_pairs(path: Path) -> ListedPairs:
    """Read `pairs.txt`: a first line "FOLDS PAIRS", then NAME I J (same) or NAME I NAME J (different)."""
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        head = [int(word) for word in lines[0]]
        folds, each = (head[0], head[1]) if len(head) > 1 else (1, head[0])
        photos, same = [], []
        for words in lines[1:]:
            first, second = (words[0], words[-2]) if len(words) == 4 else (words[0], words[0])
            photos.append((_photo(first, words[1]), _photo(second, words[-1])))
            same.append(len(words) == 3)
    except (OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise errors.BadImage(reason="not_pairs", file=str(path)) from error
    if len(photos) != 2 * folds * each:
        raise errors.BadImage(reason="not_pairs", file=str(path), pairs=len(photos), expected=2 * folds * each)
    return ListedPairs(photos, np.array(same), np.repeat(np.arange(folds), 2 * each))


def accuracy(distances: NDArray[np.float64], listed: ListedPairs) -> FoldedAccuracy:
    """Return the accuracy of the folds, each at the best threshold of the others."""
    shares = []
    for fold in np.unique(listed.folds):
        tried = listed.folds == fold
        threshold = verification.best_threshold(distances[~tried], same=listed.same[~tried])
        shares.append(float(np.mean((distances[tried] <= threshold) == listed.same[tried])))
    return FoldedAccuracy(float(np.mean(shares)), float(np.std(shares, ddof=1) / np.sqrt(len(shares))))


def _photo(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
