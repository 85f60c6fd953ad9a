"""Scores normalized by a fixed cohort: `python -m benchmarks.normalized DIR --ignore label_errors.csv`.

The cohort is 2,000 unit vectors drawn from the mean and the covariance of the embeddings of one half of the people. The
normalized score of a pair is its similarity less half the sum of what either resembles of the cohort: the mean of the
30 largest similarities. Both scores are compared at equal rates of strangers within the threshold, each with its own.

Galleries are of the other half, and, where they are larger than it, of everybody (then the cohort's people are among
them). Every second photo is a probe twice: against a gallery with its person, and as a stranger without.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import open_set
from verifier.evaluation import photos
from verifier.evaluation.photos import Album
from verifier.recognizer import Recognizer
from verifier.values import FloatArray

SIZES = (100, 1000, 2800)
STRANGERS = (0.03, 0.01)
COHORT = 2000
NEAREST = 30
SPLITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Shares of enrolled people refused by the plain and by the normalized score, and the probes counted."""

    plain: float
    normalized: float
    probes: int


def cohort(vectors: FloatArray, *, seed: int) -> FloatArray:
    """Draw unit vectors with the mean and covariance of these."""
    drawn = np.random.default_rng(seed).multivariate_normal(
        vectors.mean(axis=0, dtype=np.float64), np.cov(vectors.T.astype(np.float64)), size=COHORT
    )
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def resemblance(vectors: FloatArray, *, others: FloatArray) -> FloatArray:
    """Return the mean of the largest similarities of each vector to the cohort."""
    similar = vectors @ others.T
    return np.asarray(np.partition(similar, -NEAREST, axis=1)[:, -NEAREST:].mean(axis=1), dtype=np.float32)


def refused(scores: FloatArray, *, own: NDArray[np.int64], strangers: float) -> float:
    """Return the share of probes whose own reference lies below the score that this share of strangers reaches."""
    rows = np.arange(len(scores))
    genuine = scores[rows, own]
    without = scores.copy()
    without[rows, own] = -np.inf
    threshold = np.quantile(without.max(axis=1), 1 - strangers)
    return float(np.mean(genuine < threshold))


def run(
    album: Album, *, same_person: Collection[tuple[str, str]], enrolled: int, strangers: float, splits: int
) -> list[Trial]:
    """Draw a cohort and a gallery for every seed, and count."""
    people = open_set.merged(album.people, same_person)
    several = {name for name, count in zip(*np.unique(people, return_counts=True), strict=True) if count > 1}
    found = []
    for seed in range(splits):
        of_cohort = np.isin(people, open_set.half(people, seed=seed))
        others = cohort(album.vectors[of_cohort], seed=seed)
        names = np.unique(people[~of_cohort])
        if len(names) < enrolled:
            names = np.unique(people)
        drawn = np.random.default_rng(seed).permutation(names)
        gallery = sorted(drawn.tolist(), key=lambda name: name not in several)[:enrolled]
        first = {name: int(np.flatnonzero(people == name)[0]) for name in gallery}
        known = [(place, name) for place, name in enumerate(gallery) if name in several]
        probes = np.array([int(np.flatnonzero(people == name)[1]) for _, name in known])
        own = np.array([place for place, _ in known])
        references = album.vectors[list(first.values())]
        tried = album.vectors[probes]
        plain = tried @ references.T
        level = resemblance(tried, others=others)[:, None] + resemblance(references, others=others)[None, :]
        found.append(
            Trial(
                plain=refused(plain, own=own, strangers=strangers),
                normalized=refused(plain - level / 2, own=own, strangers=strangers),
                probes=len(probes),
            )
        )
    return found


def line(trials: list[Trial], *, enrolled: int, strangers: float) -> str:
    """Return one row of the table; the interval is over the splits."""
    plain = np.array([trial.plain for trial in trials])
    normalized = np.array([trial.normalized for trial in trials])
    fewer = 1 - normalized.mean() / plain.mean()
    better = int((normalized < plain).sum())
    worse = int((normalized > plain).sum())
    return (
        f"| {enrolled:,} | {strangers:.0%} | {100 * plain.mean():.2f} % | {100 * normalized.mean():.2f} % | "
        f"{100 * fewer:.0f} % | {better} / {worse} | {round(float(np.mean([trial.probes for trial in trials])))} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.normalized", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignore", type=Path, required=True)
    parser.add_argument("--embeddings", type=Path, help="keep the embeddings in this file")
    parser.add_argument("--splits", type=int, default=SPLITS)
    arguments = parser.parse_args()
    recognizer = Recognizer.open()
    names = photos.find(arguments.folder, most_per_person=2)
    if arguments.embeddings and arguments.embeddings.exists():
        album = photos.load(arguments.embeddings, encoder=recognizer.encoder_name).only(names)
    else:
        album = photos.embed(recognizer, arguments.folder, names=names)
        if arguments.embeddings:
            photos.save(album, arguments.embeddings)
    same_person = photos.read_label_errors(arguments.ignore)
    print("| enrolled | strangers | refused, plain | refused, normalized | fewer | splits better / worse | probes |")
    print("|---|---|---|---|---|---|---|")
    for enrolled in SIZES:
        for strangers in STRANGERS:
            trials = run(
                album, same_person=same_person, enrolled=enrolled, strangers=strangers, splits=arguments.splits
            )
            print(line(trials, enrolled=enrolled, strangers=strangers), flush=True)


if __name__ == "__main__":
    main()
