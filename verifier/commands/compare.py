"""Compare a probe, the last picture named, with one or more references.

Exit code 0: alike at the calibrated threshold, 1: not alike, 2: a picture, a model or an argument cannot be used.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from verifier import errors, image
from verifier.learning import arguments as types
from verifier.learning import encoder_report, picture_search

HELP = "compare a picture with one or more references"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO", help="references, then the probe")
    parser.add_argument("--encoder", default=picture_search.FACES, help="faces, a name of the library, or a card")
    parser.add_argument(
        "--false-match-rate", type=types.rate, help="above 0, below 1; default: where both errors are equally frequent"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Compare, and print the verdict."""
    if len(arguments.photos) < 2:
        raise errors.BadImage(reason="two_pictures_are_needed")
    files = [image.read(path) for path in arguments.photos]
    if arguments.encoder == picture_search.FACES:
        encoder = picture_search.PictureEncoder.open(arguments.encoder)
        vectors = [encoder.embed(data) for data in files]
        calibration = encoder.calibration
        distance = float(picture_search.distances_to(np.stack(vectors[:-1]), vectors[-1]).min())
    else:
        opened = encoder_report.open_named(arguments.encoder)
        references = [opened.prepare(image.decode(data)) for data in files[:-1]]
        calibration = opened.comparator.calibration(len(references))
        distance = opened.comparator.distance(np.stack(references), opened.prepare_probe(image.decode(files[-1])))
    wanted = arguments.false_match_rate
    threshold = calibration.midpoint_distance if wanted is None else calibration.distance_at(wanted)
    alike = distance <= threshold
    answer = {
        "distance": round(distance, 4),
        "threshold": round(threshold, 4),
        "similarity": _rounded(calibration.similarity(distance), alike=alike, digits=4),
        "alike": alike,
    }
    verdict = "alike" if alike else "not alike"
    similarity = _rounded(calibration.similarity(distance), alike=alike, digits=3)
    sentence = f"{verdict}: distance {distance:.3f}, threshold {threshold:.3f}, similarity {similarity:.1%}"
    print(json.dumps(answer) if arguments.json else sentence)
    return 0 if alike else 1


def _rounded(similarity: float, *, alike: bool, digits: int) -> float:
    """Round, but never to the end of the scale that contradicts the verdict: a strict rate refuses very alike ones."""
    step = 10.0**-digits
    nearest = round(similarity, digits)
    if not alike and nearest >= 1.0:
        return 1.0 - step
    return step if alike and nearest <= 0.0 else nearest
