"""How good is a kept encoder (or several, averaged) on data of one's own? One report, whatever the data are.

Several encoders are joined by putting their embeddings side by side, scaled so that the cosine is the mean of theirs.
Omniglot's runs, signatures and plain classes are told apart by what lies at the path.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from verifier import comparator, errors
from verifier.checkpoints import Card
from verifier.comparator import Comparator, Opened, Pictures, Scores, TwoSources
from verifier.evaluation import pairs, scores, verification
from verifier.learning import crossing, measuring, reading, sources
from verifier.learning.data import LabelledPictures
from verifier.learning.recipe import DataChoice
from verifier.learning.sampling import balanced_pairs
from verifier.values import FloatArray

MOST_FOR_ALL_PAIRS = 12_000
"""Pictures; more are thinned out by seed before every one is compared with every other."""


class Joined(Comparator):
    """Mean cosine of several encoders; one is just that one."""

    def __init__(self, opened: Sequence[Opened]) -> None:
        super().__init__()
        self.singles = []
        for one in opened:
            if not isinstance(one.comparator, comparator.SingleEncoder) or isinstance(one.comparator, TwoSources):
                raise errors.ModelWrong(file=one.card.name, expected="one encoder", found="a comparator of several")
            self.singles.append(one.comparator)

    def features(self, pictures: Pictures) -> FloatArray:
        """Embeddings (n, d) of unit length."""
        parts = [single.features(pictures) for single in self.singles]
        return np.concatenate(parts, axis=1) / np.float32(np.sqrt(len(parts)))

    def pair_scores(self, first: FloatArray, second: FloatArray) -> Scores:
        """Mean cosines."""
        return np.asarray(first.astype(np.float64) @ second.astype(np.float64).T)

    def distance_of(self, evidence: Scores) -> Scores:
        """That of unit vectors."""
        return np.sqrt(np.maximum(0.0, 2 - 2 * evidence))


def open_named(name: str) -> Opened:
    """An encoder of the library by name, or one's own by the path of its card or of its two files."""
    path = Path(name)
    if len(path.parts) == 1 and not path.suffix and (comparator.WEIGHTS / f"{name}.json").exists():
        return comparator.open_card(comparator.WEIGHTS, name=name)
    return comparator.open_card(path.parent, name=path.stem if path.suffix in {".json", ".safetensors"} else path.name)


def report(
    path: Path,
    *,
    opened: Sequence[Opened],
    only: Sequence[str] = (),
    part: str = "test",
    second: Path | None = None,
    show_progress: bool = False,
) -> dict[str, Any]:
    """Measure; keys depend on the data. Reading problems are listed under `skipped`.

    `second`: pictures of the second source, for an encoder of two; without it they are made as in training.
    """
    told = opened[0].card.preparation
    if any(one.card.preparation != told for one in opened):
        raise errors.EncoderMismatch(expected=opened[0].card.name, found=opened[-1].card.name)
    reader = reading.Reader(told.kind, told.height_pixels, told.width_pixels, show_progress=show_progress)
    if _are_runs(path):
        return measuring.one_shot_runs(_single_or_joined(opened), reader.one_shot_runs(path))
    data = reader.read(path, part=part)
    if only:
        data = data.of_classes(only)
    reading.check_classes(data)
    if len(opened) == 1 and isinstance(opened[0].comparator, TwoSources):
        answer = _across(opened[0].comparator, opened[0].card, data, second=second, part=part, reader=reader)
    else:
        answer = _signatures(opened, data) if data.forged.any() else _classes(opened, data)
    return {
        "encoders": [one.card.name for one in opened],
        "pictures": len(data),
        "classes": len(data.classes),
        "skipped": [f"{name}: {code}" for name, code in reader.skipped],
        **answer,
    }


def _across(
    comparator: TwoSources,
    card: Card,
    data: LabelledPictures,
    *,
    second: Path | None,
    part: str,
    reader: reading.Reader,
) -> dict[str, Any]:
    told = comparator.other.preparation
    others = reading.Reader(told.kind, told.height_pixels, told.width_pixels, show_progress=reader.show_progress)
    given = None if second is None else others.read(second, part=part)
    reader.skipped += others.skipped
    source = sources.GIVEN if given is not None else str(card.further["second"]["source"])
    choice = DataChoice(second_source=source)
    return crossing.report(comparator, data, sources.other_side(data, choice, given=given))


def _single_or_joined(opened: Sequence[Opened]) -> Comparator:
    return opened[0].comparator if len(opened) == 1 else Joined(opened)


def _are_runs(path: Path) -> bool:
    if path.suffix != ".zip" or not path.exists():
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("class_labels.txt") for name in archive.namelist())


def _signatures(opened: Sequence[Opened], data: LabelledPictures) -> dict[str, Any]:
    chosen = _single_or_joined(opened)
    answer = {
        "signatures": measuring.signatures(chosen, data, calibrations=chosen.calibrations),
        "shortcut_probe": measuring.leaks(data),
    }
    if not chosen.spread_share:
        answer["signatures_spread_corrected"] = measuring.signatures(comparator.SpreadCorrected(chosen), data)
    return answer


def _classes(opened: Sequence[Opened], data: LabelledPictures) -> dict[str, Any]:
    embeddings = Joined(opened).features(data.pictures)
    drawn = balanced_pairs(data.labels, genuine=measuring.TEST_PAIRS, impostor=measuring.TEST_PAIRS, seed=3)
    distances = measuring.distances_of(embeddings, drawn).astype(np.float64)
    genuine, impostor = distances[drawn.same], distances[~drawn.same]
    interval = measuring.error_interval(distances, drawn, data)
    answer: dict[str, Any] = {
        "verification": {
            "pairs": len(distances),
            "ten_fold_accuracy": verification.ten_fold_accuracy(distances, same=drawn.same),
            "equal_error": scores.equal_error(genuine, impostor),
            "equal_error_interval_90_over_classes": [interval.low, interval.high],
            "area_under_curve": scores.area_under_curve(genuine, impostor),
            "true_accept_at_false_accept": _true_accepts(embeddings, data),
        },
        "identification": measuring.identification(embeddings, data, references=(1, 5)),
    }
    tables = opened[0].comparator.calibrations
    if len(opened) == 1 and 1 in tables:
        threshold = tables[1].midpoint_distance
        answer["verification"]["calibrated_threshold"] = threshold
        answer["verification"]["accuracy_at_calibrated_threshold"] = scores.accuracy(
            genuine, impostor, threshold=threshold
        )
        answer["open_set"] = measuring.open_set(embeddings, data, calibration=tables[1])
    return answer


def _true_accepts(embeddings: FloatArray, data: LabelledPictures) -> dict[str, float | None]:
    """From all pairs, so that rates of a millionth can be counted; None where there are too few pairs."""
    rows = np.arange(len(data))
    if len(rows) > MOST_FOR_ALL_PAIRS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_FOR_ALL_PAIRS])
    people = np.array([data.classes[label] for label in data.labels[rows]], dtype=np.str_)
    compared = pairs.compare(embeddings[rows], people=people, share=0.0101)
    found = {rate: verification.point_at(compared, far=rate) for rate in measuring.FAR}
    return {f"{rate:g}": None if point is None else round(point.tar, 5) for rate, point in found.items()}
