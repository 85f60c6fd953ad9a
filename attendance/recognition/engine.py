"""The recognizers of this process, and their results for a picture.

One an encoder, opened when first asked for, behind a lock; what only needs the encoder's card does not open it. The
encoder in use is asked of the settings each time, so a switch reaches every process with the next picture. Errors of
`verifier` become those of `core.errors` here, with the same code and facts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.db.models import Q

from attendance.core import clock, errors
from attendance.recognition.models import Encoder, MatchSettings
from verifier import errors as verifier_errors
from verifier.values import FloatArray, Purpose, Quality, Recognition, RgbImage

if TYPE_CHECKING:
    from verifier.calibration import Calibration
    from verifier.checkpoints import Card
    from verifier.origins import FaceModels
    from verifier.recognizer import Look, Recognizer, Subjects

logger = logging.getLogger(__name__)

CROP_QUALITY = 92
"""JPEG quality of the aligned face: 112 by 112 pixels, some 6 kB."""

_lock = threading.RLock()
_recognizers: dict[str, Recognizer] = {}
_models: dict[str, tuple[int, FaceModels]] = {}
"""With the time of change of the card: a calibration that is fitted later is read without a restart."""

_unusable: set[str] = set()
"""Encoders that were chosen and cannot be read here; the one that ships is used in their place until a restart."""

SHIPPED = ""
"""Key of the encoder that ships, whose name is on its card."""


def _renew_lock() -> None:
    """Give a forked child a lock that nobody holds."""
    global _lock  # noqa: PLW0603  (the one place that may)
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


@contextlib.contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn what `verifier` raises into the errors of this house."""
    try:
        yield
    except verifier_errors.Refusal as refusal:
        raise errors.Refusal(refusal.code, **refusal.facts) from refusal
    except verifier_errors.VerifierError as fault:
        raise errors.Fault(fault.code, **fault.facts) from fault


def recognizer(encoder: Encoder | None = None) -> Recognizer:
    """Return this process's recognizer with an encoder, by default the one in use.

    Raises Fault when a model file is missing or wrong.
    """
    key = _key(encoder or active_encoder())
    with _lock:
        if key not in _recognizers:
            with mapped_errors():
                from verifier.recognizer import Recognizer as Opened  # noqa: PLC0415  (brings OpenCV)

                _recognizers[key] = Opened.open(_read_models(key))
        return _recognizers[key]


def card(encoder: Encoder | None = None) -> Card:
    """Return a card without opening its encoder, by default of the one in use.

    Raises Fault when a model file is missing or wrong.
    """
    with _lock, mapped_errors():
        return _read_models(_key(encoder or active_encoder())).card


def _key(encoder: Encoder) -> str:
    """Return the name of an encoder that was added; that of any other, of this version or before, is `SHIPPED`."""
    return encoder.name if encoder.is_external else SHIPPED


def _folder() -> Path | None:
    return Path(settings.MODELS_DIR) if settings.MODELS_DIR else None


def _read_models(key: str) -> FaceModels:
    from verifier import external_encoders, origins  # noqa: PLC0415

    folder = _folder() or Path()
    changed = 0 if key == SHIPPED else external_encoders.card_path(folder, key).stat().st_mtime_ns
    if key not in _models or _models[key][0] != changed:
        opened = origins.open_models(_folder()) if key == SHIPPED else external_encoders.open_models(folder, key)
        _models[key] = changed, opened
    return _models[key][1]


def external_cards() -> list[Card]:
    """Return the cards of the encoders that were added and can be read here."""
    from verifier import external_encoders  # noqa: PLC0415

    folder, found = _folder(), []
    for name in external_encoders.names(folder) if folder else ():
        try:
            with _lock, mapped_errors():
                found.append(_read_models(name).card)
        except errors.Fault as fault:
            logger.warning("the encoder %s is left out: %s", name, fault)
    return found


def verify_files() -> None:
    """Check the model files without opening them, and without torch; raises Fault with the file."""
    from verifier import origins  # noqa: PLC0415

    with mapped_errors():
        origins.verify(_folder())


def reset() -> None:
    """Forget the recognizers and the files; for tests, and after the model files were changed."""
    with _lock:
        _recognizers.clear()
        _models.clear()
        _unusable.clear()


def embed(
    data: bytes, *, purpose: Purpose, place: tuple[float, float] | None = None, encoder: Encoder | None = None
) -> Recognition:
    """Read one picture; raises Refusal with what the person can do about it, or Fault.

    `place`: of the face that somebody chose, as shares of the upright picture.
    """
    with mapped_errors():
        return recognizer(encoder).embed(data, purpose=purpose, place=place)


def embed_aligned(crop_jpeg: bytes, *, encoder: Encoder) -> FloatArray:
    """Return the embedding (d,) of a face that was kept as an encoder saw it, by this encoder."""
    with mapped_errors():
        return recognizer(encoder).embed_crop(decode(crop_jpeg))


def embed_picture(picture: RgbImage, *, purpose: Purpose, encoder: Encoder | None = None) -> Recognition:
    """Do the same for a picture that is decoded already."""
    with mapped_errors():
        return recognizer(encoder).embed_image(picture, purpose=purpose)


def embed_reference(
    data: bytes, *, place: tuple[float, float] | None = None, encoder: Encoder | None = None
) -> Recognition:
    """Read a photo that is to be kept: stricter, and exactly one face, or the one that somebody chose."""
    return embed(data, purpose=Purpose.ENROLMENT, place=place, encoder=encoder)


def subjects(data: bytes) -> Subjects:
    """Find the faces of a photo that may be meant, largest first; nothing is encoded."""
    with mapped_errors():
        return recognizer().subjects(data)


def quality_values(quality: Quality) -> dict[str, float]:
    """Return the quality as it is kept in a row."""
    return {name: round(float(value), 4) for name, value in dataclasses.asdict(quality).items()}


def look(data: bytes) -> Look:
    """Find the faces only: for the box and the hint, nothing is kept and nobody is compared."""
    with mapped_errors():
        return recognizer().look(data)


def hindrance(picture: RgbImage, seen: Recognition) -> str | None:
    """Return what hinders the recognition of this face and a person can change: backlight or eyes_covered, or None."""
    from verifier.faces import hindrances  # noqa: PLC0415  (brings OpenCV)

    return hindrances.find(picture, seen)


def decode(data: bytes) -> RgbImage:
    """Return the picture as upright RGB pixels."""
    from verifier import image  # noqa: PLC0415  (brings Pillow's plugins)

    with mapped_errors():
        return image.decode(data)


def jpeg(pixels: RgbImage, *, quality: int = CROP_QUALITY) -> bytes:
    """Return the pixels as JPEG bytes without metadata."""
    from verifier import image  # noqa: PLC0415

    with mapped_errors():
        return image.jpeg(pixels, quality=quality)


def small_jpeg(pixels: RgbImage, *, longer_pixels: int, quality: int = 80) -> bytes:
    """Return a small picture as JPEG, its longer side so many pixels at most."""
    import cv2  # noqa: PLC0415

    height, width = pixels.shape[:2]
    scale = longer_pixels / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return jpeg(pixels, quality=quality)


def calibration(encoder: Encoder | None = None) -> Calibration:
    """Return the table on an encoder's card; raises Fault when it has none, since no threshold would be true."""
    from verifier.calibration import Calibration as Table  # noqa: PLC0415

    own = card(encoder)
    if own.calibration is None:
        raise errors.Fault("calibration_missing", encoder=own.name)
    with mapped_errors():
        return Table.from_card(own.calibration)


def active_encoder() -> Encoder:
    """Return the encoder in use: the one that was chosen, or the one that ships.

    One that was chosen and cannot be read on this machine is replaced by the one that ships, whose photos and
    threshold are its own; `chosen_but_unusable` says so. A vector of one is never compared with one of another.
    """
    with _lock, mapped_errors():
        shipped = _read_models(SHIPPED).card
    chosen = Q(pk__in=MatchSettings.objects.filter(pk=1).values("encoder"))
    found = {encoder.name: encoder for encoder in Encoder.objects.filter(chosen | Q(name=shipped.name))}
    for encoder in found.values():
        if encoder.is_external and _is_readable(encoder):
            return encoder
    return found.get(shipped.name) or registered(shipped)


def chosen_but_unusable() -> str:
    """Return the name of the encoder that was chosen and cannot be read here; "" when there is none."""
    return next(iter(_unusable), "")


def _is_readable(encoder: Encoder) -> bool:
    if encoder.name in _unusable:
        return False
    try:
        with _lock, mapped_errors():
            _read_models(encoder.name)
    except errors.Fault as fault:
        logger.error("the chosen encoder %s cannot be used, the one that ships is: %s", encoder.name, fault)  # noqa: TRY400
        _unusable.add(encoder.name)
        return False
    return True


def shipped_encoder() -> Encoder:
    """Return the row of the encoder that ships, registered on first use.

    Its name carries the checksum of weights and preprocessing: after a change of either it is another row, and
    another gallery.
    """
    with _lock, mapped_errors():
        own = _read_models(SHIPPED).card
    return registered(own)


def registered(card: Card) -> Encoder:
    """Return the row of a card, made on first use."""
    encoder, _ = Encoder.objects.get_or_create(
        name=card.name,
        # asked for only when the row is made: a card takes milliseconds to write, and every search comes by here
        defaults={"card": lambda: json.loads(card.to_json()), "registered_at": clock.now()},
    )
    return encoder
