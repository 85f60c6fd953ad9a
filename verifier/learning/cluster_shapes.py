"""Cluster shapes of an embedding trained by one optimizer and by another.

Plain gradient descent leaves round clusters in a plane, Adam spindly ones, when three dense layers learn from raw
embeddings; with batch normalization, momentum and a cosine schedule the difference is gone. So both are trained by
the same recipe and the same seed, measured, and drawn side by side.
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
"""Within the folder of the run: the state of the other optimizer's run."""
PICTURE = "optimizers.png"


def figures(trained: Trained, test: LabelledPictures) -> dict[str, float]:
    """Elongation of the test set's clusters (1 is round) and how often the nearest centre is the right one."""
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
    """Train the same once more by the recipe's other optimizer, draw both; figures by optimizer."""
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
    """Name, rate and what else tells it apart."""
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
