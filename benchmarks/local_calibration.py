"""Trial of calibration by one's own people: `python -m benchmarks.local_calibration DIR --ignore label_errors.csv`.

People are put into eight clusters of faces that resemble one another (k-means of their mean embeddings). A gallery
holds people of one cluster, one photo each; every photo of the others of the cluster is a stranger. The shipped table
and the local one are held against the promised rate. Exit status 1 when the local one misses a bar.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.open_set import merged
from verifier import distance
from verifier.calibration import Calibration
from verifier.evaluation import local_calibration, photos
from verifier.evaluation.photos import Album
from verifier.recognizer import Recognizer
from verifier.values import FloatArray

CLUSTERS = 8
SIZES = (100, 300)
PROMISES = (0.01, 0.001)
SEEDS = 20
DRAWS = 1000
LARGEST_POOLED = 1.3
LARGEST_CLUSTER = 2.0
LARGEST_COST = 0.02
TABLES = ("shipped", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Number of people enrolled, the promised rate, and the table that keeps it."""

    enrolled: int
    promise: float
    table: str


@dataclass(slots=True)
class Counts:
    """Counts of one cluster over its galleries: [stranger, enrolled] let in, tries of each stranger, the genuine."""

    let_in: NDArray[np.float64]
    tries: NDArray[np.float64]
    genuine: int = 0
    refused: int = 0

    @property
    def rate(self) -> float:
        """The share of the strangers' tries that were within the threshold."""
        return float(self.let_in.sum() / max(self.tries.sum(), 1))


def clusters(means: FloatArray, *, count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the cluster of each row of unit length: k-means by cosine, the same seed, the same clusters."""
    generator = np.random.default_rng(seed)
    centres = means[generator.choice(len(means), count, replace=False)]
    nearest = np.asarray((means @ centres.T).argmax(axis=1))
    for _ in range(100):
        centres = _unit(np.stack([means[nearest == number].sum(axis=0) for number in range(count)]))
        moved = (means @ centres.T).argmax(axis=1)
        if (moved == nearest).all():
            break
        nearest = np.asarray(moved)
    return nearest.astype(np.int64)


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def cluster_photos(
    album: Album, *, same_person: Collection[tuple[str, str]], count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the person and the cluster of each photo; one cluster holds everybody, as they come."""
    _, person = np.unique(merged(album.people, same_person), return_inverse=True)
    means = np.zeros((person.max() + 1, album.vectors.shape[1]), dtype=np.float32)
    np.add.at(means, person, album.vectors)
    return person.astype(np.int64), clusters(_unit(means), count=count, seed=seed)[person]


def run(
    album: Album, *, person: NDArray[np.int64], cluster: NDArray[np.int64], shipped: Calibration, seeds: int = SEEDS
) -> dict[Case, list[Counts]]:
    """Return the counts of every case, one of each cluster that is large enough."""
    counted: dict[Case, list[Counts]] = {}
    for number in np.unique(cluster):
        rows = cluster == number
        _, people = np.unique(person[rows], return_inverse=True)
        for size in SIZES:
            if size < people.max() + 1:
                for case, counts in _galleries(album.vectors[rows], people, size=size, shipped=shipped, seeds=seeds):
                    counted.setdefault(case, []).append(counts)
    return counted


def _galleries(
    vectors: FloatArray, person: NDArray[np.int64], *, size: int, shipped: Calibration, seeds: int
) -> list[tuple[Case, Counts]]:
    people = int(person.max()) + 1
    cases = [Case(enrolled=size, promise=promise, table=table) for promise in PROMISES for table in TABLES]
    counted = [(case, Counts(np.zeros((people, people)), np.zeros(people))) for case in cases]
    far = distance.from_cosine(vectors @ vectors.T)
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        enrolled = generator.permutation(people)[:size]
        references = np.array([generator.choice(np.flatnonzero(person == number)) for number in enrolled])
        fitted = local_calibration.fit(vectors[references], subjects=enrolled.astype(np.int64), shipped=shipped)
        known = np.isin(person, enrolled)
        genuine = np.setdiff1d(np.flatnonzero(known), references)
        for case, counts in counted:
            table = shipped if case.table == "shipped" else fitted.table
            threshold = table.distance_at(case.promise / size)
            _count(counts, far[:, references], person=person, enrolled=enrolled, known=known, threshold=threshold)
            counts.genuine += len(genuine)
            counts.refused += int((far[np.ix_(genuine, references)].min(axis=1) > threshold).sum())
    return counted


def _count(
    counts: Counts,
    far: NDArray[np.float64],
    *,
    person: NDArray[np.int64],
    enrolled: NDArray[np.int64],
    known: NDArray[np.bool_],
    threshold: float,
) -> None:
    within = ~known & (far.min(axis=1) <= threshold)
    np.add.at(counts.let_in, (person[within], enrolled[far.argmin(axis=1)[within]]), 1)
    np.add.at(counts.tries, person[~known], 1)


def interval(cells: list[Counts], *, both: bool, draws: int = DRAWS) -> tuple[float, float]:
    """Return the 95 % interval of the rate, people drawn with replacement within each cluster.

    As strangers alone, or `both` as strangers and as the enrolled person they were nearest to.
    """
    generator = np.random.default_rng(0)
    rates = []
    places = [np.nonzero(cell.let_in) for cell in cells]
    for _ in range(draws):
        within, tries = 0.0, 0.0
        for cell, (strangers, enrolled) in zip(cells, places, strict=True):
            people = len(cell.tries)
            times = np.bincount(generator.integers(0, people, people), minlength=people).astype(np.float64)
            let_in = cell.let_in[strangers, enrolled] * times[strangers]
            within += float((let_in * times[enrolled] if both else let_in).sum())
            tries += float(times @ cell.tries)
        rates.append(within / max(tries, 1))
    low, high = np.quantile(rates, (0.025, 0.975))
    return float(low), float(high)


def missed_bars(counted: dict[Case, list[Counts]]) -> list[str]:
    """Return a sentence for each bar that the local table misses; the narrower interval is held against the bar."""
    missed = []
    for case, cells in counted.items():
        if case.table != "local":
            continue
        name = f"{case.enrolled} enrolled, 1 in {round(1 / case.promise):,}"
        times = _rate(cells) / case.promise
        if times > LARGEST_POOLED:
            missed.append(f"{name}: pooled {times:.2f} times the promise")
        for number, cell in enumerate(cells):
            low = interval([cell], both=False)[0] / case.promise
            if low > LARGEST_CLUSTER:
                missed.append(f"{name}, cluster {number + 1}: interval from {low:.2f} times the promise")
        before = counted[Case(enrolled=case.enrolled, promise=case.promise, table="shipped")]
        cost = _refused(cells) - _refused(before)
        if cost > LARGEST_COST:
            missed.append(f"{name}: {100 * cost:.1f} points more of the enrolled refused")
    return missed


def _rate(cells: list[Counts]) -> float:
    return float(sum(cell.let_in.sum() for cell in cells) / max(sum(cell.tries.sum() for cell in cells), 1))


def _refused(cells: list[Counts]) -> float:
    return sum(cell.refused for cell in cells) / max(sum(cell.genuine for cell in cells), 1)


def _lines(case: Case, cells: list[Counts]) -> list[str]:
    named = [(f"{number + 1}", [cell]) for number, cell in enumerate(cells)] + [("all", cells)]
    lines = []
    for name, some in named:
        tries, people = sum(cell.tries.sum() for cell in some), sum(int((cell.tries > 0).sum()) for cell in some)
        ranges = [
            f"{low / case.promise:.1f} to {high / case.promise:.1f}"
            for low, high in (interval(some, both=False), interval(some, both=True))
        ]
        lines.append(
            f"| {case.enrolled} | 1 in {round(1 / case.promise):,} | {case.table} | {name} | {people} | {tries:,.0f} "
            f"| {_rate(some) / case.promise:.2f} | {ranges[0]} | {ranges[1]} | {100 * _refused(some):.2f} % |"
        )
    return lines


def main() -> None:
    """Print the table, and the bars that are missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_calibration", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignore", type=Path, required=True)
    parser.add_argument("--embeddings", type=Path, help="written when it is missing, read when it is there")
    parser.add_argument("--clusters", type=int, default=CLUSTERS, help="1: everybody, as they come")
    parser.add_argument("--cluster-seed", type=int, default=0, help="first centres of the clusters")
    parser.add_argument("--groups", type=Path, help="write the clusters for `verifier evaluate --groups`")
    arguments = parser.parse_args()
    recognizer = Recognizer.open()
    if recognizer.calibration is None:
        parser.error("the encoder has no calibration")
    if arguments.embeddings and arguments.embeddings.exists():
        album = photos.load(arguments.embeddings, encoder=recognizer.encoder_name)
    else:
        album = photos.embed(recognizer, arguments.folder, names=photos.find(arguments.folder))
        if arguments.embeddings:
            photos.save(album, arguments.embeddings)
    same_person = photos.read_label_errors(arguments.ignore)
    person, cluster = cluster_photos(
        album, same_person=same_person, count=arguments.clusters, seed=arguments.cluster_seed
    )
    if arguments.groups:
        named = sorted({f"{name},cluster {number + 1}" for name, number in zip(album.people, cluster, strict=True)})
        arguments.groups.write_text("\n".join(["name,group", *named, ""]), encoding="utf-8")
    counted = run(album, person=person, cluster=cluster, shipped=recognizer.calibration)
    print(
        "| enrolled | promise | table | cluster | strangers | tries | times the promise | drawn as strangers ", end=""
    )
    print("| drawn as both | enrolled refused |\n|---|---|---|---|---|---|---|---|---|---|")
    for case, cells in counted.items():
        print("\n".join(_lines(case, cells)))
    missed = missed_bars(counted)
    print("\n".join(["", *missed]) if missed else "\nEvery bar is met.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
