"""Search of a door's own people among a million, and what the promise costs: `python -m benchmarks.divided`.

A million drawn vectors in 50 sites. Times are processor time of the one thread that searches, so that other load does
not count; `wall` is beside it. The search of all others, which no door does beyond 50,000 of them, is measured apart
over one memory map that processes share. With `--embeddings` and `--ignore` also an open-set trial on photos: own
people, guests and strangers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks import open_set
from verifier.calibration import Calibration
from verifier.evaluation import calibrating, identification, pairs, photos
from verifier.evaluation.identification import Split, Tally
from verifier.evaluation.photos import Album
from verifier.gallery import DividedGallery
from verifier.gallery.flat import Contents
from verifier.policy import GUEST, MOST_GUESTS, DividedPolicy, MatchPolicy, Searched
from verifier.values import FloatArray, Outcome

PEOPLE, SITES, DIMENSION = 1_000_000, 50, 128
SEARCHES = 300
NEIGHBOURS = 8
PROCESSES = 3


def vectors(count: int, *, seed: int) -> FloatArray:
    """Draw unit vectors."""
    drawn = np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def gallery(rows: FloatArray, *, sites: int) -> DividedGallery:
    """Fill a gallery whose people belong to sites in turn."""
    numbers = np.arange(len(rows), dtype=np.int64)
    labels = [frozenset({site}) for site in range(sites)]
    contents = Contents(references=numbers, subjects=numbers, vectors=rows)
    return DividedGallery.from_contents(
        contents, encoder="drawn", labels={number: labels[number % sites] for number in range(len(rows))}
    )


def timed(search: Callable[[FloatArray], object], *, probes: FloatArray) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds, of processor time and of elapsed time."""
    spent: list[tuple[float, float]] = []
    for number, probe in enumerate(probes):
        began, worked = time.perf_counter(), time.thread_time()
        search(probe)
        if number >= 5:  # the first ones warm caches
            spent.append((time.thread_time() - worked, time.perf_counter() - began))
    processor, wall = (1000 * np.array(column) for column in zip(*spent, strict=True))
    return {
        "median_ms": round(float(np.median(processor)), 3),
        "p99_ms": round(float(np.quantile(processor, 0.99)), 3),
        "wall_median_ms": round(float(np.median(wall)), 3),
    }


def own_people(people: int) -> dict[str, Any]:
    """Measure a door of a site among so many people, and one of a site whose others are as many as may be searched."""
    faiss.omp_set_num_threads(1)
    probes = vectors(SEARCHES, seed=2)
    began = time.thread_time()
    held = gallery(vectors(people, seed=1), sites=SITES)
    report: dict[str, Any] = {
        "people": people,
        "sites": SITES,
        "built_processor_seconds": round(time.thread_time() - began, 1),
        "own": timed(lambda probe: held.search_subjects(probe, most=NEIGHBOURS, label=7), probes=probes),
        "move_of_a_person": timed(lambda _: _move(held), probes=probes),
    }
    own = people // SITES
    few = gallery(vectors(own + MOST_GUESTS, seed=1), sites=(own + MOST_GUESTS) // own)
    others = few.count(label=0, outside=True)
    report["guests"] = {
        "others": others,
        **timed(lambda probe: few.search_subjects(probe, most=NEIGHBOURS, label=0, outside=True), probes=probes),
    }
    return report


def _move(held: DividedGallery) -> None:
    moves = held.labels_of(7)
    held.label(7, labels=frozenset({8}) if moves == frozenset({7}) else frozenset({7}))


def everybody_else(people: int) -> dict[str, Any]:
    """Search all but one site exactly over one memory map, in several processes at once."""
    with tempfile.TemporaryDirectory(prefix="muster-divided-") as folder:
        path = Path(folder) / "vectors"
        vectors(people, seed=1).tofile(path)
        context = multiprocessing.get_context("spawn")
        with context.Pool(PROCESSES) as pool:
            found = pool.starmap(_search_map, [(path, people, seed) for seed in range(PROCESSES)])
    own = [each.pop("own_mb") for each in found]
    return {"processes": PROCESSES, "file_mb": people * DIMENSION * 4 // 2**20, "own_mb": own, "each": found}


def _search_map(path: Path, people: int, seed: int) -> dict[str, float]:
    faiss.omp_set_num_threads(1)
    rows = np.memmap(path, dtype=np.float32, mode="r", shape=(people, DIMENSION))
    own = people // SITES
    before, after = rows[: 7 * own], rows[8 * own :]  # the file lies in the order of sites

    def search(probe: FloatArray) -> None:
        for part in (before, after):
            faiss.knn(probe[np.newaxis], part, NEIGHBOURS, metric=faiss.METRIC_INNER_PRODUCT)

    spent = timed(search, probes=vectors(25, seed=10 + seed))
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    anonymous = next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))  # all but mapped files
    return {**spent, "own_mb": anonymous // 1024}


@dataclass(frozen=True, slots=True)
class Trial:
    """Strangers with a face within the threshold of own people or of guests, and people of both who were refused."""

    strangers: int = 0
    near_own: int = 0
    near_guests: int = 0
    own: int = 0
    own_refused: int = 0
    guests: int = 0
    guests_refused: int = 0
    misnamed: int = 0

    @property
    def stranger_rate(self) -> float:
        """Share of strangers within either threshold, whom the promise is about."""
        return (self.near_own + self.near_guests) / self.strangers


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """A door of one split: the table fitted on other people, who is enrolled, and whom of them it searches first."""

    vectors: FloatArray
    parts: Split
    own: frozenset[int]
    table: Calibration


def doors(
    album: Album, *, same_person: Collection[tuple[str, str]], own: int, everybody: int, splits: int, draws: int
) -> list[Door]:
    """Fit on one half of the people, and enrol everybody of the other half, some of them as own people."""
    people = open_set.merged(album.people, same_person)
    few = np.isin(np.array(album.names), open_set.first_photos(album, most=open_set.MOST_PER_PERSON))
    found = []
    for seed in range(splits):
        fitted_on = np.isin(people, open_set.half(people, seed=seed))
        compared = pairs.compare(album.vectors[fitted_on & few], people=people[fitted_on & few])
        table = calibrating.fit(compared, data=f"half {seed}", draws=draws, seed=seed)
        tried = ~fitted_on & few
        parts = identification.split(people[tried], enrolled=everybody, seed=seed)
        chosen = np.random.default_rng(seed).permutation(everybody)[:own].tolist()
        found.append(Door(vectors=album.vectors[tried], parts=parts, own=frozenset(chosen), table=table))
    return found


def trial(tried: Sequence[Door], *, target: float) -> Trial:
    """Let strangers, own people and guests pass doors that search their own people first."""
    counts: dict[str, int] = dict.fromkeys(Trial.__slots__, 0)
    for door in tried:
        policy = DividedPolicy(MatchPolicy(door.table, target_false_accept=target))
        for name, count in _pass(door.vectors, parts=door.parts, own=door.own, policy=policy).items():
            counts[name] += count
    return Trial(**counts)


def undivided(tried: Sequence[Door], *, target: float) -> Tally:
    """Return the same trial at doors that search everybody."""
    policies = [MatchPolicy(door.table, target_false_accept=target) for door in tried]
    pairs_of = zip(tried, policies, strict=True)
    return identification.pool(
        identification.trial(door.vectors, parts=door.parts, policy=policy) for door, policy in pairs_of
    )


def _pass(rows: FloatArray, *, parts: Split, own: Collection[int], policy: DividedPolicy) -> dict[str, int]:
    held = DividedGallery(rows.shape[1], encoder="trial")
    for place, row in enumerate(parts.references.tolist()):
        held.add(reference=place, subject=place, vector=rows[row], labels=frozenset({int(place in own)}))
    counts = {"own": held.count(label=1), "guests": held.count(label=1, outside=True)}
    found: dict[str, int] = dict.fromkeys(Trial.__slots__, 0)

    def decide(row: int) -> tuple[Outcome, bool, int | None]:
        mine = Searched(held.search_subjects(rows[row], most=2, label=1), counts["own"])
        rest = held.search_subjects(rows[row], most=2, label=1, outside=True)
        decision = policy.decide(mine, others=Searched(rest, counts["guests"]))
        return decision.outcome, GUEST in decision.reasons, decision.subject

    for row in parts.strangers.tolist():
        outcome, is_guest, _ = decide(row)
        found["strangers"] += 1
        if outcome is not Outcome.UNKNOWN:
            found["near_guests" if is_guest else "near_own"] += 1
    for row, person in zip(parts.genuine.tolist(), parts.genuine_person.tolist(), strict=True):
        outcome, _, subject = decide(row)
        kind = "own" if person in own else "guests"
        found[kind] += 1
        found[f"{kind}_refused"] += outcome is Outcome.UNKNOWN
        found["misnamed"] += subject is not None and subject != person
    return found


def main() -> None:
    """Print the figures as JSON, one part a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.divided", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--embeddings", type=Path, help="kept by `verifier evaluate --embeddings`")
    parser.add_argument("--ignore", type=Path, help="label errors of those photos")
    arguments = parser.parse_args()
    if arguments.embeddings is None:
        print(json.dumps(own_people(arguments.people)), flush=True)
        print(json.dumps(everybody_else(arguments.people)), flush=True)
        return
    from verifier.recognizer import Recognizer

    album = photos.load(arguments.embeddings, encoder=Recognizer.open().encoder_name)
    same = photos.read_label_errors(arguments.ignore) if arguments.ignore else ()
    tried = doors(album, same_person=same, own=100, everybody=1000, splits=open_set.SPLITS, draws=open_set.DRAWS)
    for target in open_set.TARGETS:
        found, whole = trial(tried, target=target), undivided(tried, target=target)
        print(json.dumps({"target": target, "rate": round(found.stranger_rate, 5), **_values(found)}), flush=True)
        everybody = {"rate": round(whole.stranger_rate, 5), "refused": round(whole.refused_rate, 4)}
        print(json.dumps({"target": target, "searches everybody": everybody}), flush=True)


def _values(found: Trial) -> dict[str, int]:
    return {name: getattr(found, name) for name in Trial.__slots__}


if __name__ == "__main__":
    main()
