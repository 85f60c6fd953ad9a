"""Fit the calibration table of the face encoder on photos of known people and write it to a card.

Nothing else on the card changes. Use photos like those at the door; the more people, the smaller the rates that the
table supports.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

from verifier import checkpoints, errors, external_encoders, origins
from verifier.commands import evaluate
from verifier.evaluation import averaging, calibrating, photos
from verifier.evaluation.photos import Album

HELP = "fit the calibration table on a folder per person"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder per person with photos inside")
    parser.add_argument("--card", type=Path, required=True, help="the encoder's card (JSON), which is rewritten")
    parser.add_argument("--name", default=None, help="what to call the photos on the card (the folder's name)")
    evaluate.add_photo_arguments(parser)


def _external(card: checkpoints.Card) -> str | None:
    return card.name if card.architecture == external_encoders.ARCHITECTURE else None


def run(arguments: argparse.Namespace) -> int:
    """Fit, write the card, and print what it now supports."""
    started = time.perf_counter()
    card = checkpoints.read_card(arguments.card)
    names = photos.find(arguments.folder, most_per_person=arguments.most_per_person)
    recognizer = evaluate.open_recognizer(arguments.models, encoder=_external(card))
    if recognizer.encoder_name != card.name:
        raise errors.EncoderMismatch(expected=card.name, found=recognizer.encoder_name)
    album = evaluate.embed_photos(arguments, names=names, recognizer=recognizer)
    try:
        table = calibrating.fit(
            evaluate.compare(arguments, album),
            data=arguments.name or arguments.folder.resolve().name,
            averaging_distance=_averaging_distance(arguments, album, card=card),
        )
    except ValueError as error:
        raise errors.BadImage(reason="too_few_pairs", detail=str(error)) from error
    checkpoints.write_card(arguments.card, card=dataclasses.replace(card, calibration=table.to_card()))
    answer = {
        "card": str(arguments.card),
        "encoder": card.name,
        "people": table.people,
        "impostor_pairs": table.impostor_pairs,
        "smallest_supported_rate": table.smallest_supported_rate,
        "averaging_distance": table.averaging_distance,
        "distance_at": {f"{rate:.0e}": round(table.distance_at(rate), 4) for rate in (1e-3, 1e-4, 1e-5, 1e-6)},
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(json.dumps(answer))
    return 0


def _averaging_distance(arguments: argparse.Namespace, album: Album, *, card: checkpoints.Card) -> float:
    """Fit what averaging frames costs; keep the card's value where too few people have four photos.

    A card without one takes that of the encoder that ships: without any, averaged frames would let strangers in.
    """
    try:
        return averaging.fit(album.vectors, people=album.people, same_person=evaluate.same_person_pairs(arguments))
    except ValueError:
        shipped = checkpoints.read_card(origins.SHIPPED_CARD).calibration or {}
        return float((card.calibration or shipped).get("averaging_distance", shipped["averaging_distance"]))
