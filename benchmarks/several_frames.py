"""Several frames of one look: `python -m benchmarks.several_frames DIR --ignore label_errors.csv`.

Whoever has five photos is enrolled by the first; the others, changed as `degradations` says, are the frames of one
look, another photo each. They are combined as at a door: what the checks refuse does not count, the rest must show one
person, and is averaged by weight. Counted are, for one to four frames, the looks refused at a door of 300 people with
one stranger in 1,000 tries, and the strangers (everybody else's references) at the looser promise of one in 100, which
these pairs can count: also with the threshold of single frames, to show why it follows the frames.

A second table fits the calibration on one half of the people and counts pairs with the other half's photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import degradations, degraded, open_set
from verifier import errors, image, policy
from verifier.calibration import Calibration
from verifier.evaluation import averaging as fitting
from verifier.evaluation import calibrating, pairs, photos
from verifier.evaluation.photos import Album
from verifier.faces import averaging
from verifier.policy import MatchPolicy
from verifier.recognizer import Recognizer
from verifier.values import FloatArray

FRAMES = averaging.MOST_FRAMES
ENROLLED = 300
STRICT, LOOSE = 0.001, 0.01
RATES = (1e-3, 1e-4, 1e-5)
SPLITS, DRAWS = 4, 50
MOST_PER_PERSON = 10
CHANGED = ("upright", "8 % of the light", "noise, sigma 25", "motion, 9 pixels", "face of 45 pixels")
ONE_STILL, ONE_PHOTO, ANY = (
    "one still among moved",
    "one photo, noise, sigma 25",
    "each frame another of all conditions",
)
CONDITIONS = (*CHANGED, ONE_STILL, ONE_PHOTO, ANY)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Looks:
    """Frames of every person: `vectors` (n, 4, d), `weights` (n, 4), 0 where a check-in refuses the frame."""

    vectors: FloatArray
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Probes:
    """What the frames of each look give: `vectors` (n, d), `lengths` (n,), and which looks are refused before.

    `unusable`: no frame was taken. `differ`: the frames did not surely show one person.
    """

    vectors: FloatArray
    lengths: NDArray[np.float64]
    unusable: NDArray[np.bool_]
    differ: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Shares of looks: refused, of these with no usable frame or with frames that differ; and of strangers' tries."""

    refused: float
    unusable: float
    differ: float
    strangers: float
    strangers_single: float


def frame(photo: list[degradations.Pixels], *, condition: str, number: int, place: int) -> degradations.Pixels:
    """Return frame `place` of look `number`; `photo`: those of the person, without the reference."""
    drawn = np.random.default_rng([degradations.SEED, number, place])
    picture = photo[place]
    if condition == ONE_STILL:
        condition = "upright" if place == number % FRAMES else "motion, 9 pixels"
    elif condition == ONE_PHOTO:
        picture, condition = photo[0], "noise, sigma 25"
    elif condition == ANY:
        condition = list(degradations.CONDITIONS)[int(drawn.integers(0, len(degradations.CONDITIONS)))]
    return np.ascontiguousarray(degradations.CONDITIONS[condition](picture, drawn), dtype=np.uint8)


def looks(recognizer: Recognizer, folder: Path, *, people: list[list[str]], condition: str) -> Looks:
    """Embed the frames of everybody; `people`: the files of the photos of each."""
    vectors = np.zeros((len(people), FRAMES, recognizer.card.dimension), np.float32)
    weights = np.zeros((len(people), FRAMES))
    for number, names in enumerate(people):
        opened = [image.decode((folder / name).read_bytes()) for name in names]
        for place in range(FRAMES):
            picture = frame(opened, condition=condition, number=number, place=place)
            try:
                seen = recognizer.embed_image(picture, purpose=None)
            except errors.NoFace:
                continue
            if degraded.is_admitted(seen):
                vectors[number, place] = seen.embedding.vector
                weights[number, place] = averaging.weight(seen.face)
    return Looks(vectors=vectors, weights=weights)


def combined(found: Looks, *, count: int, table: Calibration) -> Probes:
    """Average the first `count` frames of each look, and ask whether they show one person."""
    means: list[averaging.Mean] = []
    unusable, differ = np.zeros((2, len(found.vectors)), dtype=bool)
    for row, (vectors, weights) in enumerate(zip(found.vectors, found.weights, strict=True)):
        usable = [place for place in range(count) if weights[place] > 0]
        taken = [vectors[place] for place in usable]
        worth = [float(weights[place]) for place in usable]
        unusable[row] = not usable
        differ[row] = bool(usable) and not policy.show_one_person(taken, weights=worth, calibration=table)
        means.append(averaging.average(taken, weights=worth) if usable else averaging.Mean(vectors[0], 1.0))
    return Probes(
        vectors=np.stack([mean.vector for mean in means]),
        lengths=np.array([mean.length for mean in means]),
        unusable=unusable,
        differ=differ,
    )


def count_looks(
    probes: Probes, *, people: NDArray[np.str_], references: Album, of_reference: NDArray[np.str_], table: Calibration
) -> Row:
    """Compare the looks with everybody's reference."""
    far = np.sqrt(np.maximum(2.0 - 2.0 * (probes.vectors @ references.vectors.T), 0.0))
    own = people[:, None] == of_reference[None, :]
    taken = ~probes.unusable & ~probes.differ
    strict, loose = (MatchPolicy(table, target_false_accept=target) for target in (STRICT, LOOSE))
    within = np.array([strict.threshold(ENROLLED, mean_length=length) for length in probes.lengths])
    known = taken & (np.where(own, far, np.inf).min(axis=1) <= within)
    following = np.array([loose.threshold(ENROLLED, mean_length=length) for length in probes.lengths])
    others = ~own & taken[:, None]
    tries = others.sum() / ENROLLED
    return Row(
        refused=float(1 - known.mean()),
        unusable=float(probes.unusable.mean()),
        differ=float(probes.differ.mean()),
        strangers=float(((far <= following[:, None]) & others).sum() / tries),
        strangers_single=float(((far <= loose.threshold(ENROLLED)) & others).sum() / tries),
    )


def promised(album: Album, *, same_person: Collection[tuple[str, str]]) -> dict[int, list[tuple[float, float]]]:
    """Return, by number of photos, how many times the promised rate of pairs passes: following, and not."""
    people = open_set.merged(album.people, same_person)
    ratios: dict[int, list[list[tuple[float, float]]]] = {count: [] for count in range(1, FRAMES + 1)}
    for seed in range(SPLITS):
        fitted = np.isin(people, open_set.half(people, seed=seed))
        table = calibrating.fit(
            pairs.compare(album.vectors[fitted], people=people[fitted]),
            data=f"half {seed}",
            averaging_distance=fitting.fit(album.vectors[fitted], people=people[fitted], draws=2),
            draws=DRAWS,
            seed=seed,
        )
        for count, found in ratios.items():
            found.append(_pairs(album.vectors[~fitted], people[~fitted], count=count, table=table))
    return {
        count: [(float(one), float(other)) for one, other in np.mean(np.array(found), axis=0)]
        for count, found in ratios.items()
    }


def _pairs(
    vectors: FloatArray, people: NDArray[np.str_], *, count: int, table: Calibration
) -> list[tuple[float, float]]:
    """Compare means of `count` photos of those who have four with all photos of the others, at each rate."""
    _, person = np.unique(people, return_inverse=True)
    groups = [
        (one, rows[start : start + count])
        for one in np.flatnonzero(np.bincount(person) >= FRAMES)
        for rows in [np.flatnonzero(person == one)]
        for start in range(0, len(rows) - count + 1, count)
    ]
    means = [averaging.average(list(vectors[rows]), weights=[1.0] * count) for _, rows in groups]
    far = np.sqrt(np.maximum(2.0 - 2.0 * (np.stack([mean.vector for mean in means]) @ vectors.T), 0.0))
    others = np.array([one for one, _ in groups])[:, None] != person[None, :]
    nearer = np.array([table.nearer_by(mean.length) for mean in means])[:, None]
    shares = []
    for rate in RATES:
        within = table.distance_at(rate)
        followed, single = (((far <= limit) & others).sum() / others.sum() for limit in (within - nearer, within))
        shares.append((followed / rate, single / rate))
    return shares


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.several_frames", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignore", type=Path, required=True)
    parser.add_argument("--people", type=int, default=None, help="take so many of those with five photos (quicker)")
    parser.add_argument("--only", action="append", choices=CONDITIONS, help="this condition; repeat")
    parser.add_argument("--only-looks", action="store_true", help="print the first table alone")
    parser.add_argument("--embeddings", type=Path, help="of untouched photos, as `verifier evaluate` keeps them")
    arguments = parser.parse_args()
    recognizer = Recognizer.open()
    table = recognizer.calibration
    if table is None:
        raise errors.ModelWrong(file="calibration", expected="a table", found="none")
    same_person = photos.read_label_errors(arguments.ignore)
    album = _album(recognizer, arguments)
    references = album.only(open_set.first_photos(album, most=1))
    of_reference = open_set.merged(references.people, same_person)
    files: dict[str, list[str]] = {}
    for name in photos.find(arguments.folder, most_per_person=FRAMES + 1):
        files.setdefault(name.split("/", maxsplit=1)[0], []).append(name)
    several = [names for names in files.values() if len(names) > FRAMES][: arguments.people]
    place = {person: number for number, person in enumerate(references.people.tolist())}
    people = np.array([of_reference[place[names[0].split("/", maxsplit=1)[0]]] for names in several])
    print("| frames | frames' condition | refused | unusable | differ | strangers | threshold not following |")
    print("|---|---|---|---|---|---|---|")
    for condition in arguments.only or CONDITIONS:
        found = looks(recognizer, arguments.folder, people=[names[1:] for names in several], condition=condition)
        for count in range(1, FRAMES + 1):
            probes = combined(found, count=count, table=table)
            row = count_looks(probes, people=people, references=references, of_reference=of_reference, table=table)
            shares = (row.refused, row.unusable, row.differ, row.strangers, row.strangers_single)
            print(f"| {count} | {condition} | " + " | ".join(f"{100 * share:.2f} %" for share in shares) + " |")
    if arguments.only_looks:
        return
    print("\n| photos | times the promised 1e-3 / 1e-4 / 1e-5 | threshold not following |\n|---|---|---|")
    for count, ratios in promised(album, same_person=same_person).items():
        cells = (" / ".join(f"{one:.2f}" for one in column) for column in zip(*ratios, strict=True))
        print(f"| {count} | " + " | ".join(cells) + " |", flush=True)


def _album(recognizer: Recognizer, arguments: argparse.Namespace) -> Album:
    """Return the embeddings of untouched photos, read or computed."""
    names = photos.find(arguments.folder, most_per_person=MOST_PER_PERSON)
    if arguments.embeddings and arguments.embeddings.exists():
        return photos.load(arguments.embeddings, encoder=recognizer.encoder_name).only(names)
    album = photos.embed(recognizer, arguments.folder, names=names)
    if arguments.embeddings:
        photos.save(album, arguments.embeddings)
    return album


if __name__ == "__main__":
    main()
