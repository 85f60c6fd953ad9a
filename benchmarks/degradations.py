"""Photos as a bad door would see them: dark, noisy, moved, compressed, small, washed out, turned.

Every change is a function of the picture and its place in the list, so that two runs see the same pictures.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator], Pixels]

SEED = 11

FACE_PIXELS = 94
"""Median width of the faces in the photos of `lfw_dev`, which are 250 pixels wide."""

FRAME_WIDTH, FRAME_HEIGHT = 640, 480


def degraded(picture: Pixels, *, condition: str, number: int) -> Pixels:
    """Return the picture under one of `CONDITIONS`; `number` is its place in the list of photos, and the seed."""
    drawn = np.random.default_rng([SEED, number])
    return np.ascontiguousarray(CONDITIONS[condition](picture, drawn), dtype=np.uint8)


def turned(picture: Pixels, *, degrees: float) -> Pixels:
    """Return the picture turned clockwise about its middle; its edges go on beyond them."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    size = (width, height)
    return _pixels(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def small(picture: Pixels, *, face_pixels: float) -> Pixels:
    """Return a frame of 640 by 480 pixels with the picture in its middle, so small that a face has this width."""
    height, width = (round(edge * face_pixels / FACE_PIXELS) for edge in picture.shape[:2])
    shrunk = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    above, left = (FRAME_HEIGHT - height) // 2, (FRAME_WIDTH - width) // 2
    beyond = (above, FRAME_HEIGHT - height - above, left, FRAME_WIDTH - width - left)
    return _pixels(cv2.copyMakeBorder(shrunk, *beyond, cv2.BORDER_REPLICATE))


def compressed(picture: Pixels, *, quality: int) -> Pixels:
    """Return what is left of the picture after a JPEG of this quality."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("OpenCV cannot read its own JPEG")
    return _pixels(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))


def noisy(picture: Pixels, drawn: np.random.Generator, *, sigma: float) -> Pixels:
    """Return the picture with Gaussian noise on every channel."""
    return _pixels(np.clip(np.rint(picture + drawn.normal(0.0, sigma, picture.shape)), 0, 255))


def _turn(degrees: float) -> Change:
    """Turn one half of the photos this way and the other half that way."""
    return lambda picture, drawn: turned(picture, degrees=degrees if drawn.random() < 0.5 else -degrees)


def _pixels(values: NDArray[np.generic] | cv2.Mat) -> Pixels:
    return np.asarray(values).astype(np.uint8)


CONDITIONS: dict[str, Change] = {
    "upright": lambda picture, _: picture,
    "turned by N(0, 8) degrees": lambda picture, drawn: turned(picture, degrees=float(drawn.normal(0.0, 8.0))),
    "turned by 20 degrees": _turn(20.0),
    "turned by 30 degrees": _turn(30.0),
    "turned by 45 degrees": _turn(45.0),
    "8 % of the light": lambda picture, _: _pixels(np.rint(picture * 0.08)),
    "noise, sigma 25": lambda picture, drawn: noisy(picture, drawn, sigma=25.0),
    "noise and turned by 20": lambda picture, drawn: noisy(_turn(20.0)(picture, drawn), drawn, sigma=25.0),
    "motion, 9 pixels": lambda picture, _: _pixels(cv2.blur(picture, (9, 1))),
    "JPEG, quality 20": lambda picture, _: compressed(picture, quality=20),
    "gamma 0.3": lambda picture, _: _pixels(np.rint(255.0 * (picture / 255.0) ** 0.3)),
    "face of 80 pixels": lambda picture, _: small(picture, face_pixels=80),
    "face of 60 pixels": lambda picture, _: small(picture, face_pixels=60),
    "face of 45 pixels": lambda picture, _: small(picture, face_pixels=45),
}
