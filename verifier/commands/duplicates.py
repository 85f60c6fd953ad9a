"""List groups of nearly identical pictures under a folder; exit code 0 where there are some, 1 where there are none."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from verifier.learning import arguments as types
from verifier.learning import picture_search

HELP = "list groups of nearly identical pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--encoder", default=picture_search.FACES, help="faces, a name of the library, or a card")
    parser.add_argument(
        "--false-match-rate",
        type=types.rate,
        help="share of unlike pairs taken for alike, above 0 and below 1 (default: by the number of pairs)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Embed the pictures, group them, and print the groups."""
    encoder = picture_search.PictureEncoder.open(arguments.encoder)
    embedded = picture_search.embed_folder(arguments.folder, encoder=encoder, show_progress=sys.stderr.isatty())
    wanted = arguments.false_match_rate
    threshold = (
        picture_search.duplicate_threshold(encoder, embedded)
        if wanted is None
        else encoder.calibration.distance_at(wanted)
    )
    found = picture_search.duplicate_groups(embedded, threshold=threshold)
    if arguments.json:
        print(json.dumps({"threshold": threshold, "groups": found, "skipped": dict(embedded.skipped)}))
    else:
        for group in found:
            print("\n".join(group), end="\n\n")
        for name, code in embedded.skipped:
            print(f"skipped {name}: {code}", file=sys.stderr)
        count = f"{len(found)} groups" if len(found) != 1 else "1 group"
        print(f"{count} among {len(embedded.paths)} pictures; alike: at most {threshold:.3f} apart", file=sys.stderr)
    return 0 if found else 1
