"""Verify the face models, write them as checkpoints, and compile them for this machine; nothing is downloaded."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from verifier import comparator, origins
from verifier.recognizer import Recognizer

HELP = "verify the face models, write them as checkpoints, and compile them"

SHIPPED = ("digits", "signatures")
"""Encoders of other pictures than faces that come with the library."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--to", type=Path, default=Path("var/models"), help="folder to write into (var/models)")
    parser.add_argument(
        "--from", dest="source", type=Path, default=None, help="folder with OpenCV Zoo's files (else the package)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prepare, and print one line of JSON."""
    started = time.perf_counter()
    models = origins.prepare(arguments.to, source=arguments.source)
    recognizer = Recognizer.open(models)  # measures what runs fastest here, and leaves it compiled for the next start
    for name in SHIPPED:
        comparator.open_card(comparator.WEIGHTS, name=name, prepared=arguments.to)
    answer = {
        "encoder": models.card.name,
        "folder": str(arguments.to),
        "sha256": models.card.sha256,
        "runtimes": recognizer.runtimes,
        "precision": recognizer.precision,
        "seconds": round(time.perf_counter() - started, 2),
    }
    print(json.dumps(answer))
    return 0
