"""How good is the recognizer on a folder of photos, one folder per person?

Compares every photo with every other. With --pairs it also gives the ten-fold accuracy on a fixed list (our CSV, or
LFW's pairs.txt by its official folds). With --encoder it measures an encoder for digits, characters or signatures
instead, on a folder per class, an npz file, signature folders or Omniglot's archives and one-shot runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.evaluation import lfw, pairs, photos, scores, verification
from verifier.evaluation.photos import Album
from verifier.gallery import distance
from verifier.recognizer import Recognizer

HELP = "measure the recognizer on a folder per person"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which photos, and what is known of them."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder per person with photos inside")
    parser.add_argument("--encoder", action="append", help="a name of the library or a card; several are averaged")
    parser.add_argument("--second", type=Path, help="pictures of the second source (with --encoder of two sources)")
    parser.add_argument("--only", action="append", default=[], help="only this class (with --encoder; repeat it)")
    parser.add_argument("--part", default="test", help="train or test where the data have both (with --encoder)")
    add_photo_arguments(parser)
    parser.add_argument("--pairs", type=Path, help="CSV: first, second, same (1 or 0), as PERSON/FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """What `evaluate` and `calibrate` share."""
    parser.add_argument("--most-per-person", type=int, default=None, help="use the first so many photos of a person")
    parser.add_argument("--ignore", type=Path, help="CSV: name_a, name_b, what: pairs of names that are one person")
    parser.add_argument("--models", type=Path, default=None, help="folder of prepared models (else the package's)")
    parser.add_argument("--embeddings", type=Path, help="keep the embeddings in this file, and use them if it is there")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    if arguments.encoder:
        return run_learnt(arguments)
    started = time.perf_counter()
    official = lfw.read_pairs(arguments.pairs) if arguments.pairs and arguments.pairs.suffix == ".txt" else None
    if official is not None:
        listed: tuple[list[tuple[str, str]], Any] | None = official.photos, official.same
    else:
        listed = photos.read_pairs(arguments.pairs) if arguments.pairs else None
    protocol = photos.find(arguments.folder, most_per_person=arguments.most_per_person)
    further = {name for pair in listed[0] for name in pair} if listed else set()
    recognizer = Recognizer.open(arguments.models)
    album = gather(arguments, names=sorted({*protocol, *further}), recognizer=recognizer)
    part = album.only(protocol)
    compared = compare(arguments, part)
    points = verification.points(compared)
    report: dict[str, Any] = {
        "images": len(part.names),
        "missed": len(part.missed),
        "genuine_pairs": len(compared.genuine),
        "impostor_pairs": compared.impostors,
        "accuracy": accuracy(album, *listed) if listed else None,
        **(further_figures(album, listed, official) if listed else {}),
        "tar_at_far": {f"{point.far:.0e}": round(point.tar, 4) for point in points},
        "thresholds": {f"{point.far:.0e}": round(point.threshold, 4) for point in points},
        "seconds": round(time.perf_counter() - started, 1),
    }
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:15} {value}")
    return 0


def gather(arguments: argparse.Namespace, *, names: list[str], recognizer: Recognizer) -> Album:
    """Return the photos' embeddings, from the kept file where it has them all."""
    if not names:
        raise errors.BadImage(reason="no_photos", file=str(arguments.folder))
    kept = arguments.embeddings
    if kept and kept.exists():
        album = photos.load(kept, encoder=recognizer.encoder_name)
        if set(names) <= {*album.names, *album.missed}:
            return album.only(names)

    def tell(done: int) -> None:
        if sys.stderr.isatty() and (done % 50 == 0 or done == len(names)):
            print(f"\r{done} of {len(names)} photos", end="\n" if done == len(names) else "", file=sys.stderr)

    album = photos.embed(recognizer, arguments.folder, names=names, tell=tell)
    if kept:
        photos.save(album, kept)
    return album


def compare(arguments: argparse.Namespace, album: Album) -> pairs.Pairs:
    """Compare all photos of the album, but pairs of names that are one person."""
    ignored = photos.read_label_errors(arguments.ignore) if arguments.ignore else frozenset()
    return pairs.compare(album.vectors, people=album.people, same_person=ignored)


def accuracy(album: Album, listed: list[tuple[str, str]], same: Any) -> float:
    """Ten-fold accuracy on the listed pairs."""
    return round(verification.ten_fold_accuracy(distances_of(album, listed), same=same), 4)


def distances_of(album: Album, listed: list[tuple[str, str]]) -> NDArray[np.float64]:
    """Distance of each listed pair; a photo without a face makes its pair as far apart as can be."""
    row = {name: number for number, name in enumerate(album.names)}
    far = [
        distance.between(album.vectors[row[first]], album.vectors[row[second]][np.newaxis])[0]
        if first in row and second in row
        else 2.0
        for first, second in listed
    ]
    return np.array(far, dtype=np.float64)


def further_figures(
    album: Album, listed: tuple[list[tuple[str, str]], Any], official: lfw.Listed | None
) -> dict[str, Any]:
    """Area and equal error on the listed pairs; LFW's own folds where they are known."""
    far = distances_of(album, listed[0])
    genuine, impostor = far[listed[1]], far[~listed[1]]
    answer: dict[str, Any] = {
        "area_under_curve": round(scores.area_under_curve(genuine, impostor), 5),
        "equal_error": round(scores.equal_error(genuine, impostor), 5),
    }
    if official is not None:
        folded = lfw.accuracy(far, official)
        answer |= {"official_accuracy": round(folded.mean, 4), "standard_error": round(folded.standard_error, 4)}
    return answer


def run_learnt(arguments: argparse.Namespace) -> int:
    """Measure encoders of the learning room."""
    from verifier.learning import evaluating  # noqa: PLC0415  (faces do without it)

    opened = [evaluating.open_named(name) for name in arguments.encoder]
    report = evaluating.report(
        arguments.folder,
        opened=opened,
        only=arguments.only,
        part=arguments.part,
        second=arguments.second,
        show_progress=sys.stderr.isatty(),
    )
    print(json.dumps(report, indent=None if arguments.json else 2))
    return 0
