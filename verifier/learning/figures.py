"""Figures of labelled embeddings: verification, identification and open-set trials.

The report is the same for faces and for every encoder of the learning package. A rate that the number of pairs cannot
support is None, and the report says which rates are supported.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.calibration import Calibration
from verifier.evaluation import error_rates, pairs, verification
from verifier.evaluation.lfw import FoldedAccuracy
from verifier.learning import encoder_metrics, refusals
from verifier.learning.sampling import Indices, PairList, balanced_pairs
from verifier.values import FloatArray

MOST_FOR_ALL_PAIRS = 12_000
"""Most pictures that are all compared with one another; of more, a sample is drawn by seed."""
TIMES_DRAWN, LEAST_PAIRS = 50, 500
"""Most draws per pair of a small set (classes have equal weight), and the least number of pairs drawn."""
REFERENCES = (1, 2, 3, 4, 5)
KEPT_SHARE = 0.02
"""Share of the impostor pairs, the nearest ones, that is kept: enough for a false-accept rate of 1 %."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEmbeddings:
    """Embeddings (n, d) of unit length; `labels`: row -> position in `classes`."""

    vectors: FloatArray
    labels: Indices
    classes: tuple[str, ...]


def label_embeddings(vectors: FloatArray, people: Sequence[str]) -> LabelledEmbeddings:
    """Return embeddings with the class of each; classes are numbered in the order of their names."""
    classes, labels = np.unique(np.asarray(people, dtype=np.str_), return_inverse=True)
    return LabelledEmbeddings(vectors, labels.astype(np.int64), tuple(str(name) for name in classes))


def embedding_figures(
    known: LabelledEmbeddings, *, calibration: Calibration | None, same_person: Collection[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Return all figures as JSON values; pairs of names in `same_person` are left out.

    Raises:
        OneClassOnly, ClassTooSmall: no impostor pair, or no genuine one.
    """
    counts = np.bincount(known.labels, minlength=len(known.classes))
    if len(known.classes) < 2:
        raise refusals.OneClassOnly(label=known.classes[0])
    if counts.max() < 2:
        raise refusals.ClassTooSmall(label="every class", pictures=1, needed=2)
    return {
        "classes_with_one_picture": int((counts == 1).sum()),
        "verification": _verification(known, calibration, same_person),
        **_identification(known),
        "open_set": encoder_metrics.open_set(known.vectors, known, calibration=calibration) if calibration else None,
    }


def pair_list_figures(
    distances: NDArray[np.float64], *, same: NDArray[np.bool_], folded: FoldedAccuracy | None
) -> dict[str, Any]:
    """Return the figures of a fixed list of pairs; `folded` where the list has folds of its own (`pairs.txt`)."""
    genuine, impostor = distances[same], distances[~same]
    reached = {f"{rate:g}": _reached(genuine, impostor, rate) for rate in encoder_metrics.FAR}
    answer: dict[str, Any] = {
        "genuine_pairs": len(genuine),
        "impostor_pairs": len(impostor),
        "ten_fold_accuracy": verification.ten_fold_accuracy(distances, same=same),
        "equal_error": error_rates.equal_error(genuine, impostor),
        "area_under_curve": error_rates.area_under_curve(genuine, impostor),
        "true_accept_at_false_accept": reached,
        "data_support": support(len(impostor)),
    }
    if folded is not None:
        answer |= {"official_accuracy": folded.mean, "standard_error": folded.standard_error}
    return answer


def support(impostors: int) -> str:
    """Return a sentence with the smallest false-accept rate that this many impostor pairs support."""
    if not impostors:
        return "no impostor pair: no false-accept rate can be measured"
    beyond = [f"{rate:g}" for rate in encoder_metrics.FAR if rate * impostors < 1]
    text = f"{impostors:,} impostor pairs: data support only false-accept rates of {1 / impostors:.1g} and more"
    return f"{text}; not {', '.join(beyond)}" if beyond else text


def _reached(genuine: error_rates.Distances, impostor: error_rates.Distances, rate: float) -> float | None:
    return error_rates.true_accept_rate(genuine, impostor, false_accept_rate=rate)


def _verification(
    known: LabelledEmbeddings, calibration: Calibration | None, same_person: Collection[tuple[str, str]]
) -> dict[str, Any]:
    sizes = np.bincount(known.labels)
    count = int(np.clip(TIMES_DRAWN * (sizes * (sizes - 1) // 2).sum(), LEAST_PAIRS, encoder_metrics.TEST_PAIRS))
    drawn = balanced_pairs(known.labels, genuine=count, impostor=count, seed=3)
    drawn = _without(drawn, known, same_person)
    distances = encoder_metrics.pair_distances(known.vectors, drawn).astype(np.float64)
    genuine, impostor = distances[drawn.same], distances[~drawn.same]
    interval = encoder_metrics.error_interval(distances, drawn, known)
    compared = _all_pairs(known, same_person)
    points = {rate: verification.point_at(compared, far=rate) for rate in encoder_metrics.FAR}
    answer: dict[str, Any] = {
        "pairs": len(distances),
        "ten_fold_accuracy": verification.ten_fold_accuracy(distances, same=drawn.same),
        "equal_error": error_rates.equal_error(genuine, impostor),
        "equal_error_interval_90_over_classes": [interval.low, interval.high],
        "area_under_curve": error_rates.area_under_curve(genuine, impostor),
        "genuine_pairs": len(compared.genuine),
        "impostor_pairs": compared.impostors,
        "true_accept_at_false_accept": {
            f"{rate:g}": None if point is None else round(point.tar, 5) for rate, point in points.items()
        },
        "threshold_at_false_accept": {
            f"{rate:g}": None if point is None else round(point.threshold, 5) for rate, point in points.items()
        },
        "data_support": support(compared.impostors),
    }
    if calibration is not None:
        threshold = calibration.midpoint_distance
        answer["calibrated_threshold"] = threshold
        answer["accuracy_at_calibrated_threshold"] = error_rates.accuracy(genuine, impostor, threshold=threshold)
    return answer


def _without(drawn: PairList, known: LabelledEmbeddings, same_person: Collection[tuple[str, str]]) -> PairList:
    if not same_person:
        return drawn
    names = [
        (known.classes[known.labels[first]], known.classes[known.labels[second]])
        for first, second in zip(drawn.first, drawn.second, strict=True)
    ]
    kept = np.array([name not in same_person and name[::-1] not in same_person for name in names])
    if not (kept & ~drawn.same).any():
        raise refusals.OneClassOnly(label=known.classes[0])
    return PairList(drawn.first[kept], drawn.second[kept], drawn.same[kept])


def _all_pairs(known: LabelledEmbeddings, same_person: Collection[tuple[str, str]]) -> pairs.Pairs:
    rows = np.arange(len(known.labels))
    if len(rows) > MOST_FOR_ALL_PAIRS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_FOR_ALL_PAIRS])
    people = np.array(known.classes, dtype=np.str_)[known.labels[rows]]
    return pairs.compare(known.vectors[rows], people=people, same_person=same_person, share=KEPT_SHARE)


def _identification(known: LabelledEmbeddings) -> dict[str, Any]:
    shares, intervals = encoder_metrics.identification_with_intervals(known.vectors, known, references=REFERENCES)
    return {
        "identification": shares,
        "identification_intervals_90_over_classes": {
            name: [interval.low, interval.high] for name, interval in intervals.items()
        },
    }
