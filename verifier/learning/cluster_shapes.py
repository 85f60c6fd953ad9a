"""Cluster shapes of an embedding trained by one optimizer and by another.

Three dense layers trained on raw 2-D embeddings form round clusters with plain gradient descent and elongated ones
with Adam; with batch normalization, momentum and a cosine schedule the difference disappears. Both optimizers train by
the same recipe and the same seed, and their clusters are measured and drawn side by side.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from verifier.evaluation import clusters, plots
from verifier.learning import siamese, training
from verifier.learning.data import LabelledPictures, Material
from verifier.learning.recipe import OptimizerChoice, Recipe
from verifier.learning.training import Trained
from verifier.values import FloatArray

TRIMMED_SHARE = 0.1
FOLDER = "beside"
"""Folder within that of the run: the state of the other optimizer's run."""
PICTURE = "optimizers.png"


def figures(trained: Trained, test: LabelledPictures) -> dict[str, float]:
    """Return the elongation of the test set's clusters (1 is round) and the accuracy of the nearest centre."""
    return _figures(_points(trained, test), test)


def compare_optimizers(
    folder: Path,
    *,
    recipe: Recipe,
    trained: Trained,
    material: Material,
    test: LabelledPictures,
    show_progress: bool = False,
) -> dict[str, dict[str, float]]:
    """Train again by the recipe's other optimizer, draw both, and return the figures by optimizer."""
    if recipe.beside is None:
        return {}
    again = replace(recipe, optimizer=recipe.beside, beside=None)
    run = training.Run(again, material, folder=folder / FOLDER, show_progress=show_progress)
    both = {
        optimizer_label(recipe.optimizer): _points(trained, test),
        optimizer_label(recipe.beside): _points(run.finish(), test),
    }
    plots.optimizers(folder / PICTURE, [(name, points, test.labels) for name, points in both.items()])
    return {name: _figures(points, test) for name, points in both.items()}


def optimizer_label(choice: OptimizerChoice) -> str:
    """Return name, learning rate, momentum and schedule of an optimizer as text."""
    momentum = f", momentum {choice.momentum:g}" if choice.momentum else ""
    return f"{choice.name} {choice.learning_rate:g}{momentum}, {choice.schedule}"


def _points(trained: Trained, test: LabelledPictures) -> FloatArray:
    return clusters.project_to_plane(siamese.embed_pictures(trained.encoder, test.pictures))


def _figures(points: FloatArray, test: LabelledPictures) -> dict[str, float]:
    whole = clusters.elongations(points, test.labels)
    trimmed = clusters.elongations(points, test.labels, trimmed_share=TRIMMED_SHARE)
    return {
        "elongation_median": whole.median,
        "elongation_largest": whole.largest,
        "trimmed_elongation_median": trimmed.median,
        "trimmed_elongation_largest": trimmed.largest,
        "nearest_centre_accuracy": clusters.nearest_centre_accuracy(points, test.labels),
    }
