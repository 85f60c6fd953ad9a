"""Metrics of an encoder on pictures it has never seen, as JSON values.

The threshold at which the accuracy is reported is found on `tuning`, never on the pictures that are measured; the two
are checked to share no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from verifier import distance
from verifier.calibration import Calibration
from verifier.comparator import Comparator
from verifier.evaluation import bootstrap, distance_calibration, error_rates, few_shot, shortcut, signers
from verifier.learning.data import LabelledPictures, check_apart
from verifier.learning.readers import OneShotRun
from verifier.learning.sampling import Indices, PairList, balanced_pairs
from verifier.values import FloatArray

FAR = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
TEST_PAIRS = 20_000
TUNING_PAIRS = 5_000
REFERENCES = (1, 3, 5)
MOST_WAYS = 20
OPEN_SET_SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the classes that are enrolled; the others are strangers."""
OPEN_SET_TARGET = 0.01
MOST_LEAK = 0.62
"""Area under the curve of a scalar without reference above which figures on the pictures cannot be trusted."""


class Labelled(Protocol):
    """Rows with a class each: `labels` (n,) -> position in `classes`."""

    @property
    def labels(self) -> Indices:
        """Class of each row."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names."""


def pair_distances(embeddings: FloatArray, pairs: PairList, *, second: FloatArray | None = None) -> FloatArray:
    """Return the Euclidean distance of each pair; `second`: embeddings of the second side, if of another source."""
    other = embeddings if second is None else second
    return np.asarray(np.linalg.norm(embeddings[pairs.first] - other[pairs.second], axis=1), dtype=np.float32)


def calibrate(embeddings: FloatArray, data: LabelledPictures, *, description: str, seed: int = 1) -> Calibration:
    """Fit the table on pairs of held-out pictures."""
    pairs = balanced_pairs(data.labels, genuine=TUNING_PAIRS, impostor=4 * TUNING_PAIRS, seed=seed)
    distances = pair_distances(embeddings, pairs)
    return distance_calibration.fit(
        distances[pairs.same], distances[~pairs.same], data=description, classes=len(data.classes)
    )


def verification(
    embeddings: FloatArray,
    test: LabelledPictures,
    *,
    tuning_embeddings: FloatArray,
    tuning: LabelledPictures,
    seed: int = 2,
) -> dict[str, Any]:
    """Return the figures of pairs, with the accuracy at the tuning part's threshold and intervals over classes."""
    check_apart(tuning, test, by_class=False)
    chosen = balanced_pairs(tuning.labels, genuine=TUNING_PAIRS, impostor=TUNING_PAIRS, seed=seed)
    distances = pair_distances(tuning_embeddings, chosen)
    threshold = error_rates.threshold_of_equal_error(distances[chosen.same], distances[~chosen.same])
    pairs = balanced_pairs(test.labels, genuine=TEST_PAIRS, impostor=TEST_PAIRS, seed=seed + 1)
    found = pair_distances(embeddings, pairs)
    return pair_figures(found, pairs, test, threshold=threshold) | {
        "spread_of_embedding": float(embeddings.std(axis=0).mean())
    }


def held_out_figures(embeddings: FloatArray, data: LabelledPictures, *, seed: int = 4) -> dict[str, Any]:
    """Return figures without a threshold on held-out classes or pictures; intervals are over classes."""
    pairs = balanced_pairs(data.labels, genuine=TUNING_PAIRS, impostor=TUNING_PAIRS, seed=seed)
    found = pair_distances(embeddings, pairs)
    genuine, impostor = found[pairs.same], found[~pairs.same]
    interval = error_interval(found, pairs, data)
    return {
        "classes": len(data.classes),
        "equal_error": error_rates.equal_error(genuine, impostor),
        "equal_error_interval_90": [interval.low, interval.high],
        "area_under_curve": error_rates.area_under_curve(genuine, impostor),
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
    """Return the figures of distances of pairs, at a threshold found on others; `second`: rows of the second side."""
    genuine, impostor = found[pairs.same], found[~pairs.same]
    interval = error_interval(found, pairs, test, second=second)
    return {
        "pairs": len(found),
        "classes": len(test.classes),
        "threshold": threshold,
        "accuracy": error_rates.accuracy(genuine, impostor, threshold=threshold),
        "equal_error": error_rates.equal_error(genuine, impostor),
        "equal_error_interval_90": [interval.low, interval.high],
        "area_under_curve": error_rates.area_under_curve(genuine, impostor),
        "true_accept_at_false_accept": {
            f"{rate:g}": error_rates.true_accept_rate(genuine, impostor, false_accept_rate=rate) for rate in FAR
        },
    }


def identification(
    embeddings: FloatArray, test: Labelled, *, references: Sequence[int] = (1, 5), draws: int = 100
) -> dict[str, float]:
    """Return N-way accuracies with 1 to 5 references, N being all classes (at most 20, drawn); ties are wrong."""
    return identification_with_intervals(embeddings, test, references=references, draws=draws)[0]


def identification_with_intervals(
    embeddings: FloatArray, test: Labelled, *, references: Sequence[int], draws: int = 100
) -> tuple[dict[str, float], dict[str, bootstrap.Interval]]:
    """Return the same with intervals over classes; classes with too few pictures for a query are left out."""
    sizes = np.bincount(test.labels, minlength=len(test.classes))
    shares: dict[str, float] = {}
    intervals: dict[str, bootstrap.Interval] = {}
    for count in references:
        able = np.flatnonzero(sizes > count)
        if len(able) < 2:
            continue
        rows = np.flatnonzero(np.isin(test.labels, able))
        ways = min(len(able), MOST_WAYS)
        drawn = few_shot.answers(
            embeddings[rows],
            test.labels[rows],
            references=count,
            draws=draws,
            seed=0,
            ways=None if ways == len(able) else ways,
        )
        name = f"{ways}-way, {count} reference{'s' if count > 1 else ''}"
        shares[name] = float(np.mean([float(hit.mean()) for _, hit in drawn]))
        intervals[name] = _interval_of_answers(drawn, len(test.classes))
    return shares, intervals


def _interval_of_answers(drawn: Sequence[tuple[Indices, NDArray[np.bool_]]], classes: int) -> bootstrap.Interval:
    queries, correct = np.zeros(classes), np.zeros(classes)
    for labels, hit in drawn:
        queries += np.bincount(labels, minlength=classes)
        correct += np.bincount(labels, weights=hit, minlength=classes)
    return bootstrap.over_groups(
        np.flatnonzero(queries).tolist(), lambda rows: float(correct[list(rows)].sum() / queries[list(rows)].sum())
    )


def open_set(
    embeddings: FloatArray, test: Labelled, *, calibration: Calibration, draws: int = 10, seed: int = 0
) -> dict[str, Any]:
    """Return FPIR and FNIR by gallery size: one reference each of up to half of the classes, the others strangers.

    The threshold is the calibrated one for a false-positive identification rate of 1 % at that size; the rates are
    pooled over draws of the enrolled. A rate is None where there is no trial of its kind.
    """
    generator = np.random.default_rng(seed)
    answer: dict[str, Any] = {}
    for size in sorted({max(1, round(len(test.classes) * share)) for share in OPEN_SET_SHARES}):
        threshold = calibration.distance_at(OPEN_SET_TARGET / size)
        false_positives: list[NDArray[np.bool_]] = []
        found: list[NDArray[np.bool_]] = []
        for _ in range(draws):
            enrolled = generator.permutation(len(test.classes))[:size]
            rows = np.array([generator.choice(np.flatnonzero(test.labels == label)) for label in enrolled])
            near = distance.from_cosine(embeddings @ embeddings[rows].T)
            known = np.isin(test.labels, enrolled)
            strangers = ~known
            known[rows] = False
            nearest = enrolled[near.argmin(axis=1)]
            within = near.min(axis=1) <= threshold
            false_positives.append(within[strangers])
            found.append((within & (nearest == test.labels))[known])
        pooled, right = np.concatenate(false_positives), np.concatenate(found)
        answer[str(size)] = {
            "threshold": threshold,
            "target_false_positive_identification_rate": OPEN_SET_TARGET,
            "false_positive_identification_rate": float(pooled.mean()) if len(pooled) else None,
            "false_negative_identification_rate": float(1 - right.mean()) if len(right) else None,
            "trials_of_strangers": len(pooled),
            "trials_of_enrolled": len(right),
        }
    return answer


TrialsByReferences = dict[int, list[signers.Trials]]
"""Number of references -> the trials of every signer."""


def all_signature_trials(comparator: Comparator, test: LabelledPictures, *, seed: int = 0) -> TrialsByReferences:
    """Return the distances of the signers' protocol with 1, 3 and 5 references."""
    pair_scores = _protocol_scores(comparator, test)
    return {
        count: signers.trials(
            pair_scores,
            signers=test.labels,
            forged=test.forged,
            references=count,
            join=lambda to_probe, among: comparator.distance_of(comparator.evidence(to_probe, among)),
            seed=seed,
        )
        for count in REFERENCES
    }


def _protocol_scores(comparator: Comparator, test: LabelledPictures) -> NDArray[np.float64]:
    """Return the scores (n, n) of the pairs that the protocol uses, NaN elsewhere.

    Those are pairs of genuine signatures, and pairs of genuine signatures and forgeries of the same signer.
    """
    scores = np.full((len(test.labels), len(test.labels)), np.nan)
    genuine = np.flatnonzero(~test.forged)
    known = comparator.features(test.pictures[genuine])
    scores[np.ix_(genuine, genuine)] = comparator.pair_scores(known, known)
    for signer in np.unique(test.labels[test.forged]):
        own = genuine[test.labels[genuine] == signer]
        false = np.flatnonzero((test.labels == signer) & test.forged)
        described = comparator.features(test.pictures[own]), comparator.features(test.pictures[false])
        scores[np.ix_(own, false)] = comparator.pair_scores(*described) if len(own) else np.nan
    return scores


def signatures(
    comparator: Comparator, test: LabelledPictures, *, calibrations: dict[int, Calibration] | None = None
) -> dict[str, Any]:
    """Return the equal error with 1, 3 and 5 references, and the rates at the threshold fixed on other signers."""
    return signature_figures(all_signature_trials(comparator, test), calibrations=calibrations)


def signature_figures(
    found: TrialsByReferences, *, calibrations: dict[int, Calibration] | None = None
) -> dict[str, Any]:
    """Return the same figures from given trials; `calibrations` must come from other signers."""
    answer: dict[str, Any] = {}
    for count, trials in found.items():
        if len(trials) < 2:
            continue  # too few signers with so many signatures
        figures = signers.figures(trials, references=count)
        answer[str(count)] = {
            "skilled_equal_error": figures.skilled,
            "interval_90_over_signers": [figures.interval.low, figures.interval.high],
            "skilled_equal_error_of_each_signer": figures.skilled_of_each_signer,
            "random_equal_error": figures.random,
            "signers": len(trials),
            "area_under_curve": figures.area_under_curve,
        }
        if calibrations and count in calibrations:
            threshold = calibrations[count].midpoint_distance
            genuine = np.concatenate([trial.genuine for trial in trials])
            impostor = "random" if figures.skilled is None else "forged"
            false = np.concatenate([getattr(trial, impostor) for trial in trials])
            answer[str(count)] |= {
                "threshold": threshold,
                "false_accept_at_threshold": float((false <= threshold).mean()),
                "false_reject_at_threshold": float((genuine > threshold).mean()),
            }
    return answer


def signature_calibrations(
    comparator: Comparator, data: LabelledPictures, *, description: str
) -> dict[int, Calibration]:
    """Fit one table per number of references, on signers who are not tested; skilled forgeries are the impostors."""
    return signature_tables(all_signature_trials(comparator, data), classes=len(data.classes), description=description)


def signature_tables(found: TrialsByReferences, *, classes: int, description: str) -> dict[int, Calibration]:
    """Fit the same tables from given trials."""
    return {
        count: distance_calibration.fit(
            np.concatenate([trial.genuine for trial in trials]),
            np.concatenate([trial.forged for trial in trials]),
            data=description,
            classes=classes,
        )
        for count, trials in found.items()
    }


def one_shot_runs(comparator: Comparator, runs: Sequence[OneShotRun]) -> dict[str, Any]:
    """Return the share of right answers over standard runs; the interval resamples runs."""
    shares = []
    for run in runs:
        support, queries = comparator.features(run.support), comparator.features(run.queries)
        right = few_shot.correct(comparator.pair_scores(support, queries).T, run.truth)
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


def shortcut_leaks(data: LabelledPictures) -> list[dict[str, Any]]:
    """Return the shortcut probe of the encoder's input."""
    found = shortcut.probe(data.pictures, data.forged)
    return [
        {"scalar": leak.scalar, "area_under_curve": leak.area_under_curve, "equal_error": leak.equal_error}
        for leak in found
    ]


def grey_warning(probe: Sequence[dict[str, Any]]) -> str:
    """Return a sentence on what the probe of grey pictures means for all figures on them."""
    worst = probe[0]
    finding = (
        f"without any reference, the {worst['scalar']} alone separates genuine from forged: "
        f"area under curve {worst['area_under_curve']:.3f}, equal error {worst['equal_error']:.1%}"
    )
    if worst["area_under_curve"] > MOST_LEAK:
        advice = "A network may learn the pen, not the handwriting."
        return f"Do not trust figures on these pictures in grey: {finding}. {advice}"
    return f"In grey, {finding}: little is given away."


def error_interval(
    found: error_rates.Distances, pairs: PairList, test: Labelled, *, second: Labelled | None = None
) -> bootstrap.Interval:
    """Return the interval of the equal error over classes; draws without an impostor pair do not count."""
    one, other = test.labels[pairs.first], (test if second is None else second).labels[pairs.second]

    def figure(drawn: Sequence[int]) -> float:
        times = np.bincount(np.asarray(drawn), minlength=len(test.classes))
        genuine = np.repeat(found[pairs.same], times[one[pairs.same]])
        impostor = np.repeat(found[~pairs.same], times[one[~pairs.same]] * times[other[~pairs.same]])
        return error_rates.equal_error(genuine, impostor) if len(genuine) and len(impostor) else float("nan")

    return bootstrap.over_groups(list(range(len(test.classes))), figure, draws=200)
