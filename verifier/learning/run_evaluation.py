"""Evaluation of a finished run: the figures and calibration tables that its data allow.

Signatures are measured by the signers' protocol, Omniglot by its standard runs, all others by pairs and by N-way
identification of the test part. The calibration comes from held-out pictures or classes, never from the test part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifier.calibration import Calibration
from verifier.comparator import SingleEncoder, SpreadCorrected
from verifier.encoder import Encoder
from verifier.inference.torch_network import TorchNetwork
from verifier.learning import cluster_shapes, cross_source, encoder_metrics, export, readers, refusals, siamese
from verifier.learning.data import LabelledPictures, Material, check_apart, straightened
from verifier.learning.recipe import Recipe
from verifier.learning.training import Trained

RUNS = "all_runs.zip"


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Figures as JSON values, and the calibration tables for the card."""

    metrics: dict[str, Any] = field(default_factory=dict)
    calibrations: dict[int, Calibration] = field(default_factory=dict)


def read_test_part(reader: readers.Reader, path: Path, *, recipe: Recipe) -> LabelledPictures | None:
    """Return the part that is not trained on, `x_test` or a folder `test`; None where the data have none.

    With classes left out of the training (`only_classes`), it has only the classes never seen.
    """
    if not readers.has_part(path, "test"):
        return None
    try:
        test = reader.read(path, part="test")
    except refusals.DataRefused:
        return None
    if recipe.data.upright:
        test = straightened(test)
    wanted = [name for name in test.classes if name not in recipe.data.only_classes]
    return test.of_classes(wanted) if len(wanted) > 1 else test


def evaluate(
    trained: Trained,
    *,
    recipe: Recipe,
    material: Material,
    test: LabelledPictures | None,
    runs: Path | None,
    description: str,
    second_test: LabelledPictures | None = None,
) -> RunFigures:
    """Measure and calibrate a finished run; without a held-out part there is no calibration."""
    if material.second is not None:
        calibrations, metrics = cross_source.evaluate(
            trained, material=material, test=test, second_test=second_test, description=description
        )
        return RunFigures(metrics, calibrations)
    if not recipe.network.options.get("normalized", recipe.network.architecture != "dense"):
        return RunFigures() if test is None else RunFigures({"clusters": cluster_shapes.figures(trained, test)})
    network = TorchNetwork(trained.encoder, precision="float32")
    encoder = Encoder(network, name=recipe.name, preparation=export.recipe_preparation(recipe))
    single = SingleEncoder(encoder)
    held_out = material.validation
    answer = RunFigures()
    if held_out is not None and held_out.forged.any():
        corrected = SpreadCorrected(single)
        answer.calibrations.update(encoder_metrics.signature_calibrations(corrected, held_out, description=description))
        if test is not None:
            check_apart(held_out, test, by_class=True)
            check_apart(material.training, test, by_class=True)
            answer.metrics["plain"] = encoder_metrics.signatures(single, test)
            answer.metrics["spread_corrected"] = encoder_metrics.signatures(
                corrected, test, calibrations=answer.calibrations
            )
            answer.metrics["shortcut_probe"] = encoder_metrics.shortcut_leaks(test)[:3]
        return answer
    if held_out is not None:
        tuning = siamese.embed_pictures(trained.encoder, held_out.pictures)
        answer.calibrations[1] = encoder_metrics.calibrate(tuning, held_out, description=description)
        if test is None and not recipe.stop.patience:
            kind = "held_out_classes" if recipe.data.held_out_classes or recipe.data.folds else "held_out_pictures"
            answer.metrics[kind] = encoder_metrics.held_out_figures(tuning, held_out)
            if recipe.network.start is not None:
                before = siamese.embed_pictures(siamese.build(recipe).encoder, held_out.pictures)
                answer.metrics[f"{kind}_before"] = encoder_metrics.held_out_figures(before, held_out)
        if test is not None:
            embeddings = siamese.embed_pictures(trained.encoder, test.pictures)
            answer.metrics["verification"] = encoder_metrics.verification(
                embeddings, test, tuning_embeddings=tuning, tuning=held_out
            )
            answer.metrics["identification"] = encoder_metrics.identification(embeddings, test)
            answer.metrics["open_set"] = encoder_metrics.open_set(embeddings, test, calibration=answer.calibrations[1])
    if runs is not None:
        reader = readers.Reader.from_choice(recipe.data)
        answer.metrics["one_shot_runs"] = encoder_metrics.one_shot_runs(single, reader.one_shot_runs(runs))
    return answer
