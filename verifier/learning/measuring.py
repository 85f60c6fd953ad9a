"""How good is an encoder of the learning room on pictures it has never seen? Labelled pictures in, JSON values out.

The threshold whose accuracy is reported is found on `tuning`, never on the pictures that are judged; the two are
checked to share no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verifier.calibration import Calibration
from verifier.comparator import Comparator
from verifier.evaluation import bootstrap, few_shot, fitting, scores, shortcut, signers
from verifier.learning.data import LabelledPictures, check_apart
from verifier.learning.reading import OneShotRun
from verifier.learning.sampling import PairList, balanced_pairs
from verifier.values import FloatArray

FAR = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
TEST_PAIRS = 20_000
TUNING_PAIRS = 5_000
REFERENCES = (1, 3, 5)


def distances_of(embeddings: FloatArray, pairs: PairList, *, second: FloatArray | None = None) -> FloatArray:
    """Euclidean distance of each pair; `second`: embeddings of the second side where it is of another source."""
    other = embeddings if second is None else second
    return np.asarray(np.linalg.norm(embeddings[pairs.first] - other[pairs.second], axis=1), dtype=np.float32)


def calibrated(embeddings: FloatArray, data: LabelledPictures, *, told: str, seed: int = 1) -> Calibration:
    """Fit the table on pairs of held-out pictures."""
    pairs = balanced_pairs(data.labels, genuine=TUNING_PAIRS, impostor=4 * TUNING_PAIRS, seed=seed)
    distances = distances_of(embeddings, pairs)
    return fitting.fit(distances[pairs.same], distances[~pairs.same], data=told, classes=len(data.classes))


def verification(
    embeddings: FloatArray,
    test: LabelledPictures,
    *,
    tuning_embeddings: FloatArray,
    tuning: LabelledPictures,
    seed: int = 2,
) -> dict[str, Any]:
    """Pairs: accuracy at the tuning part's threshold, equal error, area, true-accept rates; intervals over classes."""
    check_apart(tuning, test, by_class=False)
    chosen = balanced_pairs(tuning.labels, genuine=TUNING_PAIRS, impostor=TUNING_PAIRS, seed=seed)
    distances = distances_of(tuning_embeddings, chosen)
    threshold = scores.threshold_of_equal_error(distances[chosen.same], distances[~chosen.same])
    pairs = balanced_pairs(test.labels, genuine=TEST_PAIRS, impostor=TEST_PAIRS, seed=seed + 1)
    found = distances_of(embeddings, pairs)
    return pair_figures(found, pairs, test, threshold=threshold) | {
        "spread_of_embedding": float(embeddings.std(axis=0).mean())
    }


def unseen_classes(embeddings: FloatArray, data: LabelledPictures, *, seed: int = 4) -> dict[str, Any]:
    """Figures without a threshold on whole classes that were held out and chose nothing; the interval is over them."""
    pairs = balanced_pairs(data.labels, genuine=TUNING_PAIRS, impostor=TUNING_PAIRS, seed=seed)
    found = distances_of(embeddings, pairs)
    genuine, impostor = found[pairs.same], found[~pairs.same]
    interval = error_interval(found, pairs, data)
    return {
        "classes": len(data.classes),
        "equal_error": scores.equal_error(genuine, impostor),
        "equal_error_interval_90": [interval.low, interval.high],
        "area_under_curve": scores.area_under_curve(genuine, impostor),
        **identification(embeddings, data),
    }


def pair_figures(
    found: FloatArray,
    pairs: PairList,
    test: LabelledPictures,
    *,
    threshold: float,
    second: LabelledPictures | None = None,
) -> dict[str, Any]:
    """Figures of the distances of pairs, at a threshold found elsewhere; `second` holds the rows of the second side."""
    genuine, impostor = found[pairs.same], found[~pairs.same]
    interval = error_interval(found, pairs, test, second=second)
    return {
        "pairs": len(found),
        "classes": len(test.classes),
        "threshold": threshold,
        "accuracy": scores.accuracy(genuine, impostor, threshold=threshold),
        "equal_error": scores.equal_error(genuine, impostor),
        "equal_error_interval_90": [interval.low, interval.high],
        "area_under_curve": scores.area_under_curve(genuine, impostor),
        "true_accept_at_false_accept": {
            f"{rate:g}": scores.true_accept_rate(genuine, impostor, false_accept_rate=rate) for rate in FAR
        },
    }


def identification(
    embeddings: FloatArray, test: LabelledPictures, *, references: Sequence[int] = (1, 5), draws: int = 100
) -> dict[str, Any]:
    """N-way with 1 to 5 references, N being all classes (at most 20, drawn anew); ties count as wrong."""
    smallest = int(np.bincount(test.labels).min())
    ways = None if len(test.classes) <= 20 else 20
    return {
        f"{ways or len(test.classes)}-way, {count} reference{'s' if count > 1 else ''}": few_shot.accuracy(
            embeddings, test.labels, references=count, draws=draws, seed=0, ways=ways
        )
        for count in references
        if count < smallest
    }


def open_set(
    embeddings: FloatArray, test: LabelledPictures, *, calibration: Calibration, seed: int = 0
) -> dict[str, Any]:
    """One reference each of half of the classes; the other half are strangers. FPIR and FNIR by gallery size."""
    generator = np.random.default_rng(seed)
    names = generator.permutation(len(test.classes))
    answer: dict[str, Any] = {}
    for size in sorted({max(1, len(names) // 4), max(1, len(names) // 2)}):
        enrolled = names[:size]
        rows = np.array([generator.choice(np.flatnonzero(test.labels == label)) for label in enrolled])
        threshold = calibration.distance_at(0.01 / size)
        near = np.sqrt(np.maximum(0, 2 - 2 * embeddings @ embeddings[rows].T))
        known = np.isin(test.labels, enrolled)
        known[rows] = False
        strangers = ~np.isin(test.labels, enrolled)
        nearest = enrolled[near.argmin(axis=1)]
        found = (near.min(axis=1) <= threshold) & (nearest == test.labels)
        answer[str(size)] = {
            "threshold": threshold,
            "false_positive_identification_rate": float((near[strangers].min(axis=1) <= threshold).mean()),
            "false_negative_identification_rate": float(1 - found[known].mean()),
        }
    return answer


def signature_trials(
    comparator: Comparator, test: LabelledPictures, *, references: int, features: Any = None, seed: int = 0
) -> list[signers.Trials]:
    """Distances of the signers' protocol with this comparator."""
    described = comparator.features(test.pictures) if features is None else features
    return signers.trials(
        comparator.pair_scores(described, described),
        signers=test.labels,
        forged=test.forged,
        references=references,
        join=lambda to_probe, among: comparator.distance_of(comparator.evidence(to_probe, among)),
        seed=seed,
    )


TrialsByReferences = dict[int, list[signers.Trials]]
"""Number of references -> the trials of every signer."""


def all_signature_trials(comparator: Comparator, test: LabelledPictures) -> TrialsByReferences:
    """The signers' protocol with 1, 3 and 5 references."""
    features = comparator.features(test.pictures)
    return {count: signature_trials(comparator, test, references=count, features=features) for count in REFERENCES}


def signatures(
    comparator: Comparator, test: LabelledPictures, *, calibrations: dict[int, Calibration] | None = None
) -> dict[str, Any]:
    """Equal error with 1, 3 and 5 references, and the rates at the threshold fixed on other signers."""
    return signature_figures(all_signature_trials(comparator, test), calibrations=calibrations)


def signature_figures(
    found: TrialsByReferences, *, calibrations: dict[int, Calibration] | None = None
) -> dict[str, Any]:
    """The figures of trials already made; `calibrations` must come from other signers."""
    answer: dict[str, Any] = {}
    for count, trials in found.items():
        figures = signers.figures(trials, references=count)
        answer[str(count)] = {
            "skilled_equal_error": figures.skilled,
            "interval_90_over_signers": [figures.interval.low, figures.interval.high],
            "skilled_equal_error_of_each_signer": figures.skilled_of_each_signer,
            "random_equal_error": figures.random,
            "area_under_curve": figures.area_under_curve,
        }
        if calibrations and count in calibrations:
            threshold = calibrations[count].midpoint_distance
            genuine = np.concatenate([trial.genuine for trial in trials])
            forged = np.concatenate([trial.forged for trial in trials])
            answer[str(count)] |= {
                "threshold": threshold,
                "false_accept_at_threshold": float((forged <= threshold).mean()),
                "false_reject_at_threshold": float((genuine > threshold).mean()),
            }
    return answer


def signature_calibrations(comparator: Comparator, data: LabelledPictures, *, told: str) -> dict[int, Calibration]:
    """Fit one table a number of references, on signers who are not tested; skilled forgeries are the impostors."""
    return signature_tables(all_signature_trials(comparator, data), classes=len(data.classes), told=told)


def signature_tables(found: TrialsByReferences, *, classes: int, told: str) -> dict[int, Calibration]:
    """The same from trials already made."""
    return {
        count: fitting.fit(
            np.concatenate([trial.genuine for trial in trials]),
            np.concatenate([trial.forged for trial in trials]),
            data=told,
            classes=classes,
        )
        for count, trials in found.items()
    }


def one_shot_runs(comparator: Comparator, runs: Sequence[OneShotRun]) -> dict[str, Any]:
    """Share of right answers over standard runs; the interval resamples runs."""
    shares = []
    for run in runs:
        known, asked = comparator.features(run.support), comparator.features(run.queries)
        right = few_shot.right(comparator.pair_scores(known, asked).T, run.truth)
        shares.append(float(right.mean()))
    interval = bootstrap.over_groups(
        list(range(len(shares))), lambda drawn: float(np.mean([shares[row] for row in drawn]))
    )
    return {
        "runs": len(shares),
        "ways": len(runs[0].support),
        "accuracy": float(np.mean(shares)),
        "interval_90_over_runs": [interval.low, interval.high],
    }


def leaks(data: LabelledPictures) -> list[dict[str, Any]]:
    """The shortcut probe on what the encoder sees."""
    found = shortcut.probe(data.pictures, data.forged)
    return [{"scalar": leak.scalar, "area_under_curve": leak.area_under_curve} for leak in found]


def error_interval(
    found: scores.Distances, pairs: PairList, test: LabelledPictures, *, second: LabelledPictures | None = None
) -> bootstrap.Interval:
    """Interval of the equal error over classes; draws of one class only have no impostor pair and do not count."""
    one, other = test.labels[pairs.first], (test if second is None else second).labels[pairs.second]

    def figure(drawn: Sequence[int]) -> float:
        times = np.bincount(np.asarray(drawn), minlength=len(test.classes))
        genuine = np.repeat(found[pairs.same], times[one[pairs.same]])
        impostor = np.repeat(found[~pairs.same], times[one[~pairs.same]] * times[other[~pairs.same]])
        return scores.equal_error(genuine, impostor) if len(genuine) and len(impostor) else float("nan")

    return bootstrap.over_groups(list(range(len(test.classes))), figure, draws=200)
