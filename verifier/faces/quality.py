"""Quality measures of a face, and the limits below which it is refused.

Every check judges the face relative to itself: darkness by the contrast that is left, not by the tone of the skin;
blur by the fine contrast relative to the coarse one. Enrolment is stricter than a check-in, because its picture
serves as a reference for years. The figures beside the limits are measured on `lfw_dev`, by the command on the page
docs/reference/recognizer.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.faces import alignment
from verifier.values import Face, FloatArray, Purpose, Quality, RgbImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on the quality of a face; see `Quality` for the units.

    The comments give the cosine of two portraits at the limit to the unchanged ones, and the share of 5,203 LFW photos
    that is refused.
    """

    least_score: float
    least_size_pixels: int
    least_visible: float
    most_yaw_degrees: float
    most_pitch_degrees: float
    least_sharpness: float
    least_contrast: float
    most_burnt_out: float


LIMITS = {
    Purpose.ENROLMENT: Limits(
        least_score=0.8,  # none
        least_size_pixels=64,  # 0.98; 0.1 %
        least_visible=0.9,  # 0.90 to 0.94; none
        most_yaw_degrees=45,  # 1.3 %
        most_pitch_degrees=25,  # none
        least_sharpness=0.14,  # 0.85 to 0.90; 0.6 %
        least_contrast=0.10,  # 0.93; none
        most_burnt_out=0.10,  # 0.85; 0.06 %
    ),
    Purpose.CHECK_IN: Limits(
        least_score=0.7,  # none
        least_size_pixels=40,  # 0.93 to 0.94; none
        least_visible=0.75,  # 0.77 to 0.86; none
        most_yaw_degrees=60,  # 0.1 %
        most_pitch_degrees=35,  # none
        least_sharpness=0.10,  # 0.80 to 0.85; 0.06 %
        least_contrast=0.037,  # 0.9 without noise, 0.7 with; none, at 8 % of the light 13 % (0.05: 48 %)
        most_burnt_out=0.25,  # 0.67 to 0.7; none
    ),
}

LEAST_TONES = 8
"""Least number of grey values in a face; a drawing or a one-bit picture has two and is not accepted as a face."""

BURNT_OUT = 250
"""Value, 0 to 255, from which on a pixel is overexposed when all its channels reach it."""

DEPTH = np.array([0.0, 0.0, 17.0, 3.0, 3.0])
"""Depth of each landmark in front of the eyes, for an average head, in pixels of the crop (35 pixels between the eyes,
about 63 mm): 30 mm for the tip of the nose, 5 mm for the corners of the mouth."""

STRAIGHT_PITCH_DEGREES = 7.2
"""Pitch that the fit of `_pose` gives for a head held straight: the median over LFW."""


def measure(image: RgbImage, face: Face, *, crop: RgbImage) -> Quality:
    """Return the quality measures of the face; `crop` is the aligned face from the same picture."""
    height, width = image.shape[:2]
    yaw, pitch, roll = _pose(face.landmarks)
    grey = alignment.inner(_grey(crop))
    low, high = np.percentile(grey, (2, 98))
    return Quality(
        size_pixels=round(face.box.width, 1),
        sharpness=round(_sharpness(grey), 4),
        brightness=round(float(grey.mean()) / 255, 4),
        contrast=round(float(high - low) / 255, 4),
        yaw_degrees=round(yaw, 1),
        pitch_degrees=round(pitch, 1),
        roll_degrees=round(roll, 1),
        visible=round(alignment.inside(face.landmarks, width_pixels=width, height_pixels=height), 4),
    )


def check(quality: Quality, *, face: Face, image: RgbImage, crop: RgbImage, purpose: Purpose) -> None:
    """Raise the most useful refusal, if any: first the causes that a step or a turn of the head corrects."""
    limits = LIMITS[purpose]
    if face.score < limits.least_score:
        raise errors.NoFace(reason="doubtful", score=round(face.score, 3), limit=limits.least_score)
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
        raise errors.FaceCutOff(visible=quality.visible, edge=_edge(face, width=width, height=height))
    if quality.size_pixels < limits.least_size_pixels:
        raise errors.FaceTooSmall(size_pixels=int(quality.size_pixels), limit_pixels=limits.least_size_pixels)


def has_tones(image: RgbImage, face: Face) -> bool:
    """Return whether the face has the tones of a photograph and is not only black and white.

    Measured on the picture's own pixels, since resampling adds tones.
    """
    corners = alignment.outline(face.landmarks)
    (left, top), (right, bottom) = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int)
    patch = image[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    return patch.size > 0 and np.unique(_grey(np.ascontiguousarray(patch))).size >= LEAST_TONES


def burnt_out(crop: RgbImage) -> float:
    """Return the share of the inner face that is overexposed in every channel."""
    return float(np.mean(alignment.inner(crop.min(axis=2)) >= BURNT_OUT))


def _edge(face: Face, *, width: int, height: int) -> str:
    """Name the edge of the picture beyond which most of the face lies.

    Measured by the aligned face, since the detector's box shrinks to the visible part.
    """
    corners = alignment.outline(face.landmarks)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    beyond = {"left": -left, "top": -top, "right": right - width, "bottom": bottom - height}
    return max(beyond, key=lambda edge: beyond[edge])


def _grey(crop: RgbImage) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


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
    pitch = math.degrees(math.asin(float(np.clip(upright[1, 2] / size, -1, 1)))) - STRAIGHT_PITCH_DEGREES
    return yaw, pitch, roll
