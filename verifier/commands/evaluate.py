"""Measure the recognizer on a folder of photos, one folder per person.

It compares every photo with every other, identifies one of N people by 1 to 5 references, and runs open-set trials
with strangers. With --pairs it also measures a fixed list of pairs (a CSV, or LFW's pairs.txt by its official folds).
With --encoder it measures a face encoder that was added (`add_encoder`), or one for digits, characters or signatures:
those on a folder per class, an npz file, signature folders, or Omniglot's archives and one-shot runs. Photos without a
face and files that cannot be read are counted and named.
    groups = report.pop("groups", [])
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

from verifier import distance, errors, external_encoders
from verifier.calibration import Calibration
from verifier.evaluation import grouping, lfw, pairs, photos, verification
from verifier.evaluation.photos import Album
from verifier.learning import layouts
from verifier.recognizer import Recognizer

MODELS = Path("var/models")
"""Folder of models in which added encoders are looked for when none is named."""

HELP = "measure the recognizer on a folder per person"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder per person (or class), npz file or archive")
    parser.add_argument("--encoder", action="append", help="of the library, a card, or an added face encoder")
    parser.add_argument("--second", type=Path, help="pictures of the second source (with --encoder of two sources)")
    parser.add_argument("--only", action="append", default=[], help="only this class (with --encoder; repeat it)")
    parser.add_argument("--part", default="test", help="train or test where the data have both (with --encoder)")
    parser.add_argument(
        "--class-from",
        choices=layouts.CLASS_FROM,
        default="auto",
        help="with --encoder: what names the class: the outer or inner folder, all of the path, or the file's name",
    )
    add_photo_arguments(parser)
    parser.add_argument(
        "--pairs", type=Path, help="CSV: first, second, same (1 or 0), as FOLDER/FILE below DIR; or LFW's pairs.txt"
    )
    parser.add_argument(
        "--groups", type=Path, help="CSV: name, group: false-match rates within each group of people, as a table"
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write plots into DIR (with --encoder)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def add_photo_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that `evaluate` and `calibrate` share."""
    parser.add_argument("--most-per-person", type=int, default=None, help="use the first so many photos of a person")
    parser.add_argument("--ignore", type=Path, help="CSV: name_a, name_b, what: pairs of names that are one person")
    parser.add_argument("--models", type=Path, default=None, help="folder of prepared models (else the package's)")
    parser.add_argument("--embeddings", type=Path, help="keep the embeddings in this file, and use them if it is there")


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print the report."""
    from verifier.learning import report_text  # noqa: PLC0415  (calibrate does not need the learning package)

    learnt = bool(arguments.encoder) and external_encoder(arguments) is None
    report = run_learnt(arguments) if learnt else run_faces(arguments)
    groups = report.pop("groups", [])
    if arguments.json:
        by_group = {"groups": grouping.as_json(groups)} if groups else {}
        print(json.dumps(report | by_group))
    else:
        shown = {key: value for key, value in report.items() if key != "accuracy" or value is not None}
        print("\n".join(report_text.lines(shown)))
        if groups:
            print(
                "\n".join(
                    ["", "times as often as the calibration promises, within each group", *grouping.table(groups)]
                )
            )
    return 0


def run_faces(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure the face recognizer."""
    from verifier.learning import figures, refusals  # noqa: PLC0415

    started = time.perf_counter()
    pair_list = photos.read_pair_list(arguments.pairs) if arguments.pairs else None
    protocol = photos.find(arguments.folder, most_per_person=arguments.most_per_person)
    groups = grouping.read(arguments.groups) if arguments.groups else {}
    further = {name for pair in pair_list.photos for name in pair} if pair_list else set()
    recognizer = open_recognizer(arguments.models, encoder=external_encoder(arguments))
    album = embed_photos(arguments, names=sorted({*protocol, *further}), recognizer=recognizer)
    part = album.only(protocol)
    if not len(part.names):
        raise refusals.NoPictures(path=str(arguments.folder), skipped=len(part.missed))
    compared = compare(arguments, part)
    points = verification.points(compared)
    report: dict[str, Any] = {
        "images": len(part.names),
        "people": len(set(part.people)),
        "missed": len(part.missed),
        "missed_photos": [f"{name}: {code}" for name, code in zip(part.missed, part.reasons, strict=True)],
        "genuine_pairs": len(compared.genuine),
        "impostor_pairs": compared.impostors,
        "accuracy": None,
        "tar_at_far": {f"{point.far:.0e}": round(point.tar, 4) for point in points},
        "thresholds": {f"{point.far:.0e}": round(point.threshold, 4) for point in points},
    }
    if pair_list is not None:
        report |= pair_list_report(album, pair_list)
    table = recognizer.card.calibration
    if groups and recognizer.calibration is not None:
        report["groups"] = grouping.measure(
            part.vectors,
            people=np.array(part.people),
            groups=groups,
            calibration=recognizer.calibration,
            same_person=same_person_pairs(arguments),
        )
    try:
        report |= figures.embedding_figures(
            figures.label_embeddings(part.vectors, part.people.tolist()),
            calibration=Calibration.from_card(table) if table else None,
            same_person=same_person_pairs(arguments),
        )
    except (refusals.OneClassOnly, refusals.ClassTooSmall):
        if pair_list is None and not arguments.ignore:  # names that are one person may leave no impostor pair
            raise
    return {**report, "seconds": round(time.perf_counter() - started, 1)}


def external_encoder(arguments: argparse.Namespace) -> str | None:
    """Return the name of the added face encoder that is meant; None for the one that ships, or encoders of others."""
    wanted = arguments.encoder or []
    added = external_encoders.names(arguments.models or MODELS)
    return wanted[0] if len(wanted) == 1 and wanted[0] in added else None


def open_recognizer(models: Path | None, *, encoder: str | None) -> Recognizer:
    """Open the face recognizer that ships, or the one with an added encoder, by its name."""
    if encoder is None:
        return Recognizer.open(models)
    return Recognizer.open(external_encoders.open_models(models or MODELS, encoder))


def pair_list_report(album: Album, pair_list: lfw.ListedPairs) -> dict[str, Any]:
    """Return the figures of the listed pairs, with accuracy, area and equal error at the top level too."""
    from verifier.learning import figures  # noqa: PLC0415

    far = listed_distances(album, pair_list.photos)
    listed = figures.pair_list_figures(
        far, same=pair_list.same, folded=lfw.accuracy(far, pair_list) if pair_list.folded else None
    )
    known = frozenset(album.names)
    listed["pairs_without_a_face"] = sum(
        first not in known or second not in known for first, second in pair_list.photos
    )
    answer = {
        "accuracy": round(listed["ten_fold_accuracy"], 4),
        "area_under_curve": round(listed["area_under_curve"], 5),
        "equal_error": round(listed["equal_error"], 5),
        "listed_pairs": listed,
    }
    official = ("official_accuracy", "standard_error")
    return answer | {name: round(listed[name], 4) for name in official if name in listed}


def same_person_pairs(arguments: argparse.Namespace) -> frozenset[tuple[str, str]]:
    """Return the pairs of names that are one person."""
    return photos.read_label_errors(arguments.ignore) if arguments.ignore else frozenset()


def embed_photos(arguments: argparse.Namespace, *, names: list[str], recognizer: Recognizer) -> Album:
    """Return the photos' embeddings, from the file of embeddings where it has them all."""
    if not names:
        raise errors.BadImage(reason="no_photos", file=str(arguments.folder))
    kept = arguments.embeddings
    if kept and kept.exists():
        album = photos.load(kept, encoder=recognizer.encoder_name)
        if set(names) <= {*album.names, *album.missed}:
            return album.only(names)

    def report_progress(done: int) -> None:
        if sys.stderr.isatty() and (done % 50 == 0 or done == len(names)):
            print(f"\r{done} of {len(names)} photos", end="\n" if done == len(names) else "", file=sys.stderr)

    album = photos.embed(recognizer, arguments.folder, names=names, report_progress=report_progress)
    if kept:
        photos.save(album, kept)
    return album


def compare(arguments: argparse.Namespace, album: Album) -> pairs.Pairs:
    """Compare all photos of the album, without the pairs of names that are one person."""
    return pairs.compare(album.vectors, people=album.people, same_person=same_person_pairs(arguments))


def listed_distances(album: Album, listed: list[tuple[str, str]]) -> NDArray[np.float64]:
    """Return the distance of each listed pair; a pair with a photo without a face gets the largest distance, 2."""
    row = {name: number for number, name in enumerate(album.names)}
    far = [
        distance.between(album.vectors[row[first]], album.vectors[row[second]][np.newaxis])[0]
        if first in row and second in row
        else 2.0
        for first, second in listed
    ]
    return np.array(far, dtype=np.float64)


def run_learnt(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure encoders trained by the library."""
    from verifier.learning import encoder_report  # noqa: PLC0415  (not needed for faces)

    opened = [encoder_report.open_named(name) for name in arguments.encoder]
    return encoder_report.measure(
        arguments.folder,
        opened=opened,
        only=arguments.only,
        part=arguments.part,
        second=arguments.second,
        pairs=arguments.pairs,
        class_from=arguments.class_from,
        pictures=arguments.pictures,
        show_progress=sys.stderr.isatty(),
    )
