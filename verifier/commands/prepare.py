"""Verify the face models and write them as checkpoints; nothing is downloaded."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from verifier import origins

HELP = "verify the face models and write them as checkpoints"


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
    answer = {"encoder": models.card.name, "folder": str(arguments.to), "sha256": models.card.sha256}
    print(json.dumps(answer | {"seconds": round(time.perf_counter() - started, 2)}))
    return 0
