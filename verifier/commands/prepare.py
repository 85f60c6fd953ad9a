"""How are the face models made ready? Read, checked and written in our own form; nothing is fetched."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from verifier import origins

HELP = "check the face models and write them in Muster's own form"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say where to and where from."""
    parser.add_argument("--to", type=Path, default=Path("var/models"), help="folder to write into (var/models)")
    parser.add_argument(
        "--from", dest="source", type=Path, default=None, help="folder with OpenCV Zoo's files (else the package)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prepare, and print one line of JSON."""
    started = time.perf_counter()
    models = origins.prepare(arguments.to, source=arguments.source)
    told = {"encoder": models.card.name, "folder": str(arguments.to), "sha256": models.card.sha256}
    print(json.dumps(told | {"seconds": round(time.perf_counter() - started, 2)}))
    return 0
