"""Rates within groups: people who resemble one another are let through more often than promised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.verifier.evaluation.crowds import crowd
from tests.verifier.evaluation.test_local_calibration import shipped
from verifier import distance, errors
from verifier.evaluation import grouping
from verifier.evaluation.grouping import GroupRates

PEOPLE, ALIKE = 120, 60


def measured(**further: object) -> dict[str, GroupRates]:
    """Return the rates of a crowd whose first half was moved towards one face, with a group for each half."""
    vectors, people = crowd(PEOPLE, photos=2, seed=5)
    vectors[: 2 * ALIKE, 0] += 0.4
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = sorted(set(people.tolist()))
    groups = {"alike": names[:ALIKE], "random": names[ALIKE:], "one alone": names[:1], "of elsewhere": ["nobody"]}
    found = grouping.measure(vectors, people=people, groups=groups, calibration=shipped(), **further)  # type: ignore[arg-type]
    return {each.name: each for each in found}


def test_a_group_that_is_alike_matches_more_often_than_promised_and_the_others_do_not() -> None:
    found = measured()

    assert list(found) == ["everybody", "alike", "random"]
    alike, drawn = found["alike"].times[0], found["random"].times[0]
    assert alike.rate == drawn.rate == 0.01
    assert alike.low > 1.5
    assert drawn.times < 1.5
    assert alike.low <= alike.times <= alike.high


def test_the_figure_is_the_plain_count_of_pairs() -> None:
    vectors, people = crowd(40, photos=2, seed=9)
    found = grouping.measure(vectors, people=people, groups={}, calibration=shipped())[0]
    near = sum(
        distance.between(vectors[one], vectors[other][np.newaxis])[0] <= shipped().distance_at(0.01)
        for one in range(80)
        for other in range(one)
        if people[one] != people[other]
    )

    assert found.impostor_pairs == 80 * 79 // 2 - 40
    assert found.times[0].times == pytest.approx(near / found.impostor_pairs / 0.01)
    assert [at.rate for at in found.times] == [0.01]  # 3,120 pairs promise three at 1 in 1,000: nothing is said


def test_names_of_one_person_are_no_pair() -> None:
    assert measured(same_person={("P0000", "P0001")})["alike"].impostor_pairs == measured()["alike"].impostor_pairs - 4


def test_groups_are_read_and_a_person_may_be_in_several(tmp_path: Path) -> None:
    listed = tmp_path / "groups.csv"
    listed.write_text("name,group\nMei,women\nMei,night shift\nOle,night shift\nUma,\n")

    assert grouping.read(listed) == {"women": {"Mei"}, "night shift": {"Mei", "Ole"}}


@pytest.mark.parametrize("text", ["", "name\nMei\n", "name,group\n"])
def test_a_file_without_groups_is_refused(tmp_path: Path, text: str) -> None:
    listed = tmp_path / "groups.csv"
    listed.write_text(text)
    with pytest.raises(errors.BadImage):
        grouping.read(listed)


def test_the_table_says_where_there_are_too_few_pairs() -> None:
    lines = grouping.table(list(measured().values()))

    assert lines[2].startswith("| everybody | 120 | 240 | 28,560 | ")
    assert "too few pairs" in lines[3]
