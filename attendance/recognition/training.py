"""Trained encoders: their cards and pictures, and the registration of a new one.

Encoders that ship lie with the library, those trained here under `training/` of the state folder, each with the
pictures that its run left beside it. Registering writes the row; which encoder recognizes people is another decision.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from attendance.core import clock, errors
from attendance.recognition import engine
from attendance.recognition.models import Encoder

PICTURES = ("loss", "distances", "curves", "embedding", "optimizers", "hardest")
"""What a run draws, in the order shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A card on disk, in `folder`.

    `run`: the folder's name under `training/`; for those that ship one of the card's name. `ships`: whether it came
    with the library. Its pictures are drawn from data of one's own, since none come with it.
    """

    run: str
    stem: str
    card: dict[str, Any]
    pictures: tuple[str, ...]
    folder: Path
    ships: bool = False


def runs_folder() -> Path:
    """Where trained encoders are kept."""
    return Path(settings.VAR_DIR) / "training"


def kept() -> list[Kept]:
    """Every readable card, those trained here first; a damaged one is left out."""
    from verifier import comparator  # noqa: PLC0415  (not before it is needed)

    found = []
    if runs_folder().is_dir():
        for folder in sorted(path for path in runs_folder().iterdir() if path.is_dir()):
            found += _cards(folder, run=folder.name)
    return found + _cards(comparator.WEIGHTS, run=None)


def picture(run: str, name: str) -> bytes:
    """Return one picture of a run as PNG; raises Refusal when there is none of that name."""
    known = {folder.name for folder in runs_folder().iterdir()} if runs_folder().is_dir() else set()
    if run not in known or name not in PICTURES:
        raise errors.Refusal("no_picture")
    try:
        return (runs_folder() / run / f"{name}.png").read_bytes()
    except OSError as missing:
        raise errors.Refusal("no_picture") from missing


def train(arguments: list[str]) -> int:
    """Run the library's train command in this process; its exit code comes back."""
    from verifier.__main__ import main  # noqa: PLC0415  (brings torch)

    return main(["train", *arguments])


def register(card: Path) -> Encoder:
    """Write the row of a trained encoder; the same card gives the same row."""
    with engine.mapped_errors():
        from verifier import checkpoints  # noqa: PLC0415

        read = checkpoints.read_card(card)
    encoder, _ = Encoder.objects.get_or_create(
        name=read.name, defaults={"card": json.loads(read.to_json()), "registered_at": clock.now()}
    )
    return encoder


def _cards(folder: Path, *, run: str | None) -> list[Kept]:
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(card, dict) and {"name", "preparation", "licence"} <= card.keys():
            own = str(card["name"]) if run is None else run
            shown = tuple(name for name in PICTURES if (runs_folder() / own / f"{name}.png").exists())
            found.append(Kept(run=own, stem=path.stem, card=card, pictures=shown, folder=folder, ships=run is None))
    return found
