"""Open-set trial of doors: `python -m benchmarks.open_set DIR --ignore label_errors.csv`.

The calibration is fitted on one half of the people and tested on the other, in twenty seeded splits. For comparison,
face_recognition is tested with the distance of 0.6 that its documentation recommends for any number of people.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import other_libraries
from verifier.evaluation import calibrating, identification, pairs, photos
from verifier.evaluation.identification import Split, Tally
from verifier.evaluation.photos import Album
from verifier.policy import MatchPolicy
from verifier.recognizer import Recognizer

SIZES = (100, 300, 1000)
TARGETS = (0.01, 0.001)
SPLITS = 20
DRAWS = 100
MOST_PER_PERSON = 10
FAMILIAR_DISTANCE = 0.6


@dataclass(frozen=True, slots=True)
class Case:
    """Number of people enrolled, and target rate of strangers let in."""

    enrolled: int
    target: float


def run(album: Album, *, same_person: Collection[tuple[str, str]], splits: int = SPLITS) -> dict[Case, Tally]:
    """Fit on one half, test on the other, and return the pooled splits."""
    people = merged(album.people, same_person)
    few = np.isin(np.array(album.names), first_photos(album, most=MOST_PER_PERSON))
    pooled = {Case(size, target): Tally() for size in SIZES for target in TARGETS}
    for seed in range(splits):
        fitted_on = np.isin(people, half(people, seed=seed))
        compared = pairs.compare(album.vectors[fitted_on & few], people=people[fitted_on & few])
        table = calibrating.fit(compared, data=f"half {seed}", draws=DRAWS, seed=seed)
        vectors, names = album.vectors[~fitted_on & few], people[~fitted_on & few]
        for case in pooled:
            parts = identification.split(names, enrolled=case.enrolled, seed=seed)
            policy = MatchPolicy(table, target_false_accept=case.target)
            pooled[case] += identification.trial(vectors, parts=parts, policy=policy)
    return pooled


def run_familiar(album: Album, *, same_person: Collection[tuple[str, str]], splits: int = SPLITS) -> dict[int, Tally]:
    """Return the same trials with a fixed distance."""
    people = merged(album.people, same_person)
    pooled = dict.fromkeys(SIZES, Tally())
    for seed in range(splits):
        tried = ~np.isin(people, half(people, seed=seed))
        for size in SIZES:
            parts = identification.split(people[tried], enrolled=size, seed=seed)
            pooled[size] += _fixed(album.vectors[tried], parts=parts, threshold=FAMILIAR_DISTANCE)
    return pooled


def merged(people: NDArray[np.str_], same_person: Collection[tuple[str, str]]) -> NDArray[np.str_]:
    """Return corrected labels, in which two names of one person are one."""
    corrected = people.copy()
    for first, second in sorted(same_person):
        if first < second:
            corrected[corrected == second] = corrected[people == first][:1] if (people == first).any() else second
    return corrected


def first_photos(album: Album, *, most: int) -> list[str]:
    """Return the names of the first photos of every person, so that no person with hundreds dominates."""
    taken: dict[str, int] = {}
    names = []
    for name, person in zip(album.names, album.people.tolist(), strict=True):
        taken[person] = taken.get(person, 0) + 1
        if taken[person] <= most:
            names.append(name)
    return names


def half(people: NDArray[np.str_], *, seed: int) -> NDArray[np.str_]:
    """Draw half of the people."""
    names = np.unique(people)
    return np.random.default_rng(seed).permutation(names)[: len(names) // 2]


def _fixed(vectors: NDArray[np.float32], *, parts: Split, threshold: float) -> Tally:
    known = vectors[parts.references]

    def distances(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.stack([np.linalg.norm(known - vectors[row], axis=1) for row in rows])

    strangers, genuine = distances(parts.strangers), distances(parts.genuine)
    best = genuine.argmin(axis=1)
    within = genuine.min(axis=1) <= threshold
    return Tally(
        strangers=len(strangers),
        let_in=int((strangers.min(axis=1) <= threshold).sum()),
        genuine=len(genuine),
        refused=int((~within).sum()),
        misnamed=int((within & (best != parts.genuine_person)).sum()),
    )


def embed_familiar(folder: Path, *, names: list[str]) -> Album:
    """Embed with face_recognition; photos in which it finds no face are left out, in its favour."""
    pipeline = other_libraries.face_recognition()
    vectors = {name: pipeline.embed((folder / name).read_bytes()) for name in names}
    kept = {name: vector for name, vector in vectors.items() if vector is not None}
    missed = tuple(name for name in names if name not in kept)
    vectors_kept = np.stack(list(kept.values())).astype(np.float32)
    return Album(names=tuple(kept), vectors=vectors_kept, encoder="face_recognition", missed=missed)


def _line(name: str, tally: Tally) -> str:
    rates = (tally.stranger_rate, tally.refused_rate, tally.ambiguous_rate, tally.misnamed / tally.genuine)
    return f"| {name} | " + " | ".join(f"{100 * rate:.2f} %" for rate in rates) + " |"


def main() -> None:
    """Print the trials of both as rows of a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.open_set", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignore", type=Path, required=True)
    parser.add_argument("--embeddings", type=Path, help="kept by `verifier evaluate --embeddings`")
    parser.add_argument(
        "--familiar", type=Path, help="file of face_recognition's embeddings; without it face_recognition is not tested"
    )
    arguments = parser.parse_args()
    same_person = photos.read_label_errors(arguments.ignore)
    names = photos.find(arguments.folder)
    recognizer = Recognizer.open()
    if arguments.embeddings and arguments.embeddings.exists():
        album = photos.load(arguments.embeddings, encoder=recognizer.encoder_name).only(names)
    else:
        album = photos.embed(recognizer, arguments.folder, names=names)
    print("| door | strangers within the threshold | enrolled refused | enrolled ambiguous | enrolled misnamed |")
    print("|---|---|---|---|---|")
    for case, tally in run(album, same_person=same_person).items():
        print(_line(f"Muster, {case.enrolled} enrolled, target 1 in {round(1 / case.target):,}", tally))
    if arguments.familiar:
        if not arguments.familiar.exists():
            wanted = photos.find(arguments.folder, most_per_person=2)
            photos.save(embed_familiar(arguments.folder, names=wanted), arguments.familiar)
        familiar = photos.load(arguments.familiar, encoder="face_recognition")
        for size, tally in run_familiar(familiar, same_person=same_person).items():
            print(_line(f"face_recognition, {size} enrolled, distance {FAMILIAR_DISTANCE}", tally))


if __name__ == "__main__":
    main()
