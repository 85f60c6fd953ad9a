"""List the pictures under a folder that are most similar to one picture, nearest first."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verifier import image
from verifier.learning import picture_search

HELP = "list the pictures most similar to one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--encoder", default=picture_search.FACES, help="faces, a name of the library, or a card")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    """Embed the pictures, sort them, and print path, distance and similarity."""
    encoder = picture_search.PictureEncoder.open(arguments.encoder)
    wanted = encoder.embed(image.read(arguments.photo))
    embedded = picture_search.embed_folder(arguments.folder, encoder=encoder, show_progress=sys.stderr.isatty())
    for path, distance in picture_search.most_similar(embedded, wanted, most=arguments.top):
        similarity = encoder.calibration.similarity(distance)
        if arguments.json:
            print(json.dumps({"path": path, "distance": round(distance, 4), "similarity": round(similarity, 4)}))
        else:
            print(f"{distance:.3f}  {similarity:5.1%}  {path}")
    return 0
