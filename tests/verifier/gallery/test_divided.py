"""A divided gallery answers like a search of everything whose result is filtered, whatever was changed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.verifier.gallery.conftest import DIMENSION, ENCODER, unit_vectors
from tests.verifier.gallery.plain import PlainGallery
from verifier import errors
from verifier.gallery import DividedGallery, snapshot
from verifier.gallery.flat import Contents
from verifier.values import FloatArray, Neighbour

label_sets = st.frozensets(st.integers(0, 3), max_size=3)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 9), st.integers(0, 4), st.one_of(st.none(), label_sets)),
        st.tuples(st.just("remove"), st.integers(0, 9), st.just(0), st.none()),
        st.tuples(st.just("label"), st.just(0), st.integers(0, 4), label_sets),
    ),
    max_size=40,
)


class ByHand:
    """Everything by hand: a plain gallery, and the labels that each subject was given."""

    def __init__(self) -> None:
        self.plain = PlainGallery(DIMENSION, encoder=ENCODER)
        self.labels: dict[int, frozenset[int]] = {}

    def _forget_absent(self) -> None:
        present = {subject for subject, _ in self.plain.rows.values()}
        self.labels = {subject: each for subject, each in self.labels.items() if subject in present}

    def add(self, reference: int, subject: int, vector: FloatArray, labels: frozenset[int] | None) -> None:
        known = self.labels.get(subject, frozenset())
        self.plain.add(reference=reference, subject=subject, vector=vector)
        self.labels[subject] = known if labels is None else labels
        self._forget_absent()

    def remove(self, reference: int) -> None:
        self.plain.remove(reference=reference)
        self._forget_absent()

    def label(self, subject: int, labels: frozenset[int]) -> None:
        if subject in self.labels:
            self.labels[subject] = labels

    def within(self, subject: int, label: int, *, outside: bool) -> bool:
        return (label in self.labels[subject]) is not outside

    def search(self, probe: FloatArray, label: int, *, outside: bool, most: int) -> list[Neighbour]:
        every = self.plain.search_subjects(probe, most=len(self.plain) or 1)
        return [each for each in every if self.within(each.subject, label, outside=outside)][:most]

    def count(self, label: int, *, outside: bool) -> int:
        return sum(self.within(subject, label, outside=outside) for subject, _ in self.plain.rows.values())


@settings(max_examples=examples(80), deadline=None)
@given(deeds=deeds, most=st.integers(1, 6))
def test_a_search_under_a_label_is_a_search_of_all_filtered_by_it(
    deeds: list[tuple[str, int, int, frozenset[int] | None]], most: int
) -> None:
    divided, expected = DividedGallery(DIMENSION, encoder=ENCODER), ByHand()
    vectors = unit_vectors(len(deeds) + 1, seed=21)
    for step, (what, reference, subject, labels) in enumerate(deeds):
        if what == "add":
            divided.add(reference=reference, subject=subject, vector=vectors[step], labels=labels)
            expected.add(reference, subject, vectors[step], labels)
        elif what == "remove":
            divided.remove(reference=reference)
            expected.remove(reference)
        elif labels is not None:
            divided.label(subject, labels=labels)
            expected.label(subject, labels)
    probe = vectors[-1]
    opened = DividedGallery.from_contents(divided.contents(), encoder=ENCODER, labels=expected.labels)
    for gallery in (divided, opened):
        for label in range(4):
            for outside in (False, True):
                found = gallery.search_subjects(probe, most=most, label=label, outside=outside)
                assert found == expected.search(probe, label, outside=outside, most=most)
                assert gallery.count(label=label, outside=outside) == expected.count(label, outside=outside)
        assert gallery.search_subjects(probe, most=most) == expected.plain.search_subjects(probe, most=most)
        assert len(gallery) == len(expected.plain)
        assert {number: gallery.labels_of(number) for number in expected.labels} == expected.labels


def test_a_subject_that_moves_is_found_under_the_new_label_only() -> None:
    gallery = DividedGallery(DIMENSION, encoder=ENCODER)
    rows = unit_vectors(3)
    for number, vector in enumerate(rows):
        gallery.add(reference=number, subject=7, vector=vector, labels=frozenset({1}))
    gallery.label(7, labels=frozenset({2, 5}))
    assert gallery.search_subjects(rows[0], most=1, label=1) == []
    assert [each.reference for each in gallery.search_subjects(rows[2], most=1, label=5)] == [2]
    assert (gallery.count(label=1), gallery.count(label=2), gallery.count(label=2, outside=True)) == (0, 3, 0)


def test_labels_of_a_subject_without_references_are_not_kept() -> None:
    gallery = DividedGallery(DIMENSION, encoder=ENCODER)
    gallery.label(7, labels=frozenset({1}))
    gallery.add(reference=1, subject=7, vector=unit_vectors(1)[0])
    assert gallery.labels_of(7) == frozenset()


def test_a_snapshot_of_a_divided_gallery_holds_all_cells_and_no_label(tmp_path: Path) -> None:
    gallery = DividedGallery(DIMENSION, encoder=ENCODER)
    for number, vector in enumerate(unit_vectors(9)):
        gallery.add(reference=number, subject=number, vector=vector, labels=frozenset({number % 2}))
    snapshot.write(gallery, tmp_path / "gallery", sequence=9)
    contents, sequence = snapshot.read_contents(tmp_path / "gallery", encoder=ENCODER)
    assert (sequence, sorted(contents.references.tolist())) == (9, list(range(9)))
    labels = {number: frozenset({number % 2}) for number in range(9)}
    opened = DividedGallery.from_contents(contents, encoder=ENCODER, labels=labels)
    probe = unit_vectors(1, seed=4)[0]
    assert opened.search_subjects(probe, most=9, label=1) == gallery.search_subjects(probe, most=9, label=1)


@pytest.mark.parametrize("references", [[1, 1], [1, 2, 3]])
def test_arrays_that_do_not_fit_are_refused(references: list[int]) -> None:
    contents = Contents(
        references=np.array(references, dtype=np.int64),
        subjects=np.arange(len(references), dtype=np.int64),
        vectors=unit_vectors(2),
    )
    with pytest.raises(errors.InvalidEmbedding):
        DividedGallery.from_contents(contents, encoder=ENCODER)
