"""Reference gallery: one dictionary, every distance computed."""

from __future__ import annotations

import numpy as np

from verifier import distance
from verifier.values import FloatArray, Neighbour


class PlainGallery:
    def __init__(self, dimension: int, *, encoder: str) -> None:
        self.dimension = dimension
        self.encoder = encoder
        self.rows: dict[int, tuple[int, FloatArray]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, *, reference: int, subject: int, vector: FloatArray) -> None:
        self.rows[reference] = (subject, distance.require_unit(vector, dimension=self.dimension))

    def remove(self, *, reference: int) -> bool:
        return self.rows.pop(reference, None) is not None

    def search(self, vector: FloatArray, *, most: int, subject: int | None = None) -> list[Neighbour]:
        probe = distance.require_unit(vector, dimension=self.dimension)
        found = [
            Neighbour(
                reference=reference,
                subject=owner,
                distance=float(np.sqrt(np.sum((row.astype(np.float64) - probe.astype(np.float64)) ** 2))),
            )
            for reference, (owner, row) in list(self.rows.items())
            if subject in (None, owner)
        ]
        return sorted(found, key=lambda neighbour: (neighbour.distance, neighbour.reference))[: max(most, 0)]

    def search_subjects(self, vector: FloatArray, *, most: int) -> list[Neighbour]:
        nearest: dict[int, Neighbour] = {}
        for neighbour in self.search(vector, most=len(self.rows)):
            nearest.setdefault(neighbour.subject, neighbour)
        return list(nearest.values())[: max(most, 0)]

    def subject_references(self, subject: int) -> list[int]:
        return sorted(reference for reference, (owner, _) in self.rows.items() if owner == subject)
