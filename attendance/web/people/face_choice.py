"""The question which face of a photo is meant: the photo upright, its faces outlined and numbered."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from attendance.core.errors import MusterError, Refusal
from attendance.enrolment import photos
from attendance.people.models import ReferenceImage
from attendance.recognition import engine

SHOWN_PIXELS = 720
"""Longer side of the picture in which the faces are outlined."""
THUMB_PIXELS = 96
AROUND = 0.25
"""Of the face's size, shown around it in its button."""


@dataclass(frozen=True, slots=True)
class Outlined:
    """A face in pixels of the picture shown; `place` is what the choice sends back, `picture` a data address."""

    left: int
    top: int
    width: int
    height: int
    place: str
    picture: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The photo as a data address with its size, and its faces, the largest first; `mark`, `text`: sizes in pixels."""

    photo: ReferenceImage
    picture: str
    width: int
    height: int
    mark: int
    text: int
    faces: tuple[Outlined, ...]


def choice(photo: ReferenceImage) -> Choice | None:
    """Return what the page asks about a photo; None where the photo cannot be shown any more."""
    try:
        found = engine.subjects(photos.read(photo))
    except (MusterError, OSError):
        return None
    high, wide = found.image.shape[:2]
    scale = min(1.0, SHOWN_PIXELS / max(high, wide))
    faces = []
    for face in found.faces:
        box, place = face.box, found.place(face)
        aside = AROUND * box.width
        left, top = max(0, round(box.left - aside)), max(0, round(box.top - aside))
        cut = found.image[top : round(box.bottom + aside), left : round(box.right + aside)]
        faces.append(
            Outlined(
                left=round(box.left * scale),
                top=round(box.top * scale),
                width=round(box.width * scale),
                height=round(box.height * scale),
                place=f"{place[0]:.5f},{place[1]:.5f}",
                picture=_address(engine.small_jpeg(cut, longer_pixels=THUMB_PIXELS)),
            )
        )
    mark = max(10, round(min(wide, high) * scale / 24))
    return Choice(
        photo=photo,
        picture=_address(engine.small_jpeg(found.image, longer_pixels=SHOWN_PIXELS)),
        width=round(wide * scale),
        height=round(high * scale),
        mark=mark,
        text=round(mark * 1.3),
        faces=tuple(faces),
    )


def read_place(text: str) -> tuple[float, float]:
    """Read what a button sent; raises `place_invalid`."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Refusal("place_invalid") from error
    return x, y


def _address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
