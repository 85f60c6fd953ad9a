"""Exact search among a part of the references: one flat gallery for each set of labels.

A subject has labels, opaque numbers such as those of a site and of a group. All references of subjects with the same
labels lie in one cell. A search under a label asks the cells that carry it, one outside of a label asks the others,
one of everybody asks all; each is exact. An approximate index under a filter would lose people: it returns its nearest,
and the filter throws them away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from verifier import distance, errors
from verifier.gallery.flat import Contents, FlatGallery
from verifier.values import FloatArray, Neighbour

Labels = frozenset[int]
UNLABELLED: Labels = frozenset()


class DividedGallery:
    """Flat galleries by labels; see `contract.Gallery` for the guarantees of each method."""

    def __init__(self, dimension: int, *, encoder: str) -> None:
        self.dimension = dimension
        self.encoder = encoder
        self._cells: dict[Labels, FlatGallery] = {}
        self._labels: dict[int, Labels] = {}  # of each subject that has references
        self._subjects: dict[int, int] = {}  # of each reference
        self._lock = threading.RLock()  # a subject that moves is never in two cells, and never in none

    @classmethod
    def from_contents(
        cls, contents: Contents, *, encoder: str, labels: Mapping[int, Labels] | None = None
    ) -> DividedGallery:
        """Build a gallery from arrays at once; subjects that `labels` leaves out have none."""
        gallery = cls(contents.vectors.shape[1], encoder=encoder)
        if contents.references.shape != contents.subjects.shape:
            raise errors.InvalidEmbedding(reason="rows")
        gallery._subjects = dict(zip(contents.references.tolist(), contents.subjects.tolist(), strict=True))
        if len(gallery._subjects) != len(contents.vectors):
            raise errors.InvalidEmbedding(reason="reference_twice")
        known = labels or {}
        gallery._labels = {number: known.get(number, UNLABELLED) for number in np.unique(contents.subjects).tolist()}
        numbers = {each: number for number, each in enumerate(set(gallery._labels.values()))}
        cell_of = np.array(
            [numbers[gallery._labels[subject]] for subject in contents.subjects.tolist()], dtype=np.int64
        )
        for each, number in numbers.items():
            rows = np.flatnonzero(cell_of == number)
            part = Contents(contents.references[rows], contents.subjects[rows], contents.vectors[rows])
            gallery._cells[each] = FlatGallery.from_contents(part, encoder=encoder)
        return gallery

    def contents(self) -> Contents:
        """Return a consistent copy of everything but the labels, from which a snapshot is written."""
        with self._lock:
            parts = [cell.contents() for cell in self._cells.values()]
        parts.append(FlatGallery(self.dimension, encoder=self.encoder).contents())
        return Contents(
            references=np.concatenate([part.references for part in parts]),
            subjects=np.concatenate([part.subjects for part in parts]),
            vectors=np.concatenate([part.vectors for part in parts]),
        )

    def __len__(self) -> int:
        """Count the references."""
        return len(self._subjects)

    def count(self, *, label: int, outside: bool = False) -> int:
        """Count the references of subjects with this label, or of all others."""
        with self._lock:
            return sum(len(cell) for cell in self._chosen(label, outside=outside))

    def add(self, *, reference: int, subject: int, vector: FloatArray, labels: Labels | None = None) -> None:
        """Add a reference, or give one that is there the new vector and subject; without labels they stay."""
        taken = distance.require_unit(vector, dimension=self.dimension)
        with self._lock:
            present = self._labels.get(subject, UNLABELLED)
            self._drop(reference)
            wanted = present if labels is None else labels
            if subject in self._labels:
                self._move(subject, wanted)
            self._labels[subject] = wanted
            self._subjects[reference] = subject
            self._cell(wanted).add(reference=reference, subject=subject, vector=taken)

    def label(self, subject: int, *, labels: Labels) -> None:
        """Give a subject other labels; one without references is left alone, its labels come with the first."""
        with self._lock:
            if subject in self._labels:
                self._move(subject, labels)

    def _move(self, subject: int, labels: Labels) -> None:
        before = self._labels[subject]
        if before == labels:
            return
        source, target = self._cells[before], self._cell(labels)
        for reference in source.subject_references(subject):
            target.add(reference=reference, subject=subject, vector=source.vector(reference))
            source.remove(reference=reference)
        self._labels[subject] = labels
        self._discard_empty(before)

    def remove(self, *, reference: int) -> bool:
        """Remove a reference; False when it was not there."""
        with self._lock:
            return self._drop(reference)

    def _drop(self, reference: int) -> bool:
        subject = self._subjects.pop(reference, None)
        if subject is None:
            return False
        labels = self._labels[subject]
        cell = self._cells[labels]
        cell.remove(reference=reference)
        if not cell.subject_references(subject):
            del self._labels[subject]
            self._discard_empty(labels)
        return True

    def _cell(self, labels: Labels) -> FlatGallery:
        if labels not in self._cells:
            self._cells[labels] = FlatGallery(self.dimension, encoder=self.encoder)
        return self._cells[labels]

    def _discard_empty(self, labels: Labels) -> None:
        if not len(self._cells[labels]):
            del self._cells[labels]

    def _chosen(self, label: int | None, *, outside: bool) -> Iterator[FlatGallery]:
        for labels, cell in self._cells.items():
            if label is None or (label in labels) is not outside:
                yield cell

    def search(self, vector: FloatArray, *, most: int, subject: int | None = None) -> list[Neighbour]:
        """Return the nearest references, at most `most`; only those of `subject` where it is given."""
        probe = distance.require_unit(vector, dimension=self.dimension)
        with self._lock:
            if subject is None:
                cells = list(self._cells.values())
            else:
                cells = [self._cells[self._labels[subject]]] if subject in self._labels else []
            return _nearest((cell.search(probe, most=most, subject=subject) for cell in cells), most=most)

    def search_subjects(
        self, vector: FloatArray, *, most: int, label: int | None = None, outside: bool = False
    ) -> list[Neighbour]:
        """Return the nearest reference of each subject, at most `most` subjects.

        `label`: only among subjects that have it, or, `outside`, only among those that do not.
        """
        probe = distance.require_unit(vector, dimension=self.dimension)
        with self._lock:
            cells = self._chosen(label, outside=outside)
            return _nearest((cell.search_subjects(probe, most=most) for cell in cells), most=most)

    def subject_references(self, subject: int) -> list[int]:
        """List the reference numbers of one subject, ascending."""
        with self._lock:
            return self._cells[self._labels[subject]].subject_references(subject) if subject in self._labels else []

    def labels_of(self, subject: int) -> Labels:
        """Return the labels of a subject; none where it has no references."""
        with self._lock:
            return self._labels.get(subject, UNLABELLED)


def _nearest(found: Iterable[list[Neighbour]], *, most: int) -> list[Neighbour]:
    """Merge what the cells found; a subject lies in one cell only."""
    merged = [neighbour for each in found for neighbour in each]
    return sorted(merged, key=lambda neighbour: (neighbour.distance, neighbour.reference))[: max(most, 0)]
