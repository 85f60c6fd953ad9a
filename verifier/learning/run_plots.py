"""Plots of a finished run, drawn beside its checkpoint by `evaluation.plots`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from verifier.evaluation import error_rates, plots
from verifier.learning import encoder_metrics, siamese
from verifier.learning.data import LabelledPictures
from verifier.learning.sampling import PairList, balanced_pairs, cross_pairs
from verifier.learning.training import Trained
from verifier.values import FloatArray

PAIRS = 4000


def draw(
    folder: Path,
    *,
    trained: Trained,
    test: LabelledPictures | None,
    threshold: float | None,
    second_test: LabelledPictures | None = None,
) -> list[Path]:
    """Draw all plots that the run allows; return the files. With `second_test` pairs are across the two sources."""
    made = [folder / "loss.png"]
    plots.losses(made[0], trained.history)
    if test is None or (trained.other is not None and second_test is None):
        return made
    embeddings = siamese.embed_pictures(trained.encoder, test.pictures)
    if trained.other is None or second_test is None:
        return [*made, *draw_test(folder, embeddings, test=test, threshold=threshold)]
    others = siamese.embed_pictures(trained.other, second_test.pictures)
    pairs = cross_pairs(test.labels, second_test.labels, genuine=PAIRS, impostor=PAIRS, seed=7)
    far = encoder_metrics.pair_distances(embeddings, pairs, second=others).astype(np.float64)
    return [*made, *_drawn(folder, embeddings, test, pairs, far, threshold=threshold, second_test=second_test)]


def draw_test(folder: Path, embeddings: FloatArray, *, test: LabelledPictures, threshold: float | None) -> list[Path]:
    """Draw distances, curves, the embedding and the hardest pairs of labelled pictures; return the files."""
    pairs = _pairs(test)
    far = encoder_metrics.pair_distances(embeddings, pairs).astype(np.float64)
    return _drawn(folder, embeddings, test, pairs, far, threshold=threshold)


def _drawn(
    folder: Path,
    embeddings: FloatArray,
    test: LabelledPictures,
    pairs: PairList,
    far: error_rates.Distances,
    *,
    threshold: float | None,
    second_test: LabelledPictures | None = None,
) -> list[Path]:
    genuine, impostor = far[pairs.same], far[~pairs.same]
    shown = float((np.median(genuine) + np.median(impostor)) / 2) if threshold is None else threshold
    plots.distances(folder / "distances.png", genuine, impostor, threshold=shown)
    plots.curves(folder / "curves.png", genuine, impostor)
    plots.embedding(folder / "embedding.png", embeddings, test.labels, classes=test.classes)
    plots.hardest(
        folder / "hardest.png",
        test.pictures,
        first=pairs.first,
        second=pairs.second,
        same=pairs.same,
        far=far,
        others=None if second_test is None else second_test.pictures,
        classes=(_names(test), _names(second_test or test)),
    )
    return [folder / f"{name}.png" for name in ("distances", "curves", "embedding", "hardest")]


def _names(test: LabelledPictures) -> list[str]:
    return [
        f"{test.classes[label]}, forged" if forged else test.classes[label]
        for label, forged in zip(test.labels, test.forged, strict=True)
    ]


def _pairs(test: LabelledPictures) -> PairList:
    """Return balanced pairs; where the data have forgeries, those of each signer are the impostors."""
    if not test.forged.any():
        return balanced_pairs(test.labels, genuine=PAIRS, impostor=PAIRS, seed=7)
    first, second = np.triu_indices(len(test), 1)
    own = (test.labels[first] == test.labels[second]) & ~(test.forged[first] & test.forged[second])
    first, second = first[own], second[own]
    return PairList(first, second, ~(test.forged[first] | test.forged[second]))
