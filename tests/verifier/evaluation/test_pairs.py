"""Comparison of all pairs: each once, and each in its place."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.verifier.evaluation.crowds import crowd
from verifier.evaluation import pairs


@pytest.mark.parametrize("block", [1, 7, 512])
def test_all_pairs_equal_those_of_two_nested_loops(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "BLOCK_ROWS", block)
    vectors, people = crowd(9, photos=3)
    twins = {("P0002", "P0005"), ("P0007", "somebody else")}
    genuine, impostor = [], []
    for first, second in combinations(range(len(people)), 2):
        far = float(np.linalg.norm(vectors[first].astype(float) - vectors[second].astype(float)))
        if people[first] == people[second]:
            genuine.append(far)
        elif (people[first], people[second]) not in twins:
            impostor.append((far, int(people[first][1:]), int(people[second][1:])))
    found = pairs.compare(vectors, people=people, same_person=twins, share=0.1)
    assert sorted(found.genuine) == pytest.approx(sorted(genuine), abs=1e-6)
    assert found.impostors == len(impostor) == 27 * 26 // 2 - 27 - 9
    kept = int(0.1 * 324) + 1
    assert found.nearest == pytest.approx([far for far, _, _ in sorted(impostor)[:kept]], abs=1e-6)
    assert found.nearest_people.tolist() == [[a, b] for _, a, b in sorted(impostor)[:kept]]
    assert found.photos.tolist() == [3] * 9
    assert found.ignored_pairs.tolist() == [[2, 5]]
    assert np.bincount(found.genuine_person).tolist() == [3] * 9


def test_the_nearest_pairs_are_kept_of_any_number() -> None:
    vectors, people = crowd(300, photos=2)
    all_of_them = pairs.compare(vectors, people=people, share=1.0).nearest
    few = pairs.compare(vectors, people=people, share=0.001).nearest
    assert len(all_of_them) == 299 * 600 == pairs.compare(vectors, people=people).impostors
    assert few.tolist() == all_of_them[: len(few)].tolist()
    assert (np.diff(all_of_them) >= 0).all()
