"""Are two pictures (or a picture and several references) of the same? The last one named is the probe.

Exit code 0: alike at the calibrated threshold, 1: not alike, 2: a picture or a model will not do.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from verifier import errors, image
from verifier.learning import encoder_report, picture_search

HELP = "compare a picture with one or more references"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO", help="references, then the probe")
    parser.add_argument("--encoder", default=picture_search.FACES, help="faces, a name of the library, or a card")
    parser.add_argument("--false-match-rate", type=float, help="default: where both errors are equally frequent")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Compare and say so."""
    if len(arguments.photos) < 2:
        raise errors.BadImage(reason="two_pictures_are_needed")
    files = [image.read(path) for path in arguments.photos]
    if arguments.encoder == picture_search.FACES:
        eye = picture_search.Eye.open(arguments.encoder)
        vectors = [eye.embed(data) for data in files]
        calibration = eye.calibration
        distance = float(picture_search.distances(np.stack(vectors[:-1]), vectors[-1]).min())
    else:
        opened = encoder_report.open_named(arguments.encoder)
        references = [opened.prepare(image.decode(data)) for data in files[:-1]]
        calibration = opened.comparator.calibration(len(references))
        distance = opened.comparator.distance(np.stack(references), opened.prepare_probe(image.decode(files[-1])))
    wanted = arguments.false_match_rate
    threshold = calibration.midpoint_distance if wanted is None else calibration.distance_at(wanted)
    alike = distance <= threshold
    told = {
        "distance": round(distance, 4),
        "threshold": round(threshold, 4),
        "similarity": round(calibration.similarity(distance), 4),
        "alike": alike,
    }
    verdict = "alike" if alike else "not alike"
    sentence = f"{verdict}: distance {distance:.3f}, threshold {threshold:.3f}, similarity {told['similarity']:.1%}"
    print(json.dumps(told) if arguments.json else sentence)
    return 0 if alike else 1
