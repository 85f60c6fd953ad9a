"""The recognizer of this process, and its results for a picture.

One a process, opened when first asked for, behind a lock; what only needs the encoder's card does not open it. Errors
of `verifier` become those of `core.errors` here, with the same code and facts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from attendance.core import clock, errors
from attendance.recognition.models import Encoder
from verifier import errors as verifier_errors
from verifier.values import Purpose, Quality, Recognition, RgbImage

if TYPE_CHECKING:
    from verifier.calibration import Calibration
    from verifier.checkpoints import Card
    from verifier.origins import FaceModels
    from verifier.recognizer import Look, Recognizer, Subjects

CROP_QUALITY = 92
"""JPEG quality of the aligned face: 112 by 112 pixels, some 6 kB."""

_lock = threading.RLock()
_recognizer: Recognizer | None = None
_models: FaceModels | None = None


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


def recognizer() -> Recognizer:
    """Return this process's recognizer; raises Fault when a model file is missing or wrong."""
    global _recognizer  # noqa: PLW0603  (the singleton)
    with _lock:
        if _recognizer is None:
            with mapped_errors():
                from verifier.recognizer import Recognizer as Opened  # noqa: PLC0415  (brings OpenCV)

                _recognizer = Opened.open(_read_models())
        return _recognizer


def card() -> Card:
    """Return the encoder's card without opening the encoder; raises Fault when a model file is missing or wrong."""
    with _lock, mapped_errors():
        return _read_models().card


def _read_models() -> FaceModels:
    global _models  # noqa: PLW0603
    if _models is None:
        from verifier import origins  # noqa: PLC0415

        _models = origins.open_models(Path(settings.MODELS_DIR) if settings.MODELS_DIR else None)
    return _models


def verify_files() -> None:
    """Check the model files without opening them, and without torch; raises Fault with the file."""
    from verifier import origins  # noqa: PLC0415

    with mapped_errors():
        origins.verify(Path(settings.MODELS_DIR) if settings.MODELS_DIR else None)


def reset() -> None:
    """Forget the recognizer and the files; for tests, and after the model files were changed."""
    global _recognizer, _models  # noqa: PLW0603
    with _lock:
        _recognizer = _models = None


def embed(data: bytes, *, purpose: Purpose, place: tuple[float, float] | None = None) -> Recognition:
    """Read one picture; raises Refusal with what the person can do about it, or Fault.

    `place`: of the face that somebody chose, as shares of the upright picture.
    """
    with mapped_errors():
        return recognizer().embed(data, purpose=purpose, place=place)


def embed_picture(picture: RgbImage, *, purpose: Purpose) -> Recognition:
    """Do the same for a picture that is decoded already."""
    with mapped_errors():
        return recognizer().embed_image(picture, purpose=purpose)


def embed_reference(data: bytes, *, place: tuple[float, float] | None = None) -> Recognition:
    """Read a photo that is to be kept: stricter, and exactly one face, or the one that somebody chose."""
    return embed(data, purpose=Purpose.ENROLMENT, place=place)


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


def calibration() -> Calibration:
    """Return the table that came with the encoder; raises Fault when it has none, since no threshold would be true."""
    from verifier.calibration import Calibration as Table  # noqa: PLC0415

    own = card()
    if own.calibration is None:
        raise errors.Fault("calibration_missing", encoder=own.name)
    with mapped_errors():
        return Table.from_card(own.calibration)


def active_encoder() -> Encoder:
    """Return the row of this process's encoder, registered on first use.

    Its name carries the checksum of weights and preprocessing: after a change of either it is another row, and
    another gallery. Vectors of two encoders never meet.
    """
    own = card()
    encoder, _ = Encoder.objects.get_or_create(
        name=own.name,
        # asked for only when the row is made: a card takes milliseconds to write, and every search comes by here
        defaults={"card": lambda: json.loads(own.to_json()), "registered_at": clock.now()},
    )
    return encoder
