"""Search in a folder of pictures: near duplicates, and the most similar ones to a given picture.

It works with any encoder: faces, or a card. The threshold comes from the encoder's calibration; files that cannot be
read are listed, and nothing on disk is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from verifier import distance, errors, image
from verifier.calibration import Calibration
from verifier.comparator import Opened, SingleEncoder, TwoSources
from verifier.learning import encoder_report, refusals
from verifier.recognizer import Recognizer
from verifier.values import FloatArray, Purpose

FACES = "faces"
MOST_FALSE_GROUPS = 0.1
"""Expected number of unlike pairs taken for duplicates in a whole folder; a few could join two groups."""
MOST_FALSE_MATCHES = 1e-4
"""Largest share of unlike pairs taken for duplicates, which applies in a folder of few pictures."""
SAVED_ANEW = 0.05
"""Distance between a picture and a copy saved again: the median over 34 photos of digits is 0.014, and no two of 400
different ones are this near. It is the least threshold for duplicates, since calibration tables of few classes do not
reach the small rates that a large folder requires."""


@dataclass(slots=True)
class PictureEncoder:
    """Encodes the bytes of a picture as one embedding of unit length, by the face recognizer or by a card."""

    name: str
    calibration: Calibration
    _recognizer: Recognizer | None = None
    _opened: Opened | None = None

    @classmethod
    def open(cls, encoder: str) -> PictureEncoder:
        """Open "faces", a name of the library or the path of a card; raises `ModelMissing` or `ModelWrong`."""
        if encoder == FACES:
            recognizer = Recognizer.open()
            table = recognizer.card.calibration
            if table is None:
                raise errors.ModelWrong(file=recognizer.encoder_name, expected="a calibration", found="none")
            return cls(recognizer.encoder_name, Calibration.from_card(table), _recognizer=recognizer)
        opened = encoder_report.open_named(encoder)
        if not isinstance(opened.comparator, SingleEncoder) or isinstance(opened.comparator, TwoSources):
            raise errors.ModelWrong(file=encoder, expected="one encoder", found="a comparator of several")
        return cls(opened.card.name, opened.comparator.calibration(1), _opened=opened)

    def embed(self, data: bytes) -> FloatArray:
        """Return the embedding (d,); raises a Refusal for a picture that cannot be used."""
        if self._recognizer is not None:
            vector: FloatArray = self._recognizer.embed(data, purpose=Purpose.CHECK_IN).embedding.vector
            return vector
        assert self._opened is not None  # noqa: S101  (one of the two is always there)
        features = self._opened.comparator.features(self._opened.prepare(image.decode(data))[None])
        return np.asarray(features[0], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedFolder:
    """Embedded pictures: row i of `vectors` is `paths[i]`; `skipped`: path and code of those that could not be read."""

    paths: tuple[str, ...]
    vectors: FloatArray
    skipped: tuple[tuple[str, str], ...] = field(default=())


def embed_folder(folder: Path, *, encoder: PictureEncoder, show_progress: bool = False) -> EmbeddedFolder:
    """Embed every picture under a folder; raises `NoPictures`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in image.SUFFIXES)
    paths, vectors, skipped = [], [], []
    for file in tqdm(files, desc="reading", unit="picture", disable=not show_progress):
        name = str(file.relative_to(folder))
        try:
            vectors.append(encoder.embed(image.read(file)))
            paths.append(name)
        except errors.Refusal as error:
            skipped.append((name, error.code))
    if not paths:
        raise refusals.NoPictures(path=str(folder), skipped=len(skipped))
    return EmbeddedFolder(tuple(paths), np.stack(vectors), tuple(skipped))


def duplicate_threshold(encoder: PictureEncoder, embedded: EmbeddedFolder) -> float:
    """Return the distance up to which two pictures are duplicates; it falls with the number of pictures."""
    pairs = max(1, len(embedded.paths) * (len(embedded.paths) - 1) // 2)
    rate = min(MOST_FALSE_MATCHES, MOST_FALSE_GROUPS / pairs)
    return max(SAVED_ANEW, encoder.calibration.distance_at(rate))


def duplicate_groups(embedded: EmbeddedFolder, *, threshold: float) -> list[list[str]]:
    """Return groups of pictures linked by distances at or below the threshold, largest group first."""
    parent = list(range(len(embedded.paths)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row in range(len(embedded.paths)):
        near = distances_to(embedded.vectors[: row + 1], embedded.vectors[row])
        for other in np.flatnonzero(near[:row] <= threshold):
            parent[root(row)] = root(int(other))
    found: dict[int, list[str]] = {}
    for row, path in enumerate(embedded.paths):
        found.setdefault(root(row), []).append(path)
    return sorted((group for group in found.values() if len(group) > 1), key=lambda group: (-len(group), group))


def most_similar(embedded: EmbeddedFolder, vector: FloatArray, *, most: int) -> list[tuple[str, float]]:
    """Return paths and distances, nearest first."""
    far = distances_to(embedded.vectors, vector)
    order = np.argsort(far, kind="stable")[:most]
    return [(embedded.paths[row], float(far[row])) for row in order]


def distances_to(vectors: FloatArray, vector: FloatArray) -> NDArray[np.float64]:
    """Return the Euclidean distances of unit vectors (n, d) to one (d,)."""
    return distance.from_cosine(vectors.astype(np.float64) @ vector.astype(np.float64))
