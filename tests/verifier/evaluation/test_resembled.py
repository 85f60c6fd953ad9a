"""References that far more people resemble than usual are found; families, twins and one's own photos are none."""

from __future__ import annotations

import numpy as np

from tests.verifier.evaluation.test_local_calibration import gallery, shipped
from verifier.evaluation import resembled
from verifier.values import FloatArray

PEOPLE = 150


def with_an_ordinary_face(seed: int = 7) -> FloatArray:
    """Return people and, as the last, a face in the middle of a third of them."""
    vectors = gallery(PEOPLE, seed=seed)
    middle = vectors[: PEOPLE // 6].sum(axis=0)
    near = vectors[: PEOPLE // 6] + 0.9 * middle / np.linalg.norm(middle)
    vectors[: PEOPLE // 6] = near / np.linalg.norm(near, axis=1, keepdims=True)
    return np.concatenate([vectors, (middle / np.linalg.norm(middle))[np.newaxis]])


def found(vectors: FloatArray, **further: object) -> dict[int, int]:
    subjects = np.arange(len(vectors))
    return dict(resembled.find(vectors, subjects=subjects, table=shipped(), **further))  # type: ignore[arg-type]


def test_a_face_that_many_resemble_is_listed() -> None:
    listed = resembled.find(with_an_ordinary_face(), subjects=np.arange(PEOPLE + 1), table=shipped())

    assert dict(listed)[PEOPLE] >= resembled.FEWEST
    assert [count for _, count in listed] == sorted((count for _, count in listed), reverse=True)


def test_people_who_are_like_others_by_chance_are_not() -> None:
    assert len(found(gallery(PEOPLE))) <= 2


def test_pairs_that_are_known_do_not_count() -> None:
    vectors = with_an_ordinary_face()
    known = {(other, PEOPLE) for other in range(PEOPLE)}

    assert PEOPLE not in found(vectors, excluded=known)


def test_several_photos_of_one_person_count_once() -> None:
    vectors = gallery(20)
    copies = np.concatenate([vectors, np.repeat(vectors[:1], 30, axis=0)])
    subjects = np.array([*range(20), *[99] * 30])

    assert all(count < resembled.FEWEST for _, count in resembled.find(copies, subjects=subjects, table=shipped()))


def test_an_empty_gallery_has_none() -> None:
    assert found(np.zeros((0, 24), dtype=np.float32)) == {}
