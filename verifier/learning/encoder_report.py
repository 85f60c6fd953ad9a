"""Report on one or several kept encoders, measured on any supported data.

Several encoders are averaged by concatenating their embeddings, scaled so that the cosine is the mean of theirs.
The kind of data (Omniglot's runs, signatures, plain classes) is recognized by the files at the path.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from verifier import comparator, distance, errors
from verifier.checkpoints import Card
from verifier.comparator import Comparator, Opened, Pictures, Scores, TwoSources
from verifier.evaluation import lfw, photos
from verifier.learning import cross_source, encoder_metrics, figures, readers, refusals, sources
from verifier.learning.data import LabelledPictures
from verifier.learning.recipe import DataChoice
from verifier.values import FloatArray

MOST_NAMES = 30
"""Most classes named in a report, which shows how classes were recognized."""


class AveragedEncoders(Comparator):
    """Comparator by the mean cosine of several encoders."""

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
        """Euclidean distance that belongs to the mean cosine."""
        return distance.from_cosine(evidence)


def open_named(name: str) -> Opened:
    """Open an encoder of the library by its name, or another one by the path of its card or of its two files."""
    path = Path(name)
    if len(path.parts) == 1 and not path.suffix and (comparator.WEIGHTS / f"{name}.json").exists():
        return comparator.open_card(comparator.WEIGHTS, name=name)
    return comparator.open_card(path.parent, name=path.stem if path.suffix in {".json", ".safetensors"} else path.name)


def measure(
    path: Path,
    *,
    opened: Sequence[Opened],
    only: Sequence[str] = (),
    part: str = "test",
    second: Path | None = None,
    pairs: Path | None = None,
    class_from: str = "auto",
    pictures: Path | None = None,
    show_progress: bool = False,
) -> dict[str, Any]:
    """Return the report; its keys depend on the data. Files that cannot be read are listed under `skipped`.

    `second`: pictures of the second source, for two encoders; without it they are made as in training.
    `pairs`: a CSV or LFW's `pairs.txt` whose pictures lie below `path`. `pictures`: a folder for plots, for encoders
    that give embeddings.
    """
    wanted = opened[0].card.preparation
    if any(one.card.preparation != wanted for one in opened):
        raise errors.EncoderMismatch(expected=opened[0].card.name, found=opened[-1].card.name)
    reader = readers.Reader.from_preparation(wanted, show_progress=show_progress, class_from=class_from)
    chosen = _single_or_averaged(opened)
    if _is_one_shot_archive(path):
        names = [one.card.name for one in opened]
        return {"encoders": names, **encoder_metrics.one_shot_runs(chosen, reader.one_shot_runs(path))}
    if pairs is not None:
        data, answer = _pair_list(chosen, reader, path, pairs)
    else:
        data = reader.read(path, part=part)
        data = data.of_classes(only) if only else data
        answer = {}
    if data.forged.any() or not isinstance(chosen, comparator.SingleEncoder | AveragedEncoders):
        readers.check_classes(data)
    if isinstance(chosen, TwoSources):
        readers.check_classes(data)
        answer |= _cross_source_figures(chosen, opened[0].card, data, second=second, part=part, reader=reader)
    elif data.forged.any():
        answer |= _signature_figures(chosen, data, reader, path, part=part, only=only)
    elif isinstance(chosen, comparator.SingleEncoder | AveragedEncoders):
        answer |= _class_figures(chosen, data, optional=pairs is not None)
    elif pairs is None:
        answer["signatures"] = encoder_metrics.signatures(chosen, data, calibrations=chosen.calibrations)
    if pictures is not None:
        answer["drawn"] = _draw(chosen, data, pictures)
    return {
        "encoders": [one.card.name for one in opened],
        "pictures": len(data),
        "classes": len(data.classes),
        "class_names": [*data.classes[:MOST_NAMES], *(["..."] if len(data.classes) > MOST_NAMES else [])],
        "skipped": [f"{name}: {code}" for name, code in reader.skipped],
        **answer,
    }


def _cross_source_figures(
    comparator: TwoSources,
    card: Card,
    data: LabelledPictures,
    *,
    second: Path | None,
    part: str,
    reader: readers.Reader,
) -> dict[str, Any]:
    wanted = comparator.other.preparation
    others = readers.Reader.from_preparation(wanted, show_progress=reader.show_progress)
    given = None if second is None else others.read(second, part=part)
    reader.skipped += others.skipped
    source = sources.GIVEN if given is not None else str(card.further["second"]["source"])
    choice = DataChoice(second_source=source)
    return cross_source.comparator_figures(comparator, data, sources.other_side(data, choice, given=given))


def _single_or_averaged(opened: Sequence[Opened]) -> Comparator:
    return opened[0].comparator if len(opened) == 1 else AveragedEncoders(opened)


def _is_one_shot_archive(path: Path) -> bool:
    if path.suffix != ".zip" or not path.exists():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("class_labels.txt") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise refusals.DataRefused(path=str(path), reason=str(error)) from error


def _pair_list(
    chosen: Comparator, reader: readers.Reader, path: Path, pairs: Path
) -> tuple[LabelledPictures, dict[str, Any]]:
    """Measure a fixed list of pairs; a pair with a picture that cannot be read is left out and counted."""
    listed = photos.read_pair_list(pairs)
    names, same = listed.photos, listed.same
    data = reader.named(path, sorted({name for pair in names for name in pair}))
    row = {name: number for number, name in enumerate(data.names)}
    kept = [number for number, (first, second) in enumerate(names) if first in row and second in row]
    if not same[kept].any() or same[kept].all():
        raise refusals.NoPictures(path=str(path), skipped=len(reader.skipped))
    features = chosen.features(data.pictures)
    far = np.array([_pair_distance(chosen, features, row[names[n][0]], row[names[n][1]]) for n in kept])
    folded = lfw.accuracy(far, listed.rows(kept)) if listed.folded else None
    figured = figures.pair_list_figures(far, same=same[kept], folded=folded)
    return data, {"listed_pairs": {"pairs": len(kept), "left_out": len(names) - len(kept), **figured}}


def _pair_distance(chosen: Comparator, features: Any, first: int, second: int) -> float:
    def one(row: int) -> Any:
        return [part[row : row + 1] for part in features] if isinstance(features, list) else features[row : row + 1]

    return float(chosen.distance_of(chosen.pair_scores(one(first), one(second)))[0, 0])


def _signature_figures(
    chosen: Comparator, data: LabelledPictures, reader: readers.Reader, path: Path, *, part: str, only: Sequence[str]
) -> dict[str, Any]:
    """Return the figures of signatures as prepared and in grey, with the shortcut probe of both."""
    answer = {
        "signatures": encoder_metrics.signatures(chosen, data, calibrations=chosen.calibrations),
        "shortcut_probe": encoder_metrics.shortcut_leaks(data),
    }
    if not chosen.spread_share:
        answer["signatures_spread_corrected"] = encoder_metrics.signatures(comparator.SpreadCorrected(chosen), data)
    if reader.kind != "signature":
        return answer
    grey_reader = replace(reader, kind="darkness", class_from="auto", skipped=[])
    grey = grey_reader.read(path, part=part)
    grey = grey.of_classes(only) if only else grey
    probe = encoder_metrics.shortcut_leaks(grey)
    answer["grey"] = {
        "warning": encoder_metrics.grey_warning(probe),
        "shortcut_probe": probe,
        "signatures": encoder_metrics.signatures(chosen, grey),
    }
    return answer


def _draw(chosen: Comparator, data: LabelledPictures, folder: Path) -> list[str]:
    if not isinstance(chosen, comparator.SingleEncoder | AveragedEncoders):
        raise errors.ModelWrong(file="--pictures", expected="encoders that give embeddings", found="a comparator")
    from verifier.learning import run_plots  # noqa: PLC0415  (brings matplotlib)

    table = chosen.calibrations.get(1)
    made = run_plots.draw_test(
        folder, chosen.features(data.pictures), test=data, threshold=table.midpoint_distance if table else None
    )
    return [str(path) for path in made]


def _class_figures(chosen: Comparator, data: LabelledPictures, *, optional: bool) -> dict[str, Any]:
    """Return all figures of embeddings; none, and no refusal, where they are `optional` and the classes too few."""
    known = figures.LabelledEmbeddings(chosen.features(data.pictures), data.labels, data.classes)
    try:
        return figures.embedding_figures(known, calibration=chosen.calibrations.get(1))
    except (refusals.OneClassOnly, refusals.ClassTooSmall):
        if not optional:
            raise
        return {}
