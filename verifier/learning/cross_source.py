"""Figures and calibration of two encoders that share one embedding space.

Every pair has one picture of each source: the reference is of the first (a photo), the probe of the second (a sketch).
Threshold and calibration come from held-out pictures, never from the test part.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from verifier.calibration import Calibration
from verifier.comparator import TwoSources
from verifier.encoder import unit_length
from verifier.evaluation import distance_calibration, error_rates, few_shot
from verifier.learning import encoder_metrics, siamese
from verifier.learning.data import LabelledPictures, Material, check_apart
from verifier.learning.sampling import cross_pairs
from verifier.learning.training import Trained
from verifier.values import FloatArray

REFERENCES = (1, 5)
DRAWS = 100


def evaluate(
    trained: Trained,
    *,
    material: Material,
    test: LabelledPictures | None,
    second_test: LabelledPictures | None,
    description: str,
) -> tuple[dict[int, Calibration], dict[str, Any]]:
    """Return the tables and figures of a finished two-source run; without a held-out part there are none."""
    first, second = material.validation, material.second.validation if material.second else None
    if trained.other is None or first is None or second is None:
        return {}, {}
    references, probes = _embed(trained.encoder, first), _embed(trained.other, second)
    table, threshold = calibrate(references, first, probes, second, description=description)
    metrics: dict[str, Any] = {}
    if test is not None and second_test is not None:
        check_apart(first, test, by_class=False)
        check_apart(material.training, test, by_class=False)
        metrics = figures(
            _embed(trained.encoder, test),
            test,
            _embed(trained.other, second_test),
            second_test,
            threshold=threshold,
        )
    return {1: table}, metrics


def _embed(encoder: nn.Module, data: LabelledPictures) -> FloatArray:
    """Return embeddings of unit length, as the comparator uses them."""
    return unit_length(siamese.embed_pictures(encoder, data.pictures))


def calibrate(
    references: FloatArray, first: LabelledPictures, probes: FloatArray, second: LabelledPictures, *, description: str
) -> tuple[Calibration, float]:
    """Return the table, and the distance of the equal error, on pairs across held-out pictures."""
    pairs = cross_pairs(
        first.labels,
        second.labels,
        genuine=encoder_metrics.TUNING_PAIRS,
        impostor=4 * encoder_metrics.TUNING_PAIRS,
        seed=1,
    )
    far = encoder_metrics.pair_distances(references, pairs, second=probes)
    genuine, impostor = far[pairs.same], far[~pairs.same]
    table = distance_calibration.fit(genuine, impostor, data=description, classes=len(first.classes))
    return table, error_rates.threshold_of_equal_error(genuine, impostor)


def figures(
    references: FloatArray, first: LabelledPictures, probes: FloatArray, second: LabelledPictures, *, threshold: float
) -> dict[str, Any]:
    """Return figures of pairs across the sources, and of N-way identification of probes by references."""
    pairs = cross_pairs(
        first.labels, second.labels, genuine=encoder_metrics.TEST_PAIRS, impostor=encoder_metrics.TEST_PAIRS, seed=3
    )
    far = encoder_metrics.pair_distances(references, pairs, second=probes)
    ways = None if len(first.classes) <= 20 else 20
    named = {
        f"{ways or len(first.classes)}-way, {count} reference{'s' if count > 1 else ''}": few_shot.accuracy(
            references, first.labels, references=count, draws=DRAWS, seed=0, ways=ways, probes=(probes, second.labels)
        )
        for count in REFERENCES
    }
    return {
        "verification_across_sources": encoder_metrics.pair_figures(
            far, pairs, first, threshold=threshold, second=second
        ),
        "identification_across_sources": named,
    }


def comparator_figures(comparator: TwoSources, first: LabelledPictures, second: LabelledPictures) -> dict[str, Any]:
    """Return the same figures for a kept pair of encoders, at the threshold of its card."""
    return figures(
        comparator.features(first.pictures),
        first,
        comparator.probe_features(second.pictures),
        second,
        threshold=comparator.calibration(1).midpoint_distance,
    )
