"""Can this face be recognized, and if not, for which single reason?

Every gate judges the face relative to itself: darkness by the detail that is left, not by the tone of the skin;
blur by the fine contrast relative to the coarse one. Enrolment is stricter than a check-in, because its picture
is compared with for years. The figures beside the limits are measured on `lfw_dev`; the page
docs/reference/recognizer.md has the command that makes them again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.faces import alignment
from verifier.values import Box, Face, FloatArray, Purpose, Quality, RgbImage


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a face; see `Quality` for the units."""

    least_size_pixels: float
    least_visible: float
    most_yaw_degrees: float
    most_pitch_degrees: float
    least_sharpness: float
    least_contrast: float
    most_burnt_out: float


LIMITS = {
    Purpose.ENROLMENT: Limits(64, 0.90, 35, 35, 0.0, 0.10, 0.35),
    Purpose.CHECK_IN: Limits(40, 0.75, 50, 45, 0.0, 0.06, 0.50),
}

LEAST_TONES = 8
"""Grey values that a face has at the least; a drawing or a one-bit picture has two and is no face."""

BURNT_OUT = 250
"""A pixel whose every channel is at least this bright has lost its detail."""

DEPTH = np.array([0.0, 0.0, 17.0, 3.0, 3.0])
"""How far each landmark of an average head lies before its eyes, in pixels of the crop (35 pixels between the
eyes, about 63 mm): 30 mm for the tip of the nose, 5 mm for the corners of the mouth."""


def measure(image: RgbImage, face: Face, *, crop: RgbImage) -> Quality:
    """Return what can be said of the face; `crop` is the aligned face from the same picture."""
    yaw, pitch, roll = _pose(face.landmarks)
    grey = _inner(_grey(crop))
    low, high = np.percentile(grey, (2, 98))
    return Quality(
        size_pixels=round(face.box.width, 1),
        sharpness=round(_sharpness(grey), 4),
        brightness=round(float(grey.mean()) / 255, 4),
        contrast=round(float(high - low) / 255, 4),
        yaw_degrees=round(yaw, 1),
        pitch_degrees=round(pitch, 1),
        roll_degrees=round(roll, 1),
        visible=round(visible(face.box, width_pixels=image.shape[1], height_pixels=image.shape[0]), 4),
    )


def check(quality: Quality, *, face: Face, image: RgbImage, crop: RgbImage, purpose: Purpose) -> None:
    """Raise the refusal that helps the person most, or return: first what a step or a turn of the head mends."""
    limits = LIMITS[purpose]
    _check_place(quality, face=face, image=image, limits=limits)
    if abs(quality.yaw_degrees) > limits.most_yaw_degrees or abs(quality.pitch_degrees) > limits.most_pitch_degrees:
        raise errors.TurnedAway(yaw_degrees=quality.yaw_degrees, pitch_degrees=quality.pitch_degrees)
    burnt = burnt_out(crop)
    if burnt > limits.most_burnt_out:
        raise errors.TooBright(burnt_out=round(burnt, 3), limit=limits.most_burnt_out)
    if quality.contrast < limits.least_contrast:
        raise errors.TooDark(contrast=quality.contrast, limit=limits.least_contrast)
    if quality.sharpness < limits.least_sharpness:
        raise errors.TooBlurred(sharpness=quality.sharpness, limit=limits.least_sharpness)


def _check_place(quality: Quality, *, face: Face, image: RgbImage, limits: Limits) -> None:
    height, width = image.shape[:2]
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    inside = bool(x.min() >= 0 and y.min() >= 0 and x.max() <= width - 1 and y.max() <= height - 1)
    if quality.visible < limits.least_visible or not inside:
        raise errors.FaceCutOff(visible=quality.visible, edge=_edge(face.box, width=width, height=height))
    if quality.size_pixels < limits.least_size_pixels:
        raise errors.FaceTooSmall(size_pixels=quality.size_pixels, limit_pixels=limits.least_size_pixels)


def has_tones(crop: RgbImage) -> bool:
    """Tell whether the face has the tones of a photograph; black and white alone carry no likeness."""
    return int(np.count_nonzero(np.bincount(_grey(crop).ravel(), minlength=256))) >= LEAST_TONES


def burnt_out(crop: RgbImage) -> float:
    """Return the share of the face in which every channel is at its upper end."""
    return float(np.mean(_inner(crop.min(axis=2)) >= BURNT_OUT))


def visible(box: Box, *, width_pixels: int, height_pixels: int) -> float:
    """Return the share of the box that lies inside the picture."""
    across = max(0.0, min(box.right, width_pixels) - max(box.left, 0.0))
    down = max(0.0, min(box.bottom, height_pixels) - max(box.top, 0.0))
    return across * down / box.area


def _edge(box: Box, *, width: int, height: int) -> str:
    """Name the edge of the picture beyond which most of the face lies."""
    beyond = {"left": -box.left, "top": -box.top, "right": box.right - width, "bottom": box.bottom - height}
    return max(beyond, key=lambda edge: beyond[edge])


def _grey(crop: RgbImage) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _inner(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the middle of the crop: brows to chin, cheek to cheek, no background."""
    return crop[28:104, 24:88]


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Return fine contrast relative to coarse contrast: the same for dark and light skin, 0 when blurred."""
    fine = cv2.Laplacian(grey.astype(np.float32), cv2.CV_32F)
    return float(fine.std() / (grey.std() + 1.0))


def _pose(landmarks: FloatArray) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees: a head of average depth, seen from far away, fitted to five points."""
    model = np.column_stack([alignment.TEMPLATE - alignment.TEMPLATE.mean(axis=0), DEPTH - DEPTH.mean()])
    points = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    rows, *_ = np.linalg.lstsq(model, points, rcond=None)
    across, down = rows[:, 0], rows[:, 1]
    size = (np.linalg.norm(across) + np.linalg.norm(down)) / 2 + 1e-9
    roll = math.degrees(math.atan2(rows[0, 1], rows[0, 0]))
    turn = math.radians(-roll)
    upright = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) @ rows.T
    yaw = math.degrees(math.asin(float(np.clip(upright[0, 2] / size, -1, 1))))
    pitch = math.degrees(math.asin(float(np.clip(upright[1, 2] / size, -1, 1))))
    return yaw, pitch, roll
