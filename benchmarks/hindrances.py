"""Hints about backlight and covered eyes: `python -m benchmarks.hindrances DIR`, one row a kind of picture.

Drawn into the first photo of everybody: dark lenses over the eyes, or a window behind head and shoulders, whose light
leaves 15 to 35 % of their own. Of ordinary photos the rows name who got a hint, since some wear sunglasses.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.degradations import SEED, Pixels
from verifier import errors, image
from verifier.evaluation import photos
from verifier.faces import alignment, hindrances
from verifier.recognizer import Recognizer
from verifier.values import FloatArray

LENS_WIDE, LENS_HIGH = (0.72, 0.95), (0.5, 0.72)
"""Axes of a lens, as shares of the distance of the eyes, drawn evenly between the two."""


def with_sunglasses(picture: Pixels, landmarks: FloatArray, *, drawn: np.random.Generator) -> Pixels:
    """Draw dark lenses with a bridge; some shine at the top, some let a little of the eyes through."""
    right, left = landmarks[:2].astype(np.float64)
    across = left - right
    eyes, angle = float(np.linalg.norm(across)), float(np.degrees(np.arctan2(across[1], across[0])))
    mask = np.zeros(picture.shape[:2], np.uint8)
    axes = (eyes * drawn.uniform(*LENS_WIDE), eyes * drawn.uniform(*LENS_HIGH))
    for x, y in (right, left):
        cv2.ellipse(mask, ((float(x), float(y) + 0.06 * eyes), axes, angle), 255.0, -1)
    ends = [(round(float(x)), round(float(y))) for x, y in (right, left)]
    cv2.line(mask, ends[0], ends[1], 255.0, max(1, round(0.06 * eyes)))
    top = float((right[1] + left[1]) / 2) - 0.35 * eyes
    shine = np.clip(1 - (np.arange(len(picture)) - top) / (0.7 * eyes), 0, 1)
    lens = drawn.uniform(8, 40) + drawn.uniform(0, 40) * shine[:, None, None]
    covers = cv2.GaussianBlur(mask, (0, 0), 0.8)[:, :, None] / 255.0 * drawn.uniform(0.85, 1)
    return _pixels(picture * (1 - covers) + lens * covers)


def before_window(picture: Pixels, landmarks: FloatArray, *, drawn: np.random.Generator) -> Pixels:
    """Darken head and shoulders, and brighten what is behind them."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[:height, :width]
    matrix = alignment.transform(landmarks)
    x, y = (np.column_stack([across.ravel(), down.ravel()]) @ matrix[:, :2].T + matrix[:, 2]).T
    head = ((x - 56) / 62) ** 2 + ((y - 52) / 88) ** 2 < 1
    shoulders = (y > 105) & (np.abs(x - 56) < 60 + 1.2 * (y - 105))
    covers = cv2.GaussianBlur((head | shoulders).reshape(height, width).astype(np.float32), (0, 0), 2)[:, :, None]
    behind = 255 - (255.0 - picture) * drawn.uniform(0, 0.25)
    return _pixels(picture * drawn.uniform(0.15, 0.35) * covers + behind * (1 - covers) + drawn.uniform(0, 25))


KINDS: dict[str, Callable[[Pixels, FloatArray, np.random.Generator], Pixels]] = {
    "as it came": lambda picture, _landmarks, _drawn: picture,
    "sunglasses": lambda picture, landmarks, drawn: with_sunglasses(picture, landmarks, drawn=drawn),
    "window behind": lambda picture, landmarks, drawn: before_window(picture, landmarks, drawn=drawn),
}


def hint(recognizer: Recognizer, picture: Pixels) -> str:
    """Return the hint for the picture, "none", or "no face"."""
    try:
        return hindrances.find(picture, recognizer.embed_image(picture, purpose=None)) or "none"
    except errors.NoFace:
        return "no face"


def _pixels(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def main() -> None:
    """Count the hints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hindrances", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every so many-th person (quicker)")
    parser.add_argument("--only", choices=list(KINDS), action="append", help="this kind; repeat")
    arguments = parser.parse_args()
    recognizer = Recognizer.open()
    names = photos.find(arguments.folder, most_per_person=1)[:: arguments.every]
    print("| picture | photos | backlight | eyes covered | no face |\n|---|---|---|---|---|")
    for kind in arguments.only or KINDS:
        counted: Counter[str] = Counter()
        for number, name in enumerate(names):
            picture = image.decode(image.read(arguments.folder / name))
            try:
                found = recognizer.prepare(picture, purpose=None)
            except errors.NoFace:
                continue
            drawn = np.random.default_rng([SEED, number])
            given = hint(recognizer, KINDS[kind](found.found.image, found.face.landmarks, drawn))
            counted[given] += 1
            if kind == "as it came" and given not in {"none", "no face"}:
                print(f"{name}: {given}", flush=True)
        total = counted.total()
        shares = (counted[one] / total for one in (hindrances.BACKLIGHT, hindrances.EYES_COVERED, "no face"))
        print(f"| {kind} | {total} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
