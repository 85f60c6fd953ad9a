"""Face detection by YuNet, at every size and at all four quarter turns.

YuNet (Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023; OpenCV
Zoo, MIT) is run by `faces.yunet`. Its time grows with the picture. The picture is therefore scaled down to 320 pixels
first, which also suits a face that fills it; if no face is found, to 640 pixels for small ones. What is dark is
brightened for the detector. The face that counts is then looked at alone, which places its landmarks (see
`faces.landmarks`); a face that fills a thumbnail is enlarged and gets a border.

The passes are the same for every purpose, and so is the vector that results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.faces import alignment, landmarks
from verifier.faces.yunet import YuNet
from verifier.values import Box, Face, RgbImage, frozen_array

FIRST_PIXELS, SECOND_PIXELS = 320, 640
"""Longer side of the picture in the two passes. At 320 pixels a border around a face that fills the picture is not
needed: 27 of 27 were found with their box cut to 80 %. Thumbnails need one (see `CLOSE_UP_PIXELS`)."""

THUMBNAIL_PIXELS = 160
"""Longer side up to which a picture counts as a thumbnail. Collections of faces are cut out tightly (92 by 112 is
common), with too few pixels around the face for exact landmarks."""

FILLS = 0.5
"""Share of a thumbnail's width from which on a face fills it."""

CLOSE_UP_PIXELS, CLOSE_UP_BORDER_PIXELS = 224, 56
"""Longer side to which a thumbnail is enlarged before a border of its mean colour is put around. On 326 photos of 40
people cut to 80 by 97 pixels and scaled to 92 by 112, the equal error falls from 1.1 to 1.0 %; cut to a quarter less,
from 4.9 to 2.3 %. It is also the last attempt on a picture in which no face was found: of the same photos cut to two
thirds, 325 instead of 318 have a face."""

CERTAIN_SCORE = 0.92
"""Score of the first pass at which a picture counts as upright: 81 % of LFW's faces have it, none of 450 turned."""

UPRIGHT_SCORE, UPRIGHT_TILT_DEGREES = 0.925, 60.0
"""Score of a look, and tilt found by it, at which a picture counts as upright too. Of 86 LFW faces 80 reach it, and of
77 on their head none (0.919 at most); on their side YuNet finds some, with a tilt of 73 degrees and more."""

TURN_MARGIN = 0.015
"""A picture counts as turned when one of its turns scores higher by this much ..."""

TURNED_SCORE, TURNED_SCORE_ALONE = 0.89, 0.8
"""... and reaches this score; the second one suffices when the original picture has no face. YuNet may take a chin
for eyes: with a lower bound 5 of 5,203 upright LFW photos were turned, with this one none."""

DOUBTFUL = 0.08
"""A face whose score is lower than the best one by more than this is dropped: half a face, or a hand."""

LARGEST_MISFIT = 0.45
"""Largest misfit of the landmarks of a face (see `alignment.misfit`); the largest in LFW is 0.34."""


@dataclass(frozen=True, slots=True)
class DetectedFaces:
    """The faces of a picture, largest first, after it was turned clockwise by `turned_degrees`."""

    faces: tuple[Face, ...]
    image: RgbImage
    turned_degrees: int


class Detector:
    """The passes over a picture; threads may share one."""

    def __init__(self, network: YuNet) -> None:
        self._network = network

    @property
    def runtime(self) -> str:
        """Name and version of what runs the network."""
        return self._network.runtime

    def find(self, image: RgbImage) -> DetectedFaces:
        """Return the faces of the picture, possibly none, after turning it by quarters when it is not upright."""
        found = self._found(image)
        score, upright = best_score(found), self._looked_at(image, found)
        if score >= CERTAIN_SCORE or (upright and stands_upright(upright[0])):
            return DetectedFaces(upright, image, 0)
        to_beat = max(score + TURN_MARGIN, TURNED_SCORE if upright else TURNED_SCORE_ALONE)
        chosen = 0
        for quarters in (1, 2, 3):
            # Small faces, which only the second pass finds, are not searched at every turn.
            score = best_score(self.find_in_preview(_turned(image, quarters)))
            if score > to_beat:
                chosen, to_beat = quarters, score
        if not chosen:
            return DetectedFaces(upright or self._largest_first(self._close_up(image)), image, 0)
        turned = frozen_array(_turned(image, chosen))
        return DetectedFaces(self._looked_at(turned, self._found(turned)), turned, 90 * chosen)

    def find_all(self, image: RgbImage) -> list[Face]:
        """Return all faces that the second, finer pass finds, small ones in the background included."""
        return self._plausible(self._scaled(image, longer_pixels=SECOND_PIXELS))

    def find_in_preview(self, image: RgbImage) -> list[Face]:
        """Return the faces of the first pass alone, in pixels of the picture, at the cost of a live preview."""
        return self._plausible(self._scaled(image, longer_pixels=FIRST_PIXELS))

    def _found(self, image: RgbImage) -> tuple[Face, ...]:
        """Try the passes in turn; the first that finds something decides."""
        passes = (self._largest_first(self._plausible(found)) for found in self._passes(image))
        return next((ordered for ordered in passes if ordered), ())

    def _looked_at(self, image: RgbImage, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        return (self.refine(image, faces[0]), *faces[1:]) if faces else ()

    def _passes(self, image: RgbImage) -> Iterator[list[Face]]:
        longer = max(image.shape[:2])
        yield self._scaled(image, longer_pixels=FIRST_PIXELS)
        if longer > FIRST_PIXELS:
            yield self._scaled(image, longer_pixels=SECOND_PIXELS)

    def refine(self, image: RgbImage, face: Face) -> Face:
        """Return the face of the picture with exact landmarks, by a look at it alone."""
        if max(image.shape[:2]) <= THUMBNAIL_PIXELS and face.box.width >= FILLS * image.shape[1]:
            return max(self._close_up(image), key=lambda one: _overlap(one.box, face.box), default=face)
        return landmarks.located(image, face, detect=self._detect_face)

    def _close_up(self, image: RgbImage) -> list[Face]:
        """Return the faces of the picture at one size, with a border around it."""
        height, width = image.shape[:2]
        scale = CLOSE_UP_PIXELS / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        wide = CLOSE_UP_BORDER_PIXELS
        colour = [float(value) for value in image.reshape(-1, 3).mean(axis=0)]
        framed = cv2.copyMakeBorder(
            cv2.resize(image, size, interpolation=how), wide, wide, wide, wide, cv2.BORDER_CONSTANT, value=colour
        )
        away = -wide / scale
        return self._plausible(self._detect(np.asarray(framed, dtype=np.uint8), scale=scale, left=away, top=away))

    def _detect_face(self, picture: NDArray[np.uint8]) -> list[Face]:
        """Return all plausible faces, since the one that is looked for may score less than its neighbour."""
        return [face for face in self._detect(picture, scale=1.0) if is_plausible(face)]

    def _scaled(self, image: RgbImage, *, longer_pixels: int) -> list[Face]:
        height, width = image.shape[:2]
        scale = min(1.0, longer_pixels / max(height, width))
        if scale == 1.0:
            return self._detect(landmarks.brightened(image), scale=1.0)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return self._detect(landmarks.brightened(small), scale=scale)

    def _detect(self, image: NDArray[np.uint8], *, scale: float, left: float = 0.0, top: float = 0.0) -> list[Face]:
        """Run the network; return faces in the pixels of the picture that this one was made of."""
        return [_face(row, scale=scale, left=left, top=top) for row in self._network.rows(image)]

    @staticmethod
    def _largest_first(faces: list[Face]) -> tuple[Face, ...]:
        return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))

    @staticmethod
    def _plausible(faces: list[Face]) -> list[Face]:
        kept = [face for face in faces if is_plausible(face)]
        return [face for face in kept if face.score >= best_score(kept) - DOUBTFUL]


def best_score(faces: Sequence[Face]) -> float:
    """Return the highest score, 0 when there is no face."""
    return max((face.score for face in faces), default=0.0)


def stands_upright(face: Face) -> bool:
    """Return whether a face is certain, and does not lie on its side."""
    tilt = abs(landmarks.tilt_degrees(face.landmarks))
    return face.score >= UPRIGHT_SCORE and tilt <= UPRIGHT_TILT_DEGREES


def is_plausible(face: Face) -> bool:
    """Return whether the five landmarks lie as in a face (not scattered, not mirrored) and the box is not empty."""
    if not np.all(np.isfinite(face.landmarks)) or face.box.width < 1 or face.box.height < 1:
        return False
    return alignment.misfit(face.landmarks) <= LARGEST_MISFIT


def _face(row: NDArray[np.float32], *, scale: float, left: float, top: float) -> Face:
    """Read one row: box, five landmarks, score; coordinates may be negative and stay floats."""
    offset = np.array([left, top], dtype=np.float64)
    x, y = row[:2].astype(np.float64) / scale + offset
    landmarks = row[4:14].astype(np.float64).reshape(5, 2) / scale + offset
    box = Box(left=float(x), top=float(y), width=float(row[2]) / scale, height=float(row[3]) / scale)
    return Face(box=box, landmarks=frozen_array(landmarks.astype(np.float32)), score=float(row[14]))


def _overlap(one: Box, other: Box) -> float:
    """Shared part of the union, 0 to 1."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.area + other.area - shared)


def _turned(image: RgbImage, quarters: int) -> RgbImage:
    """Turn clockwise by quarters."""
    return np.ascontiguousarray(np.rot90(image, -quarters))
