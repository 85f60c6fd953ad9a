"""Contract suite: the guarantees of `contract.Gallery` for every implementation."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.verifier.gallery.conftest import DIMENSION, ENCODER, unit_vectors
from tests.verifier.gallery.plain import PlainGallery
from verifier import distance, errors
from verifier.gallery import FlatGallery, Gallery
from verifier.values import Neighbour


def fill(gallery: Gallery, count: int, *, seed: int = 1, per_subject: int = 1) -> None:
    for number, vector in enumerate(unit_vectors(count, seed=seed)):
        gallery.add(reference=100 + number, subject=number // per_subject, vector=vector)


def test_an_empty_gallery_returns_no_neighbour(gallery: Gallery) -> None:
    probe = unit_vectors(1)[0]
    assert len(gallery) == 0
    assert gallery.search(probe, most=5) == []
    assert gallery.search_subjects(probe, most=5) == []
    assert gallery.search(probe, most=5, subject=3) == []
    assert gallery.subject_references(3) == []
    assert gallery.remove(reference=1) is False


def test_the_nearest_comes_first_with_the_exact_distance(gallery: Gallery) -> None:
    fill(gallery, 200)
    rows = unit_vectors(200, seed=1)
    for probe in unit_vectors(20, seed=2):
        far = np.sqrt(((rows.astype(np.float64) - probe.astype(np.float64)) ** 2).sum(axis=1))
        found = gallery.search(probe, most=7)
        assert [neighbour.reference - 100 for neighbour in found] == np.argsort(far)[:7].tolist()
        assert [neighbour.distance for neighbour in found] == sorted(far)[:7]


def test_the_nearest_reference_is_returned_whatever_the_order_of_adding(gallery: Gallery) -> None:
    probe = unit_vectors(1)[0]
    other = unit_vectors(2)[1]
    acceptable, nearer = (probe * near + other for near in (3, 9))
    gallery.add(reference=1, subject=1, vector=acceptable / np.linalg.norm(acceptable))
    gallery.add(reference=2, subject=2, vector=nearer / np.linalg.norm(nearer))
    assert gallery.search(probe, most=1)[0].subject == 2


def test_the_farthest_reference_is_returned_too(gallery: Gallery) -> None:
    probe = unit_vectors(1)[0]
    gallery.add(reference=1, subject=1, vector=-probe)
    assert gallery.search(probe, most=3)[0].distance == pytest.approx(2.0)


def test_a_removed_reference_is_never_returned_again(gallery: Gallery) -> None:
    fill(gallery, 30)
    rows = unit_vectors(30, seed=1)
    order = np.random.default_rng(3).permutation(30)
    for left, number in enumerate(order[::-1]):
        assert gallery.remove(reference=100 + int(number)) is True
        assert gallery.remove(reference=100 + int(number)) is False
        found = gallery.search(rows[number], most=100)
        assert len(found) == len(gallery) == 29 - left
        assert 100 + number not in {neighbour.reference for neighbour in found}
        assert gallery.subject_references(int(number)) == []


def test_references_keep_their_vectors_after_removals(gallery: Gallery) -> None:
    fill(gallery, 30)
    rows = unit_vectors(30, seed=1)
    for number in (0, 29, 7, 13, 28):
        gallery.remove(reference=100 + number)
    for number in set(range(30)) - {0, 29, 7, 13, 28}:
        best = gallery.search(rows[number], most=1)[0]
        assert (best.reference, best.subject, best.distance) == (100 + number, number, 0.0)


def test_adding_a_known_reference_replaces_its_vector_and_subject(gallery: Gallery) -> None:
    first, second = unit_vectors(2)
    gallery.add(reference=1, subject=1, vector=first)
    gallery.add(reference=1, subject=2, vector=second)
    assert len(gallery) == 1
    assert gallery.search(second, most=1)[0].subject == 2
    assert gallery.search(first, most=5)[0].distance > 0.1
    assert (gallery.subject_references(1), gallery.subject_references(2)) == ([], [1])


def test_many_references_of_one_subject_do_not_hide_the_runner_up(gallery: Gallery) -> None:
    probe, other = unit_vectors(2)
    for number in range(40):
        near = probe * (5 + number) + other
        gallery.add(reference=number, subject=1, vector=near / np.linalg.norm(near))
    gallery.add(reference=99, subject=2, vector=other)
    found = gallery.search_subjects(probe, most=2)
    assert [(neighbour.subject, neighbour.reference) for neighbour in found] == [(1, 39), (2, 99)]
    assert len(gallery.search_subjects(probe, most=9)) == 2


def test_one_subject_alone_can_be_searched(gallery: Gallery) -> None:
    fill(gallery, 30, per_subject=3)
    found = gallery.search(unit_vectors(1)[0], most=10, subject=4)
    assert sorted(neighbour.reference for neighbour in found) == [112, 113, 114] == gallery.subject_references(4)
    assert found == sorted(found, key=lambda neighbour: neighbour.distance)
    assert len(gallery.search(unit_vectors(1)[0], most=2, subject=4)) == 2


def test_equal_distances_are_ordered_by_reference(gallery: Gallery) -> None:
    vector = unit_vectors(1)[0]
    for reference in (9, 3, 7):
        gallery.add(reference=reference, subject=reference, vector=vector)
    assert [neighbour.reference for neighbour in gallery.search(vector, most=3)] == [3, 7, 9]


@pytest.mark.parametrize("most", [0, -1])
def test_a_search_for_none_returns_none(gallery: Gallery, most: int) -> None:
    fill(gallery, 3)
    assert gallery.search(unit_vectors(1)[0], most=most) == []
    assert gallery.search_subjects(unit_vectors(1)[0], most=most) == []


@pytest.mark.parametrize(
    "bad",
    [
        np.full(DIMENSION, np.nan),
        np.append(unit_vectors(1)[0][:-1], np.inf),
        np.zeros(DIMENSION),
        unit_vectors(1)[0] * 1.01,
        unit_vectors(1)[0][:-1],
        unit_vectors(1),
    ],
    ids=["nan", "infinite", "zero", "too long", "dimension", "matrix"],
)
def test_an_invalid_vector_is_refused_by_every_method(gallery: Gallery, bad: np.ndarray) -> None:
    fill(gallery, 3)
    with pytest.raises(errors.InvalidEmbedding):
        gallery.add(reference=1, subject=1, vector=bad)
    with pytest.raises(errors.InvalidEmbedding):
        gallery.add(reference=100, subject=1, vector=bad)
    with pytest.raises(errors.InvalidEmbedding):
        gallery.search(bad, most=1)
    with pytest.raises(errors.InvalidEmbedding):
        gallery.search_subjects(bad, most=1)
    assert len(gallery) == 3
    assert gallery.search(unit_vectors(1, seed=1)[0], most=1)[0].distance == 0.0


deeds = st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 7), st.integers(0, 3)), max_size=40)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds)
def test_any_sequence_of_changes_agrees_with_the_plain_gallery(deeds: list[tuple[str, int, int]]) -> None:
    """After any changes the flat gallery returns the same neighbours as the plain one."""
    flat, plain = FlatGallery(DIMENSION, encoder=ENCODER), PlainGallery(DIMENSION, encoder=ENCODER)
    vectors = unit_vectors(len(deeds) + 1, seed=11)
    for step, (what, reference, subject) in enumerate(deeds):
        if what == "add":
            flat.add(reference=reference, subject=subject, vector=vectors[step])
            plain.add(reference=reference, subject=subject, vector=vectors[step])
        else:
            assert flat.remove(reference=reference) == plain.remove(reference=reference)
    probe = vectors[-1]
    assert flat.search(probe, most=20) == plain.search(probe, most=20)
    assert flat.search(probe, most=3) == plain.search(probe, most=3)
    assert flat.search_subjects(probe, most=2) == plain.search_subjects(probe, most=2)
    assert [flat.subject_references(number) for number in range(4)] == [
        plain.subject_references(number) for number in range(4)
    ]


def test_a_search_during_changes_returns_consistent_references() -> None:
    """One thread removes and adds references, so that slots move; every answer has the right subject and distance."""
    gallery = FlatGallery(DIMENSION, encoder=ENCODER)
    rows = unit_vectors(300, seed=1)
    for number, vector in enumerate(rows):
        gallery.add(reference=number, subject=number, vector=vector)
    wrong: list[Neighbour] = []
    searches = 0
    until = time.monotonic() + 1.0

    def change() -> None:
        order = np.random.default_rng(4)
        while time.monotonic() < until:
            gone = order.permutation(300)[:40].tolist()
            for number in gone:
                gallery.remove(reference=number)
            for number in gone:
                gallery.add(reference=number, subject=number, vector=rows[number])

    def look(seed: int) -> None:
        nonlocal searches
        order = np.random.default_rng(seed)
        while time.monotonic() < until:
            number = int(order.integers(300))
            found = gallery.search(rows[number], most=300)
            answered = [neighbour.reference for neighbour in found]
            expected = distance.between(rows[number], rows[answered]).tolist()
            wrong.extend(found if len(set(answered)) != len(answered) else [])
            wrong.extend(other for other in found if other.subject != other.reference)
            wrong.extend(other for other, far in zip(found, expected, strict=True) if other.distance != far)
            searches += 1

    threads = [
        threading.Thread(target=change, daemon=True),
        *(threading.Thread(target=look, args=(seed,), daemon=True) for seed in range(3)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert searches > 20


def test_a_removed_reference_is_gone_for_every_thread_at_once() -> None:
    gallery = FlatGallery(DIMENSION, encoder=ENCODER)
    rows = unit_vectors(2000, seed=1)
    for number, vector in enumerate(rows):
        gallery.add(reference=number, subject=number, vector=vector)
    gone: list[int] = []
    wrong: list[int] = []
    finished = threading.Event()

    def look(seed: int) -> None:
        order = np.random.default_rng(seed)
        while not finished.is_set():
            removed_before = len(gone)
            if removed_before == 0:
                continue
            number = gone[int(order.integers(removed_before))]
            earlier = set(gone[:removed_before])
            wrong.extend(
                other.reference for other in gallery.search(rows[number], most=5) if other.reference in earlier
            )

    threads = [threading.Thread(target=look, args=(seed,), daemon=True) for seed in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in np.random.default_rng(4).permutation(2000)[:1900].tolist():
            gallery.remove(reference=number)
            gone.append(number)
    finally:
        finished.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(gallery) == 100


def test_threshold_decisions_do_not_depend_on_the_implementation() -> None:
    """The flat and the plain gallery agree on 10,000 probes within 1e-7 of the threshold."""
    dimension, threshold = 128, 1.0
    reference = unit_vectors(1, dimension=dimension)[0].astype(np.float64)
    drawn = np.random.default_rng(6)
    sideways = drawn.normal(size=(10_000, dimension))
    sideways -= np.outer(sideways @ reference, reference)
    sideways /= np.linalg.norm(sideways, axis=1, keepdims=True)
    far = threshold + drawn.normal(scale=1e-7, size=10_000)
    cosine = 1 - far**2 / 2
    probes = (cosine[:, np.newaxis] * reference + np.sqrt(1 - cosine**2)[:, np.newaxis] * sideways).astype(np.float32)
    flat, plain = FlatGallery(dimension, encoder=ENCODER), PlainGallery(dimension, encoder=ENCODER)
    for gallery in (flat, plain):
        gallery.add(reference=1, subject=1, vector=reference.astype(np.float32))
    accepted = [[g.search(probe, most=1)[0].distance <= threshold for probe in probes] for g in (flat, plain)]
    assert accepted[0] == accepted[1]
    assert 1_000 < sum(accepted[0]) < 9_000  # they do lie on both sides


def test_cosines_and_distances_are_converted_into_each_other() -> None:
    assert distance.from_cosine(np.array([1.0, 0.5, 0.0, -1.0])).tolist() == pytest.approx([0, 1, 2**0.5, 2])
    assert distance.from_cosine(np.array([1.0000001])).tolist() == [0.0]
    rows = unit_vectors(50, dimension=128)
    assert distance.from_cosine(rows @ rows[0])[1:] == pytest.approx(distance.between(rows[0], rows)[1:], abs=1e-6)
    assert distance.to_cosine(distance.from_cosine(np.array([0.3]))) == pytest.approx([0.3])
