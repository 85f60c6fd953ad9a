"""Backlight and covered eyes of a face: what hinders recognition and a person can change, for hints alone.

Nobody is refused for them: a face in front of a window and one behind sunglasses are known half of the time. Both are
measured relative to the picture itself. Dark skin keeps its highlights, so a face counts as backlit only where even its
brightest parts are far darker than what is behind it; eyes count as covered where all around them is darker than the
rest of the face.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.faces import alignment
from verifier.values import Face, Recognition, RgbImage

BACKLIGHT, EYES_COVERED = "backlight", "eyes_covered"

DARKER_THAN_BEHIND = 0.45
"""A face is backlit when its brightest parts (98th percentile) are below this share of what is behind it (75th). Of
photos drawn with a window behind (face at 15 to 35 % of its light) 98 % are, of ordinary ones none."""

BRIGHT_BEHIND = 150.0
"""Least value, 0 to 255, of what is behind: in front of a dim wall there is no backlight."""

LEAST_SEEN_BEHIND = 0.2
"""Share of the surroundings that has to lie inside the picture."""

DARKER_THAN_CHEEKS, DARKER_THAN_CHIN = 0.55, 0.7
"""Eyes are covered when three quarters of what surrounds each are below these shares of the cheeks and of mouth and
chin, on average. Light from above darkens eyes and chin alike, sunglasses the eyes alone."""

EYE_ACROSS, EYE_DOWN = 11, 8
"""Half of the patch around an eye in the aligned face, pixels: a lens without its rim."""

CHEEKS, CHIN = ((68, 84, 26, 44), (68, 84, 68, 86)), ((86, 100, 46, 66),)
"""Patches in the aligned face: top, bottom, left, right."""


def find(picture: RgbImage, seen: Recognition) -> str | None:
    """Return what hinders most, or None; `seen` was found in this very picture."""
    face = seen.face
    image = np.rot90(picture, -(seen.turned_degrees // 90)) if seen.turned_degrees else picture
    image = np.ascontiguousarray(image)
    grey = np.asarray(cv2.cvtColor(alignment.crop(image, face.landmarks), cv2.COLOR_RGB2GRAY), dtype=np.float32)
    if is_backlit(image, face, grey=grey):
        return BACKLIGHT
    return EYES_COVERED if has_covered_eyes(grey) else None


def is_backlit(image: RgbImage, face: Face, *, grey: NDArray[np.float32]) -> bool:
    """Return whether the face is far darker than what is behind it; `grey`: the aligned face."""
    behind = _behind(image, face)
    if behind is None or behind < BRIGHT_BEHIND:
        return False
    inner = grey[alignment.INNER_TOP : alignment.INNER_BOTTOM, alignment.INNER_LEFT : alignment.INNER_RIGHT]
    return float(np.percentile(inner, 98)) < DARKER_THAN_BEHIND * behind


def has_covered_eyes(grey: NDArray[np.float32]) -> bool:
    """Return whether the surroundings of both eyes are far darker than the rest of the face; `grey`: aligned."""
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), dtype=np.float32)
    cheeks, chin = (
        float(np.median(np.concatenate([smooth[a:b, c:d].ravel() for a, b, c, d in patches])))
        for patches in (CHEEKS, CHIN)
    )
    around = [
        float(np.percentile(smooth[y - EYE_DOWN : y + EYE_DOWN, x - EYE_ACROSS : x + EYE_ACROSS], 75))
        for x, y in np.rint(alignment.TEMPLATE[:2]).astype(int).tolist()
    ]
    return float(np.mean(around)) < min(DARKER_THAN_CHEEKS * max(cheeks, 1.0), DARKER_THAN_CHIN * max(chin, 1.0))


def _surroundings() -> NDArray[np.float64]:
    """Return points (n, 2) beside and above the head, in pixels of the aligned face."""
    across, down = (grid.ravel() for grid in np.meshgrid(np.linspace(-84, 196, 48), np.linspace(-84, 98, 32)))
    outside = ((across - 56) / 66) ** 2 + ((down - 56) / 92) ** 2 > 1
    return np.column_stack([across[outside], down[outside]])


SURROUNDINGS = _surroundings()


def _behind(image: RgbImage, face: Face) -> float | None:
    """Return how bright it is beside and above the head (75th percentile); None where too little of it is seen."""
    x, y = np.rint(alignment.to_picture(SURROUNDINGS, landmarks=face.landmarks)).astype(int).T
    height, width = image.shape[:2]
    seen = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    if seen.mean() < LEAST_SEEN_BEHIND:
        return None
    red, green, blue = image[y[seen], x[seen]].T.astype(np.float64)
    return float(np.percentile(0.299 * red + 0.587 * green + 0.114 * blue, 75))
