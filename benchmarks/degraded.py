"""Doors under bad conditions: `python -m benchmarks.degraded DIR --ignore label_errors.csv`, one row a condition.

References are untouched photos; who has another photo comes back with it, changed as `degradations` says. Compared are
all probes with all references (true-accept rates at false-accept rates). Galleries of 300 are drawn too: half of those
who come back are enrolled, among others who do not, and the other half are strangers, changed in the same way.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import degradations, open_set
from verifier import errors, image
from verifier.evaluation import identification, photos
from verifier.evaluation.identification import Split, Tally
from verifier.faces import quality
from verifier.policy import MatchPolicy
from verifier.recognizer import Recognizer
from verifier.values import FloatArray, Purpose, Recognition

ENROLLED = 300
TARGET = 0.001
RATES = (1e-3, 1e-4, 1e-5)
DRAWS = 10
TIMED = 30


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cast:
    """Who is compared: the first photo of everybody is a reference, the second one of some is a probe.

    `references` (n, d) of `people`; `probes`: files of the second photos; `probe_people`: their people.
    """

    folder: Path
    people: NDArray[np.str_]
    references: FloatArray
    probes: tuple[str, ...]
    probe_people: NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one condition gives. Shares are 0 to 1; a probe without a face is not accepted anywhere.

    `tar`: by false-accept rate. `within`: enrolled people within the threshold of a gallery of 300. `strangers`: others
    within it. `right`: enrolled people answered with their own name at a check-in, with its quality checks. `missed`:
    probes without a face. `refused`: further probes that the checks refuse. `milliseconds`: processor time a picture.
    """

    tar: dict[float, float]
    within: float
    strangers: float
    right: float
    missed: float
    refused: float
    milliseconds: float


def cast(
    recognizer: Recognizer,
    folder: Path,
    *,
    same_person: Collection[tuple[str, str]],
    most: int | None,
    kept: Path | None,
) -> Cast:
    """Embed the references, or read them; the probes are the second photos of `most` people drawn by a fixed seed."""
    first = photos.find(folder, most_per_person=1)
    if kept and kept.exists():
        album = photos.load(kept, encoder=recognizer.encoder_name).only(first)
    else:
        album = photos.embed(recognizer, folder, names=first)
        if kept:
            photos.save(album, kept)
    second = [name for name in photos.find(folder, most_per_person=2) if name not in set(first)]
    drawn = np.random.default_rng(degradations.SEED).permutation(len(second))[:most]
    probes = tuple(second[place] for place in sorted(drawn.tolist()))
    owners = np.array([name.split("/", maxsplit=1)[0] for name in probes], dtype=np.str_)
    corrected = open_set.merged(np.concatenate([album.people, owners]), same_person)
    return Cast(
        folder=folder,
        people=corrected[: len(album.people)],
        references=album.vectors,
        probes=probes,
        probe_people=corrected[len(album.people) :],
    )


def measure(recognizer: Recognizer, people: Cast, *, condition: str) -> Figures:
    """Change the probes, embed them, and count."""
    changed = [
        degradations.degraded(image.decode((people.folder / name).read_bytes()), condition=condition, number=number)
        for number, name in enumerate(people.probes)
    ]
    spent = [_milliseconds(recognizer, picture) for picture in changed[:TIMED]]
    with ThreadPoolExecutor(max_workers=2) as pool:
        seen = list(pool.map(lambda picture: _seen(recognizer, picture), changed))
    found = np.array([one is not None for one in seen])
    admitted = np.array([one is not None and is_admitted(one) for one in seen])
    vectors = _vectors(seen, dimension=recognizer.card.dimension)
    within = _galleries(recognizer, people, vectors=vectors, usable=found)
    answered = _galleries(recognizer, people, vectors=vectors, usable=admitted)
    return Figures(
        tar=true_accept_rates(people, vectors=vectors, found=found),
        within=(within.genuine - within.refused) / within.genuine,
        strangers=within.stranger_rate,
        right=(answered.genuine - answered.refused - answered.ambiguous - answered.misnamed) / answered.genuine,
        missed=float(1 - found.mean()),
        refused=float((found & ~admitted).mean()),
        milliseconds=float(np.median(spent)),
    )


def true_accept_rates(people: Cast, *, vectors: FloatArray, found: NDArray[np.bool_]) -> dict[float, float]:
    """Return the share of probes accepted at the distance that a share of probes passes with others' references."""
    far = np.sqrt(np.maximum(2.0 - 2.0 * (vectors @ people.references.T), 0.0))
    own = people.probe_people[:, None] == people.people[None, :]
    far[~found] = 2.0
    impostor = np.sort(far[~own])
    genuine = far[own]
    allowed = {rate: round(rate * impostor.size) for rate in RATES}
    return {rate: float(np.mean(genuine < impostor[count])) for rate, count in allowed.items() if count}


def _seen(recognizer: Recognizer, picture: degradations.Pixels) -> Recognition | None:
    try:
        return recognizer.embed_image(picture, purpose=None)
    except errors.NoFace:
        return None


def _milliseconds(recognizer: Recognizer, picture: degradations.Pixels) -> float:
    started = time.process_time()
    _seen(recognizer, picture)
    return (time.process_time() - started) * 1e3


def is_admitted(seen: Recognition) -> bool:
    """Return whether a check-in takes the picture."""
    blank = np.broadcast_to(np.uint8(0), (seen.height_pixels, seen.width_pixels, 3))
    try:
        quality.check(seen.quality, face=seen.face, image=blank, crop=seen.crop, purpose=Purpose.CHECK_IN)
    except errors.Refusal:
        return False
    return True


def _vectors(seen: Sequence[Recognition | None], *, dimension: int) -> FloatArray:
    empty = np.zeros(dimension, np.float32)
    return np.stack([one.embedding.vector if one is not None else empty for one in seen])


def _galleries(recognizer: Recognizer, people: Cast, *, vectors: FloatArray, usable: NDArray[np.bool_]) -> Tally:
    """Enrol half of those who come, and others who stay away; whoever has no usable probe is refused."""
    calibration = recognizer.calibration
    if calibration is None:
        raise errors.ModelWrong(file="calibration", expected="a table", found="none")
    policy = MatchPolicy(calibration, target_false_accept=TARGET)
    everything = np.concatenate([people.references, vectors])
    row = {name: place for place, name in reversed(list(enumerate(people.people.tolist())))}
    pooled = Tally()
    for seed in range(DRAWS):
        drawn = np.random.default_rng(seed)
        names = drawn.permutation(sorted(set(people.probe_people.tolist())))
        known = names[: min(ENROLLED, len(names) // 2)]
        rest = drawn.permutation(sorted(set(row) - set(names.tolist())))[: ENROLLED - len(known)]
        place = {name: number for number, name in enumerate([*known.tolist(), *rest.tolist()])}
        is_known = np.isin(people.probe_people, known)
        genuine, strangers = np.flatnonzero(is_known & usable), np.flatnonzero(~is_known & usable)
        tally = identification.trial(
            everything,
            parts=Split(
                references=np.array([row[name] for name in place], dtype=np.int64),
                genuine=genuine + len(people.references),
                genuine_person=np.array(
                    [place[name] for name in people.probe_people[genuine].tolist()], dtype=np.int64
                ),
                strangers=strangers + len(people.references),
            ),
            policy=policy,
        )
        unable = int((is_known & ~usable).sum())
        pooled += tally + Tally(genuine=unable, refused=unable)
    return pooled


def line(condition: str, figures: Figures) -> str:
    """Return one row of the table."""
    tar = " / ".join(f"{figures.tar[rate]:.3f}" if rate in figures.tar else "-" for rate in RATES)
    shares = (figures.within, figures.right, figures.strangers, figures.missed, figures.refused)
    cells = " | ".join(f"{100 * share:.1f} %" for share in shares[:2])
    cells += f" | {100 * shares[2]:.2f} % | " + " | ".join(f"{100 * share:.1f} %" for share in shares[3:])
    return f"| {condition} | {tar} | {cells} | {figures.milliseconds:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.degraded", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignore", type=Path, required=True)
    parser.add_argument("--people", type=int, default=None, help="draw so many of those with two photos (quicker)")
    parser.add_argument("--only", action="append", choices=list(degradations.CONDITIONS), help="this condition; repeat")
    parser.add_argument("--references", type=Path, help="keep the references' embeddings in this file")
    arguments = parser.parse_args()
    recognizer = Recognizer.open()
    same_person = photos.read_label_errors(arguments.ignore)
    people = cast(
        recognizer, arguments.folder, same_person=same_person, most=arguments.people, kept=arguments.references
    )
    print("| condition | TAR at FAR 1e-3 / 1e-4 / 1e-5 | within | right | strangers | no face | refused | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for condition in arguments.only or degradations.CONDITIONS:
        print(line(condition, measure(recognizer, people, condition=condition)), flush=True)


if __name__ == "__main__":
    main()
