"""Values that the modules of the library exchange.

Every value is frozen. Arrays inside belong to the value and are made read-only by `frozen_array`.

Conventions: pixel coordinates are (x, y) with the origin in the upper left corner of the upright picture;
pictures are RGB uint8 arrays of shape (height, width, 3); *distance* is the Euclidean distance of two unit
vectors, 0 (same) to 2 (opposite), cosine = 1 - distance^2 / 2.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""float32 array; the shape is given where it is used."""

RgbImage = NDArray[np.uint8]
"""uint8, shape (height, width, 3), RGB, upright."""


def frozen_array(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as a contiguous, read-only one, copied only where necessary."""
    kept = np.ascontiguousarray(array)
    if kept is array and array.flags.writeable:
        kept = array.copy()
    kept.flags.writeable = False
    return kept


class Purpose(enum.Enum):
    """Purpose for which a picture is read; enrolment is stricter, since its reference is kept for years."""

    ENROLMENT = "enrolment"
    CHECK_IN = "check_in"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; left and top may be negative where a face leaves the picture."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """y of the lower edge."""
        return self.top + self.height

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One detected face.

    `landmarks`: float32 (5, 2), in the order right eye, left eye, nose tip, right and left corner of the
    mouth, where right and left are the person's own (YuNet's order; the right eye is at the left of the picture).
    `score`: the detector's, 0 to 1.
    """

    box: Box
    landmarks: FloatArray
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Quality measures of a face, one for each cause of a refusal, relative to the face itself.

    `size_pixels`: distance between the cheeks (width of the box) in pixels of the picture as it came.
    `sharpness`: 0 upward, see `faces.quality`. `brightness`, `contrast`: 0 to 1.
    `yaw_degrees`, `pitch_degrees`, `roll_degrees`: estimated from the landmarks; 0 is straight.
    `visible`: share of the aligned face (brows to chin, cheek to cheek) inside the picture, 0 to 1.
    """

    size_pixels: float
    sharpness: float
    brightness: float
    contrast: float
    yaw_degrees: float
    pitch_degrees: float
    roll_degrees: float
    visible: float


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A picture as a point on the unit sphere.

    `vector`: float32 (d,), Euclidean length 1. `encoder`: name of the encoder that made it; embeddings of
    different encoders are never compared.
    """

    vector: FloatArray
    encoder: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recognition:
    """Result of one picture of a face: the embedding, and what a page may show about it.

    `crop`: uint8 (112, 112, 3), the aligned face exactly as the encoder saw it. `turned_degrees`: 0, 90, 180
    or 270, by how much the picture had to be turned clockwise before its face stood upright.
    `others`: how many further faces were in the picture. `width_pixels`, `height_pixels`: of the upright picture.
    """

    embedding: Embedding
    face: Face
    quality: Quality
    crop: RgbImage
    turned_degrees: int = 0
    others: int = 0
    width_pixels: int = 0
    height_pixels: int = 0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A reference found by a search; `subject` is an opaque number for the person it belongs to."""

    reference: int
    subject: int
    distance: float


class Outcome(enum.Enum):
    """The three possible decisions."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Decision of the policy on the neighbours of one probe, with its reasons.

    `nearest` is the nearest reference of all, `runner_up` the nearest one of *another* subject; both are None
    in an empty gallery. `threshold` is the largest distance accepted at this number of `comparisons`.
    """

    outcome: Outcome
    threshold: float
    comparisons: int
    target_false_accept: float
    nearest: Neighbour | None = None
    runner_up: Neighbour | None = None
    reasons: tuple[str, ...] = field(default=())

    @property
    def subject(self) -> int | None:
        """The subject matched; None unless the outcome is `MATCHED`."""
        return self.nearest.subject if self.outcome is Outcome.MATCHED and self.nearest else None
