"""Compares two uploaded pictures: faces, digits or signatures; nothing is kept.

Faces use this process's recognizer; the other kinds the encoders that come with the library, opened when first
asked for. A comparison never touches the gallery and knows nobody's name.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from attendance.core import errors
from attendance.recognition import engine
from attendance.recognition.models import Encoder
from verifier.values import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from verifier.calibration import Calibration
    from verifier.comparator import Opened

FACES = "faces"
KINDS = (FACES, "digits", "signatures")
MOST_REFERENCES = 5
"""Of one class, in a support set."""
TIE = 1e-6
"""Distances nearer than this are a tie, and a tie is no answer."""

_lock = threading.Lock()
_opened: dict[str, Opened] = {}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`distance` 0 upward, `threshold` where both errors are equally frequent, `similarity` 0 to 1.

    `false_match_rate`: how often two unlike ones are at least as near. `pictures`: PNG, references and then the
    probe, as the encoder saw them.
    """

    distance: float
    threshold: float
    similarity: float
    false_match_rate: float
    alike: bool
    encoder: str
    pictures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a support set says of a query: classes with their comparison, nearest first.

    `name`: the class; None when the nearest two are equally near or the nearest lies beyond its threshold.
    """

    name: str | None
    ranking: tuple[tuple[str, Comparison], ...]


def kinds() -> tuple[str, ...]:
    """Return what can be compared here: faces, and those whose encoder is installed."""
    from verifier import comparator  # noqa: PLC0415  (not before it is needed)

    return tuple(kind for kind in KINDS if kind == FACES or (comparator.WEIGHTS / f"{kind}.json").exists())


def compare(kind: str, *, references: Sequence[bytes], probe: bytes) -> Comparison:
    """Compare one picture with one to five references of the same. Raises Refusal for a picture that will not do."""
    if not references:
        raise errors.Refusal("no_picture")
    return _compared(kind, [_seen(kind, data) for data in references[:MOST_REFERENCES]], _seen(kind, probe))


def choose(kind: str, *, classes: Mapping[str, Sequence[bytes]], query: bytes) -> Choice:
    """Tell which class a query belongs to, from one to five references of each."""
    if len(classes) < 2:
        raise errors.Refusal("no_picture")
    asked = _seen(kind, query)
    compared = [
        (name, _compared(kind, [_seen(kind, data) for data in files[:MOST_REFERENCES]], asked))
        for name, files in classes.items()
    ]
    ranking = sorted(compared, key=lambda entry: entry[1].distance)
    (name, nearest), (_, second) = ranking[:2]
    clear = nearest.alike and second.distance - nearest.distance > TIE
    return Choice(name=name if clear else None, ranking=tuple(ranking))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A picture as the encoder sees it, and for faces already its embedding."""

    picture: NDArray[np.uint8]
    vector: NDArray[np.float32] | None = None
    encoder: Encoder | None = None


def _seen(kind: str, data: bytes) -> _Seen:
    if kind == FACES:
        encoder = engine.active_encoder()
        found = engine.embed(data, purpose=Purpose.CHECK_IN, encoder=encoder)
        return _Seen(found.crop, found.embedding.vector, encoder)
    with engine.mapped_errors():
        return _Seen(_open(kind).prepare(engine.decode(data)))


def _compared(kind: str, references: Sequence[_Seen], probe: _Seen) -> Comparison:
    calibration: Calibration
    with engine.mapped_errors():
        if kind == FACES:
            if any(one.encoder != probe.encoder for one in references):  # switched between two pictures
                raise errors.Fault("encoder_mismatch")
            card = engine.card(probe.encoder)
            calibration, name = engine.calibration(probe.encoder), card.name
            distance = min(_apart(one, probe) for one in references)
        else:
            opened = _open(kind)
            calibration, name = opened.comparator.calibration(len(references)), opened.card.name
            distance = opened.comparator.distance(np.stack([one.picture for one in references]), probe.picture)
    threshold = calibration.midpoint_distance
    return Comparison(
        distance=distance,
        threshold=threshold,
        similarity=calibration.similarity(distance),
        false_match_rate=calibration.false_match_rate_at(distance),
        alike=distance <= threshold,
        encoder=name,
        pictures=tuple(_png(one.picture) for one in (*references, probe)),
    )


def _apart(first: _Seen, second: _Seen) -> float:
    if first.vector is None or second.vector is None:
        raise errors.Fault("invalid_embedding")
    return float(np.linalg.norm(first.vector.astype(np.float64) - second.vector.astype(np.float64)))


def _open(kind: str) -> Opened:
    from verifier import comparator  # noqa: PLC0415  (not before it is needed)

    if kind not in KINDS:
        raise errors.Refusal("no_picture")
    with _lock:
        if kind not in _opened:
            prepared = Path(settings.MODELS_DIR) if settings.MODELS_DIR else None
            _opened[kind] = comparator.open_card(comparator.WEIGHTS, name=kind, prepared=prepared)
        return _opened[kind]


def _png(picture: NDArray[np.uint8]) -> bytes:
    import cv2  # noqa: PLC0415  (not before it is needed)

    shown = picture if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1])
    return bytes(cv2.imencode(".png", shown)[1])
