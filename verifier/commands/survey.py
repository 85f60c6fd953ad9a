"""Measure what the quality checks refuse in a folder of ordinary photos.

Nothing is encoded and nothing is stored. A folder per person, as `evaluate` reads it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

from verifier import errors, image
from verifier.evaluation.photos import find
from verifier.recognizer import Recognizer
from verifier.values import Purpose

HELP = "measure what the quality gates refuse of a folder of photos"

PERCENTILES = (0, 0.1, 1, 5, 50, 95, 99, 99.9, 100)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which photos."""
    parser.add_argument("folder", type=Path, help="folder with a folder of photos per person")
    parser.add_argument("--most-per-person", type=int, default=10, help="first photos a person, in name order (10)")
    parser.add_argument("--models", type=Path, default=None, help="folder of prepared models (else the package)")


def run(arguments: argparse.Namespace) -> int:
    """Look at every photo and print one JSON object."""
    recognizer = Recognizer.open(arguments.models)
    named = find(arguments.folder, most_per_person=arguments.most_per_person)
    if not named:
        raise errors.BadImage(reason="no_photos", file=str(arguments.folder))
    photos = [arguments.folder / name for name in named]
    refused: dict[str, Counter[str]] = {purpose.value: Counter() for purpose in Purpose}
    measured: dict[str, list[float]] = {}
    turned = 0
    for photo in photos:
        for purpose in Purpose:
            if code := _refusal(recognizer, photo, purpose=purpose):
                refused[purpose.value][code] += 1
        try:
            seen = recognizer.prepare(image.decode(image.read(photo)), purpose=None)
        except errors.Refusal:
            continue
        turned += seen.found.turned_degrees != 0
        for name, value in (asdict(seen.quality) | {"score": seen.face.score}).items():
            measured.setdefault(name, []).append(value)
    shares = {
        purpose: {code: round(count / len(photos), 4) for code, count in counter.most_common()}
        for purpose, counter in refused.items()
    }
    percentiles = {
        name: dict(zip(map(str, PERCENTILES), np.round(np.percentile(values, PERCENTILES), 3).tolist(), strict=True))
        for name, values in measured.items()
    }
    print(
        json.dumps({"photos": len(photos), "turned": turned, "refused": shares, "percentiles": percentiles}, indent=2)
    )
    return 0


def _refusal(recognizer: Recognizer, photo: Path, *, purpose: Purpose) -> str | None:
    try:
        recognizer.prepare(image.decode(image.read(photo)), purpose=purpose)
    except errors.Refusal as refusal:
        return refusal.code
    return None
